/*
 * modules/presence/subscribe.c - handle_subscribe(): begin, refresh, end a subscription.
 *
 * The request is read on its call's worker, carried out in a turn of the user it is about, on
 * his, and answered where it was read. What is answered with 200 is in the store before.
 */
#include "modules/presence/asking.h"

#include "parser/event.h"

#include <errno.h>

/* ---- refusals ---- */

static void refuse_list(struct asking *a, int err)
{
	answer_list_error(a, err);
	answer_refuse(a, a->status, a->reason);
}

static void out_of_memory(struct asking *a)
{
	lcs_count(&local_of(a->p)->no_memory);
	answer_refuse(a, 500, "Out of memory");
}

/* ---- a new one ---- */

/* RFC 3261 8.2.2.2 is not enough: LCS clients that were started in the same second send the same
 * Call-ID, tag and CSeq; From, epid and the event tell them apart. */
static bool is_copy_of(const struct presence_sub *sub, const struct asking *a)
{
	const struct sub_dialog *d = sub->dialog;

	return !sub->watch && slice_eq(d->call_id, a->t.call_id) &&
	    slice_eq(d->remote_tag, a->t.remote_tag) &&
	    slice_eq(sub->info.epid, a->req.epid) &&
	    slice_eq_nocase(sub_event(sub), a->t.event) &&
	    d->remote_cseq == a->cseq;
}

/* Among those that its watcher has, of whom the first is given. */
static struct presence_sub *find_copy(struct presence_sub *sub, const struct asking *a)
{
	while (sub && !is_copy_of(sub, a))
		sub = watcher_next(sub);
	return sub;
}

/* What an endpoint had before it began anew with another Call-ID. */
static void drop_forgotten(struct presence_user *u, const struct presence_sub *fresh)
{
	struct presence_sub *sub = watcher_first(u, fresh->by_watcher.hash, fresh->info.watcher);
	struct presence_sub *next;

	for (; sub && fresh->info.epid.len; sub = next) {
		next = watcher_next(sub);
		if (sub != fresh && !sub->watch && sub->pkg == fresh->pkg &&
		    slice_eq(sub->info.epid, fresh->info.epid) &&
		    slice_eq(sub_event(sub), sub_event(fresh)) &&
		    (sub->info.flags & PRESENCE_SUB_LIST) == (fresh->info.flags & PRESENCE_SUB_LIST))
			sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
	}
}

static unsigned count_from(const struct presence_sub *sub)
{
	unsigned n = 0;

	for (; sub; sub = watcher_next(sub))
		n++;
	return n;
}

static bool is_too_many(const struct presence_user *u, const struct presence_sub *his_first)
{
	const struct presence_conf *conf = conf_of(u->p);

	return u->sub_count >= conf->max_subs ||
	    count_from(his_first) >= conf->max_subs_watcher;
}

/* The first notice: in the answer, or behind it. Deltas that waited are in it. */
static void piggyback(struct asking *a, struct presence_sub *sub)
{
	if (!a->piggyback)
		return;
	int err = body_for(sub, true, &a->body);

	if (err && err != -EAGAIN)
		lcs_count(&local_of(a->p)->no_memory);
	if (!a->body)
		return;
	sub->dialog->local_cseq++;
	notify_has_seen(sub, a->body);
}

static void granted(struct asking *a, struct presence_sub *sub)
{
	int64_t left = sub->info.expires - loop_wall(worker_loop());

	piggyback(a, sub);
	a->is_suppressed = !a->body && notify_is_known(sub, a->suppress);
	if (!a->body && !a->is_suppressed)
		notify_owe(sub, OWED_FULL);
	answer_accept(a, sub, left > 0 ? left : 0);
}

/* In the answer, or behind it; or not at all, if the client has it already (RFC 5839 5.2). */
static void granted_last(struct asking *a, struct presence_sub *sub)
{
	bool is_told;

	piggyback(a, sub);
	a->is_suppressed = !a->body && notify_is_known(sub, a->suppress);
	is_told = a->body || a->is_suppressed;
	answer_accept(a, sub, 0);	/* a goes with its request */
	if (!is_told)
		notify_last(sub, "timeout", true);
}

/* One look (RFC 6665 4.4.3): nothing to remember. */
static void look_once(struct asking *a, struct presence_sub *sub)
{
	granted_last(a, sub);
	sub_free(sub);
}

static bool is_enabled(const struct presence *p, struct slice aor)
{
	return p->users && p->users->state(p->users_state, aor) == AUTH_DB_ENABLED;
}

static bool is_user(const struct presence *p, struct slice aor)
{
	return p->users && !presence_is_stranger(p, aor);
}

/* Who was let in has been deleted or disabled since: in the inbox, in line, or on its way to the disk
 * what ends then has not found this one. */
static bool has_gone(const struct asking *a, const struct presence_user *u)
{
	return (a->was_user && !is_enabled(a->p, a->req.watcher)) ||
	    (a->had_user && !u->is_leaving && !is_user(a->p, u->aor));
}

