/*
 * test/scene/agent.h - what the files about agents share.
 */
#ifndef TEST_SCENE_AGENT_H
#define TEST_SCENE_AGENT_H

#include "test/scene/scene.h"

#include "core/net/listen.h"
#include "parser/build.h"
#include "test/fake/net.h"
#include "test/fake/run.h"

#define DOMAIN "example.com"

/* ---- agent.c ---- */
char *agent_host_port(const struct sock_addr *sa);
/** By datagram, or on the agent's own connection, which is opened if it is not there. */
struct sip_hop agent_way(struct agent *a, enum sip_transport t, struct slice to, unsigned line);
/** Back the way a message came. */
struct sip_hop agent_way_back(struct agent *a, const struct got *g);
void agent_deliver(struct agent *a, const struct sip_hop *hop, struct slice bytes);
struct call *agent_call(struct agent *a, struct slice name, unsigned line);
struct call *agent_call_new(struct agent *a, struct slice name);
struct slice agent_new_tag(struct agent *a);

/* ---- draft.c: a message being put together ---- */
struct draft {
	struct slice head, body;
	struct slice lines[64];
	unsigned     count;
	bool         own_length;	/* the scene says what Content-Length says */
};
void draft_line(struct draft *d, char *line);
/** Is this line a header of that name, long or short? */
bool draft_is(struct slice line, struct slice name);
void draft_notes(struct draft *d, const struct note *notes);
struct slice draft_bytes(struct draft *d);
/** NULL if it cannot be parsed. */
struct sip_msg *draft_parsed(struct slice bytes);

/* ---- order.c: words behind the arrow ---- */
struct order {				/* "INVITE sip:bob@x via tcp as first with alice:secret" */
	struct slice first, uri, via, to, as, in, with, answers;
	struct slice rest;
};
struct order order_read(struct slice text, unsigned line);
enum sip_transport order_transport(const struct order *o, unsigned line);

/* ---- request.c, response.c, learn.c ---- */
void agent_request(struct agent *a, const struct order *o, const struct step *step);
void agent_response(struct agent *a, const struct order *o, const struct step *step);
/** What a message tells about the calls an agent is in. */
void agent_learn(struct agent *a, const struct got *g);

#endif
