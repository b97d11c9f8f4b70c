/*
 * modules/tm/uac.c - requests of our own (interface "tm": request, forget).
 *
 * The caller's worker makes the message; the owner of its Call-ID sends it and
 * reports back. Both are the same worker when the Call-ID is ours to choose.
 */
#include "modules/tm/own.h"
#include "modules/tm/uac.h"

#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/spare.h"

#include <errno.h>
#include <stdlib.h>

/* ---- who it is ---- */

/* One that this worker owns, so that nothing has to travel. */
static struct slice fresh_call_id(char text[32])
{
	unsigned char bytes[16];
	struct slice id = slice_of(text, 32);

	do {
		rand_bytes(bytes, sizeof(bytes));
		hex_encode(text, bytes, sizeof(bytes));
	} while (worker_of(lcs_key(id)) != (unsigned)worker_self());
	return id;
}

/* ---- on the owner: the short way ---- */

void tm_uac_each(struct tm_local *local, void (*fn)(const struct tm_uac_info *info, void *arg),
    void *arg)
{
	list_for_each(it, &local->direct) {
		const struct tm_uac *uac = container_of(it, struct tm_uac, among);
		const struct tm_uac_info info = { uac->born, &uac->client->hop };

		fn(&info, arg);
	}
}

static int begin_direct(struct tm_uac *uac)
{
	struct tm_local *local = tm_here();
	struct tm_client *c = tm_client_direct(local, uac->id, uac->method, &uac->out);

	if (!c) {
		TM_COUNT(local, no_memory);
		return -ENOMEM;
	}
	TM_COUNT(local, local);
	local->active++;
	uac->client = c;
	uac->born = loop_now(worker_loop());
	list_push_back(&local->direct, &uac->among);
	c->uac = tm_uac_ref(uac);
	tm_client_send(c);
	return 0;
}

/* ---- on the owner: the long way ---- */

static void local_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	struct tm_tx *tx = arg;
	struct lcs_target *main = lcs_main_target(ctx);

	if (main->next_uri.len)
		main->has_hop = false;	/* the route chose another way */
	if (tx->work && !tx->work->is_over && status != VM_DROP && status != VM_FAILED)
		tm_relay(tx, ctx);
	else if (tx->work)
		tm_look_later(tx);	/* no branch: the caller is told that it cannot be done */
	tm_leave(tx);
}

static struct lcs_ctx *make_ctx(struct tm_uac *uac)
{
	struct gen *gen = gen_take();
	struct lcs_ctx *ctx = lcs_ctx_new(uac->msg, NULL, NULL, gen, ROUTE_LOCAL);

	gen_unref(&gen);
	sip_msg_unref(&uac->msg);
	if (!ctx)
		return NULL;
	lcs_main_target(ctx)->hop = uac->hop;
	lcs_main_target(ctx)->has_hop = uac->has_hop;
	lcs_main_target(ctx)->next_uri = uac->next_uri;
	return ctx;
}

static int begin(struct tm_uac *uac)
{
	struct lcs_ctx *ctx = make_ctx(uac);
	struct tm_tx *tx;
	int err;

	if (!ctx)
		return -ENOMEM;
	err = tm_local_new(tm_here(), ctx, &tx);
	if (err)
		return err;
	tx->uac = tm_uac_ref(uac);
	uac->tx = tx;
	tm_enter(tx);
	lcs_route_run(ctx, lcs_route_id(ctx, ROUTE_LOCAL, SLICE_NULL), local_done, tx);
	return 0;
}

static void begin_item(struct inbox_item *item)
{
	struct tm_uac *uac = container_of(item, struct tm_uac, begin);

	if ((uac->out ? begin_direct(uac) : begin(uac)) != 0) {
		tm_uac_report(uac, &uac->final, TM_FINAL, 500, NULL);
		tm_uac_report(uac, &uac->gone, TM_GONE, 0, NULL);
	}
	tm_uac_unref(uac);
}

