/*
 * cfg/fold.c - what can be computed at load is computed at load.
 */
#include "cfg/check.h"
#include "cfg/ops.h"

void fold_set(struct load *ld, struct expr *e, struct value v)
{
	struct value *copy = MEM_NEW(&ld->mem, struct value);

	*copy = v;
	e->konst = copy;
	e->type = type_of_value(v);
}

static void fold_failed(struct check *c, struct expr *e, const char *why)
{
	load_error(c->ld, 309, e->at, "%s", why);
	e->type = type_bad();
}

static bool is_known(const struct expr *e) { return e->konst && !e->type.is_bad; }

static void fold_binary(struct check *c, struct expr *e)
{
	struct value v;
	const char *why;

	/* What decides alone: false && x, true || x, value ?? x. */
	if (e->op.op == OP_COALESCE && is_known(e->op.a) && e->op.a->konst->type != VALUE_NULL) {
		fold_set(c->ld, e, *e->op.a->konst);
		return;
	}
	if (!is_known(e->op.a) || !is_known(e->op.b) || e->op.op == OP_MATCH ||
	    e->op.op == OP_NOMATCH)
		return;
	why = ops_binary(c->ld->mem.arena, e->op.op, *e->op.a->konst, *e->op.b->konst, &v);
	if (why)
		fold_failed(c, e, why);
	else
		fold_set(c->ld, e, v);
}

static void fold_unary(struct check *c, struct expr *e)
{
	struct value v;
	const char *why;

	if (!is_known(e->op.a))
		return;
	why = ops_unary(e->op.op, *e->op.a->konst, &v);
	if (why)
		fold_failed(c, e, why);
	else
		fold_set(c->ld, e, v);
}

static struct value *known_values(struct load *ld, const struct expr *first, unsigned *count)
{
	struct value *v;
	unsigned n = 0;

	for (const struct expr *x = first; x; x = x->next, n++)
		if (!is_known(x))
			return NULL;
	v = MEM_ARRAY(&ld->mem, struct value, n + 1);
	*count = 0;
	for (const struct expr *x = first; x; x = x->next)
		v[(*count)++] = *x->konst;
	return v;
}

static void fold_list(struct check *c, struct expr *e)
{
	struct value_list *list;
	struct value v = { .type = VALUE_LIST };
	unsigned n;
	struct value *items = known_values(c->ld, e->list.items, &n);
	struct type type = e->type;

	if (!items)
		return;
	list = MEM_NEW(&c->ld->mem, struct value_list);
	list->count = n;
	list->items = items;
	v.list = list;
	fold_set(c->ld, e, v);
	e->type = type;
}

static void fold_text(struct check *c, struct expr *e)
{
	unsigned n;
	struct value *pieces = known_values(c->ld, e->text.pieces, &n);
	struct slice s;

	if (!pieces)
		return;
	s = ops_concat(c->ld->mem.arena, pieces, n);
	if (!s.p)
		mem_short(&c->ld->mem);
	fold_set(c->ld, e, value_string(s));
}

static void fold_index(struct check *c, struct expr *e)
{
	if (is_known(e->index.of) && is_known(e->index.index) &&
	    e->index.of->konst->type == VALUE_LIST && e->index.index->konst->type == VALUE_INT)
		fold_set(c->ld, e, ops_item(e->index.of->konst->list, e->index.index->konst->i));
}

static void fold_builtin(struct check *c, struct expr *e, const struct builtin *b,
    struct expr **argv, unsigned argc)
{
	struct builtin_run run = { .arena = c->ld->mem.arena };
	struct value *values, v = value_null();

	if (!b || (b->flags & (BUILTIN_IMPURE | BUILTIN_VARIABLE)))
		return;
	values = MEM_ARRAY(&c->ld->mem, struct value, argc + 1);
	for (unsigned i = 0; i < argc; i++) {
		if (!argv[i] || !is_known(argv[i]))
			return;
		values[i] = *argv[i]->konst;
	}
	if ((b->flags & BUILTIN_NULL_THRU) && argc && values[0].type == VALUE_NULL)
		fold_set(c->ld, e, value_null());
	else if (b->fn(&run, values, argc, &v))
		fold_set(c->ld, e, v);
	else
		fold_failed(c, e, run.why);
}

static bool is_tainted_below(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_BINARY: return e->op.a->is_tainted || e->op.b->is_tainted;
	case EXPR_CALL:
		for (unsigned i = 0; i < e->call.argc; i++)
			if (e->call.argv[i] && e->call.argv[i]->is_tainted)
				return true;
		return false;
	case EXPR_LIST:
		for (const struct expr *p = e->list.items; p; p = p->next)
			if (p->is_tainted)
				return true;
		return false;
	case EXPR_TEXT:
		for (const struct expr *p = e->text.pieces; p; p = p->next)
			if (p->is_tainted)
				return true;
		return false;
	default:
		return false;
	}
}

void fold_expr(struct check *c, struct expr *e)
{
	if (e->type.is_bad)
		return;
	switch (e->kind) {
	case EXPR_UNARY:  fold_unary(c, e); break;
	case EXPR_BINARY: fold_binary(c, e); break;
	case EXPR_LIST:   fold_list(c, e); break;
	case EXPR_TEXT:   fold_text(c, e); break;
	case EXPR_INDEX:  fold_index(c, e); break;
	case EXPR_CALL:
		fold_builtin(c, e, e->call.builtin, e->call.argv, e->call.argc);
		break;
	case EXPR_FIELD:
	case EXPR_TRANS:
		fold_builtin(c, e, e->field.builtin, e->field.argv, e->field.argc);
		break;
	default:
		break;
	}
	if (e->konst && is_tainted_below(e))
		e->is_tainted = true;
}
