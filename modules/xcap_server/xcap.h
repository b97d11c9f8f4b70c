/*
 * modules/xcap_server/xcap.h - what the files of this module share.
 *
 * One thread of its own speaks HTTP, reads documents and selectors and knows who asks: a reader of
 * the shared tables like any worker. What it has to change is done by the worker that owns the
 * user; the result comes back through the thread's inbox.
 */
#ifndef MODULES_XCAP_SERVER_XCAP_H
#define MODULES_XCAP_SERVER_XCAP_H

#include "modules/auth/auth_api.h"
#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_ldap/auth_ldap_api.h"
#include "modules/contacts/contacts_api.h"
#include "modules/presence_acl/presence_acl_api.h"
#include "modules/xcap_server/tree.h"
#include "utils/list.h"
#include "utils/rate.h"
#include "utils/rtab.h"

#define XCAP_LISTENERS_MAX 4u

struct xcap_conf {
	struct lcs_strings listen;
	struct slice       root, certificate, key, basic;
	int64_t            max_body, max_connections, max_per_address;
	msec_t             timeout;
};

/* All counted by the HTTP thread, in the place of worker 0. */
struct xcap_local {
	uint64_t requests, gets, puts, deletes, caps, lists, rules, services, ok, created,
		 not_modified, unauthorized, wrong_passwords, braked, forbidden, not_found, conflicts,
		 not_met, too_large, refused, failures;
};

struct http;				/* listeners and their thread: http.c */

struct xcap {
	struct lcs_mod                *mod;
	const struct auth_api         *auth;
	struct auth                   *auth_state;
	const struct auth_db_api      *users;
	struct auth_db                *users_state;
	const struct auth_ldap_api    *ldap;	/* NULL: not loaded */
	struct auth_ldap              *ldap_state;
	const struct contacts_api     *contacts;	/* NULL: not loaded */
	struct contacts               *contacts_state;
	const struct presence_acl_api *acl;		/* NULL: not loaded */
	struct presence_acl           *acl_state;
	struct rtab                   *kept;		/* struct xcap_kept */
	bool                           loaded;
	struct xcap_renaming          *renaming;	/* rename.c; NULL: none is under way */
	struct list                    changing, waiting;	/* exchanges; HTTP thread */
	_Atomic bool                   is_ending;	/* owners have users no longer */
	struct rate_table             *wrong;		/* passwords */
	struct list                    guessing;	/* struct xcap_guess; HTTP thread */
	struct xcap_local             *stats;
	struct http                   *http;
};

static inline const struct xcap_conf *xcap_conf(const struct xcap *x)
{
	return lcs_conf(x->mod, gen_peek());
}

/* ---- application usages ---- */

/* A document that is to be, and what that means for the part it shows. */
struct xcap_plan {
	struct arena          *arena;	/* of all texts */
	struct slice           aor;	/* alice@example.com */
	const struct xml_node *root;	/* NULL: no document */
	uint32_t               number;	/* of the part that it was made from */
	const void            *changes;	/* of the part's own kind */
	unsigned               count;
};

struct xcap_usage {
	struct slice auid, ns, mime;
	struct slice second_ns;		/* selectors may leave out which of the two; empty: one */
	const char  *root;		/* name of the root element */
	bool         is_global;
	size_t       stat;		/* offset in struct xcap_local */
	/* Is the part it shows loaded? */
	bool       (*is_there)(const struct xcap *x);
	/* HTTP thread. The part's number now. */
	uint32_t   (*number)(struct xcap *x, struct slice aor);
	/* HTTP thread. The document as the part says, and the part's number: false if there is
	 * nothing to show. NULL: there is no part, documents are only kept. */
	bool       (*write)(struct xcap *x, struct slice aor, struct buf *b, uint32_t *number);
	/* HTTP thread. Fill in what has to change for plan->root. 0, -ENOMEM, -EBADMSG (*e),
	 * -ESTALE (the part has another number by now). */
	int        (*plan)(struct xcap *x, struct xcap_plan *plan, struct xcap_error *e);
	/* Owner of plan->aor; done runs there, once, not before return. 0 or -ENOMEM. */
	int        (*change)(struct xcap *x, const struct xcap_plan *plan, roaming_done_fn *done,
	    void *arg);
};

