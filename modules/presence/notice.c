/*
 * modules/presence/notice.c - one notice: its lines, its way out, its answer (RFC 6665 4.2.2).
 *
 * A NOTIFY waits for the answer to the one before; a BENOTIFY waits for nothing.
 */
#include "modules/presence/sub.h"

#include "utils/hex.h"

#include <errno.h>

#define PROBATION_S 60u		/* long enough to say on which home a user lives from now on */

/* ---- the lines ---- */

struct slice notice_etag(struct presence_body *body, char text[ETAG_CHARS])
{
	uint64_t hash = view_hash(body);

	hex_encode(text, &hash, sizeof(hash));
	return slice_of(text, ETAG_CHARS);
}

/* Thousandths are fine enough for one in some hours. */
static void put_rate(struct buf *b, struct slice name, msec_t gap)
{
	if (gap) {
		buf_put(b, name);
		buf_printf(b, "%.3f", 1000.0 / (double)gap);
	}
}

static void put_state(struct buf *b, const struct presence_sub *sub, const char *reason)
{
	int64_t left = sub->info.expires - loop_wall(worker_loop());

	buf_put(b, SLICE("\r\nSubscription-State: "));
	if (reason) {
		buf_put(b, SLICE("terminated;reason="));
		buf_put(b, slice_str(reason));
		if (slice_eq(slice_str(reason), SLICE("probation")))
			buf_printf(b, ";retry-after=%u", PROBATION_S);
		return;
	}
	buf_put(b, sub->info.state == PRESENCE_SUB_PENDING ? SLICE("pending;expires=") :
	    SLICE("active;expires="));
	buf_put_u64(b, (uint64_t)(left > 0 ? left : 0));
	put_rate(b, SLICE(";max-rate="), sub->dialog->min_gap);
	put_rate(b, SLICE(";min-rate="), sub->dialog->max_gap);
	put_rate(b, SLICE(";adaptive-min-rate="), pace_gap(sub->dialog->pace));
}

/* reason NULL: it goes on. */
static void put_lines(struct buf *b, const struct presence_sub *sub, const char *reason,
    struct presence_body *body)
{
	char etag[ETAG_CHARS];

	buf_put(b, SLICE("Event: "));
	buf_put(b, sub_event(sub));
	put_state(b, sub, reason);
	buf_put(b, SLICE("\r\nContact: "));
	buf_put(b, sub->dialog->client->contact);
	if (body && !(sub->info.flags & PRESENCE_SUB_BENOTIFY)) {
		buf_put(b, SLICE("\r\nSIP-ETag: "));
		buf_put(b, notice_etag(body, etag));
	}
	buf_put(b, SLICE("\r\n"));
	if (body)
		buf_put(b, body->extra_lines);
}

/* ---- sending ---- */

static void answered(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response);

static int send_home(struct presence_sub *sub, const char *reason, struct presence_body *body)
{
	const struct presence_notice notice = { .state = sub->info.state,
	    .right = sub->info.right, .body = body, .reason = reason ? reason :
	    sub->info.right == PRESENCE_DENY ? "rejected" : "" };

	watch_note(sub->watch, &notice);
	return 0;
}

static struct tm_request request_for(const struct presence_sub *sub, struct slice method)
{
	const struct sub_dialog *d = sub->dialog;
	const struct sub_client *c = d->client;

	return (struct tm_request){
		.method = method, .request_uri = c->target,
		.from = d->from, .to = d->to, .call_id = d->call_id,
		.cseq = d->local_cseq + 1, .route_set = c->route_set,
		.hop = c->hop, .has_hop = c->has_hop || c->is_located,
		.is_located = c->is_located, .is_terse = true,
	};
}

static int send_out(struct presence_sub *sub, const char *reason, struct presence_body *body)
{
	const struct presence *p = sub->user->p;
	bool is_benotify = sub->info.flags & PRESENCE_SUB_BENOTIFY && sub->dialog->client->has_hop;
	struct tm_request r = request_for(sub, is_benotify ? SLICE("BENOTIFY") : SLICE("NOTIFY"));
	struct buf *lines = buf_new(256);
	int err = -ENOMEM;

	if (lines)
		put_lines(lines, sub, reason, body);
	sub->is_sending = true;
	if (lines && !lines->failed) {
		r.extra_lines = buf_slice(lines);
		if (body) {
			r.content_type = body->content_type;
			r.body = body->text;
		}
		err = is_benotify ? p->tm->send(p->tm_state, &r) :
		    reason ? p->tm->request(p->tm_state, &r, NULL, NULL, NULL) :
		    p->tm->request(p->tm_state, &r, answered, sub, &sub->uac);
	}
	sub->is_sending = false;
	buf_unref(&lines);
	if (!err && sub->early) {	/* it could not even begin: looked at when it has waited */
		p->tm->forget(p->tm_state, &sub->uac);
		notify_wait(sub, 0);
	}
	if (!err) {
		sub->dialog->local_cseq++;
		lcs_count(&local_of(p)->notices);
	}
	return err;
}

int notice_send(struct presence_sub *sub, const char *reason, struct presence_body *body)
{
	return sub->watch ? send_home(sub, reason, body) : send_out(sub, reason, body);
}

/* ---- the answer ---- */

static bool ends_subscription(uint16_t status)
{
	/* RFC 5057 5.1 for the usage, and RFC 6665 4.2.2 for silence. */
	static const uint16_t ends[] = { 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485,
	    489, 501, 604 };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i] == status)
			return true;
	return false;
}

static msec_t retry_after(struct sip_msg *response)
{
	struct slice text = response ? msg_value(response, HDR_RETRY_AFTER) : SLICE_NULL;
	uint32_t seconds;

	text = slice_take_while(&text, is_digit);
	return slice_to_u32(text, &seconds) == 0 && seconds && seconds < 3600 ?
	    (msec_t)seconds * 1000 : 5000;
}

/* The watcher may come back: his edge says that his connection is gone (430), the one to him broke
 * before he answered or cannot be opened, or the server that he is behind is silent. */
static bool is_way_lost(const struct presence_sub *sub, uint16_t status,
    const struct sip_msg *response)
{
	const struct sub_client *c = sub->dialog->client;

	if (status == 430 || response)
		return status == 430;
	if (status == 503)
		return !c->has_hop || transport_is_stream(c->hop.transport);
	return status == 408 && !c->has_hop && c->route_set.len > 0;
}

void notice_failed(struct presence_sub *sub, uint16_t status, struct sip_msg *response)
{
	if (is_way_lost(sub, status, response)) {
		way_lose(sub);
	} else if (ends_subscription(status) || (!response && status != 503)) {
		lcs_count(&local_of(sub->user->p)->notices_failed);
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
	} else {
		/* Busy or confused: what was not understood is not sent again, what comes is. */
		sub->told_hash = 0;
		if (status == 503 || status == 500) {
			sub->owed = OWED_FULL;
			notify_wait(sub, retry_after(response));
		}
		notify_due(sub);
	}
}

static void answered(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	struct presence_sub *sub = arg;
	const struct presence *p = sub->user->p;

	if (event == TM_GONE)
		sub->uac = NULL;
	if (event != TM_FINAL)
		return;
	if (sub->is_sending) {
		sub->early = status;
		return;
	}
	p->tm->forget(p->tm_state, &sub->uac);
	if (status < 300 && !sub->dialog->client->has_hop)
		sub->dialog->way_lost = 0;
	if (status >= 300)
		notice_failed(sub, status, response);
	else if (sub->owed || !list_is_empty(&sub->deltas))
		notify_due(sub);
}
