/*
 * cfg/prep.c - the tokens of all files as the parser sees them: defines replaced,
 * imports followed, conditions decided, words told from names.
 */
#include "cfg/guest_note.h"
#include "cfg/guest_prep.h"
#include "cfg/prep.h"
#include "cfg/prep_int.h"
#include "cfg/gram.h"

#include <stdio.h>

/* ---- inputs: files and defines being replayed ---- */

static void push_file(struct prep *p, const struct cfg_source *source)
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

static const struct token *peek(struct prep *p)
{
	if (!p->has_peeked) {
		expanded_next(p, &p->peeked);
		p->has_peeked = true;
	}
	return &p->peeked;
}

static void next(struct prep *p, struct token *out)
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

static const struct token *peek2(struct prep *p)
{
	peek(p);
	if (!p->has_peeked2) {
		expanded_next(p, &p->peeked2);
		p->has_peeked2 = true;
	}
	return &p->peeked2;
}

/* ---- words ---- */

struct word { const char *text; int kind; };

static const struct word words[] = {
	{ "if", IF }, { "else", ELSE }, { "while", WHILE }, { "switch", SWITCH },
	{ "case", CASE }, { "default", DEFAULT }, { "exit", EXIT }, { "drop", DROP },
	{ "break", BREAK }, { "continue", CONTINUE }, { "return", RETURN },
	{ "or", OR }, { "and", AND }, { "not", NOT }, { "in", IN }, { "null", NULLW },
	{ "true", BOOL }, { "false", BOOL }, { "yes", BOOL }, { "no", BOOL },
	{ "on", BOOL }, { "off", BOOL },
	{ "route", ROUTE }, { "request_route", ROUTE_KIND }, { "reply_route", ROUTE_KIND },
	{ "onreply_route", ROUTE_KIND }, { "failure_route", ROUTE_KIND },
	{ "branch_route", ROUTE_KIND }, { "onsend_route", ROUTE_KIND },
	{ "local_route", ROUTE_KIND }, { "event_route", ROUTE_KIND },
	{ "timer_route", ROUTE_KIND }, { "startup_route", ROUTE_KIND },
	{ NULL, 0 }
};

/* Words that mean something only before a certain token (0: any). */
static const struct pair {
	const char *text;
	int         kind, before;
	enum { ANYWHERE, OUTSIDE, AFTER_TEXT, INSIDE, IN_TEST, IN_TEST_START } where;
} pairs[] = {
	{ "listen", LISTEN, '=', OUTSIDE }, { "socket", LISTEN, '=', OUTSIDE },
	{ "alias", ALIAS, '=', OUTSIDE }, { "as", AS, ID, AFTER_TEXT },
	{ "desc", DESC, STR, OUTSIDE },
	{ "loadmodule", LOADMODULE, STR, OUTSIDE }, { "modparam", MODPARAM, '(', OUTSIDE },
	{ "module", MODULE, STR, OUTSIDE }, { "acl", ACL, ID, OUTSIDE },
	{ "map", MAP, ID, OUTSIDE }, { "const", CONST, ID, OUTSIDE },
	{ "app", APP, STR, OUTSIDE }, { "test", TEST, STR, OUTSIDE },
	{ "within", WITHIN, DUR, INSIDE }, { "defer", DEFER, '{', INSIDE },
	{ "var", VAR, ID, INSIDE }, { "foreach", FOREACH, '(', INSIDE },
	{ "fallthrough", FALLTHROUGH, ';', INSIDE },
	{ "given", GIVEN, ID, IN_TEST_START }, { "mock", MOCK, ID, IN_TEST_START },
	{ "advance", ADVANCE, DUR, IN_TEST_START }, { "expect", EXPECT, 0, IN_TEST_START },
	{ "const", CONST, ID, IN_TEST_START }, { "returns", RETURNS, 0, IN_TEST },
	{ "reply", T_REPLY, NUM, IN_TEST }, { "relayed", T_RELAYED, STR, IN_TEST },
	{ "log", T_LOG, STR, IN_TEST },
	{ NULL, 0, 0, ANYWHERE }
};

static bool at_start(const struct prep *p)
{
	return p->last == '{' || p->last == '}' || p->last == ';';
}

static bool is_there(const struct prep *p, const struct pair *w)
{
	switch (w->where) {
	case OUTSIDE:       return p->depth == 0;
	case AFTER_TEXT:    return p->depth == 0 && p->last == STR;
	case INSIDE:        return p->depth > 0;
	case IN_TEST:       return p->in_test;
	case IN_TEST_START: return p->in_test && at_start(p);
	case ANYWHERE:      break;
	}
	return true;
}

static int pair_kind(struct prep *p, struct slice text)
{
	for (const struct pair *w = pairs; w->text; w++)
		if (slice_eq(text, slice_str(w->text)) && is_there(p, w) &&
		    (w->before == 0 || peek(p)->kind == w->before))
			return w->kind;
	return ID;
}

static bool ends_operand(int kind)
{
	switch (kind) {
	case ID: case NUM: case DUR: case SIZE: case STR: case FSTR: case PV: case BOOL:
	case IP: case ')': case ']':
		return true;
	default:
		return false;
	}
}

/* ---- what only a guest has: (int)x, %attr, substitution in texts ---- */

static bool is_cast(struct prep *p)
{
	const struct token *t = peek(p);

	return t->kind == ID && (slice_eq(t->text, SLICE("int")) ||
	    slice_eq(t->text, SLICE("str"))) && peek2(p)->kind == ')';
}

