/*
 * utils/log.c - from log_line() to the ring, and the thread that empties rings.
 *
 * A line that finds the log thread asleep wakes it and is written at once. After
 * that the log thread lets LINGER_MS pass between its turns, so that a busy
 * server writes many lines with one system call and its workers make none; only
 * errors, warnings and rings that fill up hurry it.
 */
#include "utils/log.h"

#include "utils/err.h"
#include "utils/lockorder.h"
#include "utils/log_ring.h"
#include "utils/log_sink.h"
#include "utils/log_text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define LINGER_MS      20
#define LINES_PER_TURN 1000

_Atomic int log_level_now = LOG_LEVEL_NOTICE;

/* A ring and its place in the lists of log_main(). */
struct source {
	struct log_ring *ring;
	struct source   *next;
	char             thread[LOG_NAME_MAX + 1];	/* as its last record said */
};

static struct lock control = LOCK_INIT(LOCK_LOG);	/* starting and stopping */
static atomic_bool is_running;

static struct {
	pthread_t              thread;
	struct log_sink_state *sink;
	int                    wake_fd;		/* kept open: a late writer may use it */
	struct source         *sources;		/* the log thread's */
	struct source         *inherited[2];	/* in a child: the parent's, never used */
	struct source *_Atomic new_sources;	/* from threads that log for the first time */
	atomic_bool            is_asleep;
	atomic_bool            is_nudged;	/* wake_fd is written, or will be */
	atomic_bool            must_stop, must_reopen;
	_Atomic unsigned       lost;		/* by threads without a ring */
} state = { .wake_fd = -1 };

static _Thread_local struct {
	struct log_ring *ring;
	char             name[LOG_NAME_MAX + 1];
} self;

static pthread_key_t exit_key;		/* its destructor closes a thread's ring */

void log_set_level(enum log_level level)
{
	log_level_now = (int)level;
}

enum log_level log_get_level(void)
{
	return (enum log_level)log_level_now;
}

void log_thread_name(const char *name)
{
	snprintf(self.name, sizeof(self.name), "%s", name);
}

/* ---- the thread that logs ----------------------------------------------- */

static struct slice own_name(void)
{
	if (self.name[0] == '\0' && gettid() == getpid())
		log_thread_name("main");
	else if (self.name[0] == '\0')
		snprintf(self.name, sizeof(self.name), "thread %d", (int)gettid());
	return slice_str(self.name);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void nudge(void)
{
	const uint64_t one = 1;

	if (!atomic_exchange(&state.is_nudged, true))
		lcs_assert(write(state.wake_fd, &one, sizeof(one)) == sizeof(one));
}

static void close_ring(void *ring)
{
	self.ring = NULL;
	log_ring_close(ring);
}

static struct log_ring *ring_new(void)
{
	struct source *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct source){ .ring = log_ring_new() };
	if (!s->ring || pthread_setspecific(exit_key, s->ring) != 0) {
		log_ring_free(&s->ring);
		free(s);
		return NULL;
	}
	s->next = atomic_load_explicit(&state.new_sources, memory_order_relaxed);
	while (!atomic_compare_exchange_weak(&state.new_sources, &s->next, s))
		;
	return s->ring;
}

static void to_ring(const struct log_record *r)
{
	bool is_urgent = r->level <= LOG_LEVEL_WARNING;

	if (!self.ring)
		self.ring = ring_new();
	if (!self.ring)
		atomic_fetch_add(&state.lost, 1);
	else if (log_ring_put(self.ring, r))
		is_urgent |= log_ring_is_filling(self.ring);
	if (is_urgent || atomic_load(&state.is_asleep))
		nudge();
}

/* One write: lines of several threads must not mix. */
static void to_stderr(const struct log_record *r)
{
	char line[LOG_LINE_BYTES];
	size_t len = log_text_line(line, r);

	if (write(STDERR_FILENO, line, len) < 0)
		return;			/* there is nobody left to tell */
}

