/*
 * What core/run/gen.h promises: who began under a generation finishes under it.
 */
#include "test/unit.h"

#include "core/run/gen.h"
#include "core/run/worker.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct worker_conf conf = { 4, 1000 };

#define MAGIC 0x11aa22bbu

struct thing { struct gen gen; unsigned magic; };

static unsigned retired;
static uint64_t last_retired;

static void retire(struct gen *gen)
{
	struct thing *t = (struct thing *)gen;

	assert_int_equal(worker_self(), -1);
	assert_int_equal(t->magic, MAGIC);
	last_retired = gen->number;
	t->magic = 0;
	free(t);
	retired++;
}

static struct gen *new_gen(uint64_t number)
{
	struct thing *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	ref_init(&t->gen.refs);
	t->gen.number = number;
	t->gen.retire = retire;
	t->magic = MAGIC;
	return &t->gen;
}

static void nothing(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
}

/* The grace period ends when each worker has made a turn, and we some. */
static void collect(void)
{
	for (int ms = 0; ms < 50; ms++) {
		worker_on_each(nothing, NULL);
		epoch_online();
		epoch_offline();
		gen_collect();
		poll(NULL, 0, 1);
	}
}

static int set_up(void **state)
{
	(void)state;
	retired = 0;
	assert_int_equal(epoch_thread_register(), 0);
	epoch_offline();
	assert_int_equal(workers_start(&conf), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gen_commit(NULL);
	workers_stop();
	epoch_online();
	epoch_thread_unregister();
	epoch_drain();
	gen_collect();
	return 0;
}

static void the_current_one_is_what_was_committed(void **state)
{
	struct gen *one = new_gen(1), *held;

	(void)state;
	assert_null(gen_take());
	gen_commit(one);
	assert_ptr_equal(gen_peek(), one);
	held = gen_take();
	assert_ptr_equal(held, one);
	assert_int_equal(ref_count(&one->refs), 2);
	gen_unref(&held);
	assert_null(held);
	gen_unref(&held);
}

static void an_old_one_stays_while_it_is_held(void **state)
{
	struct gen *held;

	(void)state;
	gen_commit(new_gen(1));
	held = gen_take();
	gen_commit(new_gen(2));
	collect();
	assert_int_equal(retired, 0);
	assert_int_equal(held->number, 1);
	gen_unref(&held);
	assert_int_equal(retired, 0);
	collect();
	assert_int_equal(retired, 1);
	assert_int_equal(last_retired, 1);
}

static void one_that_nobody_holds_goes_by_itself(void **state)
{
	(void)state;
	gen_commit(new_gen(1));
	gen_commit(new_gen(2));
	gen_commit(new_gen(3));
	collect();
	assert_int_equal(retired, 2);
}

static struct gen *only;

static void drop_it(void *arg)
{
	(void)arg;
	gen_unref(&only);
}

static void it_is_retired_by_the_control_thread_whoever_drops_it(void **state)
{
	(void)state;
	only = new_gen(7);
	worker_post_fn(2, drop_it, NULL);
	collect();
	assert_int_equal(retired, 1);
}

static unsigned seen;
static uint64_t seen_numbers[8];
static bool     seen_current[8];

static void see(const struct gen *gen, bool is_current, void *arg)
{
	(void)arg;
	seen_numbers[seen] = gen->number;
	seen_current[seen++] = is_current;
}

static void those_that_are_still_held_can_be_listed(void **state)
{
	struct gen *held;

	(void)state;
	gen_commit(new_gen(1));
	gen_commit(new_gen(2));
	held = gen_take();
	gen_commit(new_gen(3));
	collect();
	seen = 0;
	gen_each(see, NULL);
	assert_int_equal(seen, 2);
	assert_int_equal(seen_numbers[0], 2);
	assert_false(seen_current[0]);
	assert_int_equal(seen_numbers[1], 3);
	assert_true(seen_current[1]);
	gen_unref(&held);
}

/* ---- all at once ---- */

static _Atomic bool     churning, broken;
static _Atomic unsigned taken;

static void take_and_drop(void *arg)
{
	for (int i = 0; i < 100; i++) {
		struct gen *gen = gen_take();

		if (!gen || ((struct thing *)gen)->magic != MAGIC)
			broken = true;
		gen_unref(&gen);
		taken++;
	}
	if (churning)
		worker_post_fn((unsigned)worker_self(), take_and_drop, arg);
}

static void a_swap_never_hands_out_what_is_gone(void **state)
{
	(void)state;
	broken = false;
	churning = true;
	taken = 0;
	gen_commit(new_gen(1));
	for (unsigned i = 0; i < conf.count; i++)
		worker_post_fn(i, take_and_drop, NULL);
	for (uint64_t n = 2; n < 500; n++) {
		gen_commit(new_gen(n));
		epoch_online();
		epoch_offline();
		gen_collect();
	}
	churning = false;
	collect();
	assert_true(taken > 0);
	assert_false(broken);
	assert_int_equal(retired, 498);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

UNIT_MAIN(
	TEST(the_current_one_is_what_was_committed),
	TEST(an_old_one_stays_while_it_is_held),
	TEST(one_that_nobody_holds_goes_by_itself),
	TEST(it_is_retired_by_the_control_thread_whoever_drops_it),
	TEST(those_that_are_still_held_can_be_listed),
	TEST(a_swap_never_hands_out_what_is_gone))
