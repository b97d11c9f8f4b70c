/*
 * core/sip/flight.c - see flight.h.
 */
#include "core/sip/flight.h"

#include "cfg/fiber.h"
#include "parser/glance.h"
#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

struct flight {
	struct tape        tape;
	struct flight_run *runs;	/* NULL: nothing is recorded */
	uint32_t           mask, next;
	bool               is_paused;
};
static struct flight flights[WORKERS_MAX];	/* each its worker's */
static size_t memory;

/* ---- the rings ---- */

static uint32_t power_of_two_below(size_t n)
{
	uint32_t p = 1;

	while ((size_t)p * 2 <= n && p < 1u << 24)
		p *= 2;
	return p;
}

/* A run has some thirty steps: half of the memory for them, a quarter for the runs, so that
 * after rounding both last about equally long. */
static int start(unsigned index, void *arg)
{
	struct flight *f = &flights[index];
	uint32_t steps = power_of_two_below(memory / 2 / sizeof(struct tape_step));
	uint32_t runs = power_of_two_below(memory / 4 / sizeof(struct flight_run));

	(void)arg;
	if (memory == 0)
		return 0;
	f->tape.steps = calloc(steps, sizeof(*f->tape.steps));
	f->runs = calloc(runs, sizeof(*f->runs));
	if (!f->tape.steps || !f->runs)
		return -ENOMEM;
	f->tape.mask = steps - 1;
	f->mask = runs - 1;
	return 0;
}

static void stop(unsigned index, void *arg)
{
	struct flight *f = &flights[index];

	(void)arg;
	free(f->tape.steps);
	free(f->runs);
	*f = (struct flight){ .runs = NULL };
}

void flight_configure(size_t bytes) { memory = bytes; }
bool flight_is_on(void) { return memory > 0; }

void flight_register(void)
{
	static const struct worker_part part = { .start = start, .stop = stop };

	worker_register(&part);
}

static struct flight *mine(void)
{
	int self = worker_self();
	struct flight *f = self < 0 ? NULL : &flights[self];

	return f && f->runs ? f : NULL;
}

void flight_pause(bool on)
{
	struct flight *f = mine();

	if (f)
		f->is_paused = on;
}

/* ---- counters ---- */

/* Made when a worker first runs something of this generation. */
static uint32_t *counts_of(struct lcs_gen *gen)
{
	uint32_t **c = &gen->counts[worker_self()];
	const struct program *p = gen->program;

	if (!*c)
		*c = calloc(tape_counters(p->code_count, p->route_count), sizeof(**c));
	return *c;
}

void flight_add_counts(const struct lcs_gen *gen, uint64_t *sum)
{
	const uint32_t *c = gen->counts[worker_self()];
	size_t n = tape_counters(gen->program->code_count, gen->program->route_count);

	for (size_t i = 0; c && i < n; i++)
		sum[i] += c[i];
}

void flight_forget_counts(struct lcs_gen *gen)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		free(gen->counts[i]);
		gen->counts[i] = NULL;
	}
}

/* ---- recording ---- */

/* At most 48 bytes in blocks that overlap: a third of what a call of memcpy() costs, and it
 * is done some four times for each message. */
static inline void copy_short(char *to, const char *from, size_t len)
{
	if (len >= 16) {
		memcpy(to, from, 16);
		if (len > 32)
			memcpy(to + 16, from + 16, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + len - 8, from + len - 8, 8);
	} else if (len) {
		memcpy(to, from, len);
	}
}

static void keep(struct flight_name *n, struct slice s)
{
	n->is_cut = s.len > FLIGHT_NAME;
	n->len = (uint8_t)(n->is_cut ? FLIGHT_NAME : s.len);
	copy_short(n->text, s.p, n->len);
}

static struct slice uri_of(const struct name_addr *a) { return a ? a->uri.text : SLICE_NULL; }

static struct flight_run *next_run(struct flight *f, const struct sip_hop *from,
    struct slice call_id)
{
	struct flight_run *r = &f->runs[f->next & f->mask];

	r->number = f->next++;
	r->first_step = r->last_step = f->tape.at;
	r->is_over = false;
	r->took = 0;
	r->begin = loop_now(worker_loop());
	r->from = from->remote;
	r->transport = (uint8_t)from->transport;
	keep(&r->call_id, call_id);
	return r;
}

static struct flight_run *next_of(struct flight *f, struct lcs_ctx *ctx)
{
	struct sip_msg *msg = ctx->msg;
	struct flight_run *r = next_run(f, &msg->from, msg_call_id(msg));

	r->generation = (uint32_t)ctx->gen->gen.number;
	r->kind = ctx->kind;
	r->method = (uint8_t)msg->method;
	r->is_request = msg->is_request;
	r->status = msg->is_request ? 0 : msg->status;
	return r;
}

