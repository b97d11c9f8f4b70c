/*
 * cfg/check_pv.c - pseudo-variables, their fields and transformations.
 */
#include "cfg/check.h"
#include "cfg/guest.h"
#include "cfg/guest_prep.h"
#include "cfg/regex.h"

#include <stdlib.h>

/* ---- the ones that are the language's own ---- */

static void say_arg(struct check *c, struct expr *e, const char *what)
{
	load_error(c->ld, 205, e->at, "$%.*s %s", SLICE_ARG(e->pv->name), what);
	e->type = type_bad();
}

static void own_var(struct check *c, struct expr *e)
{
	struct slice name;

	if (!pv_plain_arg(e->pv, &name)) {
		say_arg(c, e, "needs a name in parentheses: $var(name)");
		return;
	}
	if (e->pv->index_kind != PV_INDEX_NONE && e->pv->index)
		check_expr(c, e->pv->index);
	e->pv->what = PV_VAR;
	e->pv->slot = names_slot(c->ld, name);
	e->type = type_maybe(VALUE_ANY);
}

static void own_rc(struct check *c, struct expr *e)
{
	(void)c;
	e->pv->what = PV_RC;
	e->type = type_of_base(VALUE_INT);
}

static void own_err(struct check *c, struct expr *e)
{
	(void)c;
	e->pv->what = PV_ERR;
	e->type = type_maybe(VALUE_STRING);
}

static void own_null(struct check *c, struct expr *e)
{
	e->pv->what = PV_CONST;
	fold_set(c->ld, e, value_null());
}

static void own_re(struct check *c, struct expr *e)
{
	struct slice text;
	uint32_t n;

	if (!pv_plain_arg(e->pv, &text) || slice_to_u32(text, &n) != 0 || n > 9) {
		say_arg(c, e, "needs the number of a group, 0 to 9: $re(1)");
		return;
	}
	e->pv->what = PV_RE;
	e->pv->slot = n;
	e->type = type_maybe(VALUE_STRING);
}

static void own_cfg(struct check *c, struct expr *e)
{
	struct slice key;

	e->pv->what = PV_CONST;
	if (!pv_plain_arg(e->pv, &key))
		key = SLICE_NULL;
	if (slice_eq(key, SLICE("line")))
		fold_set(c->ld, e, value_int(e->at.line));
	else if (slice_eq(key, SLICE("file")) || slice_eq(key, SLICE("name")))
		fold_set(c->ld, e, value_string(slice_str(e->at.source->name)));
	else if (slice_eq(key, SLICE("route")))
		fold_set(c->ld, e, value_string(c->route ? c->route->name : SLICE("")));
	else
		say_arg(c, e, "knows line, file and route: $cfg(line)");
}

/* The environment as it was at the start: it does not change under a running script. */
static void own_env(struct check *c, struct expr *e)
{
	struct slice name;
	const char *text;

	e->pv->what = PV_CONST;
	if (!pv_plain_arg(e->pv, &name)) {
		say_arg(c, e, "needs a name in parentheses: $env(HOME)");
		return;
	}
	text = getenv(mem_cstr(&c->ld->mem, name));
	fold_set(c->ld, e, text ? value_string(mem_dup(&c->ld->mem, slice_str(text))) :
	    value_null());
	e->type = type_maybe(VALUE_STRING);
}

/* The parts of a message by Kamailio's names: where there is a variable, it is that one. */
static void own_sel(struct check *c, struct expr *e)
{
	struct token t = { .source = e->at.source, .at = e->at, .is_expanded = true };
	struct slice name, text;
	struct expr *v;

	if (is_guest(c->ld)) {
		guest_variable(c, e);
		return;
	}
	if (!pv_plain_arg(e->pv, &name) ||
	    !guest_select(mem_printf(&c->ld->mem, "@%.*s", SLICE_ARG(name)), &text)) {
		say_arg(c, e, "knows parts of the message for which there is a variable, as in "
		    "$sel(ruri.user), $sel(from.tag), $sel(hf_value.subject)");
		return;
	}
	t.text = mem_dup(&c->ld->mem, text);
	v = expr_pv(c->ld, &t);
	*e->pv = *v->pv;
	check_pv(c, e);
}

