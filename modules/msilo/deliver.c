/*
 * modules/msilo/deliver.c - messages that waited go to an endpoint, in order, one at a time.
 *
 * A message is offered to the user's endpoints until one takes it, and is deleted when one has, or
 * when all have refused it for good. Between its answer and the
 * deletion on disk the server may die: then the message comes once more. Nothing else makes
 * it come twice.
 */
#include "modules/msilo/msilo.h"

#include "parser/date.h"
#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

#define TAG_BYTES 8

struct sending {			/* lives until tm has forgotten the request */
	struct list    node;		/* in local->sendings */
	struct box    *box;		/* NULL: the answer has been seen to */
	int64_t        id;
	uint64_t       endpoint;
	struct tm_uac *uac;
	bool           is_held, is_gone;	/* on the stack of send_note(); TM_GONE came */
};

static void next(struct box *b);

/* ---- the way ---- */

static uint64_t endpoint_of(const struct usrloc_binding *way)
{
	return siphash(siphash_boot_key(), way->ruid) | 1;
}

static bool is_tried(const struct box *b, uint64_t endpoint)
{
	for (unsigned i = 0; i < b->now.count; i++)
		if (b->now.tried[i] == endpoint)
			return true;
	return false;
}

static bool is_way(const struct box *b, const struct usrloc_binding *w)
{
	return w->expires > loop_wall(worker_loop()) &&
	    (w->path.len || !transport_is_stream(w->received.transport) ||
	     flow_is_alive(w->received.flow)) && !is_tried(b, endpoint_of(w));
}

/* One that has said what it can, without MESSAGE (a telephone), comes last: some say half of it. */
static int rank(const struct box *b, const struct usrloc_binding *w)
{
	if (endpoint_of(w) == b->takes)
		return 3;
	return !w->methods || w->methods >> METHOD_MESSAGE & 1 ? 2 : 1;
}

/* The endpoint that has taken the one before, else the best that has not had this one. */
static bool find_way(const struct box *b, struct usrloc_binding *out)
{
	const struct usrloc_aor *aor = b->m->usrloc->find(b->m->usrloc_state, box_aor(b));
	struct usrloc_binding way;
	int best = 0;

	for (unsigned i = 0; aor && b->now.count < MSILO_TRIES && i < aor->count; i++) {
		b->m->usrloc->binding(aor, i, &way);
		if (!is_way(b, &way) || rank(b, &way) <= best)
			continue;
		best = rank(b, &way);
		*out = way;
	}
	return best > 0;
}

/* ---- the end of a round ---- */

static void rest(struct box *b)
{
	bool again = b->again;

	b->is_busy = false;
	b->again = false;
	if (again && b->stored)
		msilo_deliver(b);
	else
		box_settle(b);
}

static void deleted(void *arg, int err, const struct store_rows *rows)
{
	(void)arg;
	(void)rows;
	if (err)
		log_error("msilo", "a delivered message is still in the store and may be delivered "
		    "again after a restart error=\"%s\"", err_text(err));
}

static void settle(struct box *b, int64_t id, unsigned status)
{
	struct msilo_local *stats = msilo_local(b->m);
	int err;

	lcs_count(status < 300 ? &stats->delivered : &stats->refused_by_client);
	if (status >= 300)
		log_info("msilo", "a message that waited is not wanted user=%.*s status=%u",
		    SLICE_ARG(box_aor(b)), status);
	b->done_id = id;
	if (b->stored) {
		b->stored--;
		stats->waiting--;
	}
	err = msilo_journal_delete(b->heir ? slice_str(b->heir) : box_aor(b), id, deleted, NULL);
	if (err)
		deleted(NULL, err, NULL);
}

/* Refused by one endpoint, for good or not: is there another one that it can be offered to? */
static bool may_go_on(struct box *b, unsigned status)
{
	struct usrloc_binding way;

	/* Whom it was not offered to any more has not refused it. */
	if (b->now.count == MSILO_TRIES)
		b->now.is_for_later = true;
	if (!note_is_settled(status)) {
		b->now.is_for_later = true;
		lcs_count(&msilo_local(b->m)->tries_failed);
	}
	return status < 600 && b->stored && find_way(b, &way);
}

static void answered(struct sending *s, unsigned status)
{
	struct box *b = s->box;
	bool goes_on = false;

	s->box = NULL;
	b->sending = NULL;
	if (status < 300)
		b->takes = s->endpoint;
	else
		goes_on = may_go_on(b, status);
	if (!goes_on && b->now.is_for_later && status >= 300 && status < 600) {
		rest(b);
		return;
	}
	if (!goes_on)
		settle(b, s->id, status);
	next(b);
}

static void sending_free(struct sending *s)
{
	list_remove(&s->node);
	free(s);
}