static void forget_here(struct tm_uac *uac)
{
	struct tm_tx *tx = uac->tx;

	if (uac->client)
		tm_client_orphan(uac->client);
	if (!tx)
		return;
	tm_enter(tx);
	if (tx->is_invite)
		tm_cancel(tx, SLICE_NULL);
	else if (tx->work)
		tx->work->is_over = true;
	tm_leave(tx);
}

static void forget_item(struct inbox_item *item)
{
	struct tm_uac *uac = container_of(item, struct tm_uac, forget);

	forget_here(uac);
	tm_uac_unref(uac);
}

/* ---- for the caller ---- */

static struct tm_uac *uac_new(const struct tm_request *r, tm_event_fn *fn, void *arg)
{
	struct tm_uac *uac = spare_get(sizeof(*uac));

	if (!uac)
		return NULL;
	*uac = (struct tm_uac){ .home = (unsigned)worker_self(), .fn = fn, .arg = arg };
	ref_init(&uac->refs);
	uac->hop = r->hop;
	uac->hop.name = SLICE_NULL;
	uac->has_hop = r->has_hop && !r->is_located;
	uac->is_terse = r->is_terse || !fn;
	return uac;
}

/* 0, -ENOMEM, -EMSGSIZE: to take the long way. */
static int write_direct(struct tm_uac *uac, const struct tm_request *r, struct slice call_id)
{
	char branch[TM_BRANCH_CHARS];

	uac->owner = worker_of(lcs_key(call_id));
	uac->id = tm_branch_fresh(uac->owner);
	uac->method = sip_method_parse(r->method);
	tm_branch_text(uac->id, branch);
	return tm_direct_out(r, call_id, slice_of(branch, sizeof(branch)), &uac->out);
}

static int make_message(struct tm_uac *uac, const struct tm_request *r, struct slice call_id)
{
	int err = tm_own_message(r, call_id, &uac->msg);

	if (err)
		return err;
	if (r->hop.name.len)
		uac->hop.name = arena_dup(uac->msg->arena, r->hop.name);
	if (r->next_uri.len)
		uac->next_uri = arena_dup(uac->msg->arena, r->next_uri);
	uac->owner = lcs_owner_of(uac->msg);
	return 0;
}

static int make(struct tm_uac *uac, const struct tm_request *r)
{
	char text[32];
	struct slice call_id = r->call_id.len ? r->call_id : fresh_call_id(text);
	int err = tm_direct_suits(r) ? write_direct(uac, r, call_id) : -EMSGSIZE;

	return err == -EMSGSIZE ? make_message(uac, r, call_id) : err;
}

static int start(struct tm_uac *uac)
{
	if (uac->owner == uac->home)
		return uac->out ? begin_direct(uac) : begin(uac);
	uac->begin.run = begin_item;
	tm_uac_ref(uac);
	worker_post(uac->owner, &uac->begin, INBOX_MUST);
	return 0;
}

int tm_uac_request(struct tm *tm, const struct tm_request *r, tm_event_fn *fn, void *arg,
    struct tm_uac **out)
{
	struct tm_uac *uac = uac_new(r, fn, arg);
	int err = uac ? make(uac, r) : -ENOMEM;

	(void)tm;
	if (!err)
		err = start(uac);
	if (err && uac)
		tm_uac_unref(uac);
	if (!err && out)
		*out = uac;
	else if (!err)
		tm_uac_unref(uac);		/* nobody wants to know what becomes of it */
	return err;
}

int tm_uac_send(struct tm *tm, const struct tm_request *r)
{
	return tm_uac_request(tm, r, NULL, NULL, NULL);
}

void tm_uac_forget(struct tm *tm, struct tm_uac **handle)
{
	struct tm_uac *uac = *handle;

	(void)tm;
	*handle = NULL;
	if (!uac)
		return;
	uac->fn = NULL;
	if (uac->owner == uac->home) {
		forget_here(uac);
	} else {
		uac->forget.run = forget_item;
		tm_uac_ref(uac);
		worker_post(uac->owner, &uac->forget, INBOX_MUST);
	}
	tm_uac_unref(uac);			/* the caller's handle */
}
