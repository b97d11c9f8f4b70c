/*
 * modules/presence/presence_api.h - users, event packages, subscriptions, publications (interface
 * "presence", version 1).
 *
 * One user is one object, owned by worker_of(lcs_user_key(aor)). His subscriptions (those of
 * his watchers), publications and what other modules keep with him (parts) are touched by that
 * worker alone. "Owner" below means it; who needs a user from elsewhere posts to it:
 * lcs_post(lcs_user_key(aor), fn, arg). An AOR is canonical text: "name@domain" (sip_uri_aor()).
 */
#ifndef MODULES_PRESENCE_PRESENCE_API_H
#define MODULES_PRESENCE_PRESENCE_API_H

#include "core/lcs.h"
#include "utils/ref.h"

#include <stdlib.h>

struct presence;			/* the module's state, as lcs_import() gives it */
struct presence_user;
struct presence_sub;			/* one watcher's subscription to one package of one user */
struct presence_watch;			/* the same without a dialog, for a module */
struct presence_package;
struct roaming_api;

/* ---- bodies: counted, immutable, shared by all watchers that see the same ---- */

struct presence_body {
	struct ref   refs;
	struct slice content_type;
	struct slice extra_lines;	/* header lines with CRLF that go with it: "Require: eventlist" */
	struct slice text;
	uint64_t     hash;		/* the engine's: of type and text, 0: not asked for yet */
	char         bytes[];
};

/** All three are copied; NULL if memory is short. Any thread. */
static inline struct presence_body *presence_body_new(struct slice content_type,
    struct slice extra_lines, struct slice text)
{
	size_t len = content_type.len + extra_lines.len + text.len;
	struct presence_body *b = malloc(sizeof(*b) + len + 1);
	char *at;

	if (!b)
		return NULL;
	ref_init(&b->refs);
	b->hash = 0;
	at = b->bytes;
	b->content_type = slice_put(&at, content_type);
	b->extra_lines = slice_put(&at, extra_lines);
	b->text = slice_put(&at, text);
	return b;
}

static inline struct presence_body *presence_body_ref(struct presence_body *b)
{
	ref_get(&b->refs);
	return b;
}

/** NULL is fine; *b is NULL after. */
static inline void presence_body_unref(struct presence_body **b)
{
	if (*b && ref_put(&(*b)->refs))
		free(*b);
	*b = NULL;
}

/* ---- parts: what another module keeps with a user ---- */

struct presence_part {
	const char *name;
	size_t      size;		/* zeroed when the user is made */
	/* Owner, or the control thread at the end: the user goes. May be NULL. */
	void      (*gone)(void *part, struct presence_user *u);
};

/* ---- what a watcher may see ---- */

enum presence_right { PRESENCE_ALLOW, PRESENCE_PENDING, PRESENCE_POLITE_BLOCK, PRESENCE_DENY };

struct presence_policy {
	/* Owner of u. watcher is an AOR, borrowed. why: set to the rule that decided, in a few
	 * words ("ACE: domain example.org, deny"), static or in the arena; both may be NULL.
	 * Never asked about a user watching himself: that is allowed. */
	enum presence_right (*decide)(void *arg, struct presence_user *u,
	    const struct presence_package *pk, struct slice watcher,
	    struct arena *arena, struct slice *why);
};

/* ---- subscriptions, as others see them ---- */

enum presence_sub_state { PRESENCE_SUB_PENDING, PRESENCE_SUB_ACTIVE, PRESENCE_SUB_TERMINATED };

/* What happened to a subscription; the words of RFC 3858 4.3. */
enum presence_sub_event {
	PRESENCE_EVENT_SUBSCRIBE, PRESENCE_EVENT_APPROVED, PRESENCE_EVENT_DEACTIVATED,
	PRESENCE_EVENT_PROBATION, PRESENCE_EVENT_REJECTED, PRESENCE_EVENT_TIMEOUT,
	PRESENCE_EVENT_GIVEUP, PRESENCE_EVENT_NORESOURCE
};

