/*
 * cfg/check_pv.c - pseudo-variables: which one is meant, and whether it may be read or written here.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

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
			check_say_unloaded(load_error(c->ld, c->in_text ? 309 : 205, e->at,
			    "$%.*s is not available here", SLICE_ARG(e->pv->name)), module);
		return;
	}
	if (is_guest(c->ld) && guest_variable(c, e))
		return;
	candidates_add_dict(&all, &c->ld->names->vars);
	check_own_names(&all);
	/* It may be of the module that is not there; one letter wrong is no coincidence. */
	if (c->ld->names->is_incomplete && !diag_misspelt(e->pv->name, all.names, all.count))
		return;
	item = load_error(c->ld, c->in_text ? 309 : 205, e->at, "unknown variable $%.*s",
	    SLICE_ARG(e->pv->name));
	/* Who writes one of Kamailio's did not mistype another. */
	if (!scope_find(c, e->pv->name) && guest_hint(c->ld, item, GUEST_VARIABLE, NULL, e->pv->name))
		return;
	if (candidates_say(&all, e->pv->name, item, e->pv->name_at, "$", ""))
		return;
	if (scope_find(c, e->pv->name))
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

/* $sht(calls=>who) beside "var who": its name has no "$" elsewhere, but in here all is text. */
static void warn_of_local(struct check *c, const struct expr *e)
{
	struct slice text, key;
	struct diag_item *item;

	if (!slice_starts(e->pv->name, SLICE("sht")) || !pv_plain_arg(e->pv, &text))
		return;
	key = slice_trim(slice_skip(text, slice_search(text, SLICE("=>")) + 2));
	if (!key.len || !scope_find(c, key))
		return;
	item = load_warning(c->ld, 321, e->at, "the key is the text \"%.*s\", not the variable",
	    SLICE_ARG(key));
	diag_beside(item, "keys take variables with \"$\": $var(%.*s)", SLICE_ARG(key));
}

static bool check_arg(struct check *c, struct expr *e, const struct sym_var *v)
{
	struct expr *arg = e->pv->arg;

	if (arg)
		check_expr(c, arg);
	switch (v->arg) {
	case VAR_ARG_NONE:
		if (arg)
			check_say_arg(c, e, "takes nothing in parentheses");
		return !arg;
	case VAR_ARG_NAME:
		if (!arg || (arg->konst && arg->konst->type == VALUE_STRING && !arg->konst->s.len)) {
			check_say_arg(c, e, "needs a name in parentheses");
			return false;
		}
		break;
	case VAR_ARG_KEYED:
		if (!arg || !has_arrow(arg)) {
			check_say_arg(c, e, "needs table=>key in parentheses");
			return false;
		}
		warn_of_local(c, e);
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
		check_say_arg(c, e, "has no index");
		return false;
	}
	if (!e->pv->index)
		return true;
	check_expr(c, e->pv->index);
	return check_want(c, e->pv->index, type_of_base(VALUE_INT), 309, "an index");
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

static void say_not_constant(struct check *c, struct expr *e)
{
	if (!c->only_constant || e->konst || e->type.is_bad)
		return;
	load_error(c->ld, 309, e->at,
	    "$%.*s is not known yet: %s is read before anything runs", SLICE_ARG(e->pv->name),
	    c->only_constant);
	e->type = type_bad();
}

void check_pv(struct check *c, struct expr *e)
{
	if (!check_own(c, e) && host_var(c, e)) {
		host_type(c, e, e->pv->sym);
		check_where(c, e, e->pv->sym->read, "read");
	}
	say_not_constant(c, e);
}

void check_pv_assign(struct check *c, struct expr *e)
{
	e->is_checked = true;
	if (check_own_assign(c, e) || !host_var(c, e))
		return;
	if (e->pv->sym->write == 0) {
		check_say_read_only(c, e);
		return;
	}
	e->type = (struct type){ e->pv->sym->type, e->pv->sym->nullable, false, VALUE_ANY };
	check_where(c, e, e->pv->sym->write, "written");
}
