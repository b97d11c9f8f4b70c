/*
 * cfg/check_stmt.c - statements: what they may contain and where they may stand.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

static void check_stmt(struct check *c, struct stmt *s);

/* ---- lists ---- */

static void check_list(struct check *c, struct stmt *first)
{
	bool is_over = false, is_said = false;

	for (struct stmt *s = first; s; s = s->next) {
		if (is_over && !is_said && s->kind != STMT_EMPTY && s->kind != STMT_FALLTHROUGH) {
			load_warning(c->ld, 501, s->at, "this statement is never reached");
			is_said = true;
		}
		check_stmt(c, s);
		is_over |= stmt_never_ends(s);
	}
}

/* ---- if ---- */

static void check_if(struct check *c, struct stmt *s)
{
	struct fact *mark;
	bool then_ends, other_ends;

	check_condition(c, s->branch.cond);
	mark = facts_mark(c);
	facts_of_condition(c, s->branch.cond, true);
	check_stmt(c, s->branch.then);
	then_ends = !stmt_never_ends(s->branch.then);
	other_ends = !s->branch.other || !stmt_never_ends(s->branch.other);
	if (then_ends)
		facts_merge(c, mark);
	else
		facts_restore(c, mark);
	mark = facts_mark(c);
	facts_of_condition(c, s->branch.cond, false);
	if (s->branch.other)
		check_stmt(c, s->branch.other);
	if (!then_ends)
		return;			/* what the condition's being false says stays true */
	if (other_ends)
		facts_merge(c, mark);
	else
		facts_restore(c, mark);
	if (!other_ends)
		facts_of_condition(c, s->branch.cond, true);
}

/* ---- loops ---- */

static void say_while(struct check *c, const struct stmt *s)
{
	struct diag_item *item = load_error(c->ld, 505, s->word_at,
	    "there is no while");

	diag_beside(item, "a script must come to its end by itself");
	diag_help(item, "foreach (x in list) and foreach (i in range(0, n)) are bounded");
}

static void check_while(struct check *c, struct stmt *s)
{
	if (is_guest(c->ld))
		guest_while(c, s);
	else
		say_while(c, s);
	check_condition(c, s->loop.cond);
	c->loops++;
	check_stmt(c, s->loop.body);
	c->loops--;
}

static enum value_type item_type(struct check *c, struct expr *in)
{
	check_expr(c, in);
	if (!check_want(c, in, type_of_base(VALUE_LIST), 309, "what foreach goes through"))
		return VALUE_VOID;
	return type_is_open(in->type) ? VALUE_ANY : in->type.item;
}

static void check_foreach(struct check *c, struct stmt *s)
{
	enum value_type item = item_type(c, s->each.in);

	scope_open(c);
	if (s->each.local) {
		s->each.local->type = item == VALUE_VOID ? type_bad() :
		    item == VALUE_ANY ? type_maybe(VALUE_ANY) : type_of_base(item);
		scope_add(c, s->each.local);
	} else if (s->each.pv->kind == EXPR_PV) {
		check_pv_assign(c, s->each.pv);
	} else if (s->each.pv->kind != EXPR_BAD) {
		load_error(c->ld, 309, s->each.pv->at, "this cannot be assigned");
	}
	s->each.slot = c->slots;
	c->slots += 3;			/* the list, the position, an item on its way */
	c->loops++;
	check_stmt(c, s->each.body);
	c->loops--;
	scope_close(c);
}

/* ---- switch ---- */

static void check_case_value(struct check *c, const struct expr *of, struct expr *v)
{
	struct type t;

	check_expr(c, v);
	if (of->type.is_bad || v->type.is_bad)
		return;
	t = v->type;
	if (t.base == VALUE_LIST)
		t = type_of_base(t.item);
	if (is_guest(c->ld) && guest_case(c, of, v))
		return;
	if (type_is_open(of->type) || type_is_open(t) || t.base == VALUE_NULL ||
	    of->type.base == t.base || (of->type.base == VALUE_URI && t.base == VALUE_STRING))
		return;
	load_error(c->ld, 320, v->at, "%s is compared with %s",
	    type_article(type_plain(of->type)), type_article(t));
}

