/*
 * The log as a whole: from several threads into a file, and what may go wrong.
 */
#include "utils/log.h"

#include "test/oom.h"
#include "test/unit.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/lcs-log-XXXXXX", path[64], old_path[64], err_path[64];
static int real_stderr;

/* Standard error becomes a file, too: nothing may be written there by mistake. */
static int set_up(void **state)
{
	int fd;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(old_path, sizeof(old_path), "%s/log.1", dir);
	snprintf(err_path, sizeof(err_path), "%s/stderr", dir);
	real_stderr = dup(STDERR_FILENO);
	fd = open(err_path, O_CREAT | O_RDWR | O_APPEND, 0600);
	return fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) != 0;
}

static int clean(void **state)
{
	(void)state;
	log_stop();
	unlink(path);
	unlink(old_path);
	log_set_level(LOG_LEVEL_NOTICE);
	return truncate(err_path, 0);
}

static int tear_down(void **state)
{
	dup2(real_stderr, STDERR_FILENO);
	clean(state);
	unlink(err_path);
	return rmdir(dir);
}

static struct slice text_of_file(const char *name)
{
	static char *text;
	struct stat st;
	int fd = open(name, O_RDONLY);

	free(text);
	text = NULL;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	text = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	return slice_of(text, (size_t)st.st_size);
}

static size_t count(struct slice s, const char *what)
{
	struct slice needle = slice_str(what);
	size_t n = 0, at;

	while ((at = slice_search(s, needle)) < s.len) {
		s = slice_skip(s, at + needle.len);
		n++;
	}
	return n;
}

static void start(enum log_level level)
{
	struct log_conf conf = { .level = level, .sink = LOG_SINK_FILE, .path = path };

	assert_int_equal(log_start(&conf), 0);
}

static void lines_of_a_running_log(void **state)
{
	struct slice all;

	(void)state;
	start(LOG_LEVEL_INFO);
	log_thread_name("control");
	log_notice("sup", "started pid=%d", 42);
	log_error("a name that is too long", "bad news");
	log_info("tm", "user=%s", "x\ny");
	log_debug("tm", "not at this level");
	log_stop();
	all = text_of_file(path);
	assert_int_equal(count(all, "\n"), 3);
	assert_int_equal(count(all, " notice sup [control] started pid=42\n"), 1);
	assert_int_equal(count(all, " error a name that is  [control] bad news\n"), 1);
	assert_int_equal(count(all, " info tm [control] user=x\\ny\n"), 1);
	assert_int_equal(text_of_file(err_path).len, 0);
	log_thread_name("main");
}

static void without_a_log_thread_lines_go_to_stderr(void **state)
{
	(void)state;
	log_notice("sup", "early");
	start(LOG_LEVEL_NOTICE);
	log_notice("sup", "running");
	log_stop();
	log_notice("sup", "late");
	log_stop();
	assert_int_equal(count(text_of_file(err_path), "] early\n"), 1);
	assert_int_equal(count(text_of_file(err_path), "] late\n"), 1);
	assert_int_equal(count(text_of_file(err_path), "\n"), 2);
	assert_int_equal(count(text_of_file(path), "\n"), 1);
}

static void starting_twice_and_in_vain(void **state)
{
	struct log_conf conf = { .level = LOG_LEVEL_DEBUG, .sink = LOG_SINK_FILE,
		.path = "/nonexistent/log" };

	(void)state;
	assert_int_equal(log_start(&conf), -ENOENT);
	assert_int_equal(log_get_level(), LOG_LEVEL_NOTICE);
	start(LOG_LEVEL_NOTICE);
	assert_int_equal(log_start(&conf), -EALREADY);
	for (int i = 0; i < 5; i++) {
		log_stop();
		start(LOG_LEVEL_NOTICE);
		log_notice("sup", "run %d", i);
	}
	log_stop();
	assert_int_equal(count(text_of_file(path), " run "), 5);
}

static int evaluated(int *n) { return ++*n; }

