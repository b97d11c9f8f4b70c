/*
 * test/fake/tree.c - a tree as text: every node, every name and value, no place.
 */
#include "test/fake/tree.h"

#include "cfg/ast.h"
#include "cfg/load.h"
#include "utils/buf.h"

static void show_expr(struct buf *b, const struct expr *e);
static void show_stmts(struct buf *b, const struct stmt *s);

static void show_list(struct buf *b, const struct expr *e)
{
	for (; e; e = e->next)
		show_expr(b, e);
}

static void show_value(struct buf *b, struct arena *a, struct value v)
{
	struct slice s = v.type == VALUE_STRING ? v.s : value_text(a, v);

	buf_printf(b, "%s:%zu:%.*s", value_type_name(v.type), s.len, SLICE_ARG(s));
}

static void show_literal(struct buf *b, const struct expr *e)
{
	struct arena *a = arena_new(0);

	show_value(b, a, e->literal.value);
	for (const struct text_part *p = e->literal.parts; p; p = p->next)
		buf_printf(b, "|%c%.*s", p->token.quote, SLICE_ARG(p->token.text));
	arena_free(&a);
}

static void show_pv(struct buf *b, const struct pv *pv)
{
	buf_printf(b, "$%.*s", SLICE_ARG(pv->name));
	if (pv->arg)
		show_expr(b, pv->arg);
	buf_printf(b, "[%d", (int)pv->index_kind);
	if (pv->index)
		show_expr(b, pv->index);
	buf_put(b, SLICE("]"));
}

static void show_node(struct buf *b, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_LITERAL: show_literal(b, e); break;
	case EXPR_TEXT:    show_list(b, e->text.pieces); break;
	case EXPR_NAME:    buf_put(b, e->name.name); break;
	case EXPR_PV:      show_pv(b, e->pv); break;
	case EXPR_FIELD:
	case EXPR_TRANS:
		show_expr(b, e->field.of);
		buf_printf(b, ".%.*s", SLICE_ARG(e->field.name));
		show_list(b, e->field.args);
		break;
	case EXPR_INDEX:
		show_expr(b, e->index.of);
		show_expr(b, e->index.index);
		break;
	case EXPR_CALL:
		buf_printf(b, "%.*s.%.*s", SLICE_ARG(e->call.prefix), SLICE_ARG(e->call.name));
		show_list(b, e->call.args);
		break;
	case EXPR_ROUTE:
		buf_put(b, e->route.name);
		show_list(b, e->route.args);
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		buf_put(b, slice_str(expr_op_text(e->op.op)));
		show_expr(b, e->op.a);
		if (e->op.b)
			show_expr(b, e->op.b);
		break;
	case EXPR_LIST: show_list(b, e->list.items); break;
	case EXPR_BAD:  break;
	}
}

static void show_expr(struct buf *b, const struct expr *e)
{
	buf_printf(b, "(%d ", (int)e->kind);
	if (e->label.len)
		buf_printf(b, "%.*s=", SLICE_ARG(e->label));
	show_node(b, e);
	buf_put(b, SLICE(")"));
}

static void show_maybe(struct buf *b, const struct expr *e)
{
	if (e)
		show_expr(b, e);
}

static void show_decl(struct buf *b, const struct decl *d)
{
	buf_printf(b, "%.*s:%d%s", SLICE_ARG(d->name), d->has_type ? (int)d->type.base : -1,
	    d->has_type && d->type.nullable ? "?" : "");
	show_maybe(b, d->preset);
}

static void show_cases(struct buf *b, const struct switch_case *k)
{
	for (; k; k = k->next) {
		buf_put(b, SLICE("case"));
		show_maybe(b, k->value);
		show_maybe(b, k->pattern);
		show_stmts(b, k->body);
	}
}

static void show_each(struct buf *b, const struct stmt *s)
{
	if (s->each.local)
		show_decl(b, s->each.local);
	show_maybe(b, s->each.pv);
	show_expr(b, s->each.in);
	show_stmts(b, s->each.body);
}

static void show_stmt(struct buf *b, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_BLOCK: show_stmts(b, s->block); break;
	case STMT_IF:
		show_expr(b, s->branch.cond);
		show_stmts(b, s->branch.then);
		show_stmts(b, s->branch.other);
		break;
	case STMT_WHILE:
		show_expr(b, s->loop.cond);
		show_stmts(b, s->loop.body);
		break;
	case STMT_FOREACH: show_each(b, s); break;
	case STMT_SWITCH:
		show_expr(b, s->cases.value);
		show_cases(b, s->cases.cases);
		break;
	case STMT_WITHIN:
		buf_printf(b, "%lld", (long long)s->within.limit);
		show_stmts(b, s->within.body);
		show_stmts(b, s->within.other);
		break;
	case STMT_DEFER: show_stmts(b, s->defer.body); break;
	case STMT_VAR:
		show_decl(b, s->var.decl);
		show_expr(b, s->var.value);
		break;
	case STMT_ASSIGN:
		show_expr(b, s->assign.to);
		buf_put(b, s->assign.is_add ? SLICE("+=") : SLICE("="));
		show_expr(b, s->assign.value);
		break;
	case STMT_CALL: show_expr(b, s->call); break;
	case STMT_EXIT:
	case STMT_DROP:
	case STMT_RETURN: show_maybe(b, s->value); break;
	case STMT_EMPTY:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_FALLTHROUGH: break;
	}
}

static void show_stmts(struct buf *b, const struct stmt *s)
{
	buf_put(b, SLICE("{"));
	for (; s; s = s->next) {
		buf_printf(b, "\n%d ", (int)s->kind);
		show_stmt(b, s);
	}
	buf_put(b, SLICE("}"));
}

