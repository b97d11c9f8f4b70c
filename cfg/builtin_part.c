/*
 * cfg/builtin_part.c - what a text is like, and parts of it: {s.*} without a copy, {line.*}.
 */
#include "cfg/builtin_def.h"

/* ---- lengths and cuts ---- */

DEF(len)
{
	UNUSED;
	*ret = value_int((int64_t)v->s.len);
	return true;
}

DEF(to_number)
{
	int64_t i;

	UNUSED;
	*ret = slice_to_i64(slice_trim(v->s), &i) == 0 ? value_int(i) : value_null();
	return true;
}

/* Where a position that may count from the end lies; past the ends: the ends. */
static size_t position(int64_t at, size_t length)
{
	if (at < 0)
		at = at < -(int64_t)length ? 0 : (int64_t)length + at;
	return (uint64_t)at > length ? length : (size_t)at;
}

DEF(substr)
{
	size_t from = position(v[1].i, v[0].s.len);
	struct slice s = slice_skip(v[0].s, from);

	UNUSED;
	/* 0: to the end; negative: so many bytes before it. */
	if (v[2].i > 0)
		s = slice_first(s, (uint64_t)v[2].i > s.len ? s.len : (size_t)v[2].i);
	else if (v[2].i < 0)
		s = slice_first(s, position(v[2].i, s.len));
	return builtin_view(ret, s);
}

DEF(strip)
{
	UNUSED;
	return builtin_view(ret, v[1].i > 0 ? slice_skip(v[0].s, (size_t)v[1].i) : v[0].s);
}

DEF(strip_tail)
{
	size_t cut = v[1].i > 0 ? (size_t)v[1].i : 0;

	UNUSED;
	return builtin_view(ret, slice_first(v[0].s, cut < v[0].s.len ? v[0].s.len - cut : 0));
}

static struct slice trim_left(struct slice s)
{
	slice_skip_lws(&s);
	return s;
}

static struct slice trim_right(struct slice s)
{
	while (s.len > 0 && is_lws(s.p[s.len - 1]))
		s.len--;
	return s;
}

DEF(trim)
{
	UNUSED;
	return builtin_view(ret, trim_right(trim_left(v->s)));
}

DEF(ltrim)
{
	UNUSED;
	return builtin_view(ret, trim_left(v->s));
}

DEF(rtrim)
{
	UNUSED;
	return builtin_view(ret, trim_right(v->s));
}

/* ---- fields and lines ---- */

/* \t, \n, \r, \\ and \w (blank) as a separator; \s stands for all white space. */
static bool is_separator(struct slice sep, char c)
{
	static const char from[] = "tnrw\\", to[] = "\t\n\r \\";

	if (sep.len == 2 && sep.p[0] == '\\') {
		const char *hit = strchr(from, sep.p[1]);

		if (sep.p[1] == 's')
			return is_lws(c);
		return hit && *hit && c == to[hit - from];
	}
	return sep.len > 0 && c == sep.p[0];
}

static size_t field_end(struct slice s, struct slice sep)
{
	size_t i = 0;

	while (i < s.len && !is_separator(sep, s.p[i]))
		i++;
	return i;
}

static int64_t count_fields(struct slice s, struct slice sep)
{
	int64_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += is_separator(sep, s.p[i]);
	return n;
}

static bool select_field(struct slice s, int64_t index, struct slice sep, struct value *ret)
{
	int64_t count = count_fields(s, sep);

	*ret = value_null();
	if (index < 0)
		index += count;
	if (index < 0 || index >= count)
		return true;
	for (; index > 0; index--)
		s = slice_skip(s, field_end(s, sep) + 1);
	return builtin_view(ret, slice_first(s, field_end(s, sep)));
}

DEF(select_nth)
{
	UNUSED;
	return select_field(v[0].s, v[1].i, v[2].s, ret);
}

DEF(select_ws)
{
	UNUSED;
	return select_field(v[0].s, v[1].i, SLICE("\\s"), ret);
}

DEF(line_at)
{
	UNUSED;
	if (!select_field(v[0].s, v[1].i, SLICE("\n"), ret))
		return false;
	if (ret->type == VALUE_STRING && slice_ends(ret->s, SLICE("\r")))
		ret->s.len--;
	return true;
}

DEF(line_count)
{
	UNUSED;
	*ret = value_int(v->s.len ? count_fields(v->s, SLICE("\n")) -
	    slice_ends(v->s, SLICE("\n")) : 0);
	return true;
}

DEF(line_starting)
{
	struct slice rest = v[0].s;

	UNUSED;
	*ret = value_null();
	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		if (!slice_starts(line, v[1].s))
			continue;
		if (slice_ends(line, SLICE("\r")))
			line.len--;
		return builtin_view(ret, line);
	}
	return true;
}

/* ---- around a mark ---- */

static size_t find_last(struct slice s, struct slice what)
{
	for (size_t i = s.len; what.len > 0 && i + 1 > what.len; i--)
		if (slice_starts(slice_skip(s, i - what.len), what))
			return i - what.len;
	return s.len;
}