/* While it was written the user may have decided otherwise, too. */
static bool is_still_allowed(const struct asking *a, struct presence_sub *sub)
{
	sub_rate(sub);
	return sub->info.right != PRESENCE_DENY && !has_gone(a, sub->user);
}

static void begun(void *arg, int err, const struct store_rows *rows)
{
	struct asking *a = arg;
	struct presence_user *u = a->user;
	struct presence_sub *sub = a->sub;

	(void)rows;
	if (err) {
		lcs_count(&local_of(a->p)->store_failures);
		sub_free(sub);
		answer_refuse(a, 503, "Subscriptions cannot be stored");
	} else if (!is_still_allowed(a, sub)) {
		presence_delete_sub(sub->info.id, NULL, NULL);
		sub_free(sub);
		answer_refuse(a, 403, "Not Allowed to Watch");
	} else {
		sub_link(sub);
		drop_forgotten(u, sub);
		sub_tell(sub, PRESENCE_EVENT_SUBSCRIBE);
		granted(a, sub);
	}
	user_end_turn(u);
}

static int open_list(struct asking *a, struct presence_sub *sub)
{
	const struct presence *p = a->p;

	return a->is_list ? p->lists->open(p->lists_arg, sub->user, sub, &a->req) : 0;
}

/* 0: it is on its way; else it was answered. */
static int begin_sub(struct presence_user *u, struct asking *a)
{
	struct presence_sub *sub;
	int err;

	sub = sub_new(u, a);
	if (!sub) {
		out_of_memory(a);
		return -ENOMEM;
	}
	err = open_list(a, sub);
	if (err) {
		refuse_list(a, err);
		sub_free(sub);
		return err;
	}
	sub_rate(sub);
	a->sub = sub;
	if (sub->info.right == PRESENCE_DENY) {
		answer_refuse(a, 403, "Not Allowed to Watch");
		sub_free(sub);
		return -EACCES;
	}
	if (a->expires == 0) {
		look_once(a, sub);
		return -ENOENT;
	}
	return 0;
}

static void begin_in_turn(struct presence_user *u, void *arg)
{
	struct asking *a = arg;
	struct presence_sub *first = watcher_first(u, watcher_key(u, a->req.watcher),
	    a->req.watcher);
	struct presence_sub *copy = find_copy(first, a);

	a->user = u;
	if (copy) {
		granted(a, copy);
	} else if (is_too_many(u, first)) {
		answer_refuse(a, 403, "Too Many Subscriptions");
	} else if (has_gone(a, u)) {	/* before a list begins to watch for him */
		answer_refuse(a, 403, "Not Allowed to Watch");
	} else if (begin_sub(u, a) == 0) {
		presence_put_sub(a->sub, begun, a);
		return;
	}
	user_end_turn(u);
}

static void begin(struct asking *a)
{
	struct presence_user *u = user_at(a->p, a->req.aor, a->key, true);

	if (!u || user_take_turn(u, begin_in_turn, a) != 0)
		out_of_memory(a);
}

/* ---- one that is there ---- */

static bool is_same_dialog(const struct presence_sub *sub, const struct asking *a)
{
	return slice_eq(sub->dialog->call_id, a->t.call_id) &&
	    slice_eq(sub->dialog->remote_tag, a->t.remote_tag) && sub->pkg == a->pkg &&
	    slice_eq(sub->info.event_id, a->req.event_id);
}

static enum dialog_place find_sub(const struct asking *a, struct presence_sub **sub,
    unsigned *worker)
{
	enum dialog_place place = dialog_find(a->p, a->local_tag, sub, worker);

	return place == DIALOG_HERE && !is_same_dialog(*sub, a) ? DIALOG_NOWHERE : place;
}

static void no_dialog(struct asking *a)
{
	answer_refuse(a, 481, "Subscription Does Not Exist");
}

static void refreshed(void *arg, int err, const struct store_rows *rows)
{
	struct asking *a = arg;
	struct presence_user *u = a->user;
	struct presence_sub *sub;
	unsigned worker;

	(void)rows;
	if (err) {
		lcs_count(&local_of(a->p)->store_failures);
		answer_refuse(a, 503, "Subscriptions cannot be stored");
	} else if (find_sub(a, &sub, &worker) != DIALOG_HERE) {
		no_dialog(a);
	} else {
		sub_restart_expiry(sub);
		sub_follow(sub);
		granted(a, sub);
	}
	user_end_turn(u);
}

/* If the store cannot forget it, it is over all the same: should it come back with a restart, the
 * client's 481 ends it. */
static void unsubscribed(void *arg, int err, const struct store_rows *rows)
{
	struct asking *a = arg;
	struct presence_user *u = a->user;
	struct presence_sub *sub;
	unsigned worker;

	(void)rows;
	if (err)
		lcs_count(&local_of(a->p)->store_failures);
	if (find_sub(a, &sub, &worker) != DIALOG_HERE) {
		no_dialog(a);
	} else {
		sub->info.flags |= PRESENCE_SUB_ONCE;
		sub_set_lifetime(sub, 0);
		granted_last(a, sub);
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
	}
	user_end_turn(u);
}