static const struct own {
	const char *name;
	void      (*check)(struct check *c, struct expr *e);
	bool        takes_arg;
	const char *form, *facts, *doc;	/* for the manual */
} own[] = {
	{ "var", own_var, true, "$var(x)", "any or null, may be written, in every route",
	  "a variable of the script; null in every message until it is set" },
	{ "rc", own_rc, false, "$rc", "int, read only, in every route",
	  "the last result of a function as Kamailio's number: 1 for true, -1 for false" },
	{ "retcode", own_rc, false, "$retcode", "int, read only, in every route", "the same as $rc" },
	{ "?", own_rc, false, "$?", "int, read only, in every route", "the same as $rc" },
	{ "err", own_err, false, "$err", "str or null, read only, in every route",
	  "why the last function that may fail did: timeout, unavailable, refused, limit; null if "
	  "it did not" },
	{ "null", own_null, false, "$null", "null", "no value" },
	{ "re", own_re, true, "$re(n)", "str or null, read only, in every route",
	  "group n, 0 to 9, of the last =~ that matched; 0 is all of it" },
	{ "cfg", own_cfg, true, "$cfg(what)", "read only, in every route",
	  "where this stands: line, file (or name), route" },
	{ "sel", own_sel, true, "$sel(part)", "as the variable that it stands for",
	  "a part of the message by Kamailio's select: ruri.user, from.uri, to.tag, cseq.method, "
	  "src.ip, hf_value.subject and others for which there is a variable" },
	{ "env", own_env, true, "$env(NAME)", "str or null, read only, in every route",
	  "the environment as it was when the file was read" }
};
#define OWN (sizeof(own) / sizeof(own[0]))

bool cfg_own_var(unsigned n, struct cfg_own_var *out)
{
	if (n >= OWN)
		return false;
	*out = (struct cfg_own_var){ own[n].form, own[n].facts, own[n].doc };
	return true;
}

static const struct own *find_own(struct slice name)
{
	for (size_t i = 0; i < OWN; i++)
		if (slice_eq(name, slice_str(own[i].name)))
			return &own[i];
	return NULL;
}

/* ---- the host's ---- */

static void say_unloaded(struct check *c, struct expr *e, const char *module)
{
	struct diag_item *item = load_error(c->ld, c->in_text ? 309 : 205, e->at,
	    "$%.*s is not available here", SLICE_ARG(e->pv->name));

	diag_beside(item, "exported by module \"%s\", which is not loaded", module);
	diag_help(item, "add near the top: loadmodule \"%s\"", module);
}

static void say_unknown(struct check *c, struct expr *e)
{
	struct candidates all = { .ld = c->ld };
	const struct cfg_host *host = c->ld->host;
	const char *module = host->who_exports ?
	    host->who_exports(host->arg, mem_cstr(&c->ld->mem, e->pv->name), true) : NULL;
	struct diag_item *item;

	e->type = type_bad();
	if (module) {
		if (!names_was_asked_for(c->ld, module))
			say_unloaded(c, e, module);
		return;
	}
	if (is_guest(c->ld) && guest_variable(c, e))
		return;
	candidates_add_dict(&all, &c->ld->names->vars);
	for (size_t i = 0; i < OWN; i++)
		candidates_add(&all, slice_str(own[i].name));
	/* It may be of the module that is not there; one letter wrong is no coincidence. */
	if (c->ld->names->is_incomplete && !diag_misspelt(e->pv->name, all.names, all.count))
		return;
	item = load_error(c->ld, c->in_text ? 309 : 205, e->at, "unknown variable $%.*s",
	    SLICE_ARG(e->pv->name));
	if (!candidates_say(&all, e->pv->name, item, e->pv->name_at, "$", "") &&
	    scope_find(c, e->pv->name))
		diag_beside(item, "the variable \"%.*s\" is written without \"$\"",
		    SLICE_ARG(e->pv->name));
}

static bool has_arrow(const struct expr *arg)
{
	const struct expr *first = arg->kind == EXPR_TEXT ? arg->text.pieces : arg;
	struct slice s;

	if (first->kind != EXPR_LITERAL)
		return false;
	s = first->literal.value.s;
	return slice_search(s, SLICE("=>")) < s.len;
}

