/*
 * cfg/fmt_lay.c - items become lines: where one ends, how deep it stands, what is aligned.
 */
#include "cfg/fmt_int.h"
#include "cfg/gram.h"

#define INDENT 4u

/* Which neighbours are aligned with each other. */
enum align { ALIGN_NONE, ALIGN_SETTING, ALIGN_CONST, ALIGN_OPTION, ALIGN_MODULE, ALIGN_ROW };

struct line {
	struct slice text;		/* without its indentation */
	unsigned     indent;		/* columns */
	struct slice comment;		/* behind it */
	unsigned     comment_column;
	bool         blank_before;
	enum align   align;
	size_t       mark;		/* offset in text: blanks go there */
};

enum frame_kind {
	FRAME_STMTS,			/* { statements } */
	FRAME_SWITCH,
	FRAME_OPTIONS,			/* module, app, listen, given: { key = value; } */
	FRAME_ROWS,			/* acl, map: lines as they were */
	FRAME_ROUND,			/* ( or [ */
	FRAME_CONTROL			/* if, else, while, ...: its body comes */
};

struct frame {
	enum frame_kind kind;
	unsigned        indent;		/* columns of the line that opened it */
	bool            on_one_line;	/* of options and rows */
	bool            may_else;	/* a control that "else" can still follow */
	bool            is_switch;
};

struct state {				/* what the branches of an #!if share at their start */
	unsigned depth;
	unsigned stmt_indent;
	bool     at_start;		/* a statement or item begins */
	bool     in_label;		/* between case and ":" */
	unsigned first;			/* item that began the statement */
	unsigned head_end;		/* last item of a condition; 0 */
};

struct branch { struct branch *outer; struct state at; struct frame *frames; };

struct lay {
	struct fmt            *f;
	struct mem            *mem;
	struct frame          *frames;
	unsigned               room;
	struct state           s;
	struct branch         *branch;
	/* the line being made */
	char                  *text;
	unsigned               len, text_room;
	struct line            now;
	bool                   is_open;
	bool                   must_break;
	const struct fmt_item *before;		/* token or comment on this line */
	struct line           *lines;
	unsigned               count, line_room;
};

/* ---- lines ---- */

static void put(struct lay *l, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		*(char *)mem_push(l->mem, &l->text, &l->len, &l->text_room, 1) = s.p[i];
}

static void end_line(struct lay *l)
{
	if (l->is_open) {
		l->now.text = mem_dup(l->mem, slice_of(l->text, l->len));
		*(struct line *)mem_push(l->mem, &l->lines, &l->count, &l->line_room,
		    sizeof(struct line)) = l->now;
	}
	l->is_open = l->must_break = false;
	l->before = NULL;
	l->len = 0;
}

static bool is_first_in_block(const struct lay *l)
{
	const struct line *last = l->count ? &l->lines[l->count - 1] : NULL;

	return !last || (last->text.len && last->text.p[last->text.len - 1] == '{');
}

static void begin_line(struct lay *l, unsigned indent, bool blank)
{
	end_line(l);
	memset(&l->now, 0, sizeof(l->now));
	l->now.indent = indent;
	l->now.blank_before = blank && !is_first_in_block(l);
	l->is_open = true;
}

/* ---- frames ---- */

static struct frame *top(struct lay *l)
{
	return l->s.depth ? &l->frames[l->s.depth - 1] : NULL;
}

static struct frame *push(struct lay *l, enum frame_kind kind, unsigned indent)
{
	struct frame *fr = mem_push(l->mem, &l->frames, &l->s.depth, &l->room, sizeof(*fr));

	memset(fr, 0, sizeof(*fr));
	fr->kind = kind;
	fr->indent = indent;
	return fr;
}

static bool top_is(struct lay *l, enum frame_kind kind)
{
	return l->s.depth && top(l)->kind == kind;
}

/* The block around, whatever controls and brackets are open in it. */
static const struct frame *block_of(const struct lay *l)
{
	for (unsigned d = l->s.depth; d > 0; d--)
		if (l->frames[d - 1].kind < FRAME_ROUND)
			return &l->frames[d - 1];
	return NULL;
}

static bool is_script(const struct frame *b)
{
	return b && (b->kind == FRAME_STMTS || b->kind == FRAME_SWITCH);
}

/* ---- how deep a line stands ---- */

static unsigned depth_of_block(const struct lay *l)
{
	const struct frame *b = block_of(l);

	return b ? b->indent + INDENT : 0;
}

static bool is_case(const struct fmt_item *i)
{
	return fmt_is(i, "case") || fmt_is(i, "default");
}

