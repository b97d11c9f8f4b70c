/*
 * cfg/convert.c - from what is written to the value of a setting or parameter.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- texts as values: presets, ${...}, words without quotes ---- */

struct unit { const char *name; int64_t factor; };

static const struct unit duration_units[] = {
	{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 },
	{ "h", 3600000000 }, { "d", 86400000000 }, { NULL, 0 }
};
static const struct unit size_units[] = {
	{ "", 1 }, { "k", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 }
};

static bool number_text(struct slice s, const struct unit *units, int64_t *out)
{
	bool minus = slice_starts(s, SLICE("-"));
	struct slice digits;

	if (minus)
		s = slice_skip(s, 1);
	digits = slice_take_while(&s, is_digit);
	if (slice_to_i64(digits, out) != 0)
		return false;
	for (; units->name; units++)
		if (slice_eq(s, slice_str(units->name)))
			break;
	if (!units->name || __builtin_mul_overflow(*out, units->factor, out))
		return false;
	if (minus)
		*out = -*out;
	return true;
}

static bool bool_text(struct slice s, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (slice_eq(s, slice_str(yes[i])) || slice_eq(s, slice_str(no[i]))) {
			*out = slice_eq(s, slice_str(yes[i]));
			return true;
		}
	}
	return false;
}

static bool uri_value(struct load *ld, struct slice s, struct value *out)
{
	struct sip_uri *uri = MEM_NEW(&ld->mem, struct sip_uri);

	*out = (struct value){ .type = VALUE_URI, .uri = uri };
	return sip_uri_parse(mem_dup(&ld->mem, s), uri, NULL) == 0;
}

static bool ip_value(struct load *ld, struct slice s, struct value *out)
{
	struct ip_net *net = MEM_NEW(&ld->mem, struct ip_net);

	*out = (struct value){ .type = VALUE_IP, .ip = net };
	return ip_net_parse(s, net) == 0;
}

static bool from_text(struct load *ld, const struct sym_setting *decl, enum value_type type,
    struct slice s, struct value *out)
{
	int64_t n = 0;
	bool b = false;

	switch (type) {
	case VALUE_BOOL:
		if (!bool_text(s, &b))
			return false;
		*out = value_bool(b);
		return true;
	case VALUE_INT:
		if (!number_text(s, size_units, &n))
			return false;
		*out = value_int(n);
		return true;
	case VALUE_DURATION:
		if (!number_text(s, duration_units, &n) && !(decl->legacy_unit &&
		    number_text(mem_printf(&ld->mem, "%.*s%s", SLICE_ARG(s),
		    decl->legacy_unit), duration_units, &n)))
			return s.len == 1 && s.p[0] == '0' && (*out = value_duration(0), true);
		*out = value_duration(n);
		return true;
	case VALUE_URI:
		return uri_value(ld, s, out);
	case VALUE_IP:
		return ip_value(ld, s, out);
	default:
		*out = value_string(s);
		return true;
	}
}

static const struct value_list no_items;

struct value convert_preset(struct load *ld, const struct sym_setting *decl)
{
	struct slice s = slice_str(decl->preset);
	struct value v = value_null();

	if (decl->type == VALUE_LIST)
		return (struct value){ .type = VALUE_LIST, .list = &no_items };
	if (!decl->preset || (s.len == 0 && decl->type != VALUE_STRING))
		return v;
	if (setting_has_word(decl, s))
		return value_string(s);
	if (!from_text(ld, decl, decl->type, s, &v))
		return value_null();
	return v;
}

/* ---- what may be written, for messages ---- */

static struct slice number_words(struct load *ld, const struct sym_setting *decl, int64_t n)
{
	struct value v = decl->type == VALUE_DURATION ? value_duration(n) : value_int(n);
	struct slice s = value_text(ld->mem.arena, v);

	if (!s.p)
		mem_short(&ld->mem);
	return s;
}

static struct slice words_list(struct load *ld, const char *words)
{
	struct slice rest = slice_str(words), list = SLICE("");

	while (rest.len > 0) {
		struct slice word = slice_split(&rest, '|');

		list = mem_printf(&ld->mem, "%.*s%s%.*s", SLICE_ARG(list), list.len ? ", " : "",
		    SLICE_ARG(word));
	}
	return list;
}

struct slice convert_range_text(struct load *ld, const struct sym_setting *decl)
{
	struct slice text = SLICE("");
	bool has_range = decl->min != 0 || decl->max != 0;

