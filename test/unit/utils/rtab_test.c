/*
 * The table that is read without locks.
 */
#include "utils/rtab.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/list.h"
#include "utils/rand.h"

#include <pthread.h>
#include <time.h>

#define NODES 6000

struct entry {
	struct epoch_item item;
	struct rtab_node  node;
	unsigned          id;
	uint64_t          check;	/* ~id while it is alive */
	bool              is_in, was_seen;
};

static struct entry entries[NODES];

static const struct entry *entry_of(const struct rtab_node *node)
{
	return container_of((struct rtab_node *)node, struct entry, node);
}

static bool id_is(const struct rtab_node *node, const void *key)
{
	return entry_of(node)->id == *(const unsigned *)key;
}

/* Good hashes, the same ones again and again, plain numbers, and only one. */
static uint64_t spread(unsigned id) { return (uint64_t)id * 0xd6e8feb86659fd93u; }
static uint64_t colliding(unsigned id) { return spread(id % 500); }
static uint64_t plain(unsigned id) { return id; }
static uint64_t high_only(unsigned id) { return (uint64_t)id << 40; }
static uint64_t even_pairs(unsigned id) { return id & ~1u; }

/* Two of each, and several different ones in many buckets. */
static uint64_t irregular(unsigned id)
{
	uint64_t x = spread(id / 2 + 1);

	return (x ^ x >> 29) * (x >> 17 | 1);
}

static uint64_t (*const hashes[])(unsigned id) = {
	spread, colliding, plain, high_only, even_pairs, irregular
};

static void clear_entries(void)
{
	for (unsigned i = 0; i < NODES; i++)
		entries[i] = (struct entry){ .id = i, .check = ~(uint64_t)i };
}

static void toggle(struct rtab *t, unsigned i, uint64_t hash)
{
	if (entries[i].is_in)
		rtab_remove(t, &entries[i].node);
	else
		rtab_insert(t, &entries[i].node, hash);
	entries[i].is_in = !entries[i].is_in;
}

static void check_all(const struct rtab *t, uint64_t (*hash)(unsigned))
{
	size_t count = 0;

	for (unsigned i = 0; i < NODES; i++) {
		const struct rtab_node *hit;

		rtab_foresee(t, hash(i));	/* change nothing, whatever is there */
		rtab_expect(t, hash(i));
		hit = rtab_find(t, hash(i), id_is, &i);

		assert_ptr_equal(hit, entries[i].is_in ? &entries[i].node : NULL);
		count += entries[i].is_in;
	}
	assert_int_equal(rtab_count(t), count);
}

static void random_changes_against_a_model(void **state)
{
	static const size_t hints[] = { 0, 100000 };

	(void)state;
	rand_seed_for_tests(5);
	for (size_t h = 0; h < COUNT(hashes); h++)
		for (size_t s = 0; s < COUNT(hints); s++) {
			struct rtab *t = rtab_new(hints[s]);

			clear_entries();
			check_all(t, hashes[h]);
			for (int step = 0; step < 20000; step++) {
				unsigned i = rand_below(NODES);

				toggle(t, i, hashes[h](i));
			}
			check_all(t, hashes[h]);
			rtab_free(&t);
			assert_null(t);
			rtab_free(&t);
		}
}

static void see_once(const struct rtab_node *node, void *arg)
{
	struct entry *e = (struct entry *)entry_of(node);

	assert_false(e->was_seen);
	e->was_seen = true;
	++*(unsigned *)arg;
}

static void each_sees_all_once(void **state)
{
	(void)state;
	for (size_t h = 0; h < COUNT(hashes); h++) {
		struct rtab *t = rtab_new(0);
		unsigned seen = 0;

		clear_entries();
		rtab_each(t, see_once, &seen);
		assert_int_equal(seen, 0);
		for (unsigned i = 0; i < NODES; i++)
			toggle(t, i, hashes[h](i));
		rtab_each(t, see_once, &seen);
		assert_int_equal(seen, NODES);
		rtab_free(&t);
	}
}

static void replace_puts_one_in_place_of_another(void **state)
{
	struct rtab *t = rtab_new(0);
	struct entry newer = { .id = 7, .check = ~(uint64_t)7 };
	unsigned id = 7;

	(void)state;
	clear_entries();
	for (unsigned i = 0; i < 1000; i++)
		toggle(t, i, colliding(i));
	rtab_replace(t, &entries[7].node, &newer.node);
	assert_ptr_equal(rtab_find(t, colliding(7), id_is, &id), &newer.node);
	assert_int_equal(rtab_count(t), 1000);
	for (id = 0; id < 1000; id++)
		assert_non_null(rtab_find(t, colliding(id), id_is, &id));
	rtab_remove(t, &newer.node);
	id = 7;
	assert_null(rtab_find(t, colliding(7), id_is, &id));
	rtab_free(&t);
}

static unsigned asked_id, asked;

