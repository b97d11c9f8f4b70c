/*
 * cfg/flow.c - what can have happened on the ways to a place: was the request
 * answered, was it relayed, which method can it be, which $var(x) are set.
 *
 * Each route is looked at twice: first alone, from the inner ones out, for what it
 * does to whoever calls it; then from its callers in, with what they bring along.
 */
#include "cfg/check.h"
#include "cfg/profile.h"

/* Methods that have rules of their own; a set of them says what may be under way. */
enum { M_ACK = 1, M_CANCEL = 2, M_INVITE = 4, M_MESSAGE = 8, M_OTHER = 16, M_ALL = 31 };

/* Responses that are under way, in the routes for them. */
enum { R_PROVISIONAL = 1, R_FINAL = 2, R_ALL = 3 };

struct state {
	unsigned  methods;		/* that get here; none: nothing does */
	unsigned  open;			/* that get here without an answer */
	unsigned  responses;		/* that get here; none: it is a request that does */
	bool      relayed;		/* on some way */
	bool      to_tag;		/* known to be there */
	bool      logged;		/* the statement before wrote a log line */
	unsigned  called;		/* of the profile's "before" rules: on all ways */
	uint64_t *set;			/* $var(x) that have a value on all ways */
};

struct flow_sum {
	struct state entry;		/* of all callers together */
	struct state exit;		/* where it returns; with everything open at its begin */
	bool         has_entry, is_summed;
};

struct place { struct state breaks, continues; struct place *outer; bool is_loop; };

struct flow {
	struct load             *ld;
	const struct route_decl *route;
	struct state             returns;
	struct place            *place;
	unsigned                 words;
	bool                     reports;
	bool                     null_is_asked;
};

static void run_stmts(struct flow *f, struct state *s, const struct stmt *first);
static void eval(struct flow *f, struct state *s, const struct expr *e);
static const struct flow_sum *sum_of(struct flow *f, const struct route_decl *r);

/* ---- states ---- */

static struct state copy(struct flow *f, const struct state *from)
{
	struct state s = *from;

	s.set = MEM_ARRAY(&f->ld->mem, uint64_t, f->words);
	memcpy(s.set, from->set, f->words * sizeof(*s.set));
	return s;
}

/* Nothing gets here: joined with anything it gives the other. */
static struct state nowhere(struct flow *f)
{
	struct state s = { .to_tag = true, .called = ~0u };

	s.set = MEM_ARRAY(&f->ld->mem, uint64_t, f->words);
	memset(s.set, 0xff, f->words * sizeof(*s.set));
	return s;
}

static void stop(struct flow *f, struct state *s) { *s = nowhere(f); }

static void join(struct flow *f, struct state *to, const struct state *from)
{
	if (from->methods == 0)
		return;
	if (to->methods == 0) {
		*to = copy(f, from);
		return;
	}
	to->methods |= from->methods;
	to->open |= from->open;
	to->responses |= from->responses;
	to->relayed |= from->relayed;
	to->to_tag &= from->to_tag;
	to->logged &= from->logged;
	to->called &= from->called;
	for (unsigned i = 0; i < f->words; i++)
		to->set[i] &= from->set[i];
}

static void only(struct state *s, unsigned methods)
{
	s->methods &= methods;
	s->open &= methods;
}

static bool is_set(const struct state *s, unsigned slot)
{
	return s->set[slot / 64] >> (slot % 64) & 1;
}

static void set_var(struct state *s, unsigned slot)
{
	s->set[slot / 64] |= (uint64_t)1 << (slot % 64);
}

/* ---- saying ---- */

static bool may_say(const struct flow *f, const struct state *s)
{
	return f->reports && s->methods != 0;
}

static bool in_request(const struct flow *f)
{
	return f->route->contexts & IN_REQUEST;
}

static void say_reply(struct flow *f, const struct state *s, const struct expr *e)
{
	struct cfg_span at = e->call.name_at;
	const char *name = e->call.func->name;
	struct diag_item *item;

	if (s->methods == M_ACK) {
		item = load_error(f->ld, 507, at, "%s() where the request is an ACK", name);
		diag_beside(item, "an ACK is never answered or challenged (RFC 3261 17, 22.1)");
	} else if (s->methods == M_CANCEL) {
		item = load_error(f->ld, 507, at, "%s() where the request is a CANCEL", name);
		diag_beside(item, "a CANCEL is answered by the transaction (RFC 3261 9.2)");
	} else if (s->relayed) {
		item = load_warning(f->ld, 504, at, "%s() after the request was relayed", name);
		diag_beside(item, "the other side answers; this would be a second answer");
	}
}

