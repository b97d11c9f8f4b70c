/*
 * modules/msilo/msilo.h - what the files of this module share.
 */
#ifndef MODULES_MSILO_MSILO_H
#define MODULES_MSILO_MSILO_H

#include "modules/msilo/note.h"
#include "modules/tm/tm_api.h"
#include "modules/usrloc/usrloc_api.h"
#include "utils/htab.h"
#include "utils/list.h"

struct msilo_conf {
	msec_t  expire_time, purge_interval;
	int64_t max_messages, max_body;
	bool    add_date;
};

struct msilo_local {
	uint64_t waiting, stored, withheld, delivered, refused_by_client, tries_failed, too_many, unfit,
		 store_failures;
	struct htab   boxes;		/* of users it owns with something waiting */
	struct list   sendings;		/* requests under way */
	struct timer  purge;		/* worker 0 */
	struct msilo *m;
};

struct loaded_box { struct loaded_box *next; int64_t last_id; unsigned count; size_t aor_len; char aor[]; };

struct msilo {
	struct lcs_mod          *mod;
	const struct tm_api     *tm;
	struct tm               *tm_state;
	const struct usrloc_api *usrloc;
	struct usrloc           *usrloc_state;
	bool                     was_loaded;
	bool                     has_moved;	/* control thread: by a renaming not all have agreed to */
	struct loaded_box       *loaded;	/* until the workers have begun */
};

struct sending;

#define MSILO_TRIES 16u			/* endpoints that one message is offered to */

/* One user with messages that wait; its owner's. Goes when nothing waits and nothing happens. */
struct box {
	struct htab_node node;
	struct msilo    *m;
	unsigned         stored, storing;	/* in the store, at least; on the way there */
	int64_t          last_id;		/* given to a message */
	int64_t          done_id;		/* up to here all are delivered */
	bool             is_busy, again;	/* delivering; begin again when that is over */
	struct sending  *sending;
	struct {			/* the message under way */
		int64_t  id;
		bool     is_for_later;	/* an endpoint may take it another time */
		unsigned count;
		uint64_t tried[MSILO_TRIES];	/* endpoints that have not taken it */
	}                now;
	uint64_t         takes;		/* the endpoint that has taken one last; 0: none */
	char            *heir;			/* he was renamed to this while it was busy; or NULL */
	size_t           aor_len;
	char             aor[];
};

/* Messages of whom a user blocks politely only count: in a box that is nobody's, so that nobody's
 * signing in empties it. No AOR has a blank. */
#define BLIND_BOX "blocked "

static inline struct slice box_aor(const struct box *b) { return slice_of(b->aor, b->aor_len); }
static inline bool box_is_blind(const struct box *b)
{
	return slice_starts(box_aor(b), SLICE(BLIND_BOX));
}
static inline struct msilo_local *msilo_local(const struct msilo *m) { return lcs_local(m->mod); }
static inline const struct msilo_conf *msilo_conf(const struct msilo *m)
{
	return lcs_conf(m->mod, gen_peek());
}

/* ---- box.c: on the owner ---- */
struct box *box_find(struct msilo *m, struct slice aor, bool make);	/* NULL also if memory is short */
void box_settle(struct box *b);		/* free it if it has nothing to remember */
int  boxes_start(struct msilo *m, struct msilo_local *local);
void boxes_stop(struct msilo_local *local);

/* ---- journal.c ---- */
extern const struct store_schema msilo_schema;
int  msilo_journal_put(const struct note *n, int64_t id, store_done_fn *done, void *arg);
int  msilo_journal_next(struct slice aor, int64_t after_id, store_done_fn *done, void *arg);
/** A row of msilo_journal_next(); texts borrowed. false: it makes no sense. */
bool msilo_journal_read(const struct store_rows *rows, struct note *out, int64_t *id);
int  msilo_journal_count(struct slice aor, store_done_fn *done, void *arg);
/** All of a user have another one's name. */
int  msilo_journal_move(struct slice from, struct slice to, store_done_fn *done, void *arg);
/** Control thread; how many, or an error. */
int  msilo_journal_move_now(struct slice from, struct slice to);
/** All of a user up to and with this one. */
int  msilo_journal_delete(struct slice aor, int64_t up_to_id, store_done_fn *done, void *arg);
void msilo_journal_purge(void);
/** Control thread. */
int  msilo_journal_load(struct msilo *m);
/** Control thread: messages of a user (aor empty: of all): AOR, id, sender, type, bytes, sent,
 *  expires. Count or error. */
int  msilo_journal_list(struct slice aor,
    void (*row)(void *arg, const struct value *columns, unsigned count), void *arg);
/** Control thread: one message, or all of the user (id 0). How many, or an error. */
int  msilo_journal_delete_now(struct slice aor, int64_t id);

/* ---- deliver.c: on the owner ---- */
/** Send what waits to the user, one after the other, if he has an endpoint. */
void msilo_deliver(struct box *b);
/** The worker stops: no answer is waited for any more. */
void msilo_sendings_stop(struct msilo *m, struct msilo_local *local);

/* ---- rename.c ---- */
/** In load(): messages follow users who are renamed, and go with those who are deleted. 0 or
 *  -errno. */
int  msilo_follow_names(struct msilo *m);
/** Control thread, blocks: blocked senders begin anew with that user. */
void msilo_forget_blind(struct msilo *m, struct slice aor);
/** Owner: a message has been stored under the old name of a box with an heir. */
void msilo_inherit(struct box *b);

/* ---- script.c ---- */
extern const struct lcs_func msilo_funcs[];

/* ---- rpc.c ---- */
/** Control thread: some of a user's messages are not in the store any more. */
void msilo_recount(struct msilo *m, struct slice aor);
extern const struct lcs_rpc msilo_rpcs[];

#endif
