/*
 * modules/auth_ntlm/accounts.c - see accounts.h.
 */
#include "modules/auth_ntlm/accounts.h"

#include "utils/hex.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/auth_ntlm/schema.gen.h"
	{ 0 }
};

enum { STMT_ALL, STMT_PUT, STMT_DELETE };

static const struct store_stmt stmts[] = {
	[STMT_ALL] = { "ntlm_all", "select name, domain, nt_hash, login, changed from ntlm_account",
	    "", "ssssi", NULL },
	[STMT_PUT] = { "ntlm_put", "replace into ntlm_account(name, domain, nt_hash, login, changed) "
	    "values (?, ?, ?, ?, ?)", "ssssi", NULL, NULL },
	[STMT_DELETE] = { "ntlm_delete", "delete from ntlm_account where name = ? and domain = ?",
	    "ss", NULL, NULL },
	{ 0 }
};

const struct store_schema accounts_schema = { "auth_ntlm", steps, stmts, STORE_LOCAL };

/* ---- memory ---- */

static const struct account *from_login(const struct rtab_node *node)
{
	return (const struct account *)(const void *)((const char *)node -
	    offsetof(struct account, by_login));
}

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(((const struct account *)(const void *)node)->aor,
	    *(const struct slice *)key);
}

static bool same_login(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(from_login(node)->login, *(const struct slice *)key);
}

static uint64_t hash_of(struct slice s)
{
	return siphash_nocase(siphash_boot_key(), s);
}

static void account_free(struct account *account)
{
	if (account)
		explicit_bzero(account->hash, sizeof(account->hash));
	free(account);
}

static void account_drop(struct epoch_item *item)
{
	account_free(container_of(item, struct account, item));
}

int accounts_init(struct accounts *a)
{
	a->aors = rtab_new(1024);
	a->logins = rtab_new(64);
	return a->aors && a->logins ? 0 : -ENOMEM;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	account_free((struct account *)(uintptr_t)node);
}

void accounts_fini(struct accounts *a)
{
	if (a->aors)
		rtab_each(a->aors, free_one, NULL);
	rtab_free(&a->aors);
	rtab_free(&a->logins);
}

const struct account *accounts_find(const struct accounts *a, struct slice aor)
{
	return (const struct account *)(const void *)rtab_find(a->aors, hash_of(aor), same_aor, &aor);
}

const struct account *accounts_by_login(const struct accounts *a, struct slice login)
{
	const struct rtab_node *node = rtab_find(a->logins, hash_of(login), same_login, &login);

	return node ? from_login(node) : NULL;
}

static struct account *account_new(struct slice name, struct slice domain, struct slice login)
{
	size_t aor_len = name.len + 1 + domain.len;
	struct account *account = calloc(1, sizeof(*account) + aor_len + login.len);
	char *text;

	if (!account)
		return NULL;
	text = (char *)(account + 1);
	memcpy(text, name.p, name.len);
	text[name.len] = '@';
	memcpy(text + name.len + 1, domain.p, domain.len);
	if (login.len)
		memcpy(text + aor_len, login.p, login.len);
	account->aor = slice_of(text, aor_len);
	account->login = slice_of(text + aor_len, login.len);
	account->name_len = name.len;
	return account;
}

static void unlink_account(struct accounts *a, const struct account *found)
{
	struct account *account = (struct account *)(uintptr_t)found;

	rtab_remove(a->aors, &account->by_aor);
	if (account->login.len)
		rtab_remove(a->logins, &account->by_login);
	epoch_defer(&account->item, account_drop);
}

static void link_account(struct accounts *a, struct account *account)
{
	const struct account *old = accounts_find(a, account->aor);

	if (old)
		unlink_account(a, old);
	rtab_insert(a->aors, &account->by_aor, hash_of(account->aor));
	if (account->login.len)
		rtab_insert(a->logins, &account->by_login, hash_of(account->login));
}

/* ---- the store ---- */

struct loading { struct accounts *accounts; int err; };

