/*
 * core/run/loop.h - one thread's epoll loop, its clock and its timing wheel.
 *
 * The clock is a function of the loop: read once per turn, replaced in tests.
 */
#ifndef CORE_RUN_LOOP_H
#define CORE_RUN_LOOP_H

#include "utils/list.h"
#include "utils/wheel.h"

#include <stdint.h>
#include <sys/epoll.h>

struct loop;

struct watch {				/* embedded by whoever owns the descriptor */
	int    fd;
	void (*ready)(struct watch *w, uint32_t events);
};

struct loop_task {			/* to do at the end of this turn, once */
	struct list node;
	void (*run)(struct loop_task *t);
};

struct loop *loop_new(void);		/* NULL if memory or descriptors are short */
void loop_free(struct loop **loop);

/** Milliseconds of a monotonic clock, as of the beginning of this turn. */
msec_t loop_now(const struct loop *loop);
/** Seconds since 1970, as of the beginning of this turn. */
int64_t loop_wall(const struct loop *loop);
/** The same for threads without a loop (control), now. */
int64_t clock_wall(void);
/** The clock of loop_now(), now, in milliseconds; any thread. */
msec_t clock_mono(void);
/** The same in microseconds, for what takes less than a millisecond. */
int64_t clock_mono_us(void);
struct wheel *loop_wheel(struct loop *loop);

/** events as for epoll (EPOLLET allowed); 0 or -errno. w stays the caller's. */
int  loop_watch(struct loop *loop, struct watch *w, uint32_t events);
int  loop_rewatch(struct loop *loop, struct watch *w, uint32_t events);
/** No ready() comes after this, also not from events already fetched. */
void loop_unwatch(struct loop *loop, struct watch *w);

/** Harmless if already queued. Runs after all events and the inbox of this turn. */
void loop_at_end(struct loop *loop, struct loop_task *t);
void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *t));

/** One turn: wait (at most max_wait ms, -1: until something is due), handle, fire, tasks.
 *  A task queued while tasks run still belongs to this turn. */
void loop_turn(struct loop *loop, msec_t max_wait);

/** So many messages came in this turn that are no events of their own (datagrams, items of
 *  an inbox). A loop with several in each turn lets a fifth of a millisecond pass between
 *  the beginnings of two turns, so that more come together. */
void loop_came(struct loop *loop, unsigned n);
/** How often that made it wait; any thread. */
uint64_t loop_pauses(const struct loop *loop);

#define LOOP_SLOW_MS 50

/* What a worker does around the wait. All may be NULL. */
struct loop_sleep {
	/* About to wait for as long as nothing happens: false if there is work meanwhile. */
	bool (*before)(void *arg);
	/* In each turn, when the wait is over or there was none. */
	void (*after)(void *arg);
	/* A handler took longer than LOOP_SLOW_MS. */
	void (*slow)(void *arg, msec_t took);
	void  *arg;
};
/** sleep is copied. */
void loop_set_sleep(struct loop *loop, const struct loop_sleep *sleep);
/** When the handler that runs now began: later than loop_now() in a long turn. In ms of the same
 *  clock, right to some of them. */
msec_t loop_handler_began(const struct loop *loop);
/** A handler that is not the loop's own (an inbox item) has just returned: was it slow? */
void loop_handled(struct loop *loop);

#endif
