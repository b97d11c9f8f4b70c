/*
 * cfg/check_place.c - the kinds of route in which a function or a variable may stand.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

static enum route_kind first_kind(unsigned mask)
{
	enum route_kind k = 0;

	while (!(mask & 1u << k))
		k++;
	return k;
}

static void say_via(struct check *c, struct diag_item *item, enum route_kind kind,
    const char *otherwise)
{
	const struct route_via *via = c->route ? &c->route->via[kind] : NULL;

	if (!via || !via->caller) {
		diag_beside(item, "%s", otherwise);
		return;
	}
	diag_beside(item, "%.*s is called from %.*s", SLICE_ARG(route_text(c->ld, c->route)),
	    SLICE_ARG(route_text(c->ld, via->caller)));
	diag_see(item, via->at);
}

static struct slice where_text(struct check *c, unsigned where)
{
	struct slice list = SLICE("");

	for (unsigned k = 0; k < ROUTE_KINDS; k++)
		if (k != ROUTE_NAMED && (where & 1u << k))
			list = mem_printf(&c->ld->mem, "%.*s%s%s", SLICE_ARG(list),
			    list.len ? ", " : "", route_kind_text(k));
	return list;
}

#define CANNOT_WAIT (IN_ONSEND | IN_RESPONSE)

void check_place(struct check *c, struct expr *e, const struct sym_func *f)
{
	unsigned wrong = c->contexts & ~f->where, waits = 0;
	struct diag_item *item;

	if (wrong && is_guest(c->ld) && guest_place(c, e, f, first_kind(wrong)))
		return;
	if (f->flags & FUNC_MAY_SUSPEND)
		waits = c->contexts & CANNOT_WAIT;
	if (wrong) {
		item = load_error(c->ld, 310, e->call.name_at, "%s() cannot be used in %s",
		    f->name, route_kind_text(first_kind(wrong)));
		say_via(c, item, first_kind(wrong), "not in this kind of route");
		diag_help(item, "it can be used in: %.*s", SLICE_ARG(where_text(c, f->where)));
	} else if (waits) {
		item = load_error(c->ld, 311, e->call.name_at,
		    "%s() may wait, and nothing can wait in %s", f->name,
		    route_kind_text(first_kind(waits)));
		say_via(c, item, first_kind(waits), "the message passes through at once");
	} else if ((f->flags & FUNC_MAY_SUSPEND) && c->in_defer) {
		item = load_error(c->ld, 311, e->call.name_at,
		    "%s() may wait, and nothing can wait in a defer block", f->name);
		diag_beside(item, "it also runs when the script is cancelled");
	}
}

void check_where(struct check *c, struct expr *e, unsigned where, const char *doing)
{
	unsigned wrong = c->contexts & ~where;
	struct diag_item *item;

	if (!wrong)
		return;
	item = load_error(c->ld, 310, e->at, "$%.*s cannot be %s in %s", SLICE_ARG(e->pv->name),
	    doing, route_kind_text(first_kind(wrong)));
	say_via(c, item, first_kind(wrong), "not in this kind of route");
}
