/*
 * cfg/check_args.c - arguments of a call: their number, their names, their types.
 */
#include "cfg/check.h"
#include "utils/hex.h"
#include "cfg/guest.h"

/* ---- the number of arguments ---- */

static struct slice count_text(struct check *c, const struct sym_func *f)
{
	struct mem *m = &c->ld->mem;

	if (f->flags & FUNC_VARARGS)
		return mem_printf(m, "at least %u argument%s", f->required,
		    f->required == 1 ? "" : "s");
	if (f->required == f->param_count && f->required == 0)
		return SLICE("no arguments");
	if (f->required == f->param_count)
		return mem_printf(m, "%u argument%s", f->required, f->required == 1 ? "" : "s");
	return mem_printf(m, "%u to %u arguments", f->required, f->param_count);
}

static void help_signature(struct diag_item *item, const struct sym_func *f)
{
	if (f->module)
		diag_help(item, "%s            (module %s)", f->sig, f->module);
	else if (f->sig)
		diag_help(item, "%s", f->sig);
}

static void say_count(struct check *c, const struct sym_func *f, unsigned got,
    struct expr **argv, struct cfg_span at)
{
	struct diag_item *item;
	struct slice missing = SLICE("");

	if (is_guest(c->ld) && guest_arity(c, f, at))
		return;
	/* A module that could not be opened may have one of that name, too. */
	if (c->ld->names->is_incomplete && !f->module)
		return;
	item = load_error(c->ld, 305, at, "%s() needs %.*s, got %u", f->name,
	    SLICE_ARG(count_text(c, f)), got);
	for (unsigned i = 0; i < f->required; i++)
		if (!argv[i])
			missing = mem_printf(&c->ld->mem, "%.*s%s%s", SLICE_ARG(missing),
			    missing.len ? ", " : "", f->params[i].name);
	if (missing.len)
		diag_beside(item, "missing: %.*s", SLICE_ARG(missing));
	else
		diag_beside(item, "too many");
	help_signature(item, f);
}

static void say_label(struct check *c, const struct sym_func *f, const struct expr *arg,
    bool is_double)
{
	struct candidates all = { .ld = c->ld };
	struct diag_item *item;

	if (is_double) {
		load_error(c->ld, 306, arg->label_at, "\"%.*s\" is given twice",
		    SLICE_ARG(arg->label));
		return;
	}
	item = load_error(c->ld, 306, arg->label_at, "%s() has no argument \"%.*s\"", f->name,
	    SLICE_ARG(arg->label));
	for (unsigned i = 0; i < f->param_count; i++)
		candidates_add(&all, slice_str(f->params[i].name));
	candidates_say(&all, arg->label, item, arg->label_at, "\"", "\"");
	help_signature(item, f);
}

static unsigned param_by_name(const struct sym_func *f, struct slice name)
{
	unsigned i = 0;

	while (i < f->param_count && !slice_eq(slice_str(f->params[i].name), name))
		i++;
	return i;
}

static unsigned count_args(const struct expr *args)
{
	unsigned n = 0;

	for (; args; args = args->next)
		n++;
	return n;
}

/* A call is wrong in one way at a time: false after the first one. */
static bool place_args(struct check *c, const struct sym_func *f, struct expr *args,
    struct expr **argv, unsigned room, bool *too_many)
{
	unsigned next = 0;

	for (struct expr *a = args; a; a = a->next) {
		unsigned i = a->label.len ? param_by_name(f, a->label) : next++;

		if (a->label.len && (i == f->param_count || argv[i])) {
			say_label(c, f, a, i < f->param_count);
			return false;
		}
		if (i >= room) {
			*too_many = true;
			return true;
		}
		argv[i] = a;
	}
	return true;
}

static void fill_presets(struct check *c, const struct sym_func *f, struct expr **argv,
    struct cfg_span at)
{
	for (unsigned i = 0; i < f->param_count; i++) {
		if (argv[i] || !f->params[i].has_default)
			continue;
		argv[i] = expr_value(c->ld, at, f->params[i].preset);
		argv[i]->konst = &argv[i]->literal.value;
		argv[i]->type = type_of_value(f->params[i].preset);
		argv[i]->is_checked = true;
	}
}

bool check_arrange(struct check *c, const struct sym_func *f, struct expr *args,
    struct expr ***argv, unsigned *argc, struct cfg_span at)
{
	unsigned n = count_args(args), room = f->param_count;
	bool repeats = f->flags & FUNC_VARARGS, too_many = false;

	if (repeats && n > room)
		room = n;
	*argv = MEM_ARRAY(&c->ld->mem, struct expr *, room + 1);
	if (!place_args(c, f, args, *argv, room, &too_many))
		return false;
	for (unsigned i = 0; i < f->required; i++)
		too_many |= !(*argv)[i];
	if (too_many) {
		say_count(c, f, n, *argv, at);
		return false;
	}
	fill_presets(c, f, *argv, at);
	*argc = repeats ? (n > f->required ? n : f->required) : f->param_count;
	return true;
}