static void check_pattern(struct check *c, struct expr *of, struct expr *pattern)
{
	const char *outer = c->only_constant;

	c->only_constant = "a pattern";
	check_expr(c, pattern);
	c->only_constant = outer;
	check_regex(c, pattern);
	check_want(c, of, type_maybe(VALUE_STRING), 309, "what a pattern is matched with");
}

/* A case that runs into the next one must say so. */
static void check_case_end(struct check *c, const struct switch_case *k)
{
	struct diag_item *item;

	if (!k->body || !k->next || stmts_never_end(k->body))
		return;
	if (is_guest(c->ld)) {
		guest_fallthrough(c, k);
		return;
	}
	item = load_error(c->ld, 503, k->at, "this case runs into the next one");
	diag_beside(item, "end it with break, return, exit, drop, continue or fallthrough");
}

static void check_case_body(struct check *c, struct switch_case *k)
{
	struct fact *mark = facts_mark(c);

	scope_open(c);
	check_list(c, k->body);
	scope_close(c);
	facts_merge(c, mark);
	check_case_end(c, k);
	for (const struct stmt *s = k->body; s; s = s->next)
		if (s->kind == STMT_FALLTHROUGH && (s->next || !k->next))
			load_error(c->ld, 503, s->word_at, "fallthrough is the last word of a "
			    "case that another one follows");
}

static void check_switch(struct check *c, struct stmt *s)
{
	const struct switch_case *other = NULL;

	check_expr(c, s->cases.value);
	if (s->cases.value->type.base == VALUE_VOID)
		check_want(c, s->cases.value, type_maybe(VALUE_STRING), 309, "a switch");
	s->cases.slot = c->slots++;
	c->switches++;
	for (struct switch_case *k = s->cases.cases; k; k = k->next) {
		if (k->value)
			check_case_value(c, s->cases.value, k->value);
		else if (k->pattern)
			check_pattern(c, s->cases.value, k->pattern);
		else if (other)
			diag_see(load_error(c->ld, 503, k->at, "a second default"), other->at);
		else
			other = k;
		check_case_body(c, k);
	}
	c->switches--;
}

/* ---- var and assignments ---- */

static void check_var(struct check *c, struct stmt *s)
{
	struct decl *d = s->var.decl;
	struct expr *v = s->var.value;
	const char *what = mem_printf(&c->ld->mem, "\"%.*s\"", SLICE_ARG(d->name)).p;

	check_expr(c, v);
	if (d->has_type) {
		if (v->type.base == VALUE_LIST)
			d->type.item = v->type.item;
		check_want(c, v, d->type, 309, what);
	} else if (v->type.base == VALUE_VOID) {
		check_want(c, v, type_maybe(VALUE_STRING), 309, what);
		d->type = type_bad();
	} else if (v->type.base == VALUE_ACL || v->type.base == VALUE_MAP) {
		load_error(c->ld, 309, v->at, "an acl or map is used by its name");
		d->type = type_bad();
	} else {
		d->type = v->type.base == VALUE_NULL ? type_maybe(VALUE_ANY) : v->type;
		if (v->type.is_bad)
			d->type = type_bad();
	}
	scope_add(c, d);
	if (d->type.nullable && !v->type.nullable)
		fact_add(c, d->name);
}

static void say_unassignable(struct check *c, struct expr *to)
{
	struct slice name = to->name.name;
	struct const_decl *k = dict_get(&c->ld->names->consts, name);
	struct candidates all = { .ld = c->ld };
	struct diag_item *item;

	if (k) {
		item = load_error(c->ld, 309, to->at, "\"%.*s\" is a const", SLICE_ARG(name));
		diag_beside(item, "it keeps the value it was defined with");
		diag_see(item, k->at);
		return;
	}
	item = load_error(c->ld, 201, to->at, "\"%.*s\" is not defined", SLICE_ARG(name));
	scope_candidates(c, &all);
	if (!candidates_say(&all, name, item, to->at, "\"", "\""))
		diag_beside(item, "a new variable begins with var: var %.*s = ...",
		    SLICE_ARG(name));
}

