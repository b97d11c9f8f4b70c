/*
 * cfg/builtin_text.c - functions on texts, and the transformations {s.*}, {re.subst}, {line.*}.
 */
#include "cfg/builtin.h"
#include "cfg/regex.h"

#include <errno.h>
#include <time.h>

#define DEF(name) \
	static bool name(struct builtin_run *run, const struct value *v, unsigned n, \
	    struct value *ret)
#define UNUSED (void)run, (void)n

static bool view(struct value *ret, struct slice s)
{
	*ret = value_string(s.p ? s : SLICE(""));
	return true;
}

static bool no_memory(struct builtin_run *run)
{
	return builtin_fail(run, "out of memory");
}

/* ---- length, case, cutting ---- */

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

static bool map_bytes(struct builtin_run *run, struct slice s, char (*fn)(char),
    struct value *ret)
{
	char *p = arena_bytes(run->arena, s.len + 1);

	if (!p)
		return no_memory(run);
	for (size_t i = 0; i < s.len; i++)
		p[i] = fn(s.p[i]);
	return view(ret, slice_of(p, s.len));
}

static char upper_char(char c) { return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c; }

DEF(lower)
{
	(void)n;
	return map_bytes(run, v->s, ascii_lower, ret);
}

DEF(upper)
{
	(void)n;
	return map_bytes(run, v->s, upper_char, ret);
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
	return view(ret, s);
}

DEF(strip)
{
	UNUSED;
	return view(ret, v[1].i > 0 ? slice_skip(v[0].s, (size_t)v[1].i) : v[0].s);
}

DEF(strip_tail)
{
	size_t cut = v[1].i > 0 ? (size_t)v[1].i : 0;

	UNUSED;
	return view(ret, slice_first(v[0].s, cut < v[0].s.len ? v[0].s.len - cut : 0));
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
	return view(ret, trim_right(trim_left(v->s)));
}

DEF(ltrim)
{
	UNUSED;
	return view(ret, trim_left(v->s));
}

DEF(rtrim)
{
	UNUSED;
	return view(ret, trim_right(v->s));
}

/* ---- fields ---- */

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
	return view(ret, slice_first(s, field_end(s, sep)));
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
		return view(ret, line);
	}
	return true;
}

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
	return view(ret, slice_first(v[0].s, slice_search(v[0].s, v[1].s)));
}

DEF(after)
{
	UNUSED;
	return view(ret, slice_skip(v[0].s, slice_search(v[0].s, v[1].s) + v[1].s.len));
}

DEF(before_last)
{
	UNUSED;
	return view(ret, slice_first(v[0].s, find_last(v[0].s, v[1].s)));
}

DEF(after_last)
{
	UNUSED;
	return view(ret, slice_skip(v[0].s, find_last(v[0].s, v[1].s) + v[1].s.len));
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

/* ---- replacing ---- */

struct out { char *p; size_t len, room; };

static void out_put(struct out *o, struct slice s)
{
	if (o->p && s.len && o->len + s.len <= o->room)
		memcpy(o->p + o->len, s.p, s.len);
	o->len += s.len;
}

static void replace_into(struct out *o, struct slice s, struct slice from, struct slice to)
{
	while (s.len > 0) {
		size_t at = from.len ? slice_search(s, from) : s.len;

		out_put(o, slice_first(s, at));
		if (at == s.len)
			return;
		out_put(o, to);
		s = slice_skip(s, at + from.len);
	}
}

/* Twice the same walk: once to measure, once to write. */
static bool replace_all(struct builtin_run *run, struct slice s, struct slice from,
    struct slice to, struct value *ret)
{
	struct out o = { 0 };

	replace_into(&o, s, from, to);
	o.room = o.len;
	o.p = arena_bytes(run->arena, o.room + 1);
	if (!o.p)
		return no_memory(run);
	o.len = 0;
	replace_into(&o, s, from, to);
	return view(ret, slice_of(o.p, o.len));
}

DEF(replace)
{
	(void)n;
	return replace_all(run, v[0].s, v[1].s, v[2].s, ret);
}

DEF(remove_text)
{
	(void)n;
	return replace_all(run, v[0].s, v[1].s, SLICE(""), ret);
}

static bool keep_if(struct builtin_run *run, struct slice s, bool (*keep)(char),
    struct value *ret)
{
	char *p = arena_bytes(run->arena, s.len + 1);
	size_t len = 0;

	if (!p)
		return no_memory(run);
	for (size_t i = 0; i < s.len; i++)
		if (keep(s.p[i]))
			p[len++] = s.p[i];
	return view(ret, slice_of(p, len));
}

static bool is_not_lws(char c) { return !is_lws(c); }

DEF(remove_space)
{
	(void)n;
	return keep_if(run, v->s, is_not_lws, ret);
}

DEF(numeric)
{
	(void)n;
	return keep_if(run, v->s, is_digit, ret);
}

/* A folded header value as one line: end of line and what blanks follow become one blank. */
DEF(unfold)
{
	char *p = arena_bytes(run->arena, v->s.len + 1);
	size_t len = 0;

	(void)n;
	if (!p)
		return no_memory(run);
	for (size_t i = 0; i < v->s.len; i++) {
		char c = v->s.p[i];

		if (c != '\r' && c != '\n') {
			p[len++] = c;
			continue;
		}
		while (i + 1 < v->s.len && is_lws(v->s.p[i + 1]))
			i++;
		p[len++] = ' ';
	}
	return view(ret, slice_of(p, len));
}

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
	return view(ret, s);
}

