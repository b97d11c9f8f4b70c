/*
 * modules/tm/uac.c - requests of our own (interface "tm": request, forget).
 *
 * The caller's worker makes the message; the owner of its Call-ID sends it and
 * reports back. Both are the same worker when the Call-ID is ours to choose.
 */
#include "modules/tm/tm.h"

#include "utils/hex.h"
#include "utils/log.h"
#include "utils/rand.h"
#include "utils/ref.h"

#include <errno.h>
#include <stdlib.h>

struct report {
	struct inbox_item item;
	struct tm_uac    *uac;		/* counted */
	enum tm_event     event;
	uint16_t          status;
	struct sip_msg   *response;	/* counted, or NULL */
	bool              is_own;	/* allocated by itself */
};

struct tm_uac {
	struct ref     refs;		/* the caller's handle; the transaction; reports */
	unsigned       home, owner;	/* workers */
	tm_event_fn   *fn;		/* home's; NULL: forgotten */
	void          *arg;
	struct tm_tx  *tx;		/* owner's; NULL: it has gone */
	struct sip_msg *msg;		/* counted; until the transaction begins */
	struct sip_hop hop;
	bool           has_hop;
	struct slice   next_uri;	/* in msg's arena */
	struct report  final, gone;	/* these must get through even if memory is short */
	struct inbox_item begin, forget;
};

static struct tm_uac *uac_ref(struct tm_uac *uac)
{
	ref_get(&uac->refs);
	return uac;
}

static void uac_unref(struct tm_uac *uac)
{
	if (!ref_put(&uac->refs))
		return;
	if (uac->msg)
		sip_msg_unref(&uac->msg);
	free(uac);
}

/* ---- the message ---- */

static void put_line(struct buf *b, struct slice name, struct slice value)
{
	if (value.len == 0)
		return;
	buf_put(b, name);
	buf_put(b, SLICE(": "));
	buf_put(b, value);
	buf_put(b, SLICE("\r\n"));
}

static void put_request(struct buf *b, const struct tm_request *r, struct slice call_id)
{
	struct gen *gen = gen_peek();

	buf_put(b, r->method);
	buf_put_char(b, ' ');
	buf_put(b, r->request_uri);
	buf_put(b, SLICE(" SIP/2.0\r\n"));
	put_line(b, SLICE("Route"), r->route_set);
	put_line(b, SLICE("From"), r->from);
	put_line(b, SLICE("To"), r->to);
	put_line(b, SLICE("Call-ID"), call_id);
	buf_put(b, SLICE("CSeq: "));
	buf_put_u64(b, r->cseq ? r->cseq : 1);
	buf_put_char(b, ' ');
	buf_put(b, r->method);
	buf_put(b, SLICE("\r\n"));
	put_line(b, SLICE("User-Agent"), gen ? lcs_signature(gen) : SLICE_NULL);
	buf_put(b, r->extra_lines);
	put_line(b, SLICE("Content-Type"), r->content_type);
	buf_put(b, SLICE("Content-Length: "));
	buf_put_u64(b, r->body.len);
	buf_put(b, SLICE("\r\n\r\n"));
	buf_put(b, r->body);
}

int tm_uac_message(const struct tm_request *r, struct slice call_id, struct sip_msg **out)
{
	struct buf *b = buf_new(512 + r->body.len);
	const struct sip_hop nowhere = { 0 };
	struct sip_msg *msg = NULL;
	int err = -ENOMEM;

	if (b) {
		put_request(b, r, call_id);
		if (!b->failed)
			err = sip_msg_parse(buf_slice(b), &nowhere, &net_limits()->msg, &msg, NULL);
	}
	buf_unref(&b);
	if (err) {
		sip_msg_unref(&msg);
		return err == -ENOMEM ? err : -EINVAL;
	}
	*out = msg;
	return 0;
}

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

/* ---- reports to the caller ---- */

static void tell(struct tm_uac *uac, enum tm_event event, uint16_t status,
    struct sip_msg *response)
{
	tm_event_fn *fn = uac->fn;

	if (event == TM_GONE)
		uac->fn = NULL;
	if (!fn)
		return;
	fn(uac->arg, event, status, response);
	if (event == TM_GONE)
		uac_unref(uac);		/* the caller's handle */
}

static void told(struct inbox_item *item)
{
	struct report *r = container_of(item, struct report, item);
	struct tm_uac *uac = r->uac;

	tell(uac, r->event, r->status, r->response);
	if (r->response)
		sip_msg_unref(&r->response);
	if (r->is_own)
		free(r);
	uac_unref(uac);
}

