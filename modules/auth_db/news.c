/*
 * modules/auth_db/news.c - others hear of what becomes of users. Control thread.
 */
#include "modules/auth_db/auth_db.h"

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

void news_password_gone(struct auth_db *db, struct slice aor)
{
	for (unsigned i = 0; i < db->watch_count; i++)
		if (db->watches[i].watch->password_gone)
			db->watches[i].watch->password_gone(db->watches[i].arg, aor);
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

struct signing_out { struct auth_db *db; struct slice aor; int err; };

static void sign_out_on_worker(unsigned index, void *arg)
{
	struct signing_out *s = arg;

	if (index == 0)
		s->err = s->db->usrloc->remove(s->db->usrloc_state, s->aor, SLICE_NULL);
}

/* Asked of the owner, not waited for: the store may take its time. */
static void sign_out(struct auth_db *db, struct slice aor)
{
	struct signing_out s = { db, aor, 0 };

	if (!db->usrloc)
		return;
	worker_on_each(sign_out_on_worker, &s);
	if (s.err)
		log_error("auth_db", "endpoints of a locked out user stay user=%.*s error=\"%s\"",
		    SLICE_ARG(aor), err_text(s.err));
}

void news_locked_out(struct auth_db *db, struct slice aor, bool deleted)
{
	sign_out(db, aor);
	tell_locked_out(db, aor, deleted);
}

/* First goes back what has gone over, or it would be forgotten with the name that was not to be. */
static int take_back(struct auth_db *db, struct slice from, struct slice to, int err)
{
	users_delete(&db->users, to);
	tell_moved(db, from, to, false);
	tell_locked_out(db, to, true);
	return err;
}

/* Both names are users while their lists go over, so that a failure loses nothing. */
int news_move(struct auth_db *db, struct slice from, struct slice to)
{
	int err;

	sign_out(db, from);
	err = tell_renamed(db, from, to);
	if (!err)
		err = users_delete(&db->users, from);
	if (err)
		return take_back(db, from, to, err);
	tell_locked_out(db, from, true);
	tell_moved(db, from, to, true);
	return 0;
}
