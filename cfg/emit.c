/*
 * cfg/emit.c - the whole program: all routes, and how deep each can go.
 */
#include "cfg/emit_test.h"

#include "utils/err.h"

struct depth { struct emit *e; bool *is_done; };

static void follow(struct depth *d, unsigned id);

static unsigned most(unsigned a, unsigned b) { return a > b ? a : b; }

/* Every frame of a route it calls lies above all of its own values. */
static void add_callee(struct depth *d, struct prog_route *r, unsigned id)
{
	const struct prog_route *callee = &d->e->routes[id];

	follow(d, id);
	r->total_values = most(r->total_values, r->slots + r->stack + callee->total_values);
	r->total_frames = most(r->total_frames, 1 + callee->total_frames);
	r->total_withins = most(r->total_withins, r->withins + callee->total_withins);
}

static void follow(struct depth *d, unsigned id)
{
	struct prog_route *r = &d->e->routes[id];

	if (d->is_done[id])
		return;
	d->is_done[id] = true;
	r->total_values = r->slots + r->stack;
	r->total_frames = 1;
	r->total_withins = r->withins;
	for (uint32_t pc = r->entry; pc < r->end; ) {
		enum op op = op_of(d->e->code[pc]);

		if (op == OPC_ROUTE)
			add_callee(d, r, op_a(d->e->code[pc]));
		pc += (uint32_t)op_table[op].words;
	}
}

static struct program *assemble(struct emit *e, unsigned route_count)
{
	struct program *p = MEM_NEW(&e->ld->mem, struct program);

	p->code = e->code;
	p->code_count = e->code_count;
	p->consts = e->consts;
	p->const_count = e->const_count;
	p->secrets = e->secrets;
	p->refs = e->refs;
	p->ref_count = e->ref_count;
	p->funcs = e->funcs;
	p->func_count = e->func_count;
	p->builtins = e->builtins;
	p->builtin_count = e->builtin_count;
	p->regexes = e->regexes;
	p->regex_count = e->regex_count;
	p->routes = e->routes;
	p->route_count = route_count;
	p->lines = e->lines;
	p->line_count = e->line_count;
	p->var_names = e->ld->names->slot_names;
	p->var_count = e->ld->names->slot_count;
	return p;
}

struct program *emit_program(struct load *ld)
{
	struct emit *e = MEM_NEW(&ld->mem, struct emit);
	unsigned count = ld->ast->routes.count + emit_test_routes(ld);
	struct depth depths = { e, MEM_ARRAY(&ld->mem, bool, count + 1) };
	struct program *p;
	const char *why;
	uint32_t pc = 0;

	e->ld = ld;
	e->routes = MEM_ARRAY(&ld->mem, struct prog_route, count + 1);
	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		emit_route(e, r, &e->routes[r->id]);
	emit_tests(e, ld->ast->routes.count);
	for (unsigned i = 0; i < count; i++)
		follow(&depths, i);
	p = assemble(e, count);
	why = program_verify(p, &pc);
	if (why && strcmp(why, "out of memory") == 0)
		mem_short(&ld->mem);
	if (why)
		lcs_assert_failed(why, program_place(p, pc).source ?
		    program_place(p, pc).source->name : "", (int)program_place(p, pc).line);
	return p;
}
