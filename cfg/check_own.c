/*
 * cfg/check_own.c - pseudo-variables of the language itself: $var(x), $rc, $re(n), ...
 */
#include "cfg/check.h"
#include "cfg/guest.h"
#include "cfg/guest_prep.h"

#include <stdlib.h>

void check_say_arg(struct check *c, struct expr *e, const char *what)
{
	load_error(c->ld, 205, e->at, "$%.*s %s", SLICE_ARG(e->pv->name), what);
	e->type = type_bad();
}

static void own_var(struct check *c, struct expr *e)
{
	struct slice name;

	if (!pv_plain_arg(e->pv, &name)) {
		check_say_arg(c, e, "needs a name in parentheses: $var(name)");
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
		check_say_arg(c, e, "needs the number of a group, 0 to 9: $re(1)");
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
		check_say_arg(c, e, "knows line, file and route: $cfg(line)");
}

/* The environment as it was at the start: it does not change under a running script. */
static void own_env(struct check *c, struct expr *e)
{
	struct slice name;
	const char *text;

	e->pv->what = PV_CONST;
	if (!pv_plain_arg(e->pv, &name)) {
		check_say_arg(c, e, "needs a name in parentheses: $env(HOME)");
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
		check_say_arg(c, e, "knows parts of the message for which there is a variable, as in "
		    "$sel(ruri.user), $sel(from.tag), $sel(hf_value.subject)");
		return;
	}
	t.text = mem_dup(&c->ld->mem, text);
	v = expr_pv(c->ld, &t);
	*e->pv = *v->pv;
	check_pv(c, e);
}

static const struct {
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

void check_own_names(struct candidates *out)
{
	for (size_t i = 0; i < OWN; i++)
		candidates_add(out, slice_str(own[i].name));
}

static size_t find(struct slice name)
{
	size_t i = 0;

	while (i < OWN && !slice_eq(name, slice_str(own[i].name)))
		i++;
	return i;
}

bool check_own(struct check *c, struct expr *e)
{
	size_t i = find(e->pv->name);

	if (i == OWN)
		return false;
	if (e->pv->arg && !own[i].takes_arg)
		check_say_arg(c, e, "takes nothing in parentheses");
	else
		own[i].check(c, e);
	return true;
}

void check_say_read_only(struct check *c, struct expr *e)
{
	diag_beside(load_error(c->ld, 309, e->at, "$%.*s cannot be written",
	    SLICE_ARG(e->pv->name)), "it can only be read");
	e->type = type_bad();
}

bool check_own_assign(struct check *c, struct expr *e)
{
	size_t i = find(e->pv->name);

	if (i == OWN)
		return false;
	if (own[i].check != own_var) {
		check_say_read_only(c, e);
		return true;
	}
	own_var(c, e);
	if (e->pv->index_kind != PV_INDEX_NONE)
		check_say_arg(c, e, "is assigned as a whole");
	return true;
}
