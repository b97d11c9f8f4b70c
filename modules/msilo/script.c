/*
 * modules/msilo/script.c - m_store() and m_dump().
 */
#include "modules/msilo/msilo.h"

#include <errno.h>
#include <stdlib.h>

/* ---- m_store(): from the script to the user's owner, to the store, and back ---- */

struct storing {
	struct msilo    *m;
	struct lcs_ctx  *ctx;		/* counted */
	struct note      note;		/* texts in the ctx's arena, which nobody changes meanwhile */
	int64_t          id, asked;	/* asked: when the message came, unix seconds */
	bool             is_counted;	/* the limit was looked at in the store */
	const char      *err;		/* for $err; NULL: it is stored */
	struct inbox_item item;
	unsigned         home;
};

static void tell_script(struct inbox_item *item)
{
	struct storing *s = container_of(item, struct storing, item);
	struct lcs_ctx *ctx = s->ctx;
	bool ok = !s->err;

	if (s->err)
		lcs_set_err(ctx, s->err);
	free(s);
	lcs_resume(ctx, value_bool(ok));
	lcs_ctx_unref(&ctx);
}

static void answer(struct storing *s, const char *err)
{
	s->err = err;
	s->item.run = tell_script;
	worker_post(s->home, &s->item, INBOX_MUST);
}

/* A sign-in while the message was on its way to disk, or to an endpoint that then failed, found
 * nothing to deliver. Who was there before is left alone: the script had a reason to keep the
 * message. */
static bool has_signed_in_since(const struct storing *s)
{
	const struct usrloc_aor *aor = s->m->usrloc->find(s->m->usrloc_state, s->note.aor);
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		s->m->usrloc->binding(aor, i, &b);
		if (b.changed >= s->asked)
			return true;
	}
	return false;
}

static void note_stored(struct storing *s, struct box *b, bool at_once)
{
	struct msilo_local *stats = msilo_local(s->m);

	b->stored++;
	if (box_is_blind(b)) {
		lcs_count(&stats->withheld);
		return;
	}
	lcs_count(&stats->stored);
	stats->waiting++;
	if (at_once)
		msilo_deliver(b);
}

static void stored(void *arg, int err, const struct store_rows *rows)
{
	struct storing *s = arg;
	struct msilo_local *stats = msilo_local(s->m);
	struct box *b = box_find(s->m, s->note.aor, false);
	bool at_once = has_signed_in_since(s);

	(void)rows;
	b->storing--;
	if (err) {
		lcs_count(&stats->store_failures);
		box_settle(b);
		answer(s, "unavailable");
		return;
	}
	if (b->heir) {
		lcs_count(&stats->stored);
		msilo_inherit(b);
		box_settle(b);
	} else {
		note_stored(s, b, at_once);
	}
	answer(s, NULL);
}

static void put(struct storing *s, struct box *b)
{
	int64_t now = loop_wall(worker_loop()) * 1000000;

	s->id = now > b->last_id ? now : b->last_id + 1;
	b->last_id = s->id;
	b->storing++;
	if (msilo_journal_put(&s->note, s->id, stored, s) == 0)
		return;
	b->storing--;
	lcs_count(&msilo_local(s->m)->store_failures);
	box_settle(b);
	answer(s, "unavailable");
}

static void put_if_room(struct storing *s, struct box *b);

/* Messages that expired are still in our number. */
static void counted(void *arg, int err, const struct store_rows *rows)
{
	struct storing *s = arg;
	struct box *b = box_find(s->m, s->note.aor, false);

	b->storing--;
	if (!err && rows->count == 1 && rows->cells[0].type == VALUE_INT) {
		unsigned n = (unsigned)rows->cells[0].i;

		if (!box_is_blind(b))
			msilo_local(s->m)->waiting -= b->stored - n;
		b->stored = n;
	}
	s->is_counted = true;
	put_if_room(s, b);
}

static void put_if_room(struct storing *s, struct box *b)
{
	if (b->stored + b->storing < (uint64_t)msilo_conf(s->m)->max_messages) {
		put(s, b);
		return;
	}
	/* storing keeps the box until the answer. */
	if (!s->is_counted && msilo_journal_count(s->note.aor, counted, s) == 0) {
		b->storing++;
		return;
	}
	lcs_count(&msilo_local(s->m)->too_many);
	box_settle(b);
	answer(s, "limit");
}

static void start(void *arg)
{
	struct storing *s = arg;
	struct box *b = box_find(s->m, s->note.aor, true);

	if (b)
		put_if_room(s, b);
	else
		answer(s, "unavailable");
}

/* ---- whose ---- */

/* Where an endpoint has failed, the Request-URI is its address since lookup(): nobody signs in
 * under that. */
static const struct sip_uri *asked_for(struct lcs_ctx *ctx)
{
	return lcs_kind(ctx) == ROUTE_FAILURE ? msg_request_uri(lcs_msg(ctx)) :
	    lcs_request_uri(ctx);
}