static void assign_local(struct check *c, struct stmt *s)
{
	struct expr *to = s->assign.to, *v = s->assign.value;
	struct decl *d = scope_find(c, to->name.name);

	check_expr(c, v);
	to->is_checked = true;
	if (!d) {
		say_unassignable(c, to);
		return;
	}
	to->name.local = d;
	to->type = d->type;
	check_want(c, v, d->type, 309,
	    mem_printf(&c->ld->mem, "\"%.*s\"", SLICE_ARG(d->name)).p);
	if (v->type.nullable)
		fact_remove(c, d->name);
	else
		fact_add(c, d->name);
}

static void assign_pv(struct check *c, struct stmt *s)
{
	struct expr *to = s->assign.to, *v = s->assign.value;
	struct type want;

	check_pv_assign(c, to);
	check_expr(c, v);
	if (to->type.is_bad)
		return;
	want = to->type;
	/* What is assigned to a URI variable may be built as text: it is parsed then. */
	if (want.base == VALUE_URI && v->type.base == VALUE_STRING && !v->konst)
		want.base = VALUE_STRING;
	check_want(c, v, want, 309,
	    mem_printf(&c->ld->mem, "$%.*s", SLICE_ARG(to->pv->name)).p);
	if (v->type.nullable)
		fact_remove(c, fact_key(c, to));
	else
		fact_add(c, fact_key(c, to));
}

/* x += y is x = x + y. */
static void expand_add(struct check *c, struct stmt *s)
{
	struct expr *read = MEM_NEW(&c->ld->mem, struct expr);

	*read = *s->assign.to;
	if (read->kind == EXPR_PV) {
		read->pv = MEM_NEW(&c->ld->mem, struct pv);
		*read->pv = *s->assign.to->pv;
	}
	s->assign.value = expr_binary(c->ld, OP_ADD, s->word_at, read, s->assign.value);
	s->assign.is_add = false;
}

static void check_assign(struct check *c, struct stmt *s)
{
	if (s->assign.is_add)
		expand_add(c, s);
	if (is_guest(c->ld)) {
		guest_assign(c, s);
		if (s->kind != STMT_ASSIGN) {
			check_stmt(c, s);
			return;
		}
	}
	switch (s->assign.to->kind) {
	case EXPR_NAME:
		assign_local(c, s);
		break;
	case EXPR_PV:
		assign_pv(c, s);
		break;
	case EXPR_BAD:
		check_expr(c, s->assign.value);
		break;
	default:
		load_error(c->ld, 309, s->assign.to->at, "this cannot be assigned");
		check_expr(c, s->assign.value);
		break;
	}
}

/* ---- jumps ---- */

static void say_return_number(struct check *c, struct stmt *s)
{
	struct expr *v = s->value;
	struct diag_item *item = load_error(c->ld, 309, v->at,
	    "a route without a declared type returns true or false");

	if (!v->konst || v->konst->type != VALUE_INT)
		diag_beside(item, "to return a number: route[%.*s]() -> int",
		    SLICE_ARG(c->route->name));
	else if (v->konst->i == 0)
		diag_beside(item, "in Kamailio 0 ends the script: write exit");
	else
		diag_beside(item, "in Kamailio %s means %s: write return %s",
		    v->konst->i < 0 ? "a negative number" : "a positive number",
		    v->konst->i < 0 ? "false" : "true", v->konst->i < 0 ? "false" : "true");
}

static void check_return(struct check *c, struct stmt *s)
{
	const struct route_decl *r = c->route;

	if (s->value)
		check_expr(c, s->value);
	if (!r)
		return;
	if (!s->value) {
		if (r->is_typed)
			load_error(c->ld, 320, s->at, "route[%.*s] has to return %s",
			    SLICE_ARG(r->name), type_article(r->ret));
	} else if (!r->is_typed && !r->gives_code && s->value->type.base == VALUE_INT) {
		say_return_number(c, s);
	} else {
		check_want(c, s->value, r->ret, 309,
		    mem_printf(&c->ld->mem, "what %.*s returns",
		    SLICE_ARG(route_text(c->ld, r))).p);
	}
}