static bool row_is_whole(const struct value *c)
{
	return c[0].type == VALUE_STRING && c[1].type == VALUE_STRING &&
	    c[2].type == VALUE_STRING && c[3].type == VALUE_STRING && c[0].s.len;
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct account *account;

	lcs_assert(columns == 5);
	if (!row_is_whole(c))
		return;
	account = account_new(c[0].s, c[1].s, c[3].s);
	if (!account) {
		l->err = -ENOMEM;
		return;
	}
	account->changed = c[4].i;
	if (hex_decode(account->hash, sizeof(account->hash), c[2].s) == 0) {
		link_account(l->accounts, account);
		return;
	}
	log_error("auth_ntlm", "account has no usable hash in the store, set a password aor=%.*s",
	    SLICE_ARG(account->aor));
	account_free(account);
}

int accounts_load(struct accounts *a)
{
	struct loading l = { a, 0 };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	return l.err ? l.err : n;
}

/* Takes account. */
static int keep(struct accounts *a, struct account *account)
{
	char hex[2 * NTLM_KEY_BYTES];
	struct value args[5];
	int n;

	account->changed = clock_wall();
	hex_encode(hex, account->hash, sizeof(account->hash));
	args[0] = value_string(slice_first(account->aor, account->name_len));
	args[1] = value_string(slice_skip(account->aor, account->name_len + 1));
	args[2] = value_string(slice_of(hex, sizeof(hex)));
	args[3] = value_string(account->login);
	args[4] = value_int(account->changed);
	n = store_run_now(&stmts[STMT_PUT], args, NULL, NULL);
	explicit_bzero(hex, sizeof(hex));
	if (n < 0) {
		account_free(account);
		return n;
	}
	link_account(a, account);
	return 0;
}

/* With the spelling that is the key in the store. */
static struct account *account_like(const struct account *old, struct slice login)
{
	return account_new(slice_first(old->aor, old->name_len),
	    slice_skip(old->aor, old->name_len + 1), login);
}

int accounts_put(struct accounts *a, struct slice name, struct slice domain,
    const unsigned char hash[NTLM_KEY_BYTES])
{
	struct account *account = account_new(name, domain, SLICE_NULL);
	const struct account *old = account ? accounts_find(a, account->aor) : NULL;

	if (old) {
		account_free(account);
		account = account_like(old, old->login);
	}
	if (!account)
		return -ENOMEM;
	memcpy(account->hash, hash, sizeof(account->hash));
	return keep(a, account);
}

int accounts_set_login(struct accounts *a, struct slice aor, struct slice login)
{
	const struct account *old = accounts_find(a, aor), *other;
	struct account *account;

	if (!old)
		return -ENOENT;
	other = login.len ? accounts_by_login(a, login) : NULL;
	if (other && other != old)
		return -EEXIST;
	account = account_like(old, login);
	if (!account)
		return -ENOMEM;
	memcpy(account->hash, old->hash, sizeof(account->hash));
	return keep(a, account);
}

int accounts_delete(struct accounts *a, struct slice aor)
{
	const struct account *old = accounts_find(a, aor);
	int n;

	if (!old)
		return -ENOENT;
	struct value args[] = { value_string(slice_first(old->aor, old->name_len)),
	    value_string(slice_skip(old->aor, old->name_len + 1)) };

	n = store_run_now(&stmts[STMT_DELETE], args, NULL, NULL);
	if (n < 0)
		return n;
	unlink_account(a, old);
	return 0;
}

struct visit { void (*fn)(const struct account *account, void *arg); void *arg; };

static void visit_one(const struct rtab_node *node, void *arg)
{
	const struct visit *v = arg;

	v->fn((const struct account *)(const void *)node, v->arg);
}

void accounts_each(const struct accounts *a, void (*fn)(const struct account *account, void *arg),
    void *arg)
{
	struct visit v = { fn, arg };

	rtab_each(a->aors, visit_one, &v);
}
