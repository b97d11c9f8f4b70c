/*
 * The hash table of one thread, against an array that knows what is in it.
 */
#include "utils/htab.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/list.h"
#include "utils/rand.h"

#define NODES 5000

struct entry {
	struct htab_node node;
	unsigned         id;
	bool             is_in, was_seen;
};

static struct entry entries[NODES];

static bool id_is(const struct htab_node *node, const void *key)
{
	return container_of((struct htab_node *)node, struct entry, node)->id ==
	    *(const unsigned *)key;
}

/* Few different hashes, so that chains are long and mixed. */
static uint64_t hash_of(unsigned id)
{
	return (uint64_t)(id % 1000) * 0x9e3779b97f4a7c15u;
}

static void check_all(const struct htab *t)
{
	size_t count = 0;

	for (unsigned i = 0; i < NODES; i++) {
		struct htab_node *hit = htab_find(t, hash_of(i), id_is, &i);

		assert_ptr_equal(hit, entries[i].is_in ? &entries[i].node : NULL);
		count += entries[i].is_in;
	}
	assert_int_equal(t->count, count);
}

static void toggle(struct htab *t, unsigned i)
{
	if (entries[i].is_in)
		htab_remove(t, &entries[i].node);
	else
		htab_insert(t, &entries[i].node, hash_of(i));
	entries[i].is_in = !entries[i].is_in;
}

static int clear_entries(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NODES; i++)
		entries[i] = (struct entry){ .id = i };
	return 0;
}

static void random_changes_against_a_model(void **state)
{
	static const size_t sizes[] = { 0, 1, 3, 64, 10000 };

	rand_seed_for_tests(7);
	for (size_t s = 0; s < COUNT(sizes); s++) {
		struct htab t;

		clear_entries(state);
		assert_int_equal(htab_init(&t, sizes[s]), 0);
		for (int step = 0; step < 20000; step++) {
			toggle(&t, rand_below(NODES));
			if (step % 2000 == 0)
				check_all(&t);
		}
		check_all(&t);
		htab_fini(&t);
	}
}

/* In the middle of growing too: look after each insertion. */
static void all_are_there_while_it_grows(void **state)
{
	struct htab t;

	(void)state;
	assert_int_equal(htab_init(&t, 1), 0);
	for (unsigned i = 0; i < 600; i++) {
		toggle(&t, i);
		for (unsigned j = 0; j <= i; j++)
			assert_non_null(htab_find(&t, hash_of(j), id_is, &j));
	}
	assert_true(t.mask + 1 >= 512);
	htab_fini(&t);
}

static bool any(const struct htab_node *node, const void *key)
{
	(void)node;
	(void)key;
	return true;
}

static void equal_hashes_are_walked(void **state)
{
	unsigned seen = 0;
	struct htab t;

	(void)state;
	assert_int_equal(htab_init(&t, 4), 0);
	for (unsigned i = 0; i < NODES; i++)
		toggle(&t, i);
	for (struct htab_node *n = htab_find(&t, hash_of(17), any, NULL); n;
	    n = htab_find_next(n, any, NULL)) {
		assert_int_equal(container_of(n, struct entry, node)->id % 1000, 17);
		seen++;
	}
	assert_int_equal(seen, NODES / 1000);
	htab_fini(&t);
}

static void see_and_drop_odd(struct htab_node *node, void *arg)
{
	struct entry *e = container_of(node, struct entry, node);

	assert_false(e->was_seen);
	e->was_seen = true;
	if (e->id % 2)
		toggle(arg, e->id);
}

static void each_sees_all_and_may_remove(void **state)
{
	static const unsigned counts[] = { 0, 1, 2, 513, 514, 600, 700, NODES };

	for (size_t c = 0; c < COUNT(counts); c++) {
		struct htab t;

		clear_entries(state);
		assert_int_equal(htab_init(&t, 2), 0);
		for (unsigned i = 0; i < counts[c]; i++)
			toggle(&t, i);
		htab_each(&t, see_and_drop_odd, &t);
		for (unsigned i = 0; i < counts[c]; i++) {
			assert_true(entries[i].was_seen);
			assert_int_equal(entries[i].is_in, i % 2 == 0);
		}
		check_all(&t);
		htab_fini(&t);
	}
}

static void without_memory_it_only_gets_slower(void **state)
{
	struct htab t;

	(void)state;
	OOM_WALK(nth) {
		clear_entries(state);
		if (htab_init(&t, 2) != 0) {
			assert_true(oom_hit());
			assert_null(t.now.first);
			continue;
		}
		for (unsigned i = 0; i < NODES; i++)
			toggle(&t, i);
		check_all(&t);
		htab_fini(&t);
	}
	assert_int_equal(htab_init(&t, 2), 0);
	clear_entries(state);
	oom_fail_from(1);
	for (unsigned i = 0; i < NODES; i++)
		toggle(&t, i);
	assert_true(oom_reset());
	assert_int_equal(t.mask, 1);
	check_all(&t);
	htab_fini(&t);
	assert_int_equal(htab_init(&t, SIZE_MAX), -ENOMEM);
}

UNIT_MAIN(
	cmocka_unit_test(random_changes_against_a_model),
	cmocka_unit_test_setup(all_are_there_while_it_grows, clear_entries),
	cmocka_unit_test_setup(equal_hashes_are_walked, clear_entries),
	cmocka_unit_test(each_sees_all_and_may_remove),
	cmocka_unit_test(without_memory_it_only_gets_slower))
