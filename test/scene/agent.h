/*
 * test/scene/agent.h - what the files about agents share.
 */
#ifndef TEST_SCENE_AGENT_H
#define TEST_SCENE_AGENT_H

#include "test/scene/scene.h"

#include "core/lab/draft.h"
#include "core/lab/net.h"
#include "core/lab/run.h"
#include "core/net/listen.h"
#include "parser/build.h"

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

/* ---- notes.c: what "|" lines do to a message ---- */
void draft_notes(struct draft *d, const struct note *notes);
struct slice draft_text(const struct draft *d);

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