static struct slice owner_of(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	const struct sip_uri *uri = asked_for(call->ctx);
	struct sip_view view = lcs_view(call->ctx);
	const struct name_addr *to;
	struct sip_uri given;

	if (call->argv[0].s.len)
		return sip_uri_parse(call->argv[0].s, &given, NULL) == 0 ?
		    sip_uri_aor(arena, &given) : SLICE_NULL;
	if (lcs_method(call->ctx) != METHOD_REGISTER)
		return uri ? sip_uri_aor(arena, uri) : SLICE_NULL;
	to = view_name_addr(arena, &view, HDR_TO);
	return to ? sip_uri_aor(arena, &to->uri) : SLICE_NULL;
}

static bool read_note(struct lcs_call *call, struct note *note)
{
	const struct msilo_conf *conf = call->conf;
	struct sip_view view = lcs_view(call->ctx);

	note->aor = owner_of(call);
	return note->aor.len && lcs_method(call->ctx) == METHOD_MESSAGE &&
	    note_read(lcs_arena(call->ctx), &view, loop_wall(worker_loop()),
	    conf->expire_time / 1000, note) == 0 && note->body.len <= (size_t)conf->max_body &&
	    note->sender.len <= 1024 && note->type.len <= 512 && note->lines.len <= 4096;
}

/* It leaves a row behind as any other, with nothing in it: the same time goes by, the same limit
 * and the same store can be met. */
static int make_blind(struct arena *arena, struct note *n)
{
	n->aor = arena_printf(arena, BLIND_BOX "%.*s", SLICE_ARG(n->aor));
	n->sender = n->type = n->lines = n->body = SLICE("");
	return n->aor.p ? 0 : -ENOMEM;
}

static enum fn_status m_store(struct lcs_call *call)
{
	struct msilo_local *stats = call->local;
	struct storing *s = calloc(1, sizeof(*s));

	if (!s)
		return FN_FAILED;
	call->ret = value_bool(false);
	if (!read_note(call, &s->note)) {
		free(s);
		lcs_count(&stats->unfit);
		lcs_set_err(call->ctx, "refused");
		return FN_DONE;
	}
	if (!call->argv[1].b && make_blind(lcs_arena(call->ctx), &s->note) != 0) {
		free(s);
		return FN_FAILED;
	}
	s->m = call->shared;
	s->home = (unsigned)worker_self();
	s->asked = loop_wall(worker_loop()) - lcs_age(call->ctx) / 1000;
	s->ctx = lcs_ctx_ref(call->ctx);
	if (lcs_post(lcs_user_key(s->note.aor), start, s) == 0)
		return FN_SUSPENDED;
	lcs_ctx_unref(&s->ctx);
	free(s);
	return FN_FAILED;
}

static enum fn_status m_is_fit(struct lcs_call *call)
{
	struct note note;

	return fn_bool(call, read_note(call, &note));
}

/* ---- m_dump() ---- */

struct dumping { struct msilo *m; size_t len; char aor[]; };

static void dump_on_owner(void *arg)
{
	struct dumping *d = arg;
	struct box *b = box_find(d->m, slice_of(d->aor, d->len), false);

	if (b)
		msilo_deliver(b);
	free(d);
}

static enum fn_status m_dump(struct lcs_call *call)
{
	struct slice aor = owner_of(call);
	struct dumping *d = aor.len ? malloc(sizeof(*d) + aor.len) : NULL;

	call->ret = value_bool(false);
	if (!d)
		return aor.len ? FN_FAILED : FN_DONE;
	d->m = call->shared;
	d->len = aor.len;
	memcpy(d->aor, aor.p, aor.len);
	call->ret = value_bool(lcs_post(lcs_user_key(aor), dump_on_owner, d) == 0);
	if (!call->ret.b)
		free(d);
	return FN_DONE;
}

const struct lcs_func msilo_funcs[] = {
	{ "m_store(owner: str = \"\", keep: bool = true) -> bool", m_store, IN_REQUEST | IN_FAILURE,
	  FUNC_MAY_SUSPEND | FUNC_MAY_FAIL | FUNC_MUST_CHECK,
	  "keep a MESSAGE for a user (else the one in the Request-URI, in a failure_route the one in "
	  "the Request-URI as it came) who is not there; true when it is on disk. $err: refused (nothing "
	  "to be kept), limit, unavailable. keep=false: the same, but nothing is kept except that something "
	  "came: for whom the user blocks politely, who gets the same answers after the same time" },
	{ "m_is_fit(owner: str = \"\") -> bool", m_is_fit, IN_REQUEST | IN_FAILURE, 0,
	  "is this a MESSAGE that m_store() would keep if there is room: one with a body that is worth it (nobody's "
	  "typing note), not too long?" },
	{ "m_dump(owner: str = \"\") -> bool", m_dump, IN_REQUEST | IN_FAILURE, 0,
	  "send a user (in a REGISTER the one in To) what waits; the script goes on meanwhile" },
	{ 0 }
};
