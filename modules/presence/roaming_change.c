/*
 * modules/presence/roaming_change.c - changes of one user's list, one after the other, with his
 * owner: planned, journalled, and only then published, told and answered.
 */
#include "modules/presence/roaming.h"
#include "modules/presence/sub.h"

#include <errno.h>

struct roaming_asking {
	struct roaming         *r;
	struct arena           *arena;	/* of all texts */
	struct roaming_request  req;
	const void             *changes;
	unsigned                count;
	struct presence_user   *user;	/* held by its turn */
	struct roaming_draft   *draft;
	struct roaming_list    *old, *next;
	roaming_done_fn        *done;
	void                   *arg;
	int                     home;	/* -1: the control thread */
	struct roaming_answer   answer;
	struct inbox_item       item;
};

static void asking_free(struct roaming_asking *a)
{
	a->r->kind->draft_free(&a->draft);
	arena_free(&a->arena);
	free(a);
}

/* ---- the asker's side ---- */

static void deliver(struct inbox_item *item)
{
	struct roaming_asking *a = container_of(item, struct roaming_asking, item);

	if (a->done)
		a->done(a->arg, &a->answer);
	asking_free(a);
}

static void tell(struct roaming_asking *a)
{
	a->item.run = deliver;
	if (a->home < 0)
		deliver(&a->item);
	else
		worker_post((unsigned)a->home, &a->item, INBOX_MUST);
}

/* ---- the owner's side: endpoints ---- */

/* Takes body. */
static void push(struct roaming_asking *a, struct presence_body *body)
{
	if (body)
		notify_push(a->user, &a->r->package, body);
	else
		log_error(a->r->kind->log, "endpoints were not told of a change: memory is short "
		    "user=%.*s", SLICE_ARG(a->req.aor));
	presence_body_unref(&body);
}

/* Takes b, which may be NULL. */
static struct presence_body *body_of(const struct roaming *r, struct buf *b)
{
	struct presence_body *body = NULL;

	if (b && !b->failed)
		body = presence_body_new(slice_str(r->kind->content_type), SLICE_NULL,
		    buf_slice(b));
	buf_unref(&b);
	return body;
}

struct presence_body *roaming_body(const struct roaming *r, const struct roaming_list *l)
{
	struct buf *b = buf_new(l ? 256 + l->size * 2 : 256);

	if (b)
		r->kind->put(b, l);
	return body_of(r, b);
}

static struct presence_body *delta_body(const struct roaming_asking *a)
{
	struct buf *b = buf_new(512);

	if (b)
		a->r->kind->put_delta(b, a->draft);
	return body_of(a->r, b);
}

/* ---- no ---- */

static void count_refusal(struct roaming_local *stats, enum roaming_result result)
{
	lcs_count(&stats->refused);
	if (result == ROAMING_OUT_OF_STEP)
		lcs_count(&stats->out_of_step);
	else if (result == ROAMING_TOO_MANY)
		lcs_count(&stats->too_many);
	else if (result == ROAMING_NO_STORE)
		lcs_count(&stats->store_failures);
}

/* A client counts its numbers when it asks, so after a refusal it is ahead of the list. The
 * whole list puts it right again. */
static bool refuse(struct roaming_asking *a, enum roaming_result result, const char *why)
{
	const struct roaming_conf *conf = lcs_conf(a->r->mod, gen_peek());

	a->answer = (struct roaming_answer){ result, roaming_number(a->old), 0, why };
	count_refusal(lcs_local(a->r->mod), result);
	if (conf->resync && !a->req.by.len && result != ROAMING_NO_MEMORY)
		push(a, roaming_body(a->r, a->old));
	return false;
}

static bool refuse_memory(struct roaming_asking *a)
{
	return refuse(a, ROAMING_NO_MEMORY, "Memory is short");
}

/* Who, what, before and after: administrators answer for what they change in others' lists. */
static void audit(const struct roaming_asking *a, const char *outcome)
{
	const struct roaming_audit said = { &a->req, a->changes, a->count, a->draft, a->old,
	    a->next, outcome };

	if (a->req.by.len)
		a->r->kind->audit(&said);
}

static bool refuse_store(struct roaming_asking *a)
{
	audit(a, "failed");
	free(a->next);
	return refuse(a, ROAMING_NO_STORE, "The store cannot take it");
}

/* ---- yes ---- */

static void list_drop(struct epoch_item *item)
{
	free(container_of(item, struct roaming_list, item));
}