static void say_relay(struct flow *f, const struct state *s, const struct expr *e)
{
	if (s->relayed)
		diag_beside(load_warning(f->ld, 504, e->call.name_at,
		    "%s() after the request was relayed", e->call.func->name),
		    "it would be sent a second time");
}

static void say_record(struct flow *f, const struct state *s, const struct expr *e)
{
	if (s->relayed)
		diag_beside(load_warning(f->ld, 506, e->call.name_at,
		    "record_route() after the request was relayed"),
		    "the copy that was sent does not have it");
	else if (s->to_tag)
		diag_beside(load_warning(f->ld, 506, e->call.name_at,
		    "record_route() where the request is known to have a To tag"),
		    "the route of a dialog is made by its first request");
}

static void say_silence(struct flow *f, const struct state *s, struct cfg_span at)
{
	struct diag_item *item;

	/* An ACK has no answer to miss, and a CANCEL that fits nothing changes nothing. */
	if (!may_say(f, s) || !in_request(f) || s->logged ||
	    !(s->open & ~(unsigned)(M_ACK | M_CANCEL)))
		return;
	item = load_warning(f->ld, 502, at, "a request can end here without an answer");
	diag_beside(item, "no reply, relay or drop on some way to this place");
	diag_help(item, "if silence is meant, write drop, or a log line before exit");
}

/* RFC 3261 16.7: the client waits for it, and would ask again and again. */
static void say_lost(struct flow *f, const struct state *s, struct cfg_span at)
{
	struct diag_item *item;

	if (!may_say(f, s) || f->ld->is_guest || !(s->responses & R_FINAL))
		return;
	item = load_error(f->ld, 509, at, "drop where the response can be a final one");
	diag_beside(item, "a final response always goes on: the client waits for it");
	diag_help(item, "provisional ones may be dropped: if (($rs ?? 200) < 200) drop;");
}

static void read_var(struct flow *f, const struct state *s, const struct expr *e)
{
	struct slice name = f->ld->names->slot_names[e->pv->slot];

	if (!may_say(f, s) || f->null_is_asked || is_set(s, e->pv->slot))
		return;
	diag_beside(diag_add(f->ld->diag, f->ld->is_guest ? DIAG_NOTE : DIAG_WARNING, 330, e->at,
	    "$var(%.*s) is read where nothing has set it",
	    SLICE_ARG(name)), "on some way here it is still null");
}

/* ---- what a profile wants to have been called before ---- */

static unsigned method_set(struct slice list);

static void note_called(struct flow *f, struct state *s, struct slice name)
{
	static const enum rule_kind kinds[] = { RULE_BEFORE_RELAY, RULE_BEFORE_REPLY };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct profile_rule *r = NULL;

		while ((r = profile_next(f->ld, kinds[i], r)))
			if (profile_names(r->names, name))
				s->called |= 1u << r->bit;
	}
}

/* What belongs to a dialog, or to a request that was let pass, has been asked once. */
static void check_called(struct flow *f, const struct state *s, const struct expr *e,
    enum rule_kind kind)
{
	const struct profile_rule *r = NULL;

	if (s->to_tag || !in_request(f))
		return;
	while ((r = profile_next(f->ld, kind, r))) {
		unsigned methods = r->methods.len ? method_set(r->methods) :
		    (unsigned)M_ALL & ~(unsigned)(M_ACK | M_CANCEL);

		if (s->called >> r->bit & 1 || !(s->methods & methods))
			continue;
		diag_beside(load_warning(f->ld, 608, e->call.name_at, "profile \"%.*s\" wants "
		    "%.*s before %s()", SLICE_ARG(r->owner->name), SLICE_ARG(r->names),
		    e->call.func->name), "%.*s", SLICE_ARG(r->why));
	}
}

/* ---- calls ---- */

