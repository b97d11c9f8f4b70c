/*
 * modules/presence/presence.h - what the files of this module share.
 *
 * A user's object is made, changed and freed by his owner alone. The one thing that others
 * read is the table of dialogs: a tag of ours leads to the user, without a lock.
 */
#ifndef MODULES_PRESENCE_PRESENCE_H
#define MODULES_PRESENCE_PRESENCE_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/homing/homing_api.h"
#include "modules/presence/presence_api.h"
#include "modules/tm/tm_api.h"
#include "modules/usrloc/usrloc_api.h"
#include "parser/mime.h"
#include "utils/htab.h"
#include "utils/list.h"
#include "utils/rtab.h"

#define PARTS_MAX    32u
#define PACKAGES_MAX 32u
#define TAG_CHARS    20u
#define OBSERVERS_MAX 4u

struct presence_conf {
	struct slice default_right, at_stop;
	enum presence_right right;	/* of it, by prepare */
	int64_t max_subs, max_subs_watcher, max_publications, max_body;
	msec_t  return_time, retry_time, quiet_interval;
};

/* Statistic, kind, its field in struct presence_local, its sentence. */
#define PRESENCE_STATS(S)                                                                   \
	S(users_known, STAT_GAUGE, "users with something to remember")                           \
	S(subscriptions, STAT_GAUGE, "subscriptions")                                      \
	S(publications, STAT_GAUGE, "publications, those of modules included")             \
	S(subscribes, STAT_COUNTER, "SUBSCRIBE requests seen")                             \
	S(subscribes_refused, STAT_COUNTER, "of these refused")                            \
	S(publishes, STAT_COUNTER, "PUBLISH requests seen")                                \
	S(publishes_refused, STAT_COUNTER, "of these refused")                             \
	S(notices, STAT_COUNTER, "NOTIFY and BENOTIFY requests sent")                      \
	S(notices_failed, STAT_COUNTER, "notices that ended their subscription")           \
	S(bodies, STAT_COUNTER, "bodies built; the same one goes to all who see the same") \
	S(expired, STAT_COUNTER, "subscriptions that ran out")                             \
	S(renamed, STAT_COUNTER, "subscriptions that went over to a renamed user's new address") \
	S(store_failures, STAT_COUNTER, "requests refused because the store could not take them") \
	S(no_memory, STAT_COUNTER, "steps that failed because memory was short")

/* With the owner of aor. */
typedef void flow_gone_fn(struct presence *p, struct slice aor, flow_id flow);

struct presence_local {			/* of one worker */
	struct presence *p;
	struct htab      users;		/* those it owns */
	struct htab      watchers;	/* their subscriptions, by who watches whom: watcher.c */
	struct htab      clients;	/* struct sub_client: client.c */
	struct htab      flows;		/* flow.c: who stands behind its connections */
	flow_gone_fn    *flow_gone;	/* of them, when one has ended */
	struct list      dirty;		/* users to be looked at when the turn ends */
	struct loop_task task;
	struct timer     more;		/* what did not fit into one turn */
	struct timer     sweep;		/* once, when clients had time to come back */
	struct timer     ending;	/* while watchers are told that the server ends */
#define S(name, kind, doc) uint64_t name;
	PRESENCE_STATS(S)
#undef S
};

struct package {
	const struct presence_package *pk;
	void    *arg;
	unsigned index, format_count;
};

/* Of the process: set in load(), by this module and by those that join it, and only read from then
 * on, but for the last four, which say themselves who writes them. */
struct presence {
	struct lcs_mod *mod;
	const struct tm_api *tm;
	struct tm      *tm_state;
	const struct usrloc_api *usrloc;	/* NULL: nobody registers here */
	struct usrloc  *usrloc_state;
	const struct auth_db_api *users;	/* NULL: who is a user is not known */
	struct auth_db *users_state;
	const struct homing_api *homing;	/* NULL: all live here */
	struct homing  *homing_state;
	const struct presence_part *parts[PARTS_MAX];
	size_t          part_at[PARTS_MAX], parts_size;
	unsigned        part_count, package_count;
	struct package  packages[PACKAGES_MAX];
	const struct presence_policy *policy;
	void           *policy_arg;
	const struct presence_lists *lists;
	void           *lists_arg;
	struct { presence_observer_fn *fn; void *arg; } observers[OBSERVERS_MAX];
	unsigned        observer_count;
	char            events[1024];
	struct rtab    *dialogs;	/* dialog_ref (sub.h) by our tag: the owner of the user */
	struct flow_watch flow_watch;	/* net's list, while it is registered */
	struct list     watches[WORKERS_MAX];	/* each its worker's: watch.c */
	struct loaded  *loaded;		/* journal.c: rows until the workers have taken them */
};

struct kept_body {			/* in user->bodies */
	struct list           node;
	const struct package *pkg;
	unsigned              format, view;
	struct presence_body *body;
};

struct turn { struct list node; void (*fn)(struct presence_user *u, void *arg); void *arg; };

struct presence_user {
	struct htab_node node;		/* in local->users */
	struct presence *p;
	uint64_t     key;
	unsigned     holds;
	bool         in_turn, is_registered;
	bool         is_leaving;	/* he is being renamed: rights stay as they were */
	struct list  dirty;		/* in local->dirty */
	struct list  turns;		/* those that wait */
	unsigned     sub_count;
	struct list  subs, pubs, bodies;
	struct list  due;		/* subscriptions to be told something, if they can be */
	struct slice aor;
	_Alignas(max_align_t) char parts[];	/* behind them the text of aor */
};

