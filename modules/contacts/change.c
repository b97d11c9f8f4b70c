/*
 * modules/contacts/change.c - changes of one list, one after the other, with its owner.
 *
 * A change takes the user's turn, is planned and journalled, and only then published and told:
 * to the endpoints as a delta, to who asked as an answer.
 */
#include "modules/contacts/contacts.h"

#include "utils/buf.h"

#include <errno.h>
#include <stdlib.h>

struct asking {
	struct contacts        *c;
	struct arena           *arena;	/* of all texts */
	struct contacts_request req;
	struct presence_user   *user;	/* held by its turn */
	struct list_draft      *draft;
	struct contacts_list   *old, *next;
	contacts_done_fn       *done;
	void                   *arg;
	unsigned                home;
	struct contacts_answer  answer;
	struct contacts_answer *early;	/* valid until contacts_change_here() returns */
	bool                   *is_early;
	struct inbox_item       item;
};

static struct contacts_local *local_of(const struct contacts *c) { return lcs_local(c->mod); }

static void asking_free(struct asking *a)
{
	draft_free(&a->draft);
	arena_free(&a->arena);
	free(a);
}

/* ---- the asker's side ---- */

static void deliver(struct inbox_item *item)
{
	struct asking *a = container_of(item, struct asking, item);

	if (a->done)
		a->done(a->arg, &a->answer);
	asking_free(a);
}

static void tell(struct asking *a)
{
	a->item.run = deliver;
	worker_post(a->home, &a->item, INBOX_MUST);
}

/* ---- the owner's side ---- */

static void count_refusal(struct contacts_local *stats, enum contacts_result result)
{
	lcs_count(&stats->refused);
	if (result == CONTACTS_OUT_OF_STEP)
		lcs_count(&stats->out_of_step);
	else if (result == CONTACTS_TOO_MANY)
		lcs_count(&stats->too_many);
	else if (result == CONTACTS_NO_STORE)
		lcs_count(&stats->store_failures);
}

/* A client counts its numbers when it asks, so after a refusal it is ahead of the list. The
 * full list puts it right again. */
static void resync(struct asking *a)
{
	const struct contacts_conf *conf = lcs_conf(a->c->mod, gen_peek());
	struct presence_body *body;

	if (!conf->resync || a->req.by.len)
		return;
	body = contacts_full_body(a->old);
	if (body)
		a->c->presence->push(a->user, &a->c->package, body);
	presence_body_unref(&body);
}

static void refuse(struct asking *a, enum contacts_result result, const char *why)
{
	a->answer.result = result;
	a->answer.why = why;
	a->answer.number = a->old ? a->old->number : 1;
	count_refusal(local_of(a->c), result);
	resync(a);
}

static void push_delta(struct asking *a)
{
	struct buf *b = buf_new(512);
	struct presence_body *body = NULL;

	if (b)
		contacts_put_delta(b, a->draft);
	if (b && !b->failed)
		body = presence_body_new(SLICE("application/vnd-microsoft-roaming-contacts+xml"),
		    SLICE_NULL, buf_slice(b));
	buf_unref(&b);
	if (body)
		a->c->presence->push(a->user, &a->c->package, body);
	else
		log_error("contacts", "endpoints were not told of a change: memory is short user=%.*s",
		    SLICE_ARG(a->req.aor));
	presence_body_unref(&body);
}

static void list_drop(struct epoch_item *item)
{
	free(container_of(item, struct contacts_list, item));
}

static void publish(struct asking *a)
{
	struct contacts_local *stats = local_of(a->c);

	if (a->old)
		rtab_replace(a->c->table, &a->old->node, &a->next->node);
	else
		rtab_insert(a->c->table, &a->next->node, lcs_user_key(a->req.aor));
	stats->lists += !a->old;
	stats->contacts += (uint64_t)a->next->contact_count -
	    (uint64_t)(a->old ? a->old->contact_count : 0);
	lcs_count(a->req.by.len ? &stats->admin_changes : &stats->changes);
	if (a->old)
		epoch_defer(&a->old->item, list_drop);
}

/* Who, what, before and after: administrators answer for what they change in others' lists. */
static void audit(const struct asking *a, const char *outcome)
{
	if (!a->req.by.len)
		return;
	log_notice("audit", "contact list changed by=%.*s user=%.*s changes=%u number_before=%u "
	    "number_after=%u contacts_before=%u contacts_after=%u outcome=%s",
	    SLICE_ARG(a->req.by), SLICE_ARG(a->req.aor), a->req.count, a->draft->prev,
	    a->draft->number, a->old ? a->old->contact_count : 0, a->next->contact_count, outcome);
}