static void publish(struct roaming_asking *a)
{
	struct roaming_local *stats = lcs_local(a->r->mod);
	const struct roaming_kind *kind = a->r->kind;

	audit(a, "done");
	if (a->old)
		rtab_replace(a->r->table, &a->old->node, &a->next->node);
	else
		rtab_insert(a->r->table, &a->next->node, lcs_user_key(a->req.aor));
	stats->lists += !a->old;
	stats->entries += (uint64_t)a->next->count - (uint64_t)(a->old ? a->old->count : 0);
	lcs_count(a->req.by.len ? &stats->admin_changes : &stats->changes);
	if (a->old)
		epoch_defer(&a->old->item, list_drop);
	if (kind->decides_rights)
		notify_rights(a->user);
	push(a, kind->put_delta ? delta_body(a) : roaming_body(a->r, a->next));
}

/* ---- steps ---- */

static bool plan(struct roaming_asking *a)
{
	const struct roaming_kind *kind = a->r->kind;
	const char *why = kind->out_of_step;
	enum roaming_result result = ROAMING_OUT_OF_STEP;

	a->old = (struct roaming_list *)(uintptr_t)roaming_find(a->r, a->req.aor);
	a->draft = kind->draft_new(a->old, a->count);
	if (!a->draft)
		return refuse_memory(a);
	if (!a->req.number || a->req.number == a->draft->prev)
		result = kind->apply(a->draft, lcs_conf(a->r->mod, gen_peek()), &a->req, a->changes,
		    a->count, &why);
	if (result != ROAMING_OK)
		return refuse(a, result, why);
	a->answer = (struct roaming_answer){ ROAMING_OK, a->draft->number, a->draft->given, "OK" };
	return true;
}

static void journalled(void *arg, int err, const struct store_rows *rows)
{
	struct roaming_asking *a = arg;
	struct presence_user *u = a->user;

	(void)rows;
	if (err)
		refuse_store(a);
	else
		publish(a);
	tell(a);
	user_end_turn(u);
}

/* true: the journal will call journalled(). */
static bool write_down(struct roaming_asking *a)
{
	struct slice aor = a->old ? roaming_aor(a->old) : a->req.aor;

	a->next = a->r->kind->make(aor, a->draft);
	if (!a->next)
		return refuse_memory(a);
	if (!store_is_on()) {
		publish(a);
		return false;
	}
	return roaming_write(a->r, aor, a->draft, a->arena, journalled, a) == 0 || refuse_store(a);
}

static void step(struct presence_user *u, void *arg)
{
	struct roaming_asking *a = arg;

	if (plan(a) && write_down(a))
		return;
	tell(a);
	user_end_turn(u);
}

static void start(void *arg)
{
	struct roaming_asking *a = arg;

	a->user = user_find(a->r->p, a->req.aor, true);
	if (a->user && user_take_turn(a->user, step, a) == 0)
		return;
	a->answer = (struct roaming_answer){ ROAMING_NO_MEMORY, 0, 0, "Memory is short" };
	tell(a);
}

/* ---- requests ---- */

static bool copy_text(struct arena *arena, struct slice *s)
{
	if (!s->len)
		return true;
	*s = arena_dup(arena, *s);
	return s->p != NULL;
}

static bool copy_changes(struct roaming_asking *a, const void *changes)
{
	const struct roaming_kind *kind = a->r->kind;
	size_t bytes = a->count * kind->change_bytes;
	char *copy = arena_alloc(a->arena, bytes + 1);

	if (!copy)
		return false;
	if (bytes)
		memcpy(copy, changes, bytes);
	a->changes = copy;
	for (; bytes; bytes -= kind->change_bytes, copy += kind->change_bytes)
		for (unsigned i = 0; i < kind->text_count; i++)
			if (!copy_text(a->arena, (struct slice *)(void *)(copy + kind->texts[i])))
				return false;
	return true;
}

static struct roaming_asking *asking_new(struct roaming *r, const struct roaming_request *req,
    const void *changes, unsigned count)
{
	struct roaming_asking *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->r = r;
	a->home = worker_self();
	a->req = *req;
	a->count = count;
	a->arena = arena_new(0);
	if (a->arena && copy_text(a->arena, &a->req.aor) && copy_text(a->arena, &a->req.by) &&
	    copy_changes(a, changes))
		return a;
	asking_free(a);
	return NULL;
}

int roaming_change(struct roaming *r, const struct roaming_request *req, const void *changes,
    unsigned count, roaming_done_fn *done, void *arg)
{
	struct roaming_asking *a = asking_new(r, req, changes, count);

	if (!a)
		return -ENOMEM;
	a->done = done;
	a->arg = arg;
	if (lcs_post(lcs_user_key(req->aor), start, a) == 0)
		return 0;
	asking_free(a);
	return -ENOMEM;
}
