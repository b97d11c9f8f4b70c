/*
 * cfg/vm_step.h - what each instruction does; the table of op.h makes the dispatch.
 *
 * For vm.c alone, so that the compiler sees loop and steps as one. What the verifier
 * has shown (indices, depths, jumps) is not asked again; what comes from the host is.
 */
#ifndef CFG_VM_STEP_H
#define CFG_VM_STEP_H

#include "cfg/ops.h"
#include "cfg/vm_run.h"

#include "utils/err.h"

#include <errno.h>

/* What defer blocks may still do when the script itself has used up its steps. */
#define DEFER_STEPS    1000u

/* What each function of a script takes: getting there and back costs as much as it does. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define STOP false
#define GO   true

/* ---- state in and out of the fiber ---- */

static inline void load_frame(struct run *r)
{
	struct fiber *f = r->f;

	r->pc = r->code + f->pc;
	r->sp = f->stack + f->sp;
	r->base = f->stack + f->frames[f->depth - 1].base;
}

static inline void save(struct run *r)
{
	r->f->pc = (uint32_t)(r->pc - r->code);
	r->f->sp = (uint32_t)(r->sp - r->f->stack);
	r->f->steps_left = r->steps;
}

static inline void push(struct run *r, struct value v) { *r->sp++ = v; }
static inline struct value pop(struct run *r) { return *--r->sp; }

static inline void push_bool(struct run *r, bool b) { push(r, value_bool(b)); }

/* ---- ending ---- */

static inline void close_withins(struct run *r, uint32_t down_to)
{
	struct fiber *f = r->f;

	while (f->within_count > down_to) {
		f->within_count--;
		if (r->host->deadline_pop)
			r->host->deadline_pop(r->arg, f->within_count);
	}
}

static inline bool finish(struct run *r)
{
	close_withins(r, 0);
	save(r);
	tape_note(r->f, TAPE_END, r->f->status, 0);
	r->f->state = FIBER_OVER;
	return STOP;
}

static inline bool at_expired_frame(const struct fiber *f)
{
	return f->is_expiring && f->depth - 1 == f->withins[f->within_count].frame;
}

static inline bool enter_else(struct run *r)
{
	struct fiber *f = r->f;
	const struct within *w = &f->withins[f->within_count];

	f->is_expiring = f->is_ending = false;
	tape_note(f, TAPE_LATE, 0, 0);
	f->pc = w->else_pc;
	f->sp = w->sp;
	load_frame(r);
	return GO;
}

/* Leave frames one by one; each runs its defer blocks first. */
static inline bool unwind(struct run *r)
{
	struct fiber *f = r->f;

	for (;;) {
		struct frame *fr = &f->frames[f->depth - 1];
		const struct prog_route *route = &f->program->routes[fr->route];

		if (at_expired_frame(f))
			return enter_else(r);
		if (route->epilogue && !fr->is_over && !f->is_short) {
			fr->is_over = true;
			f->pc = route->epilogue;
			f->sp = fr->base + route->slots;
			load_frame(r);
			return GO;
		}
		if (f->depth == 1)
			return finish(r);
		f->depth--;
	}
}

static inline bool end(struct run *r, enum vm_status status)
{
	save(r);
	r->f->status = status;
	r->f->is_ending = true;
	r->f->is_expiring = false;
	return unwind(r);
}

static inline bool fail(struct run *r, const char *what)
{
	struct fiber *f = r->f;

	save(r);
	if (f->error.what == NULL) {
		f->error.what = what;
		f->error.at = vm_where(f);
		f->error.route = vm_route_name(f);
	}
	return end(r, VM_FAILED);
}

static inline bool out_of_steps(struct run *r)
{
	struct fiber *f = r->f;

	if (f->is_ending)
		f->is_short = true;
	r->steps = DEFER_STEPS;
	return fail(r, "out of steps (script_max_steps)");
}

/* ---- checking what comes from outside ---- */

static inline bool wrong_type(struct run *r, enum value_type want, enum value_type got)
{
	struct slice s;

	if (got == VALUE_NULL)
		return fail(r, "null where a value is needed");
	s = arena_printf(r->f->arena, "a value is %s, %s is needed", value_type_name(got),
	    value_type_name(want));
	return fail(r, s.p ? arena_dup_cstr(r->f->arena, s) : "a value of the wrong type");
}