static void change(struct presence_user *u, struct asking *a, struct presence_sub *sub)
{
	bool is_for_list = a->is_list && (a->req.body.len || a->expires);
	int err = 0;

	a->req.aor = u->aor;
	if (is_for_list)	/* a bad one must not become what is kept */
		err = u->p->lists->open(u->p->lists_arg, u, sub, &a->req);
	if (!err)
		err = sub_take(sub, a);
	if (err) {
		refuse_list(a, err);
		user_end_turn(u);
	} else if (a->expires == 0) {
		presence_delete_sub(sub->info.id, unsubscribed, a);
	} else {
		presence_put_sub(sub, refreshed, a);
	}
}

static void change_known(struct asking *a);

static void change_in_turn(struct presence_user *u, void *arg)
{
	struct asking *a = arg;
	struct presence_sub *sub = NULL;
	unsigned worker;

	/* While this waited, the one before it in the line may have been a new name. */
	if (find_sub(a, &sub, &worker) != DIALOG_HERE || sub->user != u) {
		user_end_turn(u);
		change_known(a);
		return;
	}
	a->user = u;
	if (a->cseq > sub->dialog->remote_cseq) {
		a->is_list = sub->info.flags & PRESENCE_SUB_LIST;
		change(u, a, sub);
		return;
	}
	if (a->cseq < sub->dialog->remote_cseq)		/* RFC 3261 12.2.2 */
		answer_refuse(a, 500, "A later request was here first");
	else
		granted(a, sub);
	user_end_turn(u);
}

/* ---- the script's function ---- */

static void change_item(struct inbox_item *item)
{
	change_known(container_of(item, struct asking, item));
}

static void begin_item(struct inbox_item *item)
{
	begin(container_of(item, struct asking, item));
}

static void send_to(unsigned worker, struct asking *a, void (*run)(struct inbox_item *item))
{
	a->item.run = run;
	worker_post(worker, &a->item, INBOX_MUST);
}

/* Again on each worker that it comes to: its user may have got another name meanwhile, and the
 * dialog gone to another one. */
static void change_known(struct asking *a)
{
	struct presence_sub *sub;
	unsigned worker;

	switch (find_sub(a, &sub, &worker)) {
	case DIALOG_NOWHERE:
		no_dialog(a);
		break;
	case DIALOG_THERE:
		send_to(worker, a, change_item);
		break;
	case DIALOG_HERE:
		if (user_take_turn(sub->user, change_in_turn, a) != 0)
			out_of_memory(a);
	}
}

/* The script has let it in just now: who is a user now must still be one when it begins. Strangers
 * and users of other homes are none here from the start, and need not be. */
static void go(struct asking *a)
{
	a->was_user = is_enabled(a->p, a->req.watcher);
	a->had_user = is_user(a->p, a->req.aor);
	a->key = lcs_user_key(a->req.aor);
	if (worker_of(a->key) == a->home)
		begin(a);
	else
		send_to(worker_of(a->key), a, begin_item);
}

static enum fn_status finished(struct lcs_call *call, struct asking *a)
{
	buf_unref(&a->lines);
	presence_body_unref(&a->body);
	return fn_bool(call, a->status < 300);
}

enum fn_status presence_handle_subscribe(struct lcs_call *call)
{
	struct asking *a = arena_zalloc(lcs_arena(call->ctx), sizeof(*a));
	int err;

	if (!a || lcs_method(call->ctx) != METHOD_SUBSCRIBE)
		return FN_FAILED;
	a->p = call->shared;
	a->ctx = call->ctx;
	a->home = (unsigned)worker_self();
	a->lines = buf_new(256);
	if (!a->lines)
		return FN_FAILED;
	lcs_count(&local_of(a->p)->subscribes);
	a->is_sync = true;
	err = asking_read(call, a);
	if (err == -EBADMSG)
		answer_refuse(a, a->status, a->reason);
	else if (err)
		out_of_memory(a);
	else if (a->local_tag.len)
		change_known(a);
	else
		go(a);
	if (a->is_done)
		return finished(call, a);
	lcs_ctx_ref(a->ctx);
	a->is_sync = false;
	return FN_SUSPENDED;
}

enum fn_status presence_serves_event(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct sip_event event;
	struct hdr_ref h;

	return fn_bool(call, view_hdr(&view, HDR_EVENT, SLICE_NULL, 0, &h) &&
	    sip_event_parse(h.value, &event, NULL) == 0 &&
	    package_find(call->shared, event.type));
}

/* In which dialogs are requests ours to answer? */
enum fn_status presence_is_ours(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	const struct name_addr *to = view_name_addr(lcs_arena(call->ctx), &view, HDR_TO);

	return fn_bool(call, to && to->tag.len && dialog_is_known(call->shared, to->tag));
}
