/*
 * cfg/print.c - settings, tables, routes and statements as text again; see print.h.
 */
#include "cfg/check.h"
#include "cfg/print.h"

#define INDENT 4u

static void put(struct print *p, const char *text) { buf_put(p->out, slice_str(text)); }

static void line(struct print *p)
{
	put(p, "\n");
	for (unsigned i = 0; i < p->depth * INDENT; i++)
		put(p, " ");
}

/* ---- statements ---- */

static void print_stmt(struct print *p, const struct stmt *s);

static void print_body(struct print *p, const struct stmt *first)
{
	put(p, "{");
	p->depth++;
	for (const struct stmt *s = first; s; s = s->next) {
		if (s->kind == STMT_EMPTY)
			continue;
		line(p);
		print_stmt(p, s);
	}
	p->depth--;
	line(p);
	put(p, "}");
}

void print_block(struct print *p, const struct stmt *body) { print_body(p, body->block); }

/* What stands behind if, else, foreach: always in braces. */
static void print_under(struct print *p, const struct stmt *s)
{
	struct stmt alone = *s;

	alone.next = NULL;
	print_body(p, s->kind == STMT_BLOCK ? s->block : &alone);
}

static void print_if(struct print *p, const struct stmt *s)
{
	put(p, "if (");
	print_expr(p, s->branch.cond);
	put(p, ") ");
	print_under(p, s->branch.then);
	if (!s->branch.other)
		return;
	put(p, " else ");
	if (s->branch.other->kind == STMT_IF)
		print_if(p, s->branch.other);
	else
		print_under(p, s->branch.other);
}

static void print_loop(struct print *p, const struct stmt *s)
{
	put(p, "while (");
	print_expr(p, s->loop.cond);
	put(p, ") ");
	print_under(p, s->loop.body);
}

static void print_each(struct print *p, const struct stmt *s)
{
	put(p, "foreach (");
	if (s->each.local)
		buf_put(p->out, s->each.local->name);
	else
		print_expr(p, s->each.pv);
	put(p, " in ");
	print_expr(p, s->each.in);
	put(p, ") ");
	print_under(p, s->each.body);
}

static void print_case(struct print *p, const struct switch_case *k)
{
	line(p);
	if (!k->value && !k->pattern) {
		put(p, "default:");
	} else {
		put(p, k->pattern ? "case =~ " : "case ");
		print_expr(p, k->pattern ? k->pattern : k->value);
		put(p, ":");
	}
	p->depth++;
	for (const struct stmt *s = k->body; s; s = s->next) {
		if (s->kind == STMT_EMPTY)
			continue;
		line(p);
		print_stmt(p, s);
	}
	p->depth--;
}

static void print_switch(struct print *p, const struct stmt *s)
{
	put(p, "switch (");
	print_expr(p, s->cases.value);
	put(p, ") {");
	for (const struct switch_case *k = s->cases.cases; k; k = k->next)
		print_case(p, k);
	line(p);
	put(p, "}");
}

static void print_within(struct print *p, const struct stmt *s)
{
	put(p, "within ");
	print_value(p, value_duration(s->within.limit));
	put(p, " ");
	print_under(p, s->within.body);
	if (s->within.other) {
		put(p, " else ");
		print_under(p, s->within.other);
	}
}

static void print_var(struct print *p, const struct stmt *s)
{
	const struct decl *d = s->var.decl;

	buf_printf(p->out, "var %.*s", SLICE_ARG(d->name));
	if (d->has_type)
		buf_printf(p->out, ": %s", type_text(d->type));
	put(p, " = ");
	print_expr(p, s->var.value);
	put(p, ";");
}

static void print_assign(struct print *p, const struct stmt *s)
{
	print_expr(p, s->assign.to);
	put(p, s->assign.is_add ? " += " : " = ");
	print_expr(p, s->assign.value);
	put(p, ";");
}

static void print_jump(struct print *p, const struct stmt *s)
{
	static const char *const words[] = {
		[STMT_EXIT] = "exit", [STMT_DROP] = "drop", [STMT_BREAK] = "break",
		[STMT_CONTINUE] = "continue", [STMT_FALLTHROUGH] = "fallthrough",
		[STMT_RETURN] = "return"
	};
	bool has_value = s->value && s->kind == STMT_RETURN;

	put(p, words[s->kind]);
	put(p, has_value ? " " : "");
	if (has_value)
		print_expr(p, s->value);
	put(p, ";");
}

static void print_stmt(struct print *p, const struct stmt *s)
{
	switch (s->kind) {
	case STMT_EMPTY:   break;
	case STMT_BLOCK:   print_body(p, s->block); break;
	case STMT_IF:      print_if(p, s); break;
	case STMT_WHILE:   print_loop(p, s); break;
	case STMT_FOREACH: print_each(p, s); break;
	case STMT_SWITCH:  print_switch(p, s); break;
	case STMT_WITHIN:  print_within(p, s); break;
	case STMT_DEFER:
		put(p, "defer ");
		print_under(p, s->defer.body);
		break;
	case STMT_VAR:     print_var(p, s); break;
	case STMT_ASSIGN:  print_assign(p, s); break;
	case STMT_CALL:
		print_expr(p, s->call);
		put(p, ";");
		break;
	default:           print_jump(p, s); break;
	}
}