/* ---- types and ranges ---- */

static void format_arg(struct check *c, struct expr **arg)
{
	struct expr *a = *arg, *pieces;

	if (a->kind != EXPR_LITERAL || !a->literal.parts)
		return;
	check_escapes(c, a->literal.parts, true, a->at);
	pieces = text_pieces(c->ld, a->literal.parts, a->at);
	pieces->label = a->label;
	pieces->label_at = a->label_at;
	*arg = pieces;
}

/* A const with variables in its text is a format too where one is wanted. */
static void format_const(struct check *c, struct expr **arg)
{
	struct expr *a = *arg, *pieces;
	const struct const_decl *d = a->kind == EXPR_NAME ? a->name.constant : NULL;

	if (!d || d->value->kind != EXPR_LITERAL || !d->value->literal.parts || a->is_tainted)
		return;
	pieces = text_pieces(c->ld, d->value->literal.parts, a->at);
	if (pieces->kind != EXPR_TEXT)
		return;
	check_expr(c, pieces);
	*arg = pieces;
}

static void check_range(struct check *c, const struct sym_func *f,
    const struct sym_param_decl *p, struct expr *arg)
{
	struct diag_item *item;

	if (!p->has_range || !arg->konst || arg->konst->type != VALUE_INT)
		return;
	if (arg->konst->i >= p->min && arg->konst->i <= p->max)
		return;
	item = load_error(c->ld, 304, arg->label.len ? arg->label_at : arg->at,
	    "\"%s\" of %s() is %lld..%lld, not %lld", p->name, f->name, (long long)p->min,
	    (long long)p->max, (long long)arg->konst->i);
	diag_beside(item, "outside the range");
	help_signature(item, f);
}

/* "404" or "0x04": what is a number without quotes, too. */
static bool number_in_text(struct slice text, int64_t *out)
{
	if (!slice_starts_nocase(text, SLICE("0x")))
		return text.len && is_digit(text.p[0]) && slice_to_i64(text, out) == 0;
	text = slice_skip(text, 2);
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (hex_digit(text.p[i]) < 0 || *out >> 32)
			return false;
		*out = *out * 16 + hex_digit(text.p[i]);
	}
	return text.len > 0;
}

/* "404" where a number belongs: Kamailio's way to write all arguments. */
static void unquote_number(struct check *c, struct expr *arg, const struct sym_param_decl *p)
{
	struct diag_item *item;
	struct slice text;
	int64_t n;

	if (arg->kind != EXPR_LITERAL || !arg->literal.parts)
		return;
	text = arg->literal.value.s;
	/* Kamailio's flag "0x10" is flag 16; natively it is a name. */
	if (p->type != VALUE_INT && !(p->type == VALUE_ANY && is_guest(c->ld) &&
	    strcmp(p->name, "flag") == 0 && slice_starts_nocase(text, SLICE("0x"))))
		return;
	if (!number_in_text(text, &n))
		return;
	if (is_guest(c->ld)) {
		if (guest_is_written(arg->at, SLICE("\"")))
			guest_fix(c->ld, arg->at, mem_cstr(&c->ld->mem, text));
	} else {
		item = load_note(c->ld, 303, arg->at, "read as the number %lld", (long long)n);
		diag_beside(item, "write it without quotes");
		diag_fix(item, arg->at, mem_cstr(&c->ld->mem, text));
	}
	fold_set(c->ld, arg, value_int(n));
}

void check_param(struct check *c, const struct sym_func *f, unsigned i, struct expr **arg)
{
	const struct sym_param_decl *p = &f->params[i < f->param_count ? i : f->param_count - 1];
	struct type want = { p->type, p->nullable, false, VALUE_ANY };
	bool outer = c->may_be_pattern;
	const char *what;

	c->may_be_pattern = !p->is_fmt;
	if (p->is_fmt)
		format_arg(c, arg);
	else if (is_guest(c->ld))
		guest_format(c, arg, p);
	check_expr(c, *arg);
	c->may_be_pattern = outer;
	unquote_number(c, *arg, p);
	if (p->is_fmt)
		format_const(c, arg);
	if ((*arg)->type.is_bad)
		return;
	what = mem_printf(&c->ld->mem, "\"%s\" of %s()", p->name, f->name).p;
	if (check_want(c, *arg, want, 303, what))
		check_range(c, f, p, *arg);
}

void check_args(struct check *c, const struct sym_func *f, struct expr **argv,
    unsigned argc)
{
	for (unsigned i = 0; i < argc; i++)
		if (argv[i])
			check_param(c, f, i, &argv[i]);
}
