/*
 * What core/run/job.h promises: bounded pools, deadlines, and who is told what and when.
 */
#include "test/unit.h"

#include "core/run/job.h"
#include "utils/list.h"

#include <pthread.h>
#include <string.h>

static const struct worker_conf conf = { 2, 1000 };

/* A job that waits for the gate of its kind; what happened to it, in order. */
struct task {
	struct job      job;
	pthread_mutex_t *gate;
	int             result;		/* what run() sets err to */
	msec_t          deadline;
	const char     *pool;
	_Atomic int     submitted;	/* 1: result of job_submit() is there */
	int             submit_err;
	_Atomic int     ran, done, freed;
	int             err;
	_Atomic bool    wrong;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void task_run(struct job *job)
{
	struct task *t = container_of(job, struct task, job);

	if (worker_self() != -1)
		t->wrong = true;
	t->ran = 1;
	if (t->gate) {
		pthread_mutex_lock(t->gate);
		pthread_mutex_unlock(t->gate);
	}
	job->err = t->result;
}

static void task_done(struct job *job, int err)
{
	struct task *t = container_of(job, struct task, job);

	if (worker_self() != 1 || t->freed)
		t->wrong = true;
	t->err = err;
	t->done++;
}

static void task_freed(struct job *job)
{
	struct task *t = container_of(job, struct task, job);

	if (worker_self() != 1 || !t->done)
		t->wrong = true;
	t->freed++;
}

static void submit(void *arg)
{
	struct task *t = arg;

	t->job = (struct job){ .run = task_run, .done = task_done, .freed = task_freed };
	t->submit_err = job_submit(t->pool, &t->job, t->deadline);
	t->submitted = 1;
}

static void start_task(struct task *t)
{
	worker_post_fn(1, submit, t);
	await(t->submitted);
}

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(job_pool_declare("one", 1, 3), 0);
	assert_int_equal(job_pool_declare("two", 2, 100), 0);
	assert_int_equal(job_pools_start(), 0);
	assert_int_equal(workers_start(&conf), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	job_pools_stop();
	workers_stop();
	job_pools_forget();
	return 0;
}

static void a_pool_is_declared_once(void **state)
{
	(void)state;
	assert_int_equal(job_pool_declare("one", 1, 1), -EEXIST);
}

static void a_job_runs_on_a_pool_thread_and_ends_at_home(void **state)
{
	struct task ok = { .pool = "two", .deadline = 5000 };
	struct task bad = { .pool = "two", .deadline = 5000, .result = -EIO };

	(void)state;
	start_task(&ok);
	start_task(&bad);
	await(ok.done && bad.done);
	assert_int_equal(ok.submit_err, 0);
	assert_int_equal(ok.err, 0);
	assert_int_equal(bad.err, -EIO);
	assert_int_equal(ok.freed + bad.freed, 0);
	assert_false(ok.wrong || bad.wrong);
}

static void an_unknown_pool_is_refused(void **state)
{
	struct task t = { .pool = "three", .deadline = 5000 };

	(void)state;
	start_task(&t);
	assert_int_equal(t.submit_err, -ENOENT);
	assert_int_equal(t.done, 0);
}

static void a_full_queue_is_refused_and_counted(void **state)
{
	struct task busy = { .pool = "one", .deadline = 60000, .gate = &gate };
	struct task tasks[5];
	struct job_pool_stats stats[4];

	(void)state;
	pthread_mutex_lock(&gate);
	start_task(&busy);
	await(busy.ran);
	for (unsigned i = 0; i < 5; i++) {
		tasks[i] = (struct task){ .pool = "one", .deadline = 60000 };
		start_task(&tasks[i]);
		assert_int_equal(tasks[i].submit_err, i < 3 ? 0 : -EAGAIN);
	}
	assert_int_equal(job_pool_stats(stats, 4), 2);
	assert_string_equal(stats[0].name, "one");
	assert_int_equal(stats[0].busy, 1);
	assert_int_equal(stats[0].queued, 3);
	assert_int_equal(stats[0].refused, 2);
	pthread_mutex_unlock(&gate);
	await(busy.done && tasks[0].done && tasks[1].done && tasks[2].done);
	assert_int_equal(tasks[3].done + tasks[4].done + tasks[3].ran + tasks[4].ran, 0);
	job_pool_stats(stats, 1);
	assert_int_equal(stats[0].done, 4);
}

/* run() is still busy: its memory must stay until freed(). */
static void a_running_job_that_is_late_is_freed_later(void **state)
{
	struct task t = { .pool = "one", .deadline = 20, .gate = &gate };
	struct job_pool_stats stats;

	(void)state;
	pthread_mutex_lock(&gate);
	start_task(&t);
	await(t.done);
	assert_int_equal(t.err, -ETIMEDOUT);
	assert_int_equal(t.freed, 0);
	pthread_mutex_unlock(&gate);
	await(t.freed);
	assert_int_equal(t.done, 1);
	assert_false(t.wrong);
	job_pool_stats(&stats, 1);
	assert_int_equal(stats.late, 1);
}

static void a_queued_job_that_is_late_never_runs(void **state)
{
	struct task busy = { .pool = "one", .deadline = 60000, .gate = &gate };
	struct task late = { .pool = "one", .deadline = 20 };
	struct task next = { .pool = "one", .deadline = 60000 };

	(void)state;
	pthread_mutex_lock(&gate);
	start_task(&busy);
	await(busy.ran);
	start_task(&late);
	start_task(&next);
	await(late.freed);
	assert_int_equal(late.err, -ETIMEDOUT);
	pthread_mutex_unlock(&gate);
	await(busy.done && next.done);
	assert_int_equal(late.ran, 0);
	assert_int_equal(late.done, 1);
	assert_int_equal(late.freed, 1);
	assert_int_equal(next.err, 0);
	assert_false(late.wrong);
}

/* A run() that itself timed out looks the same to its owner: done, then freed. */
static void a_job_that_says_timeout_is_freed_too(void **state)
{
	struct task t = { .pool = "two", .deadline = 5000, .result = -ETIMEDOUT };

	(void)state;
	start_task(&t);
	await(t.freed);
	assert_int_equal(t.err, -ETIMEDOUT);
	assert_int_equal(t.done, 1);
}

static void stopping_waits_for_what_runs_and_cancels_what_waits(void **state)
{
	struct task busy = { .pool = "one", .deadline = 60000, .gate = &gate };
	struct task waiting = { .pool = "one", .deadline = 60000 };
	struct task late = { .pool = "two", .deadline = 60000 };

	(void)state;
	pthread_mutex_lock(&gate);
	start_task(&busy);
	await(busy.ran);
	start_task(&waiting);
	pthread_mutex_unlock(&gate);
	job_pools_stop();
	assert_true(busy.ran);
	await(busy.done && waiting.done);
	assert_int_equal(busy.err, 0);
	/* It may have run in the moment before the stop. */
	assert_true(waiting.err == -ECANCELED || (waiting.err == 0 && waiting.ran));
	start_task(&late);
	assert_int_equal(late.submit_err, -EAGAIN);
}

static void many_jobs_end_exactly_once(void **state)
{
	enum { MANY = 300 };
	static struct task tasks[MANY];
	unsigned accepted = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		tasks[i] = (struct task){ .pool = "two", .deadline = i % 3 ? 5000 : 0 };
		worker_post_fn(1, submit, &tasks[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		await(tasks[i].submitted);
		if (tasks[i].submit_err)
			continue;
		accepted++;
		await(tasks[i].done);
		if (tasks[i].err == -ETIMEDOUT)
			await(tasks[i].freed);
	}
	job_pools_stop();
	workers_stop();
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(tasks[i].done, tasks[i].submit_err == 0);
		assert_int_equal(tasks[i].freed, tasks[i].done && tasks[i].err == -ETIMEDOUT);
		assert_false(tasks[i].wrong);
	}
	assert_true(accepted > 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

UNIT_MAIN(
	TEST(a_pool_is_declared_once),
	TEST(a_job_runs_on_a_pool_thread_and_ends_at_home),
	TEST(an_unknown_pool_is_refused),
	TEST(a_full_queue_is_refused_and_counted),
	TEST(a_running_job_that_is_late_is_freed_later),
	TEST(a_queued_job_that_is_late_never_runs),
	TEST(a_job_that_says_timeout_is_freed_too),
	TEST(stopping_waits_for_what_runs_and_cancels_what_waits),
	TEST(many_jobs_end_exactly_once))
