/*
 * cfg/type.c - what fits where.
 */
#include "cfg/type.h"

static const struct { const char *plain, *nullable; } names[] = {
	[VALUE_NULL] = { "null", "null" }, [VALUE_BOOL] = { "bool", "bool?" },
	[VALUE_INT] = { "int", "int?" }, [VALUE_STRING] = { "str", "str?" },
	[VALUE_IP] = { "ip", "ip?" }, [VALUE_DURATION] = { "dur", "dur?" },
	[VALUE_URI] = { "uri", "uri?" }, [VALUE_LIST] = { "list", "list?" },
	[VALUE_MAP] = { "map", "map?" }, [VALUE_ACL] = { "acl", "acl?" },
	[VALUE_ANY] = { "any", "any" }, [VALUE_VOID] = { "void", "void" }
};

const char *value_type_name(enum value_type type)
{
	return names[type].plain;
}

const char *type_text(struct type t)
{
	return t.nullable ? names[t.base].nullable : names[t.base].plain;
}

#define ARTICLE(type, words) [type] = { words, words " or null" }

static const struct { const char *plain, *nullable; } articles[] = {
	ARTICLE(VALUE_BOOL, "true or false"), ARTICLE(VALUE_INT, "a number"),
	ARTICLE(VALUE_STRING, "a text"), ARTICLE(VALUE_IP, "an address"),
	ARTICLE(VALUE_DURATION, "a duration"), ARTICLE(VALUE_URI, "a URI"),
	ARTICLE(VALUE_LIST, "a list"), ARTICLE(VALUE_MAP, "a map"), ARTICLE(VALUE_ACL, "an acl"),
	ARTICLE(VALUE_VOID, "nothing"),
	[VALUE_NULL] = { "null", "null" }, [VALUE_ANY] = { "a value", "a value" }
};

const char *type_article(struct type t)
{
	return t.nullable ? articles[t.base].nullable : articles[t.base].plain;
}

enum value_type type_by_name(struct slice word)
{
	static const enum value_type declared[] = {
		VALUE_BOOL, VALUE_INT, VALUE_STRING, VALUE_IP, VALUE_DURATION, VALUE_URI,
		VALUE_LIST, VALUE_ANY
	};

	for (size_t i = 0; i < sizeof(declared) / sizeof(declared[0]); i++)
		if (slice_eq(word, slice_str(names[declared[i]].plain)))
			return declared[i];
	return VALUE_VOID;
}

struct type type_of_value(struct value v)
{
	struct type t = type_of_base(v.type);

	t.nullable = v.type == VALUE_NULL;
	if (v.type == VALUE_LIST && v.list->count > 0) {
		t.item = v.list->items[0].type;
		for (size_t i = 1; i < v.list->count; i++)
			if (v.list->items[i].type != t.item)
				t.item = VALUE_ANY;
	}
	return t;
}

bool type_fits(struct type from, struct type to)
{
	if (from.is_bad || to.is_bad || type_is_open(from) || type_is_open(to))
		return from.base != VALUE_VOID;
	if (from.base == VALUE_NULL)
		return to.nullable;
	return from.base == to.base && (to.nullable || !from.nullable);
}

struct type type_union(struct type a, struct type b)
{
	struct type t = a.base == VALUE_NULL ? b : a;

	if (a.is_bad || b.is_bad)
		return type_bad();
	t.nullable = a.nullable || b.nullable;
	if (a.base == VALUE_NULL || b.base == VALUE_NULL)
		return t;
	if (type_is_open(a) || type_is_open(b))
		return type_maybe(VALUE_ANY);
	if (a.base != b.base)
		return type_of_base(VALUE_VOID);
	if (a.item != b.item)
		t.item = VALUE_ANY;
	return t;
}
