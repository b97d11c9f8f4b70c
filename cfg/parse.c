/*
 * cfg/parse.c - running the grammar over the tokens, and saying where it does not fit.
 */
#include "cfg/gram_act.h"
#include "cfg/prep.h"
#include "cfg/gram.h"

struct gram {
	struct load  *ld;
	struct prep  *prep;
	struct token  token, before;	/* the last one read, and the one before */
	int           earlier;		/* kind of the one before that */
	struct token  held;		/* what a ';' was put before */
	enum { HELD_NONE, HELD_BACK, HELD_REFUSED } is_held;
	unsigned      depth, map_depth;	/* of braces; that of the map we are in, 0: none */
	bool          in_map_head, in_const;
	bool          is_wrong;		/* something was said about this statement */
	struct cfg_span for_at;		/* of "for (", until the next brace; NULL source: none */
	bool          for_said;
};

struct load *gram_load(struct gram *g) { return g->ld; }

/* ---- tokens ---- */

/* Rows of a map have no ';' at their end; whatever else stands between braces has. */
static void count_braces(struct gram *g)
{
	if (g->token.kind == '{' && ++g->depth && g->in_map_head)
		g->map_depth = g->depth;
	if (g->token.kind == '}' && g->depth > 0 && g->depth-- == g->map_depth)
		g->map_depth = 0;
	if (g->token.kind == CONST)
		g->in_const = g->depth == 0;
	else if (g->token.kind == ';')
		g->in_const = false;
	g->in_map_head = g->token.kind == MAP ||
	    (g->in_map_head && (g->token.kind == ID || g->token.kind == '='));
}

static bool begins_item(int kind)
{
	switch (kind) {
	case ROUTE_KIND: case ROUTE: case LISTEN: case ALIAS: case LOADMODULE: case MODPARAM:
	case MODULE: case ACL: case MAP: case CONST: case APP: case TEST:
		return true;
	default:
		return false;
	}
}

/* What is wrong with an item ends before the line of the next one: items need no ';'. */
static bool ends_wrong_item(const struct gram *g)
{
	return g->is_wrong && g->depth == 0 && begins_item(g->token.kind) &&
	    g->token.at.line > g->before.at.line;
}

static bool lacks_semicolon(const struct gram *g)
{
	if (ends_wrong_item(g))
		return true;
	switch (g->before.kind) {
	case ';': case '{': case '}': case ':': case ',': case 0:
		return false;
	default:
		return g->token.kind == '}' ? !(g->map_depth && g->map_depth == g->depth) :
		    g->in_const && begins_item(g->token.kind);
	}
}

/*
 * Between a statement and the '}' behind it the parser gets the ';' that was forgotten: from
 * inside an expression it could not tell where to go on. If it wants none there, that is
 * another mistake, and the '}' is what stands in its way.
 */
static int hold_back(struct gram *g)
{
	g->held = g->token;
	g->is_held = HELD_BACK;
	g->token.kind = ';';
	return ';';
}

static void say_missing(struct gram *g, struct cfg_span at)
{
	struct diag_item *item = syntax_error(g->ld, 101, at, "\";\" is missing before this");

	diag_beside(item, "the statement before it does not end");
	diag_fix(item, prep_last_end(g->prep), ";");
}

static int release(struct gram *g)
{
	if (g->is_held == HELD_BACK && !g->is_wrong && !g->ld->gave_up && !g->ld->is_garbled)
		say_missing(g, g->held.at);
	if (g->is_held == HELD_BACK)
		g->is_wrong = g->ld->is_garbled = false;
	g->is_held = HELD_NONE;
	g->in_const = false;
	g->token = g->held;
	return g->token.kind;
}

static int next_token(struct gram *g)
{
	int kind;

	/* What a bad token spoils ends with its statement. */
	if (g->token.kind == ';' || g->token.kind == '}')
		g->ld->is_garbled = g->is_wrong = false;
	g->earlier = g->before.kind;
	g->before = g->token;
	kind = prep_next(g->prep, &g->token);
	if (lacks_semicolon(g))
		kind = hold_back(g);
	else
		count_braces(g);
	return kind;
}

/* What other languages write; to ours it is a call, and a strange one. */
static void notice_for(struct gram *g)
{
	if (g->token.kind == '(' && g->before.kind == ID &&
	    slice_eq(g->before.text, SLICE("for"))) {
		g->for_at = g->before.at;
		g->for_said = false;
	} else if (g->token.kind == '{' || g->token.kind == '}') {
		g->for_at = (struct cfg_span){ 0 };
	}
}

int gramlex(GRAMSTYPE *value, struct cfg_span *at, struct gram *g)
{
	int kind;

	if (g->is_held) {
		kind = release(g);
		count_braces(g);
	} else {
		kind = next_token(g);
	}
	notice_for(g);
	value->token = g->token;
	*at = g->token.at;
	return kind;
}

/* ---- syntax errors ---- */

struct wanted { const char *const *names; unsigned count; };

static bool wants(const struct wanted *w, const char *name)
{
	for (unsigned i = 0; i < w->count; i++)
		if (strcmp(w->names[i], name) == 0)
			return true;
	return false;
}

/* A statement that goes on in the next line mostly just lacks its end. */
static bool say_semicolon(struct gram *g, const struct wanted *w, struct cfg_span at)
{
	struct cfg_span end = prep_last_end(g->prep);

	if (!wants(w, "';'") || end.source != at.source)
		return false;
	if (g->token.kind != '}' && g->token.kind != END && end.line >= at.line)
		return false;
	say_missing(g, at);
	return true;
}

