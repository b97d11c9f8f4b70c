/*
 * Who waits for the turn gets it before who had it a moment ago.
 */
#include "core/store/backend.h"
#include "core/store/turn.h"

#include "test/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OTHERS 3u

static struct store_turn turn = STORE_TURN_INIT;
static _Atomic unsigned served, order[OTHERS];

/* Numbers that are given out and not served yet. */
static uint64_t people(void)
{
	uint64_t n;

	lock_take(&turn.lock);
	n = turn.next - turn.now;
	lock_drop(&turn.lock);
	return n;
}

static void *wait_in_line(void *arg)
{
	unsigned *name = arg;

	store_turn_take(&turn);
	order[served++] = *name;
	store_turn_give(&turn);
	return NULL;
}

static void wait_for_people(uint64_t least)
{
	static const struct timespec pause = { 0, 1000000 };

	while (people() < least)
		nanosleep(&pause, NULL);
}

static void who_comes_again_is_behind_who_waits(void **state)
{
	unsigned names[OTHERS] = { 1, 2, 3 };
	pthread_t others[OTHERS];

	(void)state;
	store_turn_take(&turn);
	for (unsigned i = 0; i < OTHERS; i++) {
		assert_int_equal(pthread_create(&others[i], NULL, wait_in_line, &names[i]), 0);
		wait_for_people(i + 2);
	}
	assert_int_equal(served, 0);
	/* As the control thread does, whose next change is ready at once. */
	store_turn_give(&turn);
	store_turn_take(&turn);
	assert_int_equal(served, OTHERS);
	for (unsigned i = 0; i < OTHERS; i++)
		assert_int_equal(order[i], names[i]);
	store_turn_give(&turn);
	for (unsigned i = 0; i < OTHERS; i++)
		pthread_join(others[i], NULL);
	assert_int_equal(people(), 0);
}

/* ---- connections to one database ---- */

static const struct store_stmt
	put = { "put", "insert into thing(name) values (?)", "s", NULL, NULL },
	count = { "count", "select count(*) from thing", "", "i", NULL };

static struct store_conn *connection(const char *path, bool is_writer)
{
	const struct store_open how = { .rest = path, .writer = is_writer, .control = !is_writer,
		.sync = true, .turn = &turn };
	struct store_conn *conn = NULL;
	const char *why = "";

	if (store_sqlite.open(&how, &conn, &why) != 0)
		fail_msg("%s", why);
	return conn;
}

static int put_one(struct store_conn *conn, const char *name)
{
	struct value arg = value_string(slice_str(name));

	return store_sqlite.run(conn, &put, &arg, NULL, NULL);
}

static void *put_alone(void *arg)
{
	assert_int_equal(put_one(arg, "alone"), 1);
	return NULL;
}

static void take_count(void *arg, const struct value *cells, unsigned columns)
{
	assert_int_equal(columns, 1);
	*(int64_t *)arg = cells[0].i;
}

static int64_t things(struct store_conn *conn)
{
	int64_t n = -1;

	assert_int_equal(store_sqlite.run(conn, &count, NULL, take_count, &n), 1);
	return n;
}

/* One statement is a transaction, too; and who could not begin, or rolled back, is not in the way. */
static void so_it_is_for_connections(struct store_conn *busy, struct store_conn *other)
{
	pthread_t thread;

	assert_int_equal(store_sqlite.script(busy, "create table thing(name text primary key)"), 0);
	assert_int_equal(store_sqlite.begin(busy), 0);
	assert_int_equal(put_one(busy, "mine"), 1);
	assert_int_equal(pthread_create(&thread, NULL, put_alone, other), 0);
	wait_for_people(2);
	assert_int_equal(things(busy), 1);
	assert_int_equal(store_sqlite.commit(busy), 0);
	assert_int_equal(store_sqlite.begin(busy), 0);
	assert_int_equal(things(busy), 2);
	assert_int_equal(put_one(busy, "alone"), -EILSEQ);
	store_sqlite.rollback(busy);
	pthread_join(thread, NULL);
	assert_int_equal(people(), 0);
	store_sqlite.rollback(busy);
	assert_int_equal(people(), 0);
	assert_int_equal(put_one(other, "alone"), -EILSEQ);
	assert_int_equal(people(), 0);
}

static void writers_of_a_database_take_turns(void **state)
{
	char dir[] = "/tmp/lcs-turn-XXXXXX", path[64], command[64];
	struct store_conn *busy, *other;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.db", dir);
	busy = connection(path, true);
	other = connection(path, false);
	so_it_is_for_connections(busy, other);
	store_sqlite.close(other);
	store_sqlite.close(busy);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

UNIT_MAIN(
	cmocka_unit_test(who_comes_again_is_behind_who_waits),
	cmocka_unit_test(writers_of_a_database_take_turns))