static void level_is_looked_at_first(void **state)
{
	int n = 0;

	(void)state;
	start(LOG_LEVEL_WARNING);
	log_notice("tm", "n=%d", evaluated(&n));
	assert_int_equal(n, 0);
	log_set_level(LOG_LEVEL_DEBUG);
	assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
	log_debug("tm", "n=%d", evaluated(&n));
	assert_int_equal(n, 1);
}

static void errno_is_kept(void **state)
{
	int fd = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);		/* so that writing fails */
	errno = EDOM;
	log_notice("tm", "nobody hears");
	assert_int_equal(errno, EDOM);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static void long_text_says_that_it_was_cut(void **state)
{
	struct slice all;

	(void)state;
	start(LOG_LEVEL_NOTICE);
	log_notice("tm", "%.*s%05000d", 2, "x=", 0);
	log_notice("tm", "%03999d", 0);
	log_stop();
	all = text_of_file(path);
	assert_int_equal(count(all, "x=000"), 1);
	assert_int_equal(count(all, "000 [cut]\n"), 1);
	assert_int_equal(count(all, "0000\n"), 1);
}

static void json_lines(void **state)
{
	struct log_conf conf = { .level = LOG_LEVEL_NOTICE, .format = LOG_FORMAT_JSON,
		.sink = LOG_SINK_FILE, .path = path };
	struct slice all;

	(void)state;
	assert_int_equal(log_start(&conf), 0);
	log_notice("tm", "name=\"%s\"", "Bob");
	log_stop();
	all = text_of_file(path);
	assert_true(slice_starts(all, SLICE("{\"ts\":\"")));
	assert_true(slice_ends(all, SLICE("\"level\":\"notice\",\"room\":\"tm\","
	    "\"thread\":\"main\",\"msg\":\"name=\\\"Bob\\\"\"}\n")));
}

static void reopening(void **state)
{
	(void)state;
	log_reopen();			/* nothing to do */
	start(LOG_LEVEL_NOTICE);
	log_notice("tm", "before");
	log_stop();
	start(LOG_LEVEL_NOTICE);
	assert_int_equal(rename(path, old_path), 0);
	log_reopen();
	log_notice("tm", "after");
	log_stop();
	assert_int_equal(count(text_of_file(old_path), "] before\n"), 1);
	assert_int_equal(count(text_of_file(path), "] after\n"), 1);
}

/* ---- several threads ---------------------------------------------------- */

#define THREADS 4
#define LINES   4000

static void *log_much(void *arg)
{
	unsigned id = *(unsigned *)arg;
	char name[16];

	snprintf(name, sizeof(name), "worker %u", id);
	log_thread_name(name);
	for (unsigned i = 0; i < LINES; i++)
		log_notice("tm", "thread=%u line=%u end", id, i);
	return NULL;
}

/* The number behind key= in a line; -1 if there is none. */
static int64_t number(struct slice line, const char *key)
{
	struct slice rest = slice_skip(line, slice_search(line, slice_str(key)) + strlen(key));
	int64_t n;

	return slice_to_i64(slice_take_while(&rest, is_digit), &n) == 0 ? n : -1;
}

struct tally { int64_t last[THREADS], next_ts; size_t got, lost, odd; };

static void tally_line(struct tally *t, struct slice line)
{
	int64_t id = number(line, "thread="), n = number(line, "line=");
	char want[80];

	if (slice_search(line, SLICE("lines lost, too many")) < line.len) {
		t->lost += (size_t)number(line, "count=");
		return;
	}
	if (id < 0 || id >= THREADS || n <= t->last[id]) {
		t->odd++;
		return;
	}
	snprintf(want, sizeof(want), "Z notice tm [worker %u] thread=%u line=%u end",
	    (unsigned)id, (unsigned)id, (unsigned)n);
	t->odd += !slice_ends(line, slice_str(want));
	t->last[id] = n;
	t->got++;
}