static bool is_log(const struct sym_func *func)
{
	static const char *const names[] = { "xlog", "xlogl", "xlogm", "xdbg", "xinfo",
		"xnotice", "xwarn", "xerr", "xcrit", "xalert", "xbug", "log" };

	if (func->flags & FUNC_LOGS)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(func->name, names[i]) == 0)
			return true;
	return false;
}

static void call_func(struct flow *f, struct state *s, const struct expr *e)
{
	const struct sym_func *func = e->call.func;

	if (may_say(f, s)) {
		if (func->flags & FUNC_REPLIES)
			say_reply(f, s, e);
		else if (func->flags & FUNC_RELAYS)
			say_relay(f, s, e);
		else if (strcmp(func->name, "record_route") == 0)
			say_record(f, s, e);
		if (func->flags & FUNC_RELAYS)
			check_called(f, s, e, RULE_BEFORE_RELAY);
		if (func->flags & FUNC_REPLIES)
			check_called(f, s, e, RULE_BEFORE_REPLY);
	}
	note_called(f, s, slice_str(func->name));
	if (func->flags & FUNC_RELAYS)
		s->relayed = true;
	if (func->flags & (FUNC_ENDS | FUNC_REPLIES | FUNC_RELAYS))
		s->open = 0;
}

static void enter(struct flow *f, const struct state *s, const struct route_decl *r)
{
	struct flow_sum *sum = r->flow;

	if (!f->reports)
		return;
	if (!sum->has_entry)
		sum->entry = nowhere(f);
	sum->has_entry = true;
	join(f, &sum->entry, s);
}

static void call_route(struct flow *f, struct state *s, const struct expr *e)
{
	const struct flow_sum *sum;

	for (unsigned i = 0; i < e->route.argc; i++)
		if (e->route.argv[i])
			eval(f, s, e->route.argv[i]);
	if (!e->route.route) {
		s->open = 0;
		memset(s->set, 0xff, f->words * sizeof(*s->set));
		return;
	}
	sum = sum_of(f, e->route.route);
	enter(f, s, e->route.route);
	only(s, sum->exit.methods);
	if (s->methods == 0) {
		stop(f, s);
		return;
	}
	s->open &= sum->exit.open;
	s->responses &= sum->exit.responses;
	s->relayed |= sum->exit.relayed;
	s->called |= sum->exit.called;
	for (unsigned i = 0; i < f->words; i++)
		s->set[i] |= sum->exit.set[i];
}

static void call(struct flow *f, struct state *s, const struct expr *e)
{
	const struct builtin *b = e->call.builtin;

	for (unsigned i = 0; i < e->call.argc; i++) {
		struct expr *a = e->call.argv[i];

		if (i == 0 && b && (b->flags & BUILTIN_VARIABLE)) {
			if (a->pv->arg)
				eval(f, s, a->pv->arg);
			if (a->pv->what == PV_VAR)
				set_var(s, a->pv->slot);
		} else if (a) {
			eval(f, s, a);
		}
	}
	if (e->call.func)
		call_func(f, s, e);
	else if (!b)
		s->open = 0;		/* what it would do nobody knows: its error was said */
}

/* ---- expressions, in the order in which they run ---- */

static bool is_null(const struct expr *e)
{
	return e->konst && e->konst->type == VALUE_NULL;
}

static void branch(struct flow *f, struct state *s, const struct expr *e, struct state *yes,
    struct state *no);

static void eval_binary(struct flow *f, struct state *s, const struct expr *e)
{
	bool outer = f->null_is_asked;
	struct state yes, no;

	switch (e->op.op) {
	case OP_AND:
	case OP_OR:
		branch(f, s, e, &yes, &no);
		join(f, &yes, &no);
		*s = yes;
		return;
	case OP_COALESCE:
		f->null_is_asked = true;
		eval(f, s, e->op.a);
		f->null_is_asked = outer;
		no = copy(f, s);
		eval(f, &no, e->op.b);
		join(f, s, &no);
		return;
	case OP_EQ:
	case OP_NE:
		f->null_is_asked = is_null(e->op.a) || is_null(e->op.b);
		break;
	default:
		break;
	}
	eval(f, s, e->op.a);
	eval(f, s, e->op.b);
	f->null_is_asked = outer;
}

static void eval_pv(struct flow *f, struct state *s, const struct expr *e)
{
	if (e->pv->what == PV_VAR) {
		read_var(f, s, e);
		return;
	}
	if (e->pv->arg)
		eval(f, s, e->pv->arg);
	if (e->pv->index)
		eval(f, s, e->pv->index);
}

