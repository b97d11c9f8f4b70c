/*
 * modules/presence/sub.h - subscriptions: what is kept of them, and how their watchers are told.
 *
 * Everything is done by the owner of the user they are about, but for what says otherwise.
 */
#ifndef MODULES_PRESENCE_SUB_H
#define MODULES_PRESENCE_SUB_H

#include "modules/presence/pace.h"
#include "modules/presence/presence.h"

struct asking;				/* asking.h */
struct presence_watch;

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
	struct pace       *pace;	/* RFC 6446, adaptive-min-rate; NULL: not asked for */
	uint32_t           lifetime;	/* seconds granted */
	bool               is_linked;	/* anybody may find it by ref */
	bool               autoextend : 1;
	bool               of_user : 1;	/* who watches was a user here when it began */
	uint16_t           gone_to;	/* a worker, + 1: who takes it over from here; 0: nobody */
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
	bool                 is_quiet;	/* wait only runs to keep max_gap, or the pace */
	bool                 is_full;	/* what is being built for it must be complete */
	bool                 is_sending;	/* in the call that sends */
	char                 tag[TAG_CHARS];	/* ours; info.id */
	struct sub_dialog    dialog[];	/* one; none with watch: there are many of these */
};

/** As its watcher wrote it: value of the header. */
static inline struct slice sub_event(const struct presence_sub *sub)
{
	struct slice event = sub->dialog->client->event;

	return event.len ? event : sub->pkg->pk->name;
}

/* ---- sub.c ---- */
/** Unlinked, with all texts of the request; NULL if memory is short. */
struct presence_sub *sub_new(struct presence_user *u, const struct asking *a);
/** One without a dialog, among the user's at once. who lives as long as w. */
struct presence_sub *sub_new_watch(struct presence_user *u, struct presence_watch *w,
    struct package *pkg, unsigned format, struct slice who);
/** What a refresh changes, but for an end: that comes when the store has it. 0 or -ENOMEM (nothing
 *  changed). */
int  sub_take(struct presence_sub *sub, const struct asking *a);
/** Milliseconds from now on; 0: it is over. The timer is not touched. */
void sub_set_lifetime(struct presence_sub *sub, msec_t lifetime);
/** Its notices go another way from now on. 0 or -ENOMEM. */
int  sub_move(struct presence_sub *sub, const struct sip_hop *hop);
/** Its Event header is another. 0 or -ENOMEM. */
int  sub_set_event(struct presence_sub *sub, struct slice text);
/** From now on it is found, told, and runs out. */
void sub_link(struct presence_sub *sub);
/** The same in the place of one that came from another worker, see dialog_arrive(). */
void sub_take_over(struct presence_sub *sub, struct dialog_ref *old);
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

/* ---- dialog.c ---- */
/** A random one, as hex digits without an end. */
void tag_make(char tag[TAG_CHARS]);
enum dialog_place { DIALOG_NOWHERE, DIALOG_HERE, DIALOG_THERE };
/** On any worker: who has the subscription with that tag? HERE: this one has *sub. THERE: *worker
 *  has it, or will when what is posted to him from here, from now on, comes. */
enum dialog_place dialog_find(const struct presence *p, struct slice tag,
    struct presence_sub **sub, unsigned *worker);
/** On any worker: does anybody have it? */
bool dialog_is_known(const struct presence *p, struct slice tag);
/** From now on it is found. */
void dialog_enter(struct presence_sub *sub);
/** It is found no more, and its memory goes when nobody can be reading it. */
void dialog_leave(struct presence_sub *sub);
/** Owner: it goes to that worker, to whom the message is posted next. It is found until he calls
 *  the following, and its memory stays; who finds it here is sent after it. */
void dialog_depart(struct presence_sub *sub, unsigned worker);
/** That worker: sub is found in its place, in one step for all; NULL: nothing is. */
void dialog_arrive(struct presence *p, struct dialog_ref *old, struct presence_sub *sub);

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
/** Write a subscription; done runs when it is on disk, or could not be written (err). */
void presence_put_sub(const struct presence_sub *sub, store_done_fn *done, void *arg);
/** The same, done may be NULL. tag empty: done runs when all that this worker has asked for before is
 *  on disk. */
void presence_delete_sub(struct slice tag, store_done_fn *done, void *arg);

#endif
