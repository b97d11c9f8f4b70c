/*
 * whose.c - see whose.h.
 */
#include "test/unit/modules/auth_db/whose.h"

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen);
struct gen *__wrap_lcs_ctx_gen(struct lcs_ctx *ctx);
struct arena *__wrap_lcs_arena(struct lcs_ctx *ctx);

struct arena *whose_arena;
const void   *whose_conf;

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen)
{
	(void)mod;
	(void)gen;
	return whose_conf;
}

struct gen *__wrap_lcs_ctx_gen(struct lcs_ctx *ctx)
{
	(void)ctx;
	return NULL;
}

struct arena *__wrap_lcs_arena(struct lcs_ctx *ctx)
{
	(void)ctx;
	return whose_arena;
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

const struct auth_db_api whose_directory = { .by_account = by_account };

int whose_begin(void **state)
{
	(void)state;
	whose_arena = arena_new(0);
	return whose_arena ? 0 : -1;
}

int whose_end(void **state)
{
	(void)state;
	arena_free(&whose_arena);
	return 0;
}
