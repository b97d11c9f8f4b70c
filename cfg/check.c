/*
 * cfg/check.c - the order of the checks, and the names that declarations bring.
 */
#include "cfg/check.h"
#include "cfg/prep.h"

static void say_double(struct load *ld, const char *what, struct slice name,
    struct cfg_span at, struct cfg_span first)
{
	struct diag_item *item = load_error(ld, 203, at, "%s \"%.*s\" is defined twice", what,
	    SLICE_ARG(name));

	diag_beside(item, "the first one:");
	diag_see(item, first);
}

/* Constants, acls and maps are looked up alike, so their names are one set. */
static bool is_taken(struct load *ld, const char *what, struct slice name, struct cfg_span at)
{
	const struct const_decl *k = dict_get(&ld->names->consts, name);
	const struct acl_decl *a = dict_get(&ld->names->acls, name);
	const struct map_decl *m = dict_get(&ld->names->maps, name);

	if (!k && !a && !m)
		return false;
	say_double(ld, what, name, at, k ? k->at : a ? a->at : m->at);
	return true;
}

static void declare_names(struct load *ld)
{
	struct ast *ast = ld->ast;

	for (struct const_decl *d = ast->consts.first; d; d = d->next) {
		env_settle(ld, d->value);
		if (!is_taken(ld, "const", d->name, d->at))
			dict_put(&ld->names->consts, d->name, d);
	}
	for (struct acl_decl *d = ast->acls.first; d; d = d->next)
		if (!is_taken(ld, "acl", d->name, d->at))
			dict_put(&ld->names->acls, d->name, d);
	for (struct map_decl *d = ast->maps.first; d; d = d->next)
		if (!is_taken(ld, "map", d->name, d->at))
			dict_put(&ld->names->maps, d->name, d);
}

/* A word that is replaced everywhere cannot be called any more. */
static void check_shadows(struct load *ld)
{
	for (const struct macro *m = ld->first_macro; m; m = m->next) {
		const struct func_entry *f = dict_get(&ld->names->funcs, m->name);
		struct diag_item *item;

		if (m->is_gone || !m->at.source ||
		    (!f && !dict_get(&ld->names->builtins, m->name)))
			continue;
		item = load_error(ld, 203, m->at, "this define has the name of function %.*s()",
		    SLICE_ARG(m->name));
		if (!f || !f->module->item) {
			diag_beside(item, "the function belongs to the language");
			continue;
		}
		diag_beside(item, "the function comes with module \"%s\"",
		    f->module->sym->name);
		diag_see(item, f->module->item->name_at);
	}
}

void check_declarations(struct load *ld)
{
	struct check c = { .ld = ld };

	check_shadows(ld);
	declare_names(ld);
	table_acls(ld);
	check_test_consts(ld);
	for (struct const_decl *d = ld->ast->consts.first; d; d = d->next)
		check_const(&c, d);
	table_maps(ld);
}

void check_all(struct load *ld)
{
	check_modules(ld);
	check_declarations(ld);
	check_settings(ld);
	check_listeners(ld);
	check_routes(ld);
	check_graph(ld);
	check_bodies(ld);
	check_tests(ld);
	check_profile_rules(ld);
	/* What is missing on some way, or unused, cannot be told from half a text. */
	if (ld->is_partial)
		return;
	check_flow(ld);
	check_unused(ld);
}
