/*
 * cfg/prep_word.c - which words are the language's, where they stand; and what only a guest has.
 */
#include "cfg/guest_note.h"
#include "cfg/guest_prep.h"
#include "cfg/prep_int.h"
#include "cfg/gram.h"

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
		    (w->before == 0 || prep_peek(p)->kind == w->before))
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
	const struct token *t = prep_peek(p);

	return t->kind == ID && (slice_eq(t->text, SLICE("int")) ||
	    slice_eq(t->text, SLICE("str"))) && prep_peek2(p)->kind == ')';
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

/* defined $x, defined($x); loadpath "..." without "=". */
static bool is_word_of_guests(struct prep *p, struct token *t)
{
	if (t->kind != ID)
		return false;
	if (p->depth > 0 && slice_eq(t->text, SLICE("defined")) && !ends_operand(p->last) &&
	    (prep_peek(p)->kind == PV || (prep_peek(p)->kind == '(' && prep_peek2(p)->kind == PV)))
		t->kind = DEFINED;
	else if (p->depth == 0 && (slice_eq(t->text, SLICE("loadpath")) ||
	    slice_eq(t->text, SLICE("mpath"))) && prep_peek(p)->kind == STR)
		t->kind = MPATH;
	return t->kind != ID;
}

static bool names_transport(struct slice word)
{
	return slice_eq(word, SLICE("udp")) || slice_eq(word, SLICE("tcp")) ||
	    slice_eq(word, SLICE("tls")) || slice_eq(word, SLICE("sctp"));
}

/* force_send_socket(udp:192.0.2.1:5060): a socket as an argument has no quotes there. */
static bool is_socket(struct prep *p, struct token *t)
{
	struct token part;

	if (t->kind != ID || p->depth == 0 || p->last != '(' || !names_transport(t->text) ||
	    prep_peek(p)->kind != ':')
		return false;
	while (prep_peek(p)->kind != ')' && prep_peek(p)->kind != ';' && prep_peek(p)->kind != 0) {
		prep_take(p, &part);
		t->at = span_join(t->at, part.at);
	}
	guest_replace_token(p->ld, t, STR, t->text);
	return true;
}

void prep_guest_token(struct prep *p, struct token *t)
{
	struct token word;

	if (compares(p, t) || is_word_of_guests(p, t) || is_socket(p, t))
		return;
	if (t->kind == STR) {
		guest_apply_subst(p->ld, t);
	} else if (t->kind == '/' && p->last == CASE && prep_peek(p)->kind == STR) {
		guest_fix(p->ld, t->at, "=~ ");		/* case /"^1": */
		t->kind = MATCH;
	} else if (t->kind == '(' && !ends_operand(p->last) && p->last != ROUTE && is_cast(p)) {
		prep_take(p, &word);
		t->text = word.text;
		t->kind = CAST;
		prep_take(p, &word);
		t->at = span_join(t->at, word.at);
	} else if (t->kind == '%' && !ends_operand(p->last) && prep_peek(p)->kind == ID) {
		prep_take(p, &word);
		t->at = span_join(t->at, word.at);
		guest_replace_token(p->ld, t, PV, mem_printf(&p->ld->mem, "$avp(%.*s)",
		    SLICE_ARG(word.text)));
		guest_fix(p->ld, t->at, mem_cstr(&p->ld->mem, t->text));
	}
}

/* Names of routes may be any word; elsewhere some words are the language's. */
int prep_word_kind(struct prep *p, const struct token *t)
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

void prep_follow_names(struct prep *p, int kind)
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
