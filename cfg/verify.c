/*
 * cfg/verify.c - a program is believed only after this: every index in range, every
 * jump inside its route, the same number of values on every way to a place.
 */
#include "cfg/program.h"

#include "cfg/ast.h"

#include <stddef.h>

const struct op_info op_table[OPC_END] = {
#define OP(op, op_words, op_pops, op_pushes, kind_a, kind_b, text) \
	[OPC_##op] = { #op, op_words, op_pops, op_pushes, kind_a, kind_b, text },
	OP_TABLE(OP)
#undef OP
};

struct cfg_span program_place(const struct program *p, uint32_t pc)
{
	unsigned lo = 0, hi = p->line_count;

	if (hi == 0)
		return (struct cfg_span){ 0 };
	while (hi - lo > 1) {
		unsigned mid = lo + (hi - lo) / 2;

		if (p->lines[mid].pc <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return p->lines[lo].at;
}

struct verifier {
	const struct program    *p;
	const struct prog_route *route;
	int32_t                 *depth;		/* by pc; -1: not reached */
	uint32_t                *todo;
	unsigned                 todo_count;
	const char              *why;
	uint32_t                 at;
};

static bool wrong(struct verifier *v, uint32_t pc, const char *why)
{
	v->why = why;
	v->at = pc;
	return false;
}

static bool in_route(const struct verifier *v, uint32_t pc)
{
	return pc >= v->route->entry && pc < v->route->end;
}

static bool go_to(struct verifier *v, uint32_t from, uint32_t pc, int32_t depth)
{
	if (!in_route(v, pc))
		return wrong(v, from, "a jump leaves its route");
	if (depth < 0 || (unsigned)depth > v->route->stack)
		return wrong(v, from, "the stack is too small");
	if (v->depth[pc] >= 0)
		return v->depth[pc] == depth || wrong(v, from, "two depths at one place");
	v->depth[pc] = depth;
	v->todo[v->todo_count++] = pc;
	return true;
}

static bool arg_ok(const struct verifier *v, enum op_arg kind, uint32_t n)
{
	const struct program *p = v->p;

	switch (kind) {
	case ARG_CONST:    return n < p->const_count;
	case ARG_LOCAL:    return n < v->route->slots;
	case ARG_VAR:      return n < p->var_count;
	case ARG_REF:      return n < p->ref_count;
	case ARG_FUNC:     return n < p->func_count;
	case ARG_BUILTIN:  return n < p->builtin_count;
	case ARG_ROUTE:    return n < p->route_count;
	case ARG_JUMP:     return in_route(v, n);
	case ARG_REGEX:    return n < p->regex_count;
	case ARG_TYPE:     return n < VALUE_VOID;
	case ARG_OPERATOR: return n >= OP_OR && n <= OP_BITNOT;
	case ARG_NONE:
	case ARG_INT:
	case ARG_COUNT:    break;
	}
	return true;
}

static int32_t pops_of(const struct program *p, const struct op_info *info, enum op op,
    uint32_t a, uint32_t b)
{
	const struct prog_ref *ref;
	int32_t n;

	switch (info->pops) {
	case OP_COUNT_A:
		return (int32_t)a;
	case OP_COUNT_B:
		return (int32_t)b;
	case OP_BY_VAR:
		ref = &p->refs[a];
		n = ref->has_key + ref->has_index;
		return op == OPC_GET ? n : n + 1;
	default:
		return info->pops;
	}
}

static bool special(struct verifier *v, uint32_t pc, enum op op, uint32_t a, uint32_t b)
{
	if ((op == OPC_ITER || op == OPC_COUNT) && a + 1 >= v->route->slots)
		return wrong(v, pc, "a loop without its two places");
	if (op == OPC_CAPTURE && a >= REGEX_CAPTURES)
		return wrong(v, pc, "no such capture");
	if (op == OPC_ROUTE && b != v->p->routes[a].params)
		return wrong(v, pc, "a route called with the wrong number of values");
	if (op == OPC_WITHIN && v->p->consts[a].type != VALUE_DURATION)
		return wrong(v, pc, "a deadline that is no duration");
	return true;
}

/* Where control goes from here, and with how many values. */
static bool follow(struct verifier *v, uint32_t pc, enum op op, uint32_t a, uint32_t b,
    int32_t depth)
{
	uint32_t next = pc + (uint32_t)op_table[op].words;

	switch (op) {
	case OPC_RET:
	case OPC_EXIT:
	case OPC_DROP:
		return true;
	case OPC_JMP:
		return go_to(v, pc, a, depth);
	case OPC_JF:
	case OPC_JT:
	case OPC_JNULL:
		return go_to(v, pc, a, depth) && go_to(v, pc, next, depth);
	case OPC_JVALUE:
		return go_to(v, pc, a, depth + 1) && go_to(v, pc, next, depth);
	case OPC_ITER:
	case OPC_COUNT:
		return go_to(v, pc, b, depth - 1) && go_to(v, pc, next, depth);
	case OPC_WITHIN:
		return go_to(v, pc, b, depth) && go_to(v, pc, next, depth);
	default:
		return go_to(v, pc, next, depth);
	}
}

static bool step(struct verifier *v, uint32_t pc)
{
	uint32_t word = v->p->code[pc], a = op_a(word), b = 0;
	enum op op = op_of(word);
	const struct op_info *info;
	int32_t depth = v->depth[pc], pops;

	if (op >= OPC_END)
		return wrong(v, pc, "no such instruction");
	info = &op_table[op];
	if (info->words == 2) {
		if (!in_route(v, pc + 1))
			return wrong(v, pc, "half an instruction");
		b = v->p->code[pc + 1];
	}
	if (!arg_ok(v, info->a, a) || !arg_ok(v, info->b, b))
		return wrong(v, pc, "an operand is out of range");
	if (!special(v, pc, op, a, b))
		return false;
	pops = pops_of(v->p, info, op, a, b);
	if (pops < 0 || pops > depth)
		return wrong(v, pc, "values are missing on the stack");
	return follow(v, pc, op, a, b, depth - pops + info->pushes);
}

static bool verify_route(struct verifier *v, const struct prog_route *route)
{
	v->route = route;
	v->todo_count = 0;
	if (route->entry >= route->end || route->end > v->p->code_count)
		return wrong(v, route->entry, "a route without code");
	if (route->params > route->slots)
		return wrong(v, route->entry, "a route without places for its parameters");
	if (!go_to(v, route->entry, route->entry, 0))
		return false;
	if (route->epilogue && !go_to(v, route->entry, route->epilogue, 0))
		return false;
	while (v->todo_count > 0)
		if (!step(v, v->todo[--v->todo_count]))
			return false;
	return true;
}

const char *program_verify(const struct program *p, uint32_t *pc)
{
	struct arena *arena = arena_new(0);
	struct verifier v = { .p = p };

	if (!arena)
		return "out of memory";
	v.depth = arena_alloc(arena, (p->code_count + 1) * sizeof(*v.depth));
	v.todo = arena_alloc(arena, (p->code_count + 1) * sizeof(*v.todo));
	if (!v.depth || !v.todo) {
		arena_free(&arena);
		return "out of memory";
	}
	for (unsigned i = 0; i < p->code_count; i++)
		v.depth[i] = -1;
	for (unsigned i = 0; i < p->route_count && !v.why; i++)
		verify_route(&v, &p->routes[i]);
	arena_free(&arena);
	*pc = v.at;
	return v.why;
}
