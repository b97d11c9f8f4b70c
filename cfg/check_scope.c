/*
 * cfg/check_scope.c - which variables are visible, and what is known not to be null.
 */
#include "cfg/check.h"
#include "cfg/guest_note.h"

struct scope {
	struct scope *outer;
	struct decl  *first;		/* newest first */
};

struct fact {
	struct fact *older;
	struct slice key;
	bool         is_gone;		/* no longer holds: hides an older one */
};

void scope_open(struct check *c)
{
	struct scope *s = MEM_NEW(&c->ld->mem, struct scope);

	s->outer = c->scope;
	c->scope = s;
}

void scope_close(struct check *c)
{
	c->scope = c->scope->outer;
}

struct decl *scope_find(const struct check *c, struct slice name)
{
	for (const struct scope *s = c->scope; s; s = s->outer)
		for (struct decl *d = s->first; d; d = d->outer)
			if (slice_eq(d->name, name))
				return d;
	return NULL;
}

/* Each variable keeps a place of its own in the frame: a defer block may still read it
 * when its block is long over. */
void scope_add(struct check *c, struct decl *d)
{
	struct decl *other = scope_find(c, d->name);

	if (other) {
		struct diag_item *item = load_warning(c->ld, 203, d->at,
		    "variable \"%.*s\" hides another one of that name", SLICE_ARG(d->name));

		diag_beside(item, "the other one:");
		diag_see(item, other->at);
	}
	d->slot = c->slots++;
	d->outer = c->scope->first;
	c->scope->first = d;
	fact_remove(c, d->name);
}

void scope_candidates(const struct check *c, struct candidates *out)
{
	for (const struct scope *s = c->scope; s; s = s->outer)
		for (const struct decl *d = s->first; d; d = d->outer)
			candidates_add(out, d->name);
}

/* ---- facts ---- */

static void fact_put(struct check *c, struct slice key, bool is_gone)
{
	struct fact *f;

	if (key.len == 0)
		return;
	f = MEM_NEW(&c->ld->mem, struct fact);
	f->older = c->facts;
	f->key = key;
	f->is_gone = is_gone;
	c->facts = f;
}

void fact_add(struct check *c, struct slice key) { fact_put(c, key, false); }
void fact_remove(struct check *c, struct slice key) { fact_put(c, key, true); }

bool fact_holds(const struct check *c, struct slice key)
{
	for (const struct fact *f = c->facts; f; f = f->older)
		if (slice_eq(f->key, key))
			return !f->is_gone;
	return false;
}

struct fact *facts_mark(const struct check *c) { return c->facts; }
void facts_restore(struct check *c, struct fact *mark) { c->facts = mark; }

void facts_merge(struct check *c, struct fact *mark)
{
	struct fact *f = c->facts;

	c->facts = mark;
	for (; f && f != mark; f = f->older)
		if (f->is_gone)
			fact_remove(c, f->key);
}

struct slice fact_key(struct check *c, const struct expr *e)
{
	struct slice arg = SLICE("");

	if (e->pv->index_kind == PV_INDEX_ALL || (e->pv->index && !e->pv->index->konst))
		return SLICE_NULL;
	if (e->pv->arg && !pv_plain_arg(e->pv, &arg)) {
		if (!type_is_open(e->type))
			return SLICE_NULL;
		arg = guest_text_at(e->pv->arg->at);	/* for a warning that is good enough */
	}
	return mem_printf(&c->ld->mem, "$%.*s(%.*s)[%lld]", SLICE_ARG(e->pv->name),
	    SLICE_ARG(arg), e->pv->index && e->pv->index->konst->type == VALUE_INT ?
	    (long long)e->pv->index->konst->i : 0ll);
}

static struct slice key_of(struct check *c, const struct expr *e)
{
	if (e->kind == EXPR_NAME && e->name.local)
		return e->name.name;
	if (e->kind == EXPR_PV)
		return fact_key(c, e);
	return SLICE_NULL;
}

static bool is_null(const struct expr *e)
{
	return e->konst && e->konst->type == VALUE_NULL;
}

static bool is_value(const struct expr *e)
{
	return e->konst && e->konst->type != VALUE_NULL;
}

static void facts_of_equal(struct check *c, const struct expr *a, const struct expr *b,
    bool equal)
{
	if (is_null(b) && !equal)
		fact_add(c, key_of(c, a));
	else if (equal && (is_value(b) || (b->type.base != VALUE_NULL && !b->type.nullable)))
		fact_add(c, key_of(c, a));
}

static void facts_of_binary(struct check *c, const struct expr *e, bool value)
{
	const struct expr *a = e->op.a, *b = e->op.b;

	switch (e->op.op) {
	case OP_AND:
		if (value) {
			facts_of_condition(c, a, true);
			facts_of_condition(c, b, true);
		}
		break;
	case OP_OR:
		if (!value) {
			facts_of_condition(c, a, false);
			facts_of_condition(c, b, false);
		}
		break;
	case OP_EQ:
	case OP_NE:
		facts_of_equal(c, a, b, value == (e->op.op == OP_EQ));
		facts_of_equal(c, b, a, value == (e->op.op == OP_EQ));
		break;
	case OP_MATCH:
	case OP_NOMATCH:
		if (value == (e->op.op == OP_MATCH))
			fact_add(c, key_of(c, a));
		break;
	case OP_IN:
		if (value)
			fact_add(c, key_of(c, a));
		break;
	default:
		break;
	}
}

void facts_of_condition(struct check *c, const struct expr *cond, bool value)
{
	if (cond->kind == EXPR_UNARY && cond->op.op == OP_NOT)
		facts_of_condition(c, cond->op.a, !value);
	else if (cond->kind == EXPR_BINARY)
		facts_of_binary(c, cond, value);
}
