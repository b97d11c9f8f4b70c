/*
 * cfg/fmt.c - the steps of the formatter: read, lay out, and see that nothing was changed.
 */
#include "cfg/fmt.h"
#include "cfg/check.h"
#include "cfg/fmt_int.h"

#include <errno.h>

/* ---- conditions without parentheses: only the tree knows where they end ---- */

static struct fmt_item *item_at(struct fmt *f, struct cfg_span at)
{
	size_t offset, lo = 0, hi = f->count;

	if (at.source != f->source || at.line == 0)
		return NULL;
	offset = f->source->line_at[at.line - 1] + at.column - 1;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->items[mid].at < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->count && f->items[lo].at == offset ? &f->items[lo] : NULL;
}

static void set_head(struct fmt *f, struct cfg_span word, struct cfg_span body)
{
	struct fmt_item *i = item_at(f, word), *end = item_at(f, body), *first;
	unsigned n;

	if (!i || !end || end <= i + 1 || (!fmt_is(i, "if") && !fmt_is(i, "while")))
		return;
	n = (unsigned)(end - f->items) - 1;
	while (f->items[n].kind != FMT_TOKEN)
		n--;
	first = &f->items[fmt_after(f, (unsigned)(i - f->items)) - f->items];
	i->head_end = n;
	if (first->token == '(' && first->match == n)
		return;
	first->wrap_open = f->items[n].wrap_close = true;
}

static void set_stmt(struct walk *w, struct stmt *s)
{
	struct fmt *f = w->arg;

	if (s->kind == STMT_IF)
		set_head(f, s->word_at, s->branch.then->at);
	else if (s->kind == STMT_WHILE)
		set_head(f, s->word_at, s->loop.body->at);
}

static void find_heads(struct fmt *f)
{
	struct walk w = { .stmt = set_stmt, .arg = f };

	for (const struct route_decl *r = f->ld->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
}

/* ---- the same text but for blanks ---- */

static bool is_added(const struct fmt_item *i)
{
	return i->token == '(' || i->token == ')';
}

static bool is_same(const struct fmt *a, const struct fmt *b)
{
	unsigned i = 0, n = 0;

	for (; n < b->count; n++) {
		const struct fmt_item *x = i < a->count ? &a->items[i] : NULL;
		const struct fmt_item *y = &b->items[n];

		if (x && x->kind == y->kind && x->token == y->token && slice_eq(x->text, y->text))
			i++;
		else if (!is_added(y))
			return false;
	}
	return i == a->count;
}

/* What was read must be read again: a defect here may cost nobody a configuration. */
static int verify(struct fmt *f, struct slice text)
{
	struct fmt again = { .ld = f->ld };

	again.source = source_of_text(&f->ld->mem, f->source->name, text);
	fmt_scan(&again);
	if (is_same(f, &again) && f->ld->syntax_errors == 0)
		return 0;
	load_error(f->ld, 101, f->ld->ast->start,
	    "the layout of this file cannot be changed without changing its meaning");
	return -EINVAL;
}

/* ---- all steps ---- */

static int lay_out(struct load *ld, const char *name, struct slice text, struct slice *out)
{
	struct cfg_source *source = source_of_text(&ld->mem, name, mem_dup(&ld->mem, text));
	struct fmt f = { .ld = ld, .source = source };

	if (load_parse(ld, source) != 0)
		return -EINVAL;
	fmt_scan(&f);
	if (ld->syntax_errors)
		return -EINVAL;
	fmt_roles(&f);
	find_heads(&f);
	*out = fmt_lay(&f);
	return verify(&f, *out);
}

int cfg_fmt(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct arena *arena, struct slice *out)
{
	struct load *ld = load_new(host, diag, arena);

	if (!ld || setjmp(ld->mem.begin) != 0)
		return -ENOMEM;
	return lay_out(ld, name, text, out);
}
