/*
 * modules/presence/presence.h - what the files of this module share.
 *
 * A user's object is made, changed and freed by his owner alone. The one thing that others
 * read is the table of dialogs: a tag of ours leads to the user, without a lock.
 */
#ifndef MODULES_PRESENCE_PRESENCE_H
#define MODULES_PRESENCE_PRESENCE_H

#include "modules/auth_db/auth_db_api.h"
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
	msec_t  return_time, retry_time;
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

struct presence {
	struct lcs_mod *mod;
	const struct tm_api *tm;
	struct tm      *tm_state;
	const struct usrloc_api *usrloc;	/* NULL: nobody registers here */
	struct usrloc  *ul;
	const struct auth_db_api *users;	/* NULL: who is a user is not known */
	struct auth_db *users_state;
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
	struct rtab    *dialogs;	/* struct dialog_ref by our tag */
	struct flow_watch flow_watch;
	struct list     watches[WORKERS_MAX];	/* each its worker's: watch.c */
	struct loaded  *loaded;		/* journal.c: rows until the workers have taken them */
};

struct presence_watch;

/* ---- subscriptions ---- */

/* Read by all: which user's owner has the dialog with this tag of ours? */
struct dialog_ref {
	struct rtab_node     node;	/* first */
	struct epoch_item    item;
	uint64_t             user_key;
	struct presence_sub *sub;	/* its tag for all, else for the owner only */
};

enum owed { OWED_NOTHING, OWED_CHANGE, OWED_FULL };

struct delta { struct list node; struct presence_body *body; };

/* Texts of a SUBSCRIBE that are kept. */
struct sub_texts {
	struct slice call_id, remote_tag;
	struct slice from, to;		/* of our requests, with tags */
	struct slice target, route_set, contact;
	struct slice event;		/* as it was written: value of the header */
	struct slice instance;		/* +sip.instance of the watcher's Contact; may be empty */
};

/* What all subscriptions of one client have in common: client.c. Counted, never changed. */
struct sub_client {
	struct htab_node node;		/* in local->clients */
	struct sip_hop   hop;
	unsigned         refs;
	bool             has_hop;
	bool             is_located;	/* hop is what the next URI, a numeric one, leads to */
	struct slice     watcher, watcher_name, epid, instance;
	struct slice     target, route_set, contact;
	struct slice     event;		/* empty: written as the package's name, as most are, so
					 * that subscriptions to several packages share this */
	char             bytes[];
};

/* What only a subscription with a dialog has. */
struct sub_dialog {
	struct dialog_ref  ref;
	struct timer       expiry;
	struct sub_client *client;
	struct slice       call_id, remote_tag;	/* behind this struct */
	struct slice       from, to;	/* likewise: of our requests, with tags */
	uint32_t           local_cseq, remote_cseq;	/* local: of the last request sent */
	int64_t            way_lost;	/* when its connection ended, unix seconds; 0: there is one */
	uint32_t           min_gap, max_gap;	/* ms between notices, RFC 6446; 0: none */
	uint32_t           lifetime;	/* seconds granted */
	bool               is_linked;	/* anybody may find it by ref */
	bool               autoextend;
};

struct presence_sub {
	struct list          node;	/* in user->subs */
	struct list          due;	/* in user->due */
	struct htab_node     by_watcher;
	struct presence_user *user;
	struct package      *pkg;
	struct presence_sub_info info;
	struct presence_watch *watch;	/* for a module, without a dialog; else NULL */
	struct tm_uac       *uac;	/* a NOTIFY that is not answered yet */
	void                *data;
	struct timer         wait;
	msec_t               told;	/* when the last notice went, 0: none has */
	uint64_t             told_hash;	/* of its body and state, 0: not known */
	struct list          deltas;	/* struct delta, to be sent one after the other */
	uint16_t             delta_count;
	uint16_t             early;	/* the answer that came within is_sending */
	uint8_t              format;	/* of pkg; pkg->format_count: a list */
	uint8_t              owed;	/* enum owed */
	bool                 is_quiet;	/* wait only runs to keep max_gap */
	bool                 is_full;	/* what is being built for it must be complete */
	bool                 is_sending;	/* in the call that sends */
	char                 tag[TAG_CHARS];	/* ours; info.id */
	struct sub_dialog    dialog[];	/* one; none with watch: there are many of these */
};

