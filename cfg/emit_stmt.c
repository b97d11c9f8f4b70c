/*
 * cfg/emit_stmt.c - statements and routes as instructions.
 */
#include "cfg/emit.h"

static void emit_stmt(struct emit *e, const struct stmt *s);

static void emit_stmts(struct emit *e, const struct stmt *first)
{
	for (; first; first = first->next)
		emit_stmt(e, first);
}

static void emit_if(struct emit *e, const struct stmt *s)
{
	struct label other = { 0 }, end = { 0 };

	emit_cond(e, s->branch.cond, false, &other);
	emit_stmt(e, s->branch.then);
	if (s->branch.other) {
		if (!stmt_never_ends(s->branch.then))
			emit_jump(e, OPC_JMP, &end);
		emit_label(e, &other);
		emit_stmt(e, s->branch.other);
		emit_label(e, &end);
	} else {
		emit_label(e, &other);
	}
}

/* ---- loops ---- */

static void loop_open(struct emit *e, struct loop *l, struct label *on_break,
    struct label *on_continue)
{
	l->outer = e->loop;
	l->on_break = on_break;
	l->on_continue = on_continue;
	l->withins = l->withins_continue = e->withins;
	e->loop = l;
}

static void loop_close(struct emit *e) { e->loop = e->loop->outer; }

static bool is_range(const struct expr *in)
{
	return in->kind == EXPR_CALL && in->call.builtin &&
	    slice_eq(in->call.name, SLICE("range"));
}

/* range(a, b) in a foreach is counted, not made. */
static void begin_count(struct emit *e, const struct stmt *s)
{
	struct expr *const *argv = s->each.in->call.argv;

	emit_as(e, argv[0], type_of_base(VALUE_INT));
	emit_op(e, OPC_SETLOCAL, s->each.slot);
	emit_as(e, argv[1], type_of_base(VALUE_INT));
	emit_op(e, OPC_SETLOCAL, s->each.slot + 1);
}

static void begin_list(struct emit *e, const struct stmt *s)
{
	emit_as(e, s->each.in, type_of_base(VALUE_LIST));
	emit_op(e, OPC_SETLOCAL, s->each.slot);
	emit_op(e, OPC_CONST, emit_const(e, value_int(0)));
	emit_op(e, OPC_SETLOCAL, s->each.slot + 1);
}

static void store_item(struct emit *e, const struct stmt *s, bool counted)
{
	const struct expr *to = s->each.pv;
	enum value_type item = s->each.in->type.item;

	if (!counted && item != VALUE_ANY)
		emit_op(e, OPC_CHECK, (uint32_t)item);
	if (s->each.local) {
		emit_op(e, OPC_SETLOCAL, s->each.local->slot);
		return;
	}
	if (to->pv->what == PV_HOST && to->type.base != VALUE_ANY)
		emit_op(e, OPC_CHECK, (uint32_t)to->type.base);
	/* The key of a variable is pushed before the value, so the item waits aside. */
	emit_op(e, OPC_SETLOCAL, s->each.slot + 2);
	emit_place(e, to);
	emit_op(e, OPC_LOCAL, s->each.slot + 2);
	emit_store(e, to);
}

static void emit_foreach(struct emit *e, const struct stmt *s)
{
	struct label top = { 0 }, end = { 0 };
	struct loop l;
	bool counted = is_range(s->each.in);

	if (counted)
		begin_count(e, s);
	else
		begin_list(e, s);
	loop_open(e, &l, &end, &top);
	emit_label(e, &top);
	emit_op_jump(e, counted ? OPC_COUNT : OPC_ITER, s->each.slot, &end);
	store_item(e, s, counted);
	emit_stmt(e, s->each.body);
	emit_jump(e, OPC_JMP, &top);
	emit_label(e, &end);
	loop_close(e);
}

/* Only what was written for another server has it; its steps are limited like all others. */
static void emit_while(struct emit *e, const struct stmt *s)
{
	struct label top = { 0 }, end = { 0 };
	struct loop l;

	loop_open(e, &l, &end, &top);
	emit_label(e, &top);
	emit_cond(e, s->loop.cond, false, &end);
	emit_stmt(e, s->loop.body);
	emit_jump(e, OPC_JMP, &top);
	emit_label(e, &end);
	loop_close(e);
}

/* ---- switch ---- */

