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

enum { STMT_ALL, STMT_PUT, STMT_ENABLE, STMT_DELETE };

static const struct store_stmt stmts[] = {
	[STMT_ALL] = { "user_all", "select name, domain, enabled, md5, sha256, md5_full, "
	    "sha256_full, changed from user_account", "", "ssissssi", NULL },
	[STMT_PUT] = { "user_put", "replace into user_account(name, domain, enabled, md5, sha256, "
	    "md5_full, sha256_full, changed, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "ssissssii", NULL, NULL },
	[STMT_ENABLE] = { "user_enable", "update user_account set enabled = ?, changed = ?, "
	    "version = version + 1 where name = ? and domain = ?", "iiss", NULL, NULL },
	[STMT_DELETE] = { "user_delete", "delete from user_account where name = ? and domain = ?",
	    "ss", NULL, NULL },
	{ 0 }
};

const struct store_schema users_schema = { "auth_db", steps, stmts };

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(((const struct user *)(const void *)node)->aor,
	    *(const struct slice *)key);
}

static uint64_t hash_of(struct slice aor)
{
	return siphash_nocase(siphash_boot_key(), aor);
}

static void user_drop(struct epoch_item *item)
{
	free(container_of(item, struct user, item));
}

int users_init(struct users *u)
{
	u->table = rtab_new(1024);
	return u->table ? 0 : -ENOMEM;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)node);
}

void users_fini(struct users *u)
{
	if (!u->table)
		return;
	rtab_each(u->table, free_one, NULL);
	rtab_free(&u->table);
}

const struct user *users_find(const struct users *u, struct slice aor)
{
	return (const struct user *)(const void *)rtab_find(u->table, hash_of(aor), same_aor, &aor);
}

static struct user *user_new(struct slice name, struct slice domain)
{
	struct user *user = calloc(1, sizeof(*user) + name.len + 1 + domain.len);
	char *text;

	if (!user)
		return NULL;
	text = (char *)(user + 1);
	memcpy(text, name.p, name.len);
	text[name.len] = '@';
	memcpy(text + name.len + 1, domain.p, domain.len);
	user->aor = slice_of(text, name.len + 1 + domain.len);
	user->name_len = name.len;
	return user;
}

static void link_user(struct users *u, struct user *user)
{
	struct user *old = (struct user *)(uintptr_t)users_find(u, user->aor);

	if (!old) {
		rtab_insert(u->table, &user->node, hash_of(user->aor));
		return;
	}
	rtab_replace(u->table, &old->node, &user->node);
	epoch_defer(&old->item, user_drop);
}

static void unlink_user(struct users *u, struct user *user)
{
	rtab_remove(u->table, &user->node);
	epoch_defer(&user->item, user_drop);
}

/* ---- reading the store ---- */

struct loading { struct users *users; int err; };

static bool take_hex(char *to, size_t len, const struct value *cell)
{
	if (cell->type != VALUE_STRING || cell->s.len != len)
		return false;
	memcpy(to, cell->s.p, len);
	return true;
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct user *user;

	lcs_assert(columns == 8);
	user = c[0].type == VALUE_STRING && c[1].type == VALUE_STRING ?
	    user_new(c[0].s, c[1].s) : NULL;
	if (!user) {
		l->err = -ENOMEM;
		return;
	}
	user->enabled = c[2].i != 0;
	user->changed = c[7].i;
	if (take_hex(user->ha1[0][DIGEST_MD5], 32, &c[3]) &&
	    take_hex(user->ha1[0][DIGEST_SHA256], 64, &c[4]) &&
	    take_hex(user->ha1[1][DIGEST_MD5], 32, &c[5]) &&
	    take_hex(user->ha1[1][DIGEST_SHA256], 64, &c[6])) {
		link_user(l->users, user);
		return;
	}
	log_error("auth_db", "user has no usable secrets in the store, set a password aor=%.*s",
	    SLICE_ARG(user->aor));
	free(user);
}

int users_load(struct users *u)
{
	struct loading l = { u, 0 };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	return l.err ? l.err : n;
}

/* ---- administration ---- */

static int make_secrets(struct user *user, struct slice password)
{
	struct slice name = slice_first(user->aor, user->name_len);
	struct slice domain = slice_skip(user->aor, user->name_len + 1);
	const struct slice colon = SLICE(":"), names[2] = { name, user->aor };

	for (int form = 0; form < 2; form++)
		for (int alg = DIGEST_MD5; alg <= DIGEST_SHA256; alg++) {
			const struct slice all[] = { names[form], colon, domain, colon, password };
			int err = digest_hex((enum digest_alg)alg, all, 5, user->ha1[form][alg]);

			if (err)
				return err;
		}
	return 0;
}

static int put_row(const struct user *user)
{
	struct value args[] = {
		value_string(slice_first(user->aor, user->name_len)),
		value_string(slice_skip(user->aor, user->name_len + 1)),
		value_int(user->enabled),
		value_string(user_ha1(user, false, DIGEST_MD5)),
		value_string(user_ha1(user, false, DIGEST_SHA256)),
		value_string(user_ha1(user, true, DIGEST_MD5)),
		value_string(user_ha1(user, true, DIGEST_SHA256)),
		value_int(user->changed),
		value_int(user->changed),
	};
	int n = store_run_now(&stmts[STMT_PUT], args, NULL, NULL);

	return n < 0 ? n : 0;
}

int users_put(struct users *u, struct slice name, struct slice domain, struct slice password,
    bool must_be_new)
{
	struct user *user = user_new(name, domain);
	const struct user *old;
	int err;

	if (!user)
		return -ENOMEM;
	old = users_find(u, user->aor);
	user->enabled = !old || old->enabled;
	user->changed = clock_wall();
	err = old && must_be_new ? -EEXIST : !old && !must_be_new ? -ENOENT : 0;
	if (!err && old)	/* keep the spelling: it is the key in the store */
		memcpy((char *)(user + 1), old->aor.p, old->aor.len);
	if (!err)
		err = make_secrets(user, password);
	if (!err)
		err = put_row(user);
	if (err) {
		free(user);
		return err;
	}
	link_user(u, user);
	return 0;
}

int users_enable(struct users *u, struct slice aor, bool enabled)
{
	const struct user *old = users_find(u, aor);
	struct slice name, domain;
	struct user *user;
	int n;

	if (!old)
		return -ENOENT;
	name = slice_first(old->aor, old->name_len);
	domain = slice_skip(old->aor, old->name_len + 1);
	user = user_new(name, domain);
	if (!user)
		return -ENOMEM;
	memcpy(user->ha1, old->ha1, sizeof(user->ha1));
	user->enabled = enabled;
	user->changed = clock_wall();
	struct value args[] = { value_int(enabled), value_int(user->changed), value_string(name),
	    value_string(domain) };

	n = store_run_now(&stmts[STMT_ENABLE], args, NULL, NULL);
	if (n < 0) {
		free(user);
		return n;
	}
	link_user(u, user);
	return 0;
}

int users_delete(struct users *u, struct slice aor)
{
	const struct user *user = users_find(u, aor);
	int n;

	if (!user)
		return -ENOENT;
	struct value args[] = { value_string(slice_first(user->aor, user->name_len)),
	    value_string(slice_skip(user->aor, user->name_len + 1)) };

	n = store_run_now(&stmts[STMT_DELETE], args, NULL, NULL);
	if (n < 0)
		return n;
	unlink_user(u, (struct user *)(uintptr_t)user);
	return 0;
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