static void on_event(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	struct sending *s = arg;

	(void)response;
	if (event == TM_FINAL && s->box)
		answered(s, status);
	if (event != TM_GONE)
		return;
	if (s->box)
		answered(s, 503);
	s->is_gone = true;
	if (!s->is_held)
		sending_free(s);
}

/* ---- a message ---- */

static struct slice date_line(struct arena *arena, int64_t sent)
{
	char date[SIP_DATE_BYTES];

	return sip_date_format(sent, date) ? arena_printf(arena, "Date: %s\r\n", date) : SLICE("");
}

static int make_request(struct arena *arena, const struct box *b, const struct note *n,
    const struct usrloc_binding *way, struct tm_request *out)
{
	unsigned char tag[TAG_BYTES];
	char hex[2 * TAG_BYTES];
	struct slice date = date_line(arena, n->sent), epid;

	hdr_param(way->params, SLICE("epid"), &epid);	/* servers name an LCS client's endpoint in To */
	rand_bytes(tag, sizeof(tag));
	hex_encode(hex, tag, sizeof(tag));
	*out = (struct tm_request){
		.method = SLICE("MESSAGE"),
		.request_uri = way->contact,
		.from = arena_printf(arena, "%.*s;tag=%.*s", SLICE_ARG(n->sender),
		    (int)sizeof(hex), hex),
		.to = arena_printf(arena, "<sip:%.*s>%s%.*s", SLICE_ARG(box_aor(b)),
		    epid.len ? ";epid=" : "", SLICE_ARG(epid)),
		.route_set = way->path,
		.extra_lines = arena_printf(arena, "%.*s%.*s", SLICE_ARG(date),
		    SLICE_ARG(n->lines)),
		.content_type = n->type,
		.body = note_body(arena, n, msilo_conf(b->m)->add_date),
		.hop = way->received, .has_hop = !way->path.len,
	};
	return out->from.p && out->to.p && out->extra_lines.p && out->body.p ? 0 : -ENOMEM;
}

/* tm may report before it returns: then the sending is over here. */
static int hand_over(struct box *b, const struct tm_request *r, int64_t id, uint64_t endpoint)
{
	struct sending *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	*s = (struct sending){ .box = b, .id = id, .endpoint = endpoint, .is_held = true };
	b->now.tried[b->now.count++] = endpoint;
	list_push_back(&msilo_local(b->m)->sendings, &s->node);
	b->sending = s;
	err = b->m->tm->request(b->m->tm_state, r, on_event, s, &s->uac);
	s->is_held = false;
	if (err)
		b->sending = NULL;
	if (err || s->is_gone)
		sending_free(s);
	return err;
}

static int send_note(struct box *b, const struct note *n, int64_t id)
{
	struct arena *arena = arena_new(0);
	struct usrloc_binding way;
	struct tm_request r;
	int err = arena ? 0 : -ENOMEM;

	if (b->now.id != id) {		/* and not offered to one endpoint before */
		b->now.id = id;
		b->now.count = 0;
		b->now.is_for_later = false;
	}
	if (!err && !find_way(b, &way))
		err = -ENOENT;
	if (!err)
		err = make_request(arena, b, n, &way, &r);
	if (!err)
		err = hand_over(b, &r, id, endpoint_of(&way));
	arena_free(&arena);
	return err;
}

static void got_next(void *arg, int err, const struct store_rows *rows)
{
	struct box *b = arg;
	struct note n;
	int64_t id;

	if (!err && rows->count == 0) {
		msilo_local(b->m)->waiting -= b->stored;
		b->stored = 0;		/* what was left had expired */
	} else if (!err && msilo_journal_read(rows, &n, &id)) {
		err = send_note(b, &n, id);
		if (!err)
			return;
		lcs_count(&msilo_local(b->m)->tries_failed);
	} else {
		log_error("msilo", "a message that waits cannot be read from the store user=%.*s",
		    SLICE_ARG(box_aor(b)));
	}
	rest(b);
}

static void next(struct box *b)
{
	if (b->stored && msilo_journal_next(box_aor(b), b->done_id, got_next, b) == 0)
		return;
	rest(b);
}

void msilo_deliver(struct box *b)
{
	struct usrloc_binding way;

	if (b->is_busy) {
		b->again = true;
		return;
	}
	b->now.id = 0;
	b->now.count = 0;
	if (!find_way(b, &way)) {
		box_settle(b);
		return;
	}
	b->is_busy = true;
	next(b);
}

void msilo_sendings_stop(struct msilo *m, struct msilo_local *local)
{
	struct list *node;

	while ((node = list_pop_front(&local->sendings))) {
		struct sending *s = container_of(node, struct sending, node);

		m->tm->forget(m->tm_state, &s->uac);
		free(s);
	}
}