DEF(unquote)
{
	struct slice s = v->s;

	UNUSED;
	if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0])
		s = slice_of(s.p + 1, s.len - 2);
	return view(ret, s);
}

/* ---- prefixes: "1,12,123" ---- */

static bool prefixes(struct builtin_run *run, struct slice s, int64_t most, struct slice quote,
    struct value *ret)
{
	size_t n = most > 0 && (uint64_t)most < s.len ? (size_t)most : s.len;
	struct out o = { 0 };

	/* The result grows with the square of the length. */
	if (n > 1024)
		return builtin_fail(run, "the prefixes of more than 1024 bytes");
	o.room = n * (n + 1) / 2 + n * (1 + 2 * quote.len);
	o.p = arena_bytes(run->arena, o.room + 1);
	if (!o.p)
		return no_memory(run);
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			out_put(&o, SLICE(","));
		out_put(&o, quote);
		out_put(&o, slice_first(s, i));
		out_put(&o, quote);
	}
	return view(ret, slice_of(o.p, o.len));
}

DEF(plain_prefixes)
{
	(void)n;
	return prefixes(run, v[0].s, v[1].i, SLICE(""), ret);
}

DEF(quoted_prefixes)
{
	(void)n;
	return prefixes(run, v[0].s, v[1].i, SLICE("'"), ret);
}

/* ---- time ---- */

DEF(format_time)
{
	char format[128], text[256];
	time_t at = (time_t)v[0].i;
	struct tm tm;
	size_t len;

	(void)n;
	if (v[1].s.len >= sizeof(format) || !localtime_r(&at, &tm))
		return builtin_fail(run, "a time cannot be formatted like this");
	memcpy(format, v[1].s.p, v[1].s.len);
	format[v[1].s.len] = '\0';
	len = strftime(text, sizeof(text), format, &tm);
	*ret = value_string(arena_dup(run->arena, slice_of(text, len)));
	return ret->s.p || len == 0 ? true : no_memory(run);
}

/* ---- {re.subst,/from/to/flags} ---- */

static bool subst_part(struct slice *s, char mark, struct slice *out)
{
	for (size_t i = 0; i < s->len; i++) {
		if (s->p[i] == '\\' && i + 1 < s->len) {
			i++;
		} else if (s->p[i] == mark) {
			*out = slice_first(*s, i);
			*s = slice_skip(*s, i + 1);
			return true;
		}
	}
	return false;
}

const char *builtin_subst_parse(struct slice s, struct subst *out)
{
	char mark;

	memset(out, 0, sizeof(*out));
	if (s.len < 3)
		return "the form is /from/to/flags";
	mark = s.p[0];
	s = slice_skip(s, 1);
	if (!subst_part(&s, mark, &out->from) || !subst_part(&s, mark, &out->to))
		return "the form is /from/to/flags";
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == 'g')
			out->all = true;
		else if (s.p[i] == 'i')
			out->caseless = true;
		else if (s.p[i] != 's')
			return "flags of a substitution are g, i and s";
	}
	return NULL;
}

/* \1 to \9 are groups, \0 and & are not special beyond \0, other escapes lose the "\". */
static void put_replacement(struct out *o, struct slice to,
    const struct slice groups[REGEX_CAPTURES])
{
	for (size_t i = 0; i < to.len; i++) {
		char c = to.p[i];

		if (c == '\\' && i + 1 < to.len) {
			c = to.p[++i];
			if (is_digit(c)) {
				out_put(o, groups[c - '0']);
				continue;
			}
		}
		out_put(o, slice_of(c == to.p[i] ? &to.p[i] : &c, 1));
	}
}

