/*
 * Random edits against a naive model: a list of headers that are changed in place.
 *
 * After every step the model, the view and the written message have to tell
 * the same. Now and then an earlier branch is taken up again.
 */
#include "test/unit/parser/parse.h"

#define MAX_ITEMS 400
#define MAX_TEXT  64

enum origin { RECEIVED, ADDED, LATE };

struct item {
	enum origin origin;
	uint16_t    at;			/* RECEIVED: its place */
	bool        gone, touched;
	char        name[32], value[MAX_TEXT];
	struct slice line;		/* RECEIVED, untouched */
};

struct model {
	struct item items[MAX_ITEMS];
	size_t      count;
	char        uri[MAX_TEXT], body[MAX_TEXT];
	const struct sip_edit *last;	/* what it stands for */
};

static uint64_t seed;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static void copy(char *to, size_t room, struct slice s)
{
	assert_true(s.len < room);
	memcpy(to, s.p, s.len);
	to[s.len] = '\0';
}

static void model_begin(struct model *m, struct sip_msg *msg)
{
	memset(m, 0, sizeof(*m));
	for (uint16_t i = 0; i < msg->hdr_count; i++) {
		struct item *it = &m->items[m->count++];

		it->origin = RECEIVED;
		it->at = i;
		it->line = msg->hdrs[i].line;
		copy(it->name, sizeof(it->name), msg->hdrs[i].name);
		copy(it->value, sizeof(it->value), msg->hdrs[i].value);
	}
	copy(m->uri, sizeof(m->uri), msg->request_uri);
	copy(m->body, sizeof(m->body), msg->body);
}

/* Before the header received at that place; at the top before all, at the end behind all. */
static void model_insert(struct model *m, uint16_t at, enum origin origin, const char *name,
    const char *value)
{
	size_t to = 0;

	assert_true(m->count < MAX_ITEMS);
	if (at != EDIT_AT_TOP)
		while (to < m->count && !(m->items[to].origin == RECEIVED && m->items[to].at == at))
			to++;
	memmove(&m->items[to + 1], &m->items[to], (m->count - to) * sizeof(m->items[0]));
	m->count++;
	m->items[to] = (struct item){ .origin = origin };
	copy(m->items[to].name, sizeof(m->items[to].name), slice_str(name));
	copy(m->items[to].value, sizeof(m->items[to].value), slice_str(value));
}

static bool is_kind(const struct item *it, enum hdr_id id, const char *name)
{
	if (it->gone || it->origin == LATE)
		return false;
	if (id == HDR_OTHER && *name == '\0')
		return true;
	if (id == HDR_OTHER)
		return slice_eq_nocase(slice_str(it->name), slice_str(name));
	return hdr_by_name(slice_str(it->name)) == id;
}

static struct item *model_nth(struct model *m, enum hdr_id id, const char *name, size_t nth)
{
	for (size_t i = 0; i < m->count; i++)
		if (is_kind(&m->items[i], id, name) && nth-- == 0)
			return &m->items[i];
	return NULL;
}

static size_t model_count(struct model *m, enum hdr_id id, const char *name)
{
	size_t n = 0;

	while (model_nth(m, id, name, n))
		n++;
	return n;
}

static void model_drop(struct model *m, enum hdr_id id)
{
	struct item *it;

	while ((it = model_nth(m, id, "", 0)))
		it->gone = true;
}

static void model_body(struct model *m, const char *body, const char *type)
{
	char length[24];

	snprintf(length, sizeof(length), "%zu", strlen(body));
	copy(m->body, sizeof(m->body), slice_str(body));
	model_drop(m, HDR_CONTENT_LENGTH);
	if (*type || !*body) {
		model_drop(m, HDR_CONTENT_TYPE);
		model_drop(m, HDR_CONTENT_ENCODING);
	}
	if (*type)
		model_insert(m, EDIT_AT_END, ADDED, "Content-Type", type);
	model_insert(m, EDIT_AT_END, ADDED, "Content-Length", length);
}

/* ---- comparing ---- */

static void put_lines(struct buf *out, struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == '\n' && (i == 0 || line.p[i - 1] != '\r'))
			buf_put_char(out, '\r');
		buf_put_char(out, line.p[i]);
	}
}

static struct buf *model_written(struct model *m, bool is_stream, bool body_edited)
{
	struct buf *out = buf_new(0);

