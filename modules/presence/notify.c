/*
 * modules/presence/notify.c - telling watchers (RFC 6665 4.2.2, RFC 5839, RFC 6446).
 *
 * What happens in one turn of the loop becomes one notice. A NOTIFY waits for the answer to
 * the one before; a BENOTIFY waits for nothing. Who has been told exactly this before is left
 * alone: a blocked watcher learns from nothing that something has changed.
 */
#include "modules/presence/presence.h"

#include "utils/hex.h"

#include <errno.h>

#define RETRY_MS    500			/* memory was short */
#define NOTICES_MAX 256u		/* bodies that wait for one subscription */

static void wait_for(struct presence_sub *sub, msec_t delay)
{
	sub->is_quiet = false;
	timer_start(&sub->wait, delay);
}

static struct tm_request request_for(const struct presence_sub *sub, struct slice method)
{
	return (struct tm_request){
		.method = method, .request_uri = sub->t.target,
		.from = sub->t.from, .to = sub->t.to, .call_id = sub->t.call_id,
		.cseq = sub->local_cseq + 1, .route_set = sub->t.route_set,
		.hop = sub->hop, .has_hop = sub->has_hop,
	};
}

/* ---- the lines ---- */

#define ETAG_CHARS (2 * sizeof(uint64_t))

static struct slice etag_of(struct presence_body *body, char text[ETAG_CHARS])
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
		return;
	}
	buf_put(b, sub->info.state == PRESENCE_SUB_PENDING ? SLICE("pending;expires=") :
	    SLICE("active;expires="));
	buf_put_u64(b, (uint64_t)(left > 0 ? left : 0));
	put_rate(b, SLICE(";max-rate="), sub->min_gap);
	put_rate(b, SLICE(";min-rate="), sub->max_gap);
}

/* reason NULL: it goes on. */
static void put_lines(struct buf *b, const struct presence_sub *sub, const char *reason,
    struct presence_body *body)
{
	char etag[ETAG_CHARS];

