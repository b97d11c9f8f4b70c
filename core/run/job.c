/*
 * core/run/job.c - pools of threads, their queues, and what happens at a deadline.
 *
 * A job belongs to its pool's lock while it is queued, to the pool thread while
 * it runs. Whoever moves its state from there first, the thread that finished
 * or the worker whose deadline passed, decides how it ends.
 */
#include "core/run/job.h"

#include "utils/arena.h"
#include "utils/err.h"
#include "utils/lockorder.h"
#include "utils/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOLS_MAX 16u

enum job_state {
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_FINISHED,			/* its item is on the way home */
	JOB_LATE			/* done(-ETIMEDOUT) was told; run has not returned */
};

struct job_pool {
	char            name[32];
	unsigned        thread_count, queue_limit;
	pthread_t      *threads;
	unsigned        threads_made;
	struct lock     lock;		/* all below */
	pthread_cond_t  filled;
	struct job     *first, *last;
	unsigned        queued, busy;
	bool            stopping;
	uint64_t        done, refused, late;
};

static struct { struct job_pool *pools[POOLS_MAX]; unsigned count; } room;

static struct job_pool *find_pool(const char *name)
{
	for (unsigned i = 0; i < room.count; i++)
		if (strcmp(room.pools[i]->name, name) == 0)
			return room.pools[i];
	return NULL;
}

int job_pool_declare(const char *name, unsigned threads, unsigned queue_limit)
{
	struct job_pool *pool;

	lcs_assert(threads > 0 && queue_limit > 0 && strlen(name) < sizeof(pool->name));
	if (find_pool(name))
		return -EEXIST;
	if (room.count == POOLS_MAX)
		return -ENOSPC;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	snprintf(pool->name, sizeof(pool->name), "%s", name);
	pool->thread_count = threads;
	pool->queue_limit = queue_limit;
	lock_init(&pool->lock, LOCK_JOB_POOL);
	pthread_cond_init(&pool->filled, NULL);
	room.pools[room.count++] = pool;
	return 0;
}

/* ---- the queue; with the lock held ---- */

static void append(struct job_pool *pool, struct job *job)
{
	job->next = NULL;
	job->prev = pool->last;
	if (pool->last)
		pool->last->next = job;
	else
		pool->first = job;
	pool->last = job;
	pool->queued++;
}

static void take_out(struct job_pool *pool, struct job *job)
{
	if (job->prev)
		job->prev->next = job->next;
	else
		pool->first = job->next;
	if (job->next)
		job->next->prev = job->prev;
	else
		pool->last = job->prev;
	pool->queued--;
}

/* ---- pool threads ---- */

static struct job *next_job(struct job_pool *pool)
{
	struct job *job;

	lock_take(&pool->lock);
	while (!pool->first && !pool->stopping)
		lock_wait(&pool->lock, &pool->filled, -1);
	job = pool->stopping ? NULL : pool->first;
	if (job) {
		take_out(pool, job);
		atomic_store_explicit(&job->state, JOB_RUNNING, memory_order_relaxed);
		pool->busy++;
	}
	lock_drop(&pool->lock);
	return job;
}

static void go_home_done(struct inbox_item *item)
{
	struct job *job = container_of(item, struct job, item);
	void (*freed)(struct job *job) = job->freed;
	int err = job->err;

	timer_stop(&job->deadline);
	job->done(job, err);
	if (err == -ETIMEDOUT && freed)
		freed(job);
}

static void go_home_late(struct inbox_item *item)
{
	struct job *job = container_of(item, struct job, item);

	if (job->freed)
		job->freed(job);
}

static void finish(struct job_pool *pool, struct job *job)
{
	int running = JOB_RUNNING;
	bool in_time;

	lock_take(&pool->lock);
	pool->busy--;
	pool->done++;
	lock_drop(&pool->lock);
	in_time = atomic_compare_exchange_strong(&job->state, &running, JOB_FINISHED);
	job->item.run = in_time ? go_home_done : go_home_late;
	worker_post(job->home, &job->item, INBOX_MUST);
}

static void *work(void *arg)
{
	struct job_pool *pool = arg;
	struct job *job;

	log_thread_name(pool->name);
	while ((job = next_job(pool))) {
		job->err = 0;
		job->run(job);
		finish(pool, job);
	}
	arena_thread_flush();
	return NULL;
}

/* ---- workers ---- */