	if (decl->words)
		text = words_list(ld, decl->words);
	if (has_range && (decl->type == VALUE_INT || decl->type == VALUE_DURATION)) {
		struct slice lo = number_words(ld, decl, decl->min);
		struct slice hi = number_words(ld, decl, decl->max);

		text = mem_printf(&ld->mem, "%.*s%s%.*s .. %.*s", SLICE_ARG(text),
		    text.len ? ", " : "", SLICE_ARG(lo), SLICE_ARG(hi));
	} else if (decl->type == VALUE_BOOL) {
		text = SLICE("yes, no");
	}
	if (text.len)
		text = mem_printf(&ld->mem, "allowed: %.*s", SLICE_ARG(text));
	if (decl->preset && *decl->preset && decl->type != VALUE_LIST)
		text = mem_printf(&ld->mem, "%.*s%sdefault %s", SLICE_ARG(text),
		    text.len ? ", " : "", decl->preset);
	return text;
}

/* ---- saying what is wrong ---- */

static const char *takes(enum value_type type)
{
	switch (type) {
	case VALUE_BOOL:     return "yes or no";
	case VALUE_INT:      return "a number";
	case VALUE_DURATION: return "a duration";
	case VALUE_URI:      return "a URI";
	case VALUE_IP:       return "an address";
	case VALUE_LIST:     return "a text or a list of texts";
	default:             return "a text";
	}
}

static struct slice subject(struct load *ld, const struct sym_setting *decl, const char *owner)
{
	if (owner)
		return mem_printf(&ld->mem, "parameter \"%s\" of module \"%s\"", decl->name, owner);
	return mem_printf(&ld->mem, "setting \"%s\"", decl->name);
}

static bool wrong(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, unsigned code)
{
	struct slice range = convert_range_text(ld, decl), who = subject(ld, decl, owner);
	struct diag_item *item;

	if (is_guest(ld))
		return guest_value(ld, who, e->at, range);
	if (code == 405)
		item = load_error(ld, 405, e->at, "%.*s is out of its range", SLICE_ARG(who));
	else
		item = load_error(ld, 407, e->at, "%.*s takes %s", SLICE_ARG(who),
		    takes(decl->type));
	if (range.len)
		diag_beside(item, "%.*s", SLICE_ARG(range));
	return false;
}

static bool wrong_word(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, struct slice s)
{
	struct candidates all = { .ld = ld };
	struct slice rest = slice_str(decl->words), who = subject(ld, decl, owner);
	struct diag_item *item;

	if (is_guest(ld))
		return guest_value(ld, who, e->at, convert_range_text(ld, decl));
	item = load_error(ld, 406, e->at, "%.*s does not know \"%.*s\"", SLICE_ARG(who),
	    SLICE_ARG(e->is_tainted ? SLICE("(secret)") : s));
	while (rest.len > 0)
		candidates_add(&all, slice_split(&rest, '|'));
	if (!candidates_say(&all, s, item, e->at, "\"", "\""))
		diag_beside(item, "%.*s", SLICE_ARG(convert_range_text(ld, decl)));
	return false;
}

/* ---- from an expression ---- */

static bool in_range(const struct sym_setting *decl, int64_t n)
{
	return (decl->min == 0 && decl->max == 0) || (n >= decl->min && n <= decl->max);
}

static bool checked(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, const struct value *v)
{
	int64_t n = v->type == VALUE_STRING ? (int64_t)v->s.len : v->i;

	if (v->type != VALUE_INT && v->type != VALUE_DURATION && v->type != VALUE_STRING)
		return true;
	return in_range(decl, n) || wrong(ld, decl, owner, e, 405);
}

static void note_legacy(struct load *ld, const struct sym_setting *decl, const struct expr *e,
    int64_t n, struct value v)
{
	struct slice text = number_words(ld, decl, v.dur);
	struct diag_item *item;

	if (is_guest(ld)) {		/* what everybody wrote there */
		guest_fix(ld, e->at, mem_cstr(&ld->mem, text));
		return;
	}
	item = load_note(ld, 409, e->at, "read as %lld %s = %.*s", (long long)n,
	    decl->legacy_unit, SLICE_ARG(text));
	diag_beside(item, "write %.*s", SLICE_ARG(text));
	diag_fix(item, e->at, mem_cstr(&ld->mem, text));
}

