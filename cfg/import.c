/*
 * cfg/import.c - from a guest's text to a native one.
 *
 * The checker notes for every way of Kamailio's what the native text would be
 * (guest_fix()); here these edits are put into the text, and what lcs does not have
 * goes into comments. Nothing else of the text is touched.
 */
#include "cfg/import_int.h"

#include "cfg/guest.h"
#include "cfg/guest_prep.h"

#include <errno.h>

/* ---- what the checker noted ---- */

static void take_edits(struct import *im)
{
	for (const struct guest_edit *e = im->ld->edits; e; e = e->next) {
		size_t from, to;

		if (e->at.source != im->source)
			continue;
		from = import_offset(im, e->at.line, e->at.column);
		to = import_offset(im, e->at.end_line, e->at.end_column);
		if (e->how == GUEST_WHOLE)
			import_add(im, from, to, e->text, RANK_AWAY, e->order);
		else if (e->how == GUEST_REPLACE)
			import_add(im, from, to, e->text, RANK_REPLACE, e->order);
		else if (e->how == GUEST_BEFORE)
			import_add(im, from, from, e->text, RANK_BEFORE, ~e->order);
		else if (e->how == GUEST_BEHIND)
			import_add(im, to, to, e->text, RANK_BEHIND, e->order);
	}
}

/* ---- comments in place of what there is not ---- */

