/*
 * modules/tm/report.c - what came of a request of our own is told to who made it, on his worker.
 */
#include "modules/tm/uac.h"

#include "utils/spare.h"

#include <stdlib.h>

struct tm_uac *tm_uac_ref(struct tm_uac *uac)
{
	ref_get(&uac->refs);
	return uac;
}

void tm_uac_unref(struct tm_uac *uac)
{
	if (!ref_put(&uac->refs))
		return;
	sip_msg_unref(&uac->msg);
	sip_out_unref(&uac->out);
	spare_put(uac, sizeof(*uac));
}

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
		tm_uac_unref(uac);		/* the caller's handle */
}

static void told(struct inbox_item *item)
{
	struct tm_report *r = container_of(item, struct tm_report, item);
	struct tm_uac *uac = r->uac;

	tell(uac, r->event, r->status, r->response);
	if (r->response)
		sip_msg_unref(&r->response);
	if (r->is_own)
		free(r);
	tm_uac_unref(uac);
}

void tm_uac_report(struct tm_uac *uac, struct tm_report *r, enum tm_event event, uint16_t status,
    struct sip_msg *response)
{
	if (uac->home == (unsigned)worker_self()) {
		tell(uac, event, status, response);
		return;
	}
	if (!r)
		return;
	r->item.run = told;
	r->uac = tm_uac_ref(uac);
	r->event = event;
	r->status = status;
	r->response = response ? sip_msg_ref(response) : NULL;
	worker_post(uac->home, &r->item, INBOX_MUST);
}

/* What may be lost if memory is short: a final report follows, or a copy of the response. */
static void report_more(struct tm_uac *uac, enum tm_event event, uint16_t status,
    struct sip_msg *response)
{
	struct tm_report *r = NULL;

	if (uac->home != (unsigned)worker_self())
		r = calloc(1, sizeof(*r));
	if (r)
		r->is_own = true;
	tm_uac_report(uac, r, event, status, response);
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
	tm_uac_report(tx->uac, &tx->uac->final, TM_FINAL, status, response);
}

void tm_uac_gone(struct tm_tx *tx)
{
	struct tm_uac *uac = tx->uac;

	tx->uac = NULL;
	uac->tx = NULL;
	tm_uac_report(uac, &uac->gone, TM_GONE, 0, NULL);
	tm_uac_unref(uac);
}

void tm_uac_abandon(struct tm_tx *tx)
{
	struct tm_uac *uac = tx->uac;

	tx->uac = NULL;
	uac->tx = NULL;
	tm_uac_unref(uac);
}

/* ---- of the short way (own.h) ---- */

static void let_go(struct tm_uac *uac)
{
	struct tm_client *c = uac->client;

	uac->client = NULL;
	c->uac = NULL;
	list_remove(&uac->among);
	c->local->active--;
}

void tm_uac_lost(struct tm_client *c)
{
	struct tm_uac *uac = c->uac;

	if (!uac)
		return;
	let_go(uac);
	tm_uac_unref(uac);
}

void tm_uac_over(struct tm_client *c, uint16_t status, struct sip_msg *response)
{
	struct tm_uac *uac = c->uac;

	if (!uac)
		return;
	let_go(uac);
	tm_uac_report(uac, &uac->final, TM_FINAL, status, response);
	tm_uac_report(uac, &uac->gone, TM_GONE, 0, NULL);
	tm_uac_unref(uac);
}

bool tm_uac_is_terse(const struct tm_client *c) { return c->uac && c->uac->is_terse; }
