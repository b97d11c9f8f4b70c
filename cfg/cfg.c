/*
 * cfg/cfg.c - the steps from a file to a configuration.
 */
#include "cfg/cfg.h"
#include "cfg/check.h"
#include "cfg/diag_item.h"
#include "cfg/emit.h"
#include "cfg/profile.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

/* What the reader needs to know of itself while it may be thrown out. */
struct task {
	struct load  ld;
	const char  *path;		/* NULL: text */
	const char  *name;
	struct slice text;
	int          err;
};

/* ---- results ---- */

static void copy_routes(struct load *ld)
{
	struct cfg_route *list = MEM_ARRAY(&ld->mem, struct cfg_route, ld->ast->routes.count + 1);
	unsigned n = 0;

	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next, n++) {
		list[n].name = r->name;
		list[n].kind = r->kind;
		list[n].id = r->id;
		list[n].at = r->at;
		list[n].interval = r->interval;
	}
	ld->cfg->routes = list;
	ld->cfg->route_count = n;
}

static void put_module(struct load *ld, struct cfg_module *list, struct loaded_module *m)
{
	struct cfg_module *out;

	if (m->is_listed)
		return;
	m->is_listed = true;
	for (const char *const *n = m->sym->needs; n && *n; n++) {
		struct loaded_module *need = names_module(ld, slice_str(*n));

		if (need)
			put_module(ld, list, need);
	}
	out = &list[ld->cfg->module_count++];
	out->sym = m->sym;
	out->prefix = m->prefix.len ? mem_cstr(&ld->mem, m->prefix) : NULL;
	out->at = m->item->name_at;
	out->params = m->params;
	out->param_count = m->sym->param_count;
}

static void copy_modules(struct load *ld)
{
	struct cfg_module *list = MEM_ARRAY(&ld->mem, struct cfg_module,
	    ld->names->module_count + 1);

	for (struct loaded_module *m = ld->names->first_module; m; m = m->next)
		put_module(ld, list, m);
	ld->cfg->modules = list;
}

static void fill_in(struct load *ld)
{
	copy_routes(ld);
	copy_modules(ld);
	ld->cfg->files = ld->sources;
	ld->cfg->lines = ld->lines;
	ld->cfg->checked_calls = ld->calls;
	ld->cfg->tests = ld->ast->tests.count;
	ld->cfg->ast = ld->ast;
	profile_duties(ld);
	ld->cfg->program = emit_program(ld);
}

/* ---- reading ---- */

static void say_unreadable(struct task *t, int err)
{
	struct cfg_span nowhere = { 0 };

	diag_add(t->ld.diag, DIAG_ERROR, 701, nowhere, "cannot read \"%s\": %s", t->path,
	    err == -EINVAL ? "not a regular file" : err_text(err));
}

static struct cfg_source *first_source(struct task *t)
{
	struct cfg_source *s;

	if (t->path) {
		t->err = source_fetch(&t->ld.mem, t->ld.host, t->path, &s);
		if (t->err) {
			say_unreadable(t, t->err);
			/* Why has been said; for who goes on it is not there. */
			if (t->err != -EACCES)
				t->err = -ENOENT;
			return NULL;
		}
	} else {
		s = source_of_text(&t->ld.mem, t->name, mem_dup(&t->ld.mem, t->text));
	}
	s->seq = t->ld.sources++;
	t->ld.cfg->name = s->name;
	return s;
}

static void load(struct task *t)
{
	struct load *ld = &t->ld;
	struct cfg_source *source = first_source(t);

	if (!source)
		return;
	ld->ast = MEM_NEW(&ld->mem, struct ast);
	ld->ast->start = source_span(source, 0, 0);
	dict_init(&ld->macros, &ld->mem);
	/* After a wall of syntax errors the rest would be about text that was not read. */
	if (ast_parse(ld, source) == 0) {
		names_init(ld);
		check_all(ld);
	}
	if (diag_errors(ld->diag) == 0)
		fill_in(ld);
	else
		t->err = -EINVAL;
}

/* Memory that is short comes back here; nothing but the arena has to be given up. */
static int load_guarded(struct task *t)
{
	if (setjmp(t->ld.mem.begin) != 0)
		return -ENOMEM;
	load(t);
	return diag_is_short(t->ld.diag) ? -ENOMEM : t->err;
}

static int run(struct task *t, const struct cfg_host *host, struct diag *diag, struct cfg **out)
{
	struct arena *arena = arena_new(0);
	struct cfg *cfg = arena ? arena_zalloc(arena, sizeof(*cfg)) : NULL;
	int err = -ENOMEM;

	*out = NULL;
	if (cfg) {
		cfg->arena = arena;
		t->ld.mem.arena = arena;
		t->ld.host = host;
		t->ld.diag = diag;
		t->ld.cfg = cfg;
		err = load_guarded(t);
	}
	if (err) {
		arena_free(&arena);
		return err;
	}
	*out = cfg;
	return 0;
}

int cfg_load(const char *path, const struct cfg_host *host, struct diag *diag, struct cfg **out)
{
	struct task t = { .path = path };

	return run(&t, host, diag, out);
}

int cfg_load_text(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct cfg **out)
{
	struct task t = { .name = name, .text = text };

	return run(&t, host, diag, out);
}

void cfg_free(struct cfg **cfg)
{
	struct arena *arena;

	if (!*cfg)
		return;
	arena = (*cfg)->arena;
	*cfg = NULL;
	arena_free(&arena);
}

/* ---- looking things up ---- */

const struct value *cfg_setting(const struct cfg *cfg, const char *name)
{
	for (unsigned i = 0; i < cfg->setting_count; i++)
		if (strcmp(cfg->settings[i].decl->name, name) == 0)
			return &cfg->settings[i].value;
	lcs_assert_failed(name, "a setting that is not declared", 0);
}

int cfg_route_id(const struct cfg *cfg, enum route_kind kind, struct slice name)
{
	for (unsigned i = 0; i < cfg->route_count; i++)
		if (cfg->routes[i].kind == kind && slice_eq(cfg->routes[i].name, name))
			return (int)cfg->routes[i].id;
	return -1;
}

static const char *plural(unsigned n) { return n == 1 ? "" : "s"; }

struct slice cfg_summary(const struct cfg *cfg, struct arena *arena)
{
	const char *name = cfg->name;
	struct slice tests = SLICE("");

	if (cfg->tests)
		tests = arena_printf(arena, ", %u test%s (run: lcs test %s)", cfg->tests,
		    plural(cfg->tests), name);
	return arena_printf(arena, "%s: ok - %u file%s, %u line%s, %u module%s, %u route%s, "
	    "%u call%s checked%.*s", name, cfg->files, plural(cfg->files), cfg->lines,
	    plural(cfg->lines), cfg->module_count, plural(cfg->module_count), cfg->route_count,
	    plural(cfg->route_count), cfg->checked_calls, plural(cfg->checked_calls),
	    SLICE_ARG(tests));
}