static inline bool is_of(const struct value *v, enum value_type type, bool nullable)
{
	return v->type == type || type == VALUE_ANY || (nullable && v->type == VALUE_NULL);
}

static inline bool memory_used_up(struct run *r)
{
	return fail(r, "out of memory (script_max_memory)");
}

static inline bool has_memory(const struct run *r)
{
	return arena_used(r->f->arena) - r->f->memory_start <= r->f->memory_max;
}

/* ---- constants, variables ---- */

static inline bool do_CONST(struct run *r, uint32_t a)
{
	push(r, r->f->program->consts[a]);
	return GO;
}

static inline bool do_NULL(struct run *r, uint32_t a)
{
	(void)a;
	r->sp->type = VALUE_NULL;
	r->sp++;
	return GO;
}

static inline bool do_TRUE(struct run *r, uint32_t a)
{
	(void)a;
	push_bool(r, true);
	return GO;
}

static inline bool do_FALSE(struct run *r, uint32_t a)
{
	(void)a;
	push_bool(r, false);
	return GO;
}

static inline bool do_LOCAL(struct run *r, uint32_t a)
{
	push(r, r->base[a]);
	return GO;
}

static inline bool do_SETLOCAL(struct run *r, uint32_t a)
{
	r->base[a] = pop(r);
	return GO;
}

static inline bool do_VAR(struct run *r, uint32_t a)
{
	push(r, r->f->vars[a]);
	return GO;
}

static inline bool do_SETVAR(struct run *r, uint32_t a)
{
	r->f->vars[a] = pop(r);
	return GO;
}

static inline bool do_POP(struct run *r, uint32_t a)
{
	(void)a;
	r->sp--;
	return GO;
}

/* ---- the host's variables ---- */

struct place { const struct prog_ref *ref; struct value key, index; };

static inline struct place pop_place(struct run *r, uint32_t a)
{
	struct place p = { &r->f->program->refs[a], value_null(), value_null() };

	if (p.ref->has_index)
		p.index = pop(r);
	else if (p.ref->all)
		p.index.type = VALUE_ANY;
	if (p.ref->has_key)
		p.key = pop(r);
	return p;
}

static inline bool get_failed(struct run *r)
{
	return fail(r, "a variable could not be read");
}

/* "$rm": most variables are as simple as this. */
static inline enum fn_status get_simple(struct run *r, const struct prog_ref *ref)
{
	static const struct value none = { .type = VALUE_NULL };

	save(r);
	r->sp->type = VALUE_NULL;
	return r->host->get(r->arg, ref->sym, none, none, r->sp);
}

static inline enum fn_status get_at(struct run *r, uint32_t a)
{
	struct place p = pop_place(r, a);

	save(r);
	r->sp->type = VALUE_NULL;
	return r->host->get(r->arg, p.ref->sym, p.key, p.index, r->sp);
}

/* The value goes straight to where it belongs. */
static inline bool do_GET(struct run *r, uint32_t a)
{
	const struct prog_ref *ref = &r->f->program->refs[a];
	bool is_simple = !(ref->has_key | ref->has_index | ref->all);
	enum value_type type = ref->all ? VALUE_LIST : ref->sym->type;

	if ((is_simple ? get_simple(r, ref) : get_at(r, a)) != FN_DONE)
		return get_failed(r);
	if (!is_of(r->sp, type, ref->sym->nullable || ref->has_index))
		return wrong_type(r, type, r->sp->type);
	r->sp++;
	return GO;
}

static inline bool do_SET(struct run *r, uint32_t a)
{
	struct value v = pop(r);
	struct place p = pop_place(r, a);

	save(r);
	if (r->host->set(r->arg, p.ref->sym, p.key, p.index, v) != FN_DONE)
		return fail(r, "a variable could not be written");
	return GO;
}

static inline struct value appended(struct arena *arena, struct value to, struct value v)
{
	const struct value_list *old = to.type == VALUE_LIST ? to.list : NULL;
	size_t n = old ? old->count : to.type != VALUE_NULL;
	struct value_list *list = arena_alloc(arena, sizeof(*list));
	struct value *items = arena_alloc(arena, (n + 1) * sizeof(*items));

	if (!list || !items)
		return value_null();
	for (size_t i = 0; i < n; i++)
		items[i] = old ? old->items[i] : to;
	items[n] = v;
	list->count = n + 1;
	list->items = items;
	return (struct value){ .type = VALUE_LIST, .list = list };
}

