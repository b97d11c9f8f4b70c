/*
 * test/unit/core/mod/fixture.c - see fixture.h.
 */
#include "test/unit/core/mod/fixture.h"

#include "core/mod/symbols.h"
#include "test/unit.h"

void fixture_open(struct fixture *f)
{
	*f = (struct fixture){
		.arena = arena_new(0), .loader = loader_new("/nowhere"), .diag = diag_new(),
	};
	assert_non_null(f->loader);
}

void fixture_close(struct fixture *f)
{
	cfg_free(&f->cfg);
	loader_free(&f->loader);
	diag_free(&f->diag);
	arena_free(&f->arena);
}

static int load_text(struct fixture *f, struct slice text)
{
	struct cfg_host host = { .core = symbols_of_core(f->arena) };

	loader_serve(f->loader, &host);
	cfg_free(&f->cfg);
	return cfg_load_text("test.cfg", text, &host, f->diag, &f->cfg);
}

int fixture_load(struct fixture *f, const char *text)
{
	return load_text(f, arena_printf(f->arena, "#!lcs 1\n%s\nrequest_route { drop; }\n", text));
}

static struct lcs_gen *build(struct fixture *f)
{
	struct lcs_gen *gen = NULL;

	if (generation_build(f->loader, f->cfg, f->diag, &gen) != 0)
		return NULL;
	f->cfg = NULL;
	return gen;
}

struct lcs_gen *fixture_build(struct fixture *f, const char *text)
{
	return fixture_load(f, text) == 0 ? build(f) : NULL;
}

struct lcs_gen *fixture_build_all(struct fixture *f, const char *text)
{
	return load_text(f, arena_printf(f->arena, "#!lcs 1\n%s", text)) == 0 ? build(f) : NULL;
}

bool fixture_says(struct fixture *f, const char *text)
{
	struct slice all = diag_text(f->diag, DIAG_TEXT, f->arena);

	return slice_search(all, slice_str(text)) < all.len;
}