/* A response is found by its Call-ID; what else it says stands with its request. */
static void keep_names(struct flight_run *r, struct sip_msg *msg)
{
	bool whole = msg->is_request && msg->first[HDR_FROM] != MSG_NO_HDR;

	keep(&r->uri, msg->request_uri);
	keep(&r->caller, whole ? uri_of(msg_from(msg)) : SLICE_NULL);
	keep(&r->callee, whole ? uri_of(msg_to(msg)) : SLICE_NULL);
}

void flight_begin(struct lcs_ctx *ctx, int route)
{
	struct flight *f = mine();
	struct flight_run *r;
	uint32_t *counts;

	if (!f || f->is_paused)
		return;
	r = next_of(f, ctx);
	r->route = route;
	keep_names(r, ctx->msg);
	counts = counts_of(ctx->gen);
	if (counts)
		tape_begin(&f->tape, ctx->run.fiber, r->number, counts);
}

/* NULL if it was written over while it waited. */
static struct flight_run *run_of(const struct lcs_ctx *ctx)
{
	const struct fiber *fiber = ctx->run.fiber;
	struct flight *f = fiber && fiber->tape ? mine() : NULL;
	struct flight_run *r = f ? &f->runs[fiber->run_number & f->mask] : NULL;

	return r && r->number == fiber->run_number ? r : NULL;
}

void flight_end(struct lcs_ctx *ctx, enum vm_status status)
{
	struct flight_run *r = run_of(ctx);

	if (!r)
		return;
	if (r->status == 0)
		r->took = (uint32_t)(loop_now(worker_loop()) - r->begin);
	r->status_vm = (uint8_t)status;
	r->last_step = ctx->run.fiber->tape->at;
	r->is_over = true;
}

static void end_response(struct flight_run *r)
{
	r->route = -1;
	r->uri.len = r->caller.len = r->callee.len = 0;
	r->is_over = true;
}

void flight_response(struct lcs_ctx *ctx)
{
	struct flight *f = mine();

	if (f)
		end_response(next_of(f, ctx));
}

/* Whoever dealt with it need not have looked that far. */
static void look_for_names(struct sip_glance *response)
{
	if (!response->call_id.p)
		sip_glance_again(response);
}

void flight_answer(const struct sip_hop *from, struct sip_glance *response)
{
	struct flight *f = mine();
	struct flight_run *r;

	if (!f)
		return;
	look_for_names(response);
	r = next_run(f, from, response->call_id);
	r->generation = (uint32_t)gen_peek()->number;
	r->kind = ROUTE_REPLY;
	r->method = (uint8_t)response->method;
	r->is_request = false;
	r->status = response->status;
	end_response(r);
}

void flight_replied(struct lcs_ctx *ctx, const struct response_parts *parts)
{
	struct flight_run *r = run_of(ctx);

	if (!r)
		return;
	r->status = parts->status;
	r->took = (uint32_t)(loop_now(worker_loop()) - r->begin);
	tape_note(ctx->run.fiber, TAPE_REPLY, 0, parts->status);
	tape_note_text(ctx->run.fiber, parts->reason);
	if (r->is_over)
		r->last_step = ctx->run.fiber->tape->at;
}

void lcs_note_final(struct lcs_ctx *ctx, unsigned status)
{
	struct flight_run *r = run_of(ctx);

	if (!r)
		return;
	r->status = (uint16_t)status;
	r->took = (uint32_t)(loop_now(worker_loop()) - r->begin);
}

uint64_t flight_hop(const struct sip_hop *hop)
{
	uint32_t ip;

	if (hop->remote.ip.family != 4)
		return (uint64_t)hop->transport << 56 | hop->remote.port;
	memcpy(&ip, hop->remote.ip.bytes, sizeof(ip));
	return (uint64_t)hop->transport << 56 | (uint64_t)hop->remote.port << 32 | ip;
}

void flight_relayed(struct lcs_ctx *ctx, const struct lcs_target *t)
{
	if (run_of(ctx))
		tape_note(ctx->run.fiber, TAPE_RELAY, t->has_hop && t->hop.remote.ip.family == 4,
		    t->has_hop ? flight_hop(&t->hop) : 0);
}

/* ---- reading ---- */

struct flight_view flight_view(void)
{
	const struct flight *f = mine();

	if (!f)
		return (struct flight_view){ .runs = NULL };
	return (struct flight_view){ f->runs, f->mask, f->next, &f->tape };
}

const struct tape_step *flight_step(const struct flight_view *v, const struct flight_run *r,
    uint32_t at)
{
	const struct tape_step *s = &v->tape->steps[at & v->tape->mask];

	return v->tape->at - at <= v->tape->mask + 1 && s->run == r->number ? s : NULL;
}