static struct slice print(char text[LOG_TEXT_MAX], const char *fmt, va_list ap)
{
	static const struct slice cut = { " [cut]", 6 };
	int len = vsnprintf(text, LOG_TEXT_MAX, fmt, ap);

	if (len < 0)
		return slice_str(fmt);
	if (len >= LOG_TEXT_MAX) {
		len = LOG_TEXT_MAX;
		memcpy(text + len - cut.len, cut.p, cut.len);
	}
	return slice_of(text, (size_t)len);
}

void log_line(enum log_level level, const char *room, const char *fmt, ...)
{
	int saved = errno;
	char text[LOG_TEXT_MAX];
	struct log_record r = { .time_ns = now_ns(), .level = level, .thread = own_name(),
		.room = slice_first(slice_str(room), LOG_NAME_MAX) };
	va_list ap;

	va_start(ap, fmt);
	r.text = print(text, fmt, ap);
	va_end(ap);
	if (atomic_load_explicit(&is_running, memory_order_acquire))
		to_ring(&r);
	else
		to_stderr(&r);
	errno = saved;
}

/* ---- the log thread ----------------------------------------------------- */

static void adopt_sources(void)
{
	struct source *s, *next;

	if (!atomic_load(&state.new_sources))
		return;
	for (s = atomic_exchange(&state.new_sources, NULL); s; s = next) {
		next = s->next;
		s->next = state.sources;
		state.sources = s;
	}
}

static void say(enum log_level level, const char *thread, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void say(enum log_level level, const char *thread, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX];
	struct log_record r = { .time_ns = now_ns(), .level = level,
		.room = SLICE("log"), .thread = slice_str(thread) };
	va_list ap;

	va_start(ap, fmt);
	r.text = print(text, fmt, ap);
	va_end(ap);
	log_sink_put(state.sink, &r);
}

/* The source whose next record is the oldest of all; NULL if there is none. */
static struct source *oldest(struct log_record *r)
{
	struct source *found = NULL;
	struct log_record own;

	for (struct source *s = state.sources; s; s = s->next)
		if (log_ring_peek(s->ring, &own) && (!found || own.time_ns < r->time_ns)) {
			found = s;
			*r = own;
		}
	return found;
}

static void report_lost_by_threads(void)
{
	unsigned lost = atomic_exchange(&state.lost, 0);

	if (lost > 0)
		say(LOG_LEVEL_WARNING, "log", "lines lost, no memory count=%u", lost);
	for (struct source *s = state.sources; s; s = s->next) {
		lost = log_ring_take_lost(s->ring);
		if (lost > 0)
			say(LOG_LEVEL_WARNING, s->thread, "lines lost, too many at once count=%u",
			    lost);
	}
}

static void report_lost_by_sink(void)
{
	int err;
	unsigned lost = log_sink_take_lost(state.sink, &err);

	if (lost > 0)
		say(LOG_LEVEL_ERROR, "log", "lines lost, could not write count=%u error=\"%s\"",
		    lost, err_text(err));
	log_sink_flush(state.sink);
}

/* What is written is taken out at once, so that its thread goes on meanwhile. A write may
 * have taken long: threads that began during it have older lines than some that wait. */
static unsigned drain(void)
{
	struct log_record r;
	struct source *s;
	unsigned lines = 0;

	for (; lines < LINES_PER_TURN; lines++) {
		adopt_sources();
		s = oldest(&r);
		if (!s)
			break;
		memcpy(s->thread, r.thread.p, r.thread.len);
		s->thread[r.thread.len] = '\0';
		log_sink_put(state.sink, &r);
		log_ring_pop(s->ring);
	}
	report_lost_by_threads();
	log_sink_flush(state.sink);
	report_lost_by_sink();
	return lines;
}

