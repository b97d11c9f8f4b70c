/*
 * directory_test - what a directory says of users: whose an account is, and whose secrets count.
 */
#include "test/unit/modules/auth_db/table.h"

#define MD5  "0123456789abcdef0123456789abcdef"
#define NT   "fedcba9876543210fedcba9876543210"
#define NONE ""

/* ---- users of a directory ---- */

static unsigned gone;			/* passwords that others were told to forget */

static void note_gone(void *arg, struct slice aor)
{
	(void)arg;
	(void)aor;
	gone++;
}

static unsigned moved;			/* users whose names in the directory are others */

static void note_moved(void *arg, struct slice aor)
{
	(void)arg;
	assert_non_null(users_find(&table_db.users, aor));
	moved++;
}

static unsigned aside;			/* names that somebody else has got */
static int      aside_says;

static int note_succeeded(void *arg, struct slice aor, struct slice former)
{
	(void)arg;
	assert_null(users_find(&table_db.users, aor));
	assert_true(slice_ends(former, SLICE(".former.invalid")));
	aside++;
	return aside_says;
}

static const struct auth_db_watch watch = { .succeeded = note_succeeded,
	 .password_gone = note_gone, .dn_changed = note_moved };

static struct auth_db_entry entry(const char *key, const char *aor, const char *account,
    const char *domain)
{
	return (struct auth_db_entry){ .key = slice_str(key), .enabled = true, .aor = slice_str(aor),
	    .account = slice_str(account), .account_domain = slice_str(domain),
	    .display_name = SLICE(""), .home = SLICE(""), .nt_hash = SLICE(""),
	    .ha1 = { SLICE(""), SLICE("") } };
}

static enum auth_db_change say(struct auth_db_entry e)
{
	assert_int_equal(auth_db_directory.apply(&table_db, &e, 1), 0);
	return e.change;
}

static int begin(void **state)
{
	(void)state;
	gone = moved = aside = 0;
	aside_says = 0;
	if (table_begin(&watch) != 0)
		return -1;
	say(entry("1", "kim.hansen@example.com", "khansen", "corp.example.com CORPORATE"));
	say(entry("2", "alice@example.com", "alice", "corp.example.com"));
	say(entry("3", "bob@example.com", "twice", "corp.example.com"));
	say(entry("4", "bert@example.com", "Twice", "corp.example.com"));
	say(entry("5", "eve@example.com", "twice", "other.example.com"));
	say(entry("6", "old@example.com", "old", ""));
	say(entry("7", "none@example.com", "", "corp.example.com"));
	return 0;
}

static const struct {
	const char *name, *domain;
	bool        is_short;
	const char *plain;		/* NULL: none */
	int         err;
	const char *aor;
} accounts[] = {
	{ "khansen", "corp.example.com", false, NULL, 0, "kim.hansen@example.com" },
	{ "KHansen", "CORP.EXAMPLE.COM", false, "khansen@example.com", 0, "kim.hansen@example.com" },
	{ "khansen", "corporate", true, NULL, 0, "kim.hansen@example.com" },
	{ "khansen", "", false, NULL, 0, "kim.hansen@example.com" },
	/* a realm is not called as a NetBIOS name is, and a part of a name is none */
	{ "khansen", "CORPORATE", true, NULL, 0, "kim.hansen@example.com" },
	{ "alice", "CORP", false, NULL, -ENOENT, NULL },
	/* which is guessed by a domain's only name alone: of several it is one */
	{ "alice", "CORP", true, NULL, 0, "alice@example.com" },
	{ "khansen", "CORP", true, NULL, -ENOENT, NULL },
	{ "khansen", "COR", true, NULL, -ENOENT, NULL },
	{ "khansen", "elsewhere.example", false, NULL, -ENOENT, NULL },
	{ "khansen", "corp.example.com.", false, NULL, -ENOENT, NULL },
	{ "khanse", "corp.example.com", false, NULL, -ENOENT, NULL },
	{ "kim.hansen", "corp.example.com", false, NULL, -ENOENT, NULL },
	{ "", "corp.example.com", false, NULL, -ENOENT, NULL },
	/* where the entry does not say it the domain is that of the address */
	{ "old", "example.com", false, NULL, 0, "old@example.com" },
	{ "old", "corp.example.com", false, NULL, -ENOENT, NULL },
	/* several: in one domain nobody can tell, in two the domain does */
	{ "twice", "corp.example.com", false, "twice@example.com", -ENOTUNIQ, NULL },
	{ "twice", "", false, NULL, -ENOTUNIQ, NULL },
	{ "twice", "other.example.com", false, NULL, 0, "eve@example.com" },
	/* nobody has it: the user of that name, but not one whose account is another */
	{ "carol", "corp.example.com", false, "carol@example.com", 0, "carol@example.com" },
	{ "none", "corp.example.com", false, "none@example.com", 0, "none@example.com" },
	{ "kim.hansen", "corp.example.com", false, "kim.hansen@example.com", -EPERM, NULL },
	/* nor one of the same name in another domain */
	{ "ALICE", "elsewhere.example", false, "alice@example.com", -EPERM, NULL },
	{ "alice", "ELSEWHERE", true, "alice@example.com", -EPERM, NULL },
	{ "khansen", "CORP", true, "kim.hansen@example.com", -EPERM, NULL },
};

