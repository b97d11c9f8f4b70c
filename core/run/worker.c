/*
 * core/run/worker.c - the worker threads: start in step, turn, stop in step.
 */
#include "core/run/worker.h"

#include "core/run/gen.h"
#include "utils/arena.h"
#include "utils/epoch.h"
#include "utils/err.h"
#include "utils/log.h"
#include "utils/spare.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PARTS_MAX       32u
#define ITEMS_PER_TURN  256u
#define SLOW_LINE_MS    1000
#define POST_AT_ONCE    32u		/* items for one worker that do not wait for the end of the turn */

struct worker {
	unsigned            index;
	struct loop        *loop;
	struct inbox       *inbox;
	struct worker_heart *heart;
	struct watch        door;	/* the inbox's eventfd */
	struct loop_task    drain;
	struct inbox_item   bell;	/* wakes it up to stop */
	bool                more;	/* the inbox was not emptied */
	bool                armed, asleep;
	uint64_t            has_mail;	/* bit per worker: there is something in outgoing */
	struct inbox_batch  outgoing[WORKERS_MAX];
	msec_t              slow_said;	/* when the last line about a slow handler was written */
	unsigned            slow_unsaid;
	int                 err;
	unsigned            parts_started;
	pthread_t           thread;
	sem_t               go;
};

static struct {
	struct worker_part   parts[PARTS_MAX];
	unsigned             part_count;
	struct worker        workers[WORKERS_MAX];
	unsigned             count;
	struct worker_heart *hearts;
	struct worker_heart  own_hearts[WORKERS_MAX];
	_Atomic bool         stopping;
	bool                 verdict;	/* written before go is posted */
	sem_t                arrived;	/* a worker came to the next step */
} room;

static _Thread_local struct worker *self;
_Thread_local struct worker_here worker_here = { .index = -1 };

/* NULL: this thread is none. */
static void be(struct worker *w)
{
	self = w;
	worker_here.index = w ? (int)w->index : -1;
	worker_here.loop = w ? w->loop : NULL;
}

void worker_register(const struct worker_part *part)
{
	lcs_assert(room.part_count < PARTS_MAX);
	room.parts[room.part_count++] = *part;
}

void worker_set_hearts(struct worker_heart *hearts)
{
	room.hearts = hearts;
}

bool workers_are_real(void)
{
	return true;
}

static struct loop *control;		/* only its own thread asks for it */

struct loop *control_loop(void) { return control; }
void control_set_loop(struct loop *loop) { control = loop; }

unsigned worker_count(void)
{
	return room.count;
}

/* The upper half, so that tables that take the lower bits of the same key stay even. */
unsigned worker_of(uint64_t key)
{
	return (unsigned)((key >> 32) * room.count >> 32);
}

uint64_t worker_turns(unsigned index)
{
	return atomic_load_explicit(&room.workers[index].heart->beat, memory_order_relaxed) / 2;
}

uint64_t worker_pauses(unsigned index)
{
	return loop_pauses(room.workers[index].loop);
}

size_t worker_inbox_depth(unsigned index)
{
	return inbox_depth(room.workers[index].inbox);
}

/* ---- between workers ---- */

_Static_assert(WORKERS_MAX <= 64, "has_mail has a bit for each");

static void post_outgoing(struct worker *w, unsigned index)
{
	w->has_mail &= ~((uint64_t)1 << index);
	inbox_post_batch(room.workers[index].inbox, &w->outgoing[index]);
}

static void post_all(struct worker *w)
{
	while (w->has_mail)
		post_outgoing(w, (unsigned)__builtin_ctzll(w->has_mail));
}

/*
 * What a turn has for another worker goes together at the turn's end, so that a sleeper
 * is woken once for all of it and not for the first of many.
 */
static int collect(struct worker *w, unsigned index, struct inbox_item *item,
    enum inbox_mode mode)
{
	struct inbox_batch *batch = &w->outgoing[index];

	if (inbox_collect(room.workers[index].inbox, batch, item, mode) != 0)
		return -EAGAIN;
	w->has_mail |= (uint64_t)1 << index;
	if (batch->count >= POST_AT_ONCE)
		post_outgoing(w, index);
	return 0;
}

int worker_post(unsigned index, struct inbox_item *item, enum inbox_mode mode)
{
	lcs_assert(index < room.count);
	if (self && self->index != index)
		return collect(self, index, item, mode);
	return inbox_post(room.workers[index].inbox, item, mode);
}

struct on_each { struct inbox_item item; void (*fn)(unsigned index, void *arg); void *arg; sem_t done; };

static void run_on_each(struct inbox_item *item)
{
	struct on_each *e = container_of(item, struct on_each, item);

	e->fn(self->index, e->arg);
	sem_post(&e->done);
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		lcs_assert(errno == EINTR);
}

