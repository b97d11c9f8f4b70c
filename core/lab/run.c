/*
 * core/lab/run.c - see run.h.
 */
#include "core/lab/run.h"

#include "core/run/gen.h"
#include "utils/epoch.h"
#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 32u
#define POOLS_MAX 16u
#define STEPS_MAX 8u
#define TURNS_MAX 1000000u		/* without the clock moving: something goes round in circles */
#define START_MS  1000000

struct loop { struct wheel wheel; struct list tasks; };

struct fake_worker {
	struct loop        loop;
	struct inbox_item *first, **end;
	size_t             depth;
	uint64_t           turns;
	unsigned           parts_started;
};

static struct {
	msec_t             now;
	int64_t            wall_start;
	unsigned           count;
	struct fake_worker workers[WORKERS_MAX];
	struct worker_part parts[PARTS_MAX];
	unsigned           part_count;
	const char        *pools[POOLS_MAX];
	unsigned           pool_count;
	struct job        *jobs, **jobs_end;
	bool               hold_jobs, pools_run;
	unsigned           refuse;
	uint64_t           held;	/* workers, a bit each */
	msec_t             late;
	bool             (*steps[STEPS_MAX])(void);
	unsigned           step_count;
} room = { .now = START_MS, .wall_start = FAKE_WALL_START };

_Thread_local struct worker_here worker_here = { .index = -1 };

/* -1: the control thread. A worker that is left sleeps. */
static void be(int index)
{
	gen_hand_back();
	worker_here.index = index;
	worker_here.loop = index < 0 ? NULL : &room.workers[index].loop;
}

msec_t fake_now(void) { return room.now - START_MS; }

/* ---- loop.h ---- */

msec_t loop_now(const struct loop *loop)
{
	(void)loop;
	return room.now;
}

msec_t clock_mono(void) { return room.now; }
int64_t clock_mono_us(void) { return room.now * 1000; }

msec_t loop_handler_began(const struct loop *loop)
{
	(void)loop;
	return room.now + room.late;
}

int64_t clock_wall(void)
{
	return room.wall_start + fake_now() / 1000;
}

int64_t loop_wall(const struct loop *loop)
{
	(void)loop;
	return room.wall_start + fake_now() / 1000;
}

void fake_set_wall(int64_t seconds) { room.wall_start = seconds - fake_now() / 1000; }

struct wheel *loop_wheel(struct loop *loop) { return &loop->wheel; }

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

/* Nothing here has a descriptor. */
int loop_watch(struct loop *loop, struct watch *w, uint32_t events)
{
	(void)loop, (void)w, (void)events;
	return 0;
}
int loop_rewatch(struct loop *loop, struct watch *w, uint32_t events)
{
	return loop_watch(loop, w, events);
}
void loop_unwatch(struct loop *loop, struct watch *w) { (void)loop, (void)w; }

static bool run_tasks(struct loop *loop)
{
	bool any = false;
	struct list *node;

	while ((node = list_pop_front(&loop->tasks))) {
		struct loop_task *t = container_of(node, struct loop_task, node);

		t->run(t);
		any = true;
	}
	return any;
}

/* ---- worker.h ---- */

unsigned worker_count(void) { return room.count; }
bool workers_are_real(void) { return false; }
struct loop *control_loop(void) { return NULL; }
uint64_t worker_turns(unsigned index) { return room.workers[index].turns; }
uint64_t worker_pauses(unsigned index) { return (void)index, 0; }
size_t worker_inbox_depth(unsigned index) { return room.workers[index].depth; }
void worker_set_hearts(struct worker_heart *hearts) { (void)hearts; }

unsigned worker_of(uint64_t key)
{
	return (unsigned)((key >> 32) * room.count >> 32);
}

void worker_register(const struct worker_part *part)
{
	lcs_assert(room.part_count < PARTS_MAX);
	room.parts[room.part_count++] = *part;
}

