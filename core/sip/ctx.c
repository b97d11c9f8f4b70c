/*
 * core/sip/ctx.c - making, counting and asking a struct lcs_ctx.
 */
#include "core/sip/ctx.h"

#include "core/sip/bag.h"
#include "core/sip/steer.h"
#include "core/sip/tx.h"
#include "utils/err.h"
#include "utils/siphash.h"

#include <errno.h>

#define TARGETS_FIRST 4u
#define NOTE_BYTES 64u

uint64_t lcs_key(struct slice s)
{
	return siphash_quick(siphash_boot_key(), s);
}

/* A change of bindings would travel to the user's owner and back, if it began elsewhere. */
static bool is_about_user(const struct sip_msg *msg)
{
	return msg->method == METHOD_REGISTER;
}

/* A transaction need not be where the Call-ID would have it. */
static int asker_of(struct sip_msg *response)
{
	const struct lcs_tx_ops *ops = tx_ops();
	const struct sip_via *via = ops && ops->worker ? msg_via(response) : NULL;
	int worker = via ? ops->worker(via->branch) : -1;

	return worker < (int)worker_count() ? worker : -1;
}

/*
 * OPTIONS outside of a dialog leaves nothing behind, so it does not travel to whoever has its
 * Call-ID. If a script makes a transaction of it, that is here, too: a copy comes the same
 * way, and one that does not is answered alike.
 */
static bool stays(struct sip_msg *request)
{
	const struct name_addr *to;

	if (request->method != METHOD_OPTIONS)
		return false;
	to = msg_to(request);
	return to && to->tag.len == 0;
}

static unsigned owner_of_received(struct sip_msg *msg)
{
	int worker = -1;

	if (worker_count() < 2)
		return 0;
	if (!msg->is_request)
		worker = asker_of(msg);
	else if (stays(msg))
		worker = worker_self();
	return worker >= 0 ? (unsigned)worker : lcs_owner_of(msg);
}

unsigned lcs_owner_of(struct sip_msg *msg)
{
	struct slice aor;

	if (worker_count() < 2)
		return 0;
	aor = is_about_user(msg) ? msg_to_aor(msg) : SLICE_NULL;
	return worker_of(aor.len ? lcs_user_key(aor) : steer_call_key(msg_call_id(msg)));
}

static struct lcs_ctx *ctx_init(struct lcs_ctx *ctx, struct sip_msg *msg, struct lcs_gen *gen)
{
	int self = worker_self();

	ref_init(&ctx->refs);
	ctx->msg = msg;
	ctx->arena = msg->arena;
	ctx->gen = gen;
	ctx->owner = self < 0 ? 0 : (uint8_t)self;
	ctx->target.q = 1000;
	return ctx;
}

struct lcs_ctx *ctx_receive(struct sip_msg *msg)
{
	struct lcs_ctx *ctx = arena_zalloc(msg->arena, sizeof(*ctx));

	if (!ctx) {
		sip_msg_unref(&msg);
		return NULL;
	}
	ctx_init(ctx, msg, plan_of(gen_take()));
	ctx->kind = msg->is_request ? ROUTE_REQUEST : ROUTE_REPLY;
	ctx->owner = (uint8_t)owner_of_received(msg);
	ctx->in_flight = msg->from.flow != 0;
	ctx->received_at = steer_received_at();
	return ctx;
}

struct lcs_ctx *lcs_ctx_new(struct sip_msg *msg, const struct sip_edit *last,
    struct lcs_bag *bag, struct gen *gen, enum route_kind kind)
{
	struct lcs_ctx *ctx = arena_zalloc(msg->arena, sizeof(*ctx));

	if (!ctx)
		return NULL;
	ctx_init(ctx, sip_msg_ref(msg), plan_of(gen_ref(gen)));
	ctx->kind = (uint8_t)kind;
	ctx->last = last;
	ctx->bag = bag ? lcs_bag_ref(bag) : NULL;
	return ctx;
}

struct lcs_ctx *lcs_ctx_ref(struct lcs_ctx *ctx)
{
	ref_get(&ctx->refs);
	return ctx;
}

void lcs_ctx_unref(struct lcs_ctx **p)
{
	struct lcs_ctx *ctx = *p;
	struct sip_msg *msg;
	struct gen *gen;

	*p = NULL;
	if (!ctx || !ref_put(&ctx->refs))
		return;
	lcs_assert(ctx->run.state == RUN_NONE);
	if (ctx->bag)
		lcs_bag_unref(&ctx->bag);
	gen = &ctx->gen->gen;
	msg = ctx->msg;			/* the ctx itself goes with it */
	gen_unref(&gen);
	sip_msg_unref(&msg);
}

/* A copy of the Call-ID: the note is read when the message may be gone. */
void note_call(struct slice call_id)
{
	static _Thread_local char text[NOTE_BYTES];

	call_id = slice_first(call_id, sizeof(text));
	if (call_id.len)
		memcpy(text, call_id.p, call_id.len);
	*worker_note() = (struct worker_note){
		.room = "call", .call_id = text, .call_id_len = call_id.len,
	};
}

struct sip_msg *ctx_empty_msg(void)
{
	struct arena *arena = arena_new(0);
	struct sip_msg *msg = arena ? arena_zalloc(arena, sizeof(*msg)) : NULL;