DEF(before)
{
	UNUSED;
	return builtin_view(ret, slice_first(v[0].s, slice_search(v[0].s, v[1].s)));
}

DEF(after)
{
	UNUSED;
	return builtin_view(ret, slice_skip(v[0].s, slice_search(v[0].s, v[1].s) + v[1].s.len));
}

DEF(before_last)
{
	UNUSED;
	return builtin_view(ret, slice_first(v[0].s, find_last(v[0].s, v[1].s)));
}

DEF(after_last)
{
	UNUSED;
	return builtin_view(ret, slice_skip(v[0].s, find_last(v[0].s, v[1].s) + v[1].s.len));
}

DEF(contains)
{
	UNUSED;
	*ret = value_bool(v[1].s.len == 0 || slice_search(v[0].s, v[1].s) < v[0].s.len);
	return true;
}

DEF(starts_with)
{
	UNUSED;
	*ret = value_bool(slice_starts(v[0].s, v[1].s));
	return true;
}

DEF(ends_with)
{
	UNUSED;
	*ret = value_bool(slice_ends(v[0].s, v[1].s));
	return true;
}

DEF(count)
{
	int64_t hits = 0;

	UNUSED;
	for (size_t i = 0; v[1].s.len > 0 && i < v[0].s.len; i++)
		hits += v[0].s.p[i] == v[1].s.p[0];
	*ret = value_int(hits);
	return true;
}

/* ---- what encloses ---- */

static char closing(char open)
{
	switch (open) {
	case '(': return ')';
	case '[': return ']';
	case '{': return '}';
	case '<': return '>';
	default:  return '\0';
	}
}

DEF(unbracket)
{
	struct slice s = v->s;

	UNUSED;
	if (s.len >= 2 && closing(s.p[0]) && s.p[s.len - 1] == closing(s.p[0]))
		s = slice_of(s.p + 1, s.len - 2);
	return builtin_view(ret, s);
}

DEF(unquote)
{
	struct slice s = v->s;

	UNUSED;
	if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0])
		s = slice_of(s.p + 1, s.len - 2);
	return builtin_view(ret, s);
}

static const struct builtin list[] = {
	{ "len(s: str) -> int", "s.len", len, TRANS, "bytes of a text" },
	{ "toint(s: str) -> int?", "s.int", to_number, TRANS, "the number that a text is, or null" },
	{ "substr(s: str, offset: int, length: int = 0) -> str", "s.substr", substr, TRANS,
	  "a part; negative offsets count from the end, length 0 goes to the end" },
	{ "strselect(s: str, index: int, separator: str) -> str?", "s.select", select_nth, TRANS,
	  "a field of a text with separators; negative counts from the end; null if there is none" },
	{ "strselectws(s: str, index: int) -> str?", "s.selectws", select_ws, TRANS,
	  "a field between white space" },
	{ "strskip(s: str, count: int) -> str", "s.strip", strip, TRANS, "without its first bytes" },
	{ "strskiptail(s: str, count: int) -> str", "s.striptail", strip_tail, TRANS,
	  "without its last bytes" },
	{ "strtrim(s: str) -> str", "s.trim", trim, TRANS, "without white space around it" },
	{ "strltrim(s: str) -> str", "s.ltrim", ltrim, TRANS, "without white space before it" },
	{ "strrtrim(s: str) -> str", "s.rtrim", rtrim, TRANS, "without white space behind it" },
	{ "strunbracket(s: str) -> str", "s.unbracket", unbracket, TRANS,
	  "without the brackets around it" },
	{ "strunquote(s: str) -> str", "s.unquote", unquote, TRANS, "without the quotes around it" },
	{ "strcount(s: str, char: str) -> int", "s.count", count, TRANS,
	  "how often a character occurs" },
	{ "strbefore(s: str, mark: str) -> str", "s.before", before, TRANS,
	  "what stands before the first mark; all of it if there is none" },
	{ "strafter(s: str, mark: str) -> str", "s.after", after, TRANS,
	  "what stands behind the first mark; empty if there is none" },
	{ "strrbefore(s: str, mark: str) -> str", "s.rbefore", before_last, TRANS,
	  "what stands before the last mark; all of it if there is none" },
	{ "strrafter(s: str, mark: str) -> str", "s.rafter", after_last, TRANS,
	  "what stands behind the last mark; empty if there is none" },
	{ "strcontains(s: str, part: str) -> bool", NULL, contains, 0, "does a text contain another?" },
	{ "strstarts(s: str, part: str) -> bool", NULL, starts_with, 0,
	  "does a text begin with another?" },
	{ "strends(s: str, part: str) -> bool", NULL, ends_with, 0, "does a text end in another?" },
	{ "line_count(s: str) -> int", "line.count", line_count, TRANS, "how many lines a text has" },
	{ "line_at(s: str, index: int) -> str?", "line.at", line_at, TRANS,
	  "a line; negative counts from the last one" },
	{ "line_starting(s: str, begin: str) -> str?", "line.sw", line_starting, TRANS,
	  "the first line that begins so" }
};

const struct builtin_table builtin_part = { list, sizeof(list) / sizeof(list[0]) };
