/*
 * The store with the real SQLite in a directory of its own; the worker is this thread.
 */
#include "core/store/private.h"
#include "core/store/store.h"

#include "test/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one worker: what is posted to it waits here ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static struct inbox_item *posted[256];
static unsigned posted_count;

_Thread_local struct worker_here worker_here;	/* each thread is worker 0 */

int worker_post(unsigned index, struct inbox_item *item, enum inbox_mode mode)
{
	(void)index;
	(void)mode;
	pthread_mutex_lock(&mutex);
	posted[posted_count++] = item;
	pthread_cond_signal(&arrived);
	pthread_mutex_unlock(&mutex);
	return 0;
}

static void run_posted(unsigned count)
{
	while (count--) {
		struct inbox_item *item;

		pthread_mutex_lock(&mutex);
		while (!posted_count)
			pthread_cond_wait(&arrived, &mutex);
		item = posted[0];
		memmove(posted, posted + 1, --posted_count * sizeof(posted[0]));
		pthread_mutex_unlock(&mutex);
		item->run(item);
	}
}

/* ---- a module with a table ---- */

enum { PUT, GET, INSERT };
static const struct store_stmt stmts[] = {
	[PUT] = { "put", "replace into thing(name, size) values (?, ?)", "si", NULL, NULL },
	[GET] = { "get", "select name, size from thing where name >= ? order by name", "s", "si", NULL },
	[INSERT] = { "insert", "insert into thing(name, size) values (?, ?)", "si", NULL, NULL },
	{ 0 }
};
static const struct store_step one_step[] = {
	{ 1, "create table thing(name text primary key, size integer not null)" }, { 0 }
};
static const struct store_schema schema = { "test", one_step, stmts, STORE_LOCAL };

static char dir[64], url[96], path[80];

static struct store_conf conf(void)
{
	return (struct store_conf){ .url = url, .batch_max = 100, .queue_limit = 10, .readers = 2,
	    .sync = true };
}

static int open_dir(void **state)
{
	const char *why;
	struct store_conf c;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lcs-store-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/t.db", dir);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	worker_here.index = 0;
	c = conf();
	return store_start(&c, &why);
}

static int close_dir(void **state)
{
	char command[128];

	(void)state;
	store_stop();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

struct seen { int err; unsigned calls; size_t rows; char text[256]; };

static void note(void *arg, int err, const struct store_rows *rows)
{
	struct seen *s = arg;

	s->err = err;
	s->calls++;
	s->rows = rows->count;
	s->text[0] = '\0';
	for (size_t i = 0; i < rows->count; i++) {
		const struct value *row = &rows->cells[i * rows->columns];
		size_t at = strlen(s->text);

		snprintf(s->text + at, sizeof(s->text) - at, "%.*s=%lld ", SLICE_ARG(row[0].s),
		    (long long)row[1].i);
	}
}

static int put(unsigned stmt, const char *name, int64_t size, struct seen *seen)
{
	struct value args[] = { value_string(slice_str(name)), value_int(size) };

	return store_run(&stmts[stmt], args, note, seen);
}

static void expect_all(const char *text)
{
	struct value from = value_string(SLICE(""));
	struct seen seen = { 0 };

	assert_int_equal(store_run(&stmts[GET], &from, note, &seen), 0);
	run_posted(1);
	assert_int_equal(seen.err, 0);
	assert_string_equal(seen.text, text);
}

/* ---- what it promises ---- */

static void test_written_is_read(void **state)
{
	struct seen a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(put(PUT, "a", 1, &a), 0);
	assert_int_equal(put(PUT, "b", 2, &b), 0);
	assert_int_equal(a.calls + b.calls, 0);	/* never before return */
	run_posted(2);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.err, 0);
	expect_all("a=1 b=2 ");
}

static void test_texts_are_copied(void **state)
{
	char name[] = "mine";
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(put(PUT, name, 7, &seen), 0);
	memset(name, 'x', sizeof(name) - 1);
	run_posted(1);
	expect_all("mine=7 ");
}

