/*
 * modules/xcap_server/rename.c - a user gets another address. Control thread.
 *
 * Lists and rules are made of contacts and access lists, which go over by themselves; what his
 * client wrote of them is of another number then. Services are here alone.
 */
#include "modules/xcap_server/services.h"
#include "modules/xcap_server/xcap.h"

#include <errno.h>

struct waiting_text {
	struct waiting_text *next;
	struct slice         aor, text;	/* .p NULL: nothing is kept under this name any more */
	const struct xcap_usage *usage;
	uint32_t             number;
};

struct renaming {
	struct xcap         *x;
	struct arena        *arena;
	struct slice         from, to;
	struct waiting_text *first;
	int                  err;
};

static void want(struct renaming *r, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text)
{
	struct waiting_text *w = arena_alloc(r->arena, sizeof(*w));

	if (w)
		*w = (struct waiting_text){ r->first, arena_dup(r->arena, aor),
		    text.p ? arena_dup(r->arena, text) : text, usage, number };
	if (!w || !w->aor.p || (text.p && !w->text.p))
		r->err = -ENOMEM;
	else
		r->first = w;
}

/* What is no document any more was none before either: nobody is held up by it. */
static void look(const struct xcap_kept *k, void *arg)
{
	struct renaming *r = arg;
	bool is_own = slice_eq_nocase(k->aor, r->from);
	struct slice text = k->text;
	int n = 0;

	if (k->usage == &xcap_services)
		n = xcap_services_rename(r->arena, k->text, k->aor, r->from, r->to, &text);
	if (n == -ENOMEM)
		r->err = n;
	/* The old one goes when the new one is there: what is put in front is done first. */
	if (is_own)
		want(r, k->usage, k->aor, 0, SLICE_NULL);
	if (is_own ? k->usage == &xcap_services : n > 0)
		want(r, k->usage, is_own ? r->to : k->aor, k->number + 1, text);
}

static int renamed(void *arg, struct slice from, struct slice to)
{
	struct renaming r = { .x = arg, .arena = arena_new(0), .from = from, .to = to };

	if (!r.arena)
		return -ENOMEM;
	xcap_kept_each(r.x, look, &r);
	for (const struct waiting_text *w = r.first; w && !r.err; w = w->next)
		r.err = xcap_kept_put_now(r.x, w->usage, w->aor, w->number, w->text);
	if (r.err)
		log_error("xcap_server", "documents that name a renamed user stay as they are user=%.*s "
		    "error=\"%s\"", SLICE_ARG(from), err_text(r.err));
	arena_free(&r.arena);
	return r.err;
}

int xcap_follow_names(struct xcap *x)
{
	static const struct auth_db_watch watch = { .renamed = renamed };

	return x->users->watch(x->db, &watch, x);
}