/* ---- items ---- */

static void show_settings(struct buf *b, const struct setting_item *i)
{
	for (; i; i = i->next) {
		buf_printf(b, "\n%.*s.%.*s", SLICE_ARG(i->group), SLICE_ARG(i->key));
		show_maybe(b, i->value);
	}
}

static void show_route(struct buf *b, const struct route_decl *r)
{
	buf_printf(b, "\n%s[%.*s]", route_kind_text(r->kind), SLICE_ARG(r->name));
	for (const struct name_at *n = r->more; n; n = n->next)
		buf_printf(b, ",%.*s:%lld", SLICE_ARG(n->name), (long long)n->num);
	for (const struct decl *d = r->params; d; d = d->next)
		show_decl(b, d);
	buf_printf(b, "->%d", r->is_typed ? (int)r->ret.base : -1);
	show_stmts(b, r->body);
}

static void show_tables(struct buf *b, const struct ast *ast)
{
	for (const struct acl_decl *d = ast->acls.first; d; d = d->next) {
		buf_printf(b, "\nacl %.*s", SLICE_ARG(d->name));
		for (const struct acl_row *r = d->rows; r; r = r->next)
			buf_printf(b, " %d%.*s/%u", r->is_not, SLICE_ARG(r->name),
			    (unsigned)r->net.bits);
	}
	for (const struct map_decl *d = ast->maps.first; d; d = d->next) {
		buf_printf(b, "\nmap %.*s", SLICE_ARG(d->name));
		for (const struct map_row *r = d->rows; r; r = r->next) {
			show_expr(b, r->key);
			show_expr(b, r->value);
		}
	}
	for (const struct const_decl *d = ast->consts.first; d; d = d->next) {
		buf_printf(b, "\nconst %.*s", SLICE_ARG(d->name));
		show_expr(b, d->value);
	}
}

static void show_modules(struct buf *b, const struct ast *ast)
{
	for (const struct listen_item *i = ast->listens.first; i; i = i->next) {
		buf_printf(b, "\nlisten %.*s", SLICE_ARG(i->address));
		show_settings(b, i->options);
	}
	for (const struct module_item *i = ast->modules.first; i; i = i->next) {
		buf_printf(b, "\nmodule %.*s %.*s %d", SLICE_ARG(i->name), SLICE_ARG(i->prefix),
		    i->is_block);
		show_settings(b, i->params);
	}
	for (const struct modparam_item *i = ast->modparams.first; i; i = i->next) {
		buf_printf(b, "\nmodparam %.*s", SLICE_ARG(i->modules));
		show_settings(b, i->param);
	}
	for (const struct app_item *i = ast->apps.first; i; i = i->next) {
		buf_printf(b, "\napp %.*s", SLICE_ARG(i->name));
		show_settings(b, i->options);
	}
}

static void show_test(struct buf *b, const struct test_stmt *t)
{
	buf_printf(b, "\ntest %d", (int)t->kind);
	switch (t->kind) {
	case TEST_GIVEN:
		show_expr(b, t->given.text);
		show_settings(b, t->given.options);
		show_settings(b, t->given.headers);
		break;
	case TEST_MOCK:
		show_expr(b, t->mock.call);
		show_maybe(b, t->mock.value);
		break;
	case TEST_CONST:   show_expr(b, t->constant->value); break;
	case TEST_ADVANCE: buf_printf(b, "%lld", (long long)t->advance); break;
	case TEST_CALL:    show_expr(b, t->call); break;
	case TEST_EXPECT:
		buf_printf(b, "%d %lld", (int)t->expect.kind, (long long)t->expect.code);
		show_maybe(b, t->expect.text);
		show_maybe(b, t->expect.value);
		break;
	}
}

static void show_ast(struct buf *b, const struct ast *ast)
{
	show_settings(b, ast->settings.first);
	show_settings(b, ast->aliases.first);
	show_modules(b, ast);
	show_tables(b, ast);
	for (const struct route_decl *r = ast->routes.first; r; r = r->next)
		show_route(b, r);
	for (const struct test_decl *t = ast->tests.first; t; t = t->next) {
		buf_printf(b, "\ntest %.*s", SLICE_ARG(t->name));
		for (const struct test_stmt *s = t->body; s; s = s->next)
			show_test(b, s);
	}
}

static bool parse(struct load *ld, const char *name, struct slice text)
{
	struct cfg_source *source = source_of_text(&ld->mem, name, text);

	ld->ast = MEM_NEW(&ld->mem, struct ast);
	ld->ast->start = source_span(source, 0, 0);
	dict_init(&ld->macros, &ld->mem);
	return ast_parse(ld, source) == 0 && ld->syntax_errors == 0;
}

bool tree_of(const char *name, struct slice text, const struct cfg_host *host,
    struct arena *arena, struct slice *out)
{
	struct load *ld = arena_zalloc(arena, sizeof(*ld));
	struct buf *b = buf_new(4096);
	bool is_good = false;

	ld->mem.arena = arena;
	ld->host = host;
	ld->diag = diag_new();
	ld->cfg = arena_zalloc(arena, sizeof(*ld->cfg));
	if (setjmp(ld->mem.begin) == 0)
		is_good = parse(ld, name, arena_dup(arena, text));
	if (is_good)
		show_ast(b, ld->ast);
	*out = arena_dup(arena, buf_slice(b));
	diag_free(&ld->diag);
	buf_unref(&b);
	return is_good;
}