static void emit_tests(struct emit *e, const struct stmt *s, struct label *bodies,
    struct label *end)
{
	const struct switch_case *k = s->cases.cases;
	struct label *other = end;

	for (unsigned i = 0; k; k = k->next, i++) {
		e->at = k->at;
		if (k->value) {
			emit_case_test(e, s->cases.slot, s->cases.value->type, k->value);
		} else if (k->pattern) {
			emit_op(e, OPC_LOCAL, s->cases.slot);
			if (s->cases.value->type.base == VALUE_URI)
				emit_op(e, OPC_TEXT, 0);
			else if (s->cases.value->type.base != VALUE_STRING)
				emit_op(e, OPC_CHECKN, VALUE_STRING);
			emit_op(e, OPC_MATCH, emit_regex(e, k->pattern->konst->s));
		} else {
			other = &bodies[i];
			continue;
		}
		emit_jump(e, OPC_JT, &bodies[i]);
	}
	emit_jump(e, OPC_JMP, other);
}

static void emit_switch(struct emit *e, const struct stmt *s)
{
	struct label *bodies, end = { 0 };
	struct loop l;
	unsigned n = 0, i = 0;

	for (const struct switch_case *k = s->cases.cases; k; k = k->next)
		n++;
	bodies = MEM_ARRAY(&e->ld->mem, struct label, n + 1);
	emit_expr(e, s->cases.value);
	emit_op(e, OPC_SETLOCAL, s->cases.slot);
	emit_tests(e, s, bodies, &end);
	loop_open(e, &l, &end, e->loop ? e->loop->on_continue : NULL);
	if (e->loop->outer)
		l.withins_continue = e->loop->outer->withins_continue;
	for (const struct switch_case *k = s->cases.cases; k; k = k->next, i++) {
		emit_label(e, &bodies[i]);
		emit_stmts(e, k->body);
	}
	loop_close(e);
	emit_label(e, &end);
}

/* ---- leaving ---- */

static void close_withins(struct emit *e, unsigned down_to)
{
	unsigned depth = e->withins;

	for (; depth > down_to; depth--)
		emit_op(e, OPC_WITHOUT, 0);
}

static void emit_break(struct emit *e, const struct stmt *s)
{
	if (s->kind == STMT_BREAK) {
		close_withins(e, e->loop->withins);
		emit_jump(e, OPC_JMP, e->loop->on_break);
	} else {
		close_withins(e, e->loop->withins_continue);
		emit_jump(e, OPC_JMP, e->loop->on_continue);
	}
}

static void leave_route(struct emit *e)
{
	if (!e->has_epilogue) {
		emit_op(e, OPC_RET, 0);
		return;
	}
	emit_op(e, OPC_SETLOCAL, e->result_slot);
	emit_jump(e, OPC_JMP, &e->epilogue);
}

static void emit_return(struct emit *e, const struct stmt *s)
{
	if (s->value)
		emit_as(e, s->value, e->route->ret);
	else
		emit_op(e, OPC_TRUE, 0);
	leave_route(e);
}

/* ---- the others ---- */

static void emit_within(struct emit *e, const struct stmt *s)
{
	struct label other = { 0 }, end = { 0 };

	emit_op_jump(e, OPC_WITHIN, emit_const(e, value_duration(s->within.limit)), &other);
	if (++e->withins > e->max_withins)
		e->max_withins = e->withins;
	emit_stmt(e, s->within.body);
	e->withins--;
	emit_op(e, OPC_WITHOUT, 0);
	emit_jump(e, OPC_JMP, &end);
	emit_label(e, &other);
	if (s->within.other)
		emit_stmt(e, s->within.other);
	emit_label(e, &end);
}

static void emit_assign(struct emit *e, const struct stmt *s)
{
	emit_place(e, s->assign.to);
	emit_as(e, s->assign.value, s->assign.to->type);
	e->at = s->assign.to->at;
	emit_store(e, s->assign.to);
}

