/*
 * cfg/ops.c - the operators on values.
 */
#include "cfg/ops.h"

#include <stdio.h>

#define NO_MEMORY "out of memory"

/* ---- texts ---- */

/* Longest text of a number, with its sign. */
#define INT_TEXT_BYTES 24u

/* What a value looks like inside a text; numbers into the caller's space. */
static struct slice piece(struct arena *arena, struct value v, char space[INT_TEXT_BYTES])
{
	if (v.type == VALUE_STRING)
		return v.s.p ? v.s : SLICE("");
	if (v.type == VALUE_INT)
		return slice_of(space, (size_t)snprintf(space, INT_TEXT_BYTES, "%lld",
		    (long long)v.i));
	return value_text(arena, v);
}

struct slice ops_concat(struct arena *arena, const struct value *v, size_t n)
{
	char space[INT_TEXT_BYTES], *text;
	size_t len = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		len += piece(arena, v[i], space).len;
	text = arena_bytes(arena, len ? len : 1);
	if (!text)
		return SLICE_NULL;
	for (size_t i = 0; i < n; i++) {
		struct slice s = piece(arena, v[i], space);

		/* Memory may have run short for the second of two equal texts. */
		if (s.len > len - at)
			return SLICE_NULL;
		if (s.len)
			memcpy(text + at, s.p, s.len);
		at += s.len;
	}
	return slice_of(text, at);
}

static const char *concat(struct arena *arena, struct value a, struct value b,
    struct value *out)
{
	struct value both[2] = { a, b };

	if (b.type == VALUE_NULL)
		return "null cannot be added to a text";
	*out = value_string(ops_concat(arena, both, 2));
	return out->s.p ? NULL : NO_MEMORY;
}

/* ---- numbers ---- */

#define OVERFLOW_TEXT "the result does not fit into 64 bits"

static const char *add(int64_t a, int64_t b, int64_t *out)
{
	return __builtin_add_overflow(a, b, out) ? OVERFLOW_TEXT : NULL;
}

static const char *sub(int64_t a, int64_t b, int64_t *out)
{
	return __builtin_sub_overflow(a, b, out) ? OVERFLOW_TEXT : NULL;
}

static const char *mul(int64_t a, int64_t b, int64_t *out)
{
	return __builtin_mul_overflow(a, b, out) ? OVERFLOW_TEXT : NULL;
}

static const char *divide(enum expr_op op, int64_t a, int64_t b, int64_t *out)
{
	if (b == 0)
		return "division by zero";
	if (b == -1)
		return op == OP_MOD ? (*out = 0, NULL) : sub(0, a, out);
	*out = op == OP_MOD ? a % b : a / b;
	return NULL;
}

static const char *shift(enum expr_op op, int64_t a, int64_t b, int64_t *out)
{
	if (b < 0 || b > 63)
		return "a shift is by 0 to 63 bits";
	*out = op == OP_SHL ? (int64_t)((uint64_t)a << b) : (int64_t)((uint64_t)a >> b);
	return NULL;
}

static const char *arithmetic(enum expr_op op, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case OP_ADD:    return add(a, b, out);
	case OP_SUB:    return sub(a, b, out);
	case OP_MUL:    return mul(a, b, out);
	case OP_DIV:
	case OP_MOD:    return divide(op, a, b, out);
	case OP_SHL:
	case OP_SHR:    return shift(op, a, b, out);
	case OP_BITOR:  *out = a | b; return NULL;
	case OP_BITXOR: *out = a ^ b; return NULL;
	case OP_BITAND: *out = a & b; return NULL;
	default:        return "not an operator of numbers";
	}
}

static bool is_number(struct value v)
{
	return v.type == VALUE_INT || v.type == VALUE_DURATION;
}

/* Which type two numbers give: VALUE_VOID where the operator makes no sense. */
static enum value_type number_result(enum expr_op op, enum value_type a, enum value_type b)
{
	bool same = a == b;

	if (same && a == VALUE_INT)
		return VALUE_INT;
	switch (op) {
	case OP_ADD:
	case OP_SUB:
	case OP_MOD: return same ? VALUE_DURATION : VALUE_VOID;
	case OP_MUL: return same ? VALUE_VOID : VALUE_DURATION;
	case OP_DIV: return same ? VALUE_INT : a == VALUE_DURATION ? VALUE_DURATION : VALUE_VOID;
	default:     return VALUE_VOID;
	}
}

static const char *numbers(enum expr_op op, struct value a, struct value b, struct value *out)
{
	enum value_type type;

	if (!is_number(a) || !is_number(b))
		return "this operator takes numbers";
	type = number_result(op, a.type, b.type);
	if (type == VALUE_VOID)
		return "a duration and a number do not go together here";
	out->type = type;
	return arithmetic(op, a.i, b.i, &out->i);
}

/* ---- comparisons ---- */

static bool uri_is_text(struct value uri, struct value text)
{
	struct sip_uri other;

	return sip_uri_parse(text.s, &other, NULL) == 0 && sip_uri_eq(uri.uri, &other);
}