static inline enum fn_status push_by_hand(struct run *r, const struct place *p, struct value v)
{
	struct value old = value_null(), all = { .type = VALUE_ANY };

	if (r->host->get(r->arg, p->ref->sym, p->key, p->ref->sym->indexable ? all : p->index,
	    &old) != FN_DONE)
		return FN_FAILED;
	v = appended(r->f->arena, old, v);
	if (v.type == VALUE_NULL)
		return FN_FAILED;
	return r->host->set(r->arg, p->ref->sym, p->key, p->index, v);
}

static inline bool do_PUSH(struct run *r, uint32_t a)
{
	struct value v = pop(r);
	struct place p = pop_place(r, a);
	enum fn_status st;

	save(r);
	st = r->host->push ? r->host->push(r->arg, p.ref->sym, p.key, v) :
	    push_by_hand(r, &p, v);
	if (st != FN_DONE)
		return fail(r, "a variable could not be written");
	return has_memory(r) ? GO : memory_used_up(r);
}

static inline const char *added(struct value old, struct value by, struct value *out)
{
	if (old.type == VALUE_NULL)
		old = value_int(0);
	if (old.type != VALUE_INT)
		return "incr() counts numbers";
	return ops_binary(NULL, OP_ADD, old, by, out);
}

static inline const char *incr_by_hand(struct run *r, const struct place *p, struct value by,
    struct value *out)
{
	struct value old = value_null();
	const char *why;

	if (r->host->get(r->arg, p->ref->sym, p->key, p->index, &old) != FN_DONE)
		return "a variable could not be read";
	why = added(old, by, out);
	if (why)
		return why;
	return r->host->set(r->arg, p->ref->sym, p->key, p->index, *out) == FN_DONE ? NULL :
	    "a variable could not be written";
}

static inline bool do_INCR(struct run *r, uint32_t a)
{
	struct value by = pop(r), out = value_null();
	struct place p = pop_place(r, a);
	const char *why = NULL;

	save(r);
	if (!r->host->incr || !p.ref->sym->counts)
		why = incr_by_hand(r, &p, by, &out);
	else if (r->host->incr(r->arg, p.ref->sym, p.key, p.index, by.i, &out) != FN_DONE)
		why = "a variable could not be counted up";
	if (why)
		return fail(r, why);
	if (out.type != VALUE_INT)
		return wrong_type(r, VALUE_INT, out.type);
	push(r, out);
	return GO;
}

static inline bool do_PUSHVAR(struct run *r, uint32_t a)
{
	struct value v = appended(r->f->arena, r->f->vars[a], pop(r));

	if (v.type == VALUE_NULL || !has_memory(r))
		return memory_used_up(r);
	r->f->vars[a] = v;
	return GO;
}

static inline bool do_INCRVAR(struct run *r, uint32_t a)
{
	struct value by = pop(r), out;
	const char *why = added(r->f->vars[a], by, &out);

	if (why)
		return fail(r, why);
	r->f->vars[a] = out;
	push(r, out);
	return GO;
}

/* ---- calls ---- */

static inline bool suspend(struct run *r, const struct sym_func *f, uint32_t argc)
{
	if (r->f->is_ending)
		return fail(r, "a function waits in a defer block");
	note(r, 2, TAPE_WAIT, 0, 0, 0);
	r->f->waits_for = f;
	r->f->waits_argc = argc;
	r->f->state = FIBER_WAITING;
	return STOP;
}

/* Kamailio's numbers: true 1, false and null -1, a number itself. */
static inline void set_rc(struct fiber *f, const struct value *v)
{
	f->rc = v->type == VALUE_BOOL ? (v->b ? 1 : -1) : v->type == VALUE_INT ? v->i :
	    v->type == VALUE_NULL ? -1 : 1;
}

/*
 * A result, where it lies above the arguments. Most are asked for their truth or not
 * wanted at all: then the next instruction is done with it, and nothing is moved.
 */
