/*
 * modules/presence/notify.c - what is owed to watchers, and when they are told it.
 *
 * What happens in one turn of the loop becomes one notice, no sooner than the rates allow
 * (RFC 6446). Who has been told exactly this before is left alone (RFC 5839): a blocked
 * watcher learns from nothing that something has changed.
 */
#include "modules/presence/sub.h"

#include <errno.h>

#define RETRY_MS    500			/* memory was short */
#define NOTICES_MAX 256u		/* bodies that wait for one subscription */

void notify_wait(struct presence_sub *sub, msec_t delay)
{
	sub->is_quiet = false;
	timer_start(&sub->wait, delay);
}

/* ---- one subscription ---- */

/* How long it still has to be left alone; 0: not at all. */
static msec_t pause_left(const struct presence_sub *sub)
{
	msec_t asked = sub->watch ? 0 : sub->dialog->min_gap;
	msec_t gap = asked > sub->pkg->pk->min_interval ? asked : sub->pkg->pk->min_interval;
	msec_t since = loop_now(worker_loop()) - sub->told;

	return !sub->told || !gap || since >= gap ? 0 : gap - since;
}

static uint64_t state_hash(const struct presence_sub *sub, struct presence_body *body)
{
	return view_hash(body) ^ ((uint64_t)sub->info.state << 56);
}

/* RFC 6446 6, 7: when it is told again if nothing happens; 0: it need not be. */
static msec_t quiet_time(const struct sub_dialog *d, msec_t now)
{
	msec_t paced = d->pace ? pace_sent(d->pace, now) : 0;
	msec_t fixed = d->max_gap;

	return !fixed || (paced && paced < fixed) ? paced : fixed;
}

static void keep_up(struct presence_sub *sub)
{
	const struct sub_dialog *d = sub->dialog;
	msec_t gap = quiet_time(d, loop_now(worker_loop()));

	if (gap) {
		notify_wait(sub, gap);
		sub->is_quiet = true;
	}
	if (d->autoextend) {
		sub->info.expires = loop_wall(worker_loop()) + d->lifetime;
		sub_restart_expiry(sub);
	}
}

static void was_told(struct presence_sub *sub, uint64_t hash)
{
	sub->told = loop_now(worker_loop());
	sub->told_hash = hash;
	sub->owed = OWED_NOTHING;
	if (!sub->watch)
		keep_up(sub);
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
	return body_for(sub, full, out);
}

bool notify_is_known(struct presence_sub *sub, struct slice etag)
{
	struct presence_body *body;
	char text[ETAG_CHARS];
	bool is;

	if (!etag.len || body_of(sub, true, &body) != 0)
		return false;
	is = body && (slice_eq(etag, notice_etag(body, text)) || slice_eq(etag, SLICE("*")));
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
	notify_wait(sub, RETRY_MS);
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
		err = notice_send(sub, NULL, body);
	presence_body_unref(&body);
	if (err)
		try_later(sub, err);
	else
		was_told(sub, hash);
}

/* One that is not granted yet is told when it is. */
void notify_due(struct presence_sub *sub)
{
	if (list_is_empty(&sub->node))
		return;
	if (list_is_empty(&sub->due))
		list_push_back(&sub->user->due, &sub->due);
	user_touch(sub->user);
}

/* A timer that only keeps RFC 6446's least rate does not hold up what is new. */
static void wake(struct presence_sub *sub)
{
	if (sub->is_quiet)
		timer_stop(&sub->wait);
	sub->is_quiet = false;
	notify_due(sub);
}

static void send_delta(struct presence_sub *sub)
{
	struct delta *d = container_of(list_pop_front(&sub->deltas), struct delta, node);
	int err = notice_send(sub, NULL, d->body);

	sub->delta_count--;
	presence_body_unref(&d->body);
	free(d);
	if (err) {
		try_later(sub, err);
		return;
	}
	was_told(sub, 0);
	if (sub->delta_count)
		wake(sub);
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

	if (!way_is_there(sub)) {
		way_lose(sub);
	} else if (pause) {
		notify_wait(sub, pause);
	} else if (sub->owed) {
		drop_deltas(sub);
		send_state(sub);
	} else {
		send_delta(sub);
	}
}

bool notify_user(struct presence_user *u, unsigned *budget)
{
	struct list *node;

	while ((node = list_pop_front(&u->due))) {
		struct presence_sub *sub = container_of(node, struct presence_sub, due);

		if (!wants_notice(sub))
			continue;
		if (*budget == 0) {
			list_push_front(&u->due, &sub->due);
			return false;
		}
		--*budget;
		tell(sub);
	}
	return true;
}

/* ---- what others ask ---- */

void notify_owe(struct presence_sub *sub, enum owed what)
{
	if (what > sub->owed)
		sub->owed = (uint8_t)what;
	wake(sub);
}

void notify_last(struct presence_sub *sub, const char *reason, bool with_body)
{
	struct presence_body *body = NULL;

	if (!sub->watch && (!sub->dialog->client->target.len || !way_is_there(sub)))
		return;
	if (with_body && body_of(sub, true, &body) != 0)
		body = NULL;
	if (notice_send(sub, reason, body) != 0)
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
	/* Nothing where he sees what he saw: who is blocked shall not hear of that either. */
	notify_owe(sub, OWED_CHANGE);
}

void notify_rights(struct presence_user *u)
{
	if (u->is_leaving)
		return;
	list_for_each_safe(it, &u->subs)
		rate_again(container_of(it, struct presence_sub, node));
	sub_observe(u, NULL, PRESENCE_EVENT_SUBSCRIBE);
}

/* ---- timers ---- */

static void waited(struct timer *t)
{
	struct presence_sub *sub = container_of(t, struct presence_sub, wait);
	uint16_t early = sub->early;

	sub->early = 0;
	if (early >= 300) {
		notice_failed(sub, early, NULL);
		return;
	}
	if (way_is_given_up(sub)) {
		lcs_count(&local_of(sub->user->p)->notices_failed);
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
		return;
	}
	if (!sub->owed && list_is_empty(&sub->deltas))
		sub->owed = OWED_FULL;	/* RFC 6446: it has been quiet for long */
	notify_due(sub);
}

void notify_init(struct presence_sub *sub)
{
	list_init(&sub->deltas);
	list_init(&sub->due);
	timer_init(&sub->wait, waited);
}

void notify_stop(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;

	timer_stop(&sub->wait);
	list_remove(&sub->due);
	drop_deltas(sub);
	if (sub->uac)
		p->tm->forget(p->tm_state, &sub->uac);
}