/* ---- routes ---- */

static void print_params(struct print *p, const struct route_decl *r)
{
	if (r->param_count == 0)
		return;
	put(p, "(");
	for (const struct decl *d = r->params; d; d = d->next) {
		put(p, d == r->params ? "" : ", ");
		buf_put(p->out, d->name);
		if (d->has_type)
			buf_printf(p->out, ": %s", type_text(d->type));
		if (d->preset) {
			put(p, " = ");
			print_expr(p, d->preset);
		}
	}
	put(p, ")");
}

/* Of an event the name is the module's, not the user's. */
static void print_route_name(struct print *p, const struct route_decl *r)
{
	put(p, "[");
	if (r->kind == ROUTE_EVENT)
		buf_put(p->out, r->name);
	else
		print_route_word(p, r->name);
	if (r->kind == ROUTE_TIMER) {
		put(p, ", ");
		print_value(p, value_duration(r->interval));
	}
	put(p, "]");
}

void print_route_head(struct print *p, const struct route_decl *r)
{
	put(p, route_kind_text(r->kind));
	if (r->name.len || r->kind == ROUTE_NAMED)
		print_route_name(p, r);
	print_params(p, r);
	if (r->is_typed)
		buf_printf(p->out, " -> %s", type_text(r->ret));
}

/* ---- tables ---- */

void print_acl_rows(struct print *p, const struct acl_decl *d)
{
	put(p, "{ ");
	for (const struct acl_row *r = d->rows; r; r = r->next) {
		put(p, r->is_not ? "!" : "");
		if (r->name.len)
			print_name(p, r->name);
		else
			print_value(p, (struct value){ .type = VALUE_IP, .ip = &r->net });
		put(p, "; ");
	}
	put(p, "}");
}

void print_map_rows(struct print *p, const struct map_decl *d)
{
	put(p, "{ ");
	for (const struct map_row *r = d->rows; r; r = r->next) {
		print_expr(p, r->key);
		put(p, ": ");
		print_expr(p, r->value);
		put(p, r->next ? ", " : "");
	}
	put(p, " }");
}

static void print_tables(struct print *p)
{
	const struct ast *ast = p->cfg->ast;

	for (const struct const_decl *d = ast->consts.first; d; d = d->next) {
		put(p, "const ");
		print_name(p, d->name);
		put(p, " = ");
		print_expr(p, d->value);
		put(p, ";\n");
	}
	for (const struct acl_decl *d = ast->acls.first; d; d = d->next) {
		put(p, "acl ");
		print_name(p, d->name);
		put(p, " = ");
		print_acl_rows(p, d);
		put(p, "\n");
	}
	for (const struct map_decl *d = ast->maps.first; d; d = d->next) {
		put(p, "map ");
		print_name(p, d->name);
		put(p, " = ");
		print_map_rows(p, d);
		put(p, "\n");
	}
}

/* ---- settings ---- */

static bool declares(const struct sym_setting *decl, struct slice key, struct slice word)
{
	return slice_eq(slice_str(decl->name), key) && setting_has_word(decl, word);
}

static bool are_shipped_profiles(struct slice key, struct slice text)
{
	static const struct sym_setting shipped = { .name = "profile",
	    .words = "home|frontend|forwarding|carrier|archive" };
	bool all = text.len > 0;

	while (all && text.len > 0)
		all = declares(&shipped, key, slice_trim(slice_split(&text, ',')));
	return all;
}

/* A word that the manual has says nothing about who wrote it, and much about what is wrong. */
static bool is_manual_word(const struct cfg *cfg, struct slice key, struct slice word)
{
	if (are_shipped_profiles(key, word))
		return true;
	for (unsigned i = 0; i < cfg->setting_count; i++)
		if (declares(cfg->settings[i].decl, key, word))
			return true;
	for (unsigned i = 0; cfg_listen_option(i); i++)
		if (declares(cfg_listen_option(i), key, word))
			return true;
	for (unsigned m = 0; m < cfg->module_count; m++)
		for (unsigned i = 0; i < cfg->modules[m].param_count; i++)
			if (declares(cfg->modules[m].params[i].decl, key, word))
				return true;
	return false;
}

static bool print_manual_word(struct print *p, const struct setting_item *i)
{
	const struct value *v = i->value->konst;
	struct print plain = { .out = p->out };

	if (!p->anonymous || !p->cfg || i->is_secret || !v || v->type != VALUE_STRING ||
	    !is_manual_word(p->cfg, i->key, v->s))
		return false;
	print_text(&plain, v->s);
	return true;
}

static void print_setting_value(struct print *p, const struct setting_item *i)
{
	if (print_manual_word(p, i))
		return;
	if (i->is_secret && !p->anonymous)
		put(p, "\"(secret)\"");
	else if (i->is_secret && i->value->konst && i->value->konst->type == VALUE_STRING) {
		put(p, "\"");
		print_hash(p, i->value->konst->s);
		put(p, "\"");
	} else {
		print_expr(p, i->value);
	}
}

