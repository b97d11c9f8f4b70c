/*
 * Deferred freeing: not before every reader has let go, and not much later.
 */
#include "utils/epoch.h"

#include "test/unit.h"
#include "utils/list.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct thing {
	struct epoch_item item;
	atomic_bool       is_dropped;
};

static void mark_dropped(struct epoch_item *item)
{
	atomic_store(&container_of(item, struct thing, item)->is_dropped, true);
}

static void defer(struct thing *t)
{
	atomic_store(&t->is_dropped, false);
	epoch_defer(&t->item, mark_dropped);
}

static bool is_dropped(struct thing *t)
{
	return atomic_load(&t->is_dropped);
}

/* A second reader that does one thing at a time when told to. */
enum order { ORDER_NONE, ORDER_REGISTER, ORDER_QUIET, ORDER_OFFLINE, ORDER_ONLINE,
    ORDER_DEFER, ORDER_UNREGISTER, ORDER_EXIT };

static struct {
	pthread_t       thread;
	pthread_mutex_t mutex;
	pthread_cond_t  cond;
	enum order      order;
	struct thing    thing;		/* what it defers */
} other = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

static void obey(enum order order)
{
	switch (order) {
	case ORDER_REGISTER: epoch_thread_register(); break;
	case ORDER_QUIET: epoch_quiet(); break;
	case ORDER_OFFLINE: epoch_offline(); break;
	case ORDER_ONLINE: epoch_online(); break;
	case ORDER_DEFER: defer(&other.thing); break;
	case ORDER_UNREGISTER: epoch_thread_unregister(); break;
	case ORDER_NONE: case ORDER_EXIT: break;
	}
}

static void *other_main(void *arg)
{
	enum order order = ORDER_NONE;

	(void)arg;
	pthread_mutex_lock(&other.mutex);
	while (order != ORDER_EXIT) {
		while (other.order == ORDER_NONE)
			pthread_cond_wait(&other.cond, &other.mutex);
		order = other.order;
		obey(order);
		other.order = ORDER_NONE;
		pthread_cond_broadcast(&other.cond);
	}
	pthread_mutex_unlock(&other.mutex);
	return NULL;
}

static void tell(enum order order)
{
	pthread_mutex_lock(&other.mutex);
	other.order = order;
	pthread_cond_broadcast(&other.cond);
	while (other.order != ORDER_NONE)
		pthread_cond_wait(&other.cond, &other.mutex);
	pthread_mutex_unlock(&other.mutex);
}

static int begin(void **state)
{
	(void)state;
	if (pthread_create(&other.thread, NULL, other_main, NULL) != 0)
		return -1;
	tell(ORDER_REGISTER);
	return epoch_thread_register();
}

static int end(void **state)
{
	(void)state;
	epoch_thread_unregister();
	tell(ORDER_UNREGISTER);
	tell(ORDER_EXIT);
	epoch_drain();
	return pthread_join(other.thread, NULL);
}

/* Enough when nobody else is online. */
static void quiet_twice(void)
{
	epoch_quiet();
	epoch_quiet();
}

static void waits_for_a_reader(void **state)
{
	struct thing t;

	(void)state;
	for (int i = 0; i < 5; i++) {
		tell(ORDER_QUIET);
		defer(&t);
		assert_false(is_dropped(&t));
		quiet_twice();		/* the other may hold it still */
		assert_false(is_dropped(&t));
		tell(ORDER_QUIET);
		quiet_twice();
		tell(ORDER_QUIET);
		quiet_twice();
		assert_true(is_dropped(&t));
	}
}

static void waits_for_itself(void **state)
{
	struct thing t;

	(void)state;
	tell(ORDER_OFFLINE);
	quiet_twice();
	defer(&t);
	tell(ORDER_ONLINE);
	for (int i = 0; i < 10; i++)
		tell(ORDER_QUIET);
	assert_false(is_dropped(&t));
	quiet_twice();
	for (int i = 0; i < 3; i++) {
		tell(ORDER_QUIET);
		quiet_twice();
	}
	assert_true(is_dropped(&t));
}

