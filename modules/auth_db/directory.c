/*
 * modules/auth_db/directory.c - what a directory says of users becomes rows of the table.
 */
#include "modules/auth_db/auth_db.h"

#include <errno.h>

#define STEPS_MAX 256u

struct plan {				/* what is to be written together */
	struct auth_db       *db;
	unsigned              count;
	struct users_step     steps[STEPS_MAX];
	struct auth_db_entry *entries[STEPS_MAX];	/* whose step it is */
	enum auth_db_change   changes[STEPS_MAX];
	bool                  dn_changed[STEPS_MAX];
};

static void drop_steps(struct plan *p)
{
	for (unsigned i = 0; i < p->count; i++)
		if (!p->steps[i].gone)
			user_free(p->steps[i].user);
	p->count = 0;
}

static void clash(struct auth_db_entry *e, const char *why)
{
	e->change = AUTH_DB_CLASH;
	e->why = why;
}

static const char CANNOT_FOLLOW[] = "what a deleted user of this name has left cannot be put aside";

/* Who cannot follow a former user of his name is none; the others go on. */
static void leave_out(struct plan *p, unsigned i)
{
	user_free(p->steps[i].user);
	clash(p->entries[i], CANNOT_FOLLOW);
	for (p->count--; i < p->count; i++) {
		p->steps[i] = p->steps[i + 1];
		p->entries[i] = p->entries[i + 1];
		p->changes[i] = p->changes[i + 1];
		p->dn_changed[i] = p->dn_changed[i + 1];
	}
}

/* What is kept of others of those names is out of the way before they are there. */
static int succeed_all(struct plan *p)
{
	for (unsigned i = p->count; i-- > 0; ) {
		int err = p->changes[i] == AUTH_DB_ADDED ?
		    former_succeed(p->db, p->steps[i].user->aor, p->entries[i]->key, false) : 0;

		if (err == -EINVAL)
			leave_out(p, i);
		else if (err)
			return err;
	}
	return 0;
}

static int flush(struct plan *p)
{
	int err = succeed_all(p);

	if (err) {
		drop_steps(p);
		return err;
	}
	err = users_commit(&p->db->users, p->steps, p->count);

	for (unsigned i = 0; i < p->count && !err; i++) {
		const struct user *user = p->steps[i].user;

		p->entries[i]->change = p->changes[i];
		if (!p->steps[i].gone && user->by_directory)
			news_password_gone(p->db, user->aor);
		if (p->dn_changed[i])
			news_dn_changed(p->db, user->aor);
		if (p->steps[i].gone)
			p->entries[i]->aor = user->aor;
		if (p->steps[i].gone || !user->enabled)
			news_one_of_many_locked_out(p->db, user->aor,
			    p->steps[i].gone);
	}
	p->count = 0;
	return err;
}

static bool touches(const struct plan *p, const struct auth_db_entry *e)
{
	for (unsigned i = 0; i < p->count; i++)
		if (slice_eq(p->steps[i].user->texts.key, e->key) ||
		    (!e->gone && slice_eq_nocase(p->steps[i].user->aor, e->aor)))
			return true;
	return false;
}

static void add_step(struct plan *p, struct auth_db_entry *e, struct user *user,
    enum auth_db_change change)
{
	lcs_assert(p->count < STEPS_MAX);
	p->steps[p->count] = (struct users_step){ user, change == AUTH_DB_GONE,
	    change == AUTH_DB_GONE };
	p->entries[p->count] = e;
	p->dn_changed[p->count] = false;
	p->changes[p->count++] = change;
}

/* name and domain with the spelling of the row, if there is one. */
static struct user_texts texts_of(const struct auth_db_entry *e, const struct user *row)
{
	size_t at = slice_find(e->aor, '@');

	return (struct user_texts){
		.name = row ? row->texts.name : slice_first(e->aor, at),
		.domain = row ? row->texts.domain : slice_skip(e->aor, at + 1),
		.key = e->key, .account = e->account, .account_domain = e->account_domain,
		.display_name = e->display_name, .home = e->home, .dn = e->dn,
	};
}

/* ---- passwords: one at a time, and the directory's if it has one ---- */

static bool has_secret(const struct auth_db_entry *e)
{
	return e->nt_hash.len || e->ha1[DIGEST_MD5].len || e->ha1[DIGEST_SHA256].len;
}

static void take_hex(char *to, struct slice hex)
{
	if (hex.len)
		memcpy(to, hex.p, hex.len);
}

static void put_secrets(struct user *user, const struct auth_db_entry *e)
{
	if (has_secret(e) || user->by_directory)
		user_forget_password(user);
	if (!has_secret(e))
		return;
	user->by_directory = true;
	for (int alg = DIGEST_MD5; alg <= DIGEST_SHA256; alg++)
		take_hex(user->ha1[false][alg], e->ha1[alg]);
	take_hex(user->nt_hash, e->nt_hash);
	user->has_password = e->ha1[DIGEST_MD5].len || e->ha1[DIGEST_SHA256].len;
}

