/*
 * cfg/pv.c - inside a pseudo-variable and inside texts that contain some.
 *
 *	$name  $name(arg)  $(name(arg)[index].field{class.op,param})  $$  $?
 *
 * Positions stay those of the file, also inside texts; only what came out of a
 * define has the place of its use.
 */
#include "cfg/ast.h"
#include "cfg/load.h"

struct pv_in {				/* a range of a token's text being read */
	struct load        *ld;
	const struct token *token;
	const char         *p, *end;
	bool                failed;
	unsigned            depth;	/* variables around this one */
};

struct pieces { struct expr *first, **last; unsigned count; };

static struct expr *read_pv(struct pv_in *in);

static struct cfg_span span_of(const struct pv_in *in, const char *from, const char *to)
{
	size_t base = in->token->offset;

	if (in->token->is_expanded)
		return in->token->at;
	return source_span(in->token->source, base + (size_t)(from - in->token->text.p),
	    base + (size_t)(to - in->token->text.p));
}

static struct expr *fail(struct pv_in *in, const char *from, const char *what)
{
	const char *to = in->p > from ? in->p : from + (from < in->end);

	if (!in->failed)
		syntax_error(in->ld, 109, span_of(in, from, to), "%s", what);
	/* Where it ends nobody knows: the rest of the statement is not blamed. */
	in->failed = in->ld->is_garbled = true;
	return expr_bad(in->ld, span_of(in, from, to));
}

static bool is_name_start(char c) { return is_alpha(c) || c == '_'; }
static bool is_name_char(char c) { return is_alnum(c) || c == '_'; }
static bool at(const struct pv_in *in, char c) { return in->p < in->end && *in->p == c; }

static struct slice take_name(struct pv_in *in)
{
	const char *from = in->p;

	if (in->p < in->end && is_name_start(*in->p))
		while (in->p < in->end && is_name_char(*in->p))
			in->p++;
	return slice_between(from, in->p);
}

/* Behind an open bracket: up to the one that closes it; NULL if there is none. */
static const char *find_close(const struct pv_in *in, char open, char close)
{
	unsigned depth = 1;

	for (const char *p = in->p; p < in->end; p++) {
		if (*p == '\\' && p + 1 < in->end)
			p++;
		else if (*p == open)
			depth++;
		else if (*p == close && --depth == 0)
			return p;
	}
	return NULL;
}

/* ---- texts with variables in them ---- */

static void piece_add(struct pieces *list, struct expr *e)
{
	*list->last = e;
	list->last = &e->next;
	list->count++;
}

static void piece_text(struct pv_in *in, struct pieces *list, char *text, size_t *len,
    const char *from)
{
	struct slice s = mem_dup(&in->ld->mem, slice_of(text, *len));

	if (*len)
		piece_add(list, expr_value(in->ld, span_of(in, from, in->p), value_string(s)));
	*len = 0;
}

static bool begins_pv(const struct pv_in *in)
{
	return in->p + 1 < in->end && in->p[0] == '$' &&
	    (is_name_start(in->p[1]) || in->p[1] == '(' || in->p[1] == '?');
}

/* One character of a text, escapes resolved. Unknown escapes keep their backslash:
 * they are meant for somebody else, mostly a regular expression. */
static size_t take_char(struct pv_in *in, char *out, bool is_format)
{
	static const char from[] = "nrt\"\\", to[] = "\n\r\t\"\\";
	const char *hit;
	char c = *in->p++;

	if (is_format && c == '$' && at(in, '$'))
		in->p++;
	if (c != '\\' || in->p == in->end) {
		*out = c;
		return 1;
	}
	if (*in->p == '\n') {
		in->p++;
		return 0;
	}
	hit = *in->p ? strchr(from, *in->p) : NULL;
	if (hit)
		c = to[hit - from];
	else if (is_format && *in->p == '$')
		c = '$';
	else
		hit = NULL;
	if (hit || c == '$')
		in->p++;
	*out = c;
	return 1;
}

static struct pieces pieces_new(void)
{
	return (struct pieces){ NULL, NULL, 0 };
}

static void read_pieces(struct pv_in *in, struct pieces *list, bool plain_text)
{
	char *text = mem_bytes(&in->ld->mem, (size_t)(in->end - in->p) + 1);
	const char *from = in->p;
	size_t len = 0;

	while (in->p < in->end && !in->failed) {
		if (!plain_text && begins_pv(in)) {
			piece_text(in, list, text, &len, from);
			piece_add(list, read_pv(in));
			from = in->p;
		} else if (plain_text) {
			text[len++] = *in->p++;
		} else {
			len += take_char(in, text + len, true);
		}
	}
	piece_text(in, list, text, &len, from);
}

static struct expr *join_pieces(struct load *ld, struct pieces *list, struct cfg_span where)
{
	struct expr *e;