ALWAYS_INLINE bool take_result(struct run *r, const struct sym_func *f, struct value *v,
    uint32_t argc)
{
	uint32_t next = *r->pc;
	enum op op = op_of(next);

	if (f->ret != VALUE_VOID && !is_of(v, f->ret, f->ret_nullable))
		return wrong_type(r, f->ret, v->type);
	note_call(r, v);
	set_rc(r->f, v);
	r->sp -= argc;
	if (op == OPC_POP)
		r->pc++;
	else if (op_is_test(op) && f->ret == VALUE_BOOL)
		r->pc = v->b == (op == OPC_JT) ? r->code + op_a(next) : r->pc + 1;
	else
		*r->sp++ = *v;
	return GO;
}

ALWAYS_INLINE bool do_CALL(struct run *r, uint32_t a)
{
	const struct sym_func *f = r->f->program->funcs[a];
	uint32_t argc = *r->pc++;
	struct value *v = r->sp;	/* the verifier has left room for it */
	enum fn_status st;

	save(r);
	if (f->flags & FUNC_MAY_FAIL)
		r->f->err = NULL;
	r->f->is_err_new = false;
	v->type = VALUE_NULL;
	st = r->host->call(r->arg, f, r->sp - argc, argc, v);
	if (__builtin_expect(st == FN_SUSPENDED, 0))
		return suspend(r, f, argc);
	if (__builtin_expect(st == FN_FAILED, 0))
		return fail(r, "a function failed");
	return take_result(r, f, v, argc);
}

ALWAYS_INLINE bool do_METHOD(struct run *r, uint32_t a)
{
	uint32_t set = *r->pc++;

	r->sp->type = VALUE_BOOL;
	r->sp->b = (set & r->f->method) != 0;
	return take_result(r, r->f->program->funcs[a], r->sp, 0);
}

static inline bool do_BUILTIN(struct run *r, uint32_t a)
{
	const struct prog_builtin *b = &r->f->program->builtins[a];
	uint32_t argc = *r->pc++;
	struct builtin_run run = { r->f->arena, NULL };
	struct value v = value_null();

	r->sp -= argc;
	if (!b->def->fn(&run, r->sp, argc, &v))
		return fail(r, run.why);
	if (!has_memory(r))
		return memory_used_up(r);
	push(r, v);
	return GO;
}

static inline bool do_ROUTE(struct run *r, uint32_t a)
{
	struct fiber *f = r->f;
	const struct prog_route *route = &f->program->routes[a];
	uint32_t argc = *r->pc++;
	struct frame *fr = &f->frames[f->depth++];

	note(r, 2, TAPE_ROUTE, 0, 1, 0);
	fr->route = a;
	fr->ret_pc = (uint32_t)(r->pc - r->code);
	fr->withins = f->within_count;
	fr->is_over = false;
	r->base = r->sp - argc;
	fr->base = (uint32_t)(r->base - f->stack);
	for (unsigned i = argc; i < route->slots; i++)
		r->base[i] = value_null();
	r->sp = r->base + route->slots;
	r->pc = r->code + route->entry;
	return GO;
}

static inline bool leave_top(struct run *r, struct value v)
{
	r->f->result = v;
	r->f->status = VM_DONE;
	return finish(r);
}

static inline bool do_RET(struct run *r, uint32_t a)
{
	struct fiber *f = r->f;
	struct value *v = --r->sp;
	struct frame *fr = &f->frames[f->depth - 1];

	(void)a;
	if (__builtin_expect(f->is_ending, 0)) {
		if (f->depth == 1)
			return finish(r);
		f->depth--;
		return unwind(r);
	}
	if (f->within_count > fr->withins)
		close_withins(r, fr->withins);
	if (f->depth == 1)
		return leave_top(r, *v);
	set_rc(f, v);
	r->sp = f->stack + fr->base;
	r->pc = r->code + fr->ret_pc;
	f->depth--;
	r->base = f->stack + f->frames[f->depth - 1].base;
	if (op_of(*r->pc) == OPC_POP)
		r->pc++;
	else
		*r->sp++ = *v;
	return GO;
}

static inline bool do_EXIT(struct run *r, uint32_t a)
{
	(void)a;
	return end(r, VM_EXIT);
}

static inline bool do_DROP(struct run *r, uint32_t a)
{
	(void)a;
	return end(r, VM_DROP);
}

/* ---- jumps ---- */

static inline bool do_JMP(struct run *r, uint32_t a)
{
	r->pc = r->code + a;
	return GO;
}