/* Still waiting for a thread? Then none will see it. */
static bool leave_queue(struct job *job)
{
	struct job_pool *pool = job->pool;
	bool left;

	lock_take(&pool->lock);
	left = atomic_load_explicit(&job->state, memory_order_relaxed) == JOB_QUEUED;
	if (left)
		take_out(pool, job);
	lock_drop(&pool->lock);
	return left;
}

static void count_late(struct job_pool *pool)
{
	lock_take(&pool->lock);
	pool->late++;
	lock_drop(&pool->lock);
}

static void deadline_passed(struct timer *t)
{
	struct job *job = container_of(t, struct job, deadline);
	void (*freed)(struct job *job) = job->freed;
	int running = JOB_RUNNING;

	bool never_ran = leave_queue(job);

	if (!never_ran && !atomic_compare_exchange_strong(&job->state, &running, JOB_LATE))
		return;
	count_late(job->pool);
	job->done(job, -ETIMEDOUT);
	if (never_ran && freed)
		freed(job);
}

int job_submit(const char *name, struct job *job, msec_t deadline)
{
	struct job_pool *pool = find_pool(name);
	int err = 0;

	if (!pool)
		return -ENOENT;
	job->pool = pool;
	job->home = (unsigned)worker_self();
	atomic_init(&job->state, JOB_QUEUED);
	timer_init(&job->deadline, deadline_passed);
	lock_take(&pool->lock);
	if (pool->queued >= pool->queue_limit || pool->stopping || pool->threads_made == 0) {
		pool->refused++;
		err = -EAGAIN;
	} else {
		append(pool, job);
		pthread_cond_signal(&pool->filled);
		timer_start(&job->deadline, deadline);
	}
	lock_drop(&pool->lock);
	return err;
}

/* ---- control thread ---- */

static int start_pool(struct job_pool *pool)
{
	int err = 0;

	pool->threads = calloc(pool->thread_count, sizeof(*pool->threads));
	if (!pool->threads)
		return -ENOMEM;
	while (!err && pool->threads_made < pool->thread_count) {
		err = -pthread_create(&pool->threads[pool->threads_made], NULL, work, pool);
		if (!err)
			pool->threads_made++;
	}
	return err;
}

int job_pools_start(void)
{
	int err = 0;

	for (unsigned i = 0; i < room.count && !err; i++)
		err = start_pool(room.pools[i]);
	if (err)
		job_pools_stop();
	return err;
}

static void go_home_canceled(struct inbox_item *item)
{
	struct job *job = container_of(item, struct job, item);

	timer_stop(&job->deadline);
	job->done(job, -ECANCELED);
}

static void cancel_queued(struct job_pool *pool)
{
	struct job *job;

	while ((job = pool->first)) {
		take_out(pool, job);
		atomic_store_explicit(&job->state, JOB_FINISHED, memory_order_relaxed);
		job->item.run = go_home_canceled;
		worker_post(job->home, &job->item, INBOX_MUST);
	}
}

static void stop_pool(struct job_pool *pool)
{
	bool again;

	lock_take(&pool->lock);
	again = pool->stopping;
	pool->stopping = true;
	cancel_queued(pool);
	pthread_cond_broadcast(&pool->filled);
	lock_drop(&pool->lock);
	for (unsigned i = 0; i < pool->threads_made && !again; i++)
		pthread_join(pool->threads[i], NULL);
}

static void free_pool(struct job_pool *pool)
{
	lock_fini(&pool->lock);
	pthread_cond_destroy(&pool->filled);
	free(pool->threads);
	free(pool);
}

/* A worker may be about to submit: pools are emptied here and freed in job_pools_forget(). */
void job_pools_stop(void)
{
	for (unsigned i = 0; i < room.count; i++)
		stop_pool(room.pools[i]);
}

void job_pools_forget(void)
{
	for (unsigned i = 0; i < room.count; i++)
		free_pool(room.pools[i]);
	room.count = 0;
}

unsigned job_pool_stats(struct job_pool_stats *out, unsigned max)
{
	unsigned n = 0;

	for (; n < room.count && n < max; n++) {
		struct job_pool *pool = room.pools[n];

		lock_take(&pool->lock);
		out[n] = (struct job_pool_stats){
			.name = pool->name, .threads = pool->thread_count,
			.queued = pool->queued, .busy = pool->busy, .done = pool->done,
			.refused = pool->refused, .late = pool->late,
		};
		lock_drop(&pool->lock);
	}
	return n;
}
