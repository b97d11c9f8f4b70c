/*
 * test/fuzz/random.h - choices that follow from the input, so that a finding repeats itself.
 */
#ifndef TEST_FUZZ_RANDOM_H
#define TEST_FUZZ_RANDOM_H

#include "utils/slice.h"

struct choice { uint64_t state; };

/** FNV-1a over the input. */
static inline struct choice choice_from(struct slice input)
{
	struct choice c = { 0xcbf29ce484222325u };

	for (size_t i = 0; i < input.len; i++)
		c.state = (c.state ^ (unsigned char)input.p[i]) * 0x100000001b3u;
	c.state |= 1;
	return c;
}

/** In [0, n); n > 0. */
static inline unsigned choose(struct choice *c, unsigned n)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return (unsigned)(c->state >> 24) % n;
}

static inline bool slice_lies_in(struct slice s, struct slice outer)
{
	return s.len == 0 || (s.p >= outer.p && slice_end(s) <= slice_end(outer));
}

#endif
