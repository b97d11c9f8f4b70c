/*
 * modules/rls/entry.c - one resource of a list, and the watch on it.
 */
#include "modules/rls/rls.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is known of it ---- */

static void set_state(struct rls_entry *e, enum rls_state state, const char *reason)
{
	if (e->state == RLS_UNKNOWN)
		e->list->unknown--;
	e->state = state;
	e->reason = reason;
	e->is_changed = true;
}

/* An LCS client knows no resource without a document: who is not there is offline. */
static struct presence_body *body_for(const struct rls_entry *e, const struct presence_notice *n)
{
	const struct rls *r = e->list->r;
	struct presence_body *b = NULL;

	if (n->body && n->state != PRESENCE_SUB_TERMINATED)
		return presence_body_ref(n->body);
	if (e->list->is_lcs)
		r->documents->offline(r->documents_state, e->aor.len ? e->aor : e->uri, e->list->format, &b);
	return b;
}

void rls_entry_update(struct rls_entry *e, const struct presence_notice *n)
{
	static const enum rls_state states[] = { [PRESENCE_SUB_PENDING] = RLS_PENDING,
	    [PRESENCE_SUB_ACTIVE] = RLS_ACTIVE, [PRESENCE_SUB_TERMINATED] = RLS_TERMINATED };
	struct presence_body *old = e->body;

	e->body = body_for(e, n);
	presence_body_unref(&old);
	set_state(e, states[n->state], n->reason ? n->reason : "");
}

/* ---- watching ---- */

static void no_such_user(struct rls_entry *e)
{
	const struct presence_notice none = { .state = PRESENCE_SUB_TERMINATED,
	    .right = PRESENCE_ALLOW, .reason = "noresource" };

	e->body = body_for(e, &none);
	set_state(e, RLS_TERMINATED, "noresource");
}

static bool is_ours(const struct rls *r, struct slice aor)
{
	size_t at = slice_find(aor, '@');

	return at < aor.len && lcs_is_own_host(gen_peek(), slice_skip(aor, at + 1), 0) &&
	    (!r->homing || r->homing->elsewhere(r->homing_state, aor).len == 0);
}

int rls_entry_watch(struct rls_entry *e)
{
	struct rls_list *l = e->list;
	const struct presence_watch_args args = { .aor = e->aor, .watcher = l->watcher,
	    .package = l->package->name, .content_type = l->format };

	if (!e->aor.len) {
		no_such_user(e);
		return 0;
	}
	if (!is_ours(l->r, e->aor)) {
		set_state(e, RLS_ELSEWHERE, "noresource");
		return 0;
	}
	return l->r->presence->watch(l->r->presence_state, &args, l->r->heard, e, &e->watch);
}

static void stop_watching(struct rls_entry *e)
{
	const struct rls *r = e->list->r;

	if (e->watch)
		r->presence->unwatch(r->presence_state, &e->watch);
	presence_body_unref(&e->body);
}

/* Whom the first try did not find may be there now. */
int rls_entry_watch_again(struct rls_entry *e)
{
	if (e->state != RLS_TERMINATED || strcmp(e->reason, "rejected") == 0)
		return 0;
	stop_watching(e);
	e->state = RLS_UNKNOWN;
	e->list->unknown++;
	return rls_entry_watch(e);
}

/* ---- life ---- */

struct rls_entry *rls_entry_new(struct rls_list *l, struct slice uri, struct slice aor)
{
	bool is_in_uri = slice_ends(uri, aor);		/* "sip:" and that, as most are */
	struct rls_entry *e = calloc(1, sizeof(*e) + uri.len + (is_in_uri ? 0 : aor.len) + 1);
	char *at = (char *)(e + 1);

	if (!e)
		return NULL;
	e->list = l;
	e->uri = slice_put(&at, uri);
	e->aor = is_in_uri ? slice_skip(e->uri, uri.len - aor.len) : slice_put(&at, aor);
	list_push_back(&l->entries, &e->node);
	l->count++;
	l->unknown++;
	return e;
}

struct rls_entry *rls_entry_find(struct rls_list *l, struct slice uri, struct slice aor)
{
	list_for_each(it, &l->entries) {
		struct rls_entry *e = container_of(it, struct rls_entry, node);

		if (aor.len ? slice_eq_nocase(e->aor, aor) : slice_eq(e->uri, uri))
			return e;
	}
	return NULL;
}

void rls_entry_free(struct rls_entry *e)
{
	stop_watching(e);
	if (e->state == RLS_UNKNOWN)
		e->list->unknown--;
	e->list->count--;
	list_remove(&e->node);
	free(e);
}
