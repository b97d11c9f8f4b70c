/*
 * modules/presence_acl/change.c - changes of one access list, one after the other, with its owner.
 *
 * A change takes the user's turn, is planned and journalled, and only then counts: his watchers
 * are looked at anew, his endpoints get the list, who asked gets an answer.
 */
#include "modules/presence_acl/presence_acl.h"

#include <errno.h>
#include <stdlib.h>

struct asking {
	struct presence_acl  *p;
	struct arena         *arena;	/* of all texts */
	struct acl_request    req;
	struct presence_user *user;	/* held by its turn */
	struct acl_draft     *draft;
	struct acl_list      *old, *next;
	acl_done_fn          *done;
	void                 *arg;
	unsigned              home;
	struct acl_answer     answer;
	struct acl_answer    *early;	/* valid until acl_change_here() returns */
	bool                 *is_early;
	struct inbox_item     item;
};

static struct acl_local *local_of(const struct presence_acl *p) { return lcs_local(p->mod); }

static void asking_free(struct asking *a)
{
	acl_draft_free(&a->draft);
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

static void push_list(struct asking *a, const struct acl_list *l)
{
	struct presence_body *body = acl_body(l);

	if (body)
		a->p->presence->push(a->user, &a->p->package, body);
	else
		log_error("presence_acl", "endpoints were not told of a change: memory is short "
		    "user=%.*s", SLICE_ARG(a->req.aor));
	presence_body_unref(&body);
}

/* A client counts its numbers when it asks, so after a refusal it is ahead of the list. */
static void refuse(struct asking *a, enum acl_result result, const char *why)
{
	const struct acl_conf *conf = lcs_conf(a->p->mod, gen_peek());
	struct acl_local *stats = local_of(a->p);

	a->answer = (struct acl_answer){ result, a->old ? a->old->number : 1, why };
	lcs_count(&stats->refused);
	if (result == ACL_OUT_OF_STEP)
		lcs_count(&stats->out_of_step);
	else if (result == ACL_NO_STORE)
		lcs_count(&stats->store_failures);
	if (conf->resync && !a->req.by.len && result != ACL_NO_MEMORY)
		push_list(a, a->old);
}

static void list_drop(struct epoch_item *item)
{
	free(container_of(item, struct acl_list, item));
}

static void publish(struct asking *a)
{
	struct acl_local *stats = local_of(a->p);

	if (a->old)
		rtab_replace(a->p->table, &a->old->node, &a->next->node);
	else
		rtab_insert(a->p->table, &a->next->node, lcs_user_key(a->req.aor));
	stats->lists += !a->old;
	stats->entries += (uint64_t)a->next->count - (uint64_t)(a->old ? a->old->count : 0);
	lcs_count(a->req.by.len ? &stats->admin_changes : &stats->changes);
	if (a->old)
		epoch_defer(&a->old->item, list_drop);
	a->p->presence->rights_changed(a->user);
	push_list(a, a->next);
}

static const char *kind_word(enum acl_kind kind)
{
	return kind == ACL_SET ? "set" : kind == ACL_DELETE ? "delete" : "clear";
}

static void rights_before(const struct asking *a, const struct acl_entry *e, char text[3])
{
	struct acl_walk w = acl_entries(a->old);
	struct acl_entry old;

	memcpy(text, "--", 3);
	while (acl_next(&w, &old))
		if (old.type == e->type && old.forced == e->forced &&
		    slice_eq_nocase(old.mask, slice_starts_nocase(e->mask, SLICE("sip:")) ?
		    slice_skip(e->mask, 4) : e->mask)) {
			text[0] = old.rights.presence;
			text[1] = old.rights.communication;
		}
}

/* Who, what, before and after: administrators answer for what they change in others' lists. */
static void audit(const struct asking *a, const char *outcome)
{
	for (unsigned i = 0; a->req.by.len && i < a->req.count; i++) {
		const struct acl_change *c = &a->req.changes[i];
		char before[3], after[3] = "--";

		rights_before(a, &c->entry, before);
		if (c->kind == ACL_SET) {
			after[0] = c->entry.rights.presence;
			after[1] = c->entry.rights.communication;
		}
		log_notice("audit", "access list changed by=%.*s user=%.*s what=%s type=%s mask=%.*s "
		    "override=%s before=%s after=%s outcome=%s", SLICE_ARG(a->req.by),
		    SLICE_ARG(a->req.aor), kind_word(c->kind), acl_type_name(c->entry.type),
		    SLICE_ARG(c->entry.mask), c->entry.forced ? "yes" : "no", before, after, outcome);
	}
}

static void journalled(void *arg, int err, const struct store_rows *rows)
{
	struct asking *a = arg;
	struct presence_user *u = a->user;

	(void)rows;
	audit(a, err ? "failed" : "done");
	if (err) {
		free(a->next);
		refuse(a, ACL_NO_STORE, "The store cannot take it");
	} else {
		publish(a);
	}
	tell(a);
	a->p->presence->end_turn(u);
}

static enum acl_result apply(struct asking *a, const char **why)
{
	const struct acl_conf *conf = lcs_conf(a->p->mod, gen_peek());
	const struct acl_limits limits = { (unsigned)conf->max_entries, (size_t)conf->max_mask };

	*why = "The access list has another number by now";
	if (a->req.number && a->req.number != (a->old ? a->old->number : 1))
		return ACL_OUT_OF_STEP;
	return acl_apply(a->draft, &limits, a->req.changes, a->req.count, !a->req.by.len, why);
}

static bool plan(struct asking *a)
{
	enum acl_result result = ACL_NO_MEMORY;
	const char *why = "Memory is short";

	a->old = (struct acl_list *)(uintptr_t)acl_find(a->p, a->req.aor);
	a->draft = acl_draft_new(a->old, a->req.count);
	if (a->draft)
		result = apply(a, &why);
	if (result != ACL_OK) {
		refuse(a, result, why);
		return false;
	}
	a->answer = (struct acl_answer){ ACL_OK, a->draft->number, "OK" };
	return true;
}

/* true: the journal will call journalled(). */
static bool write_down(struct asking *a)
{
	struct slice aor = a->old ? acl_aor(a->old) : a->req.aor;

	a->next = acl_make(aor, a->draft);
	if (!a->next) {
		refuse(a, ACL_NO_MEMORY, "Memory is short");
		return false;
	}
	if (!store_is_on()) {
		audit(a, "done");
		publish(a);
		return false;
	}
	if (acl_journal_write(aor, a->draft, journalled, a) == 0)
		return true;
	free(a->next);
	refuse(a, ACL_NO_STORE, "The store cannot take it");
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
	a->p->presence->end_turn(u);
}

static void start(void *arg)
{
	struct asking *a = arg;

	a->user = a->p->presence->user(a->p->engine, a->req.aor, true);
	if (a->user && a->p->presence->take_turn(a->user, step, a) == 0)
		return;
	a->answer = (struct acl_answer){ ACL_NO_MEMORY, 0, "Memory is short" };
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

static bool copy_request(struct asking *a, const struct acl_request *req)
{
	struct acl_change *changes;
	bool ok;

	a->arena = arena_new(0);
	if (!a->arena)
		return false;
	a->req = *req;
	changes = arena_alloc(a->arena, (req->count + 1) * sizeof(*changes));
	ok = changes && copy_text(a->arena, &a->req.aor) && copy_text(a->arena, &a->req.by);
	for (unsigned i = 0; ok && i < req->count; i++) {
		changes[i] = req->changes[i];
		ok = copy_text(a->arena, &changes[i].entry.mask);
	}
	a->req.changes = changes;
	return ok;
}

static struct asking *asking_new(struct presence_acl *p, const struct acl_request *req)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->p = p;
	a->home = (unsigned)worker_self();
	if (copy_request(a, req))
		return a;
	asking_free(a);
	return NULL;
}

int acl_change(struct presence_acl *p, const struct acl_request *req, acl_done_fn *done, void *arg)
{
	struct asking *a = asking_new(p, req);

	if (!a)
		return -ENOMEM;
	a->done = done;
	a->arg = arg;
	if (lcs_post(lcs_user_key(req->aor), start, a) == 0)
		return 0;
	asking_free(a);
	return -ENOMEM;
}

int acl_change_here(struct presence_acl *p, const struct acl_request *req,
    struct acl_answer *early, bool *is_early)
{
	struct asking *a = asking_new(p, req);

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