static int substitute(const struct regex *re, const struct subst *sub, struct slice s,
    struct out *o)
{
	struct slice groups[REGEX_CAPTURES];
	size_t at = 0, from, to;
	int n = 0;

	while (at <= s.len && (n = regex_search(re, s, at, groups, &from, &to)) == 1) {
		out_put(o, slice_of(s.p + at, from - at));
		put_replacement(o, sub->to, groups);
		/* An empty match would stand still. */
		if (to == from && from < s.len)
			out_put(o, slice_of(s.p + to++, 1));
		else if (to == from)
			to++;
		at = to;
		if (!sub->all)
			break;
	}
	if (at < s.len)
		out_put(o, slice_of(s.p + at, s.len - at));
	return n < 0 ? n : 0;
}

DEF(re_subst)
{
	struct subst sub;
	const char *why = builtin_subst_parse(v[1].s, &sub);
	const struct regex *re;
	struct regex_error bad;
	struct out o = { 0 };
	int err;

	(void)n;
	if (why)
		return builtin_fail(run, why);
	err = regex_cached(sub.from, sub.caseless, &re, &bad);
	if (!err)
		err = substitute(re, &sub, v[0].s, &o);
	if (err)
		return builtin_fail(run, err == -EINVAL ? "a pattern does not compile" :
		    err == -ENOMEM ? "out of memory" : "a pattern took too long");
	o.room = o.len;
	o.p = arena_bytes(run->arena, o.room + 1);
	if (!o.p)
		return no_memory(run);
	o.len = 0;
	substitute(re, &sub, v[0].s, &o);
	return view(ret, slice_of(o.p, o.len <= o.room ? o.len : o.room));
}

#define TRANS BUILTIN_NULL_THRU

static const struct builtin list[] = {
	{ "len(s: str) -> int", "s.len", len, TRANS, "bytes of a text" },
	{ "toint(s: str) -> int?", "s.int", to_number, TRANS, "the number that a text is, or null" },
	{ "lower(s: str) -> str", "s.tolower", lower, TRANS, "ASCII letters in lower case" },
	{ "upper(s: str) -> str", "s.toupper", upper, TRANS, "ASCII letters in upper case" },
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
	{ "strreplace(s: str, from: str, to: str) -> str", "s.replace", replace, TRANS,
	  "every occurrence of one text replaced by another" },
	{ "strremove(s: str, what: str) -> str", "s.rm", remove_text, TRANS,
	  "without every occurrence of a text" },
	{ "strremovews(s: str) -> str", "s.rmws", remove_space, TRANS, "without any white space" },
	{ "strunfold(s: str) -> str", "s.rmhdws", unfold, TRANS,
	  "a folded header value as one line" },
	{ "strunfoldlines(s: str) -> str", "s.rmhlws", unfold, TRANS, "the same" },
	{ "strdigits(s: str) -> str", "s.numeric", numeric, TRANS, "its digits alone" },
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
	{ "strprefixes(s: str, longest: int = 0) -> str", "s.prefixes", plain_prefixes, TRANS,
	  "all its beginnings, commas between" },
	{ "strprefixesquoted(s: str, longest: int = 0) -> str", "s.prefixes.quoted",
	  quoted_prefixes, TRANS, "the same, each in quotes" },
	{ "strftime(time: int, format: str) -> str", "s.ftime", format_time,
	  TRANS | BUILTIN_IMPURE, "seconds since 1970 as local time, by a strftime format" },
	{ "resubst(s: str, expression: str) -> str", "re.subst", re_subst, TRANS,
	  "replace what a pattern matches: /pattern/replacement/flags, \\1 is a group, flag g "
	  "replaces all, i ignores case" },
	{ "line_count(s: str) -> int", "line.count", line_count, TRANS, "how many lines a text has" },
	{ "line_at(s: str, index: int) -> str?", "line.at", line_at, TRANS,
	  "a line; negative counts from the last one" },
	{ "line_starting(s: str, begin: str) -> str?", "line.sw", line_starting, TRANS,
	  "the first line that begins so" }
};

const struct builtin_table builtin_text = { list, sizeof(list) / sizeof(list[0]) };