	buf_put(b, SLICE("Event: "));
	buf_put(b, sub->t.event);
	put_state(b, sub, reason);
	buf_put(b, SLICE("\r\nContact: "));
	buf_put(b, sub->t.contact);
	if (body && !(sub->info.flags & PRESENCE_SUB_BENOTIFY)) {
		buf_put(b, SLICE("\r\nSIP-ETag: "));
		buf_put(b, etag_of(body, etag));
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

static int send_out(struct presence_sub *sub, const char *reason, struct presence_body *body)
{
	const struct presence *p = sub->user->p;
	bool is_benotify = sub->info.flags & PRESENCE_SUB_BENOTIFY && sub->has_hop;
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
	if (!err && sub->early) {	/* it could not even begin: looked at by waited() */
		p->tm->forget(p->tm_state, &sub->uac);
		wait_for(sub, 0);
	}
	if (!err) {
		sub->local_cseq++;
		lcs_count(&local_of(p)->notices);
	}
	return err;
}

static int send_notice(struct presence_sub *sub, const char *reason, struct presence_body *body)
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

/* Its connection is gone. An LCS client begins anew with another; any other may come back. */
static void lose_way(struct presence_sub *sub)
{
	if (sub->info.flags & PRESENCE_SUB_BENOTIFY) {
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
		return;
	}
	if (!sub->way_lost)
		sub->way_lost = loop_wall(worker_loop());
	sub->owed = OWED_FULL;
	wait_for(sub, conf_of(sub->user->p)->retry_time);
}

static void failed(struct presence_sub *sub, uint16_t status, struct sip_msg *response)
{
	if (status == 430 || (!response && status == 503 && sub->has_hop &&
	    transport_is_stream(sub->hop.transport))) {
		lose_way(sub);
	} else if (ends_subscription(status) || (!response && status != 503)) {
		lcs_count(&local_of(sub->user->p)->notices_failed);
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
	} else {
		/* Busy or confused: what was not understood is not sent again, what comes is. */
		sub->told_hash = 0;
		if (status == 503 || status == 500) {
			sub->owed = OWED_FULL;
			wait_for(sub, retry_after(response));
		}
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
	if (status >= 300)
		failed(sub, status, response);
	else if (sub->owed || !list_is_empty(&sub->deltas))
		user_touch(sub->user);
}

/* ---- the way ---- */

static bool take_binding(struct presence_sub *sub, const struct usrloc_binding *b,
    const struct sip_uri *target)
{
	struct sip_uri contact;

	if (!b->received.flow || !flow_is_alive(b->received.flow) ||
	    sip_uri_parse(b->contact, &contact, NULL) != 0 ||
	    !slice_eq(contact.user, target->user) || !slice_eq_nocase(contact.host, target->host) ||
	    contact.port != target->port)
		return false;
	return flow_hop(b->received.flow, &sub->hop);
}

/* The watcher has come back by another connection, and registered the contact that he
 * subscribed with. His bindings may be read from every worker. */
static bool find_way(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;
	const struct usrloc_aor *aor = p->usrloc ?
	    p->usrloc->find(p->ul, sub->info.watcher) : NULL;
	struct usrloc_binding b;
	struct sip_uri target;

	if (!aor || sip_uri_parse(sub->t.target, &target, NULL) != 0)
		return false;
	for (unsigned i = 0; i < aor->count; i++) {
		p->usrloc->binding(aor, i, &b);
		if (take_binding(sub, &b, &target)) {
			sub->way_lost = 0;
			sub_follow(sub);
			return true;
		}
	}
	return false;
}

static bool has_way(struct presence_sub *sub)
{
	if (!sub->has_hop || !transport_is_stream(sub->hop.transport))
		return true;
	return (!sub->way_lost && flow_is_alive(sub->hop.flow)) || find_way(sub);
}

/* ---- one subscription ---- */

/* How long it still has to be left alone; 0: not at all. */
static msec_t pause_left(const struct presence_sub *sub)
{
	msec_t gap = sub->min_gap > sub->pkg->pk->min_interval ? sub->min_gap :
	    sub->pkg->pk->min_interval;
	msec_t since = loop_now(worker_loop()) - sub->told;

	return !sub->told || !gap || since >= gap ? 0 : gap - since;
}

static uint64_t state_hash(const struct presence_sub *sub, struct presence_body *body)
{
	return view_hash(body) ^ ((uint64_t)sub->info.state << 56);
}

static void was_told(struct presence_sub *sub, uint64_t hash)
{
	sub->told = loop_now(worker_loop());
	sub->told_hash = hash;
	sub->owed = OWED_NOTHING;
	if (sub->max_gap) {
		wait_for(sub, sub->max_gap);
		sub->is_quiet = true;
	}
	if (sub->autoextend) {
		sub->info.expires = loop_wall(worker_loop()) + sub->lifetime;
		sub_restart_expiry(sub);
	}
}

void notify_has_seen(struct presence_sub *sub, struct presence_body *body)
{
	was_told(sub, state_hash(sub, body));
}

/* RFC 3856 6.6.2: who waits for confirmation learns nothing; LCS knows no such state. */
static int body_of(struct presence_sub *sub, bool full, struct presence_body **out)
{
	const struct presence_package *pk = sub->pkg->pk;

	*out = NULL;
	if (sub->info.right == PRESENCE_DENY)
		return 0;
	if (sub->info.state == PRESENCE_SUB_PENDING && !(sub->info.flags & PRESENCE_SUB_BENOTIFY))
		return 0;
	if (pk->view && sub->info.right == PRESENCE_ALLOW && !(sub->info.flags & PRESENCE_SUB_LIST))
		sub->info.view = pk->view(sub->pkg->arg, sub->user, sub);
	return body_for(sub->user, sub->pkg, sub->format, sub->info.view, sub, full, out);
}

bool notify_is_known(struct presence_sub *sub, struct slice etag)
{
	struct presence_body *body;
	char text[ETAG_CHARS];
	bool is;

	if (!etag.len || body_of(sub, true, &body) != 0)
		return false;
	is = body && (slice_eq(etag, etag_of(body, text)) || slice_eq(etag, SLICE("*")));
	if (is)
		notify_has_seen(sub, body);
	presence_body_unref(&body);
	return is;
}

static void try_later(struct presence_sub *sub, int err)
{
	if (err == -EINVAL) {		/* its dialog makes no request that could be sent */
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
		return;
	}
	lcs_count(&local_of(sub->user->p)->no_memory);
	sub->owed = OWED_FULL;
	wait_for(sub, RETRY_MS);
}

static void send_state(struct presence_sub *sub)
{
	bool full = sub->owed == OWED_FULL;
	struct presence_body *body;
	uint64_t hash;
	int err = body_of(sub, full, &body);

	/* A list that is still gathering calls notify() when it has all. */
	if (err == -EAGAIN)
		return;
	hash = err ? 0 : state_hash(sub, body);
	if (!err && !full && (hash == sub->told_hash ||
	    (!body && sub->info.flags & PRESENCE_SUB_LIST))) {
		sub->owed = OWED_NOTHING;
		presence_body_unref(&body);
		return;
	}
	if (!err)
		err = send_notice(sub, NULL, body);
	presence_body_unref(&body);
	if (err)
		try_later(sub, err);
	else
		was_told(sub, hash);
}

static void send_delta(struct presence_sub *sub)
{
	struct delta *d = container_of(list_pop_front(&sub->deltas), struct delta, node);
	int err = send_notice(sub, NULL, d->body);

	sub->delta_count--;
	presence_body_unref(&d->body);
	free(d);
	if (err)
		try_later(sub, err);
	else
		was_told(sub, 0);
}

static void drop_deltas(struct presence_sub *sub)
{
	struct list *node;

	while ((node = list_pop_front(&sub->deltas))) {
		struct delta *d = container_of(node, struct delta, node);

		presence_body_unref(&d->body);
		free(d);
	}
	sub->delta_count = 0;
}

static bool wants_notice(const struct presence_sub *sub)
{
	return !sub->uac && (sub->owed || !list_is_empty(&sub->deltas)) &&
	    !timer_is_running(&sub->wait);
}

/* The whole state says what the deltas would have. */
static void tell(struct presence_sub *sub)
{
	msec_t pause = pause_left(sub);

	if (!has_way(sub)) {
		lose_way(sub);
	} else if (pause) {
		wait_for(sub, pause);
	} else if (sub->owed) {
		drop_deltas(sub);
		send_state(sub);
	} else {
		send_delta(sub);
	}
}

bool notify_user(struct presence_user *u, unsigned *budget)
{
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (!wants_notice(sub))
			continue;
		if (*budget == 0)
			return false;
		--*budget;
		tell(sub);
	}
	return true;
}

/* ---- what others ask ---- */

/* A timer that only keeps RFC 6446's least rate does not hold up what is new. */
static void wake(struct presence_sub *sub)
{
	if (sub->is_quiet)
		timer_stop(&sub->wait);
	sub->is_quiet = false;
	user_touch(sub->user);
}

void notify_owe(struct presence_sub *sub, enum owed what)
{
	if (what > sub->owed)
		sub->owed = what;
	wake(sub);
}

void notify_last(struct presence_sub *sub, const char *reason, bool with_body)
{
	struct presence_body *body = NULL;

	if (!sub->watch && (!sub->t.target.len || !has_way(sub)))
		return;
	if (with_body && body_of(sub, true, &body) != 0)
		body = NULL;
	if (send_notice(sub, reason, body) != 0)
		lcs_count(&local_of(sub->user->p)->no_memory);
	presence_body_unref(&body);
}

void notify_changed(struct presence_user *u, const struct presence_package *pk)
{
	const struct package *pkg = package_of(u->p, pk);

	view_forget(u, pkg);
	list_for_each(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->pkg == pkg && !(sub->info.flags & PRESENCE_SUB_LIST))
			notify_owe(sub, OWED_CHANGE);
	}
}

/* Too many that wait, or no memory for one more: the whole state instead. */
static void add_delta(struct presence_sub *sub, struct presence_body *body)
{
	struct delta *d = sub->delta_count < NOTICES_MAX ? malloc(sizeof(*d)) : NULL;

	if (!d) {
		drop_deltas(sub);
		notify_owe(sub, OWED_FULL);
		return;
	}
	d->body = presence_body_ref(body);
	list_push_back(&sub->deltas, &d->node);
	sub->delta_count++;
	wake(sub);
}

void notify_push(struct presence_user *u, const struct presence_package *pk,
    struct presence_body *body)
{
	const struct package *pkg = package_of(u->p, pk);

