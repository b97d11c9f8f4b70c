/*
 * cfg/builtin_general.c - conversions, lists, maps and variables.
 */
#include "cfg/builtin.h"
#include "cfg/ops.h"

/* Longer lists of numbers than this are a mistake; foreach counts without making one. */
#define RANGE_MAX 100000

static bool to_int(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	int64_t i;

	(void)run;
	(void)n;
	*ret = value_null();
	if (v->type == VALUE_INT)
		*ret = *v;
	else if (v->type == VALUE_BOOL)
		*ret = value_int(v->b);
	else if (v->type == VALUE_STRING && slice_to_i64(slice_trim(v->s), &i) == 0)
		*ret = value_int(i);
	return true;
}

static bool to_str(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	struct slice s;

	(void)n;
	if (v->type == VALUE_NULL) {
		*ret = value_null();
		return true;
	}
	s = value_text(run->arena, *v);
	if (!s.p)
		return builtin_fail(run, "out of memory");
	*ret = value_string(s);
	return true;
}

static bool to_bool(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	static const struct { const char *word; bool value; } words[] = {
		{ "true", true }, { "yes", true }, { "on", true }, { "1", true },
		{ "false", false }, { "no", false }, { "off", false }, { "0", false }
	};

	(void)run;
	(void)n;
	*ret = value_null();
	if (v->type == VALUE_BOOL)
		*ret = *v;
	else if (v->type == VALUE_INT)
		*ret = value_bool(v->i != 0);
	for (size_t i = 0; v->type == VALUE_STRING && i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase(v->s, slice_str(words[i].word)))
			*ret = value_bool(words[i].value);
	return true;
}

static bool to_ip(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	struct ip_net *net;

	(void)n;
	*ret = value_null();
	if (v->type == VALUE_IP)
		*ret = *v;
	if (v->type != VALUE_STRING)
		return true;
	net = arena_alloc(run->arena, sizeof(*net));
	if (!net)
		return builtin_fail(run, "out of memory");
	if (ip_net_parse(slice_trim(v->s), net) == 0)
		*ret = (struct value){ .type = VALUE_IP, .ip = net };
	return true;
}

static bool to_uri(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	struct sip_uri *uri;

	(void)n;
	*ret = value_null();
	if (v->type == VALUE_URI)
		*ret = *v;
	if (v->type != VALUE_STRING)
		return true;
	uri = arena_alloc(run->arena, sizeof(*uri));
	if (!uri)
		return builtin_fail(run, "out of memory");
	if (sip_uri_parse(v->s, uri, NULL) == 0)
		*ret = (struct value){ .type = VALUE_URI, .uri = uri };
	return true;
}

static bool strict_uri(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	if (!to_uri(run, v, n, ret))
		return false;
	if (ret->type == VALUE_NULL && v->type != VALUE_NULL)
		return builtin_fail(run, "this is not a URI");
	return true;
}

static bool to_dur(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	static const struct { const char *unit; int64_t us; } units[] = {
		{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 },
		{ "h", 3600000000 }, { "d", 86400000000 }
	};
	struct slice rest = v->s, digits;
	int64_t i;

	(void)run;
	(void)n;
	*ret = v->type == VALUE_DURATION ? *v : value_null();
	if (v->type != VALUE_STRING)
		return true;
	digits = slice_take_while(&rest, is_digit);
	if (slice_to_i64(digits, &i) != 0)
		return true;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
		if (slice_eq(rest, slice_str(units[u].unit)) &&
		    !__builtin_mul_overflow(i, units[u].us, &i))
			*ret = value_duration(i);
	return true;
}

static bool seconds(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_int(v->dur / 1000000);
	return true;
}

static bool is_equal_nocase(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_bool(v[0].type == v[1].type &&
	    (v[0].type == VALUE_NULL || slice_eq_nocase(v[0].s, v[1].s)));
	return true;
}

/* ---- lists ---- */

