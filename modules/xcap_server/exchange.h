/*
 * modules/xcap_server/exchange.h - a request and its answer, apart from how HTTP brings them.
 *
 * All on the HTTP thread but what is marked: while a change is under way the exchange belongs to
 * the owner of the user, and comes back through the inbox.
 */
#ifndef MODULES_XCAP_SERVER_EXCHANGE_H
#define MODULES_XCAP_SERVER_EXCHANGE_H

#include "modules/xcap_server/xcap.h"

#define XCAP_HEADERS_MAX 4u

struct xcap_answer {
	unsigned     status;
	const char  *content_type;	/* NULL: no body */
	struct slice body;		/* in the exchange's arena */
	struct { const char *name, *value; } headers[XCAP_HEADERS_MAX];	/* likewise */
	unsigned     header_count;
};

struct xcap_exchange;
/* HTTP thread: the answer of an exchange that was under way is there. */
typedef void xcap_ready_fn(void *arg);
/** Its arena is freed with it. NULL if memory is short. */
struct xcap_exchange *xcap_exchange_new(struct xcap *x, struct inbox *inbox, xcap_ready_fn *ready,
    void *arg);
/** What is under way for it goes on; nobody will be told. NULL is fine. */
void xcap_exchange_free(struct xcap_exchange **e);
/** The head is there; texts of r are copied. True: the answer is there, whatever may follow. */
bool xcap_exchange_head(struct xcap_exchange *e, const struct xcap_request *r);
/** More of the body; true as above. */
bool xcap_exchange_body(struct xcap_exchange *e, struct slice bytes);
/** All of it is there. True as above; false: ready() will be called. */
bool xcap_exchange_run(struct xcap_exchange *e);
/** Give up waiting: 503. */
void xcap_exchange_abandon(struct xcap_exchange *e);
const struct xcap_answer *xcap_exchange_answer(const struct xcap_exchange *e);

/* ---- between exchange.c and the files below it ---- */

enum xcap_method { XCAP_GET, XCAP_HEAD, XCAP_PUT, XCAP_DELETE, XCAP_METHODS };

/* A step on its way: true if the answer is there. */
typedef bool xcap_step_fn(struct xcap_exchange *e);

struct xcap_exchange {
	struct xcap          *x;
	struct arena         *arena;
	struct inbox         *inbox;	/* of the HTTP thread */
	xcap_ready_fn        *ready;
	void                 *arg;
	struct xcap_request   request;	/* texts in the arena */
	enum xcap_method      method;
	const struct xcap_usage *usage;
	struct xcap_path      path;
	struct xcap_node      where;
	struct slice          aor;	/* whose document; empty: nobody's */

	/* ---- a password that the directory judges ---- */
	struct slice          claimed, password, realm;
	xcap_step_fn         *go_on;	/* afterwards */
	struct xcap_guess     guess;
	enum auth_ldap_verdict verdict;
	bool                  is_asking;
	bool                  is_refused;	/* the answer is there */
	bool                  is_whole;	/* the request, meanwhile */

	struct buf           *body;
	struct xcap_answer    answer;

	/* ---- a change; the owner's while it is under way ---- */
	struct list           node;	/* in xcap.changing or .waiting */
	struct inbox_item     item;
	struct xcap_plan      plan;
	struct slice          text;	/* the new document; .p NULL: none */
	bool                  is_new;	/* what the selector leads to was not there */
	unsigned              tries;
	enum roaming_result   result;
	uint32_t              number;	/* of the part, afterwards */
	const char           *why;
	bool                  is_kept;	/* the text, beside the change of the part */
	bool                  is_under_way, is_waiting;
	bool                  is_orphan;	/* nobody waits: HTTP thread alone */
};

/** May passwords come in the clear, for the directory to judge (RFC 7617)? Over TLS alone. */
static inline bool xcap_has_basic(const struct xcap_exchange *e)
{
	return e->x->ldap && e->request.is_tls && slice_eq(xcap_conf(e->x)->basic, SLICE("ldap"));
}

/** Its memory. Nothing is under way for it. */
static inline void xcap_release(struct xcap_exchange *e)
{
	struct arena *arena = e->arena;

	buf_unref(&e->body);
	arena_free(&arena);
}

/* ---- answer.c ---- */
/** The answer is this; counted. type: NULL if there is no body. Always true. */
bool xcap_answer(struct xcap_exchange *e, unsigned status, const char *type, struct slice body);
/** An answer with a sentence for people. Always true. */
bool xcap_say(struct xcap_exchange *e, unsigned status, const char *text);
/** 409 with the error's document. Always true. */
bool xcap_say_error(struct xcap_exchange *e, const struct xcap_error *error);
/** value lives as long as the exchange; false if it is NULL or there are too many. */
bool xcap_add_header(struct xcap_exchange *e, const char *name, const char *value);
/** The entity tag of a document, in the arena. */
struct slice xcap_etag(struct xcap_exchange *e, uint32_t number, bool is_kept);
void xcap_add_etag(struct xcap_exchange *e, uint32_t number, bool is_kept);
/** 401 with all that is offered. Always true. */
bool xcap_challenge(struct xcap_exchange *e, struct slice realm, bool stale);
/** 403 for a while. Always true. */
bool xcap_say_braked(struct xcap_exchange *e);
/** Is what is asked for this one's? False: 403 is the answer. */
bool xcap_belongs(struct xcap_exchange *e, struct slice who);

/* ---- basic.c ---- */
/** Are there credentials that the directory is to judge? */
bool xcap_basic_is_meant(const struct xcap_exchange *e);
/** Ask it. False: the answer is there. go_on: the next step, taken when the directory has spoken,
 *  if all of the request is there by then. */
bool xcap_basic_begin(struct xcap_exchange *e, struct slice realm, xcap_step_fn *go_on);

/* ---- document.c ---- */
/* A document as it is now. */
struct xcap_state {
	bool         exists, is_kept;
	uint32_t     number;
	struct slice text;		/* in the arena */
};
/** 0 or -ENOMEM. */
int  xcap_state(struct xcap_exchange *e, struct xcap_state *s);
/** If-Match and If-None-Match (RFC 9110 13.1, RFC 4825 7.11); false: 412 or 304 is the answer.
 *  exists: what is asked for. */
bool xcap_is_met(struct xcap_exchange *e, const struct xcap_state *s, bool exists);
/** Limits of documents and of what is put into them. */
struct xml_limits xcap_limits(const struct xcap_exchange *e);
/** GET and HEAD: always true, the answer is there. */
bool xcap_get_run(struct xcap_exchange *e);

/* ---- change.c ---- */
/** PUT and DELETE: true if the answer is there. */
bool xcap_change_run(struct xcap_exchange *e);
/** False: a change is under way, which frees it when it comes back. */
bool xcap_change_forget(struct xcap_exchange *e);

#endif
