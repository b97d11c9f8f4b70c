/*
 * cfg/builtin_text.c - a new text made of another: those of {s.*} that write one.
 */
#include "cfg/builtin_def.h"

#include <time.h>

/* ---- byte by byte ---- */

static bool map_bytes(struct builtin_run *run, struct slice s, char (*fn)(char),
    struct value *ret)
{
	char *p = arena_bytes(run->arena, s.len + 1);

	if (!p)
		return builtin_no_memory(run);
	for (size_t i = 0; i < s.len; i++)
		p[i] = fn(s.p[i]);
	return builtin_view(ret, slice_of(p, s.len));
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

static bool keep_if(struct builtin_run *run, struct slice s, bool (*keep)(char),
    struct value *ret)
{
	char *p = arena_bytes(run->arena, s.len + 1);
	size_t len = 0;

	if (!p)
		return builtin_no_memory(run);
	for (size_t i = 0; i < s.len; i++)
		if (keep(s.p[i]))
			p[len++] = s.p[i];
	return builtin_view(ret, slice_of(p, len));
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
		return builtin_no_memory(run);
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
	return builtin_view(ret, slice_of(p, len));
}

/* ---- replacing ---- */

static void replace_into(struct builtin_out *o, struct slice s, struct slice from, struct slice to)
{
	while (s.len > 0) {
		size_t at = from.len ? slice_search(s, from) : s.len;

		builtin_put(o, slice_first(s, at));
		if (at == s.len)
			return;
		builtin_put(o, to);
		s = slice_skip(s, at + from.len);
	}
}

static bool replace_all(struct builtin_run *run, struct slice s, struct slice from,
    struct slice to, struct value *ret)
{
	struct builtin_out o = { 0 };

	replace_into(&o, s, from, to);
	if (!builtin_make_room(run, &o))
		return false;
	replace_into(&o, s, from, to);
	return builtin_view(ret, slice_of(o.p, o.len));
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

/* ---- prefixes: "1,12,123" ---- */

static bool prefixes(struct builtin_run *run, struct slice s, int64_t most, struct slice quote,
    struct value *ret)
{
	size_t n = most > 0 && (uint64_t)most < s.len ? (size_t)most : s.len;
	struct builtin_out o = { 0 };

	/* The result grows with the square of the length. */
	if (n > 1024)
		return builtin_fail(run, "the prefixes of more than 1024 bytes");
	o.room = n * (n + 1) / 2 + n * (1 + 2 * quote.len);
	o.p = arena_bytes(run->arena, o.room + 1);
	if (!o.p)
		return builtin_no_memory(run);
	for (size_t i = 1; i <= n; i++) {
		if (i > 1)
			builtin_put(&o, SLICE(","));
		builtin_put(&o, quote);
		builtin_put(&o, slice_first(s, i));
		builtin_put(&o, quote);
	}
	return builtin_view(ret, slice_of(o.p, o.len));
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
	return ret->s.p || len == 0 ? true : builtin_no_memory(run);
}

static const struct builtin list[] = {
	{ "lower(s: str) -> str", "s.tolower", lower, TRANS, "ASCII letters in lower case" },
	{ "upper(s: str) -> str", "s.toupper", upper, TRANS, "ASCII letters in upper case" },
	{ "strreplace(s: str, from: str, to: str) -> str", "s.replace", replace, TRANS,
	  "every occurrence of one text replaced by another" },
	{ "strremove(s: str, what: str) -> str", "s.rm", remove_text, TRANS,
	  "without every occurrence of a text" },
	{ "strremovews(s: str) -> str", "s.rmws", remove_space, TRANS, "without any white space" },
	{ "strunfold(s: str) -> str", "s.rmhdws", unfold, TRANS,
	  "a folded header value as one line" },
	{ "strunfoldlines(s: str) -> str", "s.rmhlws", unfold, TRANS, "the same" },
	{ "strdigits(s: str) -> str", "s.numeric", numeric, TRANS, "its digits alone" },
	{ "strprefixes(s: str, longest: int = 0) -> str", "s.prefixes", plain_prefixes, TRANS,
	  "all its beginnings, commas between" },
	{ "strprefixesquoted(s: str, longest: int = 0) -> str", "s.prefixes.quoted",
	  quoted_prefixes, TRANS, "the same, each in quotes" },
	{ "strftime(time: int, format: str) -> str", "s.ftime", format_time,
	  TRANS | BUILTIN_IMPURE, "seconds since 1970 as local time, by a strftime format" }
};

const struct builtin_table builtin_text = { list, sizeof(list) / sizeof(list[0]) };
