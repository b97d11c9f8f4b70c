/*
 * test/unit/core/net/rig.h - the flow room on real workers and loopback sockets.
 *
 * The test itself is the peer: its sockets block, with a deadline.
 */
#ifndef TEST_UNIT_CORE_NET_RIG_H
#define TEST_UNIT_CORE_NET_RIG_H

#include "test/unit.h"

#include "core/net/flow.h"
#include "core/net/limit.h"
#include "core/net/listen.h"
#include "core/net/stream.h"
#include "utils/list.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

enum { RIG_UDP = 1, RIG_TCP, RIG_TLS };		/* numbers of the listeners */

/* What the next room does with a message. Runs on workers. */
typedef void rig_fn(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from);
rig_fn rig_echo;		/* send the same bytes back, done */
rig_fn rig_hold;		/* keep it until rig_release() */
rig_fn rig_refuse;		/* answer whatever err says, by its status */
rig_fn rig_drop;		/* done, nothing else */

/* Limits as preset; the test changes what it wants before rig_start(). */
extern struct net_limits rig_limits;

void rig_start(unsigned workers, rig_fn *deliver);
/** A third listener for TLS, if a layer was registered. */
void rig_start_with_tls(unsigned workers, rig_fn *deliver);
void rig_stop(void);
uint16_t rig_port(unsigned listener);

/* Messages that rig_hold kept. */
unsigned rig_held(void);
flow_id  rig_held_flow(unsigned i);
struct sip_hop rig_held_hop(unsigned i);
/** All of them: echoed or answered if asked for, and done; by one worker, in order. */
enum rig_end { RIG_DROP, RIG_ECHO, RIG_ANSWER };
#define RIG_ANSWER_TEXT "SIP/2.0 200 OK\r\n\r\n"
void rig_release(enum rig_end end);

struct net_counters rig_count(void);
#define rig_counted(field) (rig_count().field)

/* ---- the peer ---- */
int  peer_connect(unsigned listener);
/** One that has sent request(1), the only message that rig_hold keeps; from: how it came. */
int  peer_held(unsigned listener, struct sip_hop *from);
void peer_send(int fd, struct slice s);
/** Exactly these bytes come. */
void peer_expect(int fd, struct slice s);
/** The end of the stream comes, and nothing before it. */
void peer_expect_end(int fd);
/** Everything up to the end of the stream; at most room bytes. */
size_t peer_read_all(int fd, char *into, size_t room);
/** Nothing is there to read now. */
void peer_expect_silence(int fd);
/** A listening socket of the peer, and its address. */
int  peer_listen(int backlog, struct sock_addr *addr);
int  peer_accept(int fd);

/* A request that parses, with its number in Call-ID and CSeq. */
struct slice request(unsigned n, char text[512]);
struct slice request_with_body(unsigned n, size_t body, char *text, size_t room);

/* ---- sending from workers ---- */

/* What became of a message; failed() noted it on the worker that sent. */
struct fate { _Atomic int told; int err; int worker; };

/** Bytes to a hop from a worker. Waits until net_send() has returned there. */
void send_from(unsigned worker, const struct sip_hop *hop, struct slice bytes,
    struct fate *fate);

#endif
