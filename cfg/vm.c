/*
 * cfg/vm.c - the machine: begins, runs, suspends and ends a script.
 */
#include "cfg/vm_step.h"

#define DEFAULT_STEPS  100000u
#define DEFAULT_MEMORY (256u * 1024u)

/* ---- the loop ---- */

static enum vm_status leave(struct run *r)
{
	r->f->steps_left = r->steps;
	return r->f->state == FIBER_OVER ? r->f->status : VM_SUSPENDED;
}

static enum vm_status loop(struct run *r)
{
	for (;;) {
		uint32_t word = *r->pc++;
		bool go;

		if (__builtin_expect(r->steps-- == 0, 0)) {
			if (!out_of_steps(r))
				return leave(r);
			continue;
		}
		switch (op_of(word)) {
#define OP(name, words, pops, pushes, ka, kb, formula) \
		case OPC_##name: go = do_##name(r, op_a(word)); break;
		OP_TABLE(OP)
#undef OP
		default:
			lcs_assert_failed("known instruction", __FILE__, __LINE__);
		}
		if (!go)
			return leave(r);
	}
}

/* ---- begin and go on ---- */

static bool take_args(struct fiber *f, const struct prog_route *route, const struct value *argv,
    unsigned argc)
{
	if (argc != route->params)
		return false;
	for (unsigned i = 0; i < argc; i++) {
		if (!is_of(&argv[i], route->param_types[i].base, route->param_types[i].nullable))
			return false;
		f->stack[i] = argv[i];
	}
	for (unsigned i = argc; i < route->slots; i++)
		f->stack[i] = value_null();
	return true;
}

static struct fiber *fiber_new(const struct program *p, const struct prog_route *route,
    struct arena *arena)
{
	struct fiber *f = arena_zalloc(arena, sizeof(*f));

	if (!f)
		return NULL;
	f->stack = arena_alloc(arena, (route->total_values + 1) * sizeof(*f->stack));
	f->vars = arena_alloc(arena, (p->var_count + 1) * sizeof(*f->vars));
	f->frames = arena_alloc(arena, route->total_frames * sizeof(*f->frames));
	f->withins = arena_alloc(arena, (route->total_withins + 1) * sizeof(*f->withins));
	if (!f->stack || !f->vars || !f->frames || !f->withins)
		return NULL;
	for (unsigned i = 0; i < p->var_count; i++)
		f->vars[i] = value_null();
	return f;
}

struct fiber *vm_start(const struct program *p, unsigned route, const struct value *argv,
    unsigned argc, struct arena *arena, const struct vm_limits *limits)
{
	const struct prog_route *r;
	struct fiber *f;

	lcs_assert(route < p->route_count);
	r = &p->routes[route];
	f = fiber_new(p, r, arena);
	if (!f)
		return NULL;
	f->program = p;
	f->arena = arena;
	f->pc = r->entry;
	f->sp = r->slots;
	f->depth = 1;
	f->frames[0] = (struct frame){ .route = route };
	f->steps_max = f->steps_left = limits ? limits->max_steps : DEFAULT_STEPS;
	f->memory_max = limits ? limits->max_memory : DEFAULT_MEMORY;
	f->memory_start = arena_used(arena);
	f->rc = 1;
	f->result = value_bool(true);
	lcs_assert(take_args(f, r, argv, argc));
	return f;
}

void vm_set_method(struct fiber *f, enum sip_method method)
{
	f->method = program_method(method);
}

static void run_init(struct run *r, struct fiber *f, const struct vm_host *host, void *arg)
{
	*r = (struct run){ .code = f->program->code, .f = f, .host = host, .arg = arg,
		.steps = f->steps_left, .tape = f->tape, .counts = f->counts,
		.run_number = f->run_number };
	load_frame(r);
}

/* Deadlines inside the one that passed are over as well. */
static void close_inner(struct run *r)
{
	uint32_t level = r->f->within_count;

	r->f->within_count = r->f->expired_from;
	close_withins(r, level + 1);
	r->f->within_count = level;
}

enum vm_status vm_run(struct fiber *f, const struct vm_host *host, void *arg)
{
	struct run r;

	if (f->state == FIBER_OVER)
		return f->status;
	lcs_assert(f->state != FIBER_WAITING);
	run_init(&r, f, host, arg);
	if (f->is_expiring) {
		close_inner(&r);
		f->is_ending = true;
		f->state = FIBER_READY;
		if (!unwind(&r))
			return leave(&r);
	} else if (f->state == FIBER_RESUMED) {
		f->state = FIBER_READY;
		if (!take_result(&r, f->waits_for, &f->resumed, f->waits_argc))
			return leave(&r);
	}
	return loop(&r);
}

void vm_resume(struct fiber *f, struct value value)
{
	lcs_assert(f->state == FIBER_WAITING);
	f->resumed = value;
	f->state = FIBER_RESUMED;
}

void vm_expire(struct fiber *f, unsigned level)
{
	lcs_assert(f->state == FIBER_WAITING && level < f->within_count);
	f->expired_from = f->within_count;
	f->within_count = level;
	f->is_expiring = true;
	f->is_err_new = false;		/* "timeout" is no function's: the next note is without it */
	f->state = FIBER_RESUMED;
}

enum vm_status vm_cancel(struct fiber *f, const struct vm_host *host, void *arg)
{
	struct run r;

	if (f->state == FIBER_OVER)
		return f->status;
	run_init(&r, f, host, arg);
	if (f->is_expiring)
		close_inner(&r);
	f->state = FIBER_READY;
	if (end(&r, VM_DROP))
		return loop(&r);
	return leave(&r);
}

/* ---- what a run tells ---- */

const struct vm_error *vm_error(const struct fiber *f) { return &f->error; }
struct value vm_result(const struct fiber *f) { return f->result; }
void vm_set_err(struct fiber *f, const char *word)
{
	f->err = word;
	f->is_err_new = word != NULL;
}

struct cfg_span vm_where(const struct fiber *f)
{
	return program_place(f->program, f->pc ? f->pc - 1 : 0);
}

struct slice vm_route_name(const struct fiber *f)
{
	return f->program->routes[f->frames[f->depth - 1].route].name;
}

uint32_t vm_steps(const struct fiber *f)
{
	return f->steps_max - f->steps_left;
}
