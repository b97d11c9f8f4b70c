/*
 * modules/msilo/rename.c - a user gets another address: messages that wait for him go with him; or he
 * is deleted: they go, too, since a new user of his address is somebody else.
 *
 * In the store at once, by the control thread, before the administrator is answered. Then the
 * numbers in memory, with the owners of both names. What was on its way to disk under the old
 * name follows when it is there.
 */
#include "modules/msilo/msilo.h"
#include "modules/auth_db/auth_db_api.h"

#include <errno.h>
#include <stdlib.h>

struct order {
	struct msilo *m;
	unsigned      count;		/* messages that have a new name in the store */
	size_t        from_len, to_len;
	char          text[];		/* both names */
};

static struct slice from_of(const struct order *o) { return slice_of(o->text, o->from_len); }
static struct slice to_of(const struct order *o)
{
	return slice_of(o->text + o->from_len, o->to_len);
}

static struct order *order_new(struct msilo *m, unsigned count, struct slice from,
    struct slice to)
{
	struct order *o = malloc(sizeof(*o) + from.len + to.len);

	if (!o)
		return NULL;
	*o = (struct order){ m, count, from.len, to.len };
	memcpy(o->text, from.p, from.len);
	memcpy(o->text + from.len, to.p, to.len);
	return o;
}

/* With the owner of the new name. */
static void arrive(void *arg)
{
	struct order *o = arg;
	struct box *b = box_find(o->m, to_of(o), true);

	if (b) {
		free(b->heir);			/* from a renaming that was refused then */
		b->heir = NULL;
		b->stored += o->count;
		msilo_local(o->m)->waiting += o->count;
		msilo_deliver(b);
	}
	free(o);
}

static void send_on(struct order *o)
{
	if (!o->count || lcs_post(lcs_user_key(to_of(o)), arrive, o) != 0)
		free(o);
}

static char *text_of(struct slice s)
{
	char *text = calloc(1, s.len + 1);

	return text ? memcpy(text, s.p, s.len) : NULL;
}

/* With the owner of the old one. An answer that is still awaited is for the heir's message. */
static void leave(void *arg)
{
	struct order *o = arg;
	struct box *b = box_find(o->m, from_of(o), false);

	if (b) {
		msilo_local(o->m)->waiting -= b->stored;
		b->stored = 0;
		free(b->heir);
		b->heir = text_of(to_of(o));
		box_settle(b);
	}
	send_on(o);
}

static void followed(void *arg, int err, const struct store_rows *rows)
{
	struct order *o = arg;

	(void)rows;
	if (err)
		log_error("msilo", "a message for a user who was renamed stays under the old name "
		    "user=%.*s error=\"%s\"", SLICE_ARG(from_of(o)), err_text(err));
	if (err)
		free(o);
	else
		send_on(o);
}

void msilo_inherit(struct box *b)
{
	struct order *o = order_new(b->m, 1, box_aor(b), slice_str(b->heir));
	int err = o ? msilo_journal_move(from_of(o), to_of(o), followed, o) : -ENOMEM;

	if (o && err)
		followed(o, err, NULL);
}

/* ---- the control thread ---- */

static int move(struct msilo *m, struct slice from, struct slice to, void (*first)(void *order),
    struct slice asked)
{
	int n = msilo_journal_move_now(from, to);
	struct order *o = n < 0 ? NULL : order_new(m, (unsigned)n, from, to);
	int err = n < 0 ? n : o ? lcs_post(lcs_user_key(asked), first, o) : -ENOMEM;

	if (err)
		free(o);
	return err;
}

static int renamed(void *arg, struct slice from, struct slice to)
{
	struct msilo *m = arg;
	int err = move(m, from, to, leave, from);

	m->has_moved = err == 0;
	return err;
}

/* By the owner whom the way there led by: what is under way to the other comes in first. */
static void leave_again(void *arg)
{
	struct order *o = arg;

	if (lcs_post(lcs_user_key(from_of(o)), leave, o) != 0)
		free(o);
}

/* Somebody after us has refused: they wait under the old name as before. */
static void moved(void *arg, struct slice from, struct slice to, bool is_done)
{
	struct msilo *m = arg;
	int err = m->has_moved && !is_done ? move(m, to, from, leave_again, from) : 0;

	m->has_moved = err != 0;
	if (err)
		log_error("msilo", "messages for a user who was not renamed are not where they were "
		    "user=%.*s to=%.*s error=\"%s\"", SLICE_ARG(from), SLICE_ARG(to), err_text(err));
}

void msilo_forget_blind(struct msilo *m, struct slice aor)
{
	struct arena *arena = arena_new(0);
	struct slice blind = arena ? arena_printf(arena, BLIND_BOX "%.*s", SLICE_ARG(aor)) : SLICE_NULL;
	int n = blind.p ? msilo_journal_delete_now(blind, 0) : -ENOMEM;

	if (n > 0)
		msilo_recount(m, blind);
	else if (n < 0)
		log_error("msilo", "what blocked senders wrote to a user is counted on user=%.*s "
		    "error=\"%s\"", SLICE_ARG(aor), err_text(n));
	arena_free(&arena);
}

/* Of a renaming's two names one is deleted, be it the new one: what has gone over, or could not
 * come back, stays. */
static void locked_out(void *arg, struct slice aor, bool deleted)
{
	struct msilo *m = arg;
	int n = deleted && !m->has_moved ? msilo_journal_delete_now(aor, 0) : 0;

	m->has_moved = false;
	if (deleted)
		msilo_forget_blind(m, aor);
	if (n > 0)
		log_info("msilo", "messages are deleted with their user user=%.*s count=%d",
		    SLICE_ARG(aor), n);
	if (n > 0)
		msilo_recount(m, aor);
	else if (n < 0)
		log_error("msilo", "messages of a deleted user stay, use \"messages delete\" "
		    "user=%.*s error=\"%s\"", SLICE_ARG(aor), err_text(n));
}

int msilo_follow_names(struct msilo *m)
{
	static const struct auth_db_watch watch = { .renamed = renamed, .moved = moved,
	    .locked_out = locked_out };
	void *state;
	const struct auth_db_api *db = lcs_import(m->mod, "auth_db", &state);

	return db ? db->watch(state, &watch, m) : 0;
}
