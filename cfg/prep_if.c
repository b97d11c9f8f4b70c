/*
 * cfg/prep_if.c - the expressions of #!if and #!elif.
 */
#include "cfg/names.h"
#include "cfg/prep.h"
#include "cfg/gram.h"

#include <stdlib.h>

#if defined(__has_include)
#if __has_include("config.h")
#include "config.h"
#endif
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

/* A value: text, and whether it counts as true. Numbers are compared as text. */
struct word { struct slice text; bool is_true; };

struct reader {
	struct load      *ld;
	struct prep_line *line;
	bool              failed;
	unsigned          depth;	/* parentheses open */
};

#define PARENTHESES_MAX 100u

static struct word either(struct reader *r);

static const struct token *now(const struct reader *r)
{
	return r->line->at < r->line->count ? &r->line->tokens[r->line->at] : NULL;
}

static bool take(struct reader *r, int kind)
{
	if (!now(r) || now(r)->kind != kind)
		return false;
	r->line->at++;
	return true;
}

static struct word fail(struct reader *r, const char *what)
{
	if (!r->failed)
		syntax_error(r->ld, 106, now(r) ? now(r)->at : r->line->where, "%s", what);
	r->failed = true;
	return (struct word){ SLICE_NULL, false };
}

static struct word boolean(bool b)
{
	return (struct word){ b ? SLICE("true") : SLICE("false"), b };
}

/* "1.2" against "0.10.3": number by number. */
static bool version_at_least(struct slice want)
{
	struct slice have = SLICE(PACKAGE_VERSION);

	while (want.len > 0) {
		uint32_t w = 0, h = 0;

		if (slice_to_u32(slice_split(&want, '.'), &w) != 0)
			return false;
		if (slice_to_u32(slice_split(&have, '.'), &h) != 0)
			h = 0;
		if (h != w)
			return h > w;
	}
	return true;
}

static bool module_exists(struct load *ld, struct slice name)
{
	const char *const *n = ld->host->module_names ?
	    ld->host->module_names(ld->host->arg) : NULL;
	struct slice key = names_module_key(ld, name);

	for (; n && *n; n++)
		if (slice_eq(names_module_key(ld, slice_str(*n)), key))
			return true;
	return false;
}

static struct word env_of(struct reader *r, struct slice name)
{
	const char *v = getenv(mem_cstr(&r->ld->mem, name));

	return (struct word){ slice_str(v), v != NULL && *v };
}

static struct word function(struct reader *r, const struct token *name)
{
	const struct token *arg;

	if (!take(r, '('))
		return fail(r, "\"(\" is missing here");
	arg = now(r);
	if (!arg || (arg->kind != ID && arg->kind != STR))
		return fail(r, "a name or a text belongs here");
	r->line->at++;
	if (!take(r, ')'))
		return fail(r, "\")\" is missing here");
	if (slice_eq(name->text, SLICE("defined")))
		return boolean(dict_get(&r->ld->macros, arg->text) != NULL);
	if (slice_eq(name->text, SLICE("module")))
		return boolean(module_exists(r->ld, arg->text));
	if (slice_eq(name->text, SLICE("version_atleast")))
		return boolean(version_at_least(arg->text));
	if (slice_eq(name->text, SLICE("env")))
		return env_of(r, arg->text);
	r->line->at -= 4;
	return fail(r, "known here: defined(), module(), version_atleast(), env()");
}

static struct word of_token(const struct token *t)
{
	bool no = slice_eq(t->text, SLICE("false")) || slice_eq(t->text, SLICE("no")) ||
	    slice_eq(t->text, SLICE("off")) || slice_eq(t->text, SLICE("0"));

	return (struct word){ t->text, t->text.len > 0 && !no };
}

static struct word define_value(struct reader *r, const struct token *name)
{
	const struct macro *m = dict_get(&r->ld->macros, name->text);

	if (slice_eq(name->text, SLICE("true")) || slice_eq(name->text, SLICE("false")))
		return of_token(name);
	if (!m) {
		r->line->at--;
		return fail(r, "this name is not defined; to ask for that: defined(NAME)");
	}
	return m->count ? of_token(&m->tokens[0]) : boolean(true);
}

static struct word primary(struct reader *r)
{
	const struct token *t = now(r);
	struct word w;

	if (!t)
		return fail(r, "the condition is not complete");
	if (take(r, '(')) {
		if (++r->depth > PARENTHESES_MAX)
			return fail(r, "this condition is nested too deeply");
		w = either(r);
		r->depth--;
		return take(r, ')') ? w : fail(r, "\")\" is missing here");
	}
	r->line->at++;
	if (t->kind == STR || t->kind == NUM)
		return of_token(t);
	if (t->kind != ID) {
		r->line->at--;
		return fail(r, "a condition cannot contain this");
	}
	if (now(r) && now(r)->kind == '(')
		return function(r, t);
	return define_value(r, t);
}

static struct word negation(struct reader *r)
{
	bool no = false;

	while (take(r, '!'))
		no = !no;
	return no ? boolean(!primary(r).is_true) : primary(r);
}

static struct word comparison(struct reader *r)
{
	struct word a = negation(r);
	bool ne;

	if (!now(r) || (now(r)->kind != EQ && now(r)->kind != NE))
		return a;
	ne = now(r)->kind == NE;
	r->line->at++;
	return boolean(slice_eq(a.text, negation(r).text) != ne);
}

static struct word both(struct reader *r)
{
	struct word a = comparison(r);

	while (take(r, AND)) {
		bool b = comparison(r).is_true;

		a = boolean(a.is_true && b);
	}
	return a;
}

static struct word either(struct reader *r)
{
	struct word a = both(r);

	while (take(r, OR)) {
		bool b = both(r).is_true;

		a = boolean(a.is_true || b);
	}
	return a;
}

bool prep_condition(struct load *ld, struct prep_line *line)
{
	struct reader r = { .ld = ld, .line = line };
	struct word w = either(&r);

	if (!r.failed && now(&r))
		w = fail(&r, "the condition should end here");
	return w.is_true && !r.failed;
}