	buf_printf(out, "INVITE %s SIP/2.0\r\n", m->uri);
	for (size_t i = 0; i < m->count; i++) {
		const struct item *it = &m->items[i];

		if (it->gone)
			continue;
		if (it->origin == RECEIVED && !it->touched)
			put_lines(out, it->line);
		else
			buf_printf(out, "%s: %s\r\n", it->name, it->value);
	}
	if ((is_stream || body_edited) && model_count(m, HDR_CONTENT_LENGTH, "") == 0)
		buf_printf(out, "Content-Length: %zu\r\n", strlen(m->body));
	buf_printf(out, "\r\n%s", m->body);
	return out;
}

static bool is_body_edited(const struct sip_edit *e)
{
	while (e && e->kind != EDIT_BODY)
		e = e->before;
	return e != NULL;
}

static void compare_written(struct model *m, struct sip_msg *msg)
{
	bool is_stream = below(2);
	struct slice got = written(msg, m->last, is_stream ? TRANSPORT_TCP : TRANSPORT_UDP);
	struct buf *want = model_written(m, is_stream, is_body_edited(m->last));

	if (!slice_eq(got, buf_slice(want)))
		fail_msg("written:\n%.*s\nmodel:\n%.*s", SLICE_ARG(got), SLICE_ARG(buf_slice(want)));
	buf_unref(&want);
}

static void compare_view(struct model *m, struct sip_msg *msg, enum hdr_id id, const char *name)
{
	struct sip_view v = { msg, m->last };
	struct hdr_ref h = { 0 }, nth;
	size_t n = 0;

	while (view_next_hdr(&v, id, slice_str(name), &h)) {
		const struct item *it = model_nth(m, id, name, n);

		assert_non_null(it);
		assert_slice(h.name, it->name);
		assert_slice(h.value, it->value);
		assert_true(view_hdr(&v, id, slice_str(name), (int)n, &nth));
		assert_slice(nth.value, it->value);
		n++;
	}
	assert_int_equal(n, model_count(m, id, name));
	assert_false(view_hdr(&v, id, slice_str(name), (int)n, &nth));
	assert_int_equal(view_hdr(&v, id, slice_str(name), -1, &nth), n > 0);
	if (n > 0)
		assert_slice(nth.value, model_nth(m, id, name, n - 1)->value);
}

static void compare(struct model *m, struct sip_msg *msg)
{
	struct sip_view v = { msg, m->last };

	assert_slice(view_request_uri(&v), m->uri);
	assert_slice(view_body(&v), m->body);
	compare_view(m, msg, HDR_OTHER, "");
	compare_view(m, msg, HDR_OTHER, "X-One");
	compare_view(m, msg, HDR_ROUTE, "");
	compare_view(m, msg, HDR_CONTENT_LENGTH, "");
	compare_written(m, msg);
}

/* ---- steps ---- */

static const char *const names[] = { "X-One", "x-one", "Route", "Contact", "Supported", "k" };
static const char *const values[] = { "a", "", "b c", "<sip:a@h>, <sip:b@h>,", "1, 2,3", "," };

static void late(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	(void)hop;
	buf_printf(out, "Late: %s\r\n", (const char *)edit->arg);
}

static uint16_t random_place(const struct sip_msg *msg)
{
	unsigned n = below(msg->hdr_count + 2u);

	return n <= msg->hdr_count ? (uint16_t)(n == msg->hdr_count ? EDIT_AT_TOP : n) : EDIT_AT_END;
}

static void step_add(struct model *m, struct sip_msg *msg)
{
	const char *name = names[below(COUNT(names))], *value = values[below(COUNT(values))];
	uint16_t at = random_place(msg);

	if (below(4) == 0) {
		assert_int_equal(edit_late(msg->arena, &m->last, at, late, value), 0);
		model_insert(m, at, LATE, "Late", value);
		return;
	}
	assert_int_equal(edit_add(msg->arena, &m->last, at, slice_str(name), slice_str(value)), 0);
	model_insert(m, at, ADDED, name, value);
}

static void step_touch(struct model *m, struct sip_msg *msg)
{
	size_t count = model_count(m, HDR_OTHER, "");
	const char *value = values[below(COUNT(values))];
	struct sip_view v = { msg, m->last };
	struct item *it;
	struct hdr_ref h;
	unsigned nth;

	if (count == 0)
		return;
	nth = below((unsigned)count);
	assert_true(view_hdr(&v, HDR_OTHER, SLICE(""), (int)nth, &h));
	it = model_nth(m, HDR_OTHER, "", nth);
	if (below(3) == 0) {
		assert_int_equal(edit_drop(msg->arena, &m->last, &h), 0);
		it->gone = true;
		return;
	}
	assert_int_equal(edit_value(msg->arena, &m->last, &h, slice_str(value)), 0);
	copy(it->value, sizeof(it->value), slice_str(value));
	it->touched = true;
}

