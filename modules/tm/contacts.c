/*
 * modules/tm/contacts.c - one group of targets after the other, as the script wants it:
 * t_load_contacts() and t_next_contacts() (RFC 3261 16.6, q).
 */
#include "modules/tm/funcs.h"

#include <errno.h>

/* What is left of them lives with the transaction, so that a failure route finds it. */
struct tm_contacts {
	unsigned          next, count;
	struct lcs_target list[];	/* highest q first */
};

/* Of equals the order stays. */
static void insert(struct tm_contacts *c, const struct lcs_target *t)
{
	unsigned at = c->count++;

	for (; at > 0 && c->list[at - 1].q < t->q; at--)
		c->list[at] = c->list[at - 1];
	c->list[at] = *t;
}

static struct tm_contacts *collect(struct lcs_ctx *ctx)
{
	const struct sip_view view = lcs_view(ctx);
	struct lcs_target main = *lcs_main_target(ctx);
	unsigned count;
	const struct lcs_target *others = lcs_targets(ctx, &count);
	struct tm_contacts *c = arena_alloc(lcs_arena(ctx),
	    sizeof(*c) + (count + 1) * sizeof(c->list[0]));

	if (!c)
		return NULL;
	c->next = c->count = 0;
	main.request_uri = view_request_uri(&view);
	insert(c, &main);
	for (unsigned i = 0; i < count; i++)
		insert(c, &others[i]);
	return c;
}

enum fn_status tm_fn_load_contacts(struct lcs_call *call)
{
	int err = tm_ops.ensure(call->ctx);
	struct tm_at *at = tm_at_of(call->ctx);

	if (err == -ENOMEM)
		return FN_FAILED;
	call->ret = value_bool(!err && at && !tm_is_answered(at->tx));
	if (!call->ret.b)
		return FN_DONE;
	at->tx->work->contacts = collect(call->ctx);
	lcs_clear_targets(call->ctx);
	return at->tx->work->contacts ? FN_DONE : FN_FAILED;
}

static int use_as_main(struct lcs_ctx *ctx, const struct lcs_target *t)
{
	struct lcs_target *main = lcs_main_target(ctx);
	int err = edit_request_uri(lcs_arena(ctx), lcs_edits(ctx), t->request_uri);

	if (err)
		return err;
	*main = *t;
	main->request_uri = SLICE_NULL;
	return 0;
}

/* The group of highest q that is left, with the spare flows that stand behind its members. */
static int use_group(struct lcs_ctx *ctx, struct tm_contacts *c)
{
	uint16_t q = c->list[c->next].q;
	int err = use_as_main(ctx, &c->list[c->next++]);

	lcs_clear_targets(ctx);
	while (!err && c->next < c->count && c->list[c->next].q == q)
		err = lcs_add_target(ctx, &c->list[c->next++]);
	return err;
}

enum fn_status tm_fn_next_contacts(struct lcs_call *call)
{
	struct tm_at *at = tm_at_of(call->ctx);
	struct tm_contacts *c = at && at->tx->work ? at->tx->work->contacts : NULL;

	call->ret = value_bool(c && c->next < c->count);
	if (!call->ret.b)
		return FN_DONE;
	return use_group(call->ctx, c) == 0 ? FN_DONE : FN_FAILED;
}
