/*
 * cfg/profile.c - what a server of a certain role must not do: profile = "home".
 *
 * The rules are in files (profile_read.c); those about the ways through a script are
 * looked at where the ways are walked (flow.c).
 */
#include "cfg/profile.h"

/* ---- which rules count ---- */

bool profile_names(struct slice names, struct slice name)
{
	while (names.len > 0)
		if (slice_fits(slice_split(&names, '|'), name))
			return true;
	return false;
}

static bool is_loaded(const struct load *ld, struct slice names)
{
	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next)
		if (m->item && profile_names(names, slice_str(m->sym->name)))
			return true;
	return false;
}

static bool counts(const struct load *ld, const struct profile_rule *r)
{
	return !r->with.len || is_loaded(ld, r->with);
}

static const struct profile_rule *first_of(const struct profile *p)
{
	while (p && !p->first)
		p = p->next;
	return p ? p->first : NULL;
}

const struct profile_rule *profile_next(const struct load *ld, enum rule_kind kind,
    const struct profile_rule *r)
{
	if (!ld->profiles)
		return NULL;
	do
		r = !r ? first_of(ld->profiles->first) : r->next ? r->next :
		    first_of(r->owner->next);
	while (r && (r->kind != kind || !counts(ld, r)));
	return r;
}

#define RULES(ld, r, kind) \
	(const struct profile_rule *r = NULL; (r = profile_next((ld), (kind), r));)

/* ---- two roles that do not go together ---- */

/* The rule by which another role is there for what this one forbids, or NULL. */
static const struct profile_rule *against(struct load *ld, const struct profile_rule *no,
    enum rule_kind may, struct slice name)
{
	for RULES(ld, r, may)
		if (r->owner != no->owner && profile_names(r->names, name))
			return r;
	return NULL;
}

static void say_conflict(struct load *ld, struct cfg_span at, const struct profile_rule *no,
    const struct profile_rule *may, const char *what, struct slice name, const char *behind)
{
	struct diag_item *d = load_error(ld, 606, at,
	    "profiles \"%.*s\" and \"%.*s\" do not agree on %s%.*s%s", SLICE_ARG(may->owner->name),
	    SLICE_ARG(no->owner->name), what, SLICE_ARG(name), behind);

	diag_beside(d, "\"%.*s\" is there for it: %.*s; \"%.*s\" forbids it: %.*s",
	    SLICE_ARG(may->owner->name), SLICE_ARG(may->why), SLICE_ARG(no->owner->name),
	    SLICE_ARG(no->why));
}

/* ---- listeners and modules ---- */

static bool asks_for_certificate(const struct cfg_listener *l)
{
	const struct cfg_listener_opt *wants = cfg_listener_opt(l,
	    SLICE("require_client_certificate"));

	return cfg_listener_faces(l, SLICE("peers")) || (wants && wants->value.b);
}

static void check_listener(struct load *ld, const struct cfg_listener *l)
{
	for RULES(ld, r, RULE_NO_LISTENER)
		if (profile_names(r->names, l->proto))
			diag_beside(load_error(ld, 601, l->at, "profile \"%.*s\" allows no %.*s "
			    "listener", SLICE_ARG(r->owner->name), SLICE_ARG(l->proto)), "%.*s",
			    SLICE_ARG(r->why));
	for RULES(ld, r, RULE_CERTIFICATE)
		if (profile_names(r->names, l->name) && !asks_for_certificate(l))
			diag_beside(load_error(ld, 602, l->at,
			    "profile \"%.*s\" wants certificates of who comes to \"%.*s\"",
			    SLICE_ARG(r->owner->name), SLICE_ARG(l->name)), "%.*s",
			    SLICE_ARG(r->why));
}

static void check_module(struct load *ld, const struct loaded_module *m)
{
	struct slice name = slice_str(m->sym->name);

	for RULES(ld, r, RULE_NO_MODULE) {
		const struct profile_rule *may;

		if (!profile_names(r->names, name))
			continue;
		may = against(ld, r, RULE_MAY_MODULE, name);
		if (may)
			say_conflict(ld, m->item->name_at, r, may, "module \"", name, "\"");
		else
			diag_beside(load_error(ld, 603, m->item->name_at,
			    "profile \"%.*s\" allows no module \"%s\"", SLICE_ARG(r->owner->name),
			    m->sym->name), "%.*s", SLICE_ARG(r->why));
	}
}

/* ---- calls ---- */

struct called { struct load *ld; const struct profile_rule *want; bool is_called; };

/* NULL: known at run time only, or the function has no code. */
static const struct value *code_of(const struct expr *e)
{
	const struct sym_func *f = e->call.func;

	if (e->call.argc && e->call.argv[0])
		return e->call.argv[0]->konst;
	return f->param_count && f->params[0].has_default ? &f->params[0].preset : NULL;
}