static void threads_lose_nothing_that_is_not_counted(void **state)
{
	struct tally t = { .last = { -1, -1, -1, -1 } };
	pthread_t threads[THREADS];
	unsigned ids[THREADS];
	struct slice all;

	(void)state;
	start(LOG_LEVEL_NOTICE);
	for (unsigned i = 0; i < THREADS; i++) {
		ids[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, log_much, &ids[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_stop();
	all = text_of_file(path);
	while (all.len > 0)
		tally_line(&t, slice_split(&all, '\n'));
	print_message("# %zu lines written, %zu lost\n", t.got, t.lost);
	assert_int_equal(t.odd, 0);
	assert_int_equal(t.got + t.lost, THREADS * LINES);
	assert_true(t.got > 100);
}

/* Each line must arrive before the next is written, whether the log thread lingers,
 * sleeps for good (the pause is for that), or is just going to. */
static void every_line_wakes_the_log_thread(void **state)
{
	char text[4096];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	start(LOG_LEVEL_NOTICE);
	for (int i = 0; i < 300; i++) {
		struct pollfd readable = { fd, POLLIN, 0 };

		if (i % 30 == 0)
			assert_int_equal(poll(&readable, 1, 50), 0);
		log_at(i % 15 ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, "tm", "line");
		if (poll(&readable, 1, 20000) != 1 || read(fd, text, sizeof(text)) <= 0)
			fail_msg("line %d did not come", i);
	}
	log_stop();
	close(fd);
}

static atomic_size_t fifo_lines, fifo_lost;

static void *read_fifo(void *arg)
{
	FILE *f = fdopen(*(int *)arg, "r");
	char line[8192];

	while (fgets(line, sizeof(line), f)) {
		struct slice s = slice_str(line);

		if (slice_search(s, SLICE("lines lost, too many")) < s.len)
			atomic_fetch_add(&fifo_lost, (size_t)number(s, "count="));
		else
			atomic_fetch_add(&fifo_lines, 1);
	}
	fclose(f);
	return NULL;
}

/* Nobody reads the pipe: log_line() returns all the same, and what did not fit is
 * told as soon as somebody reads. */
static void a_stuck_sink_stops_nobody(void **state)
{
	pthread_t reader;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	start(LOG_LEVEL_NOTICE);
	for (int i = 0; i < 10000; i++)
		log_notice("tm", "line %05d 0123456789012345678901234567890123456789", i);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_fifo, &fd), 0);
	log_stop();
	pthread_join(reader, NULL);
	assert_int_equal(atomic_load(&fifo_lines) + atomic_load(&fifo_lost), 10000);
	assert_true(atomic_load(&fifo_lost) > 5000);
}

/* ---- order between threads ---------------------------------------------- */

#define TURNS 200

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t  cond;
	unsigned        next;
} turns = { .mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

/* Two threads take turns: the order of their lines is known. */
static void *log_in_turn(void *arg)
{
	unsigned own = *(unsigned *)arg;

	pthread_mutex_lock(&turns.mutex);
	for (; own < TURNS; own += 2) {
		while (turns.next != own)
			pthread_cond_wait(&turns.cond, &turns.mutex);
		log_notice("tm", "turn=%u", own);
		turns.next++;
		pthread_cond_broadcast(&turns.cond);
	}
	pthread_mutex_unlock(&turns.mutex);
	return NULL;
}

static void *read_turns(void *arg)
{
	FILE *f = fdopen(*(int *)arg, "r");
	intptr_t in_order = 0;
	char line[8192];

	while (fgets(line, sizeof(line), f))
		in_order += number(slice_str(line), "turn=") == in_order;
	fclose(f);
	return (void *)in_order;
}

/* Fill the ring of this thread while nobody reads. The log thread can take no more
 * than fits into the pipe and its block of 50 KB, which is less than a ring: so it
 * is stuck before it comes to what others log later. */
static void jam(int fd)
{
	assert_in_range(fcntl(fd, F_SETPIPE_SZ, 4096), 4096, 8192);
	for (int i = 0; i < 1000; i++)
		log_notice("tm", "%0*d", 500, 0);
}

static void lines_of_threads_are_merged_by_time(void **state)
{
	pthread_t threads[2], reader;
	unsigned ids[2] = { 0, 1 };
	void *in_order;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	start(LOG_LEVEL_NOTICE);
	jam(fd);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, log_in_turn, &ids[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_turns, &fd), 0);
	log_stop();
	pthread_join(reader, &in_order);
	assert_int_equal((intptr_t)in_order, TURNS);
}