/* Comparisons of texts and of numbers have words there. */
static bool compares(struct prep *p, struct token *t)
{
	bool equal = slice_eq(t->text, SLICE("eq")) || slice_eq(t->text, SLICE("ieq"));

	if (t->kind != ID || !ends_operand(p->last) || !(equal || slice_eq(t->text, SLICE("ne")) ||
	    slice_eq(t->text, SLICE("ine"))))
		return false;
	guest_fix(p->ld, t->at, equal ? "==" : "!=");
	t->kind = equal ? EQ : NE;
	return true;
}

static void guest_token(struct prep *p, struct token *t)
{
	struct token word;

	if (compares(p, t))
		return;
	if (t->kind == STR) {
		guest_apply_subst(p->ld, t);
	} else if (t->kind == '/' && p->last == CASE && peek(p)->kind == STR) {
		guest_fix(p->ld, t->at, "=~ ");		/* case /"^1": */
		t->kind = MATCH;
	} else if (t->kind == '(' && !ends_operand(p->last) && p->last != ROUTE && is_cast(p)) {
		next(p, &word);
		t->text = word.text;
		t->kind = CAST;
		next(p, &word);
		t->at = span_join(t->at, word.at);
	} else if (t->kind == '%' && !ends_operand(p->last) && peek(p)->kind == ID) {
		next(p, &word);
		t->at = span_join(t->at, word.at);
		guest_replace_token(p->ld, t, PV, mem_printf(&p->ld->mem, "$avp(%.*s)",
		    SLICE_ARG(word.text)));
		guest_fix(p->ld, t->at, mem_cstr(&p->ld->mem, t->text));
	}
}

/* Names of routes may be any word; elsewhere some words are the language's. */
static int word_kind(struct prep *p, const struct token *t)
{
	if (p->names != NAMES_NONE)
		return ID;
	for (const struct word *w = words; w->text; w++)
		if (slice_eq(t->text, slice_str(w->text)))
			return w->kind;
	if (slice_eq(t->text, SLICE("mod")) && ends_operand(p->last))
		return MODW;
	return pair_kind(p, t->text);
}

static void follow_names(struct prep *p, int kind)
{
	bool after_route = p->last == ROUTE || p->last == ROUTE_KIND;

	if (kind == '[' && after_route)
		p->names = NAMES_DEFINED;
	else if (kind == '(' && p->last == ROUTE)
		p->names = NAMES_CALLED;
	else if (kind == ']' || kind == ')' || kind == '{' || kind == ';' ||
	    (kind == ',' && p->names == NAMES_CALLED))
		p->names = NAMES_NONE;
}

/* ---- imports ---- */

static bool is_import(const struct prep *p, struct slice word, bool *is_optional)
{
	/* Kamailio's import_file goes on without the file. */
	*is_optional = slice_eq(word, SLICE("import?")) ||
	    (p->ld->is_guest && slice_eq(word, SLICE("import_file")));
	return *is_optional || slice_eq(word, SLICE("import")) ||
	    slice_eq(word, SLICE("include_file")) || slice_eq(word, SLICE("import_file"));
}

static bool follow_import(struct prep *p, const struct token *word)
{
	const struct cfg_source **sources, *here = p->top && p->top->lex ?
	    lex_source(p->top->lex) : NULL;
	bool is_optional;
	struct token path;
	unsigned n;

	if (word->kind != ID || !is_import(p, word->text, &is_optional) || peek(p)->kind != STR)
		return false;
	next(p, &path);
	n = prep_import(p->ld, &path, here ? here : word->source, is_optional, &sources);
	while (n > 0)
		push_file(p, sources[--n]);
	return true;
}

/* ---- braces ---- */

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
	kind = peek(p)->kind;
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

static void closing_token(struct prep *p, struct token *out)
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

/* ---- what the parser gets ---- */

static bool balance(struct prep *p, struct token *t)
{
	if (t->kind == '{')
		open_brace(p, t);
	else if (t->kind == '}')
		return close_brace(p, t);
	else if (p->depth > 0 && (t->kind == 0 || begins_route(p, t))) {
		close_all(p, t);
		closing_token(p, t);
	} else if (t->kind == TEST && p->depth == 0) {
		p->in_test = true;
	}
	return true;
}

static int deliver(struct prep *p, const struct token *t)
{
	follow_names(p, t->kind);
	p->last = t->kind;
	p->before_end = p->last_end;
	p->last_end = t->at;
	return t->kind;
}

int prep_next(struct prep *p, struct token *out)
{
	if (p->to_close > 0 || p->closed_some) {
		closing_token(p, out);
		return deliver(p, out);
	}
	for (;;) {
		if (p->ended || p->ld->gave_up) {
			*out = p->end;
			out->kind = 0;
			return 0;
		}
		next(p, out);
		if (out->kind == ID && follow_import(p, out))
			continue;
		if (out->kind == ID)
			out->kind = word_kind(p, out);
		if (p->ld->is_guest)
			guest_token(p, out);
		if (balance(p, out))
			return deliver(p, out);
	}
}

struct cfg_span prep_last_end(const struct prep *p)
{
	struct cfg_span at = p->before_end;

	at.line = at.end_line;
	at.column = at.end_column;
	at.end_column++;
	return at;
}

struct prep *prep_new(struct load *ld, const struct cfg_source *source)
{
	struct prep *p = MEM_NEW(&ld->mem, struct prep);

	p->ld = ld;
	p->end.at = source_span(source, source->text.len, source->text.len);
	p->end.source = source;
	prep_command_line(p);
	push_file(p, source);
	prep_first_line(p, source);
	return p;
}