static void eval_list(struct flow *f, struct state *s, const struct expr *first)
{
	for (; first; first = first->next)
		eval(f, s, first);
}

static void eval(struct flow *f, struct state *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_TEXT:   eval_list(f, s, e->text.pieces); break;
	case EXPR_PV:     eval_pv(f, s, e); break;
	case EXPR_FIELD:
	case EXPR_TRANS:
		eval(f, s, e->field.of);
		eval_list(f, s, e->field.args);
		break;
	case EXPR_INDEX:
		eval(f, s, e->index.of);
		eval(f, s, e->index.index);
		break;
	case EXPR_CALL:   call(f, s, e); break;
	case EXPR_ROUTE:  call_route(f, s, e); break;
	case EXPR_UNARY:  eval(f, s, e->op.a); break;
	case EXPR_BINARY: eval_binary(f, s, e); break;
	case EXPR_LIST:   eval_list(f, s, e->list.items); break;
	case EXPR_LITERAL:
	case EXPR_NAME:
	case EXPR_BAD:    break;
	}
}

/* ---- conditions that tell something ---- */

static unsigned method_bit(struct slice name)
{
	static const struct { const char *name; unsigned bit; } methods[] = {
		{ "ACK", M_ACK }, { "CANCEL", M_CANCEL }, { "INVITE", M_INVITE },
		{ "MESSAGE", M_MESSAGE },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_eq(name, slice_str(methods[i].name)))
			return methods[i].bit;
	return M_OTHER;
}

/* "INVITE|ACK": the set of them. */
static unsigned method_set(struct slice list)
{
	unsigned set = 0;

	while (list.len > 0)
		set |= method_bit(slice_trim(slice_split(&list, '|')));
	return set;
}

static bool is_method_var(const struct expr *e)
{
	return e->kind == EXPR_PV && slice_eq(e->pv->name, SLICE("rm"));
}

static unsigned methods_of_value(const struct value *v)
{
	unsigned set = 0;

	if (v->type == VALUE_STRING)
		return method_bit(v->s);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list->count; i++)
		if (v->list->items[i].type == VALUE_STRING)
			set |= method_bit(v->list->items[i].s);
	return set;
}

/* The methods for which a condition holds; 0 if it is not about methods. */
static unsigned asked_methods(const struct expr *e)
{
	const struct expr *arg = NULL;

	if (e->kind == EXPR_CALL && e->call.func && e->call.argc == 1 &&
	    strcmp(e->call.func->name, "is_method") == 0) {
		arg = e->call.argv[0];
		return arg->konst && arg->konst->type == VALUE_STRING ?
		    method_set(arg->konst->s) : 0;
	}
	if (e->kind != EXPR_BINARY || !is_method_var(e->op.a) || !e->op.b->konst)
		return 0;
	if (e->op.op == OP_EQ || e->op.op == OP_NE || e->op.op == OP_IN)
		return methods_of_value(e->op.b->konst);
	return 0;
}

/* ---- conditions about the status of a response ---- */

/* Elsewhere $rs may be null, so it is mostly written with a default behind it. */
static bool is_status_var(const struct expr *e)
{
	if (e->kind == EXPR_BINARY && e->op.op == OP_COALESCE)
		e = e->op.a;
	return e->kind == EXPR_PV && (slice_eq(e->pv->name, SLICE("rs")) ||
	    slice_eq(e->pv->name, SLICE("T_reply_code")));
}

static unsigned class_of(int64_t status) { return status < 200 ? R_PROVISIONAL : R_FINAL; }

static unsigned classes_of_value(const struct value *v)
{
	unsigned set = 0;

	if (v->type == VALUE_INT)
		return class_of(v->i);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list->count; i++)
		set |= v->list->items[i].type == VALUE_INT ? class_of(v->list->items[i].i) : R_ALL;
	return set;
}

/* "1[0-9][0-9]|480": what the alternatives begin with. */
static unsigned classes_of_pattern(struct slice pattern)
{
	unsigned set = 0;

	while (pattern.len > 0) {
		struct slice one = slice_split(&pattern, '|');

		while (one.len && (one.p[0] == '^' || one.p[0] == '('))
			one = slice_skip(one, 1);
		set |= !one.len || !is_digit(one.p[0]) ? R_ALL : class_of((one.p[0] - '0') * 100);
	}
	return set;
}

