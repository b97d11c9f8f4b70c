/*
 * parser/view.c - reading a message through its edits.
 *
 * Edits are few; each question walks their list, and only those that touch
 * what is asked for cost more than a look.
 */
#include "parser/edit.h"

#include "parser/msg_view.h"
#include "parser/plan.h"

static const struct sip_edit *last_of(const struct sip_view *v, enum edit_kind kind)
{
	const struct sip_edit *e = v->last;

	while (e && e->kind != kind)
		e = e->before;
	return e;
}

struct slice view_request_uri(const struct sip_view *v)
{
	const struct sip_edit *e = last_of(v, EDIT_REQUEST_URI);

	return e ? e->text : v->msg->request_uri;
}

uint16_t view_status(const struct sip_view *v)
{
	const struct sip_edit *e = last_of(v, EDIT_STATUS);

	return e ? e->number : v->msg->status;
}

struct slice view_reason(const struct sip_view *v)
{
	const struct sip_edit *e = last_of(v, EDIT_STATUS);

	return e ? e->text : v->msg->reason;
}

struct slice view_body(const struct sip_view *v)
{
	const struct sip_edit *e = last_of(v, EDIT_BODY);

	return e ? e->text : v->msg->body;
}

/* What is asked for. */
struct query {
	enum hdr_id  id;
	struct slice name;		/* HDR_OTHER: empty means all */
};

static struct query query_of(enum hdr_id id, struct slice name)
{
	if (id == HDR_OTHER && name.len > 0)
		id = hdr_by_name(name);
	return (struct query){ id, name };
}

static bool matches(struct query q, enum hdr_id id, struct slice name)
{
	if (q.id != HDR_OTHER)
		return q.id == id;
	return q.name.len == 0 || (id == HDR_OTHER && slice_eq_nocase(q.name, name));
}

static struct slice added_name(const struct sip_edit *e)
{
	return slice_first(e->text, slice_find(e->text, ':'));
}

/* Most ask for a header that has a number: then the name is not looked for. */
static bool is_wanted(struct query q, const struct sip_edit *e)
{
	return q.id != HDR_OTHER ? q.id == e->id : matches(q, e->id, added_name(e));
}

static struct slice added_value(const struct sip_edit *e)
{
	struct slice s = slice_skip(e->text, added_name(e).len + 2);

	return slice_first(s, s.len - 2);
}

/* The first of that kind at this place or behind it; the message knows the very first. */
static uint16_t next_known(const struct sip_msg *msg, enum hdr_id id, uint16_t at)
{
	uint16_t first = msg->first[id];

	if (first == MSG_NO_HDR || at >= msg->hdr_count)
		return msg->hdr_count;
	if (at <= first)
		return first;
	while (at < msg->hdr_count && msg->hdrs[at].id != id)
		at++;
	return at;
}

/* The place of the next received header of that kind behind key; hdr_count if there is none. */
static uint16_t next_received(const struct sip_msg *msg, struct query q, uint64_t key)
{
	uint16_t at = edit_key_at(key);

	if (edit_key_is_received(key))
		at++;
	if (q.id != HDR_OTHER)
		return next_known(msg, q.id, at);
	while (at < msg->hdr_count && !matches(q, msg->hdrs[at].id, msg->hdrs[at].name))
		at++;
	return at < msg->hdr_count ? at : msg->hdr_count;
}

/* The ADD of that kind with the smallest key behind key. */
static const struct sip_edit *next_added(const struct sip_view *v, struct query q, uint64_t key)
{
	const struct sip_edit *next = NULL;

	for (const struct sip_edit *e = v->last; e; e = e->before)
		if (e->kind == EDIT_ADD && edit_key_added(e) > key && is_wanted(q, e) &&
		    (!next || edit_key_added(e) < edit_key_added(next)))
			next = e;
	return next;
}

/* Bring the later edits of a header to bear on *h; false if it is gone. */
static bool apply(const struct sip_view *v, struct hdr_ref *h)
{
	bool is_valued = false;

	for (const struct sip_edit *e = v->last; e && e != h->added; e = e->before) {
		bool is_target = e->added == h->added && (h->added || e->at == h->at);

		if (e->kind == EDIT_BODY ? edit_body_hides(e, h->id) :
		    e->kind == EDIT_DROP && is_target)
			return false;
		if (e->kind == EDIT_VALUE && is_target && !is_valued) {
			h->value = e->text;
			is_valued = true;
		}
	}
	return true;
}

static uint64_t key_of(const struct hdr_ref *h)
{
	if (!h->name.p)
		return 0;
	return h->added ? edit_key_added(h->added) : edit_key_received(h->at);
}

/* Step to the next header of that kind, be it gone or not. */
static bool step(const struct sip_view *v, struct query q, struct hdr_ref *h)
{
	uint64_t key = key_of(h);
	uint16_t at = next_received(v->msg, q, key);
	const struct sip_edit *added = v->last ? next_added(v, q, key) : NULL;
	bool is_received = at < v->msg->hdr_count;

	if (added && (!is_received || edit_key_added(added) < edit_key_received(at))) {
		*h = (struct hdr_ref){ added->id, added_name(added), added_value(added),
			added->at, added };
		return true;
	}
	if (is_received) {
		const struct hdr *hdr = &v->msg->hdrs[at];

		*h = (struct hdr_ref){ hdr->id, hdr->name, hdr->value, at, NULL };
	}
	return is_received;
}