	if (list->count == 0)
		return expr_value(ld, where, value_string(SLICE("")));
	if (list->count == 1 && list->first->kind == EXPR_LITERAL) {
		list->first->at = where;
		return list->first;
	}
	e = expr_new(ld, EXPR_TEXT, where);
	e->text.pieces = list->first;
	return e;
}

static struct pv_in reader_of(struct load *ld, const struct token *t)
{
	return (struct pv_in){ ld, t, t->text.p, t->text.p + t->text.len, false, 0 };
}

struct expr *text_pieces(struct load *ld, const struct text_part *parts, struct cfg_span where)
{
	struct pieces list = pieces_new();

	list.last = &list.first;
	for (; parts; parts = parts->next) {
		struct pv_in in = reader_of(ld, &parts->token);

		read_pieces(&in, &list, parts->token.quote == '\'');
		if (in.failed)
			return expr_bad(ld, where);
	}
	return join_pieces(ld, &list, where);
}

struct slice text_unescape(struct load *ld, struct slice raw, bool is_format)
{
	struct token t = { .text = raw };
	struct pv_in in = reader_of(ld, &t);
	char *text;
	size_t len = 0;

	if (slice_find(raw, '\\') == raw.len)
		return raw;
	text = mem_bytes(&ld->mem, raw.len + 1);
	while (in.p < in.end)
		len += take_char(&in, text + len, is_format);
	return slice_of(text, len);
}

/* ---- $name(arg) ---- */

static struct expr *read_arg(struct pv_in *in, const char *to)
{
	struct pv_in inner = *in;
	struct pieces list = pieces_new();
	struct cfg_span where = span_of(in, in->p, to);

	inner.end = to;
	list.last = &list.first;
	read_pieces(&inner, &list, false);
	in->p = to;
	in->failed |= inner.failed;
	if (list.count == 1 && list.first->kind == EXPR_PV)
		return list.first;
	return join_pieces(in->ld, &list, where);
}

static struct pv *read_name(struct pv_in *in)
{
	struct pv *pv = MEM_NEW(&in->ld->mem, struct pv);
	const char *from = in->p, *to;

	pv->name = take_name(in);
	if (pv->name.len == 0 && at(in, '?')) {
		in->p++;
		pv->name = SLICE("?");
	}
	pv->name_at = span_of(in, from, in->p);
	if (pv->name.len == 0) {
		fail(in, from, "a variable's name is missing here");
		return pv;
	}
	if (!at(in, '('))
		return pv;
	in->p++;
	to = find_close(in, '(', ')');
	if (!to) {
		fail(in, from, "this variable is not closed");
		return pv;
	}
	pv->arg = read_arg(in, to);
	in->p = to + 1;
	return pv;
}

static struct expr *pv_expr(struct pv_in *in, struct pv *pv, const char *from)
{
	struct expr *e = expr_new(in->ld, EXPR_PV, span_of(in, from, in->p));

	e->pv = pv;
	return e;
}

/* ---- $(name(arg)[index].field{transformation}) ---- */

static void read_index(struct pv_in *in, struct pv *pv)
{
	const char *from = in->p++, *to = find_close(in, '[', ']');
	struct slice text;
	int64_t n;

	if (!to) {
		fail(in, from, "\"]\" is missing");
		return;
	}
	text = slice_trim(slice_between(in->p, to));
	pv->index_kind = PV_INDEX_ONE;
	if (slice_eq(text, SLICE("*")))
		pv->index_kind = PV_INDEX_ALL;
	else if (slice_to_i64(text, &n) == 0)
		pv->index = expr_value(in->ld, span_of(in, in->p, to), value_int(n));
	else if (begins_pv(in))
		pv->index = read_arg(in, to);
	else
		fail(in, from, "an index is a number, a variable or *");
	in->p = to + 1;
}

static struct expr *read_field(struct pv_in *in, struct expr *of, const char *start)
{
	const char *from = ++in->p, *to;
	struct slice name = take_name(in);
	struct expr *e;

	if (name.len == 0)
		return fail(in, from, "the name of a field is missing behind \".\"");
	e = expr_new(in->ld, EXPR_FIELD, span_of(in, start, in->p));
	e->field.of = of;
	e->field.name = name;
	e->field.name_at = span_of(in, from, in->p);
	expr_hang(in->ld, e, of);
	if (at(in, '(')) {
		in->p++;
		to = find_close(in, '(', ')');
		if (!to)
			return fail(in, from, "\")\" is missing");
		e->field.args = read_arg(in, to);
		e->field.has_args = true;
		in->p = to + 1;
	}
	return e;
}