struct outcome { unsigned yes, no; };	/* responses for which it may be so, and may not */

static struct outcome compared(enum expr_op op, int64_t n)
{
	static const struct { int64_t first, last; unsigned class; } classes[] = {
		{ 100, 199, R_PROVISIONAL }, { 200, 699, R_FINAL },
	};
	struct outcome o = { 0, 0 };

	for (size_t i = 0; i < 2; i++) {
		int64_t first = classes[i].first, last = classes[i].last;
		bool has = first <= n && n <= last;
		bool yes = op == OP_LT ? first < n : op == OP_LE ? first <= n :
		    op == OP_GT ? last > n : op == OP_GE ? last >= n : op == OP_EQ ? has : true;
		bool no = op == OP_LT ? last >= n : op == OP_LE ? last > n :
		    op == OP_GT ? first <= n : op == OP_GE ? first < n : op == OP_NE ? has : true;

		o.yes |= yes ? classes[i].class : 0;
		o.no |= no ? classes[i].class : 0;
	}
	return o;
}

static struct outcome asked_responses(const struct expr *e)
{
	const struct outcome nothing = { R_ALL, R_ALL };
	const struct expr *arg;

	if (e->kind == EXPR_CALL && e->call.func && e->call.argc == 1 &&
	    strcmp(e->call.func->name, "t_check_status") == 0) {
		arg = e->call.argv[0];
		return arg && arg->konst && arg->konst->type == VALUE_STRING ?
		    (struct outcome){ classes_of_pattern(arg->konst->s), R_ALL } : nothing;
	}
	if (e->kind != EXPR_BINARY || !is_status_var(e->op.a) || !e->op.b->konst)
		return nothing;
	if (e->op.op == OP_IN)
		return (struct outcome){ classes_of_value(e->op.b->konst), R_ALL };
	return e->op.b->konst->type == VALUE_INT ? compared(e->op.op, e->op.b->konst->i) : nothing;
}

static void learn_status(const struct expr *e, struct state *yes, struct state *no)
{
	struct outcome o = asked_responses(e);

	yes->responses &= o.yes;
	no->responses &= o.no;
}

static void learn(const struct expr *e, struct state *yes, struct state *no,
    const struct state *before)
{
	unsigned set = asked_methods(e);
	struct state *in = yes, *out = no;

	if (set && e->kind == EXPR_BINARY && e->op.op == OP_NE) {
		in = no;
		out = yes;
	}
	if (set) {
		only(in, set);
		/* "Not INVITE" leaves other methods: only single ones are excluded. */
		only(out, (unsigned)M_ALL & ~(set & ~(unsigned)M_OTHER));
	}
	if (e->kind != EXPR_CALL || !e->call.func)
		return;
	if (strcmp(e->call.func->name, "has_totag") == 0)
		yes->to_tag = true;
	/* It was not sent: to answer now, or to try again, is right. */
	if (e->call.func->flags & FUNC_RELAYS)
		no->relayed = before->relayed;
}

static void branch(struct flow *f, struct state *s, const struct expr *e, struct state *yes,
    struct state *no)
{
	struct state t, n, before;

	if (e->kind == EXPR_UNARY && e->op.op == OP_NOT) {
		branch(f, s, e->op.a, no, yes);
	} else if (e->kind == EXPR_BINARY && e->op.op == OP_AND) {
		branch(f, s, e->op.a, &t, no);
		branch(f, &t, e->op.b, yes, &n);
		join(f, no, &n);
	} else if (e->kind == EXPR_BINARY && e->op.op == OP_OR) {
		branch(f, s, e->op.a, yes, &n);
		branch(f, &n, e->op.b, &t, no);
		join(f, yes, &t);
	} else {
		before = *s;
		eval(f, s, e);
		*yes = copy(f, s);
		*no = copy(f, s);
		learn(e, yes, no, &before);
		learn_status(e, yes, no);
		if (e->konst && e->konst->type == VALUE_BOOL)
			stop(f, e->konst->b ? no : yes);
	}
}

/* ---- statements ---- */