static bool has_same_secrets(const struct user *row, const struct auth_db_entry *e)
{
	if (!row->by_directory)
		return !has_secret(e);
	return slice_eq(user_nt_hash(row), e->nt_hash) &&
	    slice_eq(user_ha1(row, false, DIGEST_MD5), e->ha1[DIGEST_MD5]) &&
	    slice_eq(user_ha1(row, false, DIGEST_SHA256), e->ha1[DIGEST_SHA256]);
}

/* But for its name there. */
static bool is_same(const struct user *row, const struct auth_db_entry *e)
{
	return row->enabled == e->enabled && slice_eq(row->texts.account, e->account) &&
	    slice_eq(row->texts.account_domain, e->account_domain) &&
	    slice_eq(row->texts.display_name, e->display_name) &&
	    slice_eq(row->texts.home, e->home) && has_same_secrets(row, e);
}

static int plan_put(struct plan *p, struct auth_db_entry *e, const struct user *row)
{
	const struct user_texts t = texts_of(e, row);
	struct user *user = row ? user_like(row, &t) : user_new(&t);
	bool is_learnt;

	if (!user)
		return -ENOMEM;
	user->enabled = e->enabled;
	put_secrets(user, e);
	/* To learn its name after an upgrade is no change of all users. */
	is_learnt = row && !row->texts.dn.len && is_same(row, e);
	if (is_learnt)
		user->changed = row->changed;
	add_step(p, e, user, !row ? AUTH_DB_ADDED : is_learnt ? AUTH_DB_SAME : AUTH_DB_CHANGED);
	p->dn_changed[p->count - 1] = row && !slice_eq(row->texts.dn, e->dn);
	return 0;
}

/* The address is somebody else's: nobody signs in with what the entry had before, either. Its
 * lists are kept until it is said what becomes of it. */
static int plan_clash(struct plan *p, struct auth_db_entry *e, const struct user *row,
    const struct user *other)
{
	struct user *user;

	clash(e, other->texts.key.len ? "another entry of the directory has this address" :
	    "a user who was made here has this address");
	if (!row || !row->enabled)
		return 0;
	user = user_like(row, &row->texts);
	if (!user)
		return -ENOMEM;
	user->enabled = false;
	add_step(p, e, user, AUTH_DB_CLASH);
	return 0;
}

/* Its lists go with it. A password that was set here does not: digests are made of the name, too. */
static int rename_entry(struct plan *p, struct auth_db_entry *e, const struct user *row)
{
	struct users_step step = { 0 };
	const struct user_texts t = texts_of(e, NULL);
	int err = flush(p);

	if (!err)
		err = former_succeed(p->db, e->aor, e->key, false);
	if (err == -EINVAL) {
		clash(e, CANNOT_FOLLOW);
		return 0;
	}
	step.user = err ? NULL : user_new(&t);
	if (!step.user)
		return err ? err : -ENOMEM;
	step.user->enabled = e->enabled;
	put_secrets(step.user, e);
	err = users_commit(&p->db->users, &step, 1);
	if (err)
		return err;
	log_notice("auth_db", "user renamed user=%.*s to=%.*s by=directory", SLICE_ARG(row->aor),
	    SLICE_ARG(e->aor));
	err = news_move(p->db, row->aor, e->aor);
	if (!err) {
		e->change = AUTH_DB_CHANGED;
		return 0;
	}
	clash(e, "its lists could not be taken to its new address");
	return 0;
}

static int plan(struct plan *p, struct auth_db_entry *e)
{
	const struct user *row = users_by_key(&p->db->users, e->key);
	const struct user *other = e->gone ? NULL : users_find(&p->db->users, e->aor);

	if (e->gone) {
		if (row)
			add_step(p, e, (struct user *)(uintptr_t)row, AUTH_DB_GONE);
		return 0;
	}
	if (other && other != row)
		return plan_clash(p, e, row, other);
	if (row && !other)
		return rename_entry(p, e, row);
	return row && is_same(row, e) && slice_eq(row->texts.dn, e->dn) ? 0 : plan_put(p, e, row);
}

static int apply(struct auth_db *db, struct auth_db_entry *entries, unsigned count)
{
	struct plan p = { .db = db };
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++) {
		entries[i].change = AUTH_DB_SAME;
		entries[i].why = NULL;
		if (p.count == STEPS_MAX || touches(&p, &entries[i]))
			err = flush(&p);
		if (!err)
			err = plan(&p, &entries[i]);
	}
	if (!err)
		return flush(&p);
	drop_steps(&p);
	return err;
}

struct visit { void (*fn)(struct slice key, void *arg); void *arg; };

static void visit_user(const struct user *user, void *arg)
{
	const struct visit *v = arg;

	if (user->texts.key.len)
		v->fn(user->texts.key, v->arg);
}

static void each(struct auth_db *db, void (*fn)(struct slice key, void *arg), void *arg)
{
	struct visit v = { fn, arg };

	users_each(&db->users, visit_user, &v);
}

const struct auth_db_directory_api auth_db_directory = { apply, each };
