/*
 * cfg/check_trans.c - transformations, and fields as another way to write them.
 */
#include "cfg/check.h"
#include "cfg/regex.h"

/* ---- transformations ---- */

static struct type result_of(const struct builtin_entry *b, const struct expr *of)
{
	struct type t = { b->func.ret, b->func.ret_nullable, false, VALUE_ANY };

	if ((b->def->flags & BUILTIN_NULL_THRU) && of->type.nullable && !type_is_open(of->type))
		t.nullable = true;
	return t;
}

/* Parameters of a transformation are written as text, also numbers. */
static bool adapt_param(struct check *c, struct expr *arg, const struct sym_param_decl *p)
{
	int64_t n;

	check_expr(c, arg);
	if (p->type != VALUE_INT || !arg->konst || arg->konst->type != VALUE_STRING)
		return true;
	if (slice_to_i64(slice_trim(arg->konst->s), &n) != 0) {
		load_error(c->ld, 303, arg->at, "\"%s\" is a number, not \"%.*s\"", p->name,
		    SLICE_ARG(arg->konst->s));
		return false;
	}
	fold_set(c->ld, arg, value_int(n));
	return true;
}

static void say_unknown_trans(struct check *c, struct expr *e)
{
	struct candidates all = { .ld = c->ld };
	struct diag_item *item = load_error(c->ld, 205, e->field.name_at,
	    "unknown transformation {%.*s}", SLICE_ARG(e->field.name));

	candidates_add_dict(&all, &c->ld->names->transformations);
	candidates_say(&all, e->field.name, item, e->field.name_at, "{", "}");
	e->type = type_bad();
}

static bool trans_args(struct check *c, struct expr *e, const struct builtin_entry *b)
{
	const struct sym_func *f = &b->func;
	unsigned n = 1;
	struct expr *arg = e->field.args;

	e->field.argv = MEM_ARRAY(&c->ld->mem, struct expr *, f->param_count + 1);
	e->field.argv[0] = e->field.of;
	for (; arg && n < f->param_count; arg = arg->next, n++) {
		e->field.argv[n] = arg;
		if (!adapt_param(c, arg, &f->params[n]))
			return false;
	}
	if (arg || n < f->required) {
		diag_help(load_error(c->ld, 305, e->field.name_at,
		    "{%.*s} has too %s parameters", SLICE_ARG(e->field.name),
		    arg ? "many" : "few"), "%s", f->sig);
		return false;
	}
	for (; n < f->param_count; n++)
		e->field.argv[n] = expr_value(c->ld, e->field.name_at, f->params[n].preset);
	e->field.argc = f->param_count;
	for (n = 1; n < e->field.argc; n++) {
		check_param(c, f, n, &e->field.argv[n]);
		if (e->field.argv[n]->type.is_bad)
			return false;
	}
	return true;
}

/* Anything can be shown as text; other parameters want what they say. */
static bool trans_operand(struct check *c, struct expr *of, const struct sym_param_decl *p)
{
	if (p->type == VALUE_STRING || p->type == VALUE_ANY)
		return true;
	return check_want(c, of, type_maybe(p->type), 303, "what this works on");
}

static bool check_subst(struct check *c, const struct expr *e)
{
	const struct expr *arg = e->field.argv[1];
	struct regex_error bad;
	struct regex *re;
	struct subst sub;
	const char *why;

	if (!slice_eq(e->field.name, SLICE("re.subst")) || !arg->konst)
		return true;
	why = builtin_subst_parse(arg->konst->s, &sub);
	if (!why && regex_compile(sub.from, sub.caseless, &re, &bad) == 0) {
		regex_free(re);
		return true;
	}
	diag_beside(load_error(c->ld, 307, arg->at, "this substitution does not compile"), "%s",
	    why ? why : bad.text);
	return false;
}

static void use_builtin(struct check *c, struct expr *e, const struct builtin_entry *b)
{
	if (!trans_operand(c, e->field.of, &b->func.params[0]) || !trans_args(c, e, b) ||
	    !check_subst(c, e)) {
		e->type = type_bad();
		return;
	}
	e->field.builtin = b->def;
	e->type = result_of(b, e->field.of);
}

void check_trans(struct check *c, struct expr *e)
{
	struct builtin_entry *b = dict_get(&c->ld->names->transformations, e->field.name);

	check_expr(c, e->field.of);
	if (!b)
		say_unknown_trans(c, e);
	else if (e->field.of->type.is_bad)
		e->type = type_bad();
	else
		use_builtin(c, e, b);
}

/* ---- fields: of a URI, of a header's text ---- */

static const struct { const char *field, *trans; } fields[] = {
	{ "user", "uri.user" }, { "host", "uri.host" }, { "port", "uri.port" },
	{ "scheme", "uri.scheme" }, { "params", "uri.params" }, { "headers", "uri.headers" },
	{ "password", "uri.passwd" }, { "transport", "uri.transport" }, { "param", "uri.param" },
	{ "uri", "nameaddr.uri" }, { "name", "nameaddr.name" }, { "display", "nameaddr.name" },
	{ "tag", "tobody.tag" }
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void say_field(struct check *c, struct expr *e)
{
	struct candidates all = { .ld = c->ld };
	struct diag_item *item;

	item = load_error(c->ld, 205, e->field.name_at, "%s has no field \"%.*s\"",
	    type_article(type_plain(e->field.of->type)), SLICE_ARG(e->field.name));
	for (size_t i = 0; i < FIELDS; i++)
		candidates_add(&all, slice_str(fields[i].field));
	candidates_say(&all, e->field.name, item, e->field.name_at, "\"", "\"");
	e->type = type_bad();
}

static bool may_have_fields(struct type t)
{
	return t.base == VALUE_URI || t.base == VALUE_STRING || type_is_open(t);
}

/* prefix.name(args): a function of the module loaded as prefix. */
static bool is_module_call(struct check *c, struct expr *e)
{
	struct expr *of = e->field.of;
	struct expr call = { .kind = EXPR_CALL, .at = e->at, .next = e->next };

	if (of->kind != EXPR_NAME || !e->field.has_args || scope_find(c, of->name.name) ||
	    dict_get(&c->ld->names->consts, of->name.name))
		return false;
	call.call.prefix = of->name.name;
	call.call.name = e->field.name;
	call.call.name_at = span_join(of->at, e->field.name_at);
	call.call.args = e->field.args;
	call.label = e->label;
	call.label_at = e->label_at;
	call.is_checked = true;
	*e = call;
	check_call(c, e);
	return true;
}

void check_field(struct check *c, struct expr *e)
{
	struct builtin_entry *b = NULL;

	if (is_module_call(c, e))
		return;
	check_expr(c, e->field.of);
	e->type = type_bad();
	if (e->field.of->type.is_bad)
		return;
	for (size_t i = 0; i < FIELDS && !b; i++)
		if (slice_eq(e->field.name, slice_str(fields[i].field)))
			b = dict_get(&c->ld->names->transformations,
			    slice_str(fields[i].trans));
	if (!b || !may_have_fields(e->field.of->type))
		say_field(c, e);
	else
		use_builtin(c, e, b);
}