static void step_first_value(struct model *m, struct sip_msg *msg)
{
	struct sip_view v = { msg, m->last };
	struct item *it;

	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	m->last = v.last;
	for (size_t n = 0; (it = model_nth(m, HDR_ROUTE, "", n)); n++) {
		struct slice rest = slice_str(it->value), value;
		char text[MAX_TEXT];

		if (!hdr_next_value(&rest, &value))
			continue;
		copy(text, sizeof(text), slice_trim(rest));
		it->gone = text[0] == '\0';
		it->touched = true;
		copy(it->value, sizeof(it->value), slice_str(text));
		return;
	}
}

static void step_drop_all(struct model *m, struct sip_msg *msg)
{
	static const enum hdr_id ids[] = { HDR_ROUTE, HDR_SUPPORTED, HDR_CONTACT, HDR_CONTENT_TYPE };
	enum hdr_id id = ids[below(COUNT(ids))];
	struct sip_view v = { msg, m->last };
	size_t n = model_count(m, id, "");

	assert_int_equal(edit_drop_all(msg->arena, &v, id, SLICE_NULL), n);
	m->last = v.last;
	model_drop(m, id);
}

static void step_body(struct model *m, struct sip_msg *msg)
{
	const char *body = below(4) ? "new body" : "", *type = below(2) ? "text/x" : "";

	assert_int_equal(edit_body(msg->arena, &m->last, slice_str(body), slice_str(type)), 0);
	model_body(m, body, type);
}

static void step_uri(struct model *m, struct sip_msg *msg)
{
	char uri[32];

	snprintf(uri, sizeof(uri), "sip:%u@h", below(1000));
	assert_int_equal(edit_request_uri(msg->arena, &m->last, slice_str(uri)), 0);
	copy(m->uri, sizeof(m->uri), slice_str(uri));
}

static void one_step(struct model *m, struct sip_msg *msg)
{
	switch (below(12)) {
	case 0:  step_uri(m, msg); break;
	case 1:  step_body(m, msg); break;
	case 2:  step_drop_all(m, msg); break;
	case 3:
	case 4:  step_first_value(m, msg); break;
	case 5:
	case 6:
	case 7:
	case 8:  step_touch(m, msg); break;
	default: step_add(m, msg); break;
	}
}

static const char *const messages[] = {
	("INVITE sip:bob@h SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nRoute: <sip:r1>, <sip:r2>\r\n"
	 "X-One: 1\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\nRoute: <sip:r3>\r\nl: 4\r\n\r\nbody"),
	"INVITE sip:bob@h SIP/2.0\r\n\r\nrest",
	"INVITE sip:bob@h SIP/2.0\r\nTo:\r\n <sip:a>\r\n ;x\r\nX-One:\r\n\r\n",
	"\r\nINVITE sip:bob@h SIP/2.0\nTo: a\nX-One: b\r\n\td\nRoute: ,\nContent-Length: 2\n\na\n",
	"INVITE sip:bob@h sip/2.0\r\nContent-Length: 0\r\nRoute: <sip:r>\r\n\r\n",
};

static void play(const char *text, unsigned steps)
{
	static struct model now, kept;
	struct sip_msg *msg = parse_ok(text);

	model_begin(&now, msg);
	kept = now;
	compare(&now, msg);
	for (unsigned i = 0; i < steps; i++) {
		one_step(&now, msg);
		compare(&now, msg);
		if (below(10) == 0)
			kept = now;
		else if (below(10) == 0)
			now = kept;
	}
	sip_msg_unref(&msg);
}

static void view_and_writer_agree_with_the_model(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 60; round++)
		for (size_t i = 0; i < COUNT(messages); i++) {
			seed = 0x9e3779b97f4a7c15u * (round * 16 + i + 1);
			play(messages[i], 25);
		}
}

/* More edits than the plan holds inside. */
static void many_edits_agree_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		seed = 0x2545f4914f6cdd1du + i;
		play(messages[i], 150);
	}
}

UNIT_MAIN(cmocka_unit_test(view_and_writer_agree_with_the_model),
    cmocka_unit_test(many_edits_agree_too))
