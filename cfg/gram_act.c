/*
 * cfg/gram_act.c - the items of a file, as the grammar's rules hand them in.
 */
#include "cfg/gram_act.h"
#include "cfg/gram.h"

#define LD (gram_load(g))
#define MEM (&gram_load(g)->mem)

#define APPEND(list, item)                                                 \
	do {                                                               \
		if ((list).last)                                           \
			(list).last->next = (item);                        \
		else                                                       \
			(list).first = (item);                             \
		(list).last = (item);                                      \
	} while (0)

struct stmt_list stmt_append(struct stmt_list list, struct stmt *s)
{
	APPEND(list, s);
	return list;
}

struct expr_list expr_append(struct expr_list list, struct expr *e)
{
	APPEND(list, e);
	list.count++;
	return list;
}

struct item_list item_append(struct item_list list, struct setting_item *i)
{
	if (i)
		APPEND(list, i);
	return list;
}

struct name_list names_add(struct name_list list, struct name_list one)
{
	APPEND(list, one.first);
	return list;
}

struct case_list case_append(struct case_list list, struct switch_case *c)
{
	APPEND(list, c);
	return list;
}

struct test_list test_append(struct test_list list, struct test_stmt *t)
{
	APPEND(list, t);
	return list;
}

struct acl_list acl_append(struct gram *g, struct acl_list list, bool is_not,
    const struct token *t, struct cfg_span at)
{
	struct acl_row *row = MEM_NEW(MEM, struct acl_row);

	row->at = is_not ? span_join(at, t->at) : t->at;
	row->is_not = is_not;
	if (t->kind == ID)
		row->name = t->text;
	else if (ip_net_parse(t->text, &row->net) != 0)
		syntax_error(LD, 104, t->at, "this is not an address or network");
	APPEND(list, row);
	return list;
}

struct map_list map_append(struct gram *g, struct map_list list, struct expr *key,
    struct expr *value)
{
	struct map_row *row = MEM_NEW(MEM, struct map_row);

	row->at = span_join(key->at, value->at);
	row->key = key;
	row->value = value;
	APPEND(list, row);
	return list;
}

struct param_list param_add(struct gram *g, struct param_list list, const struct token *name,
    const struct type *type, struct expr *preset)
{
	struct decl *d = MEM_NEW(MEM, struct decl);

	d->name = name->text;
	d->at = name->at;
	d->type = type ? *type : type_maybe(VALUE_ANY);
	d->has_type = type != NULL;
	d->preset = preset;
	APPEND(list, d);
	list.count++;
	return list;
}

/* ---- names ---- */

/* The name that a word gives; in quotes it may have escapes, as any text. */
static struct slice name_text(struct gram *g, const struct token *t)
{
	return t->kind == STR ? text_value(LD, t) : t->text;
}

struct name_list name_one(struct gram *g, const struct token *t)
{
	struct name_at *n = MEM_NEW(MEM, struct name_at);

	n->name = name_text(g, t);
	n->at = t->at;
	n->is_duration = t->kind == DUR;
	n->num = t->num;
	return (struct name_list){ n, n };
}

struct name_list name_join(struct gram *g, struct name_list list, const char *sep,
    const struct token *t)
{
	struct name_at *n = list.first;

	struct slice word = name_text(g, t);

	n->name = mem_printf(MEM, "%.*s%s%.*s", SLICE_ARG(n->name), sep, SLICE_ARG(word));
	n->at = span_join(n->at, t->at);
	n->is_duration = false;
	return list;
}

const struct token *act_joined(struct gram *g, const struct token *a, const char *sep,
    const struct token *b)
{
	struct token *t = MEM_NEW(MEM, struct token);

	*t = *a;
	t->kind = STR;
	t->quote = '\'';
	t->text = mem_printf(MEM, "%.*s%s%.*s", SLICE_ARG(a->text), sep, SLICE_ARG(b->text));
	t->at = span_join(a->at, b->at);
	return t;
}

struct token act_star(struct cfg_span at)
{
	return (struct token){ .kind = STR, .quote = '\'', .text = SLICE("*"), .at = at,
	    .is_expanded = true };
}

struct type act_type(struct gram *g, const struct token *t, bool nullable)
{
	static const char *const names[] = { "bool", "int", "str", "ip", "dur", "uri", "list", "any" };
	struct type type = { type_by_name(t->text), nullable, false, VALUE_ANY };
	struct diag_item *item;
	const char *near;

	if (type.base != VALUE_VOID)
		return type;
	item = syntax_error(LD, 114, t->at, "\"%.*s\" is not a type", SLICE_ARG(t->text));
	near = diag_nearest(t->text, names, sizeof(names) / sizeof(names[0]));
	if (near)
		diag_beside(item, "did you mean \"%s\"?", near);
	else
		diag_beside(item, "types: bool int str ip dur uri list any");
	return type_bad();
}

/* ---- settings, listeners, modules ---- */

static struct setting_item *item_new(struct gram *g, struct slice key, struct cfg_span at,
    struct expr *value)
{
	struct setting_item *i = MEM_NEW(MEM, struct setting_item);

	i->key = key;
	i->key_at = at;
	i->value = value;
	return i;
}

