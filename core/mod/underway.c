/*
 * core/mod/underway.c - see underway.h.
 */
#include "core/mod/underway.h"

#include "core/lcs.h"
#include "core/sip/tx.h"

#include <stdatomic.h>

struct visit { const struct gen *gen; uint64_t unanswered; struct holder *out; };

/* ---- how many ---- */

static void count_one(const struct lcs_tx_info *info, void *arg)
{
	struct visit *v = arg;

	v->unanswered += !info->is_answered;
}

static void count_here(unsigned index, void *arg)
{
	(void)index;
	tx_ops()->each(count_one, arg);
}

/* Each generation's count but that of the current pointer is somebody at work. */
static void count_refs(const struct gen *gen, bool is_current, void *arg)
{
	struct visit *v = arg;
	uint64_t refs = ref_count(&gen->refs);

	v->unanswered += refs > 0 && is_current ? refs - 1 : refs;
}

static _Atomic uint64_t held;

void lcs_hold_end(void) { atomic_fetch_add(&held, 1); }

void lcs_let_end(void)
{
	lcs_assert(atomic_fetch_sub(&held, 1) > 0);
}

uint64_t underway_count(void)
{
	struct visit v = { .unanswered = atomic_load(&held) };

	if (tx_ops() && tx_ops()->each)
		worker_on_each(count_here, &v);
	else
		gen_each(count_refs, &v);
	return v.unanswered;
}

/* ---- who ---- */

static void note_call(struct holder *h, struct slice call_id)
{
	size_t n = call_id.len < HOLDER_CALL_ID_MAX ? call_id.len : HOLDER_CALL_ID_MAX - 1;

	for (size_t i = 0; i < n; i++)
		h->call_id[i] = call_id.p[i] >= ' ' && call_id.p[i] <= '~' ? call_id.p[i] : '?';
	h->call_id[n] = '\0';
}

static void look_at(const struct lcs_tx_info *info, void *arg)
{
	struct visit *v = arg;

	if (info->gen != v->gen)
		return;
	v->out->transactions++;
	v->out->answered += info->is_answered;
	if (!info->is_answered && !v->out->call_id[0])
		note_call(v->out, info->call_id);
}

static void look_here(unsigned index, void *arg)
{
	(void)index;
	tx_ops()->each(look_at, arg);
}

void underway_holder(const struct gen *gen, struct holder *out)
{
	struct visit v = { .gen = gen, .out = out };

	*out = (struct holder){ 0 };
	if (tx_ops() && tx_ops()->each)
		worker_on_each(look_here, &v);
}
