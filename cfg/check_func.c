/*
 * cfg/check_func.c - which function a call means.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

static bool by_prefix(const struct loaded_module *m, struct slice prefix)
{
	return slice_eq(m->prefix, prefix) || (m->prefix.len == 0 && slice_eq(m->key, prefix));
}

static const struct func_entry *with_prefix(const struct func_entry *f, struct slice prefix)
{
	for (; f; f = f->next)
		if (by_prefix(f->module, prefix))
			return f;
	return NULL;
}

static void say_ambiguous(struct check *c, const struct expr *e, const struct func_entry *f)
{
	struct diag_item *item = load_error(c->ld, 203, e->call.name_at,
	    "%.*s() is exported by more than one module", SLICE_ARG(e->call.name));
	struct slice list = SLICE("");

	for (; f; f = f->next)
		list = mem_printf(&c->ld->mem, "%.*s%s%.*s.%.*s()", SLICE_ARG(list),
		    list.len ? " or " : "", SLICE_ARG(f->module->prefix.len ? f->module->prefix :
		    f->module->key), SLICE_ARG(e->call.name));
	diag_beside(item, "write %.*s", SLICE_ARG(list));
}

void check_say_unloaded(struct diag_item *item, const char *module)
{
	diag_beside(item, "exported by module \"%s\", which is not loaded", module);
	diag_help(item, "add near the top: loadmodule \"%s\"", module);
}

/* Names that would be legal here: loaded, and allowed where this code runs. */
static void legal_names(struct check *c, struct candidates *all)
{
	const struct dict *d = &c->ld->names->funcs;

	for (size_t i = 0; i <= d->mask; i++)
		for (const struct dict_entry *x = d->slots[i]; x; x = x->next) {
			const struct func_entry *f = x->value;

			if (!(c->contexts & ~f->func->where))
				candidates_add(all, x->key);
		}
	candidates_add_dict(all, &c->ld->names->builtins);
}

static void say_unknown(struct check *c, const struct expr *e)
{
	const struct cfg_host *host = c->ld->host;
	struct candidates all = { .ld = c->ld };
	const char *module = host->who_exports ?
	    host->who_exports(host->arg, mem_cstr(&c->ld->mem, e->call.name), false) : NULL;
	struct diag_item *item;

	if (module) {
		if (!names_was_asked_for(c->ld, module))
			check_say_unloaded(load_error(c->ld, 302, e->call.name_at,
			    "%.*s() is not available here", SLICE_ARG(e->call.name)), module);
		return;
	}
	if (is_guest(c->ld) && guest_function(c, e))
		return;
	legal_names(c, &all);
	/* It may be of the module that is not there; one letter wrong is no coincidence. */
	if (c->ld->names->is_incomplete && !diag_misspelt(e->call.name, all.names, all.count))
		return;
	item = load_error(c->ld, 301, e->call.name_at, "there is no function %.*s()",
	    SLICE_ARG(e->call.name));
	if (dict_get(&c->ld->names->routes[ROUTE_NAMED], e->call.name)) {
		diag_beside(item, "to call the route: route(%.*s)", SLICE_ARG(e->call.name));
		return;
	}
	if (!candidates_say(&all, e->call.name, item, e->call.name_at, "", "()"))
		guest_hint(c->ld, item, GUEST_FUNCTION, NULL, e->call.name);
}

const struct func_entry *check_find_func(struct check *c, const struct expr *e, bool say)
{
	const struct func_entry *f = dict_get(&c->ld->names->funcs, e->call.name);

	if (e->call.prefix.len) {
		const struct func_entry *own = with_prefix(f, e->call.prefix);

		if (!own && say)
			diag_beside(load_error(c->ld, 301, e->call.name_at,
			    "there is no function %.*s.%.*s()", SLICE_ARG(e->call.prefix),
			    SLICE_ARG(e->call.name)), "no loaded module \"%.*s\" exports it",
			    SLICE_ARG(e->call.prefix));
		return own;
	}
	if (f && f->next && say) {
		say_ambiguous(c, e, f);
		return NULL;
	}
	if (!f && say)
		say_unknown(c, e);
	return f;
}