static void run_if(struct flow *f, struct state *s, const struct stmt *st)
{
	struct state yes, no;

	branch(f, s, st->branch.cond, &yes, &no);
	run_stmts(f, &yes, st->branch.then);
	run_stmts(f, &no, st->branch.other);
	join(f, &yes, &no);
	*s = yes;
}

static void open_place(struct flow *f, struct place *p, bool is_loop)
{
	p->breaks = nowhere(f);
	p->continues = nowhere(f);
	p->outer = f->place;
	p->is_loop = is_loop;
	f->place = p;
}

static void assign_to(struct flow *f, struct state *s, const struct expr *to)
{
	if (to->kind != EXPR_PV)
		return;
	if (to->pv->what == PV_VAR)
		set_var(s, to->pv->slot);
	else if (to->pv->arg)
		eval(f, s, to->pv->arg);
}

static void run_each(struct flow *f, struct state *s, const struct stmt *st)
{
	struct place p;
	struct state body;

	eval(f, s, st->each.in);
	body = copy(f, s);
	if (st->each.pv)
		assign_to(f, &body, st->each.pv);
	open_place(f, &p, true);
	run_stmts(f, &body, st->each.body);
	f->place = p.outer;
	join(f, s, &body);
	join(f, s, &p.breaks);
	join(f, s, &p.continues);
}

static void run_loop(struct flow *f, struct state *s, const struct stmt *st)
{
	struct place p;
	struct state body;

	eval(f, s, st->loop.cond);
	body = copy(f, s);
	open_place(f, &p, true);
	run_stmts(f, &body, st->loop.body);
	f->place = p.outer;
	join(f, s, &body);
	join(f, s, &p.breaks);
}

static void run_switch(struct flow *f, struct state *s, const struct stmt *st)
{
	bool by_method = is_method_var(st->cases.value), has_default = false;
	bool by_status = is_status_var(st->cases.value);
	struct state end = nowhere(f), rest;
	struct place p;

	eval(f, s, st->cases.value);
	rest = copy(f, s);
	open_place(f, &p, false);
	for (const struct switch_case *k = st->cases.cases; k; k = k->next) {
		struct state in;
		unsigned set = 0;

		if (k->value)
			eval(f, s, k->value);
		if (k->value && k->value->konst && by_method)
			set = methods_of_value(k->value->konst);
		has_default |= !k->value && !k->pattern;
		in = copy(f, !k->value && !k->pattern ? &rest : s);
		if (set) {
			only(&in, set);
			only(&rest, (unsigned)M_ALL & ~(set & ~(unsigned)M_OTHER));
		}
		if (k->value && k->value->konst && by_status)
			in.responses &= classes_of_value(k->value->konst);
		join(f, &in, &end);	/* from the case above, if it runs on */
		run_stmts(f, &in, k->body);
		end = in;
	}
	f->place = p.outer;
	join(f, &end, &p.breaks);
	if (!has_default)
		join(f, &end, &rest);
	if (f->place)
		join(f, &f->place->continues, &p.continues);
	*s = end;
}

static void run_within(struct flow *f, struct state *s, const struct stmt *st)
{
	struct state late = copy(f, s);

	run_stmts(f, s, st->within.body);
	late.relayed |= s->relayed;
	run_stmts(f, &late, st->within.other);
	join(f, s, &late);
}

static void run_break(struct flow *f, struct state *s, const struct stmt *st)
{
	if (f->place)
		join(f, st->kind == STMT_BREAK ? &f->place->breaks : &f->place->continues, s);
	stop(f, s);
}

static void run_exit(struct flow *f, struct state *s, const struct stmt *st)
{
	if (st->kind == STMT_DROP)
		say_lost(f, s, st->word_at);
	if (st->kind == STMT_EXIT || (st->kind == STMT_RETURN && f->route->kind == ROUTE_REQUEST))
		say_silence(f, s, st->word_at);
	if (st->kind == STMT_RETURN) {
		if (st->value)
			eval(f, s, st->value);
		join(f, &f->returns, s);
	}
	stop(f, s);
}

static void run_defer(struct flow *f, const struct state *s, const struct stmt *st)
{
	struct state body = copy(f, s);
	struct place *outer = f->place;

	f->place = NULL;
	run_stmts(f, &body, st->defer.body);
	f->place = outer;
}

