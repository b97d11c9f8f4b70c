/*
 * cfg/text.c - texts as the script writes them: side by side, f"...", and those that
 * look as if they were meant to be something else.
 */
#include "cfg/ast.h"
#include "cfg/load.h"

static struct text_part *part_of(struct load *ld, const struct token *t)
{
	struct text_part *p = MEM_NEW(&ld->mem, struct text_part);

	p->token = *t;
	return p;
}

struct slice text_value(struct load *ld, const struct token *t)
{
	return t->quote == '\'' ? t->text : text_unescape(ld, t->text, false);
}

/* Texts that stand side by side are one text. */
struct expr *expr_text(struct load *ld, struct expr *before, const struct token *t)
{
	struct slice s = text_value(ld, t);
	struct text_part **last;

	if (!before) {
		before = expr_value(ld, t->at, value_string(s));
		before->literal.parts = part_of(ld, t);
		return before;
	}
	before->literal.value.s = mem_printf(&ld->mem, "%.*s%.*s",
	    SLICE_ARG(before->literal.value.s), SLICE_ARG(s));
	before->at = span_join(before->at, t->at);
	for (last = &before->literal.parts; *last; last = &(*last)->next)
		;
	*last = part_of(ld, t);
	return before;
}

struct expr *expr_fstring(struct load *ld, const struct token *t)
{
	struct text_part *part = part_of(ld, t);
	struct expr *e = text_pieces(ld, part, t->at);

	if (e->kind == EXPR_TEXT)
		e->text.parts = part;
	return e;
}

/* ---- what looks like a variable ---- */

static bool is_name_start(char c) { return is_alpha(c) || c == '_'; }
static bool is_name_char(char c) { return is_alnum(c) || c == '_'; }

bool text_looks_formatted(const struct text_part *parts, struct slice *word)
{
	for (; parts; parts = parts->next) {
		struct slice s = parts->token.text;

		if (parts->token.quote == '\'')
			continue;
		for (size_t i = 0; i + 1 < s.len; i++) {
			size_t n = i + 1;

			if (s.p[i] != '$' || (i > 0 && (s.p[i - 1] == '$' || s.p[i - 1] == '\\')))
				continue;
			while (n < s.len && is_name_char(s.p[n]))
				n++;
			/* "$" at the end of a pattern and "$1" are no variables. */
			if (n == i + 1 ? s.p[n] != '(' : !is_name_start(s.p[i + 1]))
				continue;
			*word = slice_of(s.p + i, n - i);
			return true;
		}
	}
	return false;
}

/* ---- backslashes that stay ---- */

/* With all bytes of the character. */
static struct slice escape_at(struct slice s, size_t i)
{
	size_t n = i + 2;

	while (n < s.len && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return slice_of(s.p + i, n - i);
}

/* The last character of $(...): what is in it is not text, but patterns, too. */
static size_t variable_end(struct slice s, size_t i)
{
	unsigned depth = 0;

	for (i++; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			break;
	}
	return i;
}

static bool stray_escape(struct slice s, bool is_format, struct slice *escape)
{
	struct slice known = is_format ? SLICE("nrt\"\\\r\n$") : SLICE("nrt\"\\\r\n");

	for (size_t i = 0; i + 1 < s.len; i++) {
		if (is_format && s.p[i] == '$') {
			if (s.p[i + 1] == '(')
				i = variable_end(s, i);
			else if (s.p[i + 1] == '$')
				i++;
		} else if (s.p[i] == '\\') {
			if (slice_find(known, s.p[i + 1]) == known.len) {
				*escape = escape_at(s, i);
				return true;
			}
			i++;
		}
	}
	return false;
}

bool text_has_stray_escape(const struct text_part *parts, bool is_format, struct slice *escape)
{
	for (; parts; parts = parts->next)
		if (parts->token.quote != '\'' && stray_escape(parts->token.text, is_format, escape))
			return true;
	return false;
}
