/*
 * core/store/mirror.c - the mirror's thread, and what it is told and tells; see mirror.h.
 */
#include "core/store/mirror.h"

#include "core/store/mirror_room.h"
#include "utils/err.h"
#include "utils/lockorder.h"
#include "utils/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RETRY_MS      1000	/* after a failure; then longer each time */
#define RETRY_MAX_MS  10000
#define ALIVE_MS      10000	/* a connection without work is tried so often */
#define FLUSH_MS      1000	/* at the end, for what waits */

static struct {
	struct lock      lock;		/* what follows, up to the thread */
	bool             stopping, poked, resync, claim;
	struct store_conn *on_the_way;	/* for who has to interrupt it */
	struct store_mirror_status status;
	pthread_cond_t   wake;
	pthread_t        thread;
	_Atomic bool     on;
	struct mirror   *mirror;	/* the thread's */
	bool             is_said;	/* the thread's: that something is wrong was logged */
	char             said[512];
	int64_t          caught_up;	/* the thread's, ms */
	int64_t          retried;	/* the thread's, ms: what was refused was tried again */
} mir = { .lock = LOCK_INIT(LOCK_STORE_MIRROR), .wake = PTHREAD_COND_INITIALIZER };

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- what it tells ---- */

static void publish(struct mirror *m, uint64_t written)
{
	uint64_t waiting = 0, refused = 0;
	bool is_counted = !m->is_unmarked && mirror_waiting(m, &waiting, &refused) == 0;
	int64_t now = now_ms();

	if (is_counted && waiting == 0 && m->remote)
		mir.caught_up = now;
	lock_take(&mir.lock);
	mir.on_the_way = m->remote;
	mir.status.is_joined = m->remote != NULL;
	if (is_counted) {
		mir.status.waiting = waiting;
		mir.status.refused = refused;
	}
	mir.status.is_unmarked = m->is_unmarked;
	mir.status.behind = mir.status.waiting ? (now - mir.caught_up + 999) / 1000 : 0;
	mir.status.written += written;
	lock_drop(&mir.lock);
}

/* Of the URL, what stands behind the user: whoever writes a password there is refused by the
 * driver, and that is logged. */
static struct slice host_of(const struct mirror *m)
{
	struct slice url = slice_str(m->start.conf->url);
	size_t at = url.len;

	while (at > 0 && url.p[at - 1] != '@')
		at--;
	return at ? slice_skip(url, at) : SLICE("");
}

/* Said once, and again when the reason is another one. */
static void note_failure(struct mirror *m, int err)
{
	lock_take(&mir.lock);
	mir.status.failures++;
	mir.status.is_joined = false;
	snprintf(mir.status.error, sizeof(mir.status.error), "%s", m->why);
	lock_drop(&mir.lock);
	if (mir.is_said && strcmp(mir.said, m->why) == 0)
		return;
	mir.is_said = true;
	snprintf(mir.said, sizeof(mir.said), "%s", m->why);
	log_error("store", "the SQL mirror cannot be written host=%.*s error=\"%s\" detail=\"%s\": "
	    "users are served from the store here, what changes waits in it", SLICE_ARG(host_of(m)),
	    err_text(err), m->why);
}

static void note_joined(struct mirror *m)
{
	lock_take(&mir.lock);
	mir.status.error[0] = '\0';
	lock_drop(&mir.lock);
	publish(m, 0);
	log_notice("store", "the SQL mirror is joined host=%.*s home=%s waiting=%llu",
	    SLICE_ARG(host_of(m)), m->start.conf->home, (unsigned long long)mir.status.waiting);
}

static void note_caught_up(struct mirror *m)
{
	if (!mir.is_said)
		return;
	mir.is_said = false;
	mir.said[0] = '\0';
	log_notice("store", "the SQL mirror has all that waited home=%s", m->start.conf->home);
}

void store_mirror_status(struct store_mirror_status *out)
{
	lock_take(&mir.lock);
	*out = mir.status;
	out->is_on = atomic_load(&mir.on);
	lock_drop(&mir.lock);
}

/* ---- what it is told ---- */

void mirror_poke(void)
{
	if (!atomic_load_explicit(&mir.on, memory_order_acquire))
		return;
	lock_take(&mir.lock);
	mir.poked = true;
	pthread_cond_signal(&mir.wake);
	lock_drop(&mir.lock);
}

int store_mirror_resync(bool claim)
{
	if (!atomic_load(&mir.on))
		return -ENODEV;
	lock_take(&mir.lock);
	mir.resync = true;
	mir.claim = mir.claim || claim;
	pthread_cond_signal(&mir.wake);
	lock_drop(&mir.lock);
	return 0;
}

/* Until it is told something, or the time is up. Without a connection what was committed is no
 * reason to wake: it waits on the disk. */
static void wait_for_work(int64_t ms)
{
	int64_t until = now_ms() + ms, left;

	lock_take(&mir.lock);
	while (!mir.stopping && !mir.resync && !(mir.on_the_way && mir.poked) &&
	    (left = until - now_ms()) > 0)
		lock_wait(&mir.lock, &mir.wake, left);
	lock_drop(&mir.lock);
}

struct orders { bool stopping, resync, claim, poked; };

/* With those that could not be carried out. */
static struct orders take_orders(struct orders left)
{
	struct orders o;

