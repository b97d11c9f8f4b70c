/*
 * cfg/env.c - ${...} in the texts of settings (language 3.3).
 */
#include "cfg/check.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

#define SECRET_MAX_BYTES 65536u

struct expansion {
	struct load    *ld;
	struct cfg_span at;
	char           *out;
	size_t          len, room;
	bool            tainted, failed;
};

static void put(struct expansion *x, struct slice s)
{
	if (x->len + s.len > x->room) {
		size_t room = (x->len + s.len) * 2 + 64;
		char *more = mem_bytes(&x->ld->mem, room);

		if (x->len)
			memcpy(more, x->out, x->len);
		x->out = more;
		x->room = room;
	}
	if (s.len)
		memcpy(x->out + x->len, s.p, s.len);
	x->len += s.len;
}

static void unset(struct expansion *x, struct slice name, struct slice reason)
{
	struct diag_item *item;

	x->failed = true;
	if (reason.len) {
		item = load_error(x->ld, 702, x->at, "${%.*s}: %.*s", SLICE_ARG(name),
		    SLICE_ARG(reason));
		diag_beside(item, "it is not set in the environment");
		return;
	}
	item = load_error(x->ld, 702, x->at, "${%.*s} is not set in the environment",
	    SLICE_ARG(name));
	diag_help(item, "for a default write ${%.*s:-text}", SLICE_ARG(name));
}

/* ---- files and credentials ---- */

static void unreadable(struct expansion *x, const char *path, const char *why)
{
	struct diag_item *item = load_error(x->ld, 701, x->at, "cannot read \"%s\"", path);

	x->failed = true;
	diag_beside(item, "%s", why);
}

static void put_file(struct expansion *x, const char *path)
{
	struct cfg_source *file;
	struct slice line;
	int err = source_read(&x->ld->mem, path, path, &file);

	if (err) {
		unreadable(x, path, err == -EINVAL ? "not a regular file" : err_text(err));
		return;
	}
	line = source_line(file, 1);
	x->tainted = true;
	if (line.len > SECRET_MAX_BYTES)
		unreadable(x, path, "its first line is too long");
	else
		put(x, line);
}

static void put_credential(struct expansion *x, struct slice name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (slice_find(name, '/') < name.len || name.len == 0) {
		unreadable(x, mem_cstr(&x->ld->mem, name), "not the name of a credential");
		return;
	}
	if (!dir) {
		unreadable(x, mem_cstr(&x->ld->mem, name),
		    "systemd has passed no credentials (LoadCredential= in the unit)");
		return;
	}
	put_file(x, mem_printf(&x->ld->mem, "%s/%.*s", dir, SLICE_ARG(name)).p);
}

/* ---- ${NAME}, ${NAME:-text}, ${NAME:?text} ---- */

static bool is_env_char(char c) { return is_alnum(c) || c == '_'; }

static void put_form(struct expansion *x, struct slice form)
{
	struct slice rest = form, name = slice_take_while(&rest, is_env_char);
	const char *value;

	if (slice_starts(form, SLICE("file:"))) {
		put_file(x, mem_cstr(&x->ld->mem, slice_skip(form, 5)));
		return;
	}
	if (slice_starts(form, SLICE("cred:"))) {
		put_credential(x, slice_skip(form, 5));
		return;
	}
	if (name.len == 0 || (rest.len && !slice_starts(rest, SLICE(":-")) &&
	    !slice_starts(rest, SLICE(":?")))) {
		x->failed = true;
		diag_beside(load_error(x->ld, 702, x->at, "${%.*s} is no form of ${...}",
		    SLICE_ARG(form)), "forms: ${NAME} ${NAME:-text} ${NAME:?text} ${file:...} "
		    "${cred:...}");
		return;
	}
	value = getenv(mem_cstr(&x->ld->mem, name));
	if (value && (*value || !rest.len))
		put(x, mem_dup(&x->ld->mem, slice_str(value)));
	else if (slice_starts(rest, SLICE(":-")))
		put(x, slice_skip(rest, 2));
	else
		unset(x, name, slice_skip(rest, 2));
}

static void put_all(struct expansion *x, struct slice s)
{
	size_t n;

	while (s.len > 0) {
		if (slice_starts(s, SLICE("$${"))) {
			put(x, SLICE("${"));
			s = slice_skip(s, 3);
			continue;
		}
		if (!slice_starts(s, SLICE("${"))) {
			put(x, slice_first(s, 1));
			s = slice_skip(s, 1);
			continue;
		}
		n = slice_find(s, '}');
		if (n == s.len) {
			x->failed = true;
			load_error(x->ld, 702, x->at, "a ${ is not closed");
			return;
		}
		put_form(x, slice_skip(slice_first(s, n), 2));
		s = slice_skip(s, n + 1);
	}
}

bool env_expand(struct load *ld, struct slice text, struct cfg_span at, struct slice *out,
    bool *tainted)
{
	struct expansion x = { .ld = ld, .at = at };

	put_all(&x, text);
	*out = x.out ? slice_of(x.out, x.len) : SLICE("");
	*tainted |= x.tainted;
	return !x.failed;
}

/* ---- in every text of an expression ---- */

static bool has_single_quotes(const struct expr *e)
{
	return e->literal.parts && e->literal.parts->token.quote == '\'';
}

static void expand_one(struct walk *w, struct expr *e)
{
	struct load *ld = w->arg;
	struct slice text;

	if (e->kind != EXPR_LITERAL || e->literal.value.type != VALUE_STRING ||
	    has_single_quotes(e))
		return;
	text = e->literal.value.s;
	if (slice_search(text, SLICE("${")) == text.len)
		return;
	e->literal.is_expanded = true;
	if (!env_expand(ld, text, e->at, &e->literal.value.s, &e->is_tainted))
		e->kind = EXPR_BAD;
}

void env_settle(struct load *ld, struct expr *e)
{
	struct walk w = { .expr = expand_one, .arg = ld };

	walk_expr(&w, e);
}
