/*
 * core/mod/keys.c - see keys.h.
 *
 * Which tables there are stands in a module's parameters, which only the module can read,
 * so this comes after the checks of the language.
 */
#include "core/mod/keys.h"

#include "cfg/check.h"
#include "core/lcs.h"

#include <errno.h>

struct keys {
	const struct lcs_gen *gen;
	struct diag          *diag;
	int                   err;
};

/* "table" of "table=>key", where that part is plain text. */
static bool table_named(const struct expr *arg, struct slice *table)
{
	const struct expr *first = arg && arg->kind == EXPR_TEXT ? arg->text.pieces : arg;
	size_t at;

	if (!first || first->kind != EXPR_LITERAL || first->literal.value.type != VALUE_STRING)
		return false;
	at = slice_search(first->literal.value.s, SLICE("=>"));
	*table = slice_trim(slice_first(first->literal.value.s, at));
	return at < first->literal.value.s.len;
}

static void check_variable(struct keys *k, const struct expr *e)
{
	const struct sym_var *v = e->pv->sym;
	const struct lcs_mod *mod = v ? k->gen->mods[v->mod_index] : NULL;
	struct slice table;

	if (!mod || v->arg != VAR_ARG_KEYED || !mod->desc->has_table ||
	    !table_named(e->pv->arg, &table) ||
	    mod->desc->has_table(k->gen->confs[v->mod_index], table))
		return;
	diag_beside(diag_add(k->diag, DIAG_ERROR, 201, e->at, "there is no table \"%.*s\"",
	    SLICE_ARG(table)), "the parameters of module \"%s\" declare none of this name",
	    mod->name);
	k->err = -EINVAL;
}

static void visit(struct walk *w, struct expr *e)
{
	if (e->kind == EXPR_PV)
		check_variable(w->arg, e);
	/* A text that is a format has been taken apart beside the tree. */
	for (unsigned i = 0; e->kind == EXPR_CALL && i < e->call.argc; i++)
		if (e->call.argv[i] && e->call.argv[i]->kind == EXPR_TEXT &&
		    !e->call.argv[i]->text.parts)
			walk_expr(w, e->call.argv[i]);
}

int keys_check(const struct lcs_gen *gen, struct diag *diag)
{
	struct keys k = { gen, diag, 0 };
	struct walk w = { .expr = visit, .arg = &k };

	for (const struct route_decl *r = gen->cfg->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
	return k.err;
}