static bool first_as_received(const struct sip_msg *msg, enum hdr_id id, struct hdr_ref *h)
{
	const struct hdr *hdr = msg_hdr(msg, id);

	if (!hdr)
		return false;
	*h = (struct hdr_ref){ id, hdr->name, hdr->value, msg->first[id], NULL };
	return true;
}

/* Without edits there is only what came. */
static bool next_as_received(const struct sip_msg *msg, struct query q, struct hdr_ref *h)
{
	uint16_t at = next_received(msg, q, h->name.p ? edit_key_received(h->at) : 0);
	const struct hdr *hdr;

	if (at == msg->hdr_count)
		return false;
	hdr = &msg->hdrs[at];
	*h = (struct hdr_ref){ hdr->id, hdr->name, hdr->value, at, NULL };
	return true;
}

/* Can an edit have changed what is asked for? A body edit hides more than it names. */
static bool is_touched(const struct sip_edit *last, struct query q)
{
	return last && ((last->touched & edit_bit(q.id)) != 0 || last->has_body ||
	    (q.id == HDR_OTHER && q.name.len == 0));
}

bool view_next_hdr(const struct sip_view *v, enum hdr_id id, struct slice name, struct hdr_ref *h)
{
	struct query q = query_of(id, name);

	if (!is_touched(v->last, q) && !h->added)
		return q.id != HDR_OTHER && !h->name.p ? first_as_received(v->msg, q.id, h) :
		    next_as_received(v->msg, q, h);
	while (step(v, q, h))
		if (apply(v, h))
			return true;
	return false;
}

bool view_hdr(const struct sip_view *v, enum hdr_id id, struct slice name, int nth,
    struct hdr_ref *h)
{
	struct hdr_ref each = { 0 };
	bool found = false;

	if (nth == 0 && !is_touched(v->last, query_of(id, name)) && id != HDR_OTHER)
		return first_as_received(v->msg, id, h);
	for (int n = 0; view_next_hdr(v, id, name, &each); n++) {
		if (nth >= 0 && n < nth)
			continue;
		*h = each;
		found = true;
		if (nth >= 0)
			break;
	}
	return found;
}

bool view_next_value(const struct sip_view *v, enum hdr_id id, struct value_walk *w,
    struct slice *value)
{
	while (!hdr_take_value(id, &w->rest, value)) {
		if (!view_next_hdr(v, id, SLICE_NULL, &w->h))
			return false;
		w->rest = w->h.value;
	}
	return true;
}

/* Visits values until nth is reached; how many were seen. */
static size_t walk_values(const struct sip_view *v, enum hdr_id id, size_t nth,
    struct slice *value)
{
	struct value_walk w = { 0 };
	struct slice each;
	size_t n = 0;

	while (view_next_value(v, id, &w, &each)) {
		*value = each;
		if (n++ == nth)
			break;
	}
	return n;
}

bool view_value(const struct sip_view *v, enum hdr_id id, int nth, struct slice *value)
{
	struct slice seen;
	size_t n;

	if (!view_may_have(v, id))
		return false;
	n = walk_values(v, id, nth < 0 ? SIZE_MAX : (size_t)nth, &seen);
	if (nth < 0 ? n == 0 : n <= (size_t)nth)
		return false;
	*value = seen;
	return true;
}

size_t view_value_count(const struct sip_view *v, enum hdr_id id)
{
	struct slice value;

	return walk_values(v, id, SIZE_MAX, &value);
}

const struct sip_uri *view_uri(struct arena *a, const struct sip_view *v)
{
	const struct sip_edit *e = last_of(v, EDIT_REQUEST_URI);
	struct sip_uri *uri;

	if (!e)
		return msg_request_uri(v->msg);
	uri = arena_alloc(a, sizeof(*uri));
	return uri && sip_uri_parse(e->text, uri, NULL) == 0 ? uri : NULL;
}

/* Is the header the received one, untouched? Then the message remembers its view. */
static bool is_as_received(const struct sip_view *v, const struct hdr_ref *h)
{
	const struct hdr *first = msg_hdr(v->msg, h->id);

	return !h->added && first == &v->msg->hdrs[h->at] && h->value.p == first->value.p;
}

const struct name_addr *view_name_addr(struct arena *a, const struct sip_view *v, enum hdr_id id)
{
	struct hdr_ref h;
	struct name_addr *out;
	struct slice value;

	if (!view_hdr(v, id, SLICE_NULL, 0, &h))
		return NULL;
	if (msg_is_name_addr(id) && is_as_received(v, &h))
		return msg_name_addr(v->msg, id);
	if (!hdr_take_value(id, &h.value, &value))
		return NULL;
	out = arena_alloc(a, sizeof(*out));
	return out && name_addr_parse(value, out, NULL) == 0 ? out : NULL;
}
