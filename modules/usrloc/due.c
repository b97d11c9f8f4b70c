/*
 * modules/usrloc/due.c - finding what has run out: a ring of seconds per worker.
 *
 * A record stands in the list of the second in which its first binding runs
 * out, modulo the ring; whoever is not due yet when his list is looked at stays
 * for another round. So a record pays two pointers instead of a timer, and a
 * worker looks once a second at as many as share that second.
 */
#include "modules/usrloc/usrloc.h"

#define LOOK_EVERY_MS 1000

static struct list *slot(struct usrloc_local *local, int64_t second)
{
	return &local->due[(uint64_t)second % DUE_SLOTS];
}

static int64_t first_expiry(const struct record *r)
{
	int64_t first = INT64_MAX;

	for (unsigned i = 0; i < r->pub.count; i++)
		if (record_binding(r, i)->expires < first)
			first = record_binding(r, i)->expires;
	return first;
}

void due_add(struct usrloc_local *local, struct record *r)
{
	int64_t now = loop_wall(worker_loop()), first = first_expiry(r);

	if (!timer_is_running(&local->look)) {
		local->looked_at = now;
		timer_start(&local->look, LOOK_EVERY_MS);
	}
	list_push_back(slot(local, first > now ? first : now + 1), &r->due);
}

static void look_at(struct usrloc_local *local, struct list *list, int64_t now)
{
	struct list later, *node;

	list_init(&later);
	while ((node = list_pop_front(list))) {
		struct record *r = container_of(node, struct record, due);

		if (first_expiry(r) > now)
			list_push_back(&later, node);
		else
			local->on_due(local->ul, r);
	}
	while ((node = list_pop_front(&later)))
		list_push_back(list, node);
}

/* After a jump of the clock no list has to be looked at twice. */
static void look(struct timer *t)
{
	struct usrloc_local *local = container_of(t, struct usrloc_local, look);
	int64_t now = loop_wall(worker_loop()), second = local->looked_at + 1;

	if (now - second >= DUE_SLOTS)
		second = now - DUE_SLOTS + 1;
	/* Who is found due may be put off to the next second: not to be met in this round. */
	local->looked_at = now;
	for (; second <= now; second++)
		look_at(local, slot(local, second), now);
	if (local->users > 0)
		timer_start(&local->look, LOOK_EVERY_MS);
}

void due_start(struct usrloc_local *local, due_fn *fn)
{
	local->on_due = fn;
	timer_init(&local->look, look);
	for (unsigned i = 0; i < DUE_SLOTS; i++)
		list_init(&local->due[i]);
}

void due_stop(struct usrloc_local *local)
{
	timer_stop(&local->look);
}
