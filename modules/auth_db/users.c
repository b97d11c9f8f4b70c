/*
 * modules/auth_db/users.c - users in the store and in memory.
 */
#include "modules/auth_db/users.h"

#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/auth_db/schema.gen.h"
	{ 0 }
};

enum { STMT_ALL, STMT_PUT, STMT_DELETE, STMT_NOTE, STMT_FORMER, STMT_ANY_FORMER, STMT_FORGET };

#define COLUMNS "name, domain, enabled, md5, sha256, md5_full, sha256_full, changed, dir_key, " \
	"account, display_name, home, account_domain, by_directory, nt_hash, dir_dn"
#define COLUMN_COUNT 16u

static const struct store_stmt stmts[] = {
	[STMT_ALL] = { "user_all", "select " COLUMNS " from user_account", "", "ssissssisssssiss", NULL },
	[STMT_PUT] = { "user_put", "replace into user_account(" COLUMNS ", version) values (?, ?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "ssissssisssssissi", NULL, NULL },
	[STMT_DELETE] = { "user_delete", "delete from user_account where name = ? and domain = ?",
	    "ss", NULL, NULL },
	[STMT_NOTE] = { "user_note_former", "replace into user_former(aor, dir_key, gone) values "
	    "(?, ?, ?)", "sst", NULL, NULL },
	[STMT_FORMER] = { "user_former", "select dir_key from user_former where aor = ?", "s", "s",
	    NULL },
	[STMT_ANY_FORMER] = { "user_any_former", "select dir_key from user_former limit 1", "", "s",
	    NULL },
	[STMT_FORGET] = { "user_forget_former", "delete from user_former where aor = ?", "s", NULL,
	    NULL },
	{ 0 }
};

const struct store_schema users_schema = { "auth_db", steps, stmts, STORE_LOCAL };

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(((const struct user *)(const void *)node)->aor,
	    *(const struct slice *)key);
}

static uint64_t hash_of(struct slice aor)
{
	return siphash_nocase(siphash_boot_key(), aor);
}

void user_free(struct user *user)
{
	if (user)
		explicit_bzero(user, sizeof(*user));
	free(user);
}

static void user_drop(struct epoch_item *item)
{
	user_free(container_of(item, struct user, item));
}

int users_init(struct users *u)
{
	u->table = rtab_new(1024);
	u->keys = rtab_new(64);
	u->accounts = rtab_new(64);
	return u->table && u->keys && u->accounts ? 0 : -ENOMEM;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	user_free((struct user *)(uintptr_t)node);
}

void users_fini(struct users *u)
{
	if (u->table)
		rtab_each(u->table, free_one, NULL);
	rtab_free(&u->table);
	rtab_free(&u->keys);
	rtab_free(&u->accounts);
}

const struct user *users_find(const struct users *u, struct slice aor)
{
	return (const struct user *)(const void *)rtab_find(u->table, hash_of(aor), same_aor, &aor);
}

static const struct user *from_key(const struct rtab_node *node)
{
	return (const struct user *)(const void *)((const char *)node - offsetof(struct user, by_key));
}

static bool same_key(const struct rtab_node *node, const void *key)
{
	return slice_eq(from_key(node)->texts.key, *(const struct slice *)key);
}

const struct user *users_by_key(const struct users *u, struct slice key)
{
	const struct rtab_node *node = rtab_find(u->keys, hash_of(key), same_key, &key);

	return node ? from_key(node) : NULL;
}

struct user *user_new(const struct user_texts *t)
{
	size_t size = t->name.len + 1 + t->domain.len + t->key.len + t->account.len +
	    t->account_domain.len + t->display_name.len + t->home.len + t->dn.len;
	struct user *user = calloc(1, sizeof(*user) + size);
	char *at = (char *)(user + 1);

	if (!user)
		return NULL;
	user->aor = slice_of(at, t->name.len + 1 + t->domain.len);
	user->texts.name = slice_put(&at, t->name);
	*at++ = '@';
	user->texts.domain = slice_put(&at, t->domain);
	user->texts.key = slice_put(&at, t->key);
	user->texts.account = slice_put(&at, t->account);
	user->texts.account_domain = slice_put(&at, t->account_domain);
	user->texts.display_name = slice_put(&at, t->display_name);
	user->texts.home = slice_put(&at, t->home);
	user->texts.dn = slice_put(&at, t->dn);
	user->enabled = true;
	user->changed = clock_wall();
	return user;
}

struct user *user_like(const struct user *old, const struct user_texts *t)
{
	struct user *user = user_new(t);

	if (!user)
		return NULL;
	user->enabled = old->enabled;
	user->has_password = old->has_password && slice_eq(user->aor, old->aor);
	user->by_directory = old->by_directory;
	if (user->has_password)
		memcpy(user->ha1, old->ha1, sizeof(user->ha1));
	memcpy(user->nt_hash, old->nt_hash, sizeof(user->nt_hash));
	return user;
}