static unsigned depth_of_start(struct lay *l, const struct fmt_item *i)
{
	if (top_is(l, FRAME_CONTROL))
		return top(l)->indent + (i->token == '{' || fmt_is(i, "else") ? 0 : INDENT);
	if (top_is(l, FRAME_SWITCH) && is_case(i))
		return top(l)->indent;
	return depth_of_block(l);
}

static unsigned depth_of_token(struct lay *l, const struct fmt_item *i)
{
	if (i->token == '}' && block_of(l))
		return block_of(l)->indent;
	if (l->s.at_start)
		return depth_of_start(l, i);
	if (i->token == '{' || i->token == ')' || i->token == ']')
		return l->s.stmt_indent;
	return l->s.stmt_indent + INDENT;
}

/* A comment on a line of its own belongs to what comes below it. */
static unsigned depth_of_comment(struct lay *l, unsigned n)
{
	const struct fmt_item *next = fmt_after(l->f, n);

	if (!next)
		return l->s.at_start || !l->s.depth ? depth_of_block(l) : l->s.stmt_indent + INDENT;
	if (next->token == '}')
		return depth_of_block(l);
	if (!block_of(l) && !top_is(l, FRAME_ROUND) &&
	    fmt_begins_item(l->f, (unsigned)(next - l->f->items)))
		return 0;
	return depth_of_token(l, next);
}

/* ---- ends of statements ---- */

/* An if without braces ends with its body, unless an else follows. */
static void close_controls(struct lay *l, unsigned n)
{
	const struct fmt_item *next = fmt_after(l->f, n);

	while (top_is(l, FRAME_CONTROL)) {
		if (top(l)->may_else && next && fmt_is(next, "else"))
			return;
		l->s.depth--;
	}
}

static void end_statement(struct lay *l, unsigned n)
{
	close_controls(l, n);
	l->s.at_start = true;
	l->s.in_label = false;
}

/* ---- tokens ---- */

static enum frame_kind kind_of_block(struct lay *l)
{
	const struct fmt_item *first = &l->f->items[l->s.first];

	if (top_is(l, FRAME_CONTROL))
		return top(l)->is_switch ? FRAME_SWITCH : FRAME_STMTS;
	if (l->s.at_start)
		return FRAME_STMTS;
	if (fmt_is(first, "acl") || fmt_is(first, "map"))
		return FRAME_ROWS;
	if (block_of(l) ? fmt_is(first, "given") : !fmt_is_route_kind(first) &&
	    !fmt_is(first, "test"))
		return FRAME_OPTIONS;
	return FRAME_STMTS;
}

static bool has_break_inside(const struct fmt *f, unsigned n)
{
	unsigned end = f->items[n].match;

	if (!end)
		return true;
	for (unsigned i = n + 1; i <= end; i++)
		if (f->items[i].breaks)
			return true;
	return false;
}

static void mark(struct lay *l, enum align align)
{
	if (l->now.align == ALIGN_NONE) {
		l->now.align = align;
		l->now.mark = l->len;
	}
}

static void open_block(struct lay *l, unsigned n)
{
	unsigned indent = l->s.at_start && !top_is(l, FRAME_CONTROL) ? l->now.indent :
	    top_is(l, FRAME_CONTROL) ? top(l)->indent : l->s.stmt_indent;
	enum frame_kind kind = kind_of_block(l);
	struct frame *fr = push(l, kind, indent);
	const struct fmt_item *next = fmt_after(l->f, n);

	fr->on_one_line = !has_break_inside(l->f, n) &&
	    (kind >= FRAME_OPTIONS || (next && next->token == '}'));
	l->must_break = !fr->on_one_line;
	l->s.at_start = true;
	l->s.first = n;
}

static void close_block(struct lay *l, unsigned n)
{
	const struct fmt_item *next = fmt_after(l->f, n);

	while (l->s.depth && top(l)->kind >= FRAME_ROUND)
		l->s.depth--;
	if (l->s.depth)
		l->s.depth--;
	end_statement(l, n);
	l->must_break = !next || (next->token != ';' && next->token != ',' &&
	    !fmt_is(next, "else"));
}

static bool is_control(const struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n], *next = fmt_after(l->f, n);

	if (!is_script(block_of(l)) || !next)
		return false;
	return fmt_is(i, "if") || fmt_is(i, "while") || fmt_is(i, "switch") ||
	    (fmt_is(i, "foreach") && next->token == '(') ||
	    (fmt_is(i, "within") && next->token == DUR) ||
	    (fmt_is(i, "defer") && next->token == '{');
}

/* Where the condition ends: known from the tree, or by its brackets. */
static unsigned find_head_end(const struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n], *next = fmt_after(l->f, n);
	unsigned at = (unsigned)(next - l->f->items);

	if (i->head_end)
		return i->head_end;
	if (fmt_is(i, "within"))
		return at;
	if (next->token == '(' && next->match)
		return next->match;
	while (at < l->f->count && l->f->items[at].token != '{')
		at++;
	return at - 1;
}