/* Says no, so that all nodes of the hash are asked about - and only they. */
static bool note_asked(const struct rtab_node *node, const void *key)
{
	const struct entry *e = entry_of(node);

	(void)key;
	assert_true(e->check == ~(uint64_t)e->id);
	assert_int_equal(e->id / 2, asked_id / 2);
	asked++;
	return false;
}

static void match_is_asked_about_that_hash_only(void **state)
{
	struct rtab *t = rtab_new(0);

	(void)state;
	clear_entries();
	for (unsigned i = 0; i < NODES; i++)
		toggle(t, i, irregular(i));
	for (asked_id = 0; asked_id < NODES; asked_id++) {
		asked = 0;
		assert_null(rtab_find(t, irregular(asked_id), note_asked, NULL));
		assert_int_equal(asked, 2);
	}
	rtab_free(&t);
}

static void every_allocation_may_fail(void **state)
{
	unsigned walked = 0, failed_inside = 0;

	(void)state;
	OOM_WALK(nth) {
		struct rtab *t = rtab_new(1000);

		walked = nth;
		if (!t) {
			assert_true(oom_hit());
			continue;
		}
		clear_entries();
		for (unsigned i = 0; i < NODES; i++)
			toggle(t, i, spread(i));
		failed_inside += oom_hit();
		check_all(t, spread);
		rtab_free(&t);
	}
	assert_true(walked > 32 && failed_inside > 16);
}

static void without_memory_it_only_gets_slower(void **state)
{
	struct rtab *t = rtab_new(0);

	(void)state;
	clear_entries();
	oom_fail_from(1);
	for (unsigned i = 0; i < NODES; i++)
		toggle(t, i, spread(i));
	assert_true(oom_reset());
	check_all(t, spread);
	rtab_free(&t);
}

/* ---- many threads ------------------------------------------------------- */

#define WRITERS 2
#define READERS 2
#define PER_WRITER 500
#define STEPS 20000
#define STEADY 1000			/* ids from here on are always in */

struct run {
	struct rtab     *t;
	atomic_bool      stop;
	_Atomic unsigned lost, torn, twice;
};

struct worker { struct run *run; unsigned id; };

static struct entry *entry_new(unsigned id)
{
	struct entry *e = calloc(1, sizeof(*e));

	e->id = id;
	e->check = ~(uint64_t)id;
	return e;
}

static void entry_drop(struct epoch_item *item)
{
	struct entry *e = container_of(item, struct entry, item);

	e->check = 0;			/* seen even without a sanitizer */
	free(e);
}

/* Each writer has ids of its own, as owners have; it knows what it put in. */
static void *write_table(void *arg)
{
	struct worker *w = arg;
	struct entry *own[PER_WRITER] = { NULL };

	epoch_thread_register();
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = rand_below(PER_WRITER), id = w->id * PER_WRITER + i;
		struct entry *old = own[i], *new_entry = rand_below(2) ? entry_new(id) : NULL;

		if (old && new_entry)
			rtab_replace(w->run->t, &old->node, &new_entry->node);
		else if (new_entry)
			rtab_insert(w->run->t, &new_entry->node, spread(id));
		else if (old)
			rtab_remove(w->run->t, &old->node);
		own[i] = new_entry;
		if (old)
			epoch_defer(&old->item, entry_drop);
		if (rtab_find(w->run->t, spread(id), id_is, &id) !=
		    (new_entry ? &new_entry->node : NULL))
			w->run->lost++;
		epoch_quiet();
	}
	for (unsigned i = 0; i < PER_WRITER; i++)
		if (own[i]) {
			rtab_remove(w->run->t, &own[i]->node);
			epoch_defer(&own[i]->item, entry_drop);
		}
	epoch_thread_unregister();
	return NULL;
}

struct census { struct run *run; unsigned seen[2 * STEADY]; };

static void count_entry(const struct rtab_node *node, void *arg)
{
	const struct entry *e = entry_of(node);
	struct census *c = arg;

	c->run->torn += e->check != ~(uint64_t)e->id;
	c->run->twice += c->seen[e->id]++ > 0;
}

static void count_all(struct run *run)
{
	struct census c = { .run = run };

	rtab_each(run->t, count_entry, &c);
	for (unsigned id = STEADY; id < 2 * STEADY; id++)
		run->lost += c.seen[id] != 1;
}

static void *read_table(void *arg)
{
	struct worker *w = arg;

	epoch_thread_register();
	for (unsigned turn = 0; !atomic_load(&w->run->stop); turn++) {
		unsigned id = rand_below(2 * STEADY);
		const struct rtab_node *hit = rtab_find(w->run->t, spread(id), id_is, &id);

		w->run->lost += !hit && id >= STEADY;
		w->run->torn += hit && entry_of(hit)->check != ~(uint64_t)id;
		if (turn % 100 == 0)
			count_all(w->run);
		if (turn % 4 == 0)
			epoch_quiet();
	}
	epoch_thread_unregister();
	return NULL;
}

static struct entry *to_free;

