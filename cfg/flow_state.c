/*
 * cfg/flow_state.c - what is known at a place: copied where ways part, joined where they
 * meet.
 */
#include "cfg/flow.h"

struct flow_state flow_copy(struct flow *f, const struct flow_state *from)
{
	struct flow_state s = *from;

	s.set = MEM_ARRAY(&f->ld->mem, uint64_t, f->words);
	memcpy(s.set, from->set, f->words * sizeof(*s.set));
	return s;
}

struct flow_state flow_nowhere(struct flow *f)
{
	struct flow_state s = { .to_tag = true, .called = ~0u };

	s.set = MEM_ARRAY(&f->ld->mem, uint64_t, f->words);
	memset(s.set, 0xff, f->words * sizeof(*s.set));
	return s;
}

void flow_stop(struct flow *f, struct flow_state *s) { *s = flow_nowhere(f); }

void flow_join(struct flow *f, struct flow_state *to, const struct flow_state *from)
{
	if (from->methods == 0)
		return;
	if (to->methods == 0) {
		*to = flow_copy(f, from);
		return;
	}
	to->methods |= from->methods;
	to->open |= from->open;
	to->responses |= from->responses;
	to->relayed |= from->relayed;
	to->to_tag &= from->to_tag;
	to->logged &= from->logged;
	to->called &= from->called;
	for (unsigned i = 0; i < f->words; i++)
		to->set[i] &= from->set[i];
}

void flow_only(struct flow_state *s, unsigned methods)
{
	s->methods &= methods;
	s->open &= methods;
}

bool flow_is_set(const struct flow_state *s, unsigned slot)
{
	return s->set[slot / 64] >> (slot % 64) & 1;
}

void flow_set_var(struct flow_state *s, unsigned slot)
{
	s->set[slot / 64] |= (uint64_t)1 << (slot % 64);
}
