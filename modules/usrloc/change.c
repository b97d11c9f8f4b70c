/*
 * modules/usrloc/change.c - changes of one AOR, one after the other, with its owner.
 *
 * A change is planned, journalled if it has to be durable first, and only then
 * published. While an AOR's change is on its way to disk later ones wait for it.
 */
#include "modules/usrloc/usrloc.h"

#include <errno.h>
#include <stdlib.h>

struct request {
	struct inbox_item    item;	/* between workers */
	struct htab_node     busy;	/* in the owner's table while it is being journalled */
	struct list          node, waiting;	/* behind another; those behind this one */
	unsigned             waiting_count;
	struct usrloc       *ul;
	struct arena        *arena;	/* texts of change; NULL: they are the asker's, and this is on
					 * the stack, or change.aor lies in a record */
	struct usrloc_change change;
	uint64_t             key;	/* of change.aor */
	bool                 is_removal;
	struct usrloc_which  which;
	struct record       *old;	/* what was there when the plan was made */
	struct record       *next;	/* what will be published; NULL: nothing is left */
	int                  home;	/* who asked: a worker; -1: the control thread */
	usrloc_done_fn      *done;
	void                *arg;
	enum usrloc_result   result;
};

/* Changes of one user that wait for each other: more than devices and patience make. */
#define WAITING_MAX 32u

static void start(struct request *req);

/* ---- the asker's side ---- */

static void request_free(struct request *req)
{
	arena_free(&req->arena);
	free(req);
}

static void tell(struct request *req, const struct record *now)
{
	if (req->done)
		req->done(req->arg, req->result, now ? &now->pub : NULL);
}

/* The owner may have gone on since it sent this: ask the table. */
static void deliver(struct inbox_item *item)
{
	struct request *req = container_of(item, struct request, item);

	tell(req, record_find(req->ul, req->change.aor, req->key));
	request_free(req);
}

static void finish(struct request *req, enum usrloc_result result)
{
	req->result = result;
	if (req->home < 0 || req->home == worker_self()) {
		tell(req, result == USRLOC_OK ? req->next : req->old);
		request_free(req);
		return;
	}
	req->item.run = deliver;
	worker_post((unsigned)req->home, &req->item, INBOX_MUST);
}

/* ---- the owner's side ---- */

static void count_result(struct usrloc *ul, enum usrloc_result result)
{
	struct usrloc_local *stats = usrloc_local_of(ul);

	stats->changes += result == USRLOC_OK;
	stats->out_of_order += result == USRLOC_OUT_OF_ORDER;
	stats->too_many += result == USRLOC_TOO_MANY;
	stats->store_failures += result == USRLOC_NO_STORE;
}

static enum usrloc_result make_plan(struct request *req, struct plan *plan)
{
	int64_t now = loop_wall(worker_loop());

	req->old = record_mine(req->ul, req->change.aor, req->key);
	if (!req->is_removal)
		return plan_make(req->old, &req->change, now, plan);
	plan_remove(req->old, &req->which, now, plan);
	return USRLOC_OK;
}

static enum usrloc_result make_next(struct request *req, struct plan *plan)
{
	req->next = NULL;
	if (!plan->keep_count)
		return USRLOC_OK;
	req->next = record_new(req->ul, req->change.aor, plan->keep, plan->keep_count);
	return req->next ? USRLOC_OK : USRLOC_NO_MEMORY;
}

static bool same_aor(const struct htab_node *node, const void *key)
{
	return slice_eq_nocase(container_of(node, struct request, busy)->change.aor,
	    *(const struct slice *)key);
}

static struct request *busy_with(struct usrloc *ul, struct slice aor, uint64_t key)
{
	const struct htab *busy = &usrloc_local_of(ul)->busy;
	struct htab_node *node = busy->count ? htab_find(busy, key, same_aor, &aor) : NULL;

	return node ? container_of(node, struct request, busy) : NULL;
}

bool usrloc_is_busy(struct usrloc *ul, struct slice aor, uint64_t key)
{
	return busy_with(ul, aor, key) != NULL;
}

static void append_all(struct list *to, struct list *from)
{
	struct list *first = from->next, *last = from->prev;

	if (list_is_empty(from))
		return;
	list_remove(from);
	first->prev = to->prev;
	to->prev->next = first;
	last->next = to;
	to->prev = last;
}