static inline bool do_JF(struct run *r, uint32_t a)
{
	bool jumps = !(--r->sp)->b;

	note_branch(r, 1, jumps);
	if (jumps)
		r->pc = r->code + a;
	return GO;
}

static inline bool do_JT(struct run *r, uint32_t a)
{
	bool jumps = (--r->sp)->b;

	note_branch(r, 1, jumps);
	if (jumps)
		r->pc = r->code + a;
	return GO;
}

static inline bool do_JNULL(struct run *r, uint32_t a)
{
	bool jumps = r->sp[-1].type == VALUE_NULL;

	note_branch(r, 1, jumps);
	if (jumps)
		r->pc = r->code + a;
	return GO;
}

static inline bool do_JVALUE(struct run *r, uint32_t a)
{
	bool jumps = r->sp[-1].type != VALUE_NULL;

	note_branch(r, 1, jumps);
	if (jumps)
		r->pc = r->code + a;
	else
		r->sp--;
	return GO;
}

/* ---- types ---- */

static inline bool do_NOT(struct run *r, uint32_t a)
{
	(void)a;
	r->sp[-1].b = !r->sp[-1].b;
	return GO;
}

static inline bool do_CHECK(struct run *r, uint32_t a)
{
	return is_of(&r->sp[-1], a, false) ? GO : wrong_type(r, a, r->sp[-1].type);
}

static inline bool do_CHECKN(struct run *r, uint32_t a)
{
	return is_of(&r->sp[-1], a, true) ? GO : wrong_type(r, a, r->sp[-1].type);
}

static inline bool do_NEED(struct run *r, uint32_t a)
{
	(void)a;
	return r->sp[-1].type != VALUE_NULL ? GO : wrong_type(r, VALUE_ANY, VALUE_NULL);
}

static inline bool do_TEXT(struct run *r, uint32_t a)
{
	struct slice s;

	(void)a;
	if (r->sp[-1].type == VALUE_NULL || r->sp[-1].type == VALUE_STRING)
		return GO;
	s = value_text(r->f->arena, r->sp[-1]);
	if (!s.p || !has_memory(r))
		return memory_used_up(r);
	r->sp[-1] = value_string(s);
	return GO;
}

/* ---- operators ---- */

static inline bool do_EQSTR(struct run *r, uint32_t a)
{
	const struct value *y = --r->sp;
	struct value *x = &r->sp[-1];
	bool equal = x->type == y->type && (x->type == VALUE_NULL || slice_eq(x->s, y->s));

	x->type = VALUE_BOOL;
	x->b = equal != (bool)a;
	return GO;
}

static inline bool do_EQINT(struct run *r, uint32_t a)
{
	int64_t y = (--r->sp)->i;
	bool equal = r->sp[-1].i == y;

	r->sp[-1].type = VALUE_BOOL;
	r->sp[-1].b = equal != (bool)a;
	return GO;
}

static inline bool do_CMPINT(struct run *r, uint32_t a)
{
	int64_t y = (--r->sp)->i, x = r->sp[-1].i;

	r->sp[-1].type = VALUE_BOOL;
	r->sp[-1].b = a == OP_LT ? x < y : a == OP_LE ? x <= y : a == OP_GT ? x > y : x >= y;
	return GO;
}

static inline bool do_ADDINT(struct run *r, uint32_t a)
{
	int64_t y = (--r->sp)->i;

	(void)a;
	return !__builtin_add_overflow(r->sp[-1].i, y, &r->sp[-1].i) ? GO :
	    fail(r, "the result does not fit into 64 bits");
}

static inline bool do_SUBINT(struct run *r, uint32_t a)
{
	int64_t y = (--r->sp)->i;

	(void)a;
	return !__builtin_sub_overflow(r->sp[-1].i, y, &r->sp[-1].i) ? GO :
	    fail(r, "the result does not fit into 64 bits");
}

static inline bool do_BINARY(struct run *r, uint32_t a)
{
	struct value y = pop(r), out = value_null();
	const char *why = ops_binary(r->f->arena, (enum expr_op)a, r->sp[-1], y, &out);

	if (why)
		return fail(r, why);
	if (!has_memory(r))
		return memory_used_up(r);
	r->sp[-1] = out;
	return GO;
}