int worker_post(unsigned index, struct inbox_item *item, enum inbox_mode mode)
{
	struct fake_worker *w = &room.workers[index];

	lcs_assert(index < room.count);
	if (mode == INBOX_MAY_REFUSE && room.refuse > 0) {
		room.refuse--;
		return -EAGAIN;
	}
	atomic_store(&item->next, NULL);
	*w->end = item;
	/* Only this thread walks the queue; the item's own link serves as it is. */
	w->end = (struct inbox_item **)(void *)&item->next;
	w->depth++;
	return 0;
}

void fake_as_worker(unsigned index, void (*fn)(void *arg), void *arg)
{
	int before = worker_self();

	be((int)index);
	fn(arg);
	run_tasks(&room.workers[index].loop);
	be(before);
}

void worker_on_each(void (*fn)(unsigned index, void *arg), void *arg)
{
	lcs_assert(worker_self() < 0);
	for (unsigned i = 0; i < room.count; i++) {
		be((int)i);
		fn(i, arg);
		be(-1);
	}
}

int control_wait(sem_t *sem, msec_t most)
{
	(void)most;
	lcs_assert(worker_self() < 0);
	fake_settle();
	return sem_trywait(sem) == 0 ? 0 : -ETIMEDOUT;
}

static int start_parts(unsigned index)
{
	struct fake_worker *w = &room.workers[index];
	int err = 0;

	be((int)index);
	for (; !err && w->parts_started < room.part_count; w->parts_started += !err) {
		const struct worker_part *part = &room.parts[w->parts_started];

		err = part->start ? part->start(index, part->arg) : 0;
	}
	be(-1);
	return err;
}

static void stop_parts(unsigned index)
{
	struct fake_worker *w = &room.workers[index];

	be((int)index);
	while (w->parts_started > 0) {
		const struct worker_part *part = &room.parts[--w->parts_started];

		if (part->stop)
			part->stop(index, part->arg);
	}
	be(-1);
}

static void open_worker(struct fake_worker *w)
{
	memset(w, 0, sizeof(*w));
	wheel_init(&w->loop.wheel, room.now);
	list_init(&w->loop.tasks);
	w->end = &w->first;
}

static void close_all(void)
{
	for (unsigned i = 0; i < room.count; i++)
		stop_parts(i);
	room.count = room.part_count = 0;
	epoch_thread_unregister();
}

int workers_start(const struct worker_conf *conf)
{
	int err = epoch_thread_register();

	room.count = conf->count;
	for (unsigned i = 0; i < room.count; i++)
		open_worker(&room.workers[i]);
	for (unsigned i = 0; !err && i < room.count; i++)
		err = start_parts(i);
	if (err)
		close_all();
	return err;
}

void workers_stop(void)
{
	if (room.count == 0)
		return;
	room.held = 0;
	fake_settle();
	close_all();
}

/* ---- job.h ---- */

enum job_state { JOB_QUEUED, JOB_ENDED };

int job_pool_declare(const char *name, unsigned threads, unsigned queue_limit)
{
	(void)threads, (void)queue_limit;
	for (unsigned i = 0; i < room.pool_count; i++)
		if (strcmp(room.pools[i], name) == 0)
			return -EEXIST;
	lcs_assert(room.pool_count < POOLS_MAX);
	room.pools[room.pool_count++] = name;
	return 0;
}

int job_pools_start(void)
{
	room.jobs_end = &room.jobs;
	room.pools_run = true;
	return 0;
}

static void job_done(struct inbox_item *item)
{
	struct job *job = container_of(item, struct job, item);
	void (*freed)(struct job *) = job->freed;
	int err = job->err;

	timer_stop(&job->deadline);
	job->done(job, err);
	if (err == -ETIMEDOUT && freed)
		freed(job);
}

static void take_out(struct job *job)
{
	struct job **at = &room.jobs;

	while (*at && *at != job)
		at = &(*at)->next;
	if (*at)
		*at = job->next;
	for (room.jobs_end = &room.jobs; *room.jobs_end; )
		room.jobs_end = &(*room.jobs_end)->next;
}

static void job_late(struct timer *t)
{
	struct job *job = container_of(t, struct job, deadline);

	take_out(job);
	job->err = -ETIMEDOUT;
	job_done(&job->item);
}