/* One after the other, until one has to wait for the disk: the rest waits behind that. */
static void start_all(struct usrloc *ul, struct list *waiting, unsigned count)
{
	struct request *req, *before;
	struct list *node;

	for (; (node = list_pop_front(waiting)); count--) {
		req = container_of(node, struct request, node);
		before = busy_with(ul, req->change.aor, req->key);
		if (before) {
			list_push_front(waiting, node);
			append_all(&before->waiting, waiting);
			before->waiting_count += count;
			return;
		}
		start(req);
	}
}

static void journalled(void *arg, int err, const struct store_rows *rows)
{
	struct request *req = arg;
	struct usrloc *ul = req->ul;
	unsigned count = req->waiting_count;
	struct list waiting;

	(void)rows;
	htab_remove(&usrloc_local_of(req->ul)->busy, &req->busy);
	if (!err) {
		record_publish(req->ul, req->old, req->next, req->key);
	} else if (req->next) {
		record_discard(req->next);
	}
	list_init(&waiting);
	append_all(&waiting, &req->waiting);
	count_result(ul, err ? USRLOC_NO_STORE : USRLOC_OK);
	finish(req, err ? USRLOC_NO_STORE : USRLOC_OK);
	start_all(ul, &waiting, count);
}

static bool waits_for_disk(const struct request *req)
{
	return store_is_on() && usrloc_conf_of(req->ul)->before;
}

static void journal_behind(struct request *req, const struct plan *plan)
{
	int err;

	if (!store_is_on() || !usrloc_conf_of(req->ul)->after)
		return;
	err = journal_write(usrloc_conf_of(req->ul)->node, req->change.aor, plan, NULL, NULL);
	if (err)
		log_error("usrloc", "a binding is in memory only aor=%.*s error=\"%s\"",
		    SLICE_ARG(req->change.aor), err_text(err));
}

static void publish_now(struct request *req, const struct plan *plan)
{
	journal_behind(req, plan);
	record_publish(req->ul, req->old, req->next, req->key);
}

/* One that is on the stack stays without its texts: it is planned, and its record is made. */
static struct request *keep_waiting(const struct request *req)
{
	const struct record *named = req->next ? req->next : req->old;
	struct request *kept = malloc(sizeof(*kept));

	if (!kept)
		return NULL;
	*kept = *req;
	kept->change = (struct usrloc_change){ .aor = record_aor(named) };
	list_init(&kept->node);
	list_init(&kept->waiting);
	return kept;
}

/* USRLOC_OK: journalled() publishes it. */
static enum usrloc_result wait_for_disk(struct request *req, const struct plan *plan)
{
	struct request *kept = req->arena ? req : keep_waiting(req);

	if (kept && journal_write(usrloc_conf_of(req->ul)->node, kept->change.aor, plan, journalled,
	    kept) == 0) {
		htab_insert(&usrloc_local_of(kept->ul)->busy, &kept->busy, kept->key);
		return USRLOC_OK;
	}
	if (req->next)
		record_discard(req->next);
	if (!kept)
		return USRLOC_NO_MEMORY;
	if (kept != req)
		free(kept);
	return USRLOC_NO_STORE;
}

static enum usrloc_result make_record(struct request *req, struct plan *plan)
{
	enum usrloc_result result = make_plan(req, plan);

	if (result == USRLOC_OK && plan_changes_anything(plan))
		return make_next(req, plan);
	req->next = req->old;
	return result;
}

/* USRLOC_OK with *told_later: it is published, and whoever asked is told, when the journal has it. */
static enum usrloc_result carry_out(struct request *req, bool *told_later)
{
	struct plan plan;
	enum usrloc_result result = make_record(req, &plan);

	*told_later = false;
	if (result != USRLOC_OK || req->next == req->old)
		return result;
	if (!waits_for_disk(req)) {
		publish_now(req, &plan);
		return USRLOC_OK;
	}
	result = wait_for_disk(req, &plan);
	*told_later = result == USRLOC_OK;
	return result;
}

