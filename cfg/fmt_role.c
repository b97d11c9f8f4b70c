/*
 * cfg/fmt_role.c - which brackets belong together, and how tokens stand to their neighbours.
 */
#include "cfg/fmt_int.h"
#include "cfg/gram.h"

enum bracket { IN_BLOCK, IN_CALL, IN_GROUP, IN_NAME, IN_PARAMS, IN_INDEX, IN_LIST };

struct open { enum bracket what; unsigned item; };

struct roles {
	struct fmt            *f;
	struct open           *open;
	unsigned               depth, room, blocks;
	const struct fmt_item *before, *before2;	/* tokens */
	const struct fmt_item *first;			/* of the statement */
};

static bool is_word(const struct fmt_item *i, const char *const *words)
{
	for (; *words; words++)
		if (i->token == ID && slice_eq(i->text, slice_str(*words)))
			return true;
	return false;
}

bool fmt_is_keyword(const struct fmt_item *i)
{
	static const char *const words[] = {
		"if", "else", "while", "foreach", "switch", "within", "case", "return", "in",
		"not", "and", "or", "mod", "expect", "returns", "mock", NULL
	};

	return is_word(i, words);
}

bool fmt_is_route_kind(const struct fmt_item *i)
{
	static const char *const words[] = {
		"route", "request_route", "reply_route", "onreply_route", "failure_route",
		"branch_route", "onsend_route", "local_route", "event_route", "timer_route",
		"startup_route", NULL
	};

	return is_word(i, words);
}

static bool ends_operand(const struct fmt_item *i)
{
	if (!i || fmt_is_keyword(i))
		return false;
	switch (i->token) {
	case ID: case NUM: case DUR: case SIZE: case IP: case STR: case FSTR: case PV:
	case SOCK: case DOTTED: case ')': case ']':
		return true;
	default:
		return false;
	}
}

static enum bracket inside(const struct roles *r)
{
	return r->depth ? r->open[r->depth - 1].what : IN_BLOCK;
}

static bool at_top(const struct roles *r) { return r->depth == 0; }

/* ---- brackets ---- */

static enum bracket what_opens(const struct roles *r, int token)
{
	const struct fmt_item *p = r->before;

	if (token == '{')
		return IN_BLOCK;
	if (!p)
		return IN_GROUP;
	if (token == '[')
		return fmt_is_route_kind(p) ? IN_NAME : ends_operand(p) ? IN_INDEX : IN_LIST;
	if (r->blocks == 0 && (p->token == ']' || fmt_is_route_kind(p)))
		return IN_PARAMS;
	if (fmt_is(p, "route"))
		return IN_NAME;
	return p->token == ID && !fmt_is_keyword(p) ? IN_CALL : IN_GROUP;
}

static void open_bracket(struct roles *r, unsigned n)
{
	struct fmt_item *i = &r->f->items[n];
	enum bracket what = what_opens(r, i->token);
	struct open *o = mem_push(&r->f->ld->mem, &r->open, &r->depth, &r->room, sizeof(*o));

	o->what = what;
	o->item = n;
	r->blocks += what == IN_BLOCK;
	if (i->token == '(')
		i->role = what == IN_GROUP ? ROLE_BEFORE : ROLE_TIGHT;
	else if (i->token == '[')
		i->role = what == IN_LIST ? ROLE_BEFORE : ROLE_TIGHT;
}

static void close_bracket(struct roles *r, unsigned n)
{
	struct open *o;

	if (r->depth == 0)
		return;
	o = &r->open[--r->depth];
	r->blocks -= o->what == IN_BLOCK;
	r->f->items[o->item].match = n;
	r->f->items[n].match = o->item;
	if (r->f->items[n].token != '}')
		r->f->items[n].role = ROLE_BEHIND;
}

/* ---- roles ---- */

static bool before_is(const struct roles *r, int token)
{
	return r->before && r->before->token == token;
}

/* a.b, a-b: at the top level as they stand, or names of hosts would fall apart. */
static bool is_name_part(const struct roles *r)
{
	return inside(r) == IN_NAME || (at_top(r) && !(r->first && fmt_is(r->first, "const")));
}

static enum fmt_role sign_role(const struct roles *r)
{
	if (is_name_part(r) && before_is(r, ID))
		return ROLE_TIGHT;
	return ends_operand(r->before) ? ROLE_PLAIN : ROLE_BEFORE;
}

static enum fmt_role colon_role(const struct roles *r, const struct fmt_item *next)
{
	if (inside(r) == IN_PARAMS)
		return ROLE_BEHIND;
	if (inside(r) == IN_BLOCK && r->blocks && !(r->first && fmt_is(r->first, "given") &&
	    before_is(r, IP) && next && next->token == NUM))
		return ROLE_BEHIND;
	return ROLE_TIGHT;
}

