/*
 * test/oracle/oracle.c - the tree interpreter.
 */
#include "test/oracle/oracle.h"

#include "cfg/builtin.h"
#include "cfg/names.h"
#include "cfg/ops.h"
#include "cfg/regex.h"

#define STEPS_MAX 20000u

/* How a statement ends: it goes on, or something around it takes over. */
enum way { GO_ON, BREAKS, CONTINUES, RETURNS, ENDS };

struct frame {
	const struct route_decl *route;
	struct value            *locals;
	struct value             result;
	bool                     over;		/* exit, drop or a failure passes through */
};

struct oracle {
	const struct vm_host *host;
	void                 *arg;
	struct value        (*wait)(void *arg, const struct sym_func *f);
	struct load          *ld;
	struct arena         *arena;
	struct value         *vars;
	struct slice          captures[REGEX_CAPTURES];
	int64_t               rc;
	struct frame         *frame;
	unsigned              steps, withins;
	bool                  failed;		/* the expression under way has no value */
	struct oracle_run    *out;
};

static struct value eval(struct oracle *o, const struct expr *e);
static enum way run_stmt(struct oracle *o, const struct stmt *s);
static enum way run_stmts(struct oracle *o, const struct stmt *s);

/* ---- failing ---- */

static struct value fail(struct oracle *o, const char *why)
{
	o->failed = true;
	if (!o->out->why)
		o->out->why = why;
	o->out->status = VM_FAILED;
	return value_null();
}

static bool step(struct oracle *o)
{
	if (++o->steps <= STEPS_MAX)
		return true;
	o->out->gave_up = true;
	fail(o, "too many steps");
	return false;
}

/* ---- types at run time ---- */

static struct value typed(struct oracle *o, struct value v, enum value_type type, bool nullable)
{
	if (o->failed || type == VALUE_ANY || v.type == type)
		return v;
	if (v.type == VALUE_NULL)
		return nullable ? v : fail(o, "null where a value is needed");
	return fail(o, "a value of another type");
}

static struct value as_text(struct oracle *o, struct value v)
{
	struct slice s;

	if (o->failed || v.type == VALUE_NULL || v.type == VALUE_STRING)
		return v;
	s = value_text(o->arena, v);
	return s.p ? value_string(s) : fail(o, "out of memory");
}

static struct value call_builtin(struct oracle *o, const struct builtin *b,
    const struct value *argv, unsigned argc)
{
	struct builtin_run run = { o->arena, NULL };
	struct value v = value_null();

	if (!b->fn(&run, argv, argc, &v))
		return fail(o, run.why);
	return v;
}

static const struct builtin *builtin_by_name(struct oracle *o, const char *name)
{
	const struct builtin_entry *b = dict_get(&o->ld->names->builtins, slice_str(name));

	return b->def;
}

/* A value where the checker said that a type is wanted. */
static struct value eval_as(struct oracle *o, const struct expr *e, struct type want)
{
	struct value v = eval(o, e);

	if (o->failed || want.base == VALUE_ANY || want.base == VALUE_VOID)
		return v;
	if (type_is_open(e->type))
		return typed(o, v, want.base, want.nullable);
	if (want.base == VALUE_STRING && e->type.base == VALUE_URI)
		return as_text(o, v);
	if (want.base == VALUE_URI && e->type.base == VALUE_STRING)
		return call_builtin(o, builtin_by_name(o, "strict_uri"), &v, 1);
	return v;
}

static bool eval_condition(struct oracle *o, const struct expr *e)
{
	struct value v = eval_as(o, e, type_of_base(VALUE_BOOL));

	return !o->failed && v.b;
}

/* ---- variables ---- */

struct place { struct value key, index; };

static struct place eval_place(struct oracle *o, const struct pv *pv)
{
	struct place p = { value_null(), value_null() };

	if (pv->arg)
		p.key = eval(o, pv->arg);
	if (!o->failed && pv->index_kind == PV_INDEX_ONE)
		p.index = eval_as(o, pv->index, type_of_base(VALUE_INT));
	else if (pv->index_kind == PV_INDEX_ALL)
		p.index.type = VALUE_ANY;
	return p;
}

