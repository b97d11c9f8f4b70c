/*
 * cfg/builtin.h - the functions that belong to the language, transformations included.
 */
#ifndef CFG_BUILTIN_H
#define CFG_BUILTIN_H

#include "cfg/sym.h"

struct builtin_run {
	struct arena *arena;		/* of the run, or of the load when folding */
	const char   *why;		/* set with a false result: a run-time error */
};

/** @return false with run->why set if the statement has to fail */
typedef bool builtin_fn(struct builtin_run *run, const struct value *argv, unsigned argc,
    struct value *ret);

/* What the checker must know beyond the signature. */
#define BUILTIN_CONVERTS  0x1u		/* result null only if nonsense is possible: int(), str() … */
#define BUILTIN_MAP_ITEM  0x2u		/* result is of the type of the map's values */
#define BUILTIN_NULL_THRU 0x4u		/* transformation: null gives null */
#define BUILTIN_VARIABLE  0x8u		/* first argument is a variable: push(), incr() */
#define BUILTIN_IMPURE    0x10u		/* never folded */

struct builtin {
	const char *sig;
	const char *trans;		/* "s.len": as transformation; NULL */
	builtin_fn *fn;
	unsigned    flags;
	const char *doc;
};

struct builtin_table { const struct builtin *list; unsigned count; };
extern const struct builtin_table builtin_general, builtin_part, builtin_text,
    builtin_subst, builtin_code, builtin_sip;

/** Split "/from/to/flags" of {re.subst}; NULL, or what is wrong with it. */
struct subst { struct slice from, to; bool all, caseless; };
const char *builtin_subst_parse(struct slice s, struct subst *out);

static inline bool builtin_fail(struct builtin_run *run, const char *why)
{
	run->why = why;
	return false;
}
static inline bool builtin_text_result(struct builtin_run *run, struct slice s,
    struct value *ret)
{
	if (!s.p && s.len)
		return builtin_fail(run, "out of memory");
	*ret = value_string(s);
	return true;
}

#endif
