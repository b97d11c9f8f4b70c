/*
 * test/scene/scene.h - a scene: agents around the real server, on the virtual clock.
 *
 * README.md describes the language. One process plays one scene, so everything
 * here may be global.
 */
#ifndef TEST_SCENE_SCENE_H
#define TEST_SCENE_SCENE_H

#include "core/run/worker.h"
#include "parser/msg.h"

#include <stdio.h>

/* ---- the file ---- */

struct note { struct note *next; unsigned line; struct slice text; };	/* a "|" line, without it */

enum step_kind { STEP_SEND, STEP_EXPECT, STEP_WORD };

struct step {
	struct step    *next;
	unsigned        line;
	enum step_kind  kind;
	struct slice    text;		/* the whole line, trimmed */
	msec_t          at;		/* STEP_EXPECT: after the last action */
	struct slice    agent, what;	/* "alice", "INVITE sip:bob@…" */
	struct note    *notes;
};

struct scene {
	const char  *path;
	struct slice text;		/* of the file */
	struct slice script;		/* lcs.cfg to play it with */
	const char  *script_file;	/* or its path */
	unsigned     workers;
	struct step *steps;
};
extern struct scene scene;

void scene_read(const char *path);

/** The scene has failed: say why, with the place, and end the process. */
_Noreturn void scene_fail(unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Next word of *s, separated by white space. */
struct slice take_word(struct slice *s);
/** "500ms", "32s", "3m", "1h"; false if it is none. */
bool read_time(struct slice s, msec_t *out);
/** '*' stands for any text. */
bool glob(struct slice pattern, struct slice s);
/** Zeroed; lives as long as the process. */
void *scene_alloc(size_t size_bytes);
char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct slice copy_of(struct slice s);

/* ---- agents ---- */

struct got {				/* a message that an agent has received */
	struct got     *next;
	msec_t          at;
	struct sip_hop  hop;		/* as the server sent it */
	struct slice    bytes;
	struct sip_msg *msg;
	bool            seen;		/* an expectation was met by it */
};

struct call {				/* what an agent knows about a call it is in */
	struct call   *next;
	struct slice   name;		/* "as NAME", or empty */
	struct slice   call_id, local, remote;	/* From and To values of its own requests */
	struct slice   target, routes;	/* remote target; Route values */
	struct slice   first_uri;	/* Request-URI of the first request */
	struct slice   sent;		/* its last request, as sent */
	struct slice   invite;		/* the last one that was an INVITE */
	struct sip_hop hop, sent_hop;	/* how these were sent: the INVITE, the last */
	uint32_t       cseq;
	struct slice   tag;
};

struct agent {
	struct agent    *next;
	struct slice     name;
	unsigned         number;
	struct sock_addr addr;
	flow_id          flows[TRANSPORT_COUNT];	/* connections it opened */
	flow_id          opened[TRANSPORT_COUNT];	/* those that the server opened to it */
	uint16_t         ports[TRANSPORT_COUNT];	/* their ephemeral ports */
	bool             refuses, deaf, gone;
	struct got      *got, **got_end;
	struct call     *calls;		/* the latest first */
	struct slice     last_sent;	/* for "again" */
	struct sip_hop   last_hop;
};
extern struct agent *agents;

struct agent *agent_named(struct slice name);	/* made on first mention */
struct agent *agent_declare(struct slice name, const struct sock_addr *addr);
/** Do what stands behind the arrow. */
void agent_send(struct agent *a, const struct step *step);
void agent_close(struct agent *a, struct slice transport, unsigned line);
/** What the server sends (core/lab/net.h) lands here. */
int  agents_wire(const struct sip_hop *hop, struct slice bytes);
/** Authorization or Proxy-Authorization line for the last challenge; empty if there is none. */
struct slice agent_credentials(const struct agent *a, struct slice user, struct slice password,
    struct slice method, struct slice uri);

/* ---- expectations ---- */

void expect_message(const struct step *step, msec_t base);
/** Everything that came has been expected, or fail. */
void expect_nothing_else(unsigned line);
void expect_ignore(struct slice what);
/** What an expectation has kept, in the place of each "@{name}"; unknown names stay. */
struct slice expect_fill(struct slice text);

/* ---- memory that runs out (short.c) ---- */

/** The nth allocation of the server fails; 0: none. */
void short_fail_at(unsigned long nth);
bool short_is_on(void);
bool short_has_failed(void);
/** From now on it is the server that allocates, or the player again. */
void short_count(bool on);
/** Zeroed memory that is always there. */
void *short_never(size_t size);

/* ---- the server under test ---- */

void server_begin(void);
void server_end(void);
void server_again(void);		/* stop and start; what the store keeps stays */
void server_stopping(void);	/* it is told to end, and waits for transactions */
/** Another script, by its notes; "fails" in front: it must be refused. */
void server_reload(const struct step *step, struct slice rest);
void server_rpc(const struct step *step, struct slice rest);
uint64_t server_stat(struct slice name, unsigned line);

#endif
