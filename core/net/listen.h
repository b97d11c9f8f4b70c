/*
 * core/net/listen.h - listening sockets: made by the supervisor, used by the workers.
 *
 * UDP and stream listeners have one SO_REUSEPORT socket per worker, so that the
 * kernel keeps a client at one worker. The sockets stay open in the supervisor
 * while the server restarts.
 */
#ifndef CORE_NET_LISTEN_H
#define CORE_NET_LISTEN_H

#include "parser/hop.h"

#include <stdbool.h>

#define LISTENERS_MAX 64

/* Who comes to a TLS listener. Peers are the other servers that the TLS layer knows by name. */
enum net_faces { FACES_ANYBODY, FACES_CLIENTS, FACES_PEERS };

struct net_listener {
	enum sip_transport transport;
	struct sock_addr   addr;	/* as bound; never "any" port */
	char               name[32];	/* label, "" if none */
	char               advertise_host[256];	/* "" : the address itself */
	uint16_t           advertise_port;
	bool               require_client_certificate;
	enum net_faces     faces;
	int                fds[64];	/* one per worker, -1 if unused */
	unsigned           fd_count;
};

/** Supervisor: bind sockets for `workers`; port 0 picks one (the same for all fds). 0 or
 *  -errno with *what (static text). */
int  listener_open(struct net_listener *l, unsigned workers, const char **what);
void listener_close(struct net_listener *l);

/** Server: hand all listeners to the net room before workers_start(). Kept by reference. */
void net_set_listeners(const struct net_listener *list, unsigned count);
/** By number (hop.listener); NULL for 0, unknown, or gone. Good until the next quiet point. */
const struct net_listener *net_listener(unsigned number);
/** The highest number there is; listeners that went leave gaps. */
unsigned net_listener_count(void);

/* ---- while workers run: control thread; each waits until all workers have done it ---- */
/**
 * One more listener, with sockets for each worker: it is known and its sockets wait, but
 * nothing is read before net_listener_serve().
 * @param l        copied; its descriptors are the room's on success, else the caller's
 * @param number   receives its number
 * @return 0, -ENOSPC, -ENOMEM, -EPROTONOSUPPORT (nobody brings its layer), or epoll's error
 */
int  net_listener_add(const struct net_listener *l, unsigned *number);
void net_listener_serve(unsigned number);
/** Another name, advertised address or option on the same sockets. 0 or -ENOMEM. */
int  net_listener_change(unsigned number, const struct net_listener *l);
/** Not a listener any more: its sockets are closed. Connections that came by it go on. */
void net_listener_remove(unsigned number);
/** Do its sockets take connections (closed at once when the listener goes), or datagrams,
 *  where answers to what is under way may still come? */
static inline bool net_listener_is_stream(const struct net_listener *l)
{
	return transport_is_stream(l->transport);
}

/** The listener to send from towards a remote address: same transport and family, preferring
 *  `like` (number, 0: none), and none that faces peers. 0 if there is none. */
unsigned net_listener_for(enum sip_transport t, const struct sock_addr *remote, unsigned like);
/** The same for a whole hop: towards a peer, from where peers come back to. */
unsigned net_listener_towards(const struct sip_hop *hop);
/** Is this the name of another server of ours (which is talked to by mutual TLS alone)? */
bool net_is_peer(struct slice name);
/** Host and port for Via, Record-Route, Contact: advertised, or the address. Text for
 *  unbound addresses ("0.0.0.0") is that of the local side of the way to remote. It lies in
 *  text or in this thread, until the listeners change. */
struct slice net_sent_by(const struct sip_hop *hop, char text[300]);
/** Is host:port one of ours (listeners and advertised names)? port 0: the default. */
bool net_is_local(struct slice host, uint16_t port, enum sip_transport t);

#endif
