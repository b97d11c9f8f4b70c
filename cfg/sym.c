/*
 * cfg/sym.c - reading the signatures that functions are declared with.
 */
#include "cfg/sym.h"
#include "cfg/type.h"

#include <errno.h>

#define PARAMS_MAX 24u

struct sig {				/* what is left of a signature */
	struct slice  rest;
	struct arena *arena;
};

static bool is_name(char c) { return is_alnum(c) || c == '_'; }

static bool take(struct sig *s, const char *mark)
{
	struct slice m = slice_str(mark);

	slice_skip_lws(&s->rest);
	if (!slice_starts(s->rest, m))
		return false;
	s->rest = slice_skip(s->rest, m.len);
	return true;
}

static struct slice take_name(struct sig *s)
{
	slice_skip_lws(&s->rest);
	return slice_take_while(&s->rest, is_name);
}

static int parse_type(struct sig *s, bool is_param, enum value_type *type, bool *nullable,
    bool *is_fmt)
{
	struct slice word = take_name(s);

	*is_fmt = false;
	if (slice_eq(word, SLICE("fmt")) && is_param) {
		*is_fmt = true;
		*type = VALUE_STRING;
	} else if (slice_eq(word, SLICE("void")) && !is_param) {
		*type = VALUE_VOID;
	} else if (slice_eq(word, SLICE("map"))) {
		*type = VALUE_MAP;
	} else if (slice_eq(word, SLICE("acl"))) {
		*type = VALUE_ACL;
	} else {
		*type = type_by_name(word);
		if (*type == VALUE_VOID)
			return -EINVAL;
	}
	*nullable = take(s, "?") || *type == VALUE_ANY;
	return 0;
}

static int parse_int(struct sig *s, int64_t *out)
{
	bool minus = take(s, "-");
	struct slice digits = slice_take_while(&s->rest, is_digit);
	int err = slice_to_i64(digits, out);

	if (minus)
		*out = -*out;
	return err;
}

static int parse_range(struct sig *s, struct sym_param_decl *p)
{
	struct sig before = *s;

	slice_skip_lws(&s->rest);
	if (s->rest.len == 0 || !(is_digit(s->rest.p[0]) || s->rest.p[0] == '-')) {
		*s = before;
		return 0;
	}
	p->has_range = true;
	if (parse_int(s, &p->min) != 0 || !take(s, "..") || parse_int(s, &p->max) != 0)
		return -EINVAL;
	return p->min <= p->max ? 0 : -EINVAL;
}

static int64_t unit_us(struct slice unit)
{
	static const struct { const char *name; int64_t us; } units[] = {
		{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 },
		{ "h", 3600000000 }, { "d", 86400000000 }
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq(unit, slice_str(units[i].name)))
			return units[i].us;
	return 0;
}

static int parse_text(struct sig *s, struct value *out)
{
	size_t n;

	if (!take(s, "\""))
		return -EINVAL;
	n = slice_find(s->rest, '"');
	if (n == s->rest.len)
		return -EINVAL;
	*out = value_string(arena_dup(s->arena, slice_first(s->rest, n)));
	s->rest = slice_skip(s->rest, n + 1);
	return out->s.p || n == 0 ? 0 : -ENOMEM;
}

static int parse_preset(struct sig *s, const struct sym_param_decl *p, struct value *out)
{
	int64_t n;

	if (take(s, "null")) {
		*out = value_null();
		return p->nullable ? 0 : -EINVAL;
	}
	switch (p->type) {
	case VALUE_BOOL:
		*out = value_bool(take(s, "true"));
		return out->b || take(s, "false") ? 0 : -EINVAL;
	case VALUE_INT:
		if (parse_int(s, &n) != 0 || (p->has_range && (n < p->min || n > p->max)))
			return -EINVAL;
		*out = value_int(n);
		return 0;
	case VALUE_DURATION:
		if (parse_int(s, &n) != 0)
			return -EINVAL;
		*out = value_duration(n * unit_us(slice_take_while(&s->rest, is_alpha)));
		return 0;
	case VALUE_STRING:
		return parse_text(s, out);
	case VALUE_ANY:
		if (parse_text(s, out) == 0)
			return 0;
		if (parse_int(s, &n) != 0)
			return -EINVAL;
		*out = value_int(n);
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_param(struct sig *s, struct sym_param_decl *p, bool *repeats)
{
	struct slice name = take_name(s);
	int err;

	if (name.len == 0 || !take(s, ":"))
		return -EINVAL;
	err = parse_type(s, true, &p->type, &p->nullable, &p->is_fmt);
	if (!err && p->type == VALUE_INT)
		err = parse_range(s, p);
	if (err)
		return err;
	if (take(s, "=")) {
		p->has_default = true;
		err = parse_preset(s, p, &p->preset);
	}
	*repeats = take(s, "...");
	if (err || (*repeats && p->has_default))
		return err ? err : -EINVAL;
	p->name = arena_dup_cstr(s->arena, name);
	return p->name ? 0 : -ENOMEM;
}

static int parse_params(struct sig *s, struct sym_func *out, struct sym_param_decl *params)
{
	bool repeats = false;

	if (take(s, ")"))
		return 0;
	do {
		struct sym_param_decl *p = &params[out->param_count];
		int err;

		if (repeats || out->param_count == PARAMS_MAX)
			return -EINVAL;
		err = parse_param(s, p, &repeats);
		if (err)
			return err;
		/* What may be left out cannot stand before what may not. */
		if (!p->has_default && !repeats && out->required < out->param_count)
			return -EINVAL;
		out->param_count++;
		if (!p->has_default && !repeats)
			out->required++;
	} while (take(s, ","));
	if (repeats)
		out->flags |= FUNC_VARARGS;
	return take(s, ")") ? 0 : -EINVAL;
}

static int parse_ret(struct sig *s, struct sym_func *out)
{
	bool is_fmt;

	out->ret = VALUE_VOID;
	if (!take(s, "->"))
		return 0;
	return parse_type(s, false, &out->ret, &out->ret_nullable, &is_fmt);
}

int sym_func_parse(struct arena *arena, const char *sig, struct sym_func *out)
{
	struct sym_param_decl params[PARAMS_MAX] = { 0 };
	struct sig s = { slice_str(sig), arena };
	struct slice name = take_name(&s);
	int err;

	out->param_count = out->required = 0;
	if (name.len == 0 || is_digit(name.p[0]) || !take(&s, "("))
		return -EINVAL;
	err = parse_params(&s, out, params);
	if (!err)
		err = parse_ret(&s, out);
	slice_skip_lws(&s.rest);
	if (err || s.rest.len)
		return err ? err : -EINVAL;
	out->sig = sig;
	out->name = arena_dup_cstr(arena, name);
	out->params = arena_alloc(arena, (out->param_count + 1) * sizeof(*out->params));
	if (!out->name || !out->params)
		return -ENOMEM;
	memcpy(out->params, params, out->param_count * sizeof(*out->params));
	return 0;
}
