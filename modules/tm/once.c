/*
 * modules/tm/once.c - requests of our own to which no answer is wanted (interface "tm": send).
 *
 * They take the same way as those with a transaction, by the worker of their Call-ID, so that
 * neither overtakes the other.
 */
#include "modules/tm/own.h"
#include "modules/tm/tm.h"

#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/spare.h"

#include <errno.h>

#define BRANCH_CHARS (sizeof(VIA_COOKIE) + 16)	/* cookie, 'n', 64 bits in hex */

struct once {
	struct inbox_item item;
	struct sip_out   *out;		/* of the short way (own.h), or NULL */
	struct sip_msg   *msg;		/* counted */
	struct sip_hop    hop;
};

static void once_free(struct once *o)
{
	sip_out_unref(&o->out);
	sip_msg_unref(&o->msg);
	spare_put(o, sizeof(*o));
}

/* Not in tm_branch_text()'s form: what comes back finds nothing, and nothing looks for it. */
static struct slice fresh_branch(char text[BRANCH_CHARS])
{
	uint64_t bits = rand_u64();

	memcpy(text, VIA_COOKIE "n", sizeof(VIA_COOKIE));
	hex_encode(text + sizeof(VIA_COOKIE), &bits, sizeof(bits));
	return slice_of(text, BRANCH_CHARS);
}

static int put_on_wire(struct lcs_ctx *ctx)
{
	const struct lcs_target *target = lcs_main_target(ctx);
	const struct sip_edit *last = *lcs_edits(ctx);
	char *branch = arena_bytes(lcs_arena(ctx), BRANCH_CHARS);
	struct sip_uri next;
	struct sip_out *out;
	int err = branch ? lcs_forward_edits(ctx, target, &last, &next) : -ENOMEM;

	if (!err)
		err = lcs_add_via(lcs_arena(ctx), &last, fresh_branch(branch), NULL);
	if (err || !lcs_may_send(ctx, last, &target->hop))
		return err;
	out = sip_out_new();
	if (!out)
		return -ENOMEM;
	out->base = sip_msg_ref(lcs_msg(ctx));
	out->last = last;
	out->hop = target->hop;
	net_send(&out);
	TM_COUNT(tm_here(), sent);
	return 0;
}

static void local_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	(void)arg;
	if (status != VM_DROP && status != VM_FAILED && put_on_wire(ctx) != 0)
		TM_COUNT(tm_here(), no_memory);
	lcs_ctx_unref(&ctx);
}

static void send_written(struct once *o)
{
	TM_COUNT(tm_here(), sent);
	net_send(&o->out);
	once_free(o);
}

static void run_route(struct once *o)
{
	struct gen *gen = gen_take();
	struct lcs_ctx *ctx = lcs_ctx_new(o->msg, NULL, NULL, gen, ROUTE_LOCAL);

	gen_unref(&gen);
	if (!ctx) {
		TM_COUNT(tm_here(), no_memory);
	} else {
		lcs_main_target(ctx)->hop = o->hop;
		lcs_main_target(ctx)->has_hop = true;
		lcs_route_run(ctx, lcs_route_id(ctx, ROUTE_LOCAL, SLICE_NULL), local_done, NULL);
	}
	once_free(o);
}

static void run(struct once *o)
{
	if (o->out)
		send_written(o);
	else
		run_route(o);
}

static void run_item(struct inbox_item *item)
{
	run(container_of(item, struct once, item));
}

static int make(struct once *o, const struct tm_request *r)
{
	char branch[BRANCH_CHARS];

	if (tm_direct_suits(r))
		return tm_direct_out(r, r->call_id, fresh_branch(branch), &o->out);
	o->hop = r->hop;
	o->hop.name = SLICE_NULL;
	return tm_own_message(r, r->call_id, &o->msg);
}

int tm_uac_once(struct tm *tm, const struct tm_request *r)
{
	unsigned owner = worker_of(lcs_key(r->call_id));
	struct once *o;
	int err;

	(void)tm;
	if (!r->has_hop || r->is_located || !r->call_id.len)
		return -EINVAL;
	o = spare_get(sizeof(*o));
	if (!o)
		return -ENOMEM;
	*o = (struct once){ .out = NULL };
	err = make(o, r);
	if (err) {
		once_free(o);
		return err;
	}
	if ((int)owner == worker_self()) {
		run(o);
		return 0;
	}
	o->item.run = run_item;
	worker_post(owner, &o->item, INBOX_MUST);
	return 0;
}