static void begin_control(struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n];
	unsigned indent = l->s.stmt_indent;
	struct frame *fr = push(l, FRAME_CONTROL, indent);

	fr->may_else = fmt_is(i, "if") || fmt_is(i, "within");
	fr->is_switch = fmt_is(i, "switch");
	l->s.at_start = fmt_is(i, "defer");
	l->s.head_end = l->s.at_start ? 0 : find_head_end(l, n);
}

static void begin_statement(struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n];

	l->s.first = n;
	if (fmt_is(i, "else") && top_is(l, FRAME_CONTROL)) {
		top(l)->may_else = false;
		l->s.stmt_indent = top(l)->indent;
		return;			/* its body comes: still at a start */
	}
	l->s.stmt_indent = l->now.indent;
	if (is_control(l, n)) {
		begin_control(l, n);
		return;
	}
	l->s.at_start = false;
	l->s.in_label = top_is(l, FRAME_SWITCH) && is_case(i);
}

static void on_equals(struct lay *l)
{
	const struct frame *b = block_of(l);
	const struct fmt_item *first = &l->f->items[l->s.first];

	if (top_is(l, FRAME_ROUND))
		return;
	if (!b && fmt_is(first, "const"))
		mark(l, ALIGN_CONST);
	else if (!b && !fmt_is(first, "acl") && !fmt_is(first, "map"))
		mark(l, ALIGN_SETTING);
	else if (b && b->kind == FRAME_OPTIONS && !b->on_one_line)
		mark(l, ALIGN_OPTION);
}

static void on_semicolon(struct lay *l, unsigned n)
{
	const struct frame *b = block_of(l);

	if (top_is(l, FRAME_ROUND))
		return;
	end_statement(l, n);
	l->must_break = !b || is_script(b) || (b->kind == FRAME_OPTIONS && !b->on_one_line);
}

static void on_colon(struct lay *l)
{
	const struct frame *b = block_of(l);

	if (top_is(l, FRAME_ROUND))
		return;
	if (l->s.in_label) {
		l->s.in_label = false;
		l->s.at_start = l->must_break = true;
	} else if (b && b->kind == FRAME_ROWS && !b->on_one_line) {
		mark(l, ALIGN_ROW);
	}
}

static void structure(struct lay *l, unsigned n)
{
	switch (l->f->items[n].token) {
	case '{': open_block(l, n); break;
	case '}': close_block(l, n); break;
	case '(':
	case '[': push(l, FRAME_ROUND, l->s.stmt_indent); break;
	case ')':
	case ']':
		if (top_is(l, FRAME_ROUND))
			l->s.depth--;
		break;
	case ';': on_semicolon(l, n); break;
	case ':': on_colon(l); break;
	case ',':
		if (top_is(l, FRAME_ROWS))
			l->s.at_start = true;
		break;
	default: break;
	}
	if (l->s.head_end && n == l->s.head_end) {
		l->s.head_end = 0;
		l->s.at_start = true;
	}
}

static bool breaks_before(struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n];
	const struct frame *b = block_of(l);

	if (!l->is_open || l->must_break || i->breaks)
		return true;
	if (i->token == '}')
		return b && !b->on_one_line;
	return !b && !top_is(l, FRAME_ROUND) && fmt_begins_item(l->f, n);
}

static void put_token(struct lay *l, const struct fmt_item *i)
{
	if (l->len && l->before && fmt_has_blank(l->before, i))
		put(l, SLICE(" "));
	if (i->token == '=' && i->role == ROLE_PLAIN)
		on_equals(l);
	if (i->wrap_open)
		put(l, SLICE("("));
	put(l, i->text);
	if (i->wrap_close)
		put(l, SLICE(")"));
	l->before = i;
}

static void token(struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n];
	const struct frame *b = block_of(l);
	bool begins_item = !b && !top_is(l, FRAME_ROUND) && fmt_begins_item(l->f, n);

	if (begins_item)
		l->s.at_start = true;
	if (breaks_before(l, n))
		begin_line(l, depth_of_token(l, i), i->breaks > 1 && i->token != '}');
	if (l->s.at_start && i->token != '{' && i->token != '}' && i->token != ';')
		begin_statement(l, n);
	if (i->token == '{' && !b && fmt_is(&l->f->items[l->s.first], "module") &&
	    !has_break_inside(l->f, n) && l->before && fmt_has_blank(l->before, i)) {
		put(l, SLICE(" "));
		l->before = NULL;
		mark(l, ALIGN_MODULE);
	}
	put_token(l, i);
	structure(l, n);
}

