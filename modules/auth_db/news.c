/*
 * modules/auth_db/news.c - others hear of what becomes of users. Control thread.
 */
#include "modules/auth_db/auth_db.h"

#include <errno.h>

int news_password(struct auth_db *db, struct slice name, struct slice domain,
    struct slice password)
{
	int err = 0;

	for (unsigned i = 0; i < db->watch_count && !err; i++)
		if (db->watches[i].watch->password)
			err = db->watches[i].watch->password(db->watches[i].arg, name, domain, password);
	return err;
}

int news_named(struct auth_db *db, struct slice aor, struct slice display_name)
{
	int err = 0;

	for (unsigned i = 0; i < db->watch_count && !err; i++)
		if (db->watches[i].watch->named)
			err = db->watches[i].watch->named(db->watches[i].arg, aor, display_name);
	return err;
}

int news_succeeded(struct auth_db *db, struct slice aor, struct slice former)
{
	int any = 0;

	for (unsigned i = 0; i < db->watch_count; i++) {
		const struct auth_db_watch *w = db->watches[i].watch;
		int moved = w->succeeded ? w->succeeded(db->watches[i].arg, aor, former) : 0;

		if (moved < 0)
			return moved;
		any |= moved;
	}
	return any;
}

void news_password_gone(struct auth_db *db, struct slice aor)
{
	for (unsigned i = 0; i < db->watch_count; i++)
		if (db->watches[i].watch->password_gone)
			db->watches[i].watch->password_gone(db->watches[i].arg, aor);
}

void news_dn_changed(struct auth_db *db, struct slice aor)
{
	for (unsigned i = 0; i < db->watch_count; i++)
		if (db->watches[i].watch->dn_changed)
			db->watches[i].watch->dn_changed(db->watches[i].arg, aor);
}

static void tell_locked_out(struct auth_db *db, struct slice aor, bool deleted)
{
	for (unsigned i = 0; i < db->watch_count; i++)
		if (db->watches[i].watch->locked_out)
			db->watches[i].watch->locked_out(db->watches[i].arg, aor, deleted);
}

static int tell_renamed(struct auth_db *db, struct slice from, struct slice to)
{
	int err = 0;

	for (unsigned i = 0; i < db->watch_count && !err; i++)
		if (db->watches[i].watch->renamed)
			err = db->watches[i].watch->renamed(db->watches[i].arg, from, to);
	return err;
}

static void tell_moved(struct auth_db *db, struct slice from, struct slice to, bool is_done)
{
	for (unsigned i = 0; i < db->watch_count; i++)
		if (db->watches[i].watch->moved)
			db->watches[i].watch->moved(db->watches[i].arg, from, to, is_done);
}

/* ---- whoever may not sign in any more is signed out ---- */

static const struct usrloc_which all = { .flow = 0 };

static void signed_out(void *arg, enum usrloc_result result, const struct usrloc_aor *now)
{
	struct await *await = arg;

	(void)now;
	*(enum usrloc_result *)await_room(await) = result;
	await_end(await);
}

static int remove_all(struct auth_db *db, struct slice aor, struct await *await)
{
	int err;

	await_begin(await);
	err = db->usrloc->remove(db->usrloc_state, aor, &all, signed_out, await);
	if (err)
		await_end(await);
	else
		err = await_all(await, AWAIT_MOST);
	if (!err && *(enum usrloc_result *)await_room(await) != USRLOC_OK)
		err = -EIO;
	return err;
}

/* Or a restart would bring his endpoints back. Whether it is done is not always of interest. */
static int sign_out(struct auth_db *db, struct slice aor)
{
	struct await *await = db->usrloc ? await_new(sizeof(enum usrloc_result)) : NULL;
	int err = !db->usrloc ? 0 : await ? remove_all(db, aor, await) : -ENOMEM;

	if (err)
		log_error("auth_db", "endpoints of a locked out user may stay user=%.*s error=\"%s\"",
		    SLICE_ARG(aor), err_text(err));
	await_unref(&await);
	return err;
}

/* Of hundreds at once each is asked for, and none waited for. */
static void begin_sign_out(struct auth_db *db, struct slice aor)
{
	int err = db->usrloc ? db->usrloc->remove(db->usrloc_state, aor, &all, NULL, NULL) : 0;

	if (err)
		log_error("auth_db", "endpoints of a locked out user stay user=%.*s error=\"%s\"",
		    SLICE_ARG(aor), err_text(err));
}

void news_locked_out(struct auth_db *db, struct slice aor, bool deleted)
{
	sign_out(db, aor);
	tell_locked_out(db, aor, deleted);
}

void news_one_of_many_locked_out(struct auth_db *db, struct slice aor, bool deleted)
{
	begin_sign_out(db, aor);
	tell_locked_out(db, aor, deleted);
}

/* First goes back what has gone over, or it would be forgotten with the name that was not to be. */
static int take_back(struct auth_db *db, struct slice from, struct slice to, int err)
{
	users_delete(&db->users, to, false);
	tell_moved(db, from, to, false);
	tell_locked_out(db, to, true);
	return err;
}

/* Both names are users while their lists go over, so that a failure loses nothing. No time may be
 * left for the lists when the endpoints have taken all of it: then nothing goes over. */
static int move(struct auth_db *db, struct slice from, struct slice to)
{
	int err = sign_out(db, from) == -ETIMEDOUT ? -ETIMEDOUT : tell_renamed(db, from, to);

	if (!err)
		err = users_delete(&db->users, from, false);
	if (err)
		return take_back(db, from, to, err);
	sign_out(db, from);		/* a client that came again while the lists went over */
	tell_locked_out(db, from, true);
	tell_moved(db, from, to, true);
	return 0;
}

int news_move(struct auth_db *db, struct slice from, struct slice to)
{
	int err;

	await_together(AWAIT_MOST);
	err = move(db, from, to);
	await_apart();
	return err;
}
