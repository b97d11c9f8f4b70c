/*
 * cfg/compare.c - see compare.h.
 */
#include "cfg/compare.h"

#include "cfg/print.h"

#include <stdio.h>

struct compare {
	const struct cfg *before, *after;
	struct buf       *out;
	unsigned          count;
	bool              restart;	/* something applies only then */
};

/* ---- lines ---- */

static void begin(struct compare *c, char mark, const char *what)
{
	buf_printf(c->out, "%c %s ", mark, what);
	c->count++;
}

static void end(struct compare *c, enum param_when when)
{
	static const char *const words[] = {
		[PARAM_NOW] = "at once", [PARAM_RELOAD] = "at reload", [PARAM_RESTART] = "at restart"
	};

	c->restart |= when == PARAM_RESTART;
	buf_printf(c->out, "   (%s)\n", words[when]);
}

static void put_value(struct compare *c, const struct cfg_value_at *v)
{
	struct print p = { .out = c->out };

	if (v->is_secret && !value_is_null(v->value))
		buf_put(c->out, SLICE("(secret)"));
	else
		print_value(&p, v->value);
}

/* ---- settings and parameters ---- */

static const struct cfg_value_at *value_named(const struct cfg_value_at *list, unsigned count,
    const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(list[i].decl->name, name) == 0)
			return &list[i];
	return NULL;
}

static void compare_values(struct compare *c, const char *what, const struct cfg_value_at *a,
    unsigned a_count, const struct cfg_value_at *b, unsigned b_count)
{
	for (unsigned i = 0; i < b_count; i++) {
		const struct cfg_value_at *old = value_named(a, a_count, b[i].decl->name);

		if (!old || value_eq(old->value, b[i].value))
			continue;
		begin(c, '~', what);
		buf_printf(c->out, "%s: ", b[i].decl->name);
		put_value(c, old);
		buf_put(c->out, SLICE(" -> "));
		put_value(c, &b[i]);
		end(c, b[i].decl->when);
	}
}

/* ---- listeners and aliases ---- */

static bool same_listener(const struct cfg_listener *a, const struct cfg_listener *b)
{
	return slice_eq(a->proto, b->proto) && slice_eq(a->host, b->host) && a->port == b->port;
}

static bool same_options(const struct cfg_listener *a, const struct cfg_listener *b)
{
	if (!slice_eq(a->name, b->name) || !slice_eq(a->advertise_host, b->advertise_host) ||
	    a->advertise_port != b->advertise_port || a->opt_count != b->opt_count)
		return false;
	for (unsigned i = 0; i < a->opt_count; i++)
		if (!slice_eq(a->opts[i].key, b->opts[i].key) ||
		    !value_eq(a->opts[i].value, b->opts[i].value))
			return false;
	return true;
}

static const struct cfg_listener *listener_like(const struct cfg *cfg,
    const struct cfg_listener *want)
{
	for (unsigned i = 0; i < cfg->listener_count; i++)
		if (same_listener(&cfg->listeners[i], want))
			return &cfg->listeners[i];
	return NULL;
}

static void say_listener(struct compare *c, char mark, const struct cfg_listener *l)
{
	begin(c, mark, "listen");
	buf_printf(c->out, "%.*s:%.*s", SLICE_ARG(l->proto), SLICE_ARG(l->host));
	if (l->port)
		buf_printf(c->out, ":%u", l->port);
	end(c, PARAM_RELOAD);
}

static void compare_listeners(struct compare *c)
{
	for (unsigned i = 0; i < c->before->listener_count; i++)
		if (!listener_like(c->after, &c->before->listeners[i]))
			say_listener(c, '-', &c->before->listeners[i]);
	for (unsigned i = 0; i < c->after->listener_count; i++) {
		const struct cfg_listener *l = &c->after->listeners[i];
		const struct cfg_listener *old = listener_like(c->before, l);

		if (!old)
			say_listener(c, '+', l);
		else if (!same_options(old, l))
			say_listener(c, '~', l);
	}
}

static bool has_alias(const struct cfg *cfg, struct slice alias)
{
	for (unsigned i = 0; i < cfg->alias_count; i++)
		if (slice_eq_nocase(cfg->aliases[i], alias))
			return true;
	return false;
}

static void only_aliases(struct compare *c, char mark, const struct cfg *in, const struct cfg *not_in)
{
	for (unsigned i = 0; i < in->alias_count; i++) {
		if (has_alias(not_in, in->aliases[i]))
			continue;
		begin(c, mark, "alias");
		buf_put(c->out, in->aliases[i]);
		end(c, PARAM_RELOAD);
	}
}

/* ---- modules ---- */

static const struct cfg_module *module_named(const struct cfg *cfg, const char *name)
{
	for (unsigned i = 0; i < cfg->module_count; i++)
		if (strcmp(cfg->modules[i].sym->name, name) == 0)
			return &cfg->modules[i];
	return NULL;
}

static void only_modules(struct compare *c, char mark, const struct cfg *in,
    const struct cfg *not_in, enum param_when when)
{
	for (unsigned i = 0; i < in->module_count; i++) {
		if (module_named(not_in, in->modules[i].sym->name))
			continue;
		begin(c, mark, "module");
		buf_put(c->out, slice_str(in->modules[i].sym->name));
		end(c, when);
	}
}

static void compare_modules(struct compare *c)
{
	/* What is in the process stays there until it ends. */
	only_modules(c, '-', c->before, c->after, PARAM_RESTART);
	only_modules(c, '+', c->after, c->before, PARAM_RELOAD);
	for (unsigned i = 0; i < c->after->module_count; i++) {
		const struct cfg_module *m = &c->after->modules[i];
		const struct cfg_module *old = module_named(c->before, m->sym->name);
		char what[80];

		if (!old)
			continue;
		snprintf(what, sizeof(what), "module %s:", m->sym->name);
		compare_values(c, what, old->params, old->param_count, m->params, m->param_count);
	}
}