static void an_account_is_one_users(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accounts); i++) {
		const struct auth_db_account who = { slice_str(accounts[i].name),
		    slice_str(accounts[i].domain), accounts[i].is_short,
		    accounts[i].plain ? slice_str(accounts[i].plain) : SLICE_NULL };
		struct slice aor = SLICE_NULL;
		int err = accounts_whose(&table_db.users, &who, &aor);

		if (err != accounts[i].err || (!err && !slice_eq(aor, slice_str(accounts[i].aor))))
			fail_msg("%s of %s, line %zu: %d", accounts[i].name, accounts[i].domain, i, err);
	}
}

static int whose(const char *name, const char *aor)
{
	const struct auth_db_account who = { .name = slice_str(name) };
	struct slice found;
	int err = accounts_whose(&table_db.users, &who, &found);

	if (!err)
		assert_slice(found, aor);
	return err;
}

static void an_account_follows_its_entry(void **state)
{
	struct auth_db_entry e = entry("1", "kim@example.com", "khansen", "corp.example.com");

	(void)state;
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	assert_int_equal(whose("khansen", "kim@example.com"), 0);
	e.account = SLICE("kh");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	assert_int_equal(whose("khansen", ""), -ENOENT);
	assert_int_equal(whose("kh", "kim@example.com"), 0);
	say(entry("4", "bert@example.com", "bert", "corp.example.com"));
	say(entry("5", "eve@example.com", "", ""));
	assert_int_equal(whose("twice", "bob@example.com"), 0);
	e.gone = true;
	assert_int_equal(say(e), AUTH_DB_GONE);
	assert_int_equal(whose("kh", ""), -ENOENT);
}

static void nothing_changes_if_the_store_refuses(void **state)
{
	struct auth_db_entry e = entry("1", "kim.hansen@example.com", "another", "corp.example.com");

	(void)state;
	table_store_says = -ENOSPC;
	assert_int_equal(auth_db_directory.apply(&table_db, &e, 1), -ENOSPC);
	assert_int_equal(whose("khansen", "kim.hansen@example.com"), 0);
	assert_int_equal(whose("another", ""), -ENOENT);
}