static struct value get_host(struct oracle *o, const struct pv *pv)
{
	struct place p = eval_place(o, pv);
	struct value v = value_null();

	if (o->failed)
		return v;
	if (o->host->get(o->arg, pv->sym, p.key, p.index, &v) != FN_DONE)
		return fail(o, "a variable could not be read");
	return typed(o, v, pv->index_kind == PV_INDEX_ALL ? VALUE_LIST : pv->sym->type,
	    pv->sym->nullable || pv->index_kind == PV_INDEX_ONE);
}

static struct value get_var(struct oracle *o, const struct pv *pv)
{
	struct value v = o->vars[pv->slot], i;

	if (pv->index_kind != PV_INDEX_ONE)
		return v;
	v = typed(o, v, VALUE_LIST, false);
	if (o->failed)
		return v;
	i = eval_as(o, pv->index, type_of_base(VALUE_INT));
	return o->failed ? i : ops_item(v.list, i.i);
}

static struct value eval_pv(struct oracle *o, const struct expr *e)
{
	struct value v = value_null();

	switch (e->pv->what) {
	case PV_HOST:
		v = get_host(o, e->pv);
		return e->is_narrowed ? typed(o, v, e->type.base, false) : v;
	case PV_VAR: return get_var(o, e->pv);
	case PV_RC:  return value_int(o->rc);
	case PV_RE:
		if (o->captures[e->pv->slot].p)
			v = value_string(o->captures[e->pv->slot]);
		return v;
	case PV_ERR:
	case PV_CONST:
	case PV_UNKNOWN: break;
	}
	return v;
}

static void store(struct oracle *o, const struct expr *to, const struct place *p, struct value v)
{
	if (o->failed)
		return;
	if (to->kind == EXPR_NAME)
		o->frame->locals[to->name.local->slot] = v;
	else if (to->pv->what == PV_VAR)
		o->vars[to->pv->slot] = v;
	else if (o->host->set(o->arg, to->pv->sym, p->key, p->index, v) != FN_DONE)
		fail(o, "a variable could not be written");
}

static struct place place_of(struct oracle *o, const struct expr *to)
{
	struct place none = { value_null(), value_null() };

	return to->kind == EXPR_PV && to->pv->what == PV_HOST ? eval_place(o, to->pv) : none;
}

/* ---- names, texts ---- */

static struct value eval_name(struct oracle *o, const struct expr *e)
{
	struct value v = value_null();

	if (e->name.local)
		v = o->frame->locals[e->name.local->slot];
	else if (e->name.acl)
		return (struct value){ .type = VALUE_ACL, .acl = e->name.acl->acl };
	else if (e->name.map)
		return (struct value){ .type = VALUE_MAP, .map = e->name.map->map };
	return e->is_narrowed ? typed(o, v, e->type.base, false) : v;
}

static struct value joined(struct oracle *o, struct value a, struct value b)
{
	struct value both[2] = { a, b };
	struct slice s = ops_concat(o->arena, both, 2);

	return s.p ? value_string(s) : fail(o, "out of memory");
}

static struct value eval_pieces(struct oracle *o, const struct expr *e, bool in_log)
{
	struct value all = value_string(SLICE(""));

	for (const struct expr *p = e->text.pieces; p && !o->failed; p = p->next) {
		struct value v = eval(o, p);

		if (in_log && !o->failed && p->type.nullable && v.type == VALUE_NULL)
			v = value_string(SLICE("<null>"));
		if (!o->failed)
			all = joined(o, all, v);
	}
	return all;
}

/* ---- operators ---- */

static struct value not_null(struct oracle *o, struct value v)
{
	return !o->failed && v.type == VALUE_NULL ? fail(o, "null where a value is needed") : v;
}

static struct value eval_match(struct oracle *o, const struct expr *e)
{
	struct value text = eval_as(o, e->op.a, type_maybe(VALUE_STRING)), pattern;
	const struct regex *re;
	struct regex_error why;
	int n = 0;

	if (o->failed)
		return text;
	pattern = eval_as(o, e->op.b, type_of_base(VALUE_STRING));
	if (o->failed)
		return pattern;
	if (regex_cached(pattern.s, false, &re, &why) != 0)
		return fail(o, "a pattern does not compile");
	if (text.type == VALUE_STRING)
		n = regex_match(re, text.s, o->captures);
	if (n < 0)
		return fail(o, "a pattern took too long");
	return value_bool((n == 1) == (e->op.op == OP_MATCH));
}

