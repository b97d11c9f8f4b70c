/*
 * core/mod/diff.c - what would change between the running configuration and another one.
 */
#include "cfg/source.h"
#include "core/mod/keep.h"
#include "core/mod/reload.h"
#include "core/sip/plan.h"

/* Both sides and the table being filled. */
struct diff {
	const struct cfg *now, *next;
	struct arena     *arena;
	json_t           *list;
};

static void row(const struct diff *d, const char *what, struct slice name, struct slice from,
    struct slice to, const char *when)
{
	json_array_append_new(d->list, change_row(what, name, from, to, when));
}

/* ---- settings and parameters ---- */

static const char *when_word(enum param_when when)
{
	return when == PARAM_RESTART ? "restart" : when == PARAM_NOW ? "now" : "reload";
}

/* What needs a restart has kept the running value and is told by its warning. */
static void diff_values(const struct diff *d, const char *what, const char *module,
    const struct cfg_value_at *now, const struct cfg_value_at *next, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct slice name;

		if (keep_same(now[i].value, next[i].value))
			continue;
		name = arena_printf(d->arena, "%s%s%s", module ? module : "", module ? "." : "",
		    next[i].decl->name);
		row(d, what, name, keep_text(&now[i], d->arena), keep_text(&next[i], d->arena),
		    when_word(next[i].decl->when));
	}
}

static void diff_modules(const struct diff *d)
{
	for (unsigned i = 0; i < d->next->module_count; i++) {
		const struct cfg_module *m = &d->next->modules[i];
		const struct cfg_module *old = keep_module(d->now, m->sym->name);

		if (old)
			diff_values(d, "parameter", m->sym->name, old->params, m->params,
			    m->param_count);
		else
			row(d, "module", slice_str(m->sym->name), SLICE(""), SLICE("loaded"), "reload");
	}
	for (unsigned i = 0; i < d->now->module_count; i++)
		if (!keep_module(d->next, d->now->modules[i].sym->name))
			row(d, "module", slice_str(d->now->modules[i].sym->name), SLICE("loaded"),
			    SLICE(""), "reload");
}

/* ---- routes ---- */

/* From the route's name to the brace that closes its body; quotes and comments may hold others. */
static struct slice body_of(const struct cfg_route *r)
{
	const struct cfg_source *src = r->at.source;
	struct slice text;
	size_t i, depth = 0;
	char quote = '\0';

	if (!src || r->at.line == 0 || r->at.line > src->line_count)
		return SLICE_NULL;
	text = slice_skip(src->text, src->line_at[r->at.line - 1] + r->at.column - 1);
	for (i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (quote) {
			i += c == '\\';
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '#' || (c == '/' && i + 1 < text.len && text.p[i + 1] == '/')) {
			i += slice_find(slice_skip(text, i), '\n');
		} else if (c == '{') {
			depth++;
		} else if (c == '}' && --depth == 0) {
			return slice_first(text, i + 1);
		}
	}
	return text;
}

static const char *const kind_words[ROUTE_KINDS] = {
	[ROUTE_REQUEST] = "request_route", [ROUTE_REPLY] = "reply_route",
	[ROUTE_FAILURE] = "failure_route", [ROUTE_BRANCH] = "branch_route",
	[ROUTE_ONSEND] = "onsend_route", [ROUTE_EVENT] = "event_route",
	[ROUTE_LOCAL] = "local_route", [ROUTE_STARTUP] = "startup_route",
	[ROUTE_TIMER] = "timer_route", [ROUTE_NAMED] = "route",
};

static const struct cfg_route *route_like(const struct cfg *cfg, const struct cfg_route *r)
{
	for (unsigned i = 0; i < cfg->route_count; i++)
		if (cfg->routes[i].kind == r->kind && slice_eq(cfg->routes[i].name, r->name))
			return &cfg->routes[i];
	return NULL;
}

static struct slice lines_of(const struct diff *d, struct slice body)
{
	unsigned n = 1;

	for (size_t i = 0; i < body.len; i++)
		n += body.p[i] == '\n';
	return arena_printf(d->arena, "%u line%s", n, n == 1 ? "" : "s");
}

static void diff_route(const struct diff *d, const struct cfg_route *now,
    const struct cfg_route *next)
{
	const struct cfg_route *any = next ? next : now;
	const char *kind = kind_words[any->kind] ? kind_words[any->kind] : "route";
	struct slice a = now ? body_of(now) : SLICE_NULL, b = next ? body_of(next) : SLICE_NULL;

	if (now && next && slice_eq(a, b))
		return;
	row(d, kind, any->name, now ? lines_of(d, a) : SLICE(""), next ? lines_of(d, b) : SLICE(""),
	    "reload");
}

static void diff_routes(const struct diff *d)
{
	for (unsigned i = 0; i < d->next->route_count; i++)
		diff_route(d, route_like(d->now, &d->next->routes[i]), &d->next->routes[i]);
	for (unsigned i = 0; i < d->now->route_count; i++)
		if (!route_like(d->next, &d->now->routes[i]))
			diff_route(d, &d->now->routes[i], NULL);
}

/* ---- listeners and aliases ---- */

static struct slice listener_text(const struct diff *d, const struct cfg_listener *l)
{
	struct slice text = arena_printf(d->arena, "%.*s:%.*s", SLICE_ARG(l->proto),
	    SLICE_ARG(l->host));

	return l->port ? arena_printf(d->arena, "%.*s:%u", SLICE_ARG(text), l->port) : text;
}

static bool listens(const struct diff *d, const struct cfg *cfg, struct slice text)
{
	for (unsigned i = 0; i < cfg->listener_count; i++)
		if (slice_eq(listener_text(d, &cfg->listeners[i]), text))
			return true;
	return false;
}

static void diff_listeners(const struct diff *d, const struct cfg *of, const struct cfg *other,
    bool comes)
{
	for (unsigned i = 0; i < of->listener_count; i++) {
		struct slice text = listener_text(d, &of->listeners[i]);

		if (!listens(d, other, text))
			row(d, "listener", text, comes ? SLICE("") : SLICE("open"),
			    comes ? SLICE("open") : SLICE(""), "reload");
	}
}

static bool has_alias(const struct cfg *cfg, struct slice alias)
{
	for (unsigned i = 0; i < cfg->alias_count; i++)
		if (slice_eq_nocase(cfg->aliases[i], alias))
			return true;
	return false;
}

static void diff_aliases(const struct diff *d, const struct cfg *of, const struct cfg *other,
    bool comes)
{
	for (unsigned i = 0; i < of->alias_count; i++)
		if (!has_alias(other, of->aliases[i]))
			row(d, "alias", of->aliases[i], comes ? SLICE("") : SLICE("ours"),
			    comes ? SLICE("ours") : SLICE(""), "reload");
}

json_t *reload_diff(const struct reload *r)
{
	struct diff d = { plan_of(gen_peek())->cfg, reload_cfg(r), arena_new(0),
			  json_copy((json_t *)(uintptr_t)reload_restart(r)) };

	if (d.arena && d.list) {
		diff_values(&d, "setting", NULL, d.now->settings, d.next->settings,
		    d.next->setting_count);
		diff_modules(&d);
		diff_listeners(&d, d.next, d.now, true);
		diff_listeners(&d, d.now, d.next, false);
		diff_aliases(&d, d.next, d.now, true);
		diff_aliases(&d, d.now, d.next, false);
		diff_routes(&d);
	} else {
		json_decref(d.list);
		d.list = NULL;
	}
	arena_free(&d.arena);
	return d.list;
}