static bool is_log_stmt(const struct stmt *st)
{
	return st->kind == STMT_CALL && st->call->kind == EXPR_CALL && st->call->call.func &&
	    is_log(st->call->call.func);
}

static void run_stmt(struct flow *f, struct state *s, const struct stmt *st)
{
	switch (st->kind) {
	case STMT_BLOCK:   run_stmts(f, s, st->block); break;
	case STMT_IF:      run_if(f, s, st); break;
	case STMT_WHILE:   run_loop(f, s, st); break;
	case STMT_FOREACH: run_each(f, s, st); break;
	case STMT_SWITCH:  run_switch(f, s, st); break;
	case STMT_WITHIN:  run_within(f, s, st); break;
	case STMT_DEFER:   run_defer(f, s, st); break;
	case STMT_VAR:     eval(f, s, st->var.value); break;
	case STMT_ASSIGN:
		eval(f, s, st->assign.value);
		assign_to(f, s, st->assign.to);
		break;
	case STMT_CALL:    eval(f, s, st->call); break;
	case STMT_EXIT:
	case STMT_RETURN:
	case STMT_DROP:    run_exit(f, s, st); break;
	case STMT_BREAK:
	case STMT_CONTINUE: run_break(f, s, st); break;
	case STMT_FALLTHROUGH:
	case STMT_EMPTY:   break;
	}
	if (st->kind != STMT_BLOCK && st->kind != STMT_IF)
		s->logged = is_log_stmt(st);
}

static void run_stmts(struct flow *f, struct state *s, const struct stmt *first)
{
	for (; first; first = first->next)
		run_stmt(f, s, first);
}

/* ---- routes ---- */

static void run_route(struct flow *f, const struct route_decl *r, struct state *s)
{
	f->route = r;
	f->place = NULL;
	f->null_is_asked = false;
	f->returns = nowhere(f);
	run_stmts(f, s, r->body);
	if (r->kind == ROUTE_REQUEST)
		say_silence(f, s, r->name_at);
	join(f, s, &f->returns);
}

static struct state begin(struct flow *f, bool all_set)
{
	struct state s = nowhere(f);

	s.methods = M_ALL;
	s.to_tag = false;
	if (!all_set)
		s.called = 0;
	if (!all_set)
		memset(s.set, 0, f->words * sizeof(*s.set));
	return s;
}

static const struct flow_sum *sum_of(struct flow *f, const struct route_decl *r)
{
	struct flow inner = *f;
	struct state s;

	if (r->flow->is_summed)
		return r->flow;
	r->flow->is_summed = true;
	s = begin(&inner, false);
	s.open = M_ALL;
	s.responses = R_ALL;
	inner.reports = false;
	run_route(&inner, r, &s);
	r->flow->exit = s;
	return r->flow;
}

static void report(struct flow *f, struct route_decl *r)
{
	struct state s;

	if (r->flow->has_entry) {
		s = copy(f, &r->flow->entry);
	} else {
		/* A route that nobody calls is not blamed for what its callers did not do. */
		s = begin(f, r->kind == ROUTE_NAMED);
		s.open = r->kind == ROUTE_REQUEST ? M_ALL : 0;
		s.responses = r->kind == ROUTE_REPLY ? R_ALL : 0;
		if (r->kind != ROUTE_REQUEST)
			s.called = ~0u;		/* the request has gone out once */
	}
	s.logged = false;
	run_route(f, r, &s);
}

/* Callers come before those they call. */
static void order(struct route_decl *r, struct route_decl **list, unsigned *n)
{
	if (r->visit == ROUTE_ORDERED)
		return;
	r->visit = ROUTE_ORDERED;
	for (const struct call_edge *e = r->calls; e; e = e->next)
		order(e->to, list, n);
	list[--*n] = r;
}

void check_flow(struct load *ld)
{
	struct flow f = { .ld = ld, .words = ld->names->slot_count / 64 + 1 };
	unsigned count = ld->ast->routes.count, n = count;
	struct route_decl **list = MEM_ARRAY(&ld->mem, struct route_decl *, count + 1);

	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		r->flow = MEM_NEW(&ld->mem, struct flow_sum);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		sum_of(&f, r);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		order(r, list, &n);
	f.reports = true;
	for (unsigned i = 0; i < count; i++)
		report(&f, list[i]);
}