static const char *const item_words[] = {
	"request_route", "route", "reply_route", "onreply_route", "failure_route",
	"branch_route", "onsend_route", "local_route", "event_route", "timer_route",
	"startup_route", "listen", "alias", "loadmodule", "modparam", "module", "import",
	"const", "acl", "map", "app", "test"
};

static const char *const statement_words[] = {
	"exit", "drop", "return", "break", "continue", "fallthrough", "if", "else", "foreach",
	"switch", "within", "defer", "var", "given", "expect", "mock", "advance"
};

static bool begins_statement(int behind)
{
	return behind == ';' || behind == '{' || behind == '}' || behind == ')' || behind == ELSE;
}

static const char *nearest_word(const struct gram *g, const struct wanted *w)
{
	if (g->depth > 0)
		return !begins_statement(g->earlier) ? NULL : diag_nearest(g->before.text, statement_words,
		    sizeof(statement_words) / sizeof(statement_words[0]));
	return !wants(w, "'='") ? NULL : diag_nearest(g->before.text, item_words,
	    sizeof(item_words) / sizeof(item_words[0]));
}

/* The word before may be what is wrong: "requset_route {", "exitt;". */
static bool say_word_before(struct gram *g, const struct wanted *w)
{
	struct diag_item *item;
	const char *near;

	if (g->before.kind != ID)
		return false;
	near = nearest_word(g, w);
	if (!near)
		return false;
	item = syntax_error(g->ld, 101, g->before.at, "unexpected \"%.*s\"",
	    SLICE_ARG(g->before.text));
	diag_beside(item, "did you mean \"%s\"?", near);
	diag_fix(item, g->before.at, near);
	return true;
}

static void beside_wanted(struct diag_item *item, const struct wanted *w)
{
	if (wants(w, "number") && wants(w, "variable"))
		diag_beside(item, "a value belongs here");
	else if (wants(w, "';'"))
		diag_beside(item, "\";\" or an operator belongs here");
	else if (wants(w, "')'"))
		diag_beside(item, "\")\" is missing before it");
	else if (wants(w, "']'"))
		diag_beside(item, "\"]\" is missing before it");
	else if (w->count == 1)
		diag_beside(item, "expected: %s", w->names[0]);
	else if (w->count == 2)
		diag_beside(item, "expected: %s or %s", w->names[0], w->names[1]);
}

/* Once for its three errors. */
static bool say_for(struct gram *g)
{
	struct diag_item *item;

	if (!g->for_at.source || g->for_said)
		return g->for_at.source;
	item = syntax_error(g->ld, 101, g->for_at, "there is no \"for\"");
	diag_beside(item, "foreach (x in list) and foreach (i in range(0, n)) go round");
	g->for_said = true;
	return true;
}

/* Behind another mistake its "if" was most likely part of that. */
static bool say_else(struct gram *g, struct cfg_span at, bool is_first)
{
	int behind = g->before.kind;

	if (g->token.kind != ELSE || (behind != ';' && behind != '{' && behind != '}'))
		return false;
	if (is_first)
		diag_beside(syntax_error(g->ld, 101, at, "\"else\" without an \"if\" before it"),
		    "more than one statement between them stand in braces");
	return true;
}

static bool is_comparison(int kind)
{
	return kind == EQ || kind == NE || kind == '<' || kind == '>' || kind == LE ||
	    kind == GE || kind == MATCH || kind == NOMATCH;
}

void gram_report(struct gram *g, struct cfg_span at, const char *const *want, unsigned n)
{
	struct wanted w = { want, n };
	struct diag_item *item;
	bool is_first = !g->ld->is_partial;

	g->ld->is_partial = g->is_wrong = true;
	if (g->is_held) {
		g->is_held = HELD_REFUSED;
		g->token = g->held;
	}
	if (g->ld->gave_up || g->ld->is_garbled)
		return;
	if (say_for(g) || say_else(g, at, is_first) || say_semicolon(g, &w, at) ||
	    say_word_before(g, &w))
		return;
	if (g->token.kind == END) {
		item = syntax_error(g->ld, 101, at, "the file ends in the middle of something");
	} else if (g->token.kind == '=' && wants(&w, "=="))  {
		item = syntax_error(g->ld, 110, at,
		    "\"=\" assigns and cannot stand in a condition");
		diag_beside(item, "write \"==\" to compare");
		return;
	} else if (is_comparison(g->token.kind) && wants(&w, "&&")) {
		item = syntax_error(g->ld, 101, at, "comparisons do not chain");
		diag_beside(item, "join two of them with &&");
		return;
	} else {
		item = syntax_error(g->ld, 101, at, "unexpected %s%.*s%s",
		    g->token.kind == STR ? "text \"" : "\"", SLICE_ARG(g->token.text), "\"");
	}
	if (g->token.kind == ';' && g->before.kind == '}')
		diag_beside(item, "no \";\" stands behind this \"}\"");
	else
		beside_wanted(item, &w);
}

/* ---- memory of the parser ---- */

/* bison asks for memory without saying for whom. */
static _Thread_local struct mem *parser_mem;

void *gram_alloc(size_t size)
{
	return mem_zero(parser_mem, size);
}

void gram_release(void *p)
{
	(void)p;
}

void gramerror(const struct cfg_span *at, struct gram *g, const char *what)
{
	(void)what;			/* the only one left: the stack is full */
	syntax_error(g->ld, 101, *at, "nested too deeply");
}

int ast_parse(struct load *ld, const struct cfg_source *source)
{
	struct gram g = { .ld = ld, .prep = prep_new(ld, source) };

	parser_mem = &ld->mem;
	if (gramparse(&g) != 0)
		return -1;
	return ld->gave_up ? -1 : 0;
}