static void collect(const struct rtab_node *node, void *arg)
{
	struct entry *e = (struct entry *)entry_of(node);

	++*(unsigned *)arg;
	e->item.next = to_free ? &to_free->item : NULL;
	to_free = e;
}

static void free_all(struct rtab **t, unsigned expected)
{
	unsigned count = 0;

	rtab_each(*t, collect, &count);
	assert_int_equal(count, expected);
	rtab_free(t);
	while (to_free) {
		struct entry *e = to_free;

		to_free = e->item.next ? container_of(e->item.next, struct entry, item) : NULL;
		free(e);
	}
}

static void readers_and_writers_at_once(void **state)
{
	struct run run = { .t = rtab_new(0) };
	struct worker w[WRITERS + READERS];
	pthread_t threads[WRITERS + READERS];

	(void)state;
	for (unsigned i = 0; i < WRITERS + READERS; i++) {
		w[i] = (struct worker){ &run, i };
		/* The steady ones come while readers are at it only from here on. */
		for (unsigned j = 0; i == 0 && j < STEADY; j++)
			rtab_insert(run.t, &entry_new(STEADY + j)->node, spread(STEADY + j));
		assert_int_equal(pthread_create(&threads[i], NULL,
		    i < WRITERS ? write_table : read_table, &w[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&run.stop, true);
	for (unsigned i = WRITERS; i < WRITERS + READERS; i++)
		pthread_join(threads[i], NULL);
	epoch_drain();
	assert_int_equal(run.lost, 0);
	assert_int_equal(run.torn, 0);
	assert_int_equal(run.twice, 0);
	assert_int_equal(rtab_count(run.t), STEADY);
	free_all(&run.t, STEADY);
}

/* Readers must find every steady entry while one writer makes the table grow
 * from its smallest size to a thousand times that. */
static void *grow_table(void *arg)
{
	struct worker *w = arg;
	unsigned id;

	for (id = 2 * STEADY; id < 60000; id++)
		rtab_insert(w->run->t, &entry_new(id)->node, spread(id));
	return NULL;
}

static void *find_steady(void *arg)
{
	struct worker *w = arg;

	epoch_thread_register();
	for (unsigned id = STEADY; !atomic_load(&w->run->stop); id++) {
		if (id == 2 * STEADY)
			id = STEADY;
		if (!rtab_find(w->run->t, spread(id), id_is, &id))
			w->run->lost++;
		epoch_quiet();
	}
	epoch_thread_unregister();
	return NULL;
}

static void growing_hides_nothing(void **state)
{
	struct run run = { .t = rtab_new(0) };
	struct worker w = { &run, 0 };
	pthread_t writer, readers[READERS];

	(void)state;
	for (unsigned id = STEADY; id < 2 * STEADY; id++)
		rtab_insert(run.t, &entry_new(id)->node, spread(id));
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, find_steady, &w), 0);
	assert_int_equal(pthread_create(&writer, NULL, grow_table, &w), 0);
	pthread_join(writer, NULL);
	atomic_store(&run.stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(run.lost, 0);
	free_all(&run.t, 60000 - STEADY);
}

/* ---- it scales ---------------------------------------------------------- */

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time for a fixed number of searches in a table of n entries made from
 * nothing, the entries lying in one block. */
static uint64_t time_searches(unsigned n)
{
	struct entry *all = calloc(n, sizeof(*all));
	struct rtab *t = rtab_new(0);
	uint64_t begin;

	for (unsigned i = 0; i < n; i++) {
		all[i].id = i;
		rtab_insert(t, &all[i].node, spread(i));
	}
	begin = cpu_ns();
	for (unsigned i = 0; i < 200000; i++) {
		unsigned id = i % n;

		assert_non_null(rtab_find(t, spread(id), id_is, &id));
	}
	begin = cpu_ns() - begin;
	rtab_free(&t);
	free(all);
	return begin;
}

/* About ten times: the large one does not fit the cache. Without growing, each
 * search would walk hundreds of nodes instead of two, a thousand times as long. */
static void searching_does_not_slow_with_size(void **state)
{
	uint64_t small, large;

	(void)state;
	small = time_searches(1000);
	large = time_searches(200000);
	print_message("# 1000 entries: %u ns, 200000 entries: %u ns each\n",
	    (unsigned)(small / 200000), (unsigned)(large / 200000));
	assert_true(large < small * 100);
}

UNIT_MAIN(
	cmocka_unit_test(random_changes_against_a_model),
	cmocka_unit_test(each_sees_all_once),
	cmocka_unit_test(replace_puts_one_in_place_of_another),
	cmocka_unit_test(match_is_asked_about_that_hash_only),
	cmocka_unit_test(every_allocation_may_fail),
	cmocka_unit_test(without_memory_it_only_gets_slower),
	cmocka_unit_test(readers_and_writers_at_once),
	cmocka_unit_test(growing_hides_nothing),
	cmocka_unit_test(searching_does_not_slow_with_size))