#define PRESENCE_SUB_BENOTIFY 0x1u	/* an LCS client: BENOTIFY is welcome */
#define PRESENCE_SUB_LIST     0x2u	/* the list handler makes its bodies */
#define PRESENCE_SUB_ONCE     0x4u	/* Expires: 0: one look and no more */
#define PRESENCE_SUB_SELF     0x8u	/* the user watches himself */

struct presence_sub_info {		/* texts borrowed from the subscription; owner only */
	struct slice   id;		/* unique, stays after a restart: our tag of the dialog */
	struct slice   watcher;		/* AOR, as proved, else as From says */
	struct slice   watcher_name;	/* display name of From, without quotes; may be empty */
	struct slice   epid;		/* of From; may be empty */
	struct slice   event_id;
	const struct presence_package *package;
	const struct presence_format  *format;	/* NULL with PRESENCE_SUB_LIST */
	enum presence_right     right;
	enum presence_sub_state state;
	enum presence_sub_event event;	/* the last */
	unsigned       flags;
	unsigned       view;
	int64_t        begun, expires;	/* unix seconds */
};

/* What a SUBSCRIBE asks for. Borrowed. */
struct presence_request {
	struct slice aor;		/* whom it watches */
	struct slice watcher, watcher_name, epid, event, event_id;
	struct slice accept;		/* values of Accept, by commas; empty: none given */
	struct slice supported, require;	/* likewise */
	struct slice content_type, body;	/* empty in a refresh without */
	struct slice user_agent;	/* empty: not said, or not known any more (is_restored) */
	bool         is_refresh;
	bool         is_restored;	/* read back from the store: body is the last one it had */
};

/* ---- event packages ---- */

#define PRESENCE_VIEW_FULL    0u
#define PRESENCE_VIEW_OFFLINE 1u	/* for who is politely blocked: as when he is not there, and has left no note */
#define PRESENCE_VIEW_NOTHING 2u	/* for who waits for his consent: not even what is known of him */
#define PRESENCE_VIEWS_MAX    64u

struct presence_format {
	struct slice content_type;	/* as Accept names it; empty ends the table */
	/* Owner of u. The body for one view; kept until changed() and given to all who have
	 * that view. one: the subscription it is for with PRESENCE_PER_SUB (never kept then),
	 * else NULL. A 0 with *out NULL is a notice without body. 0 or -ENOMEM. */
	int (*build)(void *arg, struct presence_user *u, unsigned view,
	    const struct presence_sub *one, struct presence_body **out);
};

#define PRESENCE_SELF_ONLY  0x01u	/* others than the user himself get 403 */
#define PRESENCE_PER_SUB    0x02u	/* bodies differ by subscription */
#define PRESENCE_ANNOUNCED  0x04u	/* in Allow-Events for LCS clients: allow_events() */
#define PRESENCE_FOLLOWS    0x08u	/* changed() whenever the user's bindings change */
#define PRESENCE_NO_POLICY  0x10u	/* the policy is not asked: who is not SELF_ONLY may watch */
#define PRESENCE_TEMPLATE   0x20u	/* of a .winfo kind; PRESENCE_SELF_ONLY is meant with it */

struct presence_package {		/* lives as long as the module */
	struct slice name;		/* "presence", "vnd-microsoft-roaming-contacts" */
	const struct presence_format *formats;	/* the first is taken when Accept is missing */
	unsigned     flags;
	int64_t      default_expires, min_expires, max_expires;	/* seconds; 0: 3600, 60, 86400 */
	msec_t       min_interval;	/* between two notices of one subscription; 0: none */
	/* Which view an allowed watcher gets (not 1 or 2). Owner. NULL: PRESENCE_VIEW_FULL. */
	unsigned   (*view)(void *arg, struct presence_user *u, const struct presence_sub *sub);
	/* A subscription came, changed its right, or went (state TERMINATED; its memory goes
	 * when the function returns). Owner. May be NULL. */
	void       (*sub_changed)(void *arg, struct presence_user *u, const struct presence_sub *sub,
	    enum presence_sub_event event);