/* A statement that breaks a rule fails alone, whoever shares its batch. */
static void test_bad_statement_fails_alone(void **state)
{
	struct seen s[3] = { 0 };

	(void)state;
	assert_int_equal(put(INSERT, "a", 1, &s[0]), 0);
	assert_int_equal(put(INSERT, "a", 2, &s[1]), 0);
	assert_int_equal(put(INSERT, "b", 3, &s[2]), 0);
	run_posted(3);
	assert_int_equal(s[0].err, 0);
	assert_int_equal(s[1].err, -EILSEQ);
	assert_int_equal(s[2].err, 0);
	expect_all("a=1 b=3 ");
	assert_true(store_is_healthy());
}

static void test_all_or_nothing(void **state)
{
	struct value a[] = { value_string(SLICE("a")), value_int(1) };
	struct value b[] = { value_string(SLICE("b")), value_int(2) };
	struct store_op ops[] = { { &stmts[INSERT], a }, { &stmts[INSERT], b },
	    { &stmts[INSERT], a } };
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(store_run_all(ops, 3, note, &seen), 0);
	run_posted(1);
	assert_int_equal(seen.err, -EILSEQ);
	expect_all("");
	assert_int_equal(store_run_all(ops, 2, note, &seen), 0);
	run_posted(1);
	assert_int_equal(seen.err, 0);
	expect_all("a=1 b=2 ");
}

static void count_row(void *arg, const struct value *cells, unsigned columns)
{
	assert_int_equal(columns, 2);
	assert_int_equal(cells[1].type, VALUE_INT);
	*(unsigned *)arg += 1;
}

static void test_control_thread(void **state)
{
	struct value args[] = { value_string(SLICE("c")), value_int(3) };
	unsigned rows = 0;

	(void)state;
	worker_here.index = -1;
	assert_int_equal(store_run_now(&stmts[PUT], args, NULL, NULL), 1);
	assert_int_equal(store_run_now(&stmts[GET], args, count_row, &rows), 1);
	assert_int_equal(rows, 1);
}

static void test_control_thread_writes_all_or_none(void **state)
{
	struct value a[] = { value_string(SLICE("a")), value_int(1) };
	struct value b[] = { value_string(SLICE("b")), value_int(2) };
	struct store_op ops[] = { { &stmts[INSERT], a }, { &stmts[INSERT], b },
	    { &stmts[INSERT], a } };

	(void)state;
	worker_here.index = -1;
	assert_int_equal(store_run_all_now(ops, 3), -EILSEQ);
	worker_here.index = 0;
	expect_all("");
	worker_here.index = -1;
	assert_int_equal(store_run_all_now(ops, 2), 0);
	worker_here.index = 0;
	expect_all("a=1 b=2 ");
}

static void test_survives_stop(void **state)
{
	struct seen seen = { 0 };
	struct store_conf c = conf();
	const char *why;

	(void)state;
	assert_int_equal(put(PUT, "a", 1, &seen), 0);
	store_stop();		/* writes what waits */
	run_posted(1);
	assert_int_equal(seen.err, 0);
	assert_int_equal(put(PUT, "b", 1, &seen), -ENODEV);
	assert_int_equal(store_start(&c, &why), 0);
	expect_all("a=1 ");
}

static void test_one_server_per_file(void **state)
{
	char command[160];

	(void)state;
	/* flock is per open file: another process asks as another server would. */
	snprintf(command, sizeof(command), "flock -n -x %s.lock true", path);
	assert_int_not_equal(system(command), 0);
}