static void start(struct request *req)
{
	struct request *before = busy_with(req->ul, req->change.aor, req->key);
	enum usrloc_result result;
	bool told_later;

	if (before && before->waiting_count == WAITING_MAX) {
		count_result(req->ul, USRLOC_NO_STORE);
		finish(req, USRLOC_NO_STORE);
		return;
	}
	if (before) {
		list_push_back(&before->waiting, &req->node);
		before->waiting_count++;
		return;
	}
	result = carry_out(req, &told_later);
	if (told_later)
		return;
	count_result(req->ul, result);
	finish(req, result);
}

static void start_item(struct inbox_item *item)
{
	start(container_of(item, struct request, item));
}

/* ---- requests ---- */

static int copy_binding(struct arena *a, struct usrloc_binding *to, const struct usrloc_binding *b)
{
	struct slice *const texts[] = { &to->contact, &to->params, &to->call_id, &to->user_agent,
	    &to->instance, &to->path, &to->ruid, &to->node };

	*to = *b;
	to->received.name = SLICE_NULL;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!texts[i]->len)
			continue;
		*texts[i] = arena_dup(a, *texts[i]);
		if (!texts[i]->p)
			return -ENOMEM;
	}
	return 0;
}

static int copy_change(struct request *req, const struct usrloc_change *c)
{
	struct usrloc_want *wants = arena_alloc(req->arena, c->count * sizeof(*wants));

	if (!wants)
		return -ENOMEM;
	req->change = *c;
	req->change.wants = wants;
	req->change.aor = arena_dup(req->arena, c->aor);
	for (unsigned i = 0; i < c->count; i++)
		if (copy_binding(req->arena, &wants[i].binding, &c->wants[i].binding) != 0)
			return -ENOMEM;
	return req->change.aor.p ? 0 : -ENOMEM;
}

static struct request *request_new(struct usrloc *ul, uint64_t key, usrloc_done_fn *done,
    void *arg)
{
	struct request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->arena = arena_new(0);
	if (!req->arena) {
		free(req);
		return NULL;
	}
	req->ul = ul;
	req->key = key;
	req->done = done;
	req->arg = arg;
	req->home = worker_self();
	list_init(&req->node);
	list_init(&req->waiting);
	return req;
}

static void send_to_owner(struct request *req)
{
	unsigned owner = worker_of(req->key);

	if ((int)owner == worker_self()) {
		start(req);
		return;
	}
	req->item.run = start_item;
	worker_post(owner, &req->item, INBOX_MUST);
}

/* Here and now, without a copy of the request. false: it has to travel, or to stand in line. */
static bool change_at_once(struct usrloc *ul, const struct usrloc_change *c, uint64_t key,
    usrloc_done_fn *done, void *arg)
{
	struct request req = { .ul = ul, .key = key, .change = *c, .done = done, .arg = arg,
	    .home = worker_self() };
	bool told_later;

	if ((int)worker_of(key) != req.home || busy_with(ul, c->aor, key))
		return false;
	req.result = carry_out(&req, &told_later);
	if (told_later)
		return true;
	count_result(ul, req.result);
	tell(&req, req.result == USRLOC_OK ? req.next : req.old);
	return true;
}

int usrloc_change(struct usrloc *ul, const struct usrloc_change *c, usrloc_done_fn *done, void *arg)
{
	uint64_t key = aor_key(c->aor);
	struct request *req;

	if (change_at_once(ul, c, key, done, arg))
		return 0;
	req = request_new(ul, key, done, arg);
	if (req && copy_change(req, c) == 0) {
		send_to_owner(req);
		return 0;
	}
	if (req)
		request_free(req);
	return -ENOMEM;
}

int usrloc_remove(struct usrloc *ul, struct slice aor, const struct usrloc_which *which,
    usrloc_done_fn *done, void *arg)
{
	struct request *req = request_new(ul, aor_key(aor), done, arg);

	if (!req)
		return -ENOMEM;
	req->is_removal = true;
	req->change.aor = arena_dup(req->arena, aor);
	req->which = (struct usrloc_which){ arena_dup(req->arena, which->ruid), which->flow };
	if (req->change.aor.p && (req->which.ruid.p || !which->ruid.len)) {
		send_to_owner(req);
		return 0;
	}
	request_free(req);
	return -ENOMEM;
}
