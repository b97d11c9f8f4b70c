/*
 * core/sip/owner.c - sending work to other owners, and to pools that may block.
 */
#include "core/sip/ctx.h"

#include <errno.h>
#include <stdlib.h>

int lcs_post(uint64_t owner_key, void (*fn)(void *arg), void *arg)
{
	return worker_post_fn(worker_of(owner_key), fn, arg);
}

/* Holds its message until the pool is done with it. */
struct job_box {
	struct job      job;
	struct lcs_job *theirs;
	struct lcs_ctx *ctx;		/* counted */
};

static void box_run(struct job *job)
{
	struct job_box *box = (struct job_box *)job;

	box->theirs->run(box->theirs);
	job->err = box->theirs->err;
}

static void box_free(struct job *job)
{
	struct job_box *box = (struct job_box *)job;

	lcs_ctx_unref(&box->ctx);
	free(box);
}

/* After -ETIMEDOUT run may still be busy; box_free() is called when it is not. */
static void box_done(struct job *job, int err)
{
	struct job_box *box = (struct job_box *)job;

	box->theirs->done(box->theirs, err);
	if (err != -ETIMEDOUT)
		box_free(job);
}

int lcs_job_submit(struct lcs_call *call, const char *pool, struct lcs_job *theirs,
    msec_t deadline)
{
	struct job_box *box = calloc(1, sizeof(*box));
	int err;

	if (!box)
		return -ENOMEM;
	box->job = (struct job){ .run = box_run, .done = box_done, .freed = box_free };
	box->theirs = theirs;
	box->ctx = lcs_ctx_ref(call->ctx);
	err = job_submit(pool, &box->job, deadline);
	if (err)
		box_free(&box->job);
	return err;
}
