/*
 * utils/epoch.c - when no reader can hold a pointer any more.
 *
 * One counter is the epoch. A reader notes at each quiet point which epoch it
 * has seen; the epoch moves on from g when every reader online has seen g. What
 * was unlinked and then stamped with epoch s may be freed at s + 2: the step
 * from s + 1 to s + 2 needs a quiet point of everybody that came after s + 1
 * began, which came after the stamp.
 *
 * All orders come from acquire and release on two kinds of variables, without
 * fences (which ThreadSanitizer does not see). Where a plain load might miss
 * something - the epoch when stamping, a reader that seems to be offline, the
 * number of readers - a read-modify-write is used instead: it sees the latest
 * value, and whoever changes the value later sees all that we had seen.
 */
#include "utils/epoch.h"

#include "utils/err.h"
#include "utils/lockorder.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

#define READERS_MAX 256
#define LINE_BYTES  128			/* two cache lines: they are fetched in pairs */
#define OFFLINE     0			/* epochs begin at 1 */

struct reader {
	_Alignas(LINE_BYTES) _Atomic uint64_t seen;	/* written by its thread only */
	bool is_used;					/* under the lock */
};

struct limbo { uint64_t stamp; struct epoch_item *items; };

static _Atomic uint64_t epoch = 1;
static struct reader readers[READERS_MAX];
static _Atomic unsigned readers_end;	/* behind the last one that was ever used */
static struct epoch_item *_Atomic orphans;	/* deferred by threads that do not read */
static struct lock registry = LOCK_INIT(LOCK_EPOCH);

static _Thread_local struct {
	struct reader     *reader;	/* NULL: not registered */
	struct epoch_item *fresh;	/* not stamped yet */
	struct limbo       limbo[2];	/* of an odd and an even epoch */
} self;

/* ---- lists of items ----------------------------------------------------- */

static void drop_all(struct epoch_item **list)
{
	struct epoch_item *item = *list, *next;

	*list = NULL;			/* drop() may defer other items */
	for (; item; item = next) {
		next = item->next;
		item->drop(item);
	}
}

static struct epoch_item *last_of(struct epoch_item *item)
{
	while (item->next)
		item = item->next;
	return item;
}

static void prepend(struct epoch_item **list, struct epoch_item *items)
{
	if (!items)
		return;
	last_of(items)->next = *list;
	*list = items;
}

static void orphan(struct epoch_item **list)
{
	struct epoch_item *first = *list, *last, *old;

	if (!first)
		return;
	*list = NULL;
	last = last_of(first);
	old = atomic_load_explicit(&orphans, memory_order_relaxed);
	do
		last->next = old;
	while (!atomic_compare_exchange_weak_explicit(&orphans, &old, first,
	    memory_order_acq_rel, memory_order_relaxed));
}

static struct epoch_item *take_orphans(void)
{
	if (!atomic_load_explicit(&orphans, memory_order_relaxed))
		return NULL;
	return atomic_exchange_explicit(&orphans, NULL, memory_order_acq_rel);
}

/* ---- readers ------------------------------------------------------------ */

static struct reader *claim_reader(void)
{
	struct reader *r = NULL;
	unsigned i;

	lock_take(&registry);
	for (i = 0; i < READERS_MAX && readers[i].is_used; i++)
		;
	if (i < READERS_MAX) {
		r = &readers[i];
		r->is_used = true;
		if (i >= atomic_load_explicit(&readers_end, memory_order_relaxed))
			atomic_fetch_add_explicit(&readers_end, 1, memory_order_acq_rel);
	}
	lock_drop(&registry);
	return r;
}

int epoch_thread_register(void)
{
	lcs_assert(!self.reader);
	self.reader = claim_reader();
	if (!self.reader)
		return -ENOSPC;
	epoch_online();
	return 0;
}

void epoch_thread_unregister(void)
{
	lcs_assert(self.reader);
	epoch_offline();
	orphan(&self.fresh);
	orphan(&self.limbo[0].items);
	orphan(&self.limbo[1].items);
	lock_take(&registry);
	self.reader->is_used = false;
	lock_drop(&registry);
	self.reader = NULL;
}

void epoch_online(void)
{
	lcs_assert(self.reader);
	atomic_exchange_explicit(&self.reader->seen,
	    atomic_load_explicit(&epoch, memory_order_acquire), memory_order_acq_rel);
}

void epoch_offline(void)
{
	epoch_quiet();
	atomic_store_explicit(&self.reader->seen, OFFLINE, memory_order_release);
}

/* ---- the epoch ---------------------------------------------------------- */

static bool has_seen(struct reader *r, uint64_t now)
{
	uint64_t seen = atomic_load_explicit(&r->seen, memory_order_acquire);

	if (seen == OFFLINE)
		seen = atomic_fetch_add_explicit(&r->seen, 0, memory_order_acq_rel);
	return seen == OFFLINE || seen == now;
}

static void try_advance(void)
{
	uint64_t now = atomic_load_explicit(&epoch, memory_order_acquire);
	unsigned end = atomic_fetch_add_explicit(&readers_end, 0, memory_order_acq_rel);

	for (unsigned i = 0; i < end; i++)
		if (!has_seen(&readers[i], now))
			return;
	/* If it fails somebody else moved it on. */
	atomic_compare_exchange_strong_explicit(&epoch, &now, now + 1,
	    memory_order_acq_rel, memory_order_relaxed);
}

static void drop_due(void)
{
	uint64_t now = atomic_load_explicit(&epoch, memory_order_acquire);

	for (int i = 0; i < 2; i++)
		if (self.limbo[i].items && self.limbo[i].stamp + 2 <= now)
			drop_all(&self.limbo[i].items);
}

/* The place for this stamp may hold older items: then they are two epochs older
 * at least, and due. */
static void stamp_fresh(void)
{
	uint64_t now = atomic_fetch_add_explicit(&epoch, 0, memory_order_acq_rel);
	struct limbo *limbo = &self.limbo[now % 2];
	struct epoch_item *items = self.fresh;

	self.fresh = NULL;
	if (limbo->stamp != now)
		drop_all(&limbo->items);
	limbo->stamp = now;
	prepend(&limbo->items, items);
}

static bool has_pending(void)
{
	return self.fresh || self.limbo[0].items || self.limbo[1].items ||
	    atomic_load_explicit(&orphans, memory_order_relaxed);
}

/* Who is offline stays so: only epoch_online() may end that. */
static void note_epoch(struct reader *r)
{
	uint64_t now = atomic_load_explicit(&epoch, memory_order_acquire);
	uint64_t seen = atomic_load_explicit(&r->seen, memory_order_relaxed);

	if (seen != now && seen != OFFLINE)
		atomic_store_explicit(&r->seen, now, memory_order_release);
}

void epoch_quiet(void)
{
	lcs_assert(self.reader);
	note_epoch(self.reader);
	if (!has_pending())
		return;
	prepend(&self.fresh, take_orphans());
	if (self.fresh)
		stamp_fresh();
	try_advance();
	drop_due();
}

void epoch_defer(struct epoch_item *item, void (*drop)(struct epoch_item *item))
{
	item->drop = drop;
	item->next = NULL;
	if (self.reader)
		prepend(&self.fresh, item);
	else
		orphan(&item);
}

void epoch_drain(void)
{
	struct epoch_item *rest;

	while (has_pending()) {
		rest = take_orphans();
		drop_all(&rest);
		drop_all(&self.fresh);
		drop_all(&self.limbo[0].items);
		drop_all(&self.limbo[1].items);
	}
}