static struct value eval_sum(struct oracle *o, const struct expr *e)
{
	struct value a = eval(o, e->op.a), b, out = value_null();
	const char *why;

	if (e->op.a->type.nullable && !type_is_open(e->op.a->type))
		a = not_null(o, a);
	if (o->failed)
		return a;
	b = eval(o, e->op.b);
	if (o->failed)
		return b;
	if (!type_is_open(e->op.a->type) && e->type.base == VALUE_STRING) {
		b = not_null(o, b);
		return o->failed ? b : joined(o, a, b);
	}
	why = ops_binary(o->arena, OP_ADD, a, b, &out);
	return why ? fail(o, why) : out;
}

static struct value eval_binary(struct oracle *o, const struct expr *e)
{
	struct value a, b, out = value_null();
	const char *why;

	switch (e->op.op) {
	case OP_AND:
		return value_bool(eval_condition(o, e->op.a) && eval_condition(o, e->op.b));
	case OP_OR:
		return value_bool(eval_condition(o, e->op.a) ||
		    (!o->failed && eval_condition(o, e->op.b)));
	case OP_COALESCE:
		a = eval(o, e->op.a);
		return o->failed || a.type != VALUE_NULL || !e->op.a->type.nullable ? a :
		    eval(o, e->op.b);
	case OP_MATCH:
	case OP_NOMATCH: return eval_match(o, e);
	case OP_ADD:     return eval_sum(o, e);
	default:         break;
	}
	a = eval(o, e->op.a);
	if (o->failed)
		return a;
	b = eval(o, e->op.b);
	if (o->failed)
		return b;
	why = ops_binary(o->arena, e->op.op, a, b, &out);
	return why ? fail(o, why) : out;
}

static struct value eval_unary(struct oracle *o, const struct expr *e)
{
	struct value a, out = value_null();
	const char *why;

	if (e->op.op == OP_NOT) {
		bool b = eval_condition(o, e->op.a);

		return value_bool(!b);
	}
	a = eval(o, e->op.a);
	if (o->failed)
		return a;
	why = ops_unary(e->op.op, a, &out);
	return why ? fail(o, why) : out;
}

/* ---- calls ---- */

static void set_rc(struct oracle *o, struct value v)
{
	if (v.type == VALUE_BOOL)
		o->rc = v.b ? 1 : -1;
	else if (v.type == VALUE_INT)
		o->rc = v.i;
	else
		o->rc = v.type == VALUE_NULL ? -1 : 1;
}

static struct type param_type(const struct sym_func *f, unsigned i)
{
	const struct sym_param_decl *p = &f->params[i < f->param_count ? i : f->param_count - 1];

	return (struct type){ p->type, p->nullable, false, VALUE_ANY };
}

static struct value *eval_args(struct oracle *o, struct expr *const *argv, unsigned argc,
    const struct sym_func *f)
{
	struct value *v = arena_alloc(o->arena, (argc + 1) * sizeof(*v));

	for (unsigned i = 0; i < argc && !o->failed; i++) {
		if (argv[i]->kind == EXPR_TEXT && !argv[i]->konst && (f->flags & FUNC_LOGS))
			v[i] = eval_pieces(o, argv[i], true);
		else
			v[i] = eval_as(o, argv[i], param_type(f, i));
	}
	return v;
}

static struct value call_host(struct oracle *o, const struct expr *e)
{
	const struct sym_func *f = e->call.func;
	struct value *argv = eval_args(o, e->call.argv, e->call.argc, f), v = value_null();
	enum fn_status st;

	if (o->failed)
		return v;
	st = o->host->call(o->arg, f, argv, e->call.argc, &v);
	if (st == FN_FAILED)
		return fail(o, "a function failed");
	if (st == FN_SUSPENDED)
		v = o->wait(o->arg, f);
	if (f->ret != VALUE_VOID)
		v = typed(o, v, f->ret, f->ret_nullable);
	if (!o->failed)
		set_rc(o, v);
	return v;
}