	view_forget(u, pkg);
	list_for_each(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->pkg == pkg && sub->info.state == PRESENCE_SUB_ACTIVE &&
		    !(sub->info.flags & PRESENCE_SUB_LIST) && sub->owed != OWED_FULL)
			add_delta(sub, body);
	}
}

static void rate_again(struct presence_sub *sub)
{
	enum presence_right was = sub->info.right;

	sub_rate(sub);
	if (sub->info.right == was)
		return;
	if (sub->info.right == PRESENCE_DENY && !sub->watch) {
		sub_end(sub, PRESENCE_EVENT_REJECTED);
		return;
	}
	sub_tell(sub, sub->info.right == PRESENCE_DENY ? PRESENCE_EVENT_REJECTED :
	    was == PRESENCE_PENDING ? PRESENCE_EVENT_APPROVED : PRESENCE_EVENT_SUBSCRIBE);
	notify_owe(sub, OWED_FULL);
}

void notify_rights(struct presence_user *u)
{
	list_for_each_safe(it, &u->subs)
		rate_again(container_of(it, struct presence_sub, node));
	sub_observe(u, NULL, PRESENCE_EVENT_SUBSCRIBE);
}

void notify_flow_gone(struct presence_user *u, flow_id flow)
{
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->has_hop && flow && sub->hop.flow == flow)
			lose_way(sub);
	}
}

/* ---- timers ---- */

static void waited(struct wheel_timer *t)
{
	struct presence_sub *sub = container_of(container_of(t, struct timer, t),
	    struct presence_sub, wait);
	uint16_t early = sub->early;
	int64_t lost_for = sub->way_lost ? loop_wall(worker_loop()) - sub->way_lost : 0;

	sub->early = 0;
	if (early >= 300) {
		failed(sub, early, NULL);
		return;
	}
	if (lost_for * 1000 > conf_of(sub->user->p)->return_time) {
		lcs_count(&local_of(sub->user->p)->notices_failed);
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
		return;
	}
	if (!sub->owed && list_is_empty(&sub->deltas))
		sub->owed = OWED_FULL;	/* RFC 6446: it has been quiet for long */
	user_touch(sub->user);
}

void notify_init(struct presence_sub *sub)
{
	list_init(&sub->deltas);
	timer_init(&sub->wait, waited);
}

void notify_stop(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;

	timer_stop(&sub->wait);
	drop_deltas(sub);
	if (sub->uac)
		p->tm->forget(p->tm_state, &sub->uac);
}