static const char *equal(struct value a, struct value b, bool *out)
{
	*out = false;
	if (a.type == VALUE_NULL || b.type == VALUE_NULL)
		*out = a.type == b.type;
	else if (a.type == b.type)
		*out = value_eq(a, b);
	else if (a.type == VALUE_URI && b.type == VALUE_STRING)
		*out = uri_is_text(a, b);
	else if (a.type == VALUE_STRING && b.type == VALUE_URI)
		*out = uri_is_text(b, a);
	else
		return "values of different types are compared";
	return NULL;
}

static const char *order(struct value a, struct value b, int *out)
{
	if (a.type == VALUE_NULL || b.type == VALUE_NULL)
		return "null has no order";
	if (a.type != b.type)
		return "values of different types are compared";
	if (is_number(a))
		*out = (a.i > b.i) - (a.i < b.i);
	else if (a.type == VALUE_STRING)
		*out = slice_cmp(a.s, b.s);
	else
		return "values of this type have no order";
	return NULL;
}

static const char *compare(enum expr_op op, struct value a, struct value b, struct value *out)
{
	const char *why;
	int c = 0;

	*out = value_bool(false);
	if (op == OP_EQ || op == OP_NE) {
		why = equal(a, b, &out->b);
		out->b ^= op == OP_NE;
		return why;
	}
	why = order(a, b, &c);
	out->b = op == OP_LT ? c < 0 : op == OP_LE ? c <= 0 : op == OP_GT ? c > 0 : c >= 0;
	return why;
}

/* ---- in ---- */

bool ops_ip_of(struct value v, struct ip_addr *out)
{
	if (v.type == VALUE_IP) {
		*out = v.ip->addr;
		return true;
	}
	return v.type == VALUE_STRING && ip_parse(v.s, out) == 0;
}

static bool net_covers(const struct ip_net *net, struct value v)
{
	struct ip_addr ip;

	if (v.type == VALUE_IP && v.ip->bits < net->bits)
		return false;
	return ops_ip_of(v, &ip) && ip_net_covers(net, &ip);
}

static const char *in_list(struct value item, const struct value_list *list, bool *out)
{
	for (size_t i = 0; i < list->count && !*out; i++) {
		struct value one = list->items[i];

		if (one.type == VALUE_ACL || (one.type == VALUE_IP && item.type != VALUE_NULL)) {
			const char *why = ops_in(item, one, out);

			if (why)
				return why;
		} else if (one.type == item.type ||
		    (one.type == VALUE_STRING && item.type == VALUE_URI)) {
			equal(item, one, out);
		}
	}
	return NULL;
}

const char *ops_in(struct value item, struct value set, bool *out)
{
	struct ip_addr ip;

	*out = false;
	switch (set.type) {
	case VALUE_LIST:
		return in_list(item, set.list, out);
	case VALUE_ACL:
		*out = ops_ip_of(item, &ip) && cfg_acl_covers(set.acl, &ip);
		return NULL;
	case VALUE_IP:
		*out = net_covers(set.ip, item);
		return NULL;
	case VALUE_MAP:
		*out = cfg_map_exact(set.map, item).type != VALUE_NULL;
		return NULL;
	default:
		return "\"in\" takes a list, a network, an acl or a map";
	}
}

struct value ops_item(const struct value_list *list, int64_t index)
{
	if (index < 0)
		index += (int64_t)list->count;
	if (index < 0 || (uint64_t)index >= list->count)
		return value_null();
	return list->items[index];
}

/* ---- all of them ---- */

static const char *logic(enum expr_op op, struct value a, struct value b, struct value *out)
{
	if (a.type != VALUE_BOOL || b.type != VALUE_BOOL)
		return "a condition is true or false";
	*out = value_bool(op == OP_AND ? a.b && b.b : a.b || b.b);
	return NULL;
}

const char *ops_binary(struct arena *arena, enum expr_op op, struct value a, struct value b,
    struct value *out)
{
	switch (op) {
	case OP_OR:
	case OP_AND:      return logic(op, a, b, out);
	case OP_EQ:
	case OP_NE:
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:       return compare(op, a, b, out);
	case OP_IN:
		*out = value_bool(false);
		return ops_in(a, b, &out->b);
	case OP_COALESCE:
		*out = a.type == VALUE_NULL ? b : a;
		return NULL;
	case OP_ADD:
		if (a.type == VALUE_STRING)
			return concat(arena, a, b, out);
		return numbers(op, a, b, out);
	default:
		return numbers(op, a, b, out);
	}
}

const char *ops_unary(enum expr_op op, struct value a, struct value *out)
{
	if (op == OP_NOT && a.type == VALUE_BOOL) {
		*out = value_bool(!a.b);
		return NULL;
	}
	if (op == OP_NEG && is_number(a)) {
		*out = a;
		return sub(0, a.i, &out->i);
	}
	if (op == OP_BITNOT && a.type == VALUE_INT) {
		*out = value_int(~a.i);
		return NULL;
	}
	return op == OP_NOT ? "a condition is true or false" : "this operator takes a number";
}