static enum fmt_role equals_role(const struct roles *r)
{
	bool is_label = inside(r) == IN_CALL && before_is(r, ID) && r->before2 &&
	    (r->before2->token == '(' || r->before2->token == ',');

	return is_label ? ROLE_TIGHT : ROLE_PLAIN;
}

static enum fmt_role role_of(struct roles *r, unsigned n)
{
	const struct fmt_item *i = &r->f->items[n];

	switch (i->token) {
	case ',':
		/* Behind the name come values. */
		if (inside(r) == IN_NAME && r->f->items[r->open[r->depth - 1].item].token == '(')
			r->open[r->depth - 1].what = IN_CALL;
		return ROLE_BEHIND;
	case ';':
	case '?': return ROLE_BEHIND;
	case '.': return ROLE_TIGHT;
	case '!':
	case '~': return ROLE_BEFORE;
	case '-':
	case '+': return sign_role(r);
	case ':': return colon_role(r, fmt_after(r->f, n));
	case '=': return equals_role(r);
	default:  return ROLE_PLAIN;
	}
}

/* Two branches of a condition may each open a block that is closed once: the second
 * begins where the first one began. */
struct branch { struct branch *outer; unsigned depth, blocks; };

static void directive(struct roles *r, struct branch **b, struct slice text)
{
	struct branch *n;

	if (slice_starts(text, SLICE("#!if"))) {
		n = MEM_NEW(&r->f->ld->mem, struct branch);
		n->outer = *b;
		n->depth = r->depth;
		n->blocks = r->blocks;
		*b = n;
	} else if (*b && (slice_starts(text, SLICE("#!el")))) {
		/* What the first branch closed below this depth is gone; it opened more. */
		if (r->depth > (*b)->depth) {
			r->depth = (*b)->depth;
			r->blocks = (*b)->blocks;
		}
	} else if (*b && slice_starts(text, SLICE("#!endif"))) {
		*b = (*b)->outer;
	}
}

static void token(struct roles *r, unsigned n)
{
	struct fmt_item *i = &r->f->items[n];

	if (!r->first || (at_top(r) && fmt_begins_item(r->f, n)))
		r->first = i;
	if (i->token == '(' || i->token == '[' || i->token == '{')
		open_bracket(r, n);
	else if (i->token == ')' || i->token == ']' || i->token == '}')
		close_bracket(r, n);
	else
		i->role = role_of(r, n);
	if (i->token == ';' || i->token == '{' || i->token == '}')
		r->first = NULL;
	r->before2 = r->before;
	r->before = i;
}

void fmt_roles(struct fmt *f)
{
	struct roles r = { .f = f };
	struct branch *branch = NULL;

	for (unsigned n = 0; n < f->count; n++) {
		if (f->items[n].kind == FMT_TOKEN)
			token(&r, n);
		else if (f->items[n].kind == FMT_DIRECTIVE)
			directive(&r, &branch, f->items[n].text);
	}
}

bool fmt_has_blank(const struct fmt_item *before, const struct fmt_item *now)
{
	if (before->role == ROLE_TIGHT || before->role == ROLE_BEFORE)
		return false;
	/* "(" and "[" that open a group have nothing close behind them, but a blank before. */
	return now->role == ROLE_PLAIN || now->role == ROLE_BEFORE;
}

/* ---- the file's top level ---- */

struct beginning { const char *word; int next; };

static bool in_pairs(const struct fmt_item *i, int next)
{
	static const struct beginning pairs[] = {
		{ "loadmodule", STR }, { "module", STR }, { "app", STR }, { "test", STR },
		{ "import", STR }, { "import?", STR }, { "include_file", STR },
		{ "import_file", STR }, { "modparam", '(' }, { "acl", ID }, { "map", ID },
		{ "const", ID }, { NULL, 0 }
	};

	for (const struct beginning *p = pairs; p->word; p++)
		if (p->next == next && fmt_is(i, p->word))
			return true;
	return false;
}

static const struct fmt_item *token_before(const struct fmt *f, unsigned n)
{
	while (n > 0)
		if (f->items[--n].kind == FMT_TOKEN)
			return &f->items[n];
	return NULL;
}

static bool waits_for_more(const struct fmt_item *i)
{
	return i->token == '=' || i->token == ',' || i->token == '.' || i->token == '+' ||
	    i->token == ':' || fmt_is(i, "const") || fmt_is(i, "acl") || fmt_is(i, "map") ||
	    fmt_is(i, "as");
}

bool fmt_begins_item(const struct fmt *f, unsigned n)
{
	const struct fmt_item *i = &f->items[n], *p = token_before(f, n), *next;

	if (i->token != ID || (p && waits_for_more(p)))
		return false;
	next = fmt_after(f, n);
	if (i->breaks || !next)
		return true;
	if (next->token == '=' || in_pairs(i, next->token))
		return true;
	return fmt_is_route_kind(i) && (next->token == '[' || next->token == '{' ||
	    next->token == '(');
}
