/*
 * take_test - what a look-up found is left if the thread has said something since it began; and
 * over which way secrets may come.
 */
#include "modules/dirsync/dirsync.h"
#include "test/unit.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- the world: every host is ours, users are counted ---- */

bool __wrap_lcs_is_own_host(const struct gen *gen, struct slice host, uint16_t port);

bool __wrap_lcs_is_own_host(const struct gen *gen, struct slice host, uint16_t port)
{
	(void)gen;
	(void)host;
	(void)port;
	return true;
}

#define KIM SLICE("00112233445566778899aabbccddeeff")

static unsigned added, gone;
static bool is_there, is_enabled;

static enum auth_db_change become(struct auth_db_entry *e)
{
	bool was_there = is_there, was_enabled = is_enabled;

	is_there = !e->gone;
	is_enabled = e->enabled;
	if (e->gone)
		return was_there ? AUTH_DB_GONE : AUTH_DB_SAME;
	return !was_there ? AUTH_DB_ADDED : was_enabled != is_enabled ? AUTH_DB_CHANGED : AUTH_DB_SAME;
}

static int apply(struct auth_db *db, struct auth_db_entry *entries, unsigned count)
{
	(void)db;
	for (unsigned i = 0; i < count; i++) {
		*(entries[i].gone ? &gone : &added) += 1;
		entries[i].change = become(&entries[i]);
	}
	return 0;
}

static void each(struct auth_db *db, void (*fn)(struct slice key, void *arg), void *arg)
{
	(void)db;
	if (is_there)
		fn(KIM, arg);
}

static const struct auth_db_directory_api users = { apply, each };
static struct dirsync d;

static int begin(void **state)
{
	(void)state;
	d = (struct dirsync){ .users = &users, .wake = -1, .last = &d.first, .stays_gone = 60000 };
	added = gone = 0;
	is_there = is_enabled = false;
	lock_init(&d.lock, LOCK_JOB_POOL);
	pthread_cond_init(&d.taken_more, NULL);
	d.problems = json_object();
	d.kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return d.problems && d.kick >= 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	close(d.kick);
	json_decref(d.problems);
	gone_free(&d.gone);
	gone_free(&d.fresh);
	pthread_cond_destroy(&d.taken_more);
	lock_fini(&d.lock);
	return 0;
}

/* To control, with one entry. ticket 0: of the thread. */
static void say(uint64_t ticket, uint64_t since, bool is_gone)
{
	struct dirsync_batch *b = batch_new();

	assert_non_null(b);
	b->session = 1;
	b->ticket = ticket;
	b->since = since;
	b->count = 1;
	b->entries[0] = (struct auth_db_entry){ .key = SLICE("00"), .gone = is_gone, .enabled = true,
	    .aor = SLICE("kim@example.com") };
	lock_take(&d.lock);
	batch_append(&d, b);
	lock_drop(&d.lock);
}

static void take_all(void)
{
	while (d.first)
		take_ready(&d.watch, 0);
}

/* One entry, by the word of a server. ticket 0: of the thread. */
static void tell(uint64_t ticket, uint64_t server, bool is_gone, bool enabled)
{
	say(ticket, d.news, is_gone);
	d.first->server = server;
	d.first->entries[0].key = KIM;
	d.first->entries[0].enabled = enabled;
	take_all();
}

/* ---- look-ups ---- */

static void who_was_found_is_added(void **state)
{
	(void)state;
	say(1, 0, false);
	take_all();
	assert_int_equal(added, 1);
	assert_int_equal(d.taken, 1);
}

static void who_has_gone_meanwhile_does_not_come_back(void **state)
{
	(void)state;
	say(0, 0, true);
	say(1, 0, false);
	take_all();
	assert_int_equal(gone, 1);
	assert_int_equal(added, 0);
	/* whoever waits is told: he asks again, with what is known by now */
	assert_int_equal(d.taken, 1);
	say(2, d.news, false);
	take_all();
	assert_int_equal(added, 1);
	assert_int_equal(d.taken, 2);
}

static void who_goes_after_that_goes(void **state)
{
	(void)state;
	say(1, 0, false);
	say(0, 0, true);
	take_all();
	assert_int_equal(added, 1);
	assert_int_equal(gone, 1);
}

/* ---- servers that have not heard of it yet ---- */

static void who_was_deleted_does_not_come_back_by_another_server(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	tell(0, 1, true, true);
	tell(0, 2, false, true);		/* returned to one that is behind */
	tell(1, 2, false, true);		/* a look-up there */
	assert_false(is_there);
	assert_int_equal(json_object_size(d.problems), 1);
	assert_int_equal(d.kept_out, 1);
	tell(0, 2, true, true);			/* it hears of it; then he is made again */
	assert_int_equal(json_object_size(d.problems), 0);
	tell(0, 2, false, true);
	assert_true(is_there);
}

static void who_was_disabled_stays_so_for_another_server(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	tell(0, 1, false, false);
	tell(0, 2, false, true);
	assert_true(is_there && !is_enabled);
	tell(0, 1, false, true);
	assert_true(is_enabled);
	tell(0, 2, false, true);
	assert_true(is_enabled);
}