static struct value appended(struct oracle *o, struct value to, struct value v)
{
	size_t n = to.type == VALUE_LIST ? to.list->count : to.type != VALUE_NULL;
	struct value *items = arena_alloc(o->arena, (n + 1) * sizeof(*items));
	struct value_list *list = arena_alloc(o->arena, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		items[i] = to.type == VALUE_LIST ? to.list->items[i] : to;
	items[n] = v;
	*list = (struct value_list){ n + 1, items };
	return (struct value){ .type = VALUE_LIST, .list = list };
}

static struct value old_value(struct oracle *o, const struct pv *pv, const struct place *p,
    bool all)
{
	struct value old = value_null(), every = { .type = VALUE_ANY };

	if (pv->what == PV_VAR)
		return o->vars[pv->slot];
	if (o->host->get(o->arg, pv->sym, p->key, all && pv->sym->indexable ? every : p->index,
	    &old) != FN_DONE)
		return fail(o, "a variable could not be read");
	return old;
}

/* push($v, x), incr($v, n) */
static struct value change(struct oracle *o, const struct expr *e)
{
	const struct expr *to = e->call.argv[0];
	bool is_push = slice_eq(e->call.name, SLICE("push"));
	struct place p = place_of(o, to);
	struct value by, old, v = value_null();
	const char *why;

	if (o->failed)
		return v;
	by = eval_as(o, e->call.argv[1], is_push ? type_maybe(VALUE_ANY) : type_of_base(VALUE_INT));
	if (o->failed)
		return by;
	old = old_value(o, to->pv, &p, is_push);
	if (o->failed)
		return old;
	if (is_push) {
		store(o, to, &p, appended(o, old, by));
		return value_null();
	}
	if (old.type == VALUE_NULL)
		old = value_int(0);
	if (old.type != VALUE_INT)
		return fail(o, "incr() counts numbers");
	why = ops_binary(o->arena, OP_ADD, old, by, &v);
	if (why)
		return fail(o, why);
	store(o, to, &p, v);
	return v;
}

static const struct sym_func *signature(struct oracle *o, const struct expr *e)
{
	const struct builtin_entry *b = e->kind == EXPR_CALL ?
	    dict_get(&o->ld->names->builtins, e->call.name) :
	    dict_get(&o->ld->names->transformations, slice_str(e->field.builtin->trans));

	return &b->func;
}

static struct value eval_call(struct oracle *o, const struct expr *e)
{
	struct value *argv;

	if (e->call.func)
		return call_host(o, e);
	if (e->call.builtin->flags & BUILTIN_VARIABLE)
		return change(o, e);
	argv = eval_args(o, e->call.argv, e->call.argc, signature(o, e));
	return o->failed ? value_null() : call_builtin(o, e->call.builtin, argv, e->call.argc);
}

/* of{class.op}: null stays null, what is no text becomes one. */
static struct value eval_trans(struct oracle *o, const struct expr *e)
{
	const struct sym_func *f = signature(o, e);
	const struct expr *of = e->field.argv[0];
	struct value *argv = arena_alloc(o->arena, (e->field.argc + 1) * sizeof(*argv));