static void print_item(struct print *p, const struct setting_item *i)
{
	if (i->group.len)
		buf_printf(p->out, "%.*s.", SLICE_ARG(i->group));
	buf_printf(p->out, "%.*s = ", SLICE_ARG(i->key));
	print_setting_value(p, i);
}

void print_options(struct print *p, const struct setting_item *first)
{
	put(p, "{");
	p->depth++;
	for (const struct setting_item *i = first; i; i = i->next) {
		line(p);
		print_item(p, i);
		put(p, ";");
	}
	p->depth--;
	line(p);
	put(p, "}");
}

static void print_settings(struct print *p)
{
	const struct ast *ast = p->cfg->ast;

	for (const struct setting_item *i = ast->settings.first; i; i = i->next) {
		print_item(p, i);
		put(p, "\n");
	}
	for (const struct setting_item *i = ast->aliases.first; i; i = i->next) {
		put(p, "alias = ");
		print_setting_value(p, i);
		put(p, "\n");
	}
}

/* ---- listeners ---- */

static bool stands_on_a_line(const struct setting_item *i)
{
	for (; i; i = i->next)
		if (i->value->kind != EXPR_LITERAL)
			return false;
	return true;
}

/* Transport and port say nothing about anybody. */
static void print_endpoint(struct print *p, const struct listen_item *l, const struct cfg_listener *is)
{
	if (!p->anonymous || !is) {
		buf_put(p->out, l->address);
		return;
	}
	buf_printf(p->out, "%.*s:", SLICE_ARG(is->proto));
	print_hash(p, is->host);
	if (is->port)
		buf_printf(p->out, ":%u", is->port);
}

static void print_listener(struct print *p, const struct listen_item *l, const struct cfg_listener *is)
{
	put(p, "listen = ");
	print_endpoint(p, l, is);
	if (!stands_on_a_line(l->options)) {
		put(p, " ");
		print_options(p, l->options);
	}
	for (const struct setting_item *i = l->options; i && stands_on_a_line(l->options);
	    i = i->next) {
		buf_printf(p->out, " %.*s ", SLICE_ARG(i->key));
		print_setting_value(p, i);
	}
	put(p, "\n");
}

static const struct cfg_listener *listener_at(const struct cfg *cfg, const struct listen_item *l)
{
	for (unsigned i = 0; i < cfg->listener_count; i++) {
		const struct cfg_span *at = &cfg->listeners[i].at;

		if (at->source == l->address_at.source && at->line == l->address_at.line &&
		    at->column == l->address_at.column)
			return &cfg->listeners[i];
	}
	return NULL;
}

/* ---- modules ---- */

static void print_modules(struct print *p)
{
	const struct ast *ast = p->cfg->ast;

	for (const struct module_item *m = ast->modules.first; m; m = m->next) {
		buf_printf(p->out, m->is_block ? "module \"%.*s\"" : "loadmodule \"%.*s\"",
		    SLICE_ARG(m->name));
		if (m->prefix.len)
			buf_printf(p->out, " as %.*s", SLICE_ARG(m->prefix));
		if (m->is_block) {
			put(p, " ");
			print_options(p, m->params);
		}
		put(p, "\n");
	}
	for (const struct modparam_item *m = ast->modparams.first; m; m = m->next) {
		buf_printf(p->out, "modparam(\"%.*s\", \"%.*s\", ", SLICE_ARG(m->modules),
		    SLICE_ARG(m->param->key));
		print_setting_value(p, m->param);
		put(p, ")\n");
	}
}

static void print_apps(struct print *p)
{
	for (const struct app_item *a = p->cfg->ast->apps.first; a; a = a->next) {
		put(p, "\napp \"");
		print_name(p, a->name);
		put(p, "\" ");
		print_options(p, a->options);
		put(p, "\n");
	}
}

/* What was written for another server is still read as such. */
static void print_first_line(struct print *p, const struct cfg_source *source)
{
	struct slice line = source ? source_line(source, 1) : SLICE("");
	bool is_foreign = slice_starts(line, SLICE("#!KAMAILIO")) ||
	    slice_starts(line, SLICE("#!OPENSIPS"));

	buf_put(p->out, is_foreign ? slice_first(line, 10) : SLICE("#!lcs 1"));
	put(p, "\n");
}

void print_cfg(struct print *p)
{
	const struct ast *ast = p->cfg->ast;

	print_first_line(p, ast->start.source);
	print_settings(p);
	for (const struct listen_item *l = ast->listens.first; l; l = l->next)
		print_listener(p, l, listener_at(p->cfg, l));
	print_modules(p);
	print_tables(p);
	print_apps(p);
	for (const struct route_decl *r = ast->routes.first; r; r = r->next) {
		put(p, "\n");
		print_route_head(p, r);
		put(p, " ");
		print_block(p, r->body);
		put(p, "\n");
	}
}
