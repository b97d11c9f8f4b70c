/*
 * utils/inbox.c - a stack that the reader takes whole and turns round.
 *
 * Writers push onto head with one compare-and-swap; the reader swaps head for
 * NULL and has everything, newest first. Only a push can meet another push, so
 * nothing is popped under anybody's hands (no ABA), and there is no moment in
 * which a writer that is stopped half-way keeps the reader from the rest.
 *
 * The sleeping reader is an item, too: &asleep at the bottom of the stack. The
 * writer whose push covers it owes the eventfd exactly one write. So posting
 * needs no fence and no flag, and a reader that is awake costs no system call.
 *
 * The eventfd is never read: epoll watches it for edges, and every write is one,
 * whatever the counter stands at. 2^64 of them are more than a server lives to see.
 */
#include "utils/inbox.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COUNT_EVERY 16			/* items between updates of taken */
#define LINE_BYTES  128			/* two cache lines: they are fetched in pairs */

struct inbox {
	/* Written by writers. */
	struct inbox_item *_Atomic head;
	_Atomic size_t             posted;
	char                       gap[LINE_BYTES];

	/* Written by the reader. */
	_Atomic size_t             taken;
	struct inbox_item         *batch;	/* oldest first */
	bool                       is_armed;
	char                       gap2[LINE_BYTES];

	size_t                     limit;
	int                        fd;
};

static struct inbox_item asleep;

struct inbox *inbox_new(size_t limit)
{
	struct inbox *in;

	lcs_assert(limit > 0);
	in = calloc(1, sizeof(*in));
	if (!in)
		return NULL;
	in->limit = limit;
	in->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (in->fd < 0) {
		free(in);
		return NULL;
	}
	return in;
}

int inbox_fd(const struct inbox *in)
{
	return in->fd;
}

size_t inbox_depth(const struct inbox *in)
{
	size_t taken = atomic_load_explicit(&in->taken, memory_order_relaxed);
	size_t posted = atomic_load_explicit(&in->posted, memory_order_relaxed);

	/* The two are not read at one time. */
	return posted - taken <= SIZE_MAX / 2 ? posted - taken : 0;
}

/* ---- writers ------------------------------------------------------------ */

static bool may_enter(const struct inbox *in, size_t posted, enum inbox_mode mode)
{
	size_t taken = atomic_load_explicit(&in->taken, memory_order_relaxed);

	return mode == INBOX_MUST || posted - taken < in->limit || posted - taken > SIZE_MAX / 2;
}

static bool count_in(struct inbox *in, enum inbox_mode mode)
{
	size_t posted = atomic_fetch_add_explicit(&in->posted, 1, memory_order_relaxed);

	if (may_enter(in, posted, mode))
		return true;
	atomic_fetch_sub_explicit(&in->posted, 1, memory_order_relaxed);
	return false;
}

static void wake(struct inbox *in)
{
	const uint64_t one = 1;

	/* Cannot fail: the counter is far from its end, and nobody blocks. */
	lcs_assert(write(in->fd, &one, sizeof(one)) == sizeof(one));
}

static void set_next(struct inbox_item *item, struct inbox_item *next)
{
	atomic_store_explicit(&item->next, next, memory_order_relaxed);
}

static void push(struct inbox *in, struct inbox_item *newest, struct inbox_item *oldest)
{
	struct inbox_item *below = atomic_load_explicit(&in->head, memory_order_relaxed);

	do
		set_next(oldest, below);
	while (!atomic_compare_exchange_weak_explicit(&in->head, &below, newest,
	    memory_order_release, memory_order_relaxed));
	/* The items are the reader's now, and may be gone. */
	if (below == &asleep)
		wake(in);
}

int inbox_post(struct inbox *in, struct inbox_item *item, enum inbox_mode mode)
{
	if (!count_in(in, mode))
		return -EAGAIN;
	push(in, item, item);
	return 0;
}

int inbox_collect(const struct inbox *in, struct inbox_batch *batch, struct inbox_item *item,
    enum inbox_mode mode)
{
	size_t posted = atomic_load_explicit(&in->posted, memory_order_relaxed) + batch->count;

	if (!may_enter(in, posted, mode))
		return -EAGAIN;
	if (batch->count++ == 0)
		batch->oldest = item;
	else
		set_next(item, batch->newest);
	batch->newest = item;
	return 0;
}

void inbox_post_batch(struct inbox *in, struct inbox_batch *batch)
{
	struct inbox_batch all = *batch;

	if (all.count == 0)
		return;
	batch->count = 0;
	atomic_fetch_add_explicit(&in->posted, all.count, memory_order_relaxed);
	push(in, all.newest, all.oldest);
}

/* ---- the reader --------------------------------------------------------- */

/* Somebody has pushed onto &asleep: the write to the eventfd was made, or will be. */
static void note_wake(struct inbox *in)
{
	if (in->is_armed && atomic_load_explicit(&in->head, memory_order_relaxed) != &asleep)
		in->is_armed = false;
}

static struct inbox_item *next_of(struct inbox_item *item)
{
	return atomic_load_explicit(&item->next, memory_order_relaxed);
}

static bool is_stack_empty(const struct inbox *in)
{
	const struct inbox_item *head = atomic_load_explicit(&in->head, memory_order_relaxed);

	return !head || head == &asleep;
}

/* Take the stack and turn it round. */
static void fetch(struct inbox *in)
{
	struct inbox_item *item, *below;

	if (is_stack_empty(in))
		return;
	note_wake(in);
	item = atomic_exchange_explicit(&in->head, NULL, memory_order_acquire);
	for (; item && item != &asleep; item = below) {
		below = next_of(item);
		set_next(item, in->batch);
		in->batch = item;
	}
}

static void count_out(struct inbox *in, size_t n)
{
	size_t taken = atomic_load_explicit(&in->taken, memory_order_relaxed);

	atomic_store_explicit(&in->taken, taken + n, memory_order_relaxed);
}

/* Items stay in the batch until they run, and are counted out a few at a time:
 * the line with taken is one that writers look at. */
bool inbox_drain(struct inbox *in, size_t max)
{
	size_t uncounted = 0;

	for (; max > 0; max--) {
		struct inbox_item *item;

		if (!in->batch)
			fetch(in);
		item = in->batch;
		if (!item)
			break;
		in->batch = next_of(item);
		if (++uncounted == COUNT_EVERY) {
			count_out(in, uncounted);
			uncounted = 0;
		}
		item->run(item);
	}
	count_out(in, uncounted);
	return in->batch || !is_stack_empty(in);
}

bool inbox_arm(struct inbox *in)
{
	struct inbox_item *empty = NULL;

	if (in->batch)
		return false;
	note_wake(in);
	if (!in->is_armed)
		in->is_armed = atomic_compare_exchange_strong_explicit(&in->head, &empty,
		    &asleep, memory_order_relaxed, memory_order_relaxed);
	return in->is_armed;
}

/* A write that is owed may come late, after the reader was woken by something
 * else; it then wakes the reader once more, for nothing. */
void inbox_disarm(struct inbox *in)
{
	struct inbox_item *head = &asleep;

	if (in->is_armed)
		atomic_compare_exchange_strong_explicit(&in->head, &head, NULL,
		    memory_order_relaxed, memory_order_relaxed);
	in->is_armed = false;
}

void inbox_free(struct inbox **in)
{
	if (!*in)
		return;
	while (inbox_drain(*in, SIZE_MAX))	/* what runs may post more */
		;
	close((*in)->fd);
	free(*in);
	*in = NULL;
}