	if (f->params[0].type == VALUE_STRING)
		argv[0] = as_text(o, eval(o, of));
	else
		argv[0] = eval_as(o, of, type_maybe(f->params[0].type));
	if (o->failed)
		return value_null();
	if (argv[0].type == VALUE_NULL && !f->params[0].nullable)
		return type_is_open(of->type) ? not_null(o, argv[0]) : value_null();
	for (unsigned i = 1; i < e->field.argc && !o->failed; i++)
		argv[i] = eval_as(o, e->field.argv[i], param_type(f, i));
	return o->failed ? value_null() : call_builtin(o, e->field.builtin, argv, e->field.argc);
}

/* ---- routes ---- */

struct list_of_defers { const struct stmt *list[64]; unsigned count; };

static void find_defers(struct list_of_defers *d, const struct stmt *s)
{
	for (; s; s = s->next) {
		switch (s->kind) {
		case STMT_BLOCK: find_defers(d, s->block); break;
		case STMT_IF:
			find_defers(d, s->branch.then);
			find_defers(d, s->branch.other);
			break;
		case STMT_WHILE:   find_defers(d, s->loop.body); break;
		case STMT_FOREACH: find_defers(d, s->each.body); break;
		case STMT_WITHIN:
			find_defers(d, s->within.body);
			find_defers(d, s->within.other);
			break;
		case STMT_SWITCH:
			for (const struct switch_case *k = s->cases.cases; k; k = k->next)
				find_defers(d, k->body);
			break;
		case STMT_DEFER:
			if (d->count < 64)
				d->list[d->count++] = s;
			break;
		default: break;
		}
	}
}

/* Last one first, each that was reached once. One that fails while the script ends ends
 * this, one that fails on the ordinary way makes the script end: the others still run. */
static void run_defers(struct oracle *o)
{
	struct list_of_defers d = { .count = 0 };
	struct frame *fr = o->frame;

	find_defers(&d, fr->route->body);
	for (unsigned i = d.count; i > 0; i--) {
		struct value *armed = &fr->locals[d.list[i - 1]->defer.slot];
		bool was_over = fr->over;

		if (armed->type != VALUE_BOOL || !armed->b)
			continue;
		*armed = value_bool(false);
		o->failed = false;
		run_stmt(o, d.list[i - 1]->defer.body);
		if (o->failed) {
			fr->over = true;
			if (was_over)
				return;
		}
	}
}

/* true: the caller goes on with the result. */
static bool enter(struct oracle *o, const struct route_decl *r, const struct value *argv,
    unsigned argc, struct value *result)
{
	struct frame fr = { .route = r, .result = value_bool(true) }, *outer = o->frame;
	unsigned withins = o->withins;
	enum way w;

	fr.locals = arena_zalloc(o->arena, (r->slots + 1) * sizeof(*fr.locals));
	for (unsigned i = 0; i < argc; i++)
		fr.locals[i] = argv[i];
	o->frame = &fr;
	w = run_stmt(o, r->body);
	fr.over = w == ENDS;
	if (!o->out->gave_up)
		run_defers(o);
	for (; o->withins > withins; o->withins--)
		o->host->deadline_pop(o->arg, o->withins - 1);
	o->failed = fr.over;
	o->frame = outer;
	*result = fr.result;
	return !fr.over;
}

static struct value eval_route(struct oracle *o, const struct expr *e)
{
	const struct decl *d = e->route.route->params;
	struct value *argv = arena_alloc(o->arena, (e->route.argc + 1) * sizeof(*argv));
	struct value v = value_null();

	for (unsigned i = 0; i < e->route.argc && !o->failed; i++, d = d->next)
		argv[i] = eval_as(o, e->route.argv[i], d->type);
	if (!o->failed && step(o) && enter(o, e->route.route, argv, e->route.argc, &v))
		set_rc(o, v);
	return v;
}

/* ---- lists ---- */

static struct value eval_list(struct oracle *o, const struct expr *e)
{
	struct value *items = arena_alloc(o->arena, (e->list.count + 1) * sizeof(*items));
	struct value_list *list = arena_alloc(o->arena, sizeof(*list));
	size_t n = 0;

	for (const struct expr *i = e->list.items; i && !o->failed; i = i->next)
		items[n++] = eval(o, i);
	*list = (struct value_list){ n, items };
	return (struct value){ .type = VALUE_LIST, .list = list };
}

static struct value eval_index(struct oracle *o, const struct expr *e)
{
	struct value pair[2];
	bool is_map = e->index.of->type.base == VALUE_MAP;

