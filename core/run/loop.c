/*
 * core/run/loop.c - epoll, clock, wheel, and what waits for the end of the turn.
 */
#include "core/run/loop.h"

#include "utils/err.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_TURN 128
#define NS_PER_S        1000000000
#define TURN_NS         200000		/* from one busy turn to the next, at least */
#define BUSY            4u		/* messages in a turn, on average */
#define PLENTY          64u		/* that need not wait for company */
#define LOAD_UNIT       16u		/* of the average */

struct loop {
	int                epoll;
	msec_t             now;
	int64_t            wall;
	msec_t             handler_began;	/* by the coarse clock */
	int64_t            turn_began_ns;
	unsigned           came;		/* messages of this turn */
	unsigned           load;		/* average of it, in units */
	_Atomic uint64_t   pauses;	/* others look at it */
	struct list        tasks;
	struct loop_sleep  sleep;
	int                event_count, event_at;
	struct epoll_event events[EVENTS_PER_TURN];
	struct wheel       wheel;
};

static msec_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void read_clock(struct loop *loop)
{
	loop->turn_began_ns = clock_ns();
	loop->now = loop->turn_began_ns / 1000000;
	loop->wall = clock_ms(CLOCK_REALTIME_COARSE) / 1000;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	list_init(&loop->tasks);
	read_clock(loop);
	wheel_init(&loop->wheel, loop->now);
	return loop;
}

void loop_free(struct loop **loop)
{
	if (!*loop)
		return;
	close((*loop)->epoll);
	free(*loop);
	*loop = NULL;
}

msec_t loop_now(const struct loop *loop)
{
	return loop->now;
}

int64_t clock_wall(void)
{
	return time(NULL);
}

msec_t clock_mono(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int64_t loop_wall(const struct loop *loop)
{
	return loop->wall;
}

struct wheel *loop_wheel(struct loop *loop)
{
	return &loop->wheel;
}

void loop_set_sleep(struct loop *loop, const struct loop_sleep *sleep)
{
	loop->sleep = *sleep;
}

static int control(struct loop *loop, int op, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(loop->epoll, op, w->fd, &ev) == 0 ? 0 : -errno;
}

int loop_watch(struct loop *loop, struct watch *w, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, w, events);
}

int loop_rewatch(struct loop *loop, struct watch *w, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, w, events);
}

void loop_unwatch(struct loop *loop, struct watch *w)
{
	control(loop, EPOLL_CTL_DEL, w, 0);
	for (int i = loop->event_at; i < loop->event_count; i++)
		if (loop->events[i].data.ptr == w)
			loop->events[i].data.ptr = NULL;
}

void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *t))
{
	list_init(&t->node);
	t->run = run;
}

void loop_at_end(struct loop *loop, struct loop_task *t)
{
	if (list_is_empty(&t->node))
		list_push_back(&loop->tasks, &t->node);
}

/*
 * The coarse clock costs a few nanoseconds and is right to some milliseconds,
 * which is enough to find a handler that held everybody up.
 */
void loop_handled(struct loop *loop)
{
	msec_t now = clock_ms(CLOCK_MONOTONIC_COARSE), took = now - loop->handler_began;

	loop->handler_began = now;
	if (took > LOOP_SLOW_MS && loop->sleep.slow)
		loop->sleep.slow(loop->sleep.arg, took);
}

msec_t loop_handler_began(const struct loop *loop)
{
	return loop->handler_began > loop->now ? loop->handler_began : loop->now;
}

/* When the last handler returned is near enough to now, and known already. */
static int wait_ms(const struct loop *loop, msec_t max_wait)
{
	msec_t now = loop_handler_began(loop);
	msec_t due = max_wait == 0 ? 0 : wheel_sleep(&loop->wheel, now);

	if (due < 0 || (max_wait >= 0 && max_wait < due))
		due = max_wait;
	return due > INT_MAX ? INT_MAX : (int)due;
}

static void wait_for_events(struct loop *loop, msec_t max_wait)
{
	struct loop_sleep *sleep = &loop->sleep;
	int timeout = list_is_empty(&loop->tasks) ? wait_ms(loop, max_wait) : 0;

	if (timeout != 0 && sleep->before && !sleep->before(sleep->arg))
		timeout = 0;
	loop->event_count = epoll_wait(loop->epoll, loop->events, EVENTS_PER_TURN, timeout);
	lcs_assert(loop->event_count >= 0 || errno == EINTR);
	if (sleep->after)
		sleep->after(sleep->arg);
}

static void handle_events(struct loop *loop)
{
	for (loop->event_at = 0; loop->event_at < loop->event_count;) {
		struct epoll_event *ev = &loop->events[loop->event_at++];
		struct watch *w = ev->data.ptr;

		if (!w)
			continue;
		w->ready(w, ev->events);
		loop_handled(loop);
	}
	loop->event_count = loop->event_at = 0;
}

static void run_tasks(struct loop *loop)
{
	struct list *node;

	while ((node = list_pop_front(&loop->tasks))) {
		struct loop_task *t = container_of(node, struct loop_task, node);

		t->run(t);
		loop_handled(loop);
	}
}

void loop_came(struct loop *loop, unsigned n)
{
	loop->came += n;
}

uint64_t loop_pauses(const struct loop *loop)
{
	return atomic_load_explicit(&loop->pauses, memory_order_relaxed);
}

/*
 * Where messages come quickly, a turn that begins with the first of them finds few, and what
 * a turn costs by itself is shared by few. As network cards do with their interrupts, busy
 * turns keep a distance that nobody who speaks SIP can notice.
 */
static void let_some_gather(struct loop *loop)
{
	unsigned came = loop->came;
	struct timespec rest = { 0, 0 };

	loop->came = 0;
	loop->load = (7 * loop->load + LOAD_UNIT * came) / 8;
	if (loop->load < BUSY * LOAD_UNIT || came >= PLENTY)
		return;
	rest.tv_nsec = (long)(loop->turn_began_ns + TURN_NS - clock_ns());
	if (rest.tv_nsec <= 0)
		return;
	atomic_fetch_add_explicit(&loop->pauses, 1, memory_order_relaxed);
	nanosleep(&rest, NULL);
}

void loop_turn(struct loop *loop, msec_t max_wait)
{
	if (list_is_empty(&loop->tasks))
		let_some_gather(loop);
	wait_for_events(loop, max_wait);
	if (loop->event_count > 0)
		loop->came += (unsigned)loop->event_count;
	read_clock(loop);
	loop->handler_began = clock_ms(CLOCK_MONOTONIC_COARSE);
	handle_events(loop);
	wheel_advance(&loop->wheel, loop->now);
	loop_handled(loop);
	run_tasks(loop);
}
