/*
 * cfg/guest_builtin.c - values as Kamailio sees them: everything has a number and a text.
 *
 * A text that is no number counts 0, null counts 0 and ""; in a condition more than 0 is
 * true. The first operand decides as what the two of a comparison are taken.
 */
#include "cfg/guest.h"
#include "cfg/ops.h"

static int64_t number_of(const struct value *v)
{
	int64_t n;

	switch (v->type) {
	case VALUE_BOOL:     return v->b;
	case VALUE_INT:
	case VALUE_DURATION: return v->i;
	case VALUE_STRING:   return slice_to_i64(slice_trim(v->s), &n) == 0 ? n : 0;
	default:             return 0;
	}
}

static bool text_of(struct builtin_run *run, const struct value *v, struct slice *out)
{
	struct value plain = v->type == VALUE_BOOL ? value_int(v->b) : *v;

	*out = v->type == VALUE_NULL ? SLICE("") : v->type == VALUE_STRING && v->s.p ? v->s :
	    value_text(run->arena, plain);
	return out->p ? true : builtin_fail(run, "out of memory");
}

static bool is_number(const struct value *v)
{
	return v->type == VALUE_INT || v->type == VALUE_BOOL || v->type == VALUE_DURATION;
}

static bool truth(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_bool(number_of(v) > 0);
	return true;
}

static bool no_truth(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_bool(number_of(v) == 0);
	return true;
}

static bool to_number(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_int(number_of(v));
	return true;
}

/* What a function gives: 1 or -1. */
static bool to_code(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = v->type == VALUE_BOOL ? value_int(v->b ? 1 : -1) : *v;
	return true;
}

static bool to_text(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	struct slice s;

	(void)n;
	if (!text_of(run, v, &s))
		return false;
	*ret = value_string(s);
	return true;
}

static bool same(struct builtin_run *run, const struct value *v, bool *out)
{
	struct slice a, b;

	if (v[0].type == VALUE_NULL && v[1].type == VALUE_NULL) {
		*out = true;
		return true;
	}
	if (is_number(&v[0]) || (v[0].type == VALUE_NULL && is_number(&v[1]))) {
		*out = number_of(&v[0]) == number_of(&v[1]);
		return true;
	}
	if (!text_of(run, &v[0], &a) || !text_of(run, &v[1], &b))
		return false;
	*out = slice_eq(a, b);
	return true;
}

static bool equals(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)n;
	*ret = value_bool(false);
	return same(run, v, &ret->b);
}

static bool differs(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	bool is_same = false;

	(void)n;
	if (!same(run, v, &is_same))
		return false;
	*ret = value_bool(!is_same);
	return true;
}

static bool add(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	struct value pair[2];
	struct slice s;
	const char *why;

	(void)n;
	if (is_number(&v[0]) || (v[0].type == VALUE_NULL && !(v[1].type == VALUE_STRING))) {
		why = ops_binary(run->arena, OP_ADD, value_int(number_of(&v[0])),
		    value_int(number_of(&v[1])), ret);
		return why ? builtin_fail(run, why) : true;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!text_of(run, &v[i], &s))
			return false;
		pair[i] = value_string(s);
	}
	s = ops_concat(run->arena, pair, 2);
	if (!s.p)
		return builtin_fail(run, "out of memory");
	*ret = value_string(s);
	return true;
}

static const struct builtin list[] = {
	{ "_truth(value: any) -> bool", NULL, truth, 0, "is it more than 0" },
	{ "_not(value: any) -> bool", NULL, no_truth, 0, "is it 0" },
	{ "_int(value: any) -> int", NULL, to_number, 0, "its number, or 0" },
	{ "_code(value: any) -> any", NULL, to_code, 0, "1 and -1 for true and false" },
	{ "_str(value: any) -> str", NULL, to_text, 0, "its text, or \"\"" },
	{ "_equal(a: any, b: any) -> bool", NULL, equals, 0, "taken as what a is" },
	{ "_differ(a: any, b: any) -> bool", NULL, differs, 0, "taken as what a is" },
	{ "_add(a: any, b: any) -> any", NULL, add, 0, "taken as what a is" },
};

const struct builtin_table builtin_guest = { list, sizeof(list) / sizeof(list[0]) };
