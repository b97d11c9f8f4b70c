/*
 * core/run/gen.c - the current generation, and those that wait to be retired.
 *
 * A reader loads the pointer and counts later, so the count that the pointer
 * stands for is given back only when every worker has passed a quiet point.
 *
 * Every message counts, and all workers would write to the one line that the count is in.
 * So a worker takes some dozens of counts at once and hands them out to its messages; what
 * is left goes back when it sleeps, or meets another generation.
 */
#include "core/run/gen.h"

#include "core/run/worker.h"

#define HAND_FILL 64u
#define HAND_MOST (2 * HAND_FILL)

struct hand { struct gen *gen; uint32_t counts; };	/* counts of gen that nobody uses */

static _Thread_local struct hand hand;	/* a worker's; empty in other threads */

static struct gen *_Atomic current;
static struct gen *_Atomic retired;	/* a stack; the control thread takes all of it */
static struct list living = LIST_INIT(living);	/* the control thread's */

struct gen *gen_peek(void)
{
	return atomic_load_explicit(&current, memory_order_acquire);
}

/* There is no hand in a thread that has no end of turn to empty it at. */
static void fill_hand(struct gen *gen)
{
	gen_hand_back();
	if (worker_self() < 0)
		return;
	ref_get_many(&gen->refs, HAND_FILL);
	hand = (struct hand){ gen, HAND_FILL };
}

struct gen *gen_take(void)
{
	struct gen *gen = gen_peek();

	if (gen && (hand.gen != gen || hand.counts == 0))
		fill_hand(gen);
	return gen ? gen_ref(gen) : NULL;
}

struct gen *gen_ref(struct gen *gen)
{
	if (hand.gen == gen && hand.counts > 0)
		hand.counts--;
	else
		ref_get(&gen->refs);
	return gen;
}

static void push_retired(struct gen *gen)
{
	gen->next = atomic_load_explicit(&retired, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&retired, &gen->next, gen,
	    memory_order_release, memory_order_relaxed))
		;
}

void gen_unref(struct gen **gen)
{
	if (*gen && hand.gen == *gen && hand.counts < HAND_MOST)
		hand.counts++;
	else if (*gen && ref_put(&(*gen)->refs))
		push_retired(*gen);
	*gen = NULL;
}

void gen_hand_back(void)
{
	if (hand.counts > 0 && ref_put_many(&hand.gen->refs, hand.counts))
		push_retired(hand.gen);
	hand = (struct hand){ 0 };
}

static void drop_current(struct epoch_item *item)
{
	struct gen *gen = container_of(item, struct gen, grace);

	gen_unref(&gen);
}

void gen_commit(struct gen *gen)
{
	struct gen *old = atomic_exchange_explicit(&current, gen, memory_order_acq_rel);

	if (gen)
		list_push_back(&living, &gen->node);
	if (old)
		epoch_defer(&old->grace, drop_current);
}

void gen_collect(void)
{
	struct gen *gen = atomic_exchange_explicit(&retired, NULL, memory_order_acquire);

	while (gen) {
		struct gen *next = gen->next;

		if (gen->node.next)		/* not so if it was never committed */
			list_remove(&gen->node);
		gen->retire(gen);
		gen = next;
	}
}

void gen_each(void (*fn)(const struct gen *gen, bool is_current, void *arg), void *arg)
{
	list_for_each_safe(it, &living) {
		const struct gen *gen = container_of(it, struct gen, node);

		fn(gen, gen == gen_peek(), arg);
	}
}