	/* PUBLISH; publish_types NULL: nothing can be published here (489). */
	const struct slice *publish_types;	/* content types taken; an empty one ends */
	/* Any worker. Look at a body; *doc is kept with the publication and shown to build() and
	 * others by next_publication(). Modules may publish() types that only this knows. 0,
	 * -EBADMSG (*why: a few static words: 400), -EINVAL (no such type), -ENOMEM. */
	int        (*parse)(void *arg, struct slice content_type, struct slice body, void **doc,
	    const char **why);
	void       (*free_doc)(void *arg, void *doc);	/* any thread */

	/* Owner. In a word what this view of the user tells ("busy"), for administrators; static or
	 * in the arena. May be NULL. */
	struct slice (*describe)(void *arg, struct presence_user *u, unsigned view,
	    struct arena *arena);

	/* The user's first binding has come, or his last one has gone. Owner, before changed()
	 * by PRESENCE_FOLLOWS. Only while the user's object is there. May be NULL. */
	void       (*registered)(void *arg, struct presence_user *u, bool is_registered);

	/* A subscription goes whose set_sub_data() is not NULL; any thread. May be NULL. */
	void       (*free_data)(void *arg, void *data);
};

/* ---- publications ---- */

struct presence_publication {		/* borrowed from the user; owner only */
	struct slice etag;		/* of PUBLISH; empty for a source of a module */
	struct slice source;		/* name given by the module: "epid:6a5dd544d8bb"; or empty */
	struct slice content_type, body;
	void        *doc;		/* what parse() made; NULL without parse() */
	int64_t      changed;		/* unix seconds: of the last body */
	int64_t      expires;		/* 0: until it is withdrawn or its endpoint goes */
};

/* A publication by a module: setPresence, dialog state. */
struct presence_source {
	const struct presence_package *package;
	struct slice source;		/* its name, unique within user and package */
	struct slice content_type, body;	/* empty content_type: withdraw it */
	int64_t      expires;		/* seconds from now; 0: no end of its own */
	/* The endpoint it stands for: it goes when that connection ends, or a binding over it is
	 * removed; after a restart, if the same source has not come back in time (parameter
	 * return_time). 0: it stays, signed in or not. */
	flow_id      flow;
	bool         volatile_only;	/* not to the store: made anew after a restart */
};

typedef void presence_done_fn(void *arg, int err);	/* owner; err: 0, -EIO, -EBADMSG, … */

/* ---- watching without a dialog ---- */

struct presence_watch_args {		/* texts are copied */
	struct slice aor, watcher;	/* whom, who */
	struct slice package;		/* "presence" */
	struct slice content_type;	/* one of its formats; empty: the first */
};
struct presence_notice {		/* borrowed for the call */
	enum presence_sub_state state;
	enum presence_right     right;
	const char             *reason;	/* with TERMINATED: "rejected", "noresource"; else "" */
	struct presence_body   *body;	/* NULL: none; ref it to keep it */
	struct slice            moved_to;	/* else empty: he was renamed, nothing more comes here */
};
/* Told of every subscription (watch() included) that came, changed its right, or went; sub is
 * NULL when the rights of u may be others now. Owner of u. */
typedef void presence_observer_fn(void *arg, struct presence_user *u,
    const struct presence_sub *sub, enum presence_sub_event event);

typedef void presence_notice_fn(void *arg, const struct presence_notice *notice);

/* ---- lists (RFC 4662, adhoclist): one handler ---- */

