/*
 * cfg/compare.c - see compare.h.
 */
#include "cfg/compare.h"

#include "cfg/print.h"

#include <errno.h>

struct compare {
	const struct cfg *before, *after;
	cfg_change_fn    *fn;
	void             *arg;
	struct buf       *name, *from, *to;	/* room for one change's texts */
	unsigned          count;
};

/* ---- telling ---- */

static void tell(struct compare *c, struct cfg_change *change)
{
	c->count++;
	c->fn(c->arg, change);
}

static void tell_name(struct compare *c, char mark, const char *what, struct slice name)
{
	struct cfg_change change = { .mark = mark, .what = what, .name = name, .when = PARAM_RELOAD };

	tell(c, &change);
}

static struct slice place(struct buf *room, const struct cfg_span *at)
{
	buf_clear(room);
	if (at && at->source)
		buf_printf(room, "%s:%u", at->source->name, at->line);
	return buf_slice(room);
}

/* What stands somewhere; NULL: not in that one. */
static void tell_places(struct compare *c, const char *what, struct slice name,
    const struct cfg_span *old, const struct cfg_span *now)
{
	struct cfg_change change = {
		.mark = !old ? '+' : !now ? '-' : '~', .what = what, .name = name,
		.from = place(c->from, old), .to = place(c->to, now), .when = PARAM_RELOAD,
	};

	tell(c, &change);
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

static bool is_empty(struct value v)
{
	return value_is_null(v) || (v.type == VALUE_LIST && v.list->count == 0);
}

static bool same_value(struct value a, struct value b)
{
	return (is_empty(a) && is_empty(b)) || value_eq(a, b);
}

static struct slice full_name(struct compare *c, const char *module, const char *name)
{
	buf_clear(c->name);
	buf_printf(c->name, "%s%s%s", module ? module : "", module ? "." : "", name);
	return buf_slice(c->name);
}

static void compare_values(struct compare *c, const char *module, const struct cfg_value_at *a,
    unsigned a_count, const struct cfg_value_at *b, unsigned b_count)
{
	for (unsigned i = 0; i < b_count; i++) {
		const struct cfg_value_at *old = value_named(a, a_count, b[i].decl->name);
		struct cfg_change change = {
			.mark = '~', .what = module ? "parameter" : "setting", .old_value = old,
			.new_value = &b[i], .when = b[i].decl->when,
		};

		if (!old || same_value(old->value, b[i].value))
			continue;
		change.name = full_name(c, module, b[i].decl->name);
		tell(c, &change);
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

static struct slice listener_name(struct compare *c, const struct cfg_listener *l)
{
	buf_clear(c->name);
	buf_printf(c->name, "%.*s:%.*s", SLICE_ARG(l->proto), SLICE_ARG(l->host));
	if (l->port)
		buf_printf(c->name, ":%u", l->port);
	return buf_slice(c->name);
}

static void compare_listeners(struct compare *c)
{
	for (unsigned i = 0; i < c->before->listener_count; i++) {
		const struct cfg_listener *l = &c->before->listeners[i];

		if (!listener_like(c->after, l))
			tell_places(c, "listener", listener_name(c, l), &l->at, NULL);
	}
	for (unsigned i = 0; i < c->after->listener_count; i++) {
		const struct cfg_listener *l = &c->after->listeners[i];
		const struct cfg_listener *old = listener_like(c->before, l);

		if (!old || !same_options(old, l))
			tell_places(c, "listener", listener_name(c, l), old ? &old->at : NULL,
			    &l->at);
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
	for (unsigned i = 0; i < in->alias_count; i++)
		if (!has_alias(not_in, in->aliases[i]))
			tell_name(c, mark, "alias", in->aliases[i]);
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
		struct cfg_change change = { .mark = mark, .what = "module",
		    .name = slice_str(in->modules[i].sym->name), .when = when };

		if (!module_named(not_in, in->modules[i].sym->name))
			tell(c, &change);
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

		if (old)
			compare_values(c, m->sym->name, old->params, old->param_count, m->params,
			    m->param_count);
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

/* The lists of the tree differ only in the type of what they hold: the one after before
 * (NULL: the first), or NULL. */
typedef const void *next_fn(const struct ast *ast, const void *before, struct slice *name,
    const struct cfg_span **at);

#define NEXT_FN(fn, list, type)                                            \
	static const void *fn(const struct ast *ast, const void *before,   \
	    struct slice *name, const struct cfg_span **at)                \
	{                                                                  \
		const struct type *d = before ? ((const struct type *)before)->next : \
		    ast->list.first;                                       \
									   \
		if (d) {                                                   \
			*name = d->name;                                   \
			*at = &d->at;                                      \
		}                                                          \
		return d;                                                  \
	}

NEXT_FN(next_const, consts, const_decl)
NEXT_FN(next_acl, acls, acl_decl)
NEXT_FN(next_map, maps, map_decl)
NEXT_FN(next_app, apps, app_item)

static const void *find(const struct ast *ast, next_fn *next, struct slice want,
    const struct cfg_span **at)
{
	struct slice name;
	const void *thing = NULL;

	while ((thing = next(ast, thing, &name, at)))
		if (slice_eq(name, want))
			break;
	return thing;
}

static void compare_list(struct compare *c, const char *what, next_fn *next, print_fn *show)
{
	const struct ast *a = c->before->ast, *b = c->after->ast;
	const struct cfg_span *at, *old_at;
	struct slice name;

	for (const void *i = NULL; (i = next(a, i, &name, &at)); )
		if (!find(b, next, name, &old_at))
			tell_places(c, what, name, at, NULL);
	for (const void *i = NULL; (i = next(b, i, &name, &at)); ) {
		const void *old = find(a, next, name, &old_at);

		if (!old || !same_text(old, i, show))
			tell_places(c, what, name, old ? old_at : NULL, at);
	}
}

/* ---- consts: their values count, not how they are written ---- */

static struct cfg_value_at value_of(const struct const_decl *d)
{
	return (struct cfg_value_at){ .value = d->value->konst ? *d->value->konst : value_null(),
	    .is_secret = d->value->is_tainted };
}

static void compare_consts(struct compare *c)
{
	const struct ast *a = c->before->ast, *b = c->after->ast;
	const struct cfg_span *at;

	for (const struct const_decl *d = a->consts.first; d; d = d->next)
		if (!find(b, next_const, d->name, &at))
			tell_places(c, "const", d->name, &d->at, NULL);
	for (const struct const_decl *d = b->consts.first; d; d = d->next) {
		const struct const_decl *old = find(a, next_const, d->name, &at);
		struct cfg_value_at then = old ? value_of(old) : (struct cfg_value_at){ 0 };
		struct cfg_value_at now = value_of(d);
		struct cfg_change change = { .mark = '~', .what = "const", .name = d->name,
		    .old_value = &then, .new_value = &now, .when = PARAM_RELOAD };

		if (!old)
			tell_places(c, "const", d->name, NULL, &d->at);
		else if (!same_value(then.value, now.value))
			tell(c, &change);
	}
}

/* ---- routes ---- */

static const struct route_decl *route_like(const struct ast *ast, const struct route_decl *want)
{
	const struct route_decl *r = ast->routes.first;

	while (r && (r->kind != want->kind || !slice_eq(r->name, want->name)))
		r = r->next;
	return r;
}

static void compare_routes(struct compare *c)
{
	const struct ast *a = c->before->ast, *b = c->after->ast;

	for (const struct route_decl *r = a->routes.first; r; r = r->next)
		if (!route_like(b, r))
			tell_places(c, route_kind_text(r->kind), r->name, &r->at, NULL);
	for (const struct route_decl *r = b->routes.first; r; r = r->next) {
		const struct route_decl *old = route_like(a, r);

		if (!old || !same_text(old, r, show_route))
			tell_places(c, route_kind_text(r->kind), r->name, old ? &old->at : NULL,
			    &r->at);
	}
}

/* ---- all of it ---- */

static void compare_all(struct compare *c)
{
	compare_values(c, NULL, c->before->settings, c->before->setting_count,
	    c->after->settings, c->after->setting_count);
	only_aliases(c, '-', c->before, c->after);
	only_aliases(c, '+', c->after, c->before);
	compare_listeners(c);
	compare_modules(c);
	compare_consts(c);
	compare_list(c, "acl", next_acl, show_acl);
	compare_list(c, "map", next_map, show_map);
	compare_list(c, "app", next_app, show_app);
	compare_routes(c);
}

int cfg_changes(const struct cfg *before, const struct cfg *after, cfg_change_fn *fn, void *arg)
{
	struct compare c = { before, after, fn, arg, buf_new(64), buf_new(256), buf_new(256), 0 };
	int err = c.name && c.from && c.to ? 0 : -ENOMEM;

	if (!err)
		compare_all(&c);
	if (!err && (c.name->failed || c.from->failed || c.to->failed))
		err = -ENOMEM;
	buf_unref(&c.name);
	buf_unref(&c.from);
	buf_unref(&c.to);
	return err;
}

/* ---- as lines ---- */

struct lines { struct buf *out; unsigned count; };

static void put_value(struct buf *out, const struct cfg_value_at *v)
{
	struct print p = { .out = out };

	if (v->is_secret && !value_is_null(v->value))
		buf_put(out, SLICE("(secret)"));
	else
		print_value(&p, v->value);
}

static void put_change(struct buf *out, const struct cfg_change *ch)
{
	if (ch->new_value) {
		buf_put(out, SLICE(": "));
		put_value(out, ch->old_value);
		buf_put(out, SLICE(" -> "));
		put_value(out, ch->new_value);
	} else if (ch->from.len || ch->to.len) {
		buf_printf(out, "   (%.*s%s%.*s)", SLICE_ARG(ch->from),
		    ch->from.len && ch->to.len ? ", " : "", SLICE_ARG(ch->to));
	}
}

static void put_line(void *arg, const struct cfg_change *ch)
{
	static const char *const words[] = {
		[PARAM_NOW] = "at once", [PARAM_RELOAD] = "at reload", [PARAM_RESTART] = "at restart"
	};
	struct lines *l = arg;

	l->count++;
	buf_printf(l->out, "%c %s%s%.*s", ch->mark, ch->what, ch->name.len ? " " : "",
	    SLICE_ARG(ch->name));
	put_change(l->out, ch);
	buf_printf(l->out, "   (%s)\n", words[ch->when]);
}

unsigned cfg_compare(const struct cfg *before, const struct cfg *after, struct buf *out)
{
	struct lines l = { out, 0 };

	if (cfg_changes(before, after, put_line, &l) != 0)
		out->failed = true;
	return l.count;
}
