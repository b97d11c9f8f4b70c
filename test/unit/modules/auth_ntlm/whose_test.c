/*
 * whose_test - whose an account of a domain is: rules come before the directory, and nobody else becomes whom they name.
 */
#include "modules/auth_ntlm/auth_ntlm.h"
#include "test/unit.h"

#include <errno.h>

/* ---- what the module asks for ---- */

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen);
struct gen *__wrap_lcs_ctx_gen(struct lcs_ctx *ctx);
struct arena *__wrap_lcs_arena(struct lcs_ctx *ctx);

#define TEXT(s) { s, sizeof(s) - 1 }

static struct slice lines[] = { TEXT("CORP\\newkim=kim@lcs.test") };
static struct slice domains[] = { TEXT("CORP=lcs.test") };
static const struct auth_ntlm_conf conf = { .logins = { .items = lines, .count = COUNT(lines) },
	.domains = { .items = domains, .count = COUNT(domains) } };
static struct arena *arena;

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen)
{
	(void)mod;
	(void)gen;
	return &conf;
}

struct gen *__wrap_lcs_ctx_gen(struct lcs_ctx *ctx)
{
	(void)ctx;
	return NULL;
}

struct arena *__wrap_lcs_arena(struct lcs_ctx *ctx)
{
	(void)ctx;
	return arena;
}

/* The directory has account kim as that of kim@lcs.test, khansen as that of kim.hansen. */
static int by_account(struct auth_db *db, const struct auth_db_account *who, struct slice *aor)
{
	(void)db;
	if (slice_eq(who->name, SLICE("twice")))
		return -ENOTUNIQ;
	*aor = slice_eq(who->name, SLICE("kim")) ? SLICE("kim@lcs.test") :
	    slice_eq(who->name, SLICE("khansen")) ? SLICE("kim.hansen@lcs.test") : who->plain;
	return aor->p ? 0 : -ENOENT;
}

static const struct auth_db_api db = { .by_account = by_account };

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

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
		struct auth_ntlm ntlm = { .db = accounts[i].has_db ? &db : NULL };
		struct auth_lcs_handshake h = { .aor = SLICE("kim@lcs.test") };
		const struct ntlm_sign_in s = { .ntlm = &ntlm, .h = &h };
		struct slice domain = slice_str(accounts[i].domain), user = slice_str(accounts[i].user);
		struct auth_db_account who = ntlm_account(domain, user);
		struct slice aor;
		int err;

		who.plain = ntlm_aor(arena, &conf, domain, user, h.aor);
		err = ntlm_whose(&s, who, &aor);
		if (err != accounts[i].err || (!err && !slice_eq(aor, slice_str(accounts[i].aor))))
			fail_msg("%s of %s, line %zu: %d", accounts[i].user, accounts[i].domain, i, err);
	}
}

static void a_rule_names_its_user(void **state)
{
	struct slice aor;

	(void)state;
	assert_true(ntlm_rule(arena, &conf, SLICE("corp"), SLICE("NewKim"), &aor));
	assert_slice(aor, "kim@lcs.test");
	assert_false(ntlm_rule(arena, &conf, SLICE("OTHER"), SLICE("newkim"), &aor));
	assert_false(ntlm_rule(arena, &conf, SLICE("CORP"), SLICE("kim"), &aor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_keeps_others_out), cmocka_unit_test(a_rule_names_its_user),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