static void does_not_wait_for_a_sleeper(void **state)
{
	struct thing t, u;

	(void)state;
	tell(ORDER_OFFLINE);
	tell(ORDER_QUIET);		/* a mistake that must not make it a reader */
	defer(&t);
	quiet_twice();
	assert_true(is_dropped(&t));
	defer(&u);
	tell(ORDER_ONLINE);
	quiet_twice();
	assert_false(is_dropped(&u));	/* awake again, so it counts */
	tell(ORDER_OFFLINE);
	quiet_twice();
	assert_true(is_dropped(&u));
	tell(ORDER_ONLINE);
}

static void who_leaves_hands_on(void **state)
{
	struct thing t;

	(void)state;
	for (int i = 0; i < 4; i++) {
		tell(ORDER_DEFER);
		tell(ORDER_UNREGISTER);
		assert_false(is_dropped(&other.thing));
		quiet_twice();
		quiet_twice();
		assert_true(is_dropped(&other.thing));
		/* And a thread that is not registered may defer, too. */
		tell(ORDER_DEFER);
		quiet_twice();
		assert_true(is_dropped(&other.thing));
		tell(ORDER_REGISTER);
		/* Go on in an epoch of the other parity. */
		defer(&t);
		for (int j = i % 2; j < 4 || !is_dropped(&t); j++) {
			epoch_quiet();
			tell(ORDER_QUIET);
		}
	}
}

static struct thing first, second;

static void drop_and_defer(struct epoch_item *item)
{
	mark_dropped(item);
	defer(&second);
}

static void drop_may_defer(void **state)
{
	(void)state;
	tell(ORDER_OFFLINE);
	epoch_defer(&first.item, drop_and_defer);
	quiet_twice();
	assert_true(is_dropped(&first));
	quiet_twice();
	assert_true(is_dropped(&second));
	tell(ORDER_ONLINE);
	/* Left pending: end() must drop the first and what it defers then. */
	atomic_store(&first.is_dropped, false);
	atomic_store(&second.is_dropped, false);
	epoch_defer(&first.item, drop_and_defer);
}

static int end_and_look(void **state)
{
	int err = end(state);

	return err || !is_dropped(&first) || !is_dropped(&second);
}

/* The last quiet point of a thread that leaves may itself defer something. */
static void leaving_hands_on_what_drops_defer(void **state)
{
	(void)state;
	tell(ORDER_OFFLINE);
	atomic_store(&first.is_dropped, false);
	atomic_store(&second.is_dropped, false);
	epoch_defer(&first.item, drop_and_defer);
	epoch_quiet();
	epoch_thread_unregister();
	assert_true(is_dropped(&first));
	assert_false(is_dropped(&second));
	tell(ORDER_ONLINE);
	for (int i = 0; i < 3; i++)
		tell(ORDER_QUIET);
	assert_true(is_dropped(&second));
	assert_int_equal(epoch_thread_register(), 0);
}

static void drain_takes_what_waits_in_any_epoch(void **state)
{
	struct thing stamped, fresh;

	(void)state;
	for (int i = 0; i < 4; i++) {
		tell(ORDER_QUIET);
		defer(&stamped);
		epoch_quiet();
		defer(&fresh);
		assert_false(is_dropped(&stamped));
		epoch_drain();
		assert_true(is_dropped(&stamped) && is_dropped(&fresh));
		epoch_quiet();
	}
}

static void *sit_in_registry(void *arg)
{
	pthread_barrier_t *barrier = arg;
	int err = epoch_thread_register();

	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	if (!err)
		epoch_thread_unregister();
	return (void *)(intptr_t)err;
}