void user_forget_password(struct user *user)
{
	user->has_password = user->by_directory = false;
	explicit_bzero(user->ha1, sizeof(user->ha1));
	explicit_bzero(user->nt_hash, sizeof(user->nt_hash));
}

static void link_user(struct users *u, struct user *user)
{
	struct user *old = (struct user *)(uintptr_t)users_find(u, user->aor);

	if (old && old->texts.key.len)
		rtab_remove(u->keys, &old->by_key);
	if (user->texts.key.len)
		rtab_insert(u->keys, &user->by_key, hash_of(user->texts.key));
	accounts_link(u, old, user);
	if (!old) {
		rtab_insert(u->table, &user->node, hash_of(user->aor));
		return;
	}
	rtab_replace(u->table, &old->node, &user->node);
	epoch_defer(&old->item, user_drop);
}

static void unlink_user(struct users *u, struct user *user)
{
	if (user->texts.key.len)
		rtab_remove(u->keys, &user->by_key);
	accounts_link(u, user, NULL);
	rtab_remove(u->table, &user->node);
	epoch_defer(&user->item, user_drop);
}

/* ---- reading the store ---- */

struct loading { struct users *users; int err; };

/* Those who came with the digests of another server lack some. */
static bool take_hex(char *to, size_t len, const struct value *cell)
{
	if (cell->s.len == len)
		memcpy(to, cell->s.p, len);
	return cell->s.len == len || cell->s.len == 0;
}

static bool take_secrets(struct user *user, const struct value *c)
{
	return take_hex(user->ha1[0][DIGEST_MD5], 32, &c[3]) &&
	    take_hex(user->ha1[0][DIGEST_SHA256], 64, &c[4]) &&
	    take_hex(user->ha1[1][DIGEST_MD5], 32, &c[5]) &&
	    take_hex(user->ha1[1][DIGEST_SHA256], 64, &c[6]) &&
	    take_hex(user->nt_hash, sizeof(user->nt_hash), &c[14]) &&
	    (user->ha1[0][DIGEST_MD5][0] || user->ha1[0][DIGEST_SHA256][0]);
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	const struct user_texts t = { .name = c[0].s, .domain = c[1].s, .key = c[8].s,
	    .account = c[9].s, .display_name = c[10].s, .home = c[11].s, .account_domain = c[12].s,
	    .dn = c[15].s };
	struct user *user;

	lcs_assert(columns == COLUMN_COUNT);
	if (!store_row_fits(&stmts[STMT_ALL], c))
		return;
	user = user_new(&t);
	if (!user) {
		l->err = -ENOMEM;
		return;
	}
	user->enabled = c[2].i != 0;
	user->changed = c[7].i;
	user->by_directory = c[13].i != 0;
	user->has_password = take_secrets(user, c);
	/* Those of a directory prove otherwise who they are. */
	if (user->has_password || t.key.len) {
		link_user(l->users, user);
		return;
	}
	log_error("auth_db", "user has no usable secrets in the store, set a password aor=%.*s",
	    SLICE_ARG(user->aor));
	user_free(user);
}

int users_load(struct users *u)
{
	struct loading l = { u, 0 };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	u->has_former = store_run_now(&stmts[STMT_ANY_FORMER], NULL, NULL, NULL) != 0;
	return l.err ? l.err : n;
}

/* ---- administration ---- */

static int make_secrets(struct user *user, struct slice password)
{
	const struct slice colon = SLICE(":"), names[2] = { user->texts.name, user->aor };

	for (int form = 0; form < 2; form++)
		for (int alg = DIGEST_MD5; alg <= DIGEST_SHA256; alg++) {
			const struct slice all[] = { names[form], colon, user->texts.domain, colon,
			    password };
			int err = digest_hex((enum digest_alg)alg, all, 5, user->ha1[form][alg]);

			if (err)
				return err;
		}
	user->has_password = true;
	return 0;
}

struct row {
	struct value cells[COLUMN_COUNT + 1];
	struct value former[3];
	char         former_name[FORMER_AOR];
};

/* The arguments of STMT_PUT, the first two also those of STMT_DELETE. */
static void fill_row(struct row *row, const struct user *user)
{
	const struct user_texts *t = &user->texts;

	*row = (struct row){ .cells = {
		value_string(t->name), value_string(t->domain), value_int(user->enabled),
		store_text(user_ha1(user, false, DIGEST_MD5)),
		store_text(user_ha1(user, false, DIGEST_SHA256)),
		store_text(user_ha1(user, true, DIGEST_MD5)),
		store_text(user_ha1(user, true, DIGEST_SHA256)),
		value_int(user->changed), store_text(t->key), store_text(t->account),
		store_text(t->display_name), store_text(t->home), store_text(t->account_domain),
		value_int(user->by_directory), store_text(user_nt_hash(user)), store_text(t->dn),
		value_int(user->changed),
	} };
}

