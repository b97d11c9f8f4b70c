/*
 * modules/tm/once.c - requests of our own to which no answer is wanted (interface "tm": send).
 *
 * They take the same way as those with a transaction, by the worker of their Call-ID, so that
 * neither overtakes the other.
 */
#include "modules/tm/tm.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdlib.h>

struct once {
	struct inbox_item item;
	struct sip_msg   *msg;		/* counted */
	struct sip_hop    hop;
};

static void once_free(struct once *o)
{
	sip_msg_unref(&o->msg);
	free(o);
}

/* Not in tm_branch_text()'s form: what comes back finds nothing, and nothing looks for it. */
static struct slice fresh_branch(struct arena *a)
{
	unsigned char bytes[8];
	char *text = arena_bytes(a, sizeof(VIA_COOKIE) + 2 * sizeof(bytes));

	if (!text)
		return SLICE_NULL;
	rand_bytes(bytes, sizeof(bytes));
	memcpy(text, VIA_COOKIE "n", sizeof(VIA_COOKIE));
	hex_encode(text + sizeof(VIA_COOKIE), bytes, sizeof(bytes));
	return slice_of(text, sizeof(VIA_COOKIE) + 2 * sizeof(bytes));
}

static int put_on_wire(struct lcs_ctx *ctx)
{
	const struct lcs_target *target = lcs_main_target(ctx);
	const struct sip_edit *last = *lcs_edits(ctx);
	struct sip_uri next;
	struct sip_out *out;
	int err = lcs_forward_edits(ctx, target, &last, &next);

	if (!err)
		err = lcs_add_via(lcs_arena(ctx), &last, fresh_branch(lcs_arena(ctx)));
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

static void run(struct once *o)
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

static void run_item(struct inbox_item *item)
{
	run(container_of(item, struct once, item));
}

int tm_uac_once(struct tm *tm, const struct tm_request *r)
{
	struct once *o;
	unsigned owner;
	int err;

	(void)tm;
	if (!r->has_hop || !r->call_id.len)
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	err = tm_uac_message(r, r->call_id, &o->msg);
	if (err) {
		free(o);
		return err;
	}
	o->hop = r->hop;
	o->hop.name = SLICE_NULL;
	owner = lcs_owner_of(o->msg);
	if ((int)owner == worker_self()) {
		run(o);
		return 0;
	}
	o->item.run = run_item;
	worker_post(owner, &o->item, INBOX_MUST);
	return 0;
}