static bool range(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	int64_t from = v[0].i, to = v[1].i, count = 0;
	struct value_list *list;
	struct value *items;

	(void)n;
	if (to > from && (__builtin_sub_overflow(to, from, &count) || count > RANGE_MAX))
		return builtin_fail(run, "a range of more than 100000 numbers");
	list = arena_alloc(run->arena, sizeof(*list));
	items = arena_alloc(run->arena, (size_t)count * sizeof(*items));
	if (!list || !items)
		return builtin_fail(run, "out of memory");
	for (int64_t i = 0; i < count; i++)
		items[i] = value_int(from + i);
	list->count = (size_t)count;
	list->items = items;
	*ret = (struct value){ .type = VALUE_LIST, .list = list };
	return true;
}

static bool size(struct builtin_run *run, const struct value *v, unsigned n, struct value *ret)
{
	(void)run;
	(void)n;
	*ret = value_int((int64_t)v->list->count);
	return true;
}

/* ---- maps ---- */

static bool match_first(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = cfg_map_first_match(v[0].map, v[1].s);
	return true;
}

static bool longest_prefix(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = cfg_map_longest_prefix(v[0].map, v[1].s);
	return true;
}

static bool lookup_exact(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)run;
	(void)n;
	*ret = cfg_map_exact(v[0].map, v[1]);
	return true;
}

/* push() and incr() are instructions; the table only says how they are called. */
static bool is_instruction(struct builtin_run *run, const struct value *v, unsigned n,
    struct value *ret)
{
	(void)v;
	(void)n;
	(void)ret;
	return builtin_fail(run, "not a function");
}

static const struct builtin list[] = {
	{ "int(x: any) -> int?", NULL, to_int, 0,
	  "the number that a text consists of, or null; true is 1" },
	{ "str(x: any) -> str", NULL, to_str, BUILTIN_CONVERTS, "a value as text; null stays null" },
	{ "bool(x: any) -> bool?", NULL, to_bool, 0,
	  "true, yes, on, 1 or a number other than 0; null for other words" },
	{ "ip(x: any) -> ip?", NULL, to_ip, 0, "the address or network that a text names, or null" },
	{ "uri(x: any) -> uri?", NULL, to_uri, 0, "the URI that a text is, or null" },
	{ "strict_uri(x: str?) -> uri?", NULL, strict_uri, 0,
	  "the URI that a text is; the statement fails if it is none" },
	{ "dur(x: any) -> dur?", NULL, to_dur, 0, "the duration that a text like 30s names, or null" },
	{ "seconds(d: dur) -> int", NULL, seconds, 0, "whole seconds of a duration" },
	{ "ieq(a: str?, b: str?) -> bool", NULL, is_equal_nocase, 0,
	  "are two texts equal when ASCII letters of different case count as equal?" },
	{ "range(from: int, to: int) -> list", NULL, range, BUILTIN_IMPURE,
	  "the numbers from the first up to, not including, the second" },
	{ "size(l: list) -> int", NULL, size, 0, "how many items a list has" },
	{ "match_first(table: map, text: str) -> any?", NULL, match_first, BUILTIN_MAP_ITEM,
	  "value of the first row whose key, in which * stands for anything, fits the text; "
	  "neither case nor the sip: or sips: of a URI counts" },
	{ "longest_prefix(table: map, digits: str) -> any?", NULL, longest_prefix,
	  BUILTIN_MAP_ITEM, "value of the longest key that the text begins with" },
	{ "lookup_exact(table: map, key: any) -> any?", NULL, lookup_exact, BUILTIN_MAP_ITEM,
	  "value of the row with exactly this key" },
	{ "push(variable: any, value: any) -> void", NULL, is_instruction,
	  BUILTIN_VARIABLE | BUILTIN_IMPURE, "add a value to a variable that holds several" },
	{ "incr(variable: any, by: int = 1) -> int", NULL, is_instruction,
	  BUILTIN_VARIABLE | BUILTIN_IMPURE,
	  "add to a number in one step, null counting as 0; the new value" }
};

const struct builtin_table builtin_general = { list, sizeof(list) / sizeof(list[0]) };
