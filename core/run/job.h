/*
 * core/run/job.h - bounded pools of threads for what can block.
 */
#ifndef CORE_RUN_JOB_H
#define CORE_RUN_JOB_H

#include "core/run/timer.h"

struct job_pool;

struct job {
	void (*run)(struct job *job);		/* pool thread; sees the job, nothing else */
	/* Submitting worker; exactly once. -ETIMEDOUT: run may still be busy, so the job's
	 * memory must stay until freed() (may be NULL) was called on that worker, which it is
	 * after done(-ETIMEDOUT) and only then. -ECANCELED: the pools were stopped. */
	void (*done)(struct job *job, int err);
	void (*freed)(struct job *job);
	int    err;				/* set by run */
	/* private */
	struct inbox_item item;
	struct timer      deadline;
	unsigned          home;
	_Atomic int       state;
	struct job       *next, *prev;
	struct job_pool  *pool;
};

/** Control thread, before workers_start(). 0, -EEXIST, -ENOMEM. */
int job_pool_declare(const char *name, unsigned threads, unsigned queue_limit);
/** Start all threads that were declared. 0 or -errno: none runs then. */
int job_pools_start(void);
/** Waits for running jobs; queued ones get -ECANCELED, new ones -EAGAIN. Workers still run. */
void job_pools_stop(void);
/** After workers_stop(): the pools are as never declared. */
void job_pools_forget(void);

/** On a worker. 0, -EAGAIN (queue full), -ENOENT (no such pool); then done never runs. */
int job_submit(const char *pool, struct job *job, msec_t deadline);

struct job_pool_stats { const char *name; unsigned threads, queued, busy; uint64_t done, refused, late; };
/** Any thread: of the first max pools, in the order of their declarations. @return how many */
unsigned job_pool_stats(struct job_pool_stats *out, unsigned max);

#endif