static void a_name_in_the_directory_is_learnt_quietly_and_changes_aloud(void **state)
{
	struct auth_db_entry e = entry("2", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	e.dn = SLICE("CN=Alice,OU=Sales");
	assert_int_equal(say(e), AUTH_DB_SAME);
	assert_slice(users_find(&table_db.users, e.aor)->texts.dn, "CN=Alice,OU=Sales");
	assert_int_equal(moved, 1);
	assert_int_equal(say(e), AUTH_DB_SAME);
	assert_int_equal(moved, 1);
	e.dn = SLICE("CN=Alice,OU=Service");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	assert_int_equal(moved, 2);
	e.account = SLICE("al");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	assert_int_equal(moved, 2);
	/* who has another address, too, has it there at once */
	e.aor = SLICE("alice.brown@example.com");
	e.dn = SLICE("CN=Alice Brown,OU=Sales");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	assert_slice(users_find(&table_db.users, e.aor)->texts.dn, "CN=Alice Brown,OU=Sales");
	table_store_says = -ENOSPC;
	e.dn = SLICE("CN=Alice");
	assert_int_equal(auth_db_directory.apply(&table_db, &e, 1), -ENOSPC);
	assert_slice(users_find(&table_db.users, e.aor)->texts.dn, "CN=Alice Brown,OU=Sales");
	assert_int_equal(moved, 2);
}

/* ---- secrets ---- */

static void check_secrets(const char *aor, const char *md5, const char *nt, bool by_directory)
{
	const struct user *user = users_find(&table_db.users, slice_str(aor));

	assert_non_null(user);
	assert_slice(user_ha1(user, false, DIGEST_MD5), md5);
	assert_slice(user_ha1(user, true, DIGEST_MD5), NONE);
	assert_slice(user_nt_hash(user), nt);
	assert_int_equal(user->by_directory, by_directory);
}

static int set_password(const char *password)
{
	const struct user_texts alice = { .name = SLICE("alice"), .domain = SLICE("example.com") };

	return users_put(&table_db.users, &alice, slice_str(password), false);
}

static void a_secret_of_the_directory_is_the_only_one(void **state)
{
	struct auth_db_entry e = entry("2", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	assert_int_equal(set_password("here"), 0);
	assert_true(user_ha1(users_find(&table_db.users, e.aor), true, DIGEST_SHA256).len > 0);
	assert_int_equal(say(e), AUTH_DB_SAME);
	e.nt_hash = SLICE(NT);
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	check_secrets("alice@example.com", NONE, NT, true);
	assert_int_equal(gone, 1);
	e.ha1[DIGEST_MD5] = SLICE(MD5);
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	check_secrets("alice@example.com", MD5, NT, true);
	assert_int_equal(say(e), AUTH_DB_SAME);
	assert_int_equal(set_password("new"), -EPERM);
	e.nt_hash = SLICE("");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	check_secrets("alice@example.com", MD5, NONE, true);
}

static void without_its_secret_he_has_none(void **state)
{
	struct auth_db_entry e = entry("2", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	e.nt_hash = SLICE(NT);
	e.ha1[DIGEST_MD5] = SLICE(MD5);
	say(e);
	e.nt_hash = e.ha1[DIGEST_MD5] = SLICE("");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	check_secrets("alice@example.com", NONE, NONE, false);
	assert_int_equal(set_password("new"), 0);
}

static void a_renamed_entry_keeps_what_it_has(void **state)
{
	struct auth_db_entry e = entry("2", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	e.nt_hash = SLICE(NT);
	say(e);
	e.aor = SLICE("lisa@example.com");
	assert_int_equal(say(e), AUTH_DB_CHANGED);
	check_secrets("lisa@example.com", NONE, NT, true);
	assert_null(users_find(&table_db.users, SLICE("alice@example.com")));
}

static void who_is_locked_out_by_a_clash_keeps_his_entry(void **state)
{
	struct auth_db_entry e = entry("1", "alice@example.com", "khansen", "corp.example.com");

	(void)state;
	assert_int_equal(say(e), AUTH_DB_CLASH);
	assert_false(users_find(&table_db.users, SLICE("kim.hansen@example.com"))->enabled);
	assert_int_equal(whose("khansen", "kim.hansen@example.com"), 0);
}

static void who_comes_back_is_himself_and_another_is_not(void **state)
{
	struct auth_db_entry e = entry("2", "Alice@example.com", "alice", "corp.example.com");
	struct auth_db_entry other = entry("9", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	e.gone = true;
	assert_int_equal(say(e), AUTH_DB_GONE);
	e.gone = false;
	assert_int_equal(say(e), AUTH_DB_ADDED);
	assert_int_equal(aside, 0);
	e.gone = true;
	assert_int_equal(say(e), AUTH_DB_GONE);
	aside_says = -EIO;
	assert_int_equal(auth_db_directory.apply(&table_db, &other, 1), -EIO);
	assert_null(users_find(&table_db.users, SLICE("alice@example.com")));
	aside_says = 0;
	assert_int_equal(say(other), AUTH_DB_ADDED);
	assert_int_equal(aside, 2);
	/* All that there was of the first is out of the way. */
	other.gone = true;
	assert_int_equal(say(other), AUTH_DB_GONE);
	other.gone = false;
	assert_int_equal(say(other), AUTH_DB_ADDED);
	assert_int_equal(aside, 2);
}

static void who_is_renamed_finds_nothing_of_another(void **state)
{
	struct auth_db_entry old = entry("2", "alice@example.com", "alice", "corp.example.com");

	(void)state;
	old.gone = true;
	assert_int_equal(say(old), AUTH_DB_GONE);
	assert_int_equal(say(entry("3", "alice@example.com", "twice", "corp.example.com")),
	    AUTH_DB_CHANGED);
	assert_int_equal(aside, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, table_end)

UNIT_MAIN(
	T(an_account_is_one_users),
	T(an_account_follows_its_entry),
	T(nothing_changes_if_the_store_refuses),
	T(a_name_in_the_directory_is_learnt_quietly_and_changes_aloud),
	T(a_secret_of_the_directory_is_the_only_one),
	T(without_its_secret_he_has_none),
	T(a_renamed_entry_keeps_what_it_has),
	T(who_is_locked_out_by_a_clash_keeps_his_entry),
	T(who_comes_back_is_himself_and_another_is_not),
	T(who_is_renamed_finds_nothing_of_another)
)
