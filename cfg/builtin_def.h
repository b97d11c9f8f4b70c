/*
 * cfg/builtin_def.h - for the files that define built-in functions, and for them alone.
 */
#ifndef CFG_BUILTIN_DEF_H
#define CFG_BUILTIN_DEF_H

#include "cfg/builtin.h"

#define DEF(name) \
	static bool name(struct builtin_run *run, const struct value *v, unsigned n, \
	    struct value *ret)
#define UNUSED (void)run, (void)n
#define TRANS BUILTIN_NULL_THRU

static inline bool builtin_no_memory(struct builtin_run *run)
{
	return builtin_fail(run, "out of memory");
}

/** A part of an argument; no part at all is the empty text. */
static inline bool builtin_view(struct value *ret, struct slice s)
{
	*ret = value_string(s.p ? s : SLICE(""));
	return true;
}

/* Written twice by the same walk: p NULL, to measure; then with so much room. */
struct builtin_out { char *p; size_t len, room; };

static inline void builtin_put(struct builtin_out *o, struct slice s)
{
	if (o->p && s.len && o->len + s.len <= o->room)
		memcpy(o->p + o->len, s.p, s.len);
	o->len += s.len;
}

/** The first walk is done: memory for the second one, of the run's arena. */
static inline bool builtin_make_room(struct builtin_run *run, struct builtin_out *o)
{
	o->room = o->len;
	o->len = 0;
	o->p = arena_bytes(run->arena, o->room + 1);
	return o->p || builtin_no_memory(run);
}

#endif