static void registry_is_bounded(void **state)
{
	static pthread_t threads[256];
	pthread_barrier_t barrier;
	pthread_attr_t small;
	unsigned refused = 0;
	void *err;

	(void)state;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	pthread_barrier_init(&barrier, NULL, COUNT(threads) + 1);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], &small, sit_in_registry, &barrier), 0);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], &err);
		assert_true(err == NULL || (intptr_t)err == -ENOSPC);
		refused += err != NULL;
	}
	assert_int_equal(refused, 2);	/* this thread and the other hold two places */
	pthread_barrier_destroy(&barrier);
	pthread_attr_destroy(&small);
}

/* ---- readers and writers at full speed ---------------------------------- */

#define GOOD   0x600d600d600d600du
#define READERS 3
#define SWAPS  20000

struct secret { struct epoch_item item; uint64_t value; };

static struct secret *_Atomic shared;
static atomic_bool stop_reading;
static _Atomic unsigned bad_reads, live_secrets;

static struct secret *secret_new(void)
{
	struct secret *s = malloc(sizeof(*s));

	s->value = GOOD;
	atomic_fetch_add(&live_secrets, 1);
	return s;
}

static void secret_drop(struct epoch_item *item)
{
	struct secret *s = container_of(item, struct secret, item);

	s->value = 0;			/* seen even without a sanitizer */
	atomic_fetch_sub(&live_secrets, 1);
	free(s);
}

static void *read_shared(void *arg)
{
	unsigned turn = 0;

	(void)arg;
	epoch_thread_register();
	while (!atomic_load(&stop_reading)) {
		struct secret *s = atomic_load_explicit(&shared, memory_order_acquire);

		for (int i = 0; i < 20; i++)
			if (s->value != GOOD)
				atomic_fetch_add(&bad_reads, 1);
		if (turn++ % 16 == 0) {
			epoch_offline();
			sched_yield();
			epoch_online();
		} else {
			epoch_quiet();
		}
	}
	epoch_thread_unregister();
	return NULL;
}

/* Some writers read, too; the others defer from outside. */
static void *swap_shared(void *arg)
{
	bool reads = arg != NULL;

	if (reads)
		epoch_thread_register();
	for (int i = 0; i < SWAPS; i++) {
		struct secret *old = atomic_exchange_explicit(&shared, secret_new(),
		    memory_order_acq_rel);

		epoch_defer(&old->item, secret_drop);
		if (reads)
			epoch_quiet();
		if (i % 8 == 0)
			sched_yield();
	}
	if (reads)
		epoch_thread_unregister();
	return NULL;
}

static void nobody_reads_what_was_freed(void **state)
{
	pthread_t readers[READERS], writers[2];
	unsigned left;

	(void)state;
	atomic_store(&shared, secret_new());
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_shared, NULL), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, swap_shared, i ? &shared : NULL), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(writers[i], NULL);
	left = atomic_load(&live_secrets);
	atomic_store(&stop_reading, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&bad_reads), 0);
	/* Things were freed along the way, not only now. */
	assert_true(left < 2 * SWAPS);
	epoch_drain();
	assert_int_equal(atomic_load(&live_secrets), 1);
	free(atomic_load(&shared));
}

UNIT_MAIN(
	cmocka_unit_test_setup_teardown(waits_for_a_reader, begin, end),
	cmocka_unit_test_setup_teardown(waits_for_itself, begin, end),
	cmocka_unit_test_setup_teardown(does_not_wait_for_a_sleeper, begin, end),
	cmocka_unit_test_setup_teardown(who_leaves_hands_on, begin, end),
	cmocka_unit_test_setup_teardown(drop_may_defer, begin, end_and_look),
	cmocka_unit_test_setup_teardown(leaving_hands_on_what_drops_defer, begin, end),
	cmocka_unit_test_setup_teardown(drain_takes_what_waits_in_any_epoch, begin, end),
	cmocka_unit_test_setup_teardown(registry_is_bounded, begin, end),
	cmocka_unit_test(nobody_reads_what_was_freed))