struct presence_lists {
	/* Any worker: is this SUBSCRIBE for a list? Not asked about refreshes. 1, 0, or an error
	 * as open() has them. */
	int  (*claims)(void *arg, const struct presence_request *req);
	/* Owner of req->aor: begin, refresh or restore. Keep your data by set_sub_data(). 0,
	 * -EBADMSG (400), -E2BIG and -EACCES (403), -ENOENT (404), -EMEDIUMTYPE (415: no list of
	 * a type that is known), -EPROTONOSUPPORT (421: the client does not know lists),
	 * -EOPNOTSUPP (488: it points to what is elsewhere), -ENOMEM (500). One that is there is
	 * as it was after an error. */
	int  (*open)(void *arg, struct presence_user *u, struct presence_sub *sub,
	    const struct presence_request *req);
	/* Owner: the next body; full after begin and refresh, else what notify() was called for.
	 * *out NULL with 0: nothing to say now (a first notice then goes without body). -EAGAIN:
	 * not yet; notify() will be called when it is time. */
	int  (*build)(void *arg, struct presence_user *u, struct presence_sub *sub, bool full,
	    struct presence_body **out);
	/* Owner, or the control thread at the end: free your data. Also after open() failed. */
	void (*close)(void *arg, struct presence_user *u, struct presence_sub *sub);
	/* Owner: the body that would begin the list as it is now, and its type; empty if no body is
	 * needed for that. */
	struct slice (*write)(void *arg, struct presence_sub *sub, struct buf *out);
};

struct presence_api {
	/* ---- in load() only; 0, -EEXIST (name taken), -ENOSPC, -ENOMEM ---- */

	/** Index for part(), or a negative error. */
	int  (*add_part)(struct presence *p, const struct presence_part *part);
	/** pk is kept by reference; arg is handed to all its functions. */
	int  (*add_package)(struct presence *p, const struct presence_package *pk, void *arg);
	/** One policy. Without: the parameter default_right. */
	int  (*set_policy)(struct presence *p, const struct presence_policy *policy, void *arg);
	int  (*set_lists)(struct presence *p, const struct presence_lists *lists, void *arg);

	/** "a,b,c" of the announced packages, without blanks, which LCS clients would take for part
	 *  of a name. Any thread after load; lives as long as the module. */
	struct slice (*allow_events)(struct presence *p);
	/** NULL if there is none of that name. Any thread after load. */
	const struct presence_package *(*package)(struct presence *p, struct slice name);

	/* ---- users; owner only from here on, unless said otherwise ---- */

	/** NULL: not there (make false), or memory is short. aor is copied. A user with nothing
	 *  to remember goes away at the end of the loop's turn: hold() him if you need more. */
	struct presence_user *(*user)(struct presence *p, struct slice aor, bool make);
	struct slice (*user_aor)(const struct presence_user *u);
	void *(*part)(struct presence_user *u, int index);
	/** Counted: he stays until as many releases. */
	void (*hold)(struct presence_user *u);
	void (*release)(struct presence_user *u);
	/** Has he a binding that is good now? */
	bool (*is_registered)(const struct presence_user *u);

	/**
	 * Changes of one user stand in line: fn begins when all earlier ones have ended, perhaps
	 * before this returns; the turn lasts until end_turn(), from any later call on the
	 * owner. Journal first, then publish in memory, then answer. u is held meanwhile.
	 *
	 * @return 0 or -ENOMEM (fn never runs)
	 */
	int  (*take_turn)(struct presence_user *u,
	    void (*fn)(struct presence_user *u, void *arg), void *arg);
	void (*end_turn)(struct presence_user *u);