static bool check_arg(struct check *c, struct expr *e, const struct sym_var *v)
{
	struct expr *arg = e->pv->arg;

	if (arg)
		check_expr(c, arg);
	switch (v->arg) {
	case VAR_ARG_NONE:
		if (arg)
			say_arg(c, e, "takes nothing in parentheses");
		return !arg;
	case VAR_ARG_NAME:
		if (!arg || (arg->konst && arg->konst->type == VALUE_STRING && !arg->konst->s.len)) {
			say_arg(c, e, "needs a name in parentheses");
			return false;
		}
		break;
	case VAR_ARG_KEYED:
		if (!arg || !has_arrow(arg)) {
			say_arg(c, e, "needs table=>key in parentheses");
			return false;
		}
		break;
	case VAR_ARG_OPTIONAL:
		break;
	}
	return !arg || !arg->type.is_bad;
}

static bool check_index(struct check *c, struct expr *e, const struct sym_var *v)
{
	if (e->pv->index_kind == PV_INDEX_NONE)
		return true;
	if (!v->indexable) {
		say_arg(c, e, "has no index");
		return false;
	}
	if (!e->pv->index)
		return true;
	check_expr(c, e->pv->index);
	return check_want(c, e->pv->index, type_of_base(VALUE_INT), 309, "an index");
}

/* Where a variable may not be read or written: the kinds of route that run this code. */
static void check_where(struct check *c, struct expr *e, unsigned where, const char *doing)
{
	unsigned wrong = c->contexts & ~where;
	struct diag_item *item;
	enum route_kind k = 0;

	if (!wrong)
		return;
	while (!(wrong & 1u << k))
		k++;
	item = load_error(c->ld, 310, e->at, "$%.*s cannot be %s in %s", SLICE_ARG(e->pv->name),
	    doing, route_kind_text(k));
	check_say_via(c, item, k, "not in this kind of route");
}

static void host_type(struct check *c, struct expr *e, const struct sym_var *v)
{
	struct slice key;

	e->type = (struct type){ v->type, v->nullable, false, VALUE_ANY };
	if (e->pv->index_kind == PV_INDEX_ALL) {
		e->type = type_of_base(VALUE_LIST);
		e->type.item = v->type;
		return;
	}
	if (e->pv->index_kind == PV_INDEX_ONE)
		e->type.nullable = true;
	key = fact_key(c, e);
	if (e->type.nullable && !type_is_open(e->type) && fact_holds(c, key)) {
		e->type.nullable = false;
		e->is_narrowed = true;
	}
}

static bool host_var(struct check *c, struct expr *e)
{
	struct var_entry *v = dict_get(&c->ld->names->vars, e->pv->name);

	if (!v) {
		say_unknown(c, e);
		return false;
	}
	v->module->is_used = true;
	e->pv->sym = v->var;
	e->pv->what = PV_HOST;
	if (check_arg(c, e, v->var) && check_index(c, e, v->var))
		return true;
	e->type = type_bad();
	return false;
}

static bool say_not_constant(struct check *c, struct expr *e)
{
	if (!c->only_constant || e->konst || e->type.is_bad)
		return false;
	load_error(c->ld, 309, e->at,
	    "$%.*s is not known yet: %s is read before anything runs", SLICE_ARG(e->pv->name),
	    c->only_constant);
	e->type = type_bad();
	return true;
}

void check_pv(struct check *c, struct expr *e)
{
	const struct own *o = find_own(e->pv->name);

	if (o) {
		if (e->pv->arg && !o->takes_arg)
			say_arg(c, e, "takes nothing in parentheses");
		else
			o->check(c, e);
	} else if (host_var(c, e)) {
		host_type(c, e, e->pv->sym);
		if (c->contexts & ~e->pv->sym->read)
			check_where(c, e, e->pv->sym->read, "read");
	}
	say_not_constant(c, e);
}

void check_pv_assign(struct check *c, struct expr *e)
{
	const struct own *o = find_own(e->pv->name);
	struct diag_item *item;

	e->is_checked = true;
	if (o && slice_eq(e->pv->name, SLICE("var"))) {
		own_var(c, e);
		if (e->pv->index_kind != PV_INDEX_NONE)
			say_arg(c, e, "is assigned as a whole");
		return;
	}
	if (!o && !host_var(c, e))
		return;
	if (o || e->pv->sym->write == 0) {
		item = load_error(c->ld, 309, e->at, "$%.*s cannot be written",
		    SLICE_ARG(e->pv->name));
		diag_beside(item, "it can only be read");
		e->type = type_bad();
		return;
	}
	e->type = (struct type){ e->pv->sym->type, e->pv->sym->nullable, false, VALUE_ANY };
	check_where(c, e, e->pv->sym->write, "written");
}

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
