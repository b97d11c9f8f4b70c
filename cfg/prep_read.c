/*
 * cfg/prep_read.c - tokens one after the other: out of files, and out of defines in their place.
 */
#include "cfg/prep_int.h"
#include "cfg/gram.h"

/* ---- inputs: files and defines being replayed ---- */

void prep_push_file(struct prep *p, const struct cfg_source *source)
{
	struct input *in = MEM_NEW(&p->ld->mem, struct input);

	in->outer = p->top;
	in->lex = lex_new(p->ld, source);
	p->top = in;
	p->ld->lines += source->line_count - (slice_ends(source->text, SLICE("\n")) ? 1 : 0);
}

static void push_macro(struct prep *p, struct macro *m, struct cfg_span use)
{
	struct input *in = MEM_NEW(&p->ld->mem, struct input);

	in->outer = p->top;
	in->macro = m;
	in->use = use;
	m->is_active = true;
	p->top = in;
}

static void pop_input(struct prep *p)
{
	if (p->top->macro)
		p->top->macro->is_active = false;
	else
		prep_end_of_file(p);
	p->top = p->top->outer;
}

static bool from_macro(struct prep *p, struct token *out)
{
	struct input *in = p->top;

	if (in->next == in->macro->count)
		return false;
	*out = in->macro->tokens[in->next++];
	out->at = in->use;
	out->is_expanded = true;
	return true;
}

/* The next token with directives done and defines not replaced yet. */
static void raw_next(struct prep *p, struct token *out)
{
	while (p->top) {
		if (p->top->macro) {
			if (from_macro(p, out))
				return;
		} else {
			lex_next(p->top->lex, out);
			if (out->kind == TOKEN_DIRECTIVE) {
				prep_directive(p, out);
				if (p->ended)
					break;
				continue;
			}
			if (out->kind != 0)
				return;
			p->end = *out;
		}
		pop_input(p);
	}
	*out = p->end;
	out->kind = 0;
}

/* ---- replacing defines ---- */

static bool names_a_route(const struct macro *m)
{
	return m->count == 1 && (m->tokens[0].kind == ID || m->tokens[0].kind == STR ||
	    m->tokens[0].kind == NUM);
}

static void note_shadow(struct prep *p, const struct token *t, struct macro *m)
{
	struct diag_item *item = load_error(p->ld, 203, t->at,
	    "route \"%.*s\" has the name of a define", SLICE_ARG(t->text));

	m->is_in_the_way = true;
	if (m->at.source) {
		diag_beside(item, "\"%.*s\" is defined here:", SLICE_ARG(t->text));
		diag_see(item, m->at);
	} else {
		diag_beside(item, "defined on the command line (-A)");
	}
}

static bool wants_expansion(struct prep *p, const struct token *t, struct macro *m)
{
	switch (p->names) {
	case NAMES_DEFINED:
		note_shadow(p, t, m);
		return false;
	case NAMES_CALLED:
		return names_a_route(m);
	case NAMES_NONE:
		break;
	}
	return true;
}

/* What a part of "tcp:HOST:PORT" stands for: itself, if it is no define of one token. */
static struct slice part_value(struct prep *p, struct slice part)
{
	for (unsigned turns = 0; turns < 16; turns++) {
		const struct macro *m = dict_get(&p->ld->macros, part);

		if (!m || m->count != 1)
			break;
		part = m->tokens[0].text;
	}
	return part;
}

/* An address with colons stands in brackets there, also if its define says it without. */
static bool is_bare_ipv6(struct slice s)
{
	size_t first = slice_find(s, ':');

	return !slice_starts(s, SLICE("[")) && first < s.len &&
	    slice_find(slice_skip(s, first + 1), ':') < s.len - first - 1;
}

/* An endpoint is one token, whatever it is put together from. */
static void expand_endpoint(struct prep *p, struct token *t)
{
	struct slice rest = t->text, text = SLICE("");

	for (const char *colon = ""; rest.len > 0; colon = ":") {
		struct slice part = slice_first(rest, slice_starts(rest, SLICE("[")) ?
		    slice_find(rest, ']') + 1 : slice_find(rest, ':'));

		struct slice value = part_value(p, part);
		bool is_bare = is_bare_ipv6(value);

		rest = slice_skip(rest, part.len + 1);
		text = mem_printf(&p->ld->mem, "%.*s%s%s%.*s%s", SLICE_ARG(text), colon,
		    is_bare ? "[" : "", SLICE_ARG(value), is_bare ? "]" : "");
	}
	if (!slice_eq(text, t->text)) {
		t->text = text;
		t->is_expanded = true;
	}
}

static void expanded_next(struct prep *p, struct token *out)
{
	for (;;) {
		struct macro *m;

		raw_next(p, out);
		if (out->kind == SOCK)
			expand_endpoint(p, out);
		if (out->kind != ID)
			return;
		m = dict_get(&p->ld->macros, out->text);
		if (!m || m->is_active || !wants_expansion(p, out, m))
			return;
		push_macro(p, m, p->top->macro ? p->top->use : out->at);
	}
}

const struct token *prep_peek(struct prep *p)
{
	if (!p->has_peeked) {
		expanded_next(p, &p->peeked);
		p->has_peeked = true;
	}
	return &p->peeked;
}

void prep_take(struct prep *p, struct token *out)
{
	if (p->has_peeked) {
		*out = p->peeked;
		p->has_peeked = p->has_peeked2;
		p->peeked = p->peeked2;
		p->has_peeked2 = false;
	} else {
		expanded_next(p, out);
	}
}

const struct token *prep_peek2(struct prep *p)
{
	prep_peek(p);
	if (!p->has_peeked2) {
		expanded_next(p, &p->peeked2);
		p->has_peeked2 = true;
	}
	return &p->peeked2;
}