	/** The user's document in this package is another now: kept bodies go, watchers are told
	 *  at the end of the loop's turn (several changes: one notice), no sooner than the rates
	 *  allow. */
	void (*changed)(struct presence_user *u, const struct presence_package *pk);
	/** The same counted body to all active subscriptions of a package now, as a delta: for
	 *  packages that count (LCS 10). Kept bodies go, too. body is borrowed. */
	void (*push)(struct presence_user *u, const struct presence_package *pk,
	    struct presence_body *body);
	/** One subscription has something new to say (lists, PRESENCE_PER_SUB). */
	void (*notify)(struct presence_sub *sub);
	/** Ask the policy again about all who watch u, and tell those for whom it differs. */
	void (*rights_changed)(struct presence_user *u);
	/** What would B see? The engine's whole answer for explain. */
	enum presence_right (*right_of)(struct presence_user *u, const struct presence_package *pk,
	    struct slice watcher, struct arena *arena, struct slice *why);

	/** Visit the living subscriptions of a user (pk NULL: of all packages). fn may end the
	 *  one it is given, and no other. */
	void (*each_sub)(struct presence_user *u, const struct presence_package *pk,
	    void (*fn)(void *arg, struct presence_sub *sub), void *arg);
	/** Borrowed until the subscription changes. */
	const struct presence_sub_info *(*sub_info)(const struct presence_sub *sub);
	struct presence_user *(*sub_user)(const struct presence_sub *sub);
	/** A pointer of the list handler's, or of a PRESENCE_PER_SUB package's own. */
	void  (*set_sub_data)(struct presence_sub *sub, void *data);
	void *(*sub_data)(const struct presence_sub *sub);
	/** End it with a last NOTIFY: PRESENCE_EVENT_REJECTED, _DEACTIVATED, _NORESOURCE, … */
	void (*end_sub)(struct presence_sub *sub, enum presence_sub_event why);

	/** The publications of a user, oldest body first; prev NULL: the first. NULL: no more. */
	const struct presence_publication *(*next_publication)(const struct presence_user *u,
	    const struct presence_package *pk, const struct presence_publication *prev);
	/**
	 * Publish, change or withdraw. Texts are copied. Takes a turn of its own: inside a turn
	 * of yours do not wait for done before end_turn(). changed() is called by this.
	 *
	 * @param done  once, when it is durable and visible, perhaps before return; may be NULL
	 * @return 0, -ENOMEM (done never runs), -EINVAL (package takes no such content type)
	 */
	int (*publish)(struct presence_user *u, const struct presence_source *s,
	    presence_done_fn *done, void *arg);

	/* ---- watching, from any worker ---- */

	/** fn runs on the calling worker: first with what is there, then with each change, never
	 *  before return. Rights count as for a subscription. 0, -ENOENT (no such package or
	 *  format), -ENOMEM. */
	int  (*watch)(struct presence *p, const struct presence_watch_args *a,
	    presence_notice_fn *fn, void *arg, struct presence_watch **out);
	/** On the worker that called watch(): fn does not run again. NULL is fine. */
	void (*unwatch)(struct presence *p, struct presence_watch **w);

	/* ---- added later ---- */

	/** In load() only: watch the watchers. 0 or -ENOSPC. */
	int  (*observe)(struct presence *p, presence_observer_fn *fn, void *arg);
	/** The document is another, but nobody needs to be told: kept bodies go. Owner. */
	void (*stale)(struct presence_user *u, const struct presence_package *pk);
	/** In build() with PRESENCE_PER_SUB: is it the first body, or that of a refresh, which
	 *  must be complete (RFC 6665 4.2.1.2)? */
	bool (*wants_full)(const struct presence_sub *sub);
	/** The Event header of a subscription's notices: as its watcher wrote it, or as the list
	 *  handler has said in open(), for clients that cannot do without. Kept. 0 or -ENOMEM. */
	struct slice (*event)(const struct presence_sub *sub);
	int  (*set_event)(struct presence_sub *sub, struct slice text);
	/** What a list is made of has changed by more than its SUBSCRIBE: from now on the store has
	 *  what write() says. Owner. */
	void (*keep_list)(struct presence_sub *sub);
	const struct roaming_api *roaming;	/* modules/presence/roaming_api.h */
};

#endif