	lock_take(&mir.lock);
	o = (struct orders){ mir.stopping, mir.resync || left.resync, mir.claim || left.claim,
		mir.poked };
	mir.resync = mir.claim = mir.poked = false;
	lock_drop(&mir.lock);
	return o;
}

/* ---- the thread ---- */

static void part(struct mirror *m)
{
	lock_take(&mir.lock);
	mir.on_the_way = NULL;
	lock_drop(&mir.lock);
	mirror_part(m);
}

/* Rows that come and go leave a mark each, so a long outage would fill the disk with them. */
static void bound_marks(struct mirror *m)
{
	uint64_t waiting = mir.status.waiting + mir.status.refused;

	if (m->is_unmarked || waiting <= m->marks_most || mirror_stop_marks(m) != 0)
		return;
	lock_take(&mir.lock);
	mir.status.overflows++;
	mir.status.is_unmarked = true;
	lock_drop(&mir.lock);
	log_warning("store", "more rows wait for the SQL mirror than store_mirror_marks: no more are noted, "
	    "all rows are compared when it is back home=%s waiting=%llu", m->start.conf->home,
	    (unsigned long long)waiting);
}

static void lose(struct mirror *m, int err)
{
	part(m);
	note_failure(m, err);
	publish(m, 0);
	bound_marks(m);
}

/* 0 when all that waited is there. Until deadline, if it is not 0. */
static int ship_all(struct mirror *m, int64_t deadline)
{
	int64_t published = 0;
	unsigned count, refused;
	int err;

	for (;;) {
		err = mirror_ship(m, &count, &refused);
		if (err || count == 0)
			break;
		if (deadline ? now_ms() > deadline : now_ms() - published > 1000 || refused) {
			if (deadline)
				break;
			published = now_ms();
			publish(m, count);
		} else {
			lock_take(&mir.lock);
			mir.status.written += count;
			lock_drop(&mir.lock);
		}
	}
	mirror_say_refused(m);
	return err;
}

static int do_orders(struct mirror *m, const struct orders *o)
{
	int err = 0;

	if (!m->remote || (o->resync && o->claim)) {
		part(m);
		err = mirror_join(m, false, o->claim);
		if (!err)
			note_joined(m);
	}
	if (!err && o->resync) {
		err = mirror_try_refused(m);
		if (!err && !o->claim)
			err = mirror_compare_all(m);
	}
	if (!err && !o->poked && !o->resync)
		err = mirror_guard(m, m->last_seq);
	return err;
}

/* A column was made longer, a packet may be larger: what was refused may fit by now, and nobody says so. */
static int try_refused(struct mirror *m)
{
	int64_t now = now_ms();

	if (now - mir.retried < m->start.conf->retry)
		return 0;
	mir.retried = now;
	return mir.status.refused ? mirror_try_refused(m) : 0;
}

static void *mirror_loop(void *arg)
{
	struct mirror *m = arg;
	int64_t retry = RETRY_MS;
	struct orders o = { .poked = true };

	log_thread_name("store mirror");
	while (!o.stopping) {
		int err = do_orders(m, &o);

		if (!err)
			err = try_refused(m);
		if (!err)
			err = ship_all(m, 0);
		if (err) {
			lose(m, err);
			wait_for_work(retry);
			retry = 2 * retry < RETRY_MAX_MS ? 2 * retry : RETRY_MAX_MS;
		} else {
			publish(m, 0);
			note_caught_up(m);
			retry = RETRY_MS;
			o = (struct orders){ .poked = false };
			wait_for_work(ALIVE_MS);
		}
		o = take_orders(o);
	}
	if (m->remote)
		ship_all(m, now_ms() + FLUSH_MS);
	arena_thread_flush();
	return NULL;
}

/* ---- start and stop ---- */

static void drop(struct mirror *m)
{
	mirror_part(m);
	mirror_local_close(m);
	arena_free(&m->arena);
	free(m);
	mir.mirror = NULL;
}

int mirror_start(const struct mirror_start *start, const char **why)
{
	static _Thread_local char reason[512];
	struct mirror *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	mir.status = (struct store_mirror_status){ .is_joined = false };
	mir.stopping = mir.resync = mir.claim = mir.poked = mir.is_said = false;
	mir.said[0] = '\0';
	mir.caught_up = mir.retried = now_ms();
	snprintf(mir.status.home, sizeof(mir.status.home), "%s", start->conf->home);
	err = mirror_open(m, start);
	if (!err) {
		mir.mirror = m;
		publish(m, 0);
		if (m->remote)
			note_joined(m);
		err = -pthread_create(&mir.thread, NULL, mirror_loop, m);
	}
	if (!err) {
		atomic_store(&mir.on, true);
		return 0;
	}
	snprintf(reason, sizeof(reason), "store_mirror: %.490s", m->why);
	*why = reason;
	drop(m);
	return err;
}

void mirror_stop(void)
{
	struct timespec until;

	if (!atomic_exchange(&mir.on, false))
		return;
	lock_take(&mir.lock);
	mir.stopping = true;
	pthread_cond_signal(&mir.wake);
	lock_drop(&mir.lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	if (pthread_timedjoin_np(mir.thread, NULL, &until) != 0) {
		lock_take(&mir.lock);
		if (mir.on_the_way && mir.mirror->there->interrupt)
			mir.mirror->there->interrupt(mir.on_the_way);
		lock_drop(&mir.lock);
		pthread_join(mir.thread, NULL);
	}
	drop(mir.mirror);
}
