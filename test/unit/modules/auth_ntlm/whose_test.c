/*
 * whose_test - whose an account of a domain is: rules come before the directory, and nobody else becomes whom they name.
 */
#include "modules/auth_ntlm/auth_ntlm.h"
#include "test/unit/modules/auth_db/whose.h"

#define TEXT(s) { s, sizeof(s) - 1 }

static struct slice lines[] = { TEXT("CORP\\newkim=kim@lcs.test") };
static struct slice domains[] = { TEXT("CORP=lcs.test") };
static const struct auth_ntlm_conf conf = { .logins = { .items = lines, .count = COUNT(lines) },
	.domains = { .items = domains, .count = COUNT(domains) } };

/* ---- accounts ---- */

static const struct {
	const char *domain, *user;
	bool        has_db;
	int         err;
	const char *aor;
} accounts[] = {
	{ "CORP", "kim", true, -EPERM, NULL },	/* though it is his by the directory */
	{ "CORP", "kim", false, -ENOENT, NULL },
	{ "CORP", "khansen", true, 0, "kim.hansen@lcs.test" },
	{ "CORP", "khansen", false, 0, "khansen@lcs.test" },
	{ "OTHER", "eve", true, -ENOENT, NULL },
	{ "OTHER", "eve", false, -ENOENT, NULL },
	{ "CORP", "twice", true, -ENOTUNIQ, NULL },
};

static void a_rule_keeps_others_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accounts); i++) {
		struct auth_ntlm ntlm = { .db = accounts[i].has_db ? &whose_directory : NULL };
		struct auth_lcs_handshake h = { .aor = SLICE("kim@lcs.test") };
		const struct ntlm_sign_in s = { .ntlm = &ntlm, .h = &h };
		struct slice domain = slice_str(accounts[i].domain), user = slice_str(accounts[i].user);
		struct auth_db_account who = ntlm_account(domain, user);
		struct slice aor;
		int err;

		who.plain = ntlm_aor(whose_arena, &conf, domain, user, h.aor);
		err = ntlm_whose(&s, who, &aor);
		if (err != accounts[i].err || (!err && !slice_eq(aor, slice_str(accounts[i].aor))))
			fail_msg("%s of %s, line %zu: %d", accounts[i].user, accounts[i].domain, i, err);
	}
}

static void a_rule_names_its_user(void **state)
{
	struct slice aor;

	(void)state;
	assert_true(ntlm_rule(whose_arena, &conf, SLICE("corp"), SLICE("NewKim"), &aor));
	assert_slice(aor, "kim@lcs.test");
	assert_false(ntlm_rule(whose_arena, &conf, SLICE("OTHER"), SLICE("newkim"), &aor));
	assert_false(ntlm_rule(whose_arena, &conf, SLICE("CORP"), SLICE("kim"), &aor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_keeps_others_out), cmocka_unit_test(a_rule_names_its_user),
	};

	whose_conf = &conf;
	return cmocka_run_group_tests(tests, whose_begin, whose_end);
}