struct setting_item *act_key(struct gram *g, const struct token *group,
    const struct token *key, struct expr *value)
{
	struct setting_item *i = item_new(g, key->text, key->at, value);

	if (group) {
		i->group = group->text;
		i->key_at = span_join(group->at, key->at);
	}
	return i;
}

struct setting_item *act_flag(struct gram *g, const struct token *key)
{
	return item_new(g, key->text, key->at, expr_value(LD, key->at, value_bool(true)));
}

void act_setting(struct gram *g, struct setting_item *i)
{
	ast_append(&LD->ast->settings, i);
}

void act_listen(struct gram *g, const struct token *word, const struct token *address,
    struct cfg_span address_at, struct item_list options, struct cfg_span at)
{
	struct listen_item *l = MEM_NEW(MEM, struct listen_item);

	/* The line's end belongs to the form, not to what is shown. */
	if (at.end_line > at.line && !options.first)
		at = span_join(word->at, address_at);
	l->at = at;
	l->address = address->text;
	l->address_at = address_at;
	l->options = options.first;
	ast_append(&LD->ast->listens, l);
}

void act_alias(struct gram *g, const struct token *word, struct expr *value)
{
	struct setting_item *i = item_new(g, word->text, word->at, value);

	ast_append(&LD->ast->aliases, i);
}

void act_module(struct gram *g, const struct token *name, const struct token *prefix,
    const struct item_list *params, struct cfg_span at)
{
	struct module_item *m = MEM_NEW(MEM, struct module_item);

	m->name = name->text;
	m->name_at = name->at;
	m->at = span_join(at, name->at);
	m->prefix = prefix->text;
	m->params = params ? params->first : NULL;
	m->is_block = params != NULL;
	ast_append(&LD->ast->modules, m);
}

void act_prefix(struct gram *g, const struct token *prefix)
{
	struct module_item *m = LD->ast->modules.first;

	while (m->next)
		m = m->next;
	m->prefix = prefix->text;
}

void act_modparam(struct gram *g, const struct token *modules, const struct token *name,
    struct expr *value, struct cfg_span at)
{
	struct modparam_item *m = MEM_NEW(MEM, struct modparam_item);

	m->modules = modules->text;
	m->modules_at = modules->at;
	m->at = at;
	m->param = item_new(g, name->text, name->at, value);
	ast_append(&LD->ast->modparams, m);
}

/* ---- acl, map, const, app ---- */

void act_acl(struct gram *g, const struct token *name, struct acl_list rows)
{
	struct acl_decl *d = MEM_NEW(MEM, struct acl_decl);

	d->name = name->text;
	d->at = name->at;
	d->rows = rows.first;
	ast_append(&LD->ast->acls, d);
}

void act_map(struct gram *g, const struct token *name, struct map_list rows)
{
	struct map_decl *d = MEM_NEW(MEM, struct map_decl);

	d->name = name->text;
	d->at = name->at;
	d->rows = rows.first;
	ast_append(&LD->ast->maps, d);
}

static struct const_decl *const_new(struct gram *g, const struct token *name,
    struct expr *value)
{
	struct const_decl *d = MEM_NEW(MEM, struct const_decl);

	d->name = name->text;
	d->at = name->at;
	d->value = value;
	return d;
}

void act_const(struct gram *g, const struct token *name, struct expr *value)
{
	struct const_decl *d = const_new(g, name, value);

	ast_append(&LD->ast->consts, d);
}

void act_app(struct gram *g, const struct token *name, struct item_list options)
{
	struct app_item *a = MEM_NEW(MEM, struct app_item);

	a->name = name->text;
	a->name_at = name->at;
	a->at = name->at;
	a->options = options.first;
	ast_append(&LD->ast->apps, a);
}

/* ---- routes ---- */

static enum route_kind kind_by_word(struct slice word)
{
	if (slice_eq(word, SLICE("onreply_route")))
		return ROUTE_REPLY;
	for (unsigned k = 0; k < ROUTE_KINDS; k++)
		if (slice_eq(word, slice_str(route_kind_text(k))))
			return k;
	return ROUTE_NAMED;
}

static struct route_decl *route_new(struct gram *g, enum route_kind kind,
    const struct name_list *names, struct stmt *body, struct cfg_span at)
{
	struct route_decl *r = MEM_NEW(MEM, struct route_decl);

	r->kind = kind;
	r->at = at;
	r->name_at = at;
	r->ret = type_of_base(VALUE_BOOL);
	r->body = body;
	if (names) {
		r->name = names->first->name;
		r->name_at = names->first->at;
		r->more = names->first->next;
	}
	ast_append(&LD->ast->routes, r);
	return r;
}

void act_route(struct gram *g, const struct token *kind, const struct name_list *names,
    struct stmt *body, struct cfg_span at)
{
	route_new(g, kind_by_word(kind->text), names, body, at);
}

/* "route { }" is Kamailio's older way to write request_route. */
void act_named(struct gram *g, const struct name_list *name, struct param_list params,
    struct type ret, struct stmt *body, struct cfg_span at)
{
	struct route_decl *r = route_new(g, name ? ROUTE_NAMED : ROUTE_REQUEST, name, body, at);

	r->params = params.first;
	r->param_count = params.count;
	if (ret.base != VALUE_VOID) {
		r->is_typed = true;
		r->ret = ret;
	}
}