static void free_finished(void)
{
	struct source **at = &state.sources, *s;

	while ((s = *at)) {
		if (!log_ring_is_finished(s->ring)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		log_ring_free(&s->ring);
		free(s);
	}
}

static bool has_work(void)
{
	struct log_record r;

	adopt_sources();
	return oldest(&r) || atomic_load(&state.must_stop) || atomic_load(&state.must_reopen);
}

static void wait_for_nudge(int timeout_ms)
{
	struct pollfd fd = { state.wake_fd, POLLIN, 0 };
	uint64_t writes;

	if (poll(&fd, 1, timeout_ms) == 1 && read(state.wake_fd, &writes, sizeof(writes)) < 0)
		return;
	/* After reading: whoever nudges from now on writes again. What was put before
	 * a nudge that found this true is seen by the drain that follows. */
	atomic_exchange(&state.is_nudged, false);
}

/* Who puts a record in looks at is_asleep afterwards; here it is the other way
 * round: so one of the two sees the other. */
static void sleep_until_there_is_work(void)
{
	atomic_store(&state.is_asleep, true);
	if (!has_work())
		wait_for_nudge(-1);
	atomic_store(&state.is_asleep, false);
}

static void reopen(void)
{
	int err;

	if (!atomic_exchange(&state.must_reopen, false))
		return;
	err = log_sink_reopen(state.sink);
	if (err)
		say(LOG_LEVEL_ERROR, "log", "cannot open again, going on with the old one "
		    "error=\"%s\"", err_text(err));
}

static void *log_main(void *arg)
{
	unsigned lines;

	(void)arg;
	while (!atomic_load(&state.must_stop)) {
		reopen();
		lines = drain();
		free_finished();
		if (lines == 0)
			sleep_until_there_is_work();
		else if (lines < LINES_PER_TURN)
			wait_for_nudge(LINGER_MS);
	}
	reopen();
	while (drain() > 0)
		;
	free_finished();
	return NULL;
}

/* ---- starting and stopping ---------------------------------------------- */

static void before_fork(void)
{
	lock_take(&control);
}

static void after_fork_in_parent(void)
{
	lock_drop(&control);
}

/* The log thread is not here; what it was at is the parent's business. Its lists
 * may have been in the middle of a change, so they are kept but not looked at. */
static void after_fork_in_child(void)
{
	if (atomic_load(&is_running))
		log_sink_abandon(&state.sink);
	atomic_store(&is_running, false);
	close(state.wake_fd);
	state.wake_fd = -1;
	state.inherited[0] = state.sources;
	state.inherited[1] = atomic_exchange(&state.new_sources, NULL);
	state.sources = NULL;
	self.ring = NULL;
	pthread_setspecific(exit_key, NULL);
	lock_drop(&control);
}

static void prepare_once(void)
{
	lcs_assert(pthread_key_create(&exit_key, close_ring) == 0);
	lcs_assert(pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0);
}

/* Signals are for the thread that waits for them, never for this one. */
static int start_thread(void)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&state.thread, NULL, log_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		pthread_setname_np(state.thread, "lcs log");
	return -err;
}

static int start(const struct log_conf *conf)
{
	int err;

	if (state.wake_fd < 0)
		state.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (state.wake_fd < 0)
		return -errno;
	err = log_sink_open(conf, &state.sink);
	if (err)
		return err;
	atomic_store(&state.is_nudged, false);
	atomic_store(&state.must_stop, false);
	atomic_store(&state.must_reopen, false);
	err = start_thread();
	if (err)
		log_sink_close(&state.sink);
	return err;
}

int log_start(const struct log_conf *conf)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int err = -EALREADY;

	pthread_once(&once, prepare_once);
	lock_take(&control);
	if (!atomic_load(&is_running))
		err = start(conf);
	if (!err) {
		log_set_level(conf->level);
		atomic_store_explicit(&is_running, true, memory_order_release);
	}
	lock_drop(&control);
	return err;
}

void log_stop(void)
{
	lock_take(&control);
	if (atomic_load(&is_running)) {
		atomic_store(&is_running, false);
		atomic_store(&state.must_stop, true);
		nudge();
		pthread_join(state.thread, NULL);
		log_sink_close(&state.sink);
	}
	lock_drop(&control);
}

void log_reopen(void)
{
	lock_take(&control);
	if (atomic_load(&is_running)) {
		atomic_store(&state.must_reopen, true);
		nudge();
	}
	lock_drop(&control);
}
