/*
 * Sinks: files that are rotated, full or cut off; daemons that go and come back.
 */
#include "utils/log_sink.h"

#include "test/oom.h"
#include "test/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/lcs-log-sink-XXXXXX", path[64], old_path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(old_path, sizeof(old_path), "%s/log.1", dir);
	return 0;
}

static int clean_dir(void **state)
{
	(void)state;
	unlink(path);
	unlink(old_path);
	return 0;
}

static int remove_dir(void **state)
{
	clean_dir(state);
	return rmdir(dir);
}

static struct log_sink_state *open_sink(enum log_sink kind)
{
	struct log_conf conf = { .sink = kind, .path = path };
	struct log_sink_state *s = NULL;

	assert_int_equal(log_sink_open(&conf, &s), 0);
	return s;
}

static void put(struct log_sink_state *s, const char *text)
{
	struct log_record r = { .time_ns = 0, .level = LOG_LEVEL_INFO, .room = SLICE("net"),
		.thread = SLICE("main"), .text = slice_str(text) };

	log_sink_put(s, &r);
}

#define BEGIN "1970-01-01T00:00:00.000Z info net [main] "

static struct slice file_text(const char *name)
{
	static char text[4096];
	int fd = open(name, O_RDONLY);
	ssize_t len;

	assert_true(fd >= 0);
	len = read(fd, text, sizeof(text));
	close(fd);
	return slice_of(text, len > 0 ? (size_t)len : 0);
}

static void file_is_appended(void **state)
{
	struct log_sink_state *s;
	struct stat st;

	(void)state;
	for (int i = 0; i < 2; i++) {
		s = open_sink(LOG_SINK_FILE);
		put(s, i ? "second" : "first");
		log_sink_close(&s);
		assert_null(s);
	}
	assert_slice(file_text(path), BEGIN "first\n" BEGIN "second\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0007, 0);	/* not for everybody */
	log_sink_close(&s);
}

static void rotation(void **state)
{
	struct log_sink_state *s = open_sink(LOG_SINK_FILE);

	(void)state;
	put(s, "old");
	assert_int_equal(rename(path, old_path), 0);
	assert_int_equal(log_sink_reopen(s), 0);
	put(s, "new");
	log_sink_flush(s);
	assert_slice(file_text(old_path), BEGIN "old\n");
	assert_slice(file_text(path), BEGIN "new\n");
	/* If the new one cannot be had, the old one goes on. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(old_path, path), 0);
	assert_int_equal(rename(path, old_path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(log_sink_reopen(s), -EISDIR);
	put(s, "after");
	log_sink_close(&s);
	assert_int_equal(rmdir(path), 0);
}

static void open_errors(void **state)
{
	struct log_conf conf = { .sink = LOG_SINK_FILE };
	struct log_sink_state *s = NULL;
	char too_long[200];

	(void)state;
	assert_int_equal(log_sink_open(&conf, &s), -EINVAL);
	conf.path = "/nonexistent/log";
	assert_int_equal(log_sink_open(&conf, &s), -ENOENT);
	conf.sink = LOG_SINK_SYSLOG;
	assert_int_equal(log_sink_open(&conf, &s), -ENOENT);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	conf.path = too_long;
	assert_int_equal(log_sink_open(&conf, &s), -ENAMETOOLONG);
	assert_null(s);
	oom_fail_nth(1);
	assert_int_equal(log_sink_open(&conf, &s), -ENOMEM);
	assert_true(oom_reset());
}

static void full_device_costs_counted_lines(void **state)
{
	struct log_conf conf = { .sink = LOG_SINK_FILE, .path = "/dev/full" };
	struct log_sink_state *s;
	int err = 0;

	(void)state;
	assert_int_equal(log_sink_open(&conf, &s), 0);
	for (int i = 0; i < 3; i++)
		put(s, "x");
	log_sink_flush(s);
	put(s, "y");
	log_sink_flush(s);
	assert_int_equal(log_sink_take_lost(s, &err), 0);	/* nobody would read it */
	assert_int_equal(err, -ENOSPC);
	log_sink_close(&s);
}

/* The limit on file sizes stands for a disk that fills up within a line. */
static void cut_line_does_not_spoil_the_next(void **state)
{
	struct log_sink_state *s = open_sink(LOG_SINK_FILE);
	struct rlimit limit, small;
	int err;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ 2 * strlen(BEGIN "first\n") - 3, limit.rlim_max };
	put(s, "first");
	put(s, "other");
	put(s, "third");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_sink_flush(s);
	put(s, "gone!");
	log_sink_flush(s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(log_sink_take_lost(s, &err), 0);
	put(s, "again");
	log_sink_flush(s);
	assert_int_equal(log_sink_take_lost(s, &err), 3);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(log_sink_take_lost(s, &err), 0);
	log_sink_close(&s);
	assert_slice(file_text(path), BEGIN "first\n" BEGIN "oth\n" BEGIN "again\n");
}

static int bind_daemon(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, path, strlen(path));
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static struct slice datagram(int fd)
{
	static char text[4096];
	ssize_t len = recv(fd, text, sizeof(text), 0);

	return slice_of(text, len > 0 ? (size_t)len : 0);
}

static void daemons(void **state)
{
	static const struct { enum log_sink kind; const char *begin, *end; } cases[] = {
		{ LOG_SINK_SYSLOG, "<30>", "info net [main] hello" },
		{ LOG_SINK_JOURNAL, "PRIORITY=6\n", "\nMESSAGE=net [main] hello\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd = bind_daemon(), err;
		struct log_sink_state *s = open_sink(cases[i].kind);
		struct slice got;

		put(s, "hello");
		got = datagram(fd);
		assert_true(slice_starts(got, slice_str(cases[i].begin)));
		assert_true(slice_ends(got, slice_str(cases[i].end)));

		close(fd);		/* the daemon stops: two lines are lost */
		put(s, "lost");
		put(s, "lost");
		assert_int_equal(log_sink_take_lost(s, &err), 0);
		fd = bind_daemon();	/* and another one starts */
		put(s, "back");
		assert_true(slice_search(datagram(fd), SLICE("back")) > 0);
		assert_int_equal(log_sink_take_lost(s, &err), 2);
		assert_int_equal(err, -ECONNREFUSED);
		assert_int_equal(datagram(fd).len, 0);
		log_sink_close(&s);
		close(fd);
	}
}

#define sink_test(f) cmocka_unit_test_teardown(f, clean_dir)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		sink_test(file_is_appended), sink_test(rotation), sink_test(open_errors),
		sink_test(full_device_costs_counted_lines),
		sink_test(cut_line_does_not_spoil_the_next), sink_test(daemons),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