	pair[0] = is_map ? eval(o, e->index.of) :
	    eval_as(o, e->index.of, type_of_base(VALUE_LIST));
	if (o->failed)
		return pair[0];
	pair[1] = is_map ? eval(o, e->index.index) :
	    eval_as(o, e->index.index, type_of_base(VALUE_INT));
	if (o->failed)
		return pair[1];
	if (is_map)
		return cfg_map_exact(pair[0].map, pair[1]);
	return typed(o, ops_item(pair[0].list, pair[1].i), e->type.base, true);
}

static struct value eval(struct oracle *o, const struct expr *e)
{
	if (o->failed || !step(o))
		return value_null();
	if (e->konst)
		return *e->konst;
	switch (e->kind) {
	case EXPR_TEXT:   return eval_pieces(o, e, false);
	case EXPR_NAME:   return eval_name(o, e);
	case EXPR_PV:     return eval_pv(o, e);
	case EXPR_FIELD:
	case EXPR_TRANS:  return eval_trans(o, e);
	case EXPR_INDEX:  return eval_index(o, e);
	case EXPR_CALL:   return eval_call(o, e);
	case EXPR_ROUTE:  return eval_route(o, e);
	case EXPR_UNARY:  return eval_unary(o, e);
	case EXPR_BINARY: return eval_binary(o, e);
	case EXPR_LIST:   return eval_list(o, e);
	case EXPR_LITERAL:
	case EXPR_BAD:    break;
	}
	return value_null();
}

/* ---- statements ---- */

static enum way way_of(const struct oracle *o) { return o->failed ? ENDS : GO_ON; }

static bool is_range(const struct expr *in)
{
	return in->kind == EXPR_CALL && in->call.builtin &&
	    slice_eq(in->call.name, SLICE("range"));
}

static enum way run_turn(struct oracle *o, const struct stmt *s, struct value item)
{
	enum way w;

	if (s->each.local) {
		o->frame->locals[s->each.local->slot] = item;
	} else {
		struct place p = place_of(o, s->each.pv);

		store(o, s->each.pv, &p, item);
	}
	if (o->failed)
		return ENDS;
	w = run_stmt(o, s->each.body);
	return w == CONTINUES ? GO_ON : w;
}

/* The type that an item must have: of the list, then of the variable. */
static struct value item_of(struct oracle *o, const struct stmt *s, struct value v, bool counted)
{
	const struct expr *to = s->each.pv;

	if (!counted)
		v = typed(o, v, s->each.in->type.item, false);
	if (!o->failed && !s->each.local && to->pv->what == PV_HOST)
		v = typed(o, v, to->type.base, false);
	return v;
}

static enum way run_each(struct oracle *o, const struct stmt *s)
{
	bool counted = is_range(s->each.in) && !s->each.in->konst;
	struct value from = value_int(0), to = value_int(0), list = value_null(), item;
	enum way w = GO_ON;

	if (is_range(s->each.in)) {
		counted = true;
		from = eval_as(o, s->each.in->call.argv[0], type_of_base(VALUE_INT));
		to = eval_as(o, s->each.in->call.argv[1], type_of_base(VALUE_INT));
	} else {
		list = eval_as(o, s->each.in, type_of_base(VALUE_LIST));
		to = value_int(o->failed ? 0 : (int64_t)list.list->count);
	}
	for (int64_t i = from.i; !o->failed && w == GO_ON && i < to.i && step(o); i++) {
		item = item_of(o, s, counted ? value_int(i) : list.list->items[i], counted);
		w = o->failed ? ENDS : run_turn(o, s, item);
	}
	return o->failed ? ENDS : w == BREAKS ? GO_ON : w;
}

static enum way run_while(struct oracle *o, const struct stmt *s)
{
	enum way w = GO_ON;

	while (w == GO_ON && step(o) && eval_condition(o, s->loop.cond)) {
		w = run_stmt(o, s->loop.body);
		w = w == CONTINUES ? GO_ON : w;
	}
	return o->failed ? ENDS : w == BREAKS ? GO_ON : w;
}

static bool case_fits(struct oracle *o, const struct switch_case *k, const struct expr *of,
    struct value v)
{
	struct value with, hit = value_bool(false);
	const char *why;

	if (k->pattern) {
		const struct regex *re;
		struct regex_error bad;

		v = of->type.base == VALUE_URI ? as_text(o, v) : typed(o, v, VALUE_STRING, true);
		if (o->failed || v.type == VALUE_NULL)
			return false;
		if (regex_cached(k->pattern->konst->s, false, &re, &bad) != 0)
			return false;
		return regex_match(re, v.s, o->captures) == 1;
	}
	with = eval(o, k->value);
	if (o->failed)
		return false;
	why = ops_binary(o->arena, k->value->type.base == VALUE_LIST ? OP_IN : OP_EQ, v, with,
	    &hit);
	if (why)
		fail(o, why);
	return !o->failed && hit.b;
}

static enum way run_switch(struct oracle *o, const struct stmt *s)
{
	struct value v = eval(o, s->cases.value);
	const struct switch_case *hit = NULL, *other = NULL;
	enum way w = GO_ON;