/* What a SUBSCRIBE brings, read on the call's worker; then the answer, made on the user's. */
struct asking {
	struct inbox_item    item;
	struct presence     *p;
	struct lcs_ctx      *ctx;	/* counted while it travels */
	unsigned             home;
	bool                 is_sync;	/* the script function is still on the stack */
	bool                 is_done;
	struct package      *pkg;
	struct presence_request req;
	struct sub_texts     t;
	struct slice         local_tag;	/* To tag; empty: begins a subscription */
	uint64_t             key;	/* of whom it is about */
	struct sip_hop       hop;
	bool                 has_hop;
	int64_t              expires;	/* seconds asked for, limited */
	uint32_t             cseq;
	unsigned             format;
	bool                 is_list, benotify, piggyback, autoextend;
	msec_t               min_gap, max_gap;
	struct slice         suppress;	/* Suppress-If-Match */
	/* the answer */
	uint16_t             status;
	bool                 is_suppressed;	/* 204: what the client has is as it is (RFC 5839) */
	const char          *reason;
	struct buf          *lines;
	char                 tag[TAG_CHARS];
	bool                 has_tag;
	struct presence_body *body;
	/* between journal and memory */
	struct presence_user *user;
	struct presence_sub *sub;	/* new or found */
};

/* ---- publications ---- */

struct pub {
	struct list          node;	/* in user->pubs */
	struct presence_user *user;
	struct package      *pkg;
	struct presence_publication info;
	struct slice         call_id;	/* of the PUBLISH that made it what it is */
	uint32_t             cseq;
	flow_id              flow;	/* of its endpoint; 0: none, or not yet back */
	bool                 is_bound;	/* has an endpoint */
	bool                 is_awaited;	/* read back, its endpoint has not come yet */
	bool                 is_volatile;
	struct timer         expiry;
	char                 id[TAG_CHARS], etag[TAG_CHARS];
	char                 text[];
};

