/*
 * cfg/prep_brace.c - blocks that are open: one that was not closed is said once, and closed.
 */
#include "cfg/prep_int.h"
#include "cfg/gram.h"

static unsigned indent_of(const struct token *t)
{
	struct slice line = source_line(t->at.source, t->at.line);
	unsigned n = 0;

	while (n < line.len && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	return n;
}

static void open_brace(struct prep *p, const struct token *t)
{
	struct brace *b;

	b = mem_push(&p->ld->mem, &p->braces, &p->depth, &p->brace_room, sizeof(*b));
	b->at = t->at;
	b->indent = indent_of(t);
	if (p->depth == 1)
		p->suspect.source = NULL;
}

/* A "}" that stands below another line than its own "{" tells where one was forgotten. */
static void suspect(struct prep *p, const struct token *t)
{
	const struct brace *own = &p->braces[p->depth - 1];
	unsigned indent = indent_of(t);

	if (p->suspect.source || indent >= own->indent || t->at.column != indent + 1)
		return;
	for (unsigned i = 0; i + 1 < p->depth; i++)
		if (p->braces[i].indent == indent)
			p->suspect = own->at;
}

static bool close_brace(struct prep *p, const struct token *t)
{
	if (p->depth == 0) {
		diag_beside(syntax_error(p->ld, 101, t->at, "unexpected \"}\""),
		    "no block is open here");
		return false;
	}
	suspect(p, t);
	if (--p->depth == 0)
		p->in_test = false;
	return true;
}

static bool begins_route(struct prep *p, const struct token *t)
{
	int kind;

	if (t->kind != ROUTE && t->kind != ROUTE_KIND)
		return false;
	kind = prep_peek(p)->kind;
	return kind == '[' || kind == '{';
}

/* The blocks that are open where none may be: said once, and closed. */
static void close_all(struct prep *p, const struct token *t)
{
	struct cfg_span at = p->suspect.source ? p->suspect : p->braces[p->depth - 1].at;
	struct diag_item *item = syntax_error(p->ld, 105, at, "this \"{\" is not closed");

	if (t->kind)
		diag_beside(item, "a new route begins in line %u", t->at.line);
	else
		diag_beside(item, "the file ends");
	p->to_close = p->depth;
	p->depth = 0;
	p->in_test = false;
	p->held = *t;
}

void prep_closing_token(struct prep *p, struct token *out)
{
	*out = p->held;
	if (p->to_close > 0) {
		p->to_close--;
		out->kind = '}';
		out->text = SLICE("}");
		p->closed_some = true;
	} else {
		p->closed_some = false;
	}
}

bool prep_balance(struct prep *p, struct token *t)
{
	if (t->kind == '{')
		open_brace(p, t);
	else if (t->kind == '}')
		return close_brace(p, t);
	else if (p->depth > 0 && (t->kind == 0 || begins_route(p, t))) {
		close_all(p, t);
		prep_closing_token(p, t);
	} else if (t->kind == TEST && p->depth == 0) {
		p->in_test = true;
	}
	return true;
}