extern const struct xcap_usage xcap_caps, xcap_lists, xcap_rules, xcap_services;
/** Those that are there, in turn; NULL behind the last. */
const struct xcap_usage *xcap_usage(const struct xcap *x, unsigned index);

/* ---- keep.c: documents as their clients wrote them ---- */

struct xcap_kept {			/* immutable */
	struct rtab_node  node;		/* first */
	struct epoch_item item;
	const struct xcap_usage *usage;
	uint32_t          number;	/* of the part that this document says */
	struct slice      aor, text;	/* behind the struct */
};

/** Any thread that passes quiet points; NULL: none. */
const struct xcap_kept *xcap_kept_find(struct xcap *x, const struct xcap_usage *usage,
    struct slice aor);
/** Owner of aor, one at a time: keep a document, or none any more (text.p NULL). done: err of the
 *  store, 0 if there is none to write to; not before return. 0 or -ENOMEM. */
int xcap_kept_put(struct xcap *x, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text, void (*done)(void *arg, int err), void *arg);
/** Control thread, while workers run: the same at once, and of all who look. 0 or -errno. */
int  xcap_kept_put_now(struct xcap *x, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text);
void xcap_kept_each(struct xcap *x, void (*fn)(const struct xcap_kept *k, void *arg), void *arg);
int  xcap_kept_load(struct xcap *x);	/* control thread, at start; count or error */
void xcap_kept_free(struct xcap *x);
extern const struct store_schema xcap_schema;

/* ---- rename.c ---- */

/** In load(): documents follow when users are renamed. 0 or -errno. */
int  xcap_follow_names(struct xcap *x);

/* ---- login.c: who asks ---- */

struct xcap_request {			/* borrowed from HTTP */
	struct slice method, target;	/* as in the request line */
	struct slice authorization, if_match, if_none_match, content_type;
	struct sock_addr from;
	bool         is_tls;
};

enum xcap_login { XCAP_LOGIN_OK, XCAP_LOGIN_CHALLENGE, XCAP_LOGIN_STALE, XCAP_LOGIN_BAD,
		  XCAP_LOGIN_BRAKED };
/** aor: who it is, in the arena, with XCAP_LOGIN_OK. domain: the realm. */
enum xcap_login xcap_login(struct xcap *x, struct arena *arena, const struct xcap_request *r,
    struct slice domain, struct slice *aor);

/* A password that others judge. HTTP thread. */
struct xcap_guess {
	struct list  node;		/* in xcap.guessing, once it has begun */
	struct slice host, user, both;	/* what wrong ones are counted by */
};
/** May it be judged? Then it counts until its end, so that many at once are not more than one after
 *  the other. Texts in the arena. 0, -EACCES (too many were wrong), -EBUSY (they would be too many
 *  if those were wrong that are being judged) or -ENOMEM. */
int  xcap_guess_begin(struct xcap *x, struct arena *arena, const struct xcap_request *r,
    struct slice aor, struct xcap_guess *g);
/** Once, if it has begun. */
void xcap_guess_end(struct xcap *x, struct xcap_guess *g, bool was_wrong);

/* ---- http.c ---- */

/** Control thread: bind and read certificates; nothing is answered yet. 0 or -errno, logged. */
int  xcap_http_open(struct xcap *x, const struct xcap_conf *conf, struct http **out);
/** Workers run from now on. 0 or -errno. */
int  xcap_http_start(struct http *h);
/** Any thread, more than once: it has ended when this returns, and sends nothing to workers. */
void xcap_http_stop(struct http *h);
/** Workers have ended. NULL is fine. */
void xcap_http_close(struct http **h);
/** "https:[::]:443": 0 or -EINVAL. */
int  xcap_listen_parse(struct slice text, bool *is_tls, struct sock_addr *out);

#endif