/* ---- memory ------------------------------------------------------------- */

static void *log_one_line(void *arg)
{
	log_notice("tm", "one line");
	return arg;
}

/* A ring is 64 KiB. Under ASan mallinfo2() knows nothing, but then leaks are seen. */
static void rings_go_with_their_threads(void **state)
{
	size_t before = mallinfo2().uordblks;

	(void)state;
	start(LOG_LEVEL_NOTICE);
	for (int i = 0; i < 200; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, log_one_line, NULL), 0);
		pthread_join(thread, NULL);
	}
	log_stop();
	assert_int_equal(count(text_of_file(path), "] one line\n"), 200);
	assert_true(mallinfo2().uordblks < before + 1024 * 1024);
}

static void *log_without_memory(void *arg)
{
	(void)arg;
	oom_fail_from(1);
	for (int i = 0; i < 3; i++)
		log_notice("tm", "no ring");
	oom_reset();
	log_notice("tm", "ring");
	return NULL;
}

static void without_memory_lines_are_counted(void **state)
{
	pthread_t thread;
	struct slice all;
	int64_t lost = 0;

	(void)state;
	start(LOG_LEVEL_NOTICE);
	assert_int_equal(pthread_create(&thread, NULL, log_without_memory, NULL), 0);
	pthread_join(thread, NULL);
	log_stop();
	all = text_of_file(path);
	assert_int_equal(count(all, "] no ring\n"), 0);
	assert_int_equal(count(all, "] ring\n"), 1);
	while (all.len > 0) {
		struct slice line = slice_split(&all, '\n');

		if (slice_search(line, SLICE("lines lost, no memory")) < line.len)
			lost += number(line, "count=");
	}
	assert_int_equal(lost, 3);
}

/* ---- children ----------------------------------------------------------- */

/* ThreadSanitizer ends a child that starts threads, unless it is told not to; gcc's
 * takes the new thread for the parent's log thread, and ends it all the same. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define CHILD_MAY_START_THREADS 0
#else
#define CHILD_MAY_START_THREADS 1
#endif
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}

static void child_logs_for_itself(const char *own_path)
{
	struct log_conf conf = { .level = LOG_LEVEL_NOTICE, .sink = LOG_SINK_FILE,
		.path = own_path };

	log_notice("sup", "child at first");
	if (CHILD_MAY_START_THREADS && log_start(&conf) != 0)
		_exit(1);
	log_notice("sup", "child with a log");
	log_stop();
	_exit(0);
}

static void child_does_not_use_its_parents_log(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	start(LOG_LEVEL_NOTICE);
	log_notice("sup", "parent before");
	pid = fork();
	if (pid == 0)
		child_logs_for_itself(old_path);
	log_notice("sup", "parent after");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	log_stop();
	assert_int_equal(count(text_of_file(path), "] parent "), 2);
	assert_int_equal(count(text_of_file(path), "\n"), 2);
	assert_int_equal(count(text_of_file(err_path), "] child at first\n"), 1);
	if (!CHILD_MAY_START_THREADS)
		return;
	assert_int_equal(count(text_of_file(old_path), "] child with a log\n"), 1);
	assert_int_equal(count(text_of_file(old_path), "\n"), 1);
	assert_int_equal(count(text_of_file(err_path), "\n"), 1);
}

#define log_test(f) cmocka_unit_test_teardown(f, clean)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		log_test(lines_of_a_running_log),
		log_test(without_a_log_thread_lines_go_to_stderr),
		log_test(starting_twice_and_in_vain),
		log_test(level_is_looked_at_first),
		log_test(errno_is_kept),
		log_test(long_text_says_that_it_was_cut),
		log_test(json_lines),
		log_test(reopening),
		log_test(threads_lose_nothing_that_is_not_counted),
		log_test(every_line_wakes_the_log_thread),
		log_test(a_stuck_sink_stops_nobody),
		log_test(lines_of_threads_are_merged_by_time),
		log_test(rings_go_with_their_threads),
		log_test(without_memory_lines_are_counted),
		log_test(child_does_not_use_its_parents_log),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
