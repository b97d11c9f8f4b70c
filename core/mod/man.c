/*
 * core/mod/man.c - see man.h.
 */
#include "core/mod/man.h"

#include "core/mod/loader.h"
#include "core/mod/man_page.h"
#include "core/mod/settings.h"
#include "core/mod/symbols.h"
#include "core/sip/vars.h"

#include <errno.h>

#define FACTS_BYTES 512u
#define USEC_PER_SECOND 1000000

/* ---- words for numbers ---- */

struct text { char bytes[FACTS_BYTES]; size_t len; };

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->bytes + t->len, sizeof(t->bytes) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
	if (t->len >= sizeof(t->bytes))
		t->len = sizeof(t->bytes) - 1;
}

static void add_word(struct text *t, const char *word)
{
	add(t, "%s%s", t->len ? ", " : "", word);
}

static void add_where(struct text *t, unsigned where)
{
	if ((where & IN_ANY) == IN_ANY) {
		add_word(t, "in every route");
		return;
	}
	for (size_t i = 0, n = 0; man_kinds[i].word; i++)
		if (where & man_kinds[i].bit)
			add(t, "%s%s", n++ ? ", " : t->len ? ", in " : "in ", man_kinds[i].word);
}

static const struct { unsigned bit; const char *word; } attributes[] = {
	{ FUNC_MAY_SUSPEND, "may wait" }, { FUNC_MAY_FAIL, "sets $err when the world fails" },
	{ FUNC_MUST_CHECK, "the result must be looked at" }, { FUNC_RELAYS, "relays" },
	{ FUNC_REPLIES, "answers" },
	{ FUNC_TOUCHES_WORLD, "asks the world: a test has to mock it" },
};

static void add_attributes(struct text *t, unsigned flags)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (flags & attributes[i].bit)
			add_word(t, attributes[i].word);
}

/* Microseconds in the largest unit that is exact. */
static void add_duration(struct text *t, int64_t usec)
{
	static const struct { int64_t n; const char *unit; } units[] = {
		{ 86400ll * USEC_PER_SECOND, "d" }, { 3600ll * USEC_PER_SECOND, "h" },
		{ 60ll * USEC_PER_SECOND, "m" }, { USEC_PER_SECOND, "s" }, { 1000, "ms" }, { 1, "us" },
	};
	size_t i = 0;

	while (usec % units[i].n != 0 || usec < units[i].n) {
		if (usec == 0 || units[i].n == 1)
			break;
		i++;
	}
	add(t, "%lld%s", (long long)(usec / units[i].n), usec == 0 ? "s" : units[i].unit);
}

static void add_range(struct text *t, const struct sym_setting *s)
{
	if (s->words) {
		add(t, "%sone of %s", t->len ? ", " : "", s->words);
		return;
	}
	if (s->min == 0 && s->max == 0)
		return;
	add(t, "%s", t->len ? ", " : "");
	if (s->type == VALUE_DURATION) {
		add_duration(t, s->min);
		add(t, " .. ");
		add_duration(t, s->max);
	} else {
		add(t, "%lld .. %lld", (long long)s->min, (long long)s->max);
	}
}

static const char *when_word(enum param_when when)
{
	return when == PARAM_NOW ? "applies at once" : when == PARAM_RELOAD ? "applies at reload" :
	    "applies at restart";
}

static void setting_facts(struct text *t, const struct sym_setting *s)
{
	add_word(t, value_type_name(s->type));
	if (!s->preset)
		add(t, ", must be set");
	else if (s->preset[0])
		add(t, ", default %s", s->preset);
	add_range(t, s);
	if (s->type == VALUE_LIST)
		add_word(t, "may be given several times");
	if (s->secret)
		add_word(t, "secret");
	add_word(t, when_word(s->when));
}

static void var_facts(struct text *t, const struct lcs_var *v)
{
	add_word(t, value_type_name(v->type));
	if (v->nullable)
		add(t, " or null");
	add_word(t, v->set && v->write ? "may be written" : "read only");
	add_where(t, v->read);
}

/* ---- pages ---- */

static void write_funcs(const struct man_page *p, const struct lcs_func *f)
{
	if (!f || !f->sig)
		return;
	man_section(p, "Functions");
	for (; f->sig; f++) {
		struct text t = { .len = 0 };

		add_where(&t, f->where);
		add_attributes(&t, f->flags);
		man_item(p, f->sig, t.bytes, f->doc);
	}
}

static const char *var_form(const struct lcs_var *v)
{
	return v->arg == VAR_ARG_NONE ? "" : v->arg == VAR_ARG_KEYED ? "(a=>b)" : "(x)";
}

static void write_vars(const struct man_page *p, const struct lcs_var *v)
{
	if (!v || !v->name)
		return;
	man_section(p, "Variables");
	for (; v->name; v++) {
		struct text t = { .len = 0 };
		char name[80];

		snprintf(name, sizeof(name), "$%s%s", v->name, var_form(v));
		var_facts(&t, v);
		man_item(p, name, t.bytes, v->doc);
	}
}

static void write_settings(const struct man_page *p, const char *title,
    const struct sym_setting *s, unsigned count)
{
	if (count == 0)
		return;
	man_section(p, title);
	for (unsigned i = 0; i < count; i++) {
		struct text t = { .len = 0 };

		if (s[i].deprecated)
			continue;
		setting_facts(&t, &s[i]);
		man_item(p, s[i].name, t.bytes, s[i].doc);
	}
}