	if (!msg) {
		arena_free(&arena);
		return NULL;
	}
	ref_init(&msg->refs);
	msg->arena = arena;
	for (unsigned i = 0; i < HDR_KNOWN; i++)
		msg->first[i] = MSG_NO_HDR;
	return msg;
}

struct arena *lcs_arena(struct lcs_ctx *ctx) { return ctx->arena; }
struct sip_msg *lcs_msg(struct lcs_ctx *ctx) { return ctx->msg; }
const struct sip_edit **lcs_edits(struct lcs_ctx *ctx) { return &ctx->last; }
const struct sip_hop *lcs_from(struct lcs_ctx *ctx) { return &ctx->msg->from; }

struct slice lcs_peer(struct lcs_ctx *ctx)
{
	const struct sip_hop *from = lcs_from(ctx);
	const struct net_listener *l = net_listener(from->listener);

	return l && l->faces == FACES_PEERS && from->flow ?
	    flow_peer_name(from->flow, lcs_arena(ctx)) : SLICE("");
}
enum route_kind lcs_kind(struct lcs_ctx *ctx) { return ctx->kind; }
msec_t lcs_waited(struct lcs_ctx *ctx) { return ctx->waited; }
msec_t lcs_age(struct lcs_ctx *ctx)
{
	return ctx->received_at ? loop_now(worker_loop()) - ctx->received_at : 0;
}
void lcs_take_age(struct lcs_ctx *ctx, const struct lcs_ctx *first)
{
	ctx->received_at = first->received_at;
}
bool lcs_is_request(struct lcs_ctx *ctx) { return ctx->msg->is_request; }
enum sip_method lcs_method(struct lcs_ctx *ctx) { return ctx->msg->method; }
struct fiber *lcs_fiber(struct lcs_ctx *ctx) { return ctx->run.fiber; }
struct gen *lcs_ctx_gen(struct lcs_ctx *ctx) { return &ctx->gen->gen; }
unsigned lcs_owner(struct lcs_ctx *ctx) { return ctx->owner; }
void *lcs_tx(struct lcs_ctx *ctx) { return ctx->tx; }
void lcs_set_tx(struct lcs_ctx *ctx, void *tx) { ctx->tx = tx; }
void *lcs_event_data(struct lcs_ctx *ctx) { return ctx->event_data; }
struct slice lcs_signature(const struct gen *gen)
{
	return ((const struct lcs_gen *)gen)->signature;
}

struct sip_view lcs_view(struct lcs_ctx *ctx)
{
	return (struct sip_view){ .msg = ctx->msg, .last = ctx->last };
}

/* Scripts ask for $rU, $rd, $ru one after the other; the edits are walked once. */
const struct sip_uri *lcs_request_uri(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);

	if (ctx->uri_known && ctx->uri_at == ctx->last)
		return ctx->uri;
	ctx->uri = view_uri(lcs_arena(ctx), &view);
	ctx->uri_at = ctx->last;
	ctx->uri_known = true;
	return ctx->uri;
}

/* ---- who sent it ---- */

int lcs_set_identity(struct lcs_ctx *ctx, struct slice name, struct slice domain)
{
	const struct slice pieces[] = { name, SLICE("@"), domain };
	struct slice text = arena_join(lcs_arena(ctx), pieces, 3);

	if (!text.p)
		return -ENOMEM;
	ctx->identity = text;
	return 0;
}

struct slice lcs_identity(struct lcs_ctx *ctx) { return ctx->identity; }

struct slice lcs_sender(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	const struct name_addr *from;

	if (ctx->identity.len)
		return ctx->identity;
	from = view_name_addr(lcs_arena(ctx), &view, HDR_FROM);
	return from ? sip_uri_aor(lcs_arena(ctx), &from->uri) : SLICE_NULL;
}

/* ---- targets ---- */

struct lcs_target *lcs_main_target(struct lcs_ctx *ctx) { return &ctx->target; }

static int targets_grow(struct lcs_ctx *ctx)
{
	unsigned room = ctx->target_room ? ctx->target_room * 2 : TARGETS_FIRST;
	struct lcs_target *more = arena_alloc(lcs_arena(ctx), room * sizeof(*more));

	if (!more)
		return -ENOMEM;
	if (ctx->target_count)
		memcpy(more, ctx->targets, ctx->target_count * sizeof(*more));
	ctx->targets = more;
	ctx->target_room = room;
	return 0;
}

int lcs_add_target(struct lcs_ctx *ctx, const struct lcs_target *t)
{
	if (ctx->target_count >= ctx->gen->max_targets)
		return -E2BIG;
	if (ctx->target_count == ctx->target_room && targets_grow(ctx) != 0)
		return -ENOMEM;
	ctx->targets[ctx->target_count++] = *t;
	return 0;
}

const struct lcs_target *lcs_targets(struct lcs_ctx *ctx, unsigned *count)
{
	*count = ctx->target_count;
	return ctx->targets;
}

void lcs_clear_targets(struct lcs_ctx *ctx) { ctx->target_count = 0; }

/* ---- what lives with the transaction ---- */

bool lcs_has_flag(const struct lcs_ctx *ctx, struct slice name)
{
	return ctx->bag && lcs_bag_flag(ctx->bag, name);
}

struct lcs_bag *lcs_bag(struct lcs_ctx *ctx)
{
	if (!ctx->bag)
		ctx->bag = bag_new(ctx->gen->limits.max_memory);
	return ctx->bag;
}