static inline bool do_UNARY(struct run *r, uint32_t a)
{
	const char *why = ops_unary((enum expr_op)a, r->sp[-1], &r->sp[-1]);

	return why ? fail(r, why) : GO;
}

static inline bool do_CONCAT(struct run *r, uint32_t a)
{
	struct slice s;

	r->sp -= a;
	s = ops_concat(r->f->arena, r->sp, a);
	if (!s.p || !has_memory(r))
		return memory_used_up(r);
	push(r, value_string(s));
	return GO;
}

/* ---- lists ---- */

static inline bool do_LIST(struct run *r, uint32_t a)
{
	struct value_list *list = arena_alloc(r->f->arena, sizeof(*list));
	struct value *items = arena_alloc(r->f->arena, (a + 1) * sizeof(*items));

	if (!list || !items || !has_memory(r))
		return memory_used_up(r);
	r->sp -= a;
	memcpy(items, r->sp, a * sizeof(*items));
	list->count = a;
	list->items = items;
	push(r, (struct value){ .type = VALUE_LIST, .list = list });
	return GO;
}

static inline bool do_INDEX(struct run *r, uint32_t a)
{
	struct value index = pop(r);

	(void)a;
	r->sp[-1] = ops_item(r->sp[-1].list, index.i);
	return GO;
}

static inline bool do_ITER(struct run *r, uint32_t a)
{
	const struct value_list *list = r->base[a].list;
	struct value *at = &r->base[a + 1];
	uint32_t exit = *r->pc++;

	note_branch(r, 2, (uint64_t)at->i >= list->count);
	if ((uint64_t)at->i >= list->count)
		r->pc = r->code + exit;
	else
		push(r, list->items[at->i++]);
	return GO;
}

static inline bool do_COUNT(struct run *r, uint32_t a)
{
	struct value *from = &r->base[a];
	uint32_t exit = *r->pc++;

	note_branch(r, 2, from->i >= r->base[a + 1].i);
	if (from->i >= r->base[a + 1].i) {
		r->pc = r->code + exit;
	} else {
		push(r, *from);
		from->i++;
	}
	return GO;
}

/* ---- patterns ---- */

static inline bool match(struct run *r, const struct regex *re, struct value *text)
{
	int n = 0;

	if (text->type == VALUE_STRING)
		n = regex_match(re, text->s, r->f->captures);
	if (n == -ENOMEM)
		return fail(r, "out of memory");
	if (n < 0)
		return fail(r, "a pattern took too long");
	*text = value_bool(n == 1);
	return GO;
}

static inline bool do_MATCH(struct run *r, uint32_t a)
{
	return match(r, r->f->program->regexes[a], &r->sp[-1]);
}

static inline bool do_MATCHDYN(struct run *r, uint32_t a)
{
	struct value pattern = pop(r);
	struct regex_error why;
	const struct regex *re;

	(void)a;
	if (regex_cached(pattern.s, false, &re, &why) != 0)
		return fail(r, "a pattern does not compile");
	return match(r, re, &r->sp[-1]);
}

/* ---- deadlines ---- */

static inline bool do_WITHIN(struct run *r, uint32_t a)
{
	struct fiber *f = r->f;
	struct within *w = &f->withins[f->within_count];
	uint32_t else_pc = *r->pc++;

	w->frame = f->depth - 1;
	w->sp = (uint32_t)(r->sp - f->stack);
	w->else_pc = else_pc;
	save(r);
	if (r->host->deadline_push)
		r->host->deadline_push(r->arg, f->program->consts[a].dur, f->within_count);
	f->within_count++;
	return GO;
}

static inline bool do_WITHOUT(struct run *r, uint32_t a)
{
	(void)a;
	close_withins(r, r->f->within_count - 1);
	return GO;
}

/* ---- what the run itself knows ---- */

static inline bool do_RC(struct run *r, uint32_t a)
{
	(void)a;
	push(r, value_int(r->f->rc));
	return GO;
}

static inline bool do_ERR(struct run *r, uint32_t a)
{
	(void)a;
	push(r, r->f->err ? value_string(slice_str(r->f->err)) : value_null());
	return GO;
}

static inline bool do_CAPTURE(struct run *r, uint32_t a)
{
	struct slice s = r->f->captures[a];

	push(r, s.p ? value_string(s) : value_null());
	return GO;
}

#endif
