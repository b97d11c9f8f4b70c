/*
 * modules/xcap_server/rename.c - a user gets another address. Control thread.
 *
 * Lists and rules are made of contacts and access lists, which go over by themselves; what his
 * client wrote of them is of another number then. Services are here alone.
 */
#include "modules/xcap_server/services.h"
#include "modules/xcap_server/xcap.h"

#include <errno.h>

struct text {				/* that is to be kept, and what was before */
	struct text   *next;
	struct slice   aor, now, was;	/* .p NULL: nothing is kept under this name */
	const struct xcap_usage *usage;
	uint32_t       number, old_number;
};

struct xcap_renaming {
	struct xcap   *x;
	struct arena  *arena;
	struct slice   from, to;
	struct text   *waiting, *written;
	int            err;
};

static struct slice copy(struct xcap_renaming *r, struct slice s)
{
	struct slice made = s.p ? arena_dup(r->arena, s) : s;

	if (s.p && !made.p)
		r->err = -ENOMEM;
	return made;
}

static void want(struct xcap_renaming *r, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text)
{
	const struct xcap_kept *old = xcap_kept_find(r->x, usage, aor);
	struct text *w = arena_alloc(r->arena, sizeof(*w));

	if (!w) {
		r->err = -ENOMEM;
		return;
	}
	*w = (struct text){ r->waiting, copy(r, aor), copy(r, text),
	    copy(r, old ? old->text : SLICE_NULL), usage, number, old ? old->number : 0 };
	r->waiting = w;
}

/* What is no document any more was none before either: nobody is held up by it. */
static void look(const struct xcap_kept *k, void *arg)
{
	struct xcap_renaming *r = arg;
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

/* Only what is his own. */
static void look_at_own(const struct xcap_kept *k, void *arg)
{
	struct xcap_renaming *r = arg;

	if (!slice_eq_nocase(k->aor, r->from))
		return;
	want(r, k->usage, k->aor, 0, SLICE_NULL);
	if (k->usage == &xcap_services)
		want(r, k->usage, r->to, k->number + 1, k->text);
}

static void write_all(struct xcap_renaming *r)
{
	struct text *w;

	while ((w = r->waiting) != NULL && !r->err) {
		r->err = xcap_kept_put_now(r->x, w->usage, w->aor, w->number, w->now);
		if (r->err)
			return;
		r->waiting = w->next;
		w->next = r->written;
		r->written = w;
	}
}

static void write_back(const struct xcap_renaming *r)
{
	int err = 0;

	for (const struct text *w = r->written; w && !err; w = w->next)
		err = xcap_kept_put_now(r->x, w->usage, w->aor, w->old_number, w->was);
	if (err)
		log_error("xcap_server", "documents name an address that nobody has got user=%.*s to=%.*s "
		    "error=\"%s\"", SLICE_ARG(r->from), SLICE_ARG(r->to), err_text(err));
}

/* Others may refuse what is done here: it is known how it was until all have agreed. */
static int renamed(void *arg, struct slice from, struct slice to)
{
	struct xcap *x = arg;
	struct arena *arena = arena_new(0);
	struct xcap_renaming *r = arena ? arena_zalloc(arena, sizeof(*r)) : NULL;

	if (!r) {
		arena_free(&arena);
		return -ENOMEM;
	}
	*r = (struct xcap_renaming){ .x = x, .arena = arena, .from = from, .to = to };
	x->renaming = r;
	xcap_kept_each(x, look, r);
	write_all(r);
	if (r->err)
		log_error("xcap_server", "documents that name a renamed user stay as they are user=%.*s "
		    "error=\"%s\"", SLICE_ARG(from), err_text(r->err));
	return r->err;
}

static void moved(void *arg, struct slice from, struct slice to, bool is_done)
{
	struct xcap *x = arg;
	struct xcap_renaming *r = x->renaming;
	struct arena *arena = r ? r->arena : NULL;

	(void)from;
	(void)to;
	if (r && !is_done)
		write_back(r);
	x->renaming = NULL;
	arena_free(&arena);
}

static int succeeded(void *arg, struct slice aor, struct slice former)
{
	struct arena *arena = arena_new(0);
	struct xcap_renaming r = { .x = arg, .arena = arena, .from = aor, .to = former };

	if (!arena)
		return -ENOMEM;
	xcap_kept_each(arg, look_at_own, &r);
	write_all(&r);
	if (r.err)
		write_back(&r);
	arena_free(&arena);
	return r.err ? r.err : r.written != NULL;
}

int xcap_follow_names(struct xcap *x)
{
	static const struct auth_db_watch watch = { .renamed = renamed, .moved = moved,
	    .succeeded = succeeded };

	return x->users->watch(x->users_state, &watch, x);
}
