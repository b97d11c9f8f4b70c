/*
 * cfg/builtin_subst.c - {re.subst,/from/to/flags}: what a pattern matches, replaced.
 */
#include "cfg/builtin_def.h"
#include "cfg/regex.h"

#include <errno.h>

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

static const char *subst_flags(struct slice s, struct subst *out)
{
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
	return subst_flags(s, out);
}

/* \1 to \9 are groups, \0 and & are not special beyond \0, other escapes lose the "\". */
static void put_replacement(struct builtin_out *o, struct slice to,
    const struct slice groups[REGEX_CAPTURES])
{
	for (size_t i = 0; i < to.len; i++) {
		char c = to.p[i];

		if (c == '\\' && i + 1 < to.len) {
			c = to.p[++i];
			if (is_digit(c)) {
				builtin_put(o, groups[c - '0']);
				continue;
			}
		}
		builtin_put(o, slice_of(c == to.p[i] ? &to.p[i] : &c, 1));
	}
}

static int substitute(const struct regex *re, const struct subst *sub, struct slice s,
    struct builtin_out *o)
{
	struct slice groups[REGEX_CAPTURES];
	size_t at = 0, from, to;
	int n = 0;

	while (at <= s.len && (n = regex_search(re, s, at, groups, &from, &to)) == 1) {
		builtin_put(o, slice_of(s.p + at, from - at));
		put_replacement(o, sub->to, groups);
		/* An empty match would stand still. */
		if (to == from && from < s.len)
			builtin_put(o, slice_of(s.p + to++, 1));
		else if (to == from)
			to++;
		at = to;
		if (!sub->all)
			break;
	}
	if (at < s.len)
		builtin_put(o, slice_of(s.p + at, s.len - at));
	return n < 0 ? n : 0;
}

DEF(re_subst)
{
	struct subst sub;
	const char *why = builtin_subst_parse(v[1].s, &sub);
	const struct regex *re;
	struct regex_error bad;
	struct builtin_out o = { 0 };
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
	if (!builtin_make_room(run, &o))
		return false;
	substitute(re, &sub, v[0].s, &o);
	return builtin_view(ret, slice_of(o.p, o.len <= o.room ? o.len : o.room));
}

static const struct builtin list[] = {
	{ "resubst(s: str, expression: str) -> str", "re.subst", re_subst, TRANS,
	  "replace what a pattern matches: /pattern/replacement/flags, \\1 is a group, flag g "
	  "replaces all, i ignores case" }
};

const struct builtin_table builtin_subst = { list, sizeof(list) / sizeof(list[0]) };