static inline struct presence_local *local_of(const struct presence *p)
{
	return lcs_local(p->mod);
}
static inline const struct presence_conf *conf_of(const struct presence *p)
{
	return lcs_conf(p->mod, gen_peek());
}

/* ---- package.c ---- */
/** In load(): the contract of presence_api.add_package. */
int  package_add(struct presence *p, const struct presence_package *pk, void *arg);
/** By name, byte by byte (RFC 6665 8.2.1); NULL: nobody brought it. */
struct package *package_find(struct presence *p, struct slice name);
/** Never NULL: pk was added. */
struct package *package_of(struct presence *p, const struct presence_package *pk);
/* presence_api.package and .allow_events. */
const struct presence_package *package_named(struct presence *p, struct slice name);
struct slice package_announced(struct presence *p);
/* Seconds. */
int64_t package_default_expires(const struct package *pkg);
int64_t package_min_expires(const struct package *pkg);
int64_t package_max_expires(const struct package *pkg);

/* ---- user.c: owner ---- */
/** The contract of presence_api.user. */
struct presence_user *user_find(struct presence *p, struct slice aor, bool make);
/** The same, if lcs_user_key() of aor is known. */
struct presence_user *user_at(struct presence *p, struct slice aor, uint64_t key, bool make);
struct slice user_aor(const struct presence_user *u);
void *user_part(struct presence_user *u, int index);
void user_hold(struct presence_user *u);
void user_release(struct presence_user *u);
/** Look at him when the turn of the loop ends: notices to send, or nothing left of him. */
void user_touch(struct presence_user *u);
int  user_take_turn(struct presence_user *u, void (*fn)(struct presence_user *u, void *arg),
    void *arg);
void user_end_turn(struct presence_user *u);
bool user_is_registered(const struct presence_user *u);
int  users_start(struct presence_local *local);
void users_stop(struct presence_local *local);

/* ---- end.c ---- */
/** Control thread: the server ends (lcs_module.stopping). */
void presence_stopping(struct lcs_mod *mod);
void ending_start(struct presence_local *local);
void ending_stop(struct presence_local *local);

/* ---- journal.c ---- */
extern const struct store_schema presence_schema;
/** Control thread: the subscriptions to a user that go over to another name. How many, or an
 *  error; 0 without a store. */
int  presence_rename_rows(struct slice from, struct slice to);
/** Control thread, at start: read what was there. 0 or an error. */
int  presence_load(struct presence *p);
/** Worker, as it starts: take what belongs to it. */
void presence_adopt(struct presence *p);
void presence_fini(struct presence *p);

/* ---- locked_out.c ---- */
/** Control thread, while workers run: all that this user watches ends, and he is told. */
void presence_lock_out(struct presence *p, struct slice aor);
/** Any thread: he is no user any more. Who watches him is told so, and what he set is forgotten;
 *  not while he is being renamed. */
void presence_no_resource(struct presence *p, struct slice aor);

/* ---- rename.c ---- */
/** In load(): who watches a user goes on when he is renamed; who is locked out does not. 0 or
 *  -errno. */
int  presence_follow_names(struct presence *p);
/** Any worker: nobody of that name is a user here. false, too, where that is not known. */
bool presence_is_stranger(const struct presence *p, struct slice aor);
/** Any worker: the server that a user lives on, if it is another one, until the next quiet point; else empty. */
struct slice presence_lives_at(const struct presence *p, struct slice aor);

/* ---- flow.c ---- */
/** Tell me, the owner of aor, when that connection has ended. */
void flow_follow(struct presence *p, flow_id flow, struct slice aor, uint64_t key);
void flow_closed(flow_id flow, void *presence);
/** fn: what becomes of a user whom a connection was followed for, when it has ended. */
int  flows_start(struct presence_local *local, flow_gone_fn *fn);
void flows_stop(struct presence_local *local);

/* ---- bindings.c ---- */
/** A usrloc_watch_fn: owner of aor; arg is the presence. */
void bindings_changed(void *presence, struct slice aor, const struct usrloc_aor *old,
    const struct usrloc_aor *now);
/** The same; a flow_gone_fn: his bindings, publications and subscriptions by it go. */
void bindings_flow_gone(struct presence *p, struct slice aor, flow_id flow);
/** Any worker: the connection that b came by has ended. */
void bindings_drop(struct presence *p, struct slice aor, const struct usrloc_binding *b);
/** Any worker. */
static inline bool bindings_are_there(const struct presence *p, struct slice aor)
{
	const struct usrloc_aor *have = p->usrloc ? p->usrloc->find(p->usrloc_state, aor) : NULL;

	return have && have->count;
}

/* ---- coding.c ---- */
#define CODINGS_LINE SLICE("Accept-Encoding: deflate, gzip\r\n")
/** The body of a message, unpacked if it came packed, in the arena. 0; -EBADMSG: status (415,
 *  413, 400) and reason say why not, 415 with CODINGS_LINE; -ENOMEM. */
int  coding_body(struct arena *arena, struct sip_view *view, int64_t max_bytes,
    struct slice *out, uint16_t *status, const char **reason);

/* ---- rpc.c ---- */
extern const struct lcs_rpc presence_rpcs[];

#endif
