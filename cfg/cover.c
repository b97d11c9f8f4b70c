/*
 * cfg/cover.c - see cover.h.
 */
#include "cfg/cover.h"

#include "cfg/program.h"
#include "cfg/source.h"
#include "cfg/tape.h"

#include <stdlib.h>

struct cover {
	const struct program *p;
	const uint64_t       *counts;
	uint64_t             *into;	/* by instruction: arrivals by jumps */
	uint64_t             *ran;	/* by instruction: how often */
};

static uint64_t both(const struct cover *c, uint32_t pc)
{
	return c->counts[2 * pc] + c->counts[2 * pc + 1];
}

/* An "if (f())" or "if (!f())" has no step of its own: the call's outcome is that of its jump. */
static bool is_done_by_call(const struct cover *c, uint32_t pc, uint32_t before)
{
	return op_is_call(op_of(c->p->code[before])) && op_is_test(op_of(c->p->code[pc])) &&
	    c->p->funcs[op_a(c->p->code[before])]->ret == VALUE_BOOL;
}

struct flow { uint64_t on, jumped; uint32_t target; };

static struct flow flow_of(const struct cover *c, uint32_t pc, uint32_t before, uint64_t here)
{
	uint32_t word = c->p->code[pc], a = op_a(word);

	switch (op_of(word)) {
	case OPC_JMP:
		return (struct flow){ 0, here, a };
	case OPC_JF:
	case OPC_JT:
		if (is_done_by_call(c, pc, before)) {
			bool jumps_by = op_of(word) == OPC_JT;

			return (struct flow){ c->counts[2 * before + !jumps_by],
			    c->counts[2 * before + jumps_by], a };
		}
		return (struct flow){ c->counts[2 * pc], c->counts[2 * pc + 1], a };
	case OPC_JNULL:
	case OPC_JVALUE:
		return (struct flow){ c->counts[2 * pc], c->counts[2 * pc + 1], a };
	case OPC_ITER:
	case OPC_COUNT:
		return (struct flow){ c->counts[2 * pc], c->counts[2 * pc + 1], c->p->code[pc + 1] };
	case OPC_RET:
	case OPC_EXIT:
	case OPC_DROP:
		return (struct flow){ 0, 0, 0 };
	case OPC_METHOD:
	case OPC_CALL:			/* it may also have ended the run, or wait still */
		return (struct flow){ both(c, pc), 0, 0 };
	default:
		return (struct flow){ here, 0, 0 };
	}
}

/* Once through a route; what jumped back the last time is in into[]. */
static void pass(struct cover *c, unsigned route, uint64_t entered, uint64_t *next)
{
	const struct prog_route *r = &c->p->routes[route];
	uint64_t here = entered;
	uint32_t before = r->entry;

	for (uint32_t pc = r->entry; pc < r->end; ) {
		uint32_t words = (uint32_t)op_table[op_of(c->p->code[pc])].words;
		struct flow f;

		here += c->into[pc] + next[pc];
		if (op_is_call(op_of(c->p->code[pc])) && both(c, pc) > here)
			here = both(c, pc);
		c->ran[pc] = here;
		f = flow_of(c, pc, before, here);
		if (f.jumped && f.target > pc)
			next[f.target] += f.jumped;
		else if (f.jumped)
			c->into[f.target] = f.jumped;
		here = f.on;
		before = pc;
		pc += words;
	}
}

/* How often a route was called: by route(X), or as the top of a run. */
static uint64_t entered(const struct cover *c, unsigned route)
{
	uint64_t n = c->counts[2 * (size_t)c->p->code_count + route];

	for (uint32_t pc = 0; pc < c->p->code_count; ) {
		uint32_t word = c->p->code[pc];

		if (op_of(word) == OPC_ROUTE && op_a(word) == route)
			n += both(c, pc);
		pc += (uint32_t)op_table[op_of(word)].words;
	}
	return n;
}

/* Twice: loops jump back to where the first pass has been. */
static int count_all(struct cover *c, struct arena *arena)
{
	size_t bytes = ((size_t)c->p->code_count + 1) * sizeof(uint64_t);
	uint64_t *next = arena_zalloc(arena, bytes);

	c->into = arena_zalloc(arena, bytes);
	c->ran = arena_zalloc(arena, bytes);
	if (!next || !c->into || !c->ran)
		return -1;
	for (unsigned i = 0; i < c->p->route_count; i++) {
		uint64_t n = entered(c, i);

		pass(c, i, n, next);
		for (uint32_t pc = c->p->routes[i].entry; pc < c->p->routes[i].end; pc++)
			next[pc] = 0;
		pass(c, i, n, next);
	}
	return 0;
}

/* ---- lines ---- */

static int by_place(const void *a, const void *b)
{
	const struct cover_line *x = a, *y = b;

	if (x->source != y->source)
		return x->source->seq < y->source->seq ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Tests are no part of what they test. */
static bool is_test(const struct prog_route *r)
{
	return slice_eq(r->name, SLICE("test"));
}

static unsigned list_route(const struct cover *c, const struct prog_route *r,
    struct cover_line *out)
{
	unsigned n = 0;

	for (uint32_t pc = r->entry; pc < r->end; ) {
		struct cfg_span at = program_place(c->p, pc);

		/* The end that every route has is no line of its own. */
		if (at.source && !(at.line == r->at.line && at.source == r->at.source))
			out[n++] = (struct cover_line){ at.source, at.line, c->ran[pc] };
		pc += (uint32_t)op_table[op_of(c->p->code[pc])].words;
	}
	return n;
}

/* A line ran as often as what ran most of it. */
static unsigned merged(struct cover_line *list, unsigned count)
{
	unsigned n = 0;

	qsort(list, count, sizeof(*list), by_place);
	for (unsigned i = 0; i < count; i++) {
		if (n && by_place(&list[n - 1], &list[i]) == 0) {
			if (list[i].count > list[n - 1].count)
				list[n - 1].count = list[i].count;
		} else {
			list[n++] = list[i];
		}
	}
	return n;
}

unsigned cover_lines(const struct program *p, const uint64_t *counts, struct arena *arena,
    struct cover_line **out)
{
	struct cover c = { .p = p, .counts = counts };
	unsigned n = 0;

	*out = arena_alloc(arena, ((size_t)p->code_count + 1) * sizeof(**out));
	if (!*out || count_all(&c, arena) != 0)
		return 0;
	for (unsigned i = 0; i < p->route_count; i++)
		if (!is_test(&p->routes[i]))
			n += list_route(&c, &p->routes[i], *out + n);
	return merged(*out, n);
}

int cover_route(const struct program *p, const uint64_t *counts, struct slice name,
    struct arena *arena)
{
	struct cover c = { .p = p, .counts = counts };
	struct cover_line *list;
	unsigned n = 0, hit = 0, i = 0;

	while (i < p->route_count && !slice_eq(p->routes[i].name, name))
		i++;
	list = arena_alloc(arena, ((size_t)p->code_count + 1) * sizeof(*list));
	if (i == p->route_count || !list || count_all(&c, arena) != 0)
		return -1;
	n = merged(list, list_route(&c, &p->routes[i], list));
	for (unsigned k = 0; k < n; k++)
		hit += list[k].count > 0;
	return n ? (int)(hit * 100 / n) : 100;
}
