/*
 * modules/presence/presence.h - what the files of this module share.
 *
 * A user's object is made, changed and freed by his owner alone. The one thing that others
 * read is the table of dialogs: a tag of ours leads to the user, without a lock.
 */
#ifndef MODULES_PRESENCE_PRESENCE_H
#define MODULES_PRESENCE_PRESENCE_H

#include "modules/presence/presence_api.h"
#include "modules/tm/tm_api.h"
#include "modules/usrloc/usrloc_api.h"
#include "utils/htab.h"
#include "utils/list.h"
#include "utils/rtab.h"

#define PARTS_MAX    32u
#define PACKAGES_MAX 32u
#define TAG_CHARS    20u

struct presence_conf {
	struct slice default_right;
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
	S(store_failures, STAT_COUNTER, "requests refused because the store could not take them") \
	S(no_memory, STAT_COUNTER, "steps that failed because memory was short")

struct presence_local {			/* of one worker */
	struct presence *p;
	struct htab      users;		/* those it owns */
	struct list      dirty;		/* users to be looked at when the turn ends */
	struct loop_task task;
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
	const struct presence_part *parts[PARTS_MAX];
	size_t          part_at[PARTS_MAX], parts_size;
	unsigned        part_count, package_count;
	struct package  packages[PACKAGES_MAX];
	const struct presence_policy *policy;
	void           *policy_arg;
	const struct presence_lists *lists;
	void           *lists_arg;
	char            events[1024];
	struct rtab    *dialogs;	/* struct dialog_ref by our tag */
};

struct turn { struct list node; void (*fn)(struct presence_user *u, void *arg); void *arg; };

struct presence_user {
	struct htab_node node;		/* in local->users */
	struct presence *p;
	uint64_t     key;
	unsigned     holds;
	bool         in_turn, is_registered;
	struct list  dirty;		/* in local->dirty */
	struct list  turns;		/* those that wait */
	struct list  subs, pubs, watches, bodies;
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
int  package_add(struct presence *p, const struct presence_package *pk, void *arg);
struct package *package_find(struct presence *p, struct slice name);
struct package *package_of(struct presence *p, const struct presence_package *pk);
const struct presence_package *package_named(struct presence *p, struct slice name);
struct slice package_announced(struct presence *p);
/* Seconds. */
int64_t package_default_expires(const struct package *pkg);
int64_t package_min_expires(const struct package *pkg);
int64_t package_max_expires(const struct package *pkg);

/* ---- user.c ---- */
struct presence_user *user_find(struct presence *p, struct slice aor, bool make);
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

#endif
