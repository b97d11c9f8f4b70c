/*
 * cache_test - the cache has room for what is asked now, whatever was asked before.
 */
#include "core/dns/cache.h"
#include "test/unit.h"

#include <errno.h>

#define NOW     5000
#define MADE_UP 70000u			/* more than the cache holds */

static int set_up(void **state)
{
	(void)state;
	return epoch_thread_register() != 0 ? -1 : dns_cache_init();
}

static int tear_down(void **state)
{
	(void)state;
	dns_cache_fini();
	epoch_thread_unregister();
	epoch_drain();
	return 0;
}

static void take(struct slice name, msec_t expires)
{
	dns_cache_take(dns_answer_failed(name, DNS_A, -ENOENT, expires), NOW);
}

static void make_up(unsigned from, unsigned to, msec_t expires)
{
	char name[32];

	for (unsigned i = from; i < to; i++) {
		int len = snprintf(name, sizeof(name), "%u.example", i);

		take(slice_of(name, (size_t)len), expires);
		epoch_quiet();
	}
}

static bool is_there(const char *name)
{
	return dns_cache_find(slice_str(name), DNS_A, NOW) != NULL;
}

/* Each is found at once, or its question would never end. */
static void the_last_one_is_there(void **state)
{
	char name[32];

	(void)state;
	for (unsigned i = 0; i < MADE_UP; i++) {
		snprintf(name, sizeof(name), "%u.example", i);
		take(slice_str(name), NOW + 1000);
		if (!is_there(name))
			fail_msg("number %u is not there", i);
		epoch_quiet();
	}
	assert_true(dns_cache_count() <= 65536);
	assert_true(dns_cache_count() > 50000);	/* and most of the others still are */
}

static void what_expired_goes_at_once(void **state)
{
	(void)state;
	make_up(0, 5000, NOW - 1);
	make_up(5000, 5010, NOW + 1000);
	assert_int_equal(dns_cache_count(), 5010);
	dns_cache_sweep(NOW);
	assert_int_equal(dns_cache_count(), 10);
	assert_true(is_there("5003.example"));
}

UNIT_MAIN(
	cmocka_unit_test_setup_teardown(the_last_one_is_there, set_up, tear_down),
	cmocka_unit_test_setup_teardown(what_expired_goes_at_once, set_up, tear_down))
