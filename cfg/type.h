/*
 * cfg/type.h - types as the checker knows them before anything runs.
 */
#ifndef CFG_TYPE_H
#define CFG_TYPE_H

#include "cfg/value.h"

struct type {
	enum value_type base;		/* VALUE_NULL: the type of null alone */
	bool            nullable;	/* "T?" */
	bool            is_bad;		/* something was wrong here and has been said */
	enum value_type item;		/* of a list or map; VALUE_ANY if not known */
};

static inline struct type type_of_base(enum value_type base)
{
	return (struct type){ .base = base, .item = VALUE_ANY };
}
static inline struct type type_maybe(enum value_type base)
{
	return (struct type){ .base = base, .nullable = true, .item = VALUE_ANY };
}
static inline struct type type_bad(void)
{
	return (struct type){ .base = VALUE_ANY, .nullable = true, .is_bad = true,
	    .item = VALUE_ANY };
}
static inline struct type type_plain(struct type t)
{
	t.nullable = false;
	return t;
}
/** any is checked when it is used: nothing can be said before. */
static inline bool type_is_open(struct type t) { return t.base == VALUE_ANY; }

struct type type_of_value(struct value v);
/** "str", "int?", as the script writes it; a ring of static texts is not needed: constant. */
const char *type_text(struct type t);
/** "a number", "a text or null": what is meant, for a sentence. */
const char *type_article(struct type t);
/** "bool" … "any", as a declaration names it; VALUE_VOID if the word is no type. */
enum value_type type_by_name(struct slice word);
/** May a value of type from stand where to is wanted, as far as can be known now? */
bool type_fits(struct type from, struct type to);
/** The type that holds both, VALUE_VOID if there is none. */
struct type type_union(struct type a, struct type b);

#endif