static void report(struct tm_uac *uac, struct report *r, enum tm_event event, uint16_t status,
    struct sip_msg *response)
{
	if (uac->home == (unsigned)worker_self()) {
		tell(uac, event, status, response);
		return;
	}
	if (!r)
		return;
	r->item.run = told;
	r->uac = uac_ref(uac);
	r->event = event;
	r->status = status;
	r->response = response ? sip_msg_ref(response) : NULL;
	worker_post(uac->home, &r->item, INBOX_MUST);
}

/* What may be lost if memory is short: a final report follows, or a copy of the response. */
static void report_more(struct tm_uac *uac, enum tm_event event, uint16_t status,
    struct sip_msg *response)
{
	struct report *r = NULL;

	if (uac->home != (unsigned)worker_self())
		r = calloc(1, sizeof(*r));
	if (r)
		r->is_own = true;
	report(uac, r, event, status, response);
}

void tm_uac_provisional(struct tm_tx *tx, uint16_t status, struct sip_msg *response)
{
	if (tx->uac)
		report_more(tx->uac, TM_PROVISIONAL, status, response);
}

/* Each 2xx to an INVITE wants an ACK, copies too (13.2.2.4), so each is told. */
void tm_uac_final(struct tm_tx *tx, uint16_t status, struct sip_msg *response)
{
	if (!tx->uac)
		return;
	if (tx->uac->final.event == TM_FINAL) {
		if (tx->is_invite && status < 300)
			report_more(tx->uac, TM_FINAL, status, response);
		return;
	}
	tx->uac->final.event = TM_FINAL;
	report(tx->uac, &tx->uac->final, TM_FINAL, status, response);
}

void tm_uac_gone(struct tm_tx *tx)
{
	struct tm_uac *uac = tx->uac;

	tx->uac = NULL;
	uac->tx = NULL;
	report(uac, &uac->gone, TM_GONE, 0, NULL);
	uac_unref(uac);
}

void tm_uac_abandon(struct tm_tx *tx)
{
	struct tm_uac *uac = tx->uac;

	tx->uac = NULL;
	uac->tx = NULL;
	uac_unref(uac);
}

/* ---- on the owner ---- */

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
	tx->uac = uac_ref(uac);
	uac->tx = tx;
	tm_enter(tx);
	lcs_route_run(ctx, lcs_route_id(ctx, ROUTE_LOCAL, SLICE_NULL), local_done, tx);
	return 0;
}

static void begin_item(struct inbox_item *item)
{
	struct tm_uac *uac = container_of(item, struct tm_uac, begin);

	if (begin(uac) != 0) {
		report(uac, &uac->final, TM_FINAL, 500, NULL);
		report(uac, &uac->gone, TM_GONE, 0, NULL);
	}
	uac_unref(uac);
}

static void forget_here(struct tm_uac *uac)
{
	struct tm_tx *tx = uac->tx;

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
	uac_unref(uac);
}

/* ---- for the caller ---- */

static struct tm_uac *uac_new(const struct tm_request *r, tm_event_fn *fn, void *arg)
{
	struct tm_uac *uac = calloc(1, sizeof(*uac));

	if (!uac)
		return NULL;
	ref_init(&uac->refs);
	uac->home = (unsigned)worker_self();
	uac->fn = fn;
	uac->arg = arg;
	uac->hop = r->hop;
	uac->hop.name = SLICE_NULL;
	uac->has_hop = r->has_hop;
	return uac;
}

static int start(struct tm_uac *uac)
{
	if (uac->owner == uac->home)
		return begin(uac);
	uac->begin.run = begin_item;
	uac_ref(uac);
	worker_post(uac->owner, &uac->begin, INBOX_MUST);
	return 0;
}

int tm_uac_request(struct tm *tm, const struct tm_request *r, tm_event_fn *fn, void *arg,
    struct tm_uac **out)
{
	struct tm_uac *uac = uac_new(r, fn, arg);
	char text[32];
	struct slice call_id = r->call_id.len ? r->call_id : fresh_call_id(text);
	int err = uac ? tm_uac_message(r, call_id, &uac->msg) : -ENOMEM;

	(void)tm;
	if (!err && r->hop.name.len)
		uac->hop.name = arena_dup(uac->msg->arena, r->hop.name);
	if (!err && r->next_uri.len)
		uac->next_uri = arena_dup(uac->msg->arena, r->next_uri);
	if (!err) {
		uac->owner = lcs_owner_of(uac->msg);
		err = start(uac);
	}
	if (err && uac)
		uac_unref(uac);
	if (!err && out)
		*out = uac;
	else if (!err)
		uac_unref(uac);		/* nobody wants to know what becomes of it */
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
		uac_ref(uac);
		worker_post(uac->owner, &uac->forget, INBOX_MUST);
	}
	uac_unref(uac);			/* the caller's handle */
}