/* The parameter of {re.subst,/from/to/flags} may contain commas and braces. */
static const char *find_subst_end(const struct pv_in *in)
{
	const char *p = in->p;
	char mark = p < in->end ? *p++ : '\0';
	unsigned seen = 1;

	for (; p < in->end && seen < 3; p++) {
		if (*p == '\\' && p + 1 < in->end)
			p++;
		else
			seen += *p == mark;
	}
	while (p < in->end && is_alpha(*p))
		p++;
	return seen == 3 && p < in->end && *p == '}' ? p : NULL;
}

static const char *find_param_end(const struct pv_in *in)
{
	unsigned depth = 0;

	/* {s.select,1,,}: the separator may be a comma */
	if (in->p + 1 < in->end && in->p[0] == ',' && in->p[1] == '}')
		return in->p + 1;
	for (const char *p = in->p; p < in->end; p++) {
		if (*p == '\\' && p + 1 < in->end)
			p++;
		else if (*p == '(' || *p == '{')
			depth++;
		else if (depth > 0 && (*p == ')' || *p == '}'))
			depth--;
		else if (depth == 0 && (*p == ',' || *p == '}'))
			return p;
	}
	return NULL;
}

static struct expr *read_param(struct pv_in *in, bool is_subst)
{
	const char *to = is_subst ? find_subst_end(in) : find_param_end(in);
	struct slice raw;
	struct expr *e;

	if (!to)
		return fail(in, in->p, is_subst ? "the form is {re.subst,/from/to/flags}" :
		    "\"}\" is missing behind the transformation");
	if (!is_subst)
		return read_arg(in, to);
	raw = slice_between(in->p, to);
	e = expr_value(in->ld, span_of(in, in->p, to), value_string(raw));
	in->p = to;
	return e;
}

static void read_params(struct pv_in *in, struct expr *e)
{
	bool is_subst = slice_eq(e->field.name, SLICE("re.subst"));
	struct expr **last = &e->field.args;

	while (at(in, ',') && !in->failed) {
		in->p++;
		*last = read_param(in, is_subst);
		last = &(*last)->next;
	}
}

static struct expr *read_trans(struct pv_in *in, struct expr *of, const char *start)
{
	const char *from = ++in->p;
	struct expr *e = expr_new(in->ld, EXPR_TRANS, of->at);

	e->field.of = of;
	expr_hang(in->ld, e, of);
	while (in->p < in->end && (is_name_char(*in->p) || *in->p == '.'))
		in->p++;
	e->field.name = slice_between(from, in->p);
	e->field.name_at = span_of(in, from, in->p);
	if (e->field.name.len == 0)
		return fail(in, from, "the name of a transformation is missing");
	read_params(in, e);
	if (in->failed)
		return e;
	if (!at(in, '}'))
		return fail(in, from, "\"}\" is missing behind the transformation");
	in->p++;
	e->at = span_of(in, start, in->p);
	return e;
}

static struct expr *read_suffixes(struct pv_in *in, struct expr *e, const char *start)
{
	while (!in->failed && in->p < in->end) {
		if (*in->p == '.')
			e = read_field(in, e, start);
		else if (*in->p == '{')
			e = read_trans(in, e, start);
		else
			return e;
	}
	return e;
}

static struct expr *read_long(struct pv_in *in, const char *start)
{
	struct pv *pv;
	struct expr *e;

	in->p++;
	pv = read_name(in);
	if (!in->failed && at(in, '['))
		read_index(in, pv);
	e = read_suffixes(in, pv_expr(in, pv, start), start);
	if (in->failed)
		return e;
	if (!at(in, ')'))
		return fail(in, in->p < in->end ? in->p : start, "\")\" is missing");
	in->p++;
	e->at = span_of(in, start, in->p);
	return e;
}

static struct expr *read_pv(struct pv_in *in)
{
	const char *start = in->p++;
	struct expr *e;

	if (++in->depth > PV_DEPTH_MAX)
		return fail(in, start, "variables are nested too deeply");
	if (at(in, '('))
		e = read_long(in, start);
	else
		e = pv_expr(in, read_name(in), start);
	in->depth--;
	return e;
}

struct expr *expr_pv(struct load *ld, const struct token *t)
{
	struct pv_in in = reader_of(ld, t);
	struct expr *e;

	if (slice_eq(t->text, SLICE("$$")))
		return expr_value(ld, t->at, value_string(SLICE("$")));
	e = read_pv(&in);
	if (!in.failed && in.p < in.end)
		return fail(&in, in.p, "this does not belong to a variable");
	if (in.failed)
		return expr_bad(ld, t->at);
	e->raw = t->text;
	return e;
}

bool pv_plain_arg(const struct pv *pv, struct slice *out)
{
	if (!pv->arg || pv->arg->kind != EXPR_LITERAL ||
	    pv->arg->literal.value.type != VALUE_STRING)
		return false;
	*out = pv->arg->literal.value.s;
	return out->len > 0;
}