/* Who is there is no former user: what was noted of the name goes when he comes. How many there
 * are now. */
static unsigned add_ops(const struct users *u, struct store_op *ops, unsigned n, struct row *row,
    const struct users_step *step)
{
	fill_row(row, step->user);
	ops[n++] = (struct store_op){ &stmts[step->gone ? STMT_DELETE : STMT_PUT], row->cells };
	if (step->gone ? !step->is_noted : !u->has_former)
		return n;
	former_args(row->former, step->user, row->former_name);
	ops[n++] = (struct store_op){ &stmts[step->gone ? STMT_NOTE : STMT_FORGET], row->former };
	return n;
}

static int write_all(const struct users *u, const struct users_step *all, unsigned count)
{
	struct store_op *ops = calloc(2 * (size_t)count, sizeof(*ops));
	struct row *rows = calloc(count, sizeof(*rows));
	int err = ops && rows ? 0 : -ENOMEM;
	unsigned n = 0;

	for (unsigned i = 0; i < count && !err; i++)
		n = add_ops(u, ops, n, &rows[i], &all[i]);
	if (!err)
		err = store_run_all_now(ops, n);
	if (rows)
		explicit_bzero(rows, count * sizeof(*rows));
	free(rows);
	free(ops);
	return err;
}

int users_commit(struct users *u, const struct users_step *all, unsigned count)
{
	int err = count ? write_all(u, all, count) : 0;

	for (unsigned i = 0; i < count; i++)
		u->has_former |= !err && all[i].is_noted;
	for (unsigned i = 0; i < count; i++)
		if (!err && all[i].gone)
			unlink_user(u, all[i].user);
		else if (!err)
			link_user(u, all[i].user);
		else if (!all[i].gone)
			user_free(all[i].user);
	return err;
}

static int commit_one(struct users *u, struct user *user)
{
	const struct users_step step = { .user = user };

	return users_commit(u, &step, 1);
}

int users_put(struct users *u, const struct user_texts *t, struct slice password, bool must_be_new)
{
	struct user *user = user_new(t);
	const struct user *old = user ? users_find(u, user->aor) : NULL;
	int err;

	if (old) {			/* with the spelling that is the key in the store */
		user_free(user);
		user = user_like(old, &old->texts);
	}
	if (!user)
		return -ENOMEM;
	err = old && must_be_new ? -EEXIST : !old && !must_be_new ? -ENOENT :
	    old && old->by_directory ? -EPERM : make_secrets(user, password);
	if (!err)
		return commit_one(u, user);
	user_free(user);
	return err;
}

int users_adopt(struct users *u, struct slice name, struct slice domain, struct slice md5,
    struct slice md5_full)
{
	const struct user_texts t = { .name = name, .domain = domain };
	struct user *user = user_new(&t);

	if (!user)
		return -ENOMEM;
	if (users_find(u, user->aor)) {
		user_free(user);
		return -EEXIST;
	}
	user->has_password = true;
	memcpy(user->ha1[0][DIGEST_MD5], md5.p, md5.len);
	memcpy(user->ha1[1][DIGEST_MD5], md5_full.p, md5_full.len);
	return commit_one(u, user);
}

int users_enable(struct users *u, struct slice aor, bool enabled)
{
	const struct user *old = users_find(u, aor);
	struct user *user = old ? user_like(old, &old->texts) : NULL;

	if (!user)
		return old ? -ENOMEM : -ENOENT;
	user->enabled = enabled;
	return commit_one(u, user);
}

int users_delete(struct users *u, struct slice aor, bool is_noted)
{
	const struct users_step step = { (struct user *)(uintptr_t)users_find(u, aor), true, is_noted };

	return step.user ? users_commit(u, &step, 1) : -ENOENT;
}

/* ---- who was a user once: former.c ---- */

int users_find_former(const struct users *u, const struct value *name,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg)
{
	return u->has_former ? store_run_now(&stmts[STMT_FORMER], name, row, arg) : 0;
}

int users_forget_former(const struct users *u, const struct value *name)
{
	int n = u->has_former ? store_run_now(&stmts[STMT_FORGET], name, NULL, NULL) : 0;

	return n < 0 ? n : 0;
}

struct visit { void (*fn)(const struct user *user, void *arg); void *arg; };

static void visit_one(const struct rtab_node *node, void *arg)
{
	const struct visit *v = arg;

	v->fn((const struct user *)(const void *)node, v->arg);
}

void users_each(const struct users *u, void (*fn)(const struct user *user, void *arg), void *arg)
{
	struct visit v = { fn, arg };

	rtab_each(u->table, visit_one, &v);
}