static void who_is_there_after_all_is_looked_at_again(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	d.stays_gone = -1;			/* it is over at once */
	tell(0, 1, true, true);
	assert_false(d.must_compare);		/* nobody had him */
	d.stays_gone = 60000;
	tell(0, 1, false, true);
	tell(0, 1, true, true);
	tell(0, 2, false, true);
	assert_false(is_there);
	assert_true(gone_is_over(&d.gone, clock_mono() + 60001));
	tell(0, 2, false, true);
	assert_true(is_there);
}

/* A comparison with a server that has nobody. */
static void miss(uint64_t server)
{
	struct dirsync_batch *b = batch_new();

	assert_non_null(b);
	b->session = 1;
	b->server = server;
	b->has_ids = true;
	lock_take(&d.lock);
	batch_append(&d, b);
	lock_drop(&d.lock);
	take_all();
}

static void who_was_added_is_not_missed_by_another_server(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	miss(2);				/* returned to one that is behind */
	miss(2);
	assert_true(is_there);
	tell(0, 2, false, true);		/* it hears of him, and then he goes */
	miss(2);
	assert_false(is_there);
}

static void who_is_missed_where_he_was_added_goes(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	miss(1);
	assert_false(is_there);
	tell(0, 1, false, true);		/* again, and said to be deleted by the other one */
	tell(0, 2, true, true);
	assert_false(is_there);
	tell(0, 2, false, true);		/* whose word it is from now on */
	miss(2);
	assert_false(is_there);
}

static void who_stayed_is_looked_at_again(void **state)
{
	(void)state;
	tell(0, 1, false, true);
	miss(2);
	assert_true(is_there);
	assert_false(d.must_compare);
	assert_true(gone_is_over(&d.fresh, clock_mono() + 60001));
	miss(2);
	assert_false(is_there);
}

static void who_came_with_the_first_load_is_missed_by_anybody(void **state)
{
	(void)state;
	say(0, 0, false);
	d.first->server = 1;
	d.first->is_load = true;
	d.first->entries[0].key = KIM;
	take_all();
	assert_true(is_there);
	miss(2);
	assert_false(is_there);
}

/* As with each change of the controller of Active Directory. */
static void who_came_with_a_later_load_is_not_missed_by_another(void **state)
{
	(void)state;
	atomic_store(&d.synced, 1);
	say(0, 0, false);
	d.first->server = 1;
	d.first->is_load = true;
	d.first->entries[0].key = KIM;
	take_all();
	assert_true(is_there);
	miss(2);
	assert_true(is_there);
	miss(1);
	assert_false(is_there);
}

/* ---- secrets ---- */

static const struct { const char *uri; bool good; } ways[] = {
	{ "ldap://127.0.0.1", true }, { "ldap://127.9.9.9:389", true }, { "ldap://[::1]:389/", true },
	{ "ldap://localhost", true }, { "ldap://LocalHost:389", true },
	{ "ldaps://directory.example.com", true },
	{ "ldap://127.evil.example", false }, { "ldap://127.0.0.1.example", false },
	{ "ldap://localhost.example", false }, { "ldap://[::2]", false }, { "ldap://[::1", false },
	{ "ldap://", false }, { "ldap://10.0.0.1", false },
	{ "ldap://127.0.0.1 ldap://directory.example.com", false },
};

static void secrets_never_come_in_clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct dirsync_conf conf = { .uri = slice_str(ways[i].uri), .tls = SLICE("no"),
		    .bind_dn = SLICE("cn=lcs"), .nt_hash = SLICE("sambaNTPassword") };
		struct diag *diag = diag_new();

		assert_non_null(diag);
		if ((secrets_check(&conf, diag) == 0) != ways[i].good)
			fail_msg("%s", ways[i].uri);
		diag_free(&diag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_was_found_is_added, begin, end),
		cmocka_unit_test_setup_teardown(who_has_gone_meanwhile_does_not_come_back, begin, end),
		cmocka_unit_test_setup_teardown(who_goes_after_that_goes, begin, end),
		cmocka_unit_test_setup_teardown(who_was_deleted_does_not_come_back_by_another_server, begin,
		    end),
		cmocka_unit_test_setup_teardown(who_was_disabled_stays_so_for_another_server, begin, end),
		cmocka_unit_test_setup_teardown(who_is_there_after_all_is_looked_at_again, begin, end),
		cmocka_unit_test_setup_teardown(who_was_added_is_not_missed_by_another_server, begin, end),
		cmocka_unit_test_setup_teardown(who_is_missed_where_he_was_added_goes, begin, end),
		cmocka_unit_test_setup_teardown(who_stayed_is_looked_at_again, begin, end),
		cmocka_unit_test_setup_teardown(who_came_with_the_first_load_is_missed_by_anybody, begin,
		    end),
		cmocka_unit_test_setup_teardown(who_came_with_a_later_load_is_not_missed_by_another, begin,
		    end),
		cmocka_unit_test(secrets_never_come_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
