/*
 * whose_test - whom a principal stands for: rules come before the directory, and nobody else becomes whom they name.
 */
#include "modules/auth_kerberos/auth_kerberos.h"
#include "test/unit/modules/auth_db/whose.h"

#define TEXT(s) { s, sizeof(s) - 1 }

static struct slice lines[] = { TEXT("newkim@CORP.TEST=kim@lcs.test") };
static struct slice domains[] = { TEXT("CORP.TEST=lcs.test") };
static const struct auth_kerberos_conf conf = { .principals = { .items = lines, .count = COUNT(lines) },
	.realms = { .items = domains, .count = COUNT(domains) } };

/* ---- principals ---- */

static const struct {
	const char *principal;
	bool        has_db;
	int         err;
	const char *aor;
} principals[] = {
	{ "newkim@CORP.TEST", true, 0, "kim@lcs.test" },
	{ "NewKim@corp.test", false, 0, "kim@lcs.test" },
	{ "kim@CORP.TEST", true, -EPERM, NULL },	/* though it is his by the directory */
	{ "kim@CORP.TEST", false, -EPERM, NULL },
	{ "KIM@CORP.TEST", false, -EPERM, NULL },
	{ "khansen@CORP.TEST", true, 0, "kim.hansen@lcs.test" },
	{ "khansen@CORP.TEST", false, 0, "khansen@lcs.test" },
	{ "khansen@LCS.TEST", false, 0, "khansen@LCS.TEST" },
	{ "eve@OTHER.TEST", true, -ENOENT, NULL },
	{ "eve@OTHER.TEST", false, -ENOENT, NULL },
	{ "twice@CORP.TEST", true, -ENOTUNIQ, NULL },
	/* services, and what is no name */
	{ "host/kim@CORP.TEST", true, -ENOENT, NULL },
	{ "khansen", true, -ENOENT, NULL },
	{ "@CORP.TEST", true, -ENOENT, NULL },
	{ "", true, -ENOENT, NULL },
};

static void a_rule_keeps_others_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(principals); i++) {
		const struct auth_kerberos krb = { .db = principals[i].has_db ? &whose_directory : NULL };
		struct slice aor;
		int err = kerberos_whose(&krb, NULL, slice_str(principals[i].principal),
		    SLICE("lcs.test"), &aor);

		if (err != principals[i].err ||
		    (!err && !slice_eq_nocase(aor, slice_str(principals[i].aor))))
			fail_msg("%s, line %zu: %d", principals[i].principal, i, err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_rule_keeps_others_out) };

	whose_conf = &conf;
	return cmocka_run_group_tests(tests, whose_begin, whose_end);
}