/* There are secrets of users in it, and in what SQLite puts beside it. */
static void test_files_are_private(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };
	const char *why;
	struct store_conf c = conf();
	mode_t old;

	(void)state;
	store_stop();
	snprintf(path, sizeof(path), "%s/new.db", dir);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	old = umask(0);
	assert_int_equal(store_start(&c, &why), 0);
	umask(old);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char name[sizeof(path) + 8];
		struct stat st;

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static mode_t mode_of(const char *end)
{
	char name[sizeof(path) + 8];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, end);
	return stat(name, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void test_what_others_could_read_is_closed(void **state)
{
	struct store_conf c = conf();
	struct seen seen = { 0 };
	const char *why;
	char wal[sizeof(path) + 8];
	int fd;

	(void)state;
	assert_int_equal(put(PUT, "kept", 1, &seen), 0);
	run_posted(1);
	store_stop();
	snprintf(wal, sizeof(wal), "%s-wal", path);
	fd = open(wal, O_RDWR | O_CREAT, 0600);
	close(fd);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(chmod(wal, 0666), 0);
	assert_int_equal(store_start(&c, &why), 0);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	expect_all("kept=1 ");
}

/* Who cannot close it does not go on as if nobody read it. */
static void test_what_is_somebody_elses_is_refused(void **state)
{
	const char *why = NULL;

	(void)state;
	store_stop();
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(store_make_private(path, &why), -EPERM);
	assert_int_equal(seteuid(0), 0);
	assert_non_null(strstr(why, "chown"));
	assert_int_equal(mode_of(""), 0644);
}

static void test_newer_database_is_refused(void **state)
{
	struct store_conf c = conf();
	const char *why = NULL;
	sqlite3 *db;

	(void)state;
	store_stop();
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "update lcs_schema set step = 99", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(store_start(&c, &why), -ERANGE);
	assert_non_null(strstr(why, "newer"));
}

static void test_bad_urls(void **state)
{
	struct store_conf c = conf();
	const char *why;

	(void)state;
	store_stop();
	c.url = "oracle:x";
	assert_int_equal(store_start(&c, &why), -EPROTONOSUPPORT);
	c.url = "sqlite:/nonexistent/dir/x.db";
	assert_int_not_equal(store_start(&c, &why), 0);
	assert_int_not_equal(strlen(why), 0);
	c.url = "none";
	assert_int_equal(store_start(&c, &why), 0);
	assert_int_equal(put(PUT, "a", 1, &(struct seen){ 0 }), -ENODEV);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file that may not grow is a full disk to SQLite: nothing is promised, nothing is lost. */
static void test_full_disk(void **state)
{
	struct seen seen = { 0 };
	struct stat st;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(put(PUT, "before", 1, &seen), 0);
	run_posted(1);
	assert_int_equal(seen.err, 0);
	assert_int_equal(stat(path, &st), 0);
	set_file_limit(1024);
	assert_int_equal(put(PUT, "during", 2, &seen), 0);
	run_posted(1);
	assert_true(seen.err == -EIO || seen.err == -ENOSPC);
	assert_false(store_is_healthy());
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(put(PUT, "later", 3, &seen), 0);
	run_posted(1);
	assert_int_equal(seen.err, 0);
	assert_true(store_is_healthy());
	expect_all("before=1 later=3 ");
}

/* While somebody else holds the database, requests pile up to the limit and no further. */
static void test_queue_is_bounded(void **state)
{
	struct seen seen[64] = { 0 };
	unsigned accepted = 0;
	sqlite3 *db;
	int err = 0;

	(void)state;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
	while (accepted < COUNT(seen) && (err = put(PUT, "x", 1, &seen[accepted])) == 0)
		accepted++;
	assert_int_equal(err, -EAGAIN);
	assert_in_range(accepted, 10, 20);	/* one batch may be with the writer already */
	assert_int_equal(sqlite3_exec(db, "rollback", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	run_posted(accepted);
	for (unsigned i = 0; i < accepted; i++)
		assert_int_equal(seen[i].err, 0);
}

static int register_once(void **state)
{
	(void)state;
	return store_register(&schema);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, open_dir, close_dir)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(test_written_is_read),
		STORE_TEST(test_texts_are_copied),
		STORE_TEST(test_bad_statement_fails_alone),
		STORE_TEST(test_all_or_nothing),
		STORE_TEST(test_control_thread),
		STORE_TEST(test_control_thread_writes_all_or_none),
		STORE_TEST(test_survives_stop),
		STORE_TEST(test_one_server_per_file),
		STORE_TEST(test_files_are_private),
		STORE_TEST(test_what_others_could_read_is_closed),
		STORE_TEST(test_what_is_somebody_elses_is_refused),
		STORE_TEST(test_newer_database_is_refused),
		STORE_TEST(test_bad_urls),
		STORE_TEST(test_full_disk),
		STORE_TEST(test_queue_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, register_once, NULL);
}