static bool begins_line(struct slice text, size_t at)
{
	while (at > 0 && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
		at--;
	return at == 0 || text.p[at - 1] == '\n';
}

/* Nothing but a comment comes behind it. */
static bool ends_line(struct slice text, size_t at)
{
	while (at < text.len && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\r'))
		at++;
	return at == text.len || text.p[at] == '\n' || text.p[at] == '#';
}

/* "# " before each line. */
static struct slice as_lines(struct import *im, struct slice text)
{
	struct slice out = SLICE("");
	bool is_first = true;

	while (text.len > 0) {
		struct slice line = slice_split(&text, '\n');

		out = mem_printf(&im->ld->mem, "%.*s%s# %.*s", SLICE_ARG(out), is_first ? "" : "\n",
		    SLICE_ARG(line));
		is_first = false;
	}
	return out;
}

static void drop_range(struct import *im, size_t from, size_t to)
{
	struct slice text = slice_first(slice_skip(im->source->text, from), to - from), out;

	if (begins_line(im->source->text, from) && ends_line(im->source->text, to))
		out = as_lines(im, text);
	else
		out = mem_printf(&im->ld->mem, "/* %.*s */", SLICE_ARG(text));
	import_put_away(im, from, to, out);
}

static bool has_drop(const struct import *im, size_t from, size_t to)
{
	for (const struct guest_edit *e = im->ld->edits; e; e = e->next)
		if (e->how == GUEST_DROP && e->at.source == im->source &&
		    import_offset(im, e->at.line, e->at.column) >= from &&
		    import_offset(im, e->at.end_line, e->at.end_column) <= to)
			return true;
	return false;
}

/* A part of a line that begins and ends with these spans. */
static void drop_if_asked(struct import *im, struct cfg_span first, struct cfg_span last)
{
	size_t from, to;

	if (first.source != im->source || last.source != im->source)
		return;
	from = import_offset(im, first.line, first.column);
	to = import_offset(im, last.end_line, last.end_column);
	if (has_drop(im, from, to))
		drop_range(im, from, to);
}

/* The group of "group.key" stands before the key. */
static struct cfg_span with_group(const struct setting_item *i)
{
	struct cfg_span at = i->key_at;

	if (i->group.len && at.column > i->group.len + 1 &&
	    !slice_eq(slice_first(guest_text_at(at), i->group.len), i->group))
		at.column -= (uint32_t)i->group.len + 1;
	return at;
}

static struct cfg_span to_line_end(const struct import *im, struct cfg_span at)
{
	struct slice line = source_line(im->source, at.end_line);
	struct slice rest = slice_skip(line, at.end_column - 1);

	/* "desc" and its text belong to the setting. */
	if (slice_starts(slice_trim(rest), SLICE("desc")))
		at.end_column = (uint32_t)line.len + 1;
	return at;
}

static void drop_items(struct import *im)
{
	const struct ast *ast = im->ld->ast;

	for (const struct module_item *i = ast->modules.first; i; i = i->next)
		drop_if_asked(im, i->at, i->at);
	for (const struct modparam_item *i = ast->modparams.first; i; i = i->next)
		drop_if_asked(im, i->at, i->at);
	for (const struct setting_item *i = ast->settings.first; i; i = i->next)
		if (i->value->at.source == im->source)
			drop_if_asked(im, with_group(i), to_line_end(im, i->value->at));
}

static bool is_asked(const struct import *im, struct cfg_span at)
{
	return at.source == im->source && has_drop(im, import_offset(im, at.line, at.column),
	    import_offset(im, at.end_line, at.end_column));
}

/* Routes for events that no module of ours has, as a whole. */
static void drop_events(struct import *im)
{
	for (const struct route_decl *r = im->ld->ast->routes.first; r; r = r->next)
		if (r->kind == ROUTE_EVENT && is_asked(im, r->name_at))
			drop_range(im, import_offset(im, r->at.line, r->at.column),
			    import_offset(im, r->body->at.end_line, r->body->at.end_column));
}

/* Parameters of modules that were not there, said once with their module. */
static void drop_params(struct import *im)
{
	for (const struct modparam_item *i = im->ld->ast->modparams.first; i; i = i->next) {
		struct slice rest = i->modules;
		bool is_known = false;

		while (rest.len > 0)
			is_known |= names_module(im->ld, slice_trim(slice_split(&rest, '|'))) != NULL;
		if (!is_known && i->modules_at.source == im->source)
			guest_fix_drop(im->ld, i->modules_at);
	}
}

/* ---- calls that there are not ---- */

static bool is_missing(const struct expr *e)
{
	if (e->kind == EXPR_PV)
		return e->type.is_bad;
	return e->kind == EXPR_CALL && e->at.source && (e->konst ? e->call.func != NULL ||
	    !e->call.builtin : !e->call.func && !e->call.builtin);
}

static void replace_missing(struct walk *w, struct expr *e)
{
	struct import *im = w->arg;
	struct slice text;
	const char *by;

	if (!is_missing(e) || e->at.source != im->source)
		return;
	text = guest_text_at(e->at);
	by = e->kind == EXPR_PV ? "null" : e->konst ? "true" : "false";
	import_put_away(im, import_offset(im, e->at.line, e->at.column),
	    import_offset(im, e->at.end_line, e->at.end_column),
	    mem_printf(&im->ld->mem, "%s /* %.*s */", by, SLICE_ARG(text)));
}

static bool is_missing_stmt(const struct stmt *s)
{
	if (s->kind == STMT_CALL)
		return is_missing(s->call);
	return s->kind == STMT_ASSIGN && s->assign.to->type.is_bad;
}

static void drop_missing(struct walk *w, struct stmt *s)
{
	struct import *im = w->arg;

	if (is_missing_stmt(s) && s->at.source == im->source)
		drop_range(im, import_offset(im, s->at.line, s->at.column),
		    import_offset(im, s->at.end_line, s->at.end_column));
}

static void drop_calls(struct import *im)
{
	struct walk w = { .stmt = drop_missing, .expr = replace_missing, .arg = im };

	for (const struct route_decl *r = im->ld->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
}

/* A branch that was only a call still needs a statement. */
static void fill_branch(struct walk *w, struct stmt *s)
{
	struct import *im = w->arg;
	const struct stmt *then = s->kind == STMT_IF ? s->branch.then : NULL;
	const struct stmt *other = s->kind == STMT_IF ? s->branch.other : NULL;

	for (; then; then = other, other = NULL)
		if (is_missing_stmt(then) && then->at.source == im->source)
			guest_fix_behind(im->ld, then->at,
			    begins_line(im->source->text, import_offset(im, then->at.line,
			    then->at.column)) ? "\n;" : " ;");
}

static void fill_branches(struct import *im)
{
	struct walk w = { .stmt = fill_branch, .arg = im };

	for (const struct route_decl *r = im->ld->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
}

/* ---- directives and modules ---- */

static struct slice native_subst(struct import *im, struct slice line)
{
	size_t at = slice_find(line, '"');
	struct token t = { .kind = 0 };
	struct slice from, to, rest = slice_skip(line, at + 1);
	bool quoted = slice_starts(line, SLICE("#!substdefs"));

	t.text = slice_first(rest, slice_find(rest, '"'));
	if (!slice_starts(line, SLICE("#!substdef")) || t.text.len < 3 ||
	    !guest_subst_parts(t.text, &from, &to))
		return mem_printf(&im->ld->mem, "# %.*s", SLICE_ARG(line));
	return mem_printf(&im->ld->mem, "#!define %.*s %s%.*s%s", SLICE_ARG(from),
	    quoted ? "\"" : "", SLICE_ARG(to), quoted ? "\"" : "");
}

static bool names_guest(struct slice line)
{
	static const char *const guests[] = { "#!KAMAILIO", "#!OPENSIPS", "#!OPENSER", "#!SER",
		"#!MAXCOMPAT", "#!ALL", NULL };

	for (const char *const *g = guests; *g; g++)
		if (slice_eq(slice_trim(line), slice_str(*g)))
			return true;
	return false;
}

static void convert_line(struct import *im, uint32_t n, bool *has_first)
{
	struct slice line = source_line(im->source, n);
	size_t at = im->source->line_at[n - 1];

	if (names_guest(line)) {
		import_add(im, at, at + line.len, *has_first ? mem_printf(&im->ld->mem, "# %.*s",
		    SLICE_ARG(line)) : SLICE("#!lcs 1"), RANK_AWAY, 0);
		*has_first = true;
	}
	if (slice_starts(line, SLICE("import_file")))
		import_add(im, at, at + sizeof("import_file") - 1, SLICE("import?"), RANK_AWAY, 0);
	if (slice_starts(line, SLICE("#!subst")))
		import_add(im, at, at + line.len, native_subst(im, line), RANK_AWAY, 0);
}

static void convert_directives(struct import *im)
{
	bool has_first = false;

	for (uint32_t n = 1; n <= im->source->line_count; n++)
		convert_line(im, n, &has_first);
}

static bool is_unnamed(const struct loaded_module *m)
{
	return m->item && slice_eq(m->item->name, m->key) && m->item->is_implied;
}

static void add_behind_line(struct import *im, size_t at, struct slice text)
{
	while (at < im->source->text.len && im->source->text.p[at] != '\n')
		at++;
	import_add(im, at, at, text, RANK_BEHIND, 0);
}

/* Behind the lines for the kernel and about the language; the next may begin a comment or a
 * define of many lines. */
static void add_at_start(struct import *im, struct slice text)
{
	uint32_t n = 0;

	while (n < im->source->line_count && (names_guest(source_line(im->source, n + 1)) ||
	    slice_starts(source_line(im->source, n + 1), SLICE("#!/"))))
		n++;
	if (n > 0)
		add_behind_line(im, im->source->line_at[n - 1], text);
	else
		import_add(im, 0, 0, mem_printf(&im->ld->mem, "%.*s\n", SLICE_ARG(slice_skip(text, 1))),
		    RANK_FIRST, 0);
}

static void load_implied(struct import *im)
{
	const struct module_item *last = NULL;
	struct slice text = SLICE("");

	for (const struct module_item *i = im->ld->ast->modules.first; i; i = i->next)
		if (i->at.source == im->source)
			last = i;
	for (const struct loaded_module *m = im->ld->names->first_module; m; m = m->next)
		if (is_unnamed(m))
			text = mem_printf(&im->ld->mem, "%.*s\nloadmodule \"%.*s\"", SLICE_ARG(text),
			    SLICE_ARG(m->key));
	if (text.len && last)
		add_behind_line(im, import_offset(im, last->at.end_line, last->at.end_column), text);
	else if (text.len)
		add_at_start(im, text);
}

/* ---- all steps ---- */

static int read_guest(struct load *ld, struct cfg_source *source)
{
	guest_begin(ld);
	if (load_parse(ld, source) != 0)
		return -EINVAL;
	names_init(ld);
	check_all(ld);
	return 0;
}

static int import(struct load *ld, const char *name, struct slice text, struct slice *out,
    struct import_report *report)
{
	struct cfg_source *source = source_of_text(&ld->mem, name, mem_dup(&ld->mem, text));
	struct import im = { .ld = ld, .source = source, .report = report };
	int err = read_guest(ld, source);

	if (err)
		return err;
	drop_params(&im);
	fill_branches(&im);
	take_edits(&im);
	drop_items(&im);
	drop_events(&im);
	drop_calls(&im);
	convert_directives(&im);
	load_implied(&im);
	*out = import_apply(&im);
	import_tell(&im, *out);
	return 0;
}

int cfg_import(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct arena *arena, struct slice *out, struct import_report *report)
{
	struct load *ld = load_new(host, diag, arena);

	memset(report, 0, sizeof(*report));
	if (!ld || setjmp(ld->mem.begin) != 0)
		return -ENOMEM;
	return import(ld, name, text, out, report);
}