static void check_reply(struct load *ld, const struct expr *e)
{
	const struct value *code = code_of(e);

	if (!code || code->type != VALUE_INT)
		return;
	for RULES(ld, r, RULE_NO_REPLY)
		if (code->i >= r->min && code->i <= r->max)
			diag_beside(load_error(ld, 605, e->at, "profile \"%.*s\" allows no answer "
			    "%lld", SLICE_ARG(r->owner->name), (long long)code->i), "%.*s",
			    SLICE_ARG(r->why));
}

static void check_one_call(struct walk *w, struct expr *e)
{
	struct load *ld = w->arg;
	struct slice name;

	if (e->kind != EXPR_CALL || !e->call.func)
		return;
	name = slice_str(e->call.func->name);
	for RULES(ld, r, RULE_NO_CALL) {
		const struct profile_rule *may;

		if (!profile_names(r->names, name))
			continue;
		may = against(ld, r, RULE_MAY_CALL, name);
		if (may)
			say_conflict(ld, e->call.name_at, r, may, "", name, "()");
		else
			diag_beside(load_error(ld, 604, e->call.name_at,
			    "profile \"%.*s\" allows no %.*s()", SLICE_ARG(r->owner->name),
			    SLICE_ARG(name)), "%.*s", SLICE_ARG(r->why));
	}
	if (e->call.func->flags & FUNC_REPLIES)
		check_reply(ld, e);
}

static void note_call(struct walk *w, struct expr *e)
{
	struct called *c = w->arg;

	c->is_called |= e->kind == EXPR_CALL && e->call.func &&
	    profile_names(c->want->names, slice_str(e->call.func->name));
}

static bool is_called(struct load *ld, const struct profile_rule *want)
{
	struct called c = { .ld = ld, .want = want };
	struct walk calls = { .expr = note_call, .arg = &c };

	for (const struct route_decl *r = ld->ast->routes.first; r && !c.is_called; r = r->next)
		walk_stmts(&calls, r->body);
	return c.is_called;
}

/* ---- what a role cannot do without ---- */

static void say_wanted(struct load *ld, const struct profile_rule *r, const char *what)
{
	diag_beside(load_warning(ld, 607, ld->profiles->at, "profile \"%.*s\" wants %s %.*s",
	    SLICE_ARG(r->owner->name), what, SLICE_ARG(r->names)), "%.*s", SLICE_ARG(r->why));
}

static void check_wanted(struct load *ld)
{
	for RULES(ld, r, RULE_WANT_MODULE)
		if (!is_loaded(ld, r->names))
			say_wanted(ld, r, "a module:");
	for RULES(ld, r, RULE_WANT_CALL)
		if (!is_called(ld, r))
			say_wanted(ld, r, "a call of");
}

/* ---- all of them ---- */

void check_profile_rules(struct load *ld)
{
	struct walk calls = { .expr = check_one_call, .arg = ld };

	if (!ld->profiles)
		return;
	for (unsigned i = 0; i < ld->cfg->listener_count; i++)
		check_listener(ld, &ld->cfg->listeners[i]);
	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next)
		if (m->item)
			check_module(ld, m);
	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		walk_stmts(&calls, r->body);
	/* What is missing cannot be told where something could not be read. */
	if (!ld->is_partial && !ld->names->is_incomplete)
		check_wanted(ld);
}

/* ---- duties, for people ---- */

struct duty_list { struct slice *lines; unsigned count, room; };

static void add_duty(struct load *ld, struct duty_list *list, struct slice line)
{
	*(struct slice *)mem_push(&ld->mem, &list->lines, &list->count, &list->room,
	    sizeof(line)) = line;
}

/* Rules of one reason stand together: it is said once. */
static bool is_said(const struct profile_rule *r, const struct profile_rule *before)
{
	return before && slice_eq(r->why, before->why);
}

static void list_profile(struct load *ld, const struct profile *p, struct duty_list *list)
{
	add_duty(ld, list, mem_printf(&ld->mem, "profile %.*s: %.*s", SLICE_ARG(p->name),
	    SLICE_ARG(p->about)));
	for (const struct profile_rule *r = p->first, *last = NULL; r; r = r->next) {
		if (r->kind == RULE_MAY_CALL || r->kind == RULE_MAY_MODULE || !counts(ld, r) ||
		    is_said(r, last))
			continue;
		add_duty(ld, list, mem_printf(&ld->mem, "  - %.*s", SLICE_ARG(r->why)));
		last = r;
	}
}

void profile_duties(struct load *ld)
{
	struct duty_list list = { 0 };

	for (const struct profile *p = ld->profiles ? ld->profiles->first : NULL; p; p = p->next)
		list_profile(ld, p, &list);
	ld->cfg->duties = list.lines;
	ld->cfg->duty_count = list.count;
}