static void emit_stmt(struct emit *e, const struct stmt *s)
{
	e->at = s->at;
	switch (s->kind) {
	case STMT_BLOCK:   emit_stmts(e, s->block); break;
	case STMT_IF:      emit_if(e, s); break;
	case STMT_FOREACH: emit_foreach(e, s); break;
	case STMT_SWITCH:  emit_switch(e, s); break;
	case STMT_WITHIN:  emit_within(e, s); break;
	case STMT_DEFER:
		emit_op(e, OPC_TRUE, 0);
		emit_op(e, OPC_SETLOCAL, s->defer.slot);
		break;
	case STMT_VAR:
		emit_as(e, s->var.value, s->var.decl->type);
		emit_op(e, OPC_SETLOCAL, s->var.decl->slot);
		break;
	case STMT_ASSIGN:  emit_assign(e, s); break;
	case STMT_CALL:
		emit_expr(e, s->call);
		emit_op(e, OPC_POP, 0);
		break;
	case STMT_EXIT:    emit_op(e, OPC_EXIT, 0); break;
	case STMT_DROP:    emit_op(e, OPC_DROP, 0); break;
	case STMT_BREAK:
	case STMT_CONTINUE: emit_break(e, s); break;
	case STMT_RETURN:  emit_return(e, s); break;
	case STMT_WHILE:   emit_while(e, s); break;
	case STMT_EMPTY:
	case STMT_FALLTHROUGH: break;
	}
}

/* ---- routes ---- */

struct defers { struct load *ld; const struct stmt **list; unsigned count, room; };

static void find_defer(struct walk *w, struct stmt *s)
{
	struct defers *d = w->arg;

	if (s->kind == STMT_DEFER)
		*(const struct stmt **)mem_push(&d->ld->mem, &d->list, &d->count, &d->room,
		    sizeof(s)) = s;
}

/* The last block that the text has runs first, each at most once. */
static void emit_epilogue(struct emit *e, const struct defers *d)
{
	emit_label(e, &e->epilogue);
	for (unsigned i = d->count; i > 0; i--) {
		const struct stmt *s = d->list[i - 1];
		struct label next = { 0 };

		e->at = s->at;
		emit_op(e, OPC_LOCAL, s->defer.slot);
		emit_jump(e, OPC_JF, &next);
		emit_op(e, OPC_FALSE, 0);
		emit_op(e, OPC_SETLOCAL, s->defer.slot);
		emit_stmt(e, s->defer.body);
		emit_label(e, &next);
	}
	emit_op(e, OPC_LOCAL, e->result_slot);
	emit_op(e, OPC_RET, 0);
}

static void begin_route(struct emit *e, const struct route_decl *r, const struct defers *d)
{
	e->route = r;
	e->depth = e->max_depth = 0;
	e->withins = e->max_withins = 0;
	e->loop = NULL;
	e->slots = r->slots;
	e->epilogue = (struct label){ 0 };
	e->has_epilogue = d->count > 0;
	e->at = r->at;
	if (!e->has_epilogue)
		return;
	e->result_slot = e->slots++;
	for (unsigned i = 0; i < d->count; i++) {
		emit_op(e, OPC_FALSE, 0);
		emit_op(e, OPC_SETLOCAL, d->list[i]->defer.slot);
	}
}

static const struct type *param_types(struct emit *e, const struct route_decl *r)
{
	struct type *types = MEM_ARRAY(&e->ld->mem, struct type, r->param_count + 1);
	unsigned i = 0;

	for (const struct decl *d = r->params; d; d = d->next)
		types[i++] = d->type;
	return types;
}

void emit_route(struct emit *e, const struct route_decl *r, struct prog_route *out)
{
	struct defers d = { .ld = e->ld };
	struct walk w = { .stmt = find_defer, .arg = &d };

	walk_stmts(&w, r->body);
	out->name = route_text(e->ld, r);
	out->kind = r->kind;
	out->at = r->at;
	out->entry = e->code_count;
	begin_route(e, r, &d);
	emit_stmt(e, r->body);
	/* Also behind an exit: cheaper than to be clever, and never wrong. It belongs to the
	 * route, not to its last statement, which may not have run. */
	e->at = r->at;
	emit_op(e, r->gives_code ? OPC_RC : OPC_TRUE, 0);
	leave_route(e);
	if (e->has_epilogue) {
		out->epilogue = e->code_count;
		emit_epilogue(e, &d);
	}
	out->end = e->code_count;
	out->params = r->param_count;
	out->param_types = param_types(e, r);
	out->ret = r->ret;
	out->slots = e->slots;
	out->stack = e->max_depth;
	out->withins = e->max_withins;
}