static void journalled(void *arg, int err, const struct store_rows *rows)
{
	struct asking *a = arg;
	struct presence_user *u = a->user;

	(void)rows;
	audit(a, err ? "failed" : "done");
	if (err) {
		free(a->next);
		refuse(a, CONTACTS_NO_STORE, "The store cannot take it");
	} else {
		publish(a);
		push_delta(a);
	}
	tell(a);
	a->c->presence->end_turn(u);
}

static bool is_in_step(const struct asking *a)
{
	return !a->req.number || a->req.number == (a->old ? a->old->number : 1);
}

static struct contacts_list *list_of(const struct asking *a)
{
	return (struct contacts_list *)(uintptr_t)contacts_find(a->c, a->req.aor);
}

static bool plan(struct asking *a)
{
	struct contacts_limits limits;
	enum contacts_result result;
	const char *why = "The contact list has another number by now";

	contacts_limits(a->c, &limits);
	a->old = list_of(a);
	a->draft = draft_new(a->old, a->req.count);
	if (!a->draft) {
		refuse(a, CONTACTS_NO_MEMORY, "Memory is short");
		return false;
	}
	result = is_in_step(a) ? draft_apply(a->draft, &limits, a->req.changes, a->req.count, &why) :
	    CONTACTS_OUT_OF_STEP;
	if (result != CONTACTS_OK) {
		refuse(a, result, why);
		return false;
	}
	a->answer = (struct contacts_answer){ CONTACTS_OK, a->draft->number, a->draft->new_group,
	    "OK" };
	return true;
}

static bool write_down(struct asking *a)
{
	struct slice aor = a->old ? list_aor(a->old) : a->req.aor;
	int err;

	a->next = list_make(aor, a->draft);
	if (!a->next) {
		refuse(a, CONTACTS_NO_MEMORY, "Memory is short");
		return false;
	}
	if (!store_is_on()) {
		publish(a);
		audit(a, "done");
		push_delta(a);
		return false;
	}
	err = contacts_journal_write(aor, a->draft, journalled, a);
	if (!err)
		return true;
	free(a->next);
	refuse(a, CONTACTS_NO_STORE, "The store cannot take it");
	return false;
}

static void step(struct presence_user *u, void *arg)
{
	struct asking *a = arg;
	bool waits = plan(a) && write_down(a);

	if (a->early) {
		*a->early = a->answer;
		*a->is_early = true;
	}
	if (waits)
		return;
	tell(a);
	a->c->presence->end_turn(u);
}

static void start(void *arg)
{
	struct asking *a = arg;

	a->user = a->c->presence->user(a->c->engine, a->req.aor, true);
	if (a->user && a->c->presence->take_turn(a->user, step, a) == 0)
		return;
	a->answer = (struct contacts_answer){ CONTACTS_NO_MEMORY, 0, 0, "Memory is short" };
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

static bool copy_change(struct arena *arena, struct contacts_change *c)
{
	return copy_text(arena, &c->contact.uri) && copy_text(arena, &c->contact.name) &&
	    copy_text(arena, &c->contact.external) && copy_text(arena, &c->contact.extension) &&
	    copy_text(arena, &c->group.name) && copy_text(arena, &c->group.external);
}

static bool copy_request(struct asking *a, const struct contacts_request *req)
{
	struct contacts_change *changes;
	bool ok;

	a->arena = arena_new(0);
	if (!a->arena)
		return false;
	a->req = *req;
	changes = arena_alloc(a->arena, (req->count + 1) * sizeof(*changes));
	ok = changes && copy_text(a->arena, &a->req.aor) && copy_text(a->arena, &a->req.by);
	for (unsigned i = 0; ok && i < req->count; i++) {
		changes[i] = req->changes[i];
		ok = copy_change(a->arena, &changes[i]);
	}
	a->req.changes = changes;
	return ok;
}

static struct asking *asking_new(struct contacts *c, const struct contacts_request *req)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->c = c;
	a->home = (unsigned)worker_self();
	if (copy_request(a, req))
		return a;
	asking_free(a);
	return NULL;
}

int contacts_change(struct contacts *c, const struct contacts_request *req,
    contacts_done_fn *done, void *arg)
{
	struct asking *a = asking_new(c, req);

	if (!a)
		return -ENOMEM;
	a->done = done;
	a->arg = arg;
	if (lcs_post(lcs_user_key(req->aor), start, a) == 0)
		return 0;
	asking_free(a);
	return -ENOMEM;
}

int contacts_change_here(struct contacts *c, const struct contacts_request *req,
    struct contacts_answer *early, bool *is_early)
{
	struct asking *a = asking_new(c, req);

	*is_early = false;
	if (!a)
		return -ENOMEM;
	a->early = early;
	a->is_early = is_early;
	start(a);
	if (!*is_early)
		a->early = NULL;
	return 0;
}
