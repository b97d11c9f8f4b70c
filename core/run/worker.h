/*
 * core/run/worker.h - the N equal threads that do everything SIP, and the ways between them.
 */
#ifndef CORE_RUN_WORKER_H
#define CORE_RUN_WORKER_H

#include "core/run/loop.h"
#include "utils/err.h"
#include "utils/inbox.h"

#include <semaphore.h>

#define WORKERS_MAX 64

struct worker_conf { unsigned count; size_t inbox_limit; };

/* What runs on each worker thread, in order of registration; stop in reverse. */
struct worker_part {
	const char *name;
	int  (*start)(unsigned index, void *arg);	/* on that worker; 0 or -errno */
	void (*stop)(unsigned index, void *arg);
	void  *arg;
};

/** Before workers_start(). */
void worker_register(const struct worker_part *part);
/** Start all threads; returns when every part has started on every worker, or the first error. What
 *  they have posted in start() is done then, and before any worker receives. */
int  workers_start(const struct worker_conf *conf);
/** Ask all to finish their turn and end; waits. */
void workers_stop(void);

/** How many there are: the same from workers_start() on. */
unsigned worker_count(void);
/** False where clock, wire and threads are played (scenes, lcs test): there a module listens
 *  nowhere and starts no thread of its own. */
bool workers_are_real(void);

/** The control thread's loop, for descriptors that bring it work from threads of a module's own:
 *  loop_watch() and loop_unwatch() on that thread. NULL where threads are played. */
struct loop *control_loop(void);
/** By whoever is the control thread; NULL: it turns no more. */
void control_set_loop(struct loop *loop);

/** The owner of a key, the same for the life of the process. */
unsigned worker_of(uint64_t key);

/** Run item->run(item) on a worker. 0 or -EAGAIN (full, only for INBOX_MAY_REFUSE). */
int  worker_post(unsigned index, struct inbox_item *item, enum inbox_mode mode);
/** The same for a plain function; allocates the item: 0 or -ENOMEM. Always passes. */
int  worker_post_fn(unsigned index, void (*fn)(void *arg), void *arg);
/** Control thread only, blocks: run fn on every worker, one after the other. */
void worker_on_each(void (*fn)(unsigned index, void *arg), void *arg);
/** Control thread only, blocks: until somebody posts, at most so many milliseconds. 0 or -ETIMEDOUT.
 *  For await.c. */
int  control_wait(sem_t *sem, msec_t most);

/** Turns made so far; any thread. */
uint64_t worker_turns(unsigned index);
/** How often it let messages gather before the next turn, see loop_came(); any thread. */
uint64_t worker_pauses(unsigned index);

/* For a watchdog in another process: the worker counts up when it wakes and when it goes to
 * sleep, and by two with each turn that it did not sleep before, so an odd beat that stands
 * still is a turn that does not end. */
struct worker_heart { _Atomic uint64_t beat; _Atomic int tid; };
/** Before workers_start(): WORKERS_MAX of them in shared memory. */
void worker_set_hearts(struct worker_heart *hearts);
/** Items that wait for a worker; any thread, the workers must run. */
size_t   worker_inbox_depth(unsigned index);

/* What this worker is doing, for logs of slow handlers and panic reports: static text or
 * text that outlives the handler. */
struct worker_note { const char *room, *module; const char *call_id; size_t call_id_len;
		     const char *file; unsigned line;
		     /* Only by route_note_place(), for a panic report. */
		     const char *route; size_t route_len;
		     const char *message; size_t message_len; };

/* What the calling thread is. It is asked for fifty times with each message, so it is read in
 * place; only worker.c (or who stands in for it) writes index and loop. */
struct worker_here {
	int                index;	/* -1: no worker */
	struct loop       *loop;
	struct worker_note note;
};
extern _Thread_local struct worker_here worker_here __attribute__((tls_model("initial-exec")));

/** This thread's index, or -1 off the workers (control, pools). */
static inline int worker_self(void) { return worker_here.index; }
/** Of this worker; asserts that this is one. */
static inline struct loop *worker_loop(void)
{
	lcs_assert(worker_here.loop);
	return worker_here.loop;
}
static inline struct worker_note *worker_note(void) { return &worker_here.note; }

#endif
