/*
 * cfg/profile.c - what a server of a certain role must not do: profile = "home".
 *
 * A rule is a line of the table. Rules about modules that do not exist yet (archiving,
 * accounting) come with those modules.
 */
#include "cfg/check.h"

enum rule_kind { RULE_LISTENER, RULE_PEER, RULE_MODULE, RULE_CALL, RULE_REPLY };

struct rule {
	const char    *profile;
	enum rule_kind kind;
	const char    *what;		/* transport, listener's name, start of a module's name, function */
	int64_t        min, max;	/* codes of RULE_REPLY */
	const char    *why;
};

static const struct rule rules[] = {
	{ "home", RULE_LISTENER, "udp", 0, 0, "clients of a home server come by TCP or TLS" },
	{ "home", RULE_PEER, "peers", 0, 0,
	  "other servers show who they are: require_client_certificate = yes" },
	{ "frontend", RULE_CALL, "save", 0, 0, "bindings are kept by the home servers behind it" },
	{ "forwarding", RULE_MODULE, "auth", 0, 0, "it passes requests on and asks nobody who they are" },
	{ "forwarding", RULE_REPLY, NULL, 300, 399, "it goes to the next place itself" },
	{ "archive", RULE_LISTENER, "udp", 0, 0, "what is archived travels encrypted" },
	{ "archive", RULE_LISTENER, "tcp", 0, 0, "what is archived travels encrypted" },
};

struct profile {
	struct load *ld;
	struct slice name;
};

#define RULES_OF(p, r, k) \
	(const struct rule *r = rules; r < rules + sizeof(rules) / sizeof(rules[0]); r++) \
		if (r->kind == (k) && slice_eq((p)->name, slice_str(r->profile)))

/* ---- listeners and modules ---- */

static bool asks_for_certificate(const struct cfg_listener *l)
{
	for (unsigned i = 0; i < l->opt_count; i++)
		if (slice_eq(l->opts[i].key, SLICE("require_client_certificate")))
			return l->opts[i].value.b;
	return false;
}

static void check_listener(const struct profile *p, const struct cfg_listener *l)
{
	for RULES_OF(p, r, RULE_LISTENER)
		if (slice_eq(l->proto, slice_str(r->what)))
			diag_beside(load_error(p->ld, 601, l->at, "profile \"%.*s\" allows no %s listener",
			    SLICE_ARG(p->name), r->what), "%s", r->why);
	for RULES_OF(p, r, RULE_PEER)
		if (slice_eq(l->name, slice_str(r->what)) && !asks_for_certificate(l))
			diag_beside(load_error(p->ld, 602, l->at,
			    "profile \"%.*s\" wants certificates of who comes to \"%s\"",
			    SLICE_ARG(p->name), r->what), "%s", r->why);
}

static void check_module(const struct profile *p, const struct loaded_module *m)
{
	for RULES_OF(p, r, RULE_MODULE)
		if (m->item && slice_starts(slice_str(m->sym->name), slice_str(r->what)))
			diag_beside(load_error(p->ld, 603, m->item->name_at,
			    "profile \"%.*s\" allows no module \"%s\"", SLICE_ARG(p->name),
			    m->sym->name), "%s", r->why);
}

/* ---- calls ---- */

static void check_reply(const struct profile *p, const struct expr *e)
{
	const struct value *code = e->call.argc && e->call.argv[0] ? e->call.argv[0]->konst : NULL;

	if (!code || code->type != VALUE_INT)
		return;
	for RULES_OF(p, r, RULE_REPLY)
		if (code->i >= r->min && code->i <= r->max)
			diag_beside(load_error(p->ld, 605, e->at, "profile \"%.*s\" allows no answer %lld",
			    SLICE_ARG(p->name), (long long)code->i), "%s", r->why);
}

static void check_one_call(struct walk *w, struct expr *e)
{
	const struct profile *p = w->arg;

	if (e->kind != EXPR_CALL || !e->call.func)
		return;
	for RULES_OF(p, r, RULE_CALL)
		if (strcmp(e->call.func->name, r->what) == 0)
			diag_beside(load_error(p->ld, 604, e->call.name_at,
			    "profile \"%.*s\" allows no %s()", SLICE_ARG(p->name), r->what), "%s", r->why);
	if (e->call.func->flags & FUNC_REPLIES)
		check_reply(p, e);
}

/* ---- all of them ---- */

static struct slice profile_of(const struct load *ld)
{
	for (unsigned i = 0; i < ld->cfg->setting_count; i++) {
		const struct cfg_value_at *v = &ld->cfg->settings[i];

		if (strcmp(v->decl->name, "profile") == 0 && v->value.type == VALUE_STRING)
			return v->value.s;
	}
	return SLICE_NULL;
}

void check_profile_rules(struct load *ld)
{
	struct profile p = { ld, profile_of(ld) };
	struct walk calls = { .expr = check_one_call, .arg = &p };

	if (!p.name.len)
		return;
	for (unsigned i = 0; i < ld->cfg->listener_count; i++)
		check_listener(&p, &ld->cfg->listeners[i]);
	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next)
		check_module(&p, m);
	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		walk_stmts(&calls, r->body);
}