static void check_jump(struct check *c, struct stmt *s)
{
	bool in_place = c->loops > 0 || (c->switches > 0 && s->kind == STMT_BREAK);

	if (c->in_defer && (s->kind == STMT_EXIT || s->kind == STMT_DROP ||
	    s->kind == STMT_RETURN)) {
		load_error(c->ld, 503, s->word_at, "a defer block runs to its end");
		return;
	}
	if (is_guest(c->ld)) {
		guest_drop(c, s);
		if (s->kind == STMT_BREAK && !in_place)
			guest_break(c, s);
		if (s->kind == STMT_RETURN && guest_return(c, s)) {
			check_stmt(c, s);
			return;
		}
	}
	if (s->kind == STMT_RETURN)
		check_return(c, s);
	else if (s->kind == STMT_EXIT || s->kind == STMT_DROP) {
		if (s->value)
			check_expr(c, s->value);
	} else if (!in_place) {
		load_error(c->ld, 503, s->word_at, "%s outside of %s",
		    s->kind == STMT_BREAK ? "break" : "continue",
		    s->kind == STMT_BREAK ? "a loop or switch" : "a loop");
	}
}

/* ---- the others ---- */

static void check_defer(struct check *c, struct stmt *s)
{
	unsigned loops = c->loops, switches = c->switches;

	if (c->in_defer)
		load_error(c->ld, 503, s->word_at, "a defer block inside another one");
	s->defer.slot = c->slots++;
	c->in_defer = true;
	c->loops = c->switches = 0;
	check_stmt(c, s->defer.body);
	c->in_defer = false;
	c->loops = loops;
	c->switches = switches;
}

static void check_within(struct check *c, struct stmt *s)
{
	struct fact *mark = facts_mark(c);

	if (s->within.limit <= 0)
		load_error(c->ld, 304, s->word_at, "a time limit is longer than nothing");
	if (c->in_defer)
		load_error(c->ld, 503, s->word_at, "nothing waits in a defer block");
	check_stmt(c, s->within.body);
	facts_merge(c, mark);
	if (s->within.other)
		check_stmt(c, s->within.other);
	facts_merge(c, mark);
}

static void check_call_stmt(struct check *c, struct stmt *s)
{
	struct expr *e = s->call;

	check_expr(c, e);
	if (e->kind == EXPR_CALL && e->call.func && (e->call.func->flags & FUNC_MUST_CHECK))
		diag_beside(load_warning(c->ld, 322, e->call.name_at,
		    "the result of %s() is not used", e->call.func->name),
		    "it tells whether it worked");
}

static void check_stmt(struct check *c, struct stmt *s)
{
	switch (s->kind) {
	case STMT_EMPTY:   break;
	case STMT_BLOCK:
		scope_open(c);
		check_list(c, s->block);
		scope_close(c);
		break;
	case STMT_IF:      check_if(c, s); break;
	case STMT_WHILE:   check_while(c, s); break;
	case STMT_FOREACH: check_foreach(c, s); break;
	case STMT_SWITCH:  check_switch(c, s); break;
	case STMT_WITHIN:  check_within(c, s); break;
	case STMT_DEFER:   check_defer(c, s); break;
	case STMT_VAR:     check_var(c, s); break;
	case STMT_ASSIGN:  check_assign(c, s); break;
	case STMT_CALL:    check_call_stmt(c, s); break;
	case STMT_FALLTHROUGH:
		if (c->switches == 0)
			load_error(c->ld, 503, s->word_at, "fallthrough outside of a switch");
		break;
	default:           check_jump(c, s); break;
	}
}

void check_body(struct check *c, struct stmt *body)
{
	scope_open(c);
	check_list(c, body->block);
	scope_close(c);
}