	for (const struct switch_case *k = s->cases.cases; k && !hit && !o->failed; k = k->next) {
		if (!k->value && !k->pattern)
			other = k;
		else if (case_fits(o, k, s->cases.value, v))
			hit = k;
	}
	if (o->failed)
		return ENDS;
	for (hit = hit ? hit : other; hit && w == GO_ON; hit = hit->next)
		w = run_stmts(o, hit->body);
	return w == BREAKS ? GO_ON : w;
}

static enum way run_within(struct oracle *o, const struct stmt *s)
{
	unsigned level = o->withins;
	enum way w;

	o->host->deadline_push(o->arg, s->within.limit, o->withins++);
	w = run_stmt(o, s->within.body);
	/* What leaves the block by break or continue closes it; an end closes all later. */
	if (w == GO_ON || w == BREAKS || w == CONTINUES)
		while (o->withins > level)
			o->host->deadline_pop(o->arg, --o->withins);
	return w;
}

static enum way run_assign(struct oracle *o, const struct stmt *s)
{
	struct place p = place_of(o, s->assign.to);
	struct value v = value_null();

	if (!o->failed)
		v = eval_as(o, s->assign.value, s->assign.to->type);
	store(o, s->assign.to, &p, v);
	return way_of(o);
}

static enum way run_return(struct oracle *o, const struct stmt *s)
{
	if (s->value)
		o->frame->result = eval_as(o, s->value, o->frame->route->ret);
	return o->failed ? ENDS : RETURNS;
}

static enum way run_end(struct oracle *o, enum vm_status status)
{
	o->out->status = status;
	return ENDS;
}

static enum way run_stmt(struct oracle *o, const struct stmt *s)
{
	if (!step(o))
		return ENDS;
	switch (s->kind) {
	case STMT_BLOCK: return run_stmts(o, s->block);
	case STMT_IF:
		if (eval_condition(o, s->branch.cond))
			return run_stmt(o, s->branch.then);
		return o->failed ? ENDS : s->branch.other ? run_stmt(o, s->branch.other) : GO_ON;
	case STMT_WHILE:   return run_while(o, s);
	case STMT_FOREACH: return run_each(o, s);
	case STMT_SWITCH:  return run_switch(o, s);
	case STMT_WITHIN:  return run_within(o, s);
	case STMT_DEFER:
		o->frame->locals[s->defer.slot] = value_bool(true);
		return GO_ON;
	case STMT_VAR:
		o->frame->locals[s->var.decl->slot] = eval_as(o, s->var.value, s->var.decl->type);
		return way_of(o);
	case STMT_ASSIGN:   return run_assign(o, s);
	case STMT_CALL:     eval(o, s->call); return way_of(o);
	case STMT_EXIT:     return run_end(o, VM_EXIT);
	case STMT_DROP:     return run_end(o, VM_DROP);
	case STMT_BREAK:    return BREAKS;
	case STMT_CONTINUE: return CONTINUES;
	case STMT_RETURN:   return run_return(o, s);
	case STMT_EMPTY:
	case STMT_FALLTHROUGH: break;
	}
	return GO_ON;
}

static enum way run_stmts(struct oracle *o, const struct stmt *s)
{
	enum way w = GO_ON;

	for (; s && w == GO_ON; s = s->next)
		w = run_stmt(o, s);
	return w;
}

void oracle_run(const struct route_decl *route, unsigned slots, const struct vm_host *host,
    void *arg, struct value (*wait)(void *arg, const struct sym_func *f), struct load *ld,
    struct arena *arena, struct oracle_run *out)
{
	struct oracle o = { .host = host, .arg = arg, .wait = wait, .ld = ld, .arena = arena,
	    .rc = 1, .out = out };

	memset(out, 0, sizeof(*out));
	out->status = VM_DONE;
	o.vars = arena_zalloc(arena, (slots + 1) * sizeof(*o.vars));
	enter(&o, route, NULL, 0, &out->result);
	out->rc = o.rc;
	out->steps = o.steps;
}