static void write_events(const struct man_page *p, const struct lcs_event_decl *e)
{
	char name[120];

	if (!e || !e->name)
		return;
	man_section(p, "Events");
	for (; e->name; e++) {
		snprintf(name, sizeof(name), "event_route[%s]", e->name);
		man_item(p, name, "", e->doc);
	}
}

static void write_stats(const struct man_page *p, const char *module, const struct lcs_stat *s)
{
	char name[120];

	if (!s || !s->name)
		return;
	man_section(p, "Statistics");
	for (; s->name; s++) {
		snprintf(name, sizeof(name), "%s.%s", module, s->name);
		man_item(p, name, s->kind == STAT_GAUGE ? "gauge" : "counter", s->doc);
	}
}

static void add_rpc_args(struct text *t, const struct lcs_rpc_arg *a)
{
	for (; a && a->name; a++)
		add(t, "%s%s%s: %s", t->len ? "; " : "", a->name, a->required ? "" : "?", a->doc);
}

static void write_rpcs(const struct man_page *p, const struct lcs_rpc *r)
{
	if (!r || !r->method)
		return;
	man_section(p, "Control");
	for (; r->method; r++) {
		struct text t = { .len = 0 };

		add_rpc_args(&t, r->args);
		if (r->right == RIGHT_ADMIN)
			add(&t, "%sneeds the right to administer", t.len ? "; " : "");
		man_item(p, r->method, t.bytes, r->doc);
	}
}

static void write_needs(const struct man_page *p, const struct lcs_need *n)
{
	if (!n || !n->name)
		return;
	man_section(p, "Needs");
	for (; n->name; n++)
		man_item(p, n->name, n->optional ? "optional" : "",
		    n->optional ? "used if it is loaded" : "must be loaded, too");
}

static void write_module(const struct man_page *p, const struct lcs_module *m,
    const struct sym_module *sym)
{
	man_title(p, m->name, m->summary);
	if (m->manual) {
		man_section(p, "Description");
		man_text(p, m->manual);
	}
	write_needs(p, m->needs);
	write_settings(p, "Parameters", sym->params, sym->param_count);
	write_funcs(p, m->funcs);
	write_vars(p, m->vars);
	write_events(p, m->events);
	write_stats(p, m->name, m->stats);
	write_rpcs(p, m->rpcs);
}

/* ---- what belongs to the language ---- */

static void write_listen(const struct man_page *p)
{
	const struct sym_setting *s;

	man_section(p, "Listeners");
	for (unsigned i = 0; (s = cfg_listen_option(i)); i++) {
		struct text t = { .len = 0 };

		add_word(&t, value_type_name(s->type));
		if (s->preset && s->preset[0])
			add(&t, ", default %s", s->preset);
		add_range(&t, s);
		man_item(p, s->name, t.bytes, s->doc);
	}
}

static void write_own_vars(const struct man_page *p)
{
	struct cfg_own_var v;

	man_section(p, "Own variables");
	for (unsigned i = 0; cfg_own_var(i, &v); i++)
		man_item(p, v.form, v.facts, v.doc);
}

/* As it stands in braces: "{s.substr,offset,length}". */
static void add_transformation(struct text *t, const struct cfg_builtin *b)
{
	const char *at = strchr(b->sig, '('), *end;

	add(t, "also {%s", b->trans);
	at = at ? strchr(at, ',') : NULL;
	for (; at; at = strchr(end, ',')) {
		at += strspn(at, ", ");
		end = at + strcspn(at, ":");
		add(t, ",%.*s", (int)(end - at), at);
	}
	add(t, "}");
}

static void write_builtins(const struct man_page *p)
{
	struct cfg_builtin b;

	man_section(p, "Values");
	for (unsigned i = 0; cfg_builtin(i, &b); i++) {
		struct text t = { .len = 0 };

		if (b.trans)
			add_transformation(&t, &b);
		man_item(p, b.sig, t.bytes, b.doc);
	}
}

static int write_core(const struct man_page *p, struct arena *arena)
{
	const struct lcs_var *vars = core_vars(arena);
	unsigned count;
	const struct sym_setting *settings = settings_table(&count);

	if (!vars)
		return -ENOMEM;
	man_title(p, "core", "settings, variables and functions that need no module");
	write_settings(p, "Settings", settings, count);
	write_listen(p);
	write_funcs(p, core_funcs);
	write_builtins(p);
	write_own_vars(p);
	write_vars(p, vars);
	return 0;
}

/* ---- the whole ---- */

static int write_json(const struct lcs_module *m, FILE *file)
{
	json_t *o = man_json(m);
	int err = o && json_dumpf(o, file, JSON_INDENT(2)) == 0 ? 0 : -ENOMEM;

	fputc('\n', file);
	json_decref(o);
	return err;
}

int man_write(const struct lcs_module *m, enum man_format format, void *file)
{
	const struct man_page page = { file, format };
	struct arena *arena;
	const struct sym_module *sym;
	int err = -ENOMEM;

	if (format == MAN_JSON)
		return write_json(m, file);
	arena = arena_new(0);
	sym = arena ? symbols_of_desc(m, arena) : NULL;
	if (sym && m) {
		write_module(&page, m, sym);
		err = 0;
	} else if (sym) {
		err = write_core(&page, arena);
	}
	arena_free(&arena);
	return err;
}