int job_submit(const char *pool, struct job *job, msec_t deadline)
{
	unsigned i = 0;

	while (i < room.pool_count && strcmp(room.pools[i], pool) != 0)
		i++;
	if (i == room.pool_count)
		return -ENOENT;
	if (!room.pools_run)
		return -EAGAIN;
	job->home = (unsigned)worker_self();
	job->next = NULL;
	timer_init(&job->deadline, job_late);
	timer_start(&job->deadline, deadline);
	*room.jobs_end = job;
	room.jobs_end = &job->next;
	return 0;
}

static void run_job(struct job *job)
{
	be(-1);			/* a pool thread is no worker */
	job->err = 0;
	job->run(job);
	job->item.run = job_done;
	worker_post(job->home, &job->item, INBOX_MUST);
}

static bool run_jobs(void)
{
	struct job *job = room.hold_jobs ? NULL : room.jobs;

	if (!job)
		return false;
	take_out(job);
	run_job(job);
	return true;
}

void fake_hold_jobs(bool hold) { room.hold_jobs = hold; }

void job_pools_stop(void)
{
	while (room.jobs) {
		struct job *job = room.jobs;

		take_out(job);
		job->err = -ECANCELED;
		job->item.run = job_done;
		worker_post(job->home, &job->item, INBOX_MUST);
	}
	room.pools_run = false;
}

void job_pools_forget(void) { room.pool_count = 0; }

unsigned job_pool_stats(struct job_pool_stats *out, unsigned max)
{
	unsigned n = 0;

	for (; n < room.pool_count && n < max; n++)
		out[n] = (struct job_pool_stats){ .name = room.pools[n], .threads = 1 };
	return n;
}

/* ---- going on ---- */

void fake_be_late(msec_t late) { room.late = late; }
void fake_hold_worker(unsigned index, bool hold)
{
	uint64_t bit = (uint64_t)1 << index;

	room.held = hold ? room.held | bit : room.held & ~bit;
}

void fake_refuse_posts(unsigned n) { room.refuse = n; }

void fake_each_step(bool (*step)(void))
{
	lcs_assert(room.step_count < STEPS_MAX);
	room.steps[room.step_count++] = step;
}

static bool drain_one(unsigned index)
{
	struct fake_worker *w = &room.workers[index];
	struct inbox_item *item = w->first;

	if (!item)
		return false;
	w->first = atomic_load(&item->next);
	if (!w->first)
		w->end = &w->first;
	w->depth--;
	item->run(item);
	return true;
}

static bool turn(unsigned index)
{
	bool any;

	be((int)index);
	room.workers[index].turns++;
	*worker_note() = (struct worker_note){ 0 };
	any = drain_one(index);
	any |= run_tasks(&room.workers[index].loop);
	be(-1);
	return any;
}

static bool step(void)
{
	bool any = false;

	for (unsigned i = 0; i < room.count; i++)
		any |= !(room.held >> i & 1) && turn(i);
	any |= run_jobs();
	for (unsigned i = 0; i < room.step_count; i++)
		any |= room.steps[i]();
	epoch_quiet();
	return any;
}

void fake_settle(void)
{
	unsigned turns = 0;

	if (room.count == 0)
		return;
	while (step())
		lcs_assert(++turns < TURNS_MAX);
}

static void fire(unsigned index)
{
	be((int)index);
	wheel_advance(&room.workers[index].loop.wheel, room.now);
	run_tasks(&room.workers[index].loop);
	be(-1);
}

/* The next moment at which some worker may have something to do, at most until. */
static msec_t next_moment(msec_t until)
{
	for (unsigned i = 0; i < room.count; i++) {
		msec_t sleep = wheel_sleep(&room.workers[i].loop.wheel, room.now);

		if (sleep >= 0 && room.now + sleep < until)
			until = room.now + (sleep > 0 ? sleep : 1);
	}
	return until;
}

void fake_advance_to(msec_t until)
{
	until += START_MS;
	fake_settle();
	while (room.now < until) {
		room.now = next_moment(until);
		for (unsigned i = 0; i < room.count; i++)
			fire(i);
		fake_settle();
	}
}