/* What a PUBLISH or a module wants. */
struct pub_change {
	struct package      *pkg;
	struct slice         etag, source;	/* which; both empty: a new one */
	struct slice         content_type, body;	/* empty content_type: as it is */
	void                *doc;	/* of the body; freed, or handed on */
	int64_t              expires;	/* seconds from now; 0: none */
	flow_id              flow;
	bool                 is_bound, is_volatile, is_removal;
	struct slice         call_id;
	uint32_t             cseq;
	/* Owner, once. err: 0, -ENOENT (no such etag), -E2BIG, -ENOMEM, or the store's. */
	void               (*done)(struct pub_change *c, int err);
	/* on the way */
	struct presence_user *user;
	struct pub          *old, *next;
	struct slice         etag_now;	/* in done: of what there is now */
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

/** As its watcher wrote it: value of the header. */
static inline struct slice sub_event(const struct presence_sub *sub)
{
	struct slice event = sub->dialog->client->event;

	return event.len ? event : sub->pkg->pk->name;
}

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

/* ---- view.c ---- */
/** What it is to be told now, counted; *out NULL with 0: nothing to show. full: whole, where
 *  bodies differ by subscription. Owner. 0, -ENOMEM, or what the list handler says. */
int  body_for(struct presence_sub *sub, bool full, struct presence_body **out);
void view_forget(struct presence_user *u, const struct package *pkg);
/** pkg NULL: the package itself is asked. */
enum presence_right view_right(struct presence_user *u, const struct presence_package *pk,
    struct slice watcher, struct arena *arena, struct slice *why);
/** Of a body's type and text (NULL: of none); never 0. The owner of the user it is about. */
uint64_t view_hash(struct presence_body *b);

/* ---- dialog.c ---- */
/** A random one, as hex digits without an end. */
void tag_make(char tag[TAG_CHARS]);
/** Owner; NULL: nobody has it. */
struct presence_sub *sub_by_tag(const struct presence *p, struct slice tag);
/** On any worker: the key of who has it; false: nobody. */
bool sub_key(const struct presence *p, struct slice tag, uint64_t *key);
/** From now on it is found. */
void dialog_enter(struct presence_sub *sub);
/** It is found no more, and its memory goes when nobody can be reading it. */
void dialog_leave(struct presence_sub *sub);

/* ---- sub.c ---- */
/** Unlinked, with all texts of the request; NULL if memory is short. */
struct presence_sub *sub_new(struct presence_user *u, const struct asking *a);
/** One without a dialog, among the user's at once. who lives as long as w. */
struct presence_sub *sub_new_watch(struct presence_user *u, struct presence_watch *w,
    struct package *pkg, unsigned format, struct slice who);
/** What a refresh changes. 0 or -ENOMEM (nothing changed). */
int  sub_take(struct presence_sub *sub, const struct asking *a);
/** Its notices go another way from now on. 0 or -ENOMEM. */
int  sub_move(struct presence_sub *sub, const struct sip_hop *hop);
/** Its Event header is another. 0 or -ENOMEM. */
int  sub_set_event(struct presence_sub *sub, struct slice text);
/** From now on it is found, told, and runs out. */
void sub_link(struct presence_sub *sub);
void sub_free(struct presence_sub *sub);
/** Be told when the connection it is told by ends. */
void sub_follow(const struct presence_sub *sub);
/** Right and view as they should be now. */
void sub_rate(struct presence_sub *sub);
void sub_tell(struct presence_sub *sub, enum presence_sub_event event);
void sub_observe(struct presence_user *u, const struct presence_sub *sub,
    enum presence_sub_event event);
/** Gone, without a word on the wire. */
void sub_drop(struct presence_sub *sub, enum presence_sub_event why);
/** Gone, with a last notice. */
void sub_end(struct presence_sub *sub, enum presence_sub_event why);
void sub_restart_expiry(struct presence_sub *sub);
const char *sub_reason(enum presence_sub_event why);
/** All of a user, at the end. */
void subs_free(struct presence_user *u);

/* ---- client.c ---- */
/** Counted, with texts of its own; NULL if memory is short. Like all of this: the owner's. */
struct sub_client *client_take(struct presence_local *local, const struct sub_client *like);
/** NULL is fine; *client is NULL after. */
void client_leave(struct presence_local *local, struct sub_client **client);

/* ---- watcher.c ---- */
/** Those that are found; one of them may be freed when the next is known. */
void watcher_add(struct presence_sub *sub);
void watcher_remove(struct presence_sub *sub);
uint64_t watcher_key(const struct presence_user *u, struct slice watcher);
struct presence_sub *watcher_first(struct presence_user *u, uint64_t key, struct slice watcher);
struct presence_sub *watcher_next(const struct presence_sub *sub);

/* ---- notify.c ---- */
/** It may be told what is owed now, if anything is: looked at when the turn of the loop ends. */
void notify_due(struct presence_sub *sub);
/** Something is owed to it; sent when the turn of the loop ends, or later. */
void notify_owe(struct presence_sub *sub, enum owed what);
/** What can be sent of it now. false: there is more than fits into one turn. */
bool notify_user(struct presence_user *u, unsigned *budget);
void notify_last(struct presence_sub *sub, const char *reason, bool with_body);
void notify_changed(struct presence_user *u, const struct presence_package *pk);
void notify_push(struct presence_user *u, const struct presence_package *pk,
    struct presence_body *body);
void notify_rights(struct presence_user *u);
/** RFC 5839 5: is this the tag of what would be told? Then it counts as told. */
bool notify_is_known(struct presence_sub *sub, struct slice etag);
/** A first notice went with the answer. */
void notify_has_seen(struct presence_sub *sub, struct presence_body *body);
/** Nothing is sent to it for so long; then what is owed. */
void notify_wait(struct presence_sub *sub, msec_t delay);
void notify_init(struct presence_sub *sub);
void notify_stop(struct presence_sub *sub);

/* ---- notice.c ---- */
#define ETAG_CHARS (2 * sizeof(uint64_t))
/** The tag of a body (RFC 5839), written to text. */
struct slice notice_etag(struct presence_body *body, char text[ETAG_CHARS]);
/** Send one; reason NULL: the subscription goes on, else this is its last. 0, -EINVAL (no
 *  request can be made of its dialog), -ENOMEM. */
int  notice_send(struct presence_sub *sub, const char *reason, struct presence_body *body);
/** What a refusal means for the subscription, which may be gone afterwards. */
void notice_failed(struct presence_sub *sub, uint16_t status, struct sip_msg *response);

/* ---- way.c ---- */
/** Its target, or its first router, may say in numbers where it is. */
void way_locate(struct sub_client *c);
/** Can it be told now, perhaps by a connection its watcher has come back with? */
bool way_is_there(struct presence_sub *sub);
/** Its connection has ended: wait for another, or drop it. */
void way_lose(struct presence_sub *sub);
/** Has it been without a connection for longer than return_time? */
bool way_is_given_up(const struct presence_sub *sub);
void way_flow_gone(struct presence_user *u, flow_id flow);

/* ---- end.c ---- */
/** Control thread: the server ends (lcs_module.stopping). */
void presence_stopping(struct lcs_mod *mod);
void ending_start(struct presence_local *local);
void ending_stop(struct presence_local *local);

/* ---- watch.c ---- */
/** Any worker: the contracts of presence_api.watch and .unwatch. */
int  watch_begin(struct presence *p, const struct presence_watch_args *args,
    presence_notice_fn *fn, void *arg, struct presence_watch **out);
void watch_end(struct presence *p, struct presence_watch **w);
/** Owner: send a notice home. */
void watch_note(struct presence_watch *w, const struct presence_notice *notice);
/** Owner: its subscription is being freed. */
void watch_lost(struct presence_watch *w);
void watches_init(struct presence *p);
/** The workers have stopped: what was to end and was on its way. */
void watches_free(struct presence *p);

/* ---- journal.c ---- */
extern const struct store_schema presence_schema;
/** Write a subscription; done runs when it is on disk, or could not be written (err). */
void presence_put_sub(const struct presence_sub *sub, store_done_fn *done, void *arg);
void presence_delete_sub(struct slice tag);
/** done NULL: nobody waits. */
void presence_put_pub(const struct pub *pub, store_done_fn *done, void *arg);
void presence_delete_pub(struct slice id, store_done_fn *done, void *arg);
/** Control thread: the subscriptions to a user that go over to another name. How many, or an
 *  error; 0 without a store. */
int  presence_rename_rows(struct slice from, struct slice to);
/** Control thread, at start: read what was there. 0 or an error. */
int  presence_load(struct presence *p);
/** Worker, as it starts: take what belongs to it. */
void presence_adopt(struct presence *p);
void presence_fini(struct presence *p);

/* ---- coding.c ---- */
#define CODINGS_LINE SLICE("Accept-Encoding: deflate, gzip\r\n")
/** The body of a message, unpacked if it came packed, in the arena. 0; -EBADMSG: status (415,
 *  413, 400) and reason say why not, 415 with CODINGS_LINE; -ENOMEM. */
int  coding_body(struct arena *arena, struct sip_view *view, int64_t max_bytes,
    struct slice *out, uint16_t *status, const char **reason);

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

/* ---- request.c ---- */
/** Read a SUBSCRIBE. 0; -EBADMSG: a->status and a->reason say why not; -ENOMEM. */
int  asking_read(struct lcs_call *call, struct asking *a);

/* ---- subscribe.c ---- */
enum fn_status presence_handle_subscribe(struct lcs_call *call);
enum fn_status presence_is_ours(struct lcs_call *call);
enum fn_status presence_serves_event(struct lcs_call *call);

/* ---- publish.c ---- */
/** For user_take_turn(); arg is a struct pub_change, which tells its done and ends the turn. */
void pub_change_in_turn(struct presence_user *u, void *arg);
bool pub_takes_type(const struct package *pkg, struct slice type);
const struct presence_publication *pub_next(const struct presence_user *u,
    const struct presence_package *pk, const struct presence_publication *prev);
int  pub_by_module(struct presence_user *u, const struct presence_source *s,
    presence_done_fn *done, void *arg);
/** One that was in the store, to be linked; NULL if memory is short. */
struct pub *pub_restore(struct presence_user *u, const struct pub_change *c, void *doc);
void pub_link(struct pub *pub);
void pubs_flow_gone(struct presence_user *u, flow_id flow);
/** All that was published by him, or for him by modules. */
void pubs_forget(struct presence_user *u);
void pubs_free(struct presence_user *u);

/* ---- published.c ---- */
enum fn_status presence_handle_publish(struct lcs_call *call);

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
/** Any worker. */
static inline bool bindings_are_there(const struct presence *p, struct slice aor)
{
	const struct usrloc_aor *have = p->usrloc ? p->usrloc->find(p->ul, aor) : NULL;

	return have && have->count;
}

/* ---- rpc.c ---- */
extern const struct lcs_rpc presence_rpcs[];

/* ---- answer.c ---- */
/** Give the answer in a, on whatever worker; a's memory goes with its message. */
void answer_give(struct asking *a);
void answer_refuse(struct asking *a, uint16_t status, const char *reason);
/** What an error of the list handler is answered with; its lines go to a. */
void answer_list_error(struct asking *a, int err);
void answer_accept(struct asking *a, struct presence_sub *sub, int64_t expires);

#endif