static bool from_number(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, int64_t n, struct value *out)
{
	struct slice text = mem_printf(&ld->mem, "%lld", (long long)n);

	if (decl->type == VALUE_BOOL && (n == 0 || n == 1)) {
		*out = value_bool(n == 1);
		return true;
	}
	if (decl->type != VALUE_DURATION || (!decl->legacy_unit && n != 0) ||
	    (e->kind == EXPR_LITERAL && e->literal.is_size))
		return wrong(ld, decl, owner, e, 407);
	if (!from_text(ld, decl, VALUE_DURATION, text, out))
		return wrong(ld, decl, owner, e, 405);
	if (n != 0)
		note_legacy(ld, decl, e, n, *out);
	return true;
}

/* A text with ${...} may stand for anything: its form decides. A word without quotes
 * too, since "auto" and "info" are values that settings have. */
static bool may_be_read(const struct expr *e)
{
	return e->kind == EXPR_LITERAL && (e->literal.is_expanded || e->literal.is_word);
}

static bool from_string(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, struct slice s, struct value *out)
{
	if (setting_has_word(decl, s)) {
		*out = value_string(s);
		return true;
	}
	if (decl->words && decl->type == VALUE_STRING)
		return wrong_word(ld, decl, owner, e, s);
	if (decl->type == VALUE_STRING) {
		*out = value_string(s);
		return true;
	}
	if (decl->type != VALUE_URI && decl->type != VALUE_IP && !may_be_read(e))
		return wrong(ld, decl, owner, e, 407);
	return from_text(ld, decl, decl->type, s, out) || wrong(ld, decl, owner, e, 407);
}

static bool convert_one(struct load *ld, const struct sym_setting *decl, const char *owner,
    const struct expr *e, const struct value *v, struct value *out)
{
	bool ok;

	if (v->type == decl->type && !(decl->words && v->type == VALUE_STRING)) {
		*out = *v;
		ok = true;
	} else if (v->type == VALUE_STRING) {
		ok = from_string(ld, decl, owner, e, v->s, out);
	} else if (v->type == VALUE_INT) {
		ok = from_number(ld, decl, owner, e, v->i, out);
	} else {
		ok = wrong(ld, decl, owner, e, 407);
	}
	return ok && checked(ld, decl, owner, e, out);
}

/* ---- files ---- */

static bool check_file(struct load *ld, const struct sym_setting *decl, const struct expr *e,
    const struct value *v)
{
	const char *path;
	int fd;

	if (!decl->is_file || v->type != VALUE_STRING || v->s.len == 0 || e->is_tainted)
		return true;
	path = mem_cstr(&ld->mem, v->s);
	/* To open tells more than access(): it is what the server will do. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	diag_beside(load_error(ld, 701, e->at, "cannot read \"%s\"", path), "%s",
	    err_text(-errno));
	return false;
}

/* ---- lists: every mention adds to them ---- */

static bool append(struct load *ld, const struct value *v, struct value *out)
{
	const struct value_list *old = out->type == VALUE_LIST ? out->list : &no_items;
	const struct value_list more = { 1, v };
	const struct value_list *add = v->type == VALUE_LIST ? v->list : &more;
	struct value_list *list = MEM_NEW(&ld->mem, struct value_list);
	struct value *items = MEM_ARRAY(&ld->mem, struct value, old->count + add->count + 1);

	if (old->count)
		memcpy(items, old->items, old->count * sizeof(*items));
	if (add->count)
		memcpy(items + old->count, add->items, add->count * sizeof(*items));
	list->items = items;
	list->count = old->count + add->count;
	*out = (struct value){ .type = VALUE_LIST, .list = list };
	return true;
}

bool convert_setting(struct load *ld, const struct sym_setting *decl, const char *owner,
    struct setting_item *item, struct value *out)
{
	const struct value *v;
	struct value one = value_null();

	env_settle(ld, item->value);
	v = check_constant(ld, item->value, owner ? "a parameter" : "a setting");
	item->is_secret = item->value->is_tainted || decl->secret;
	if (!v)
		return false;
	if (decl->type == VALUE_LIST)
		return append(ld, v, out);
	if (!convert_one(ld, decl, owner, item->value, v, &one) ||
	    !check_file(ld, decl, item->value, &one))
		return false;
	*out = one;
	return true;
}