/* ---- what is compared as text ---- */

typedef void print_fn(struct print *p, const void *thing);

static bool same_text(const void *a, const void *b, print_fn *show)
{
	struct print x = { .out = buf_new(256) }, y = { .out = buf_new(256) };
	bool same = false;

	if (x.out && y.out) {
		show(&x, a);
		show(&y, b);
		same = !x.out->failed && !y.out->failed &&
		    slice_eq(buf_slice(x.out), buf_slice(y.out));
	}
	buf_unref(&x.out);
	buf_unref(&y.out);
	return same;
}

static void show_const(struct print *p, const void *thing)
{
	const struct const_decl *d = thing;

	print_value(p, d->value->konst ? *d->value->konst : value_null());
}

static void show_acl(struct print *p, const void *thing) { print_acl_rows(p, thing); }
static void show_map(struct print *p, const void *thing) { print_map_rows(p, thing); }

static void show_app(struct print *p, const void *thing)
{
	print_options(p, ((const struct app_item *)thing)->options);
}

static void show_route(struct print *p, const void *thing)
{
	const struct route_decl *r = thing;

	print_route_head(p, r);
	print_block(p, r->body);
}

static void say_named(struct compare *c, char mark, const char *what, struct slice name)
{
	begin(c, mark, what);
	buf_put(c->out, name);
	end(c, PARAM_RELOAD);
}

/* The lists of the tree differ only in the type of what they hold: the one after before
 * (NULL: the first), or NULL. */
typedef const void *next_fn(const struct ast *ast, const void *before, struct slice *name);

#define NEXT_FN(fn, list, type)                                            \
	static const void *fn(const struct ast *ast, const void *before, struct slice *name) \
	{                                                                  \
		const struct type *d = before ? ((const struct type *)before)->next : \
		    ast->list.first;                                       \
									   \
		if (d)                                                     \
			*name = d->name;                                   \
		return d;                                                  \
	}

NEXT_FN(next_const, consts, const_decl)
NEXT_FN(next_acl, acls, acl_decl)
NEXT_FN(next_map, maps, map_decl)
NEXT_FN(next_app, apps, app_item)

static const void *find(const struct ast *ast, next_fn *next, struct slice want)
{
	struct slice name;
	const void *thing = NULL;

	while ((thing = next(ast, thing, &name)))
		if (slice_eq(name, want))
			break;
	return thing;
}

static void compare_list(struct compare *c, const char *what, next_fn *next, print_fn *show)
{
	const struct ast *a = c->before->ast, *b = c->after->ast;
	struct slice name;

	for (const void *i = NULL; (i = next(a, i, &name)); )
		if (!find(b, next, name))
			say_named(c, '-', what, name);
	for (const void *i = NULL; (i = next(b, i, &name)); ) {
		const void *old = find(a, next, name);

		if (!old)
			say_named(c, '+', what, name);
		else if (!same_text(old, i, show))
			say_named(c, '~', what, name);
	}
}

static const struct route_decl *route_like(const struct ast *ast, const struct route_decl *want)
{
	const struct route_decl *r = ast->routes.first;

	while (r && (r->kind != want->kind || !slice_eq(r->name, want->name)))
		r = r->next;
	return r;
}

static void say_route(struct compare *c, char mark, const struct route_decl *r,
    const struct route_decl *old)
{
	struct print p = { .out = c->out };

	begin(c, mark, "");
	c->out->len--;			/* begin() leaves room for a word */
	print_route_head(&p, r);
	if (old && old->at.source)
		buf_printf(c->out, "   (%s:%u", old->at.source->name, old->at.line);
	if (r->at.source)
		buf_printf(c->out, "%s%s:%u)", old ? ", " : "   (", r->at.source->name, r->at.line);
	end(c, PARAM_RELOAD);
}

static void compare_routes(struct compare *c)
{
	const struct ast *a = c->before->ast, *b = c->after->ast;

	for (const struct route_decl *r = a->routes.first; r; r = r->next)
		if (!route_like(b, r))
			say_route(c, '-', r, NULL);
	for (const struct route_decl *r = b->routes.first; r; r = r->next) {
		const struct route_decl *old = route_like(a, r);

		if (!old)
			say_route(c, '+', r, NULL);
		else if (!same_text(old, r, show_route))
			say_route(c, '~', r, old);
	}
}

/* ---- all of it ---- */

static void compare_all(struct compare *c)
{
	compare_values(c, "setting", c->before->settings, c->before->setting_count,
	    c->after->settings, c->after->setting_count);
	only_aliases(c, '-', c->before, c->after);
	only_aliases(c, '+', c->after, c->before);
	compare_listeners(c);
	compare_modules(c);
	compare_list(c, "const", next_const, show_const);
	compare_list(c, "acl", next_acl, show_acl);
	compare_list(c, "map", next_map, show_map);
	compare_list(c, "app", next_app, show_app);
	compare_routes(c);
}

unsigned cfg_compare(const struct cfg *before, const struct cfg *after, struct buf *out)
{
	struct compare c = { .before = before, .after = after, .out = out };

	compare_all(&c);
	return c.count;
}

bool cfg_needs_restart(const struct cfg *before, const struct cfg *after)
{
	struct compare c = { .before = before, .after = after, .out = buf_new(1024) };

	if (!c.out)
		return true;
	compare_all(&c);
	buf_unref(&c.out);
	return c.restart;
}