void worker_on_each(void (*fn)(unsigned index, void *arg), void *arg)
{
	struct on_each e = { .item.run = run_on_each, .fn = fn, .arg = arg };

	lcs_assert(!self);
	sem_init(&e.done, 0, 0);
	for (unsigned i = 0; i < room.count; i++) {
		worker_post(i, &e.item, INBOX_MUST);
		wait_for(&e.done);
	}
	sem_destroy(&e.done);
}

int control_wait(sem_t *sem, msec_t most)
{
	struct timespec until;

	lcs_assert(!self);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += most / 1000;
	until.tv_nsec += most % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_clockwait(sem, CLOCK_MONOTONIC, &until) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* ---- a turn ---- */

static void count_beats(struct worker *w, unsigned more)
{
	uint64_t n = atomic_load_explicit(&w->heart->beat, memory_order_relaxed);

	atomic_store_explicit(&w->heart->beat, n + more, memory_order_relaxed);
}

static void beat(struct worker *w) { count_beats(w, 1); }
/* Who has so much to do that he never sleeps is not stuck: still awake, one turn further. */
static void beat_awake(struct worker *w) { count_beats(w, 2); }

static bool before_sleep(void *arg)
{
	struct worker *w = arg;

	if (w->more)
		return false;
	w->armed = true;
	if (!inbox_arm(w->inbox))
		return false;
	beat(w);
	gen_hand_back();
	epoch_offline();
	w->asleep = true;
	return true;
}

static void after_sleep(void *arg)
{
	struct worker *w = arg;

	if (w->armed) {
		w->armed = false;
		inbox_disarm(w->inbox);
	}
	if (w->asleep) {
		w->asleep = false;
		epoch_online();
		beat(w);
	} else {
		epoch_quiet();
		beat_awake(w);
	}
	loop_at_end(w->loop, &w->drain);
}

/* On a machine that is short of CPUs everything is slow; one line a second says so. */
static void log_slow(void *arg, msec_t took)
{
	const struct worker_note *note = worker_note();
	struct worker *w = arg;
	msec_t now = loop_now(w->loop);

	if (w->slow_said > 0 && now - w->slow_said < SLOW_LINE_MS) {
		w->slow_unsaid++;
		return;
	}
	log_warning("run", "slow handler took_ms=%lld room=%s module=%s script=%s:%u call_id=%.*s "
	    "more_since_last_line=%u", (long long)took, note->room ? note->room : "-",
	    note->module ? note->module : "-", note->file ? note->file : "-", note->line,
	    (int)note->call_id_len, note->call_id ? note->call_id : "", w->slow_unsaid);
	w->slow_said = now;
	w->slow_unsaid = 0;
}

/* One at a time, so that a slow one is known by its note. */
static void drain(struct loop_task *t)
{
	struct worker *w = container_of(t, struct worker, drain);
	unsigned n = 0;

	for (w->more = true; n < ITEMS_PER_TURN && w->more; n++) {
		*worker_note() = (struct worker_note){ .room = NULL };
		w->more = inbox_drain(w->inbox, 1);
		loop_handled(w->loop);
	}
	loop_came(w->loop, n - 1);
}

/* after_sleep() has seen to it already. */
static void door_ready(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
}

static void turn(struct worker *w)
{
	*worker_note() = (struct worker_note){ .room = NULL };
	loop_turn(w->loop, -1);
	post_all(w);
}

/* ---- life of a thread ---- */

static int start_parts(struct worker *w)
{
	for (; w->parts_started < room.part_count; w->parts_started++) {
		const struct worker_part *part = &room.parts[w->parts_started];
		int err = part->start ? part->start(w->index, part->arg) : 0;

		if (err) {
			log_error("run", "worker %u: %s did not start error=\"%s\"", w->index,
			    part->name, err_text(err));
			return err;
		}
	}
	return 0;
}

static void stop_parts(struct worker *w)
{
	while (w->parts_started > 0) {
		const struct worker_part *part = &room.parts[--w->parts_started];

		if (part->stop)
			part->stop(w->index, part->arg);
	}
}

/* Tell the control thread that this step is done, and wait until all have done it. */
static bool next_step(struct worker *w)
{
	post_all(w);
	sem_post(&room.arrived);
	wait_for(&w->go);
	return room.verdict;
}

/*
 * Nobody receives any more, so what is under way between the workers runs dry:
 * each empties its inbox, again and again, until all were found empty.
 */
static void run_dry(struct worker *w)
{
	do {
		while (inbox_drain(w->inbox, ITEMS_PER_TURN))
			;
		epoch_quiet();
	} while (next_step(w));
}

/* What parts have left to be done by all workers comes before what the wire brings to any: a
 * request must not overtake what the store has given back. */
static void do_what_is_left(struct worker *w)
{
	while (inbox_drain(w->inbox, ITEMS_PER_TURN))
		;
	epoch_quiet();
	next_step(w);
}

static void live(struct worker *w)
{
	w->err = epoch_thread_register();
	if (w->err) {
		next_step(w);
		return;
	}
	w->err = start_parts(w);
	if (next_step(w)) {
		do_what_is_left(w);
		while (!atomic_load_explicit(&room.stopping, memory_order_acquire))
			turn(w);
		run_dry(w);
	}
	stop_parts(w);
	post_all(w);
	gen_hand_back();
	epoch_thread_unregister();
}

static void *run(void *arg)
{
	struct worker *w = arg;
	char name[16];

	be(w);
	snprintf(name, sizeof(name), "worker %u", w->index);
	log_thread_name(name);
	pthread_setname_np(pthread_self(), name);
	atomic_store_explicit(&w->heart->tid, (int)syscall(SYS_gettid), memory_order_relaxed);
	beat(w);
	spare_begin();
	live(w);
	beat(w);
	arena_thread_flush();
	spare_end();
	return NULL;
}

/* ---- control thread ---- */

static int open_worker(struct worker *w, unsigned index, const struct worker_conf *conf)
{
	struct loop_sleep sleep = { before_sleep, after_sleep, log_slow, w };

	*w = (struct worker){ .index = index, .door.ready = door_ready };
	w->heart = &(room.hearts ? room.hearts : room.own_hearts)[index];
	atomic_store(&w->heart->beat, 0);
	sem_init(&w->go, 0, 0);
	loop_task_init(&w->drain, drain);
	w->loop = loop_new();
	w->inbox = inbox_new(conf->inbox_limit);
	if (!w->loop || !w->inbox)
		return -ENOMEM;
	loop_set_sleep(w->loop, &sleep);
	w->door.fd = inbox_fd(w->inbox);
	return loop_watch(w->loop, &w->door, EPOLLIN | EPOLLET);
}

static bool has_mail(void)
{
	for (unsigned i = 0; i < room.count; i++)
		if (room.workers[i].inbox && inbox_depth(room.workers[i].inbox) > 0)
			return true;
	return false;
}

/* What is still in an inbox runs as if on its worker, whose thread is gone. It may post more, to
 * any of them: so all inboxes are empty before the first goes. */
static void empty_inboxes(void)
{
	do {
		for (unsigned i = 0; i < room.count; i++) {
			struct worker *w = &room.workers[i];

			be(w);
			while (w->inbox && inbox_drain(w->inbox, SIZE_MAX))
				;
			post_all(w);
			gen_hand_back();
			be(NULL);
		}
	} while (has_mail());
}

static void close_worker(struct worker *w)
{
	be(w);
	inbox_free(&w->inbox);
	loop_free(&w->loop);
	sem_destroy(&w->go);
	be(NULL);
}

/* Wait until `threads` workers came to the end of their step, then let them go on. */
static void await_step(unsigned threads)
{
	for (unsigned i = 0; i < threads; i++)
		wait_for(&room.arrived);
}

static void release(unsigned threads, bool verdict)
{
	room.verdict = verdict;
	for (unsigned i = 0; i < threads; i++)
		sem_post(&room.workers[i].go);
}

static int first_error(unsigned threads)
{
	for (unsigned i = 0; i < threads; i++)
		if (room.workers[i].err)
			return room.workers[i].err;
	return 0;
}

static void join_all(unsigned threads)
{
	for (unsigned i = 0; i < threads; i++)
		pthread_join(room.workers[i].thread, NULL);
	empty_inboxes();
	for (unsigned i = 0; i < room.count; i++)
		close_worker(&room.workers[i]);
	sem_destroy(&room.arrived);
	room.count = 0;
	room.part_count = 0;
}

int workers_start(const struct worker_conf *conf)
{
	unsigned threads = 0;
	int err = 0;

	lcs_assert(conf->count >= 1 && conf->count <= WORKERS_MAX && room.count == 0);
	sem_init(&room.arrived, 0, 0);
	atomic_store(&room.stopping, false);
	for (unsigned i = 0; i < conf->count && !err; i++) {
		err = open_worker(&room.workers[i], i, conf);
		room.count++;
	}
	while (!err && threads < room.count) {
		struct worker *w = &room.workers[threads];

		err = -pthread_create(&w->thread, NULL, run, w);
		if (!err)
			threads++;
	}
	await_step(threads);
	if (!err)
		err = first_error(threads);
	release(threads, err == 0);
	if (err) {
		join_all(threads);
		return err;
	}
	await_step(threads);		/* do_what_is_left() */
	release(threads, true);
	return 0;
}

static void ring(struct inbox_item *item)
{
	(void)item;
}

static bool all_dry(void)
{
	for (unsigned i = 0; i < room.count; i++)
		if (inbox_depth(room.workers[i].inbox) > 0)
			return false;
	return true;
}

void workers_stop(void)
{
	bool dry = false;

	if (room.count == 0)
		return;
	atomic_store_explicit(&room.stopping, true, memory_order_release);
	for (unsigned i = 0; i < room.count; i++) {
		room.workers[i].bell.run = ring;
		worker_post(i, &room.workers[i].bell, INBOX_MUST);
	}
	while (!dry) {
		await_step(room.count);
		dry = all_dry();
		release(room.count, !dry);
	}
	join_all(room.count);
}