/* ---- comments and directives ---- */

static bool ends_its_line(const struct fmt *f, unsigned n)
{
	return f->items[n].to_line_end || n + 1 == f->count || f->items[n + 1].breaks;
}

static void comment(struct lay *l, unsigned n)
{
	const struct fmt_item *i = &l->f->items[n];

	if (l->is_open && !i->breaks && ends_its_line(l->f, n)) {
		l->now.comment = i->text;
		l->now.comment_column = i->column;
		l->must_break = true;
		return;
	}
	if (!l->is_open || i->breaks || l->must_break)
		begin_line(l, depth_of_comment(l, n), i->breaks > 1);
	else
		put(l, SLICE(" "));
	put(l, i->text);
	l->before = i;
	l->must_break = ends_its_line(l->f, n);
}

static struct frame *copy_frames(struct lay *l)
{
	struct frame *copy = MEM_ARRAY(l->mem, struct frame, l->s.depth + 1);

	if (l->s.depth)
		memcpy(copy, l->frames, l->s.depth * sizeof(*copy));
	return copy;
}

static void branch_open(struct lay *l)
{
	struct branch *b = MEM_NEW(l->mem, struct branch);

	b->outer = l->branch;
	b->at = l->s;
	b->frames = copy_frames(l);
	l->branch = b;
}

/* Each branch begins as the first one did. */
static void branch_again(struct lay *l)
{
	l->s = l->branch->at;
	if (l->s.depth)
		memcpy(l->frames, l->branch->frames, l->s.depth * sizeof(*l->frames));
}

static void directive(struct lay *l, const struct fmt_item *i)
{
	begin_line(l, i->column, i->breaks > 1);
	put(l, i->text);
	end_line(l);
	if (slice_starts(i->text, SLICE("#!if")))
		branch_open(l);
	else if (l->branch && slice_starts(i->text, SLICE("#!el")))
		branch_again(l);
	else if (l->branch && slice_starts(i->text, SLICE("#!endif")))
		l->branch = l->branch->outer;
}

/* ---- alignment and output ---- */

static bool is_neighbour(const struct line *a, const struct line *b)
{
	return a->align == b->align && a->indent == b->indent && !b->blank_before;
}

/* Continuations, comments and directives end a group, as a blank line does. */
static unsigned group_end(const struct lay *l, unsigned from)
{
	unsigned to = from + 1;

	while (to < l->count && is_neighbour(&l->lines[from], &l->lines[to]))
		to++;
	return to;
}

static size_t columns(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void align_group(struct lay *l, unsigned from, unsigned to)
{
	size_t widest = 0;

	for (unsigned i = from; i < to; i++) {
		size_t w = columns(slice_first(l->lines[i].text, l->lines[i].mark));

		if (w > widest)
			widest = w;
	}
	for (unsigned i = from; i < to; i++) {
		struct line *n = &l->lines[i];
		struct slice head = slice_first(n->text, n->mark), rest = slice_skip(n->text, n->mark);

		if (rest.len)
			n->text = mem_printf(l->mem, "%.*s%*s%.*s", SLICE_ARG(head),
			    (int)(widest - columns(head)), "", SLICE_ARG(rest));
	}
}

static void align_all(struct lay *l)
{
	unsigned end;

	for (unsigned i = 0; i < l->count; i = end) {
		end = group_end(l, i);
		if (l->lines[i].align != ALIGN_NONE)
			align_group(l, i, end);
	}
}

static void put_blanks(struct lay *l, size_t n)
{
	while (n-- > 0)
		put(l, SLICE(" "));
}

/* A comment keeps its column as long as there is room for it. */
static void put_line(struct lay *l, const struct line *n)
{
	size_t width = n->indent + columns(n->text);

	if (n->blank_before)
		put(l, SLICE("\n"));
	put_blanks(l, n->indent);
	put(l, n->text);
	if (n->comment.len) {
		put_blanks(l, n->comment_column > width + 1 ? n->comment_column - width : 1);
		put(l, n->comment);
	}
	put(l, SLICE("\n"));
}

struct slice fmt_lay(struct fmt *f)
{
	struct lay l = { .f = f, .mem = &f->ld->mem };

	l.s.at_start = true;
	for (unsigned n = 0; n < f->count; n++) {
		const struct fmt_item *i = &f->items[n];

		if (i->kind == FMT_TOKEN)
			token(&l, n);
		else if (i->kind == FMT_COMMENT)
			comment(&l, n);
		else
			directive(&l, i);
	}
	end_line(&l);
	align_all(&l);
	l.len = 0;
	for (unsigned i = 0; i < l.count; i++)
		put_line(&l, &l.lines[i]);
	return slice_of(l.text, l.len);
}
