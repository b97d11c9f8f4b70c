/*
 * test/fuzz/msg_fuzz.c - index, check, views, edits, writer and builders on any bytes.
 *
 * What was read without a defect can be written with any edits and read again
 * with the headers that the view shows. What can be answered gets an answer
 * that can be read.
 */
#include "parser/auth.h"
#include "parser/build.h"
#include "parser/glance.h"
#include "parser/list.h"
#include "parser/mime.h"
#include "parser/write.h"
#include "test/fuzz/random.h"
#include "test/fuzz/slow.h"
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>

#define MAX_EDITS 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct msg_limits limits = { 1 << 20, MSG_MAX_HDRS, 8 << 20 };

static struct sip_msg *read_again(struct slice bytes)
{
	struct sip_defect why;
	struct sip_msg *msg;

	lcs_assert(sip_msg_parse(bytes, NULL, &limits, &msg, &why) == 0);
	return msg;
}

static void check_index(const struct sip_msg *msg)
{
	const char *at = slice_end(msg->first_line);

	lcs_assert(slice_lies_in(msg->first_line, msg->raw) && slice_lies_in(msg->body, msg->raw));
	for (uint16_t i = 0; i < msg->hdr_count; i++) {
		const struct hdr *h = &msg->hdrs[i];

		lcs_assert(h->line.p >= at && h->line.p[h->line.len - 1] == '\n');
		lcs_assert(h->name.len > 0 && slice_lies_in(h->name, h->line));
		lcs_assert(slice_lies_in(h->value, h->line));
		lcs_assert(slice_eq(slice_trim(h->value), h->value));
		lcs_assert(hdr_by_name(h->name) == h->id && hdr_is(h, h->name));
		lcs_assert(msg->first[h->id] <= i);
		at = slice_end(h->line);
	}
}

/* Every view twice: the second answer is the first. */
static void check_views(struct sip_msg *msg)
{
	lcs_assert(msg_request_uri(msg) == msg_request_uri(msg));
	lcs_assert(msg_via(msg) == msg_via(msg));
	lcs_assert(msg_cseq(msg) == msg_cseq(msg));
	for (enum hdr_id id = HDR_OTHER; id < HDR_KNOWN; id++)
		lcs_assert(msg_name_addr(msg, id) == msg_name_addr(msg, id));
	lcs_assert(msg_max_forwards(msg) <= 255 && msg_expires(msg) <= UINT32_MAX);
}

/* What the check has kept of a REGISTER is what a walk finds, each where it stands. */
static void check_kept_contacts(const struct sip_msg *msg)
{
	const struct msg_contact *next = msg->contacts;

	for (const struct hdr *h = msg_hdr(msg, HDR_CONTACT); h; h = msg_hdr_next(msg, h)) {
		struct slice rest = h->value, left = h->value, value;

		while (hdr_next_value(&rest, &value)) {
			const struct sip_contact *c = msg_take_contact(&next, &left);

			lcs_assert(!c || (left.p == slice_end(value) && c->addr.text.p == value.p));
			if (!c)
				left = rest;
		}
	}
	lcs_assert(!next);
}

static void read_values(struct sip_msg *msg)
{
	struct sip_view v = { msg, NULL };

	for (uint16_t i = 0; i < msg->hdr_count; i++) {
		const struct hdr *h = &msg->hdrs[i];
		struct slice rest = h->value, value;
		struct auth_credentials cred;
		struct sip_contact contact;
		struct mime_type type;

		while (hdr_take_value(h->id, &rest, &value)) {
			lcs_assert(value.len > 0 && slice_lies_in(value, h->value));
			if (sip_contact_parse(value, &contact, NULL) == 0)
				lcs_assert(contact.q <= 1000);
			if (mime_type_parse(value, &type, NULL) == 0)
				view_accept(&v, &type);
		}
		hdr_list_has(h->value, SLICE("100rel"));
		auth_credentials_parse(msg->arena, h->value, &cred, NULL);
	}
}

/* ---- edits ---- */

/* Named after the input's hash, which the input cannot contain. */
static char late_name[32];

static void late(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	(void)edit;
	(void)hop;
	buf_printf(out, "%s: 1\r\n", late_name);
}

static bool is_late(const struct hdr *h)
{
	return slice_eq(h->name, slice_str(late_name));
}

/* Content-Length is the writer's: a script that lies about it breaks its message. */
static bool pick(struct choice *c, const struct sip_view *v, struct hdr_ref *h)
{
	return view_hdr(v, HDR_OTHER, SLICE_NULL, (int)choose(c, 8), h) &&
	    h->id != HDR_CONTENT_LENGTH;
}

static void edit_one(struct choice *c, struct sip_view *v, struct slice some)
{
	const struct slice names[] = { SLICE("X-Y"), SLICE("Route"), SLICE("v"), SLICE("Contact") };
	static const uint16_t places[] = { EDIT_AT_TOP, EDIT_AT_END, 1, 2, 7 };
	uint16_t at = places[choose(c, 5)];
	struct arena *a = v->msg->arena;
	struct hdr_ref h;

	switch (choose(c, 9)) {
	case 0: edit_request_uri(a, &v->last, some); break;
	case 1: edit_status(a, &v->last, (uint16_t)(100 + choose(c, 600)), some); break;
	case 2: edit_add(a, &v->last, at, names[choose(c, 4)], some); break;
	case 3: edit_late(a, &v->last, at, late, NULL); break;
	case 4:
		if (pick(c, v, &h))
			edit_drop(a, &v->last, &h);
		break;
	case 5:
		if (pick(c, v, &h))
			edit_value(a, &v->last, &h, some);
		break;
	case 6: edit_body(a, &v->last, some, choose(c, 2) ? SLICE("a/b") : SLICE("")); break;
	case 7: edit_drop_first_value(a, v, choose(c, 2) ? HDR_VIA : HDR_ROUTE); break;
	default: edit_drop_all(a, v, HDR_OTHER, SLICE("Contact")); break;
	}
}

static bool same_text(struct arena *a, struct slice x, struct slice y)
{
	return slice_eq(hdr_unfold(a, x), hdr_unfold(a, y));
}

/* The bytes read again have the view's headers, in order, and the late ones besides. */
static void check_written(const struct sip_view *v, struct slice bytes, bool is_stream)
{
	struct sip_msg *again = read_again(bytes);
	struct hdr_ref h = { 0 };
	uint16_t i = 0;

	lcs_assert(again->is_request == v->msg->is_request);
	if (again->is_request)
		lcs_assert(slice_eq(again->request_uri, view_request_uri(v)));
	else
		lcs_assert(again->status == view_status(v));
	while (view_next_hdr(v, HDR_OTHER, SLICE_NULL, &h)) {
		while (i < again->hdr_count && is_late(&again->hdrs[i]))
			i++;
		lcs_assert(i < again->hdr_count && slice_eq(again->hdrs[i].name, h.name));
		lcs_assert(same_text(again->arena, again->hdrs[i].value, h.value));
		i++;
	}
	for (; i < again->hdr_count; i++)
		lcs_assert(is_late(&again->hdrs[i]) || again->hdrs[i].id == HDR_CONTENT_LENGTH);
	lcs_assert(slice_eq(again->body, view_body(v)));
	lcs_assert(!is_stream || msg_hdr(again, HDR_CONTENT_LENGTH));
	lcs_assert(!again->is_untidy);
	sip_msg_unref(&again);
}

static void write_with_edits(struct sip_msg *msg, struct slice input)
{
	struct sip_hop hop = { .transport = TRANSPORT_UDP };
	struct choice c = choice_from(input);
	struct sip_view v = { msg, NULL };

	snprintf(late_name, sizeof(late_name), "Late-%016jx", (uintmax_t)c.state);
	for (unsigned n = 0; n <= MAX_EDITS; n++) {
		size_t from = choose(&c, (unsigned)input.len + 1);
		struct buf *out = buf_new(64);

		hop.transport = choose(&c, 2) ? TRANSPORT_TCP : TRANSPORT_UDP;
		lcs_assert(sip_write(msg, v.last, &hop, out) == 0);
		check_written(&v, buf_slice(out), hop.transport == TRANSPORT_TCP);
		buf_unref(&out);
		edit_one(&c, &v, slice_first(slice_skip(input, from), choose(&c, 40)));
	}
}

/* ---- builders ---- */

static void check_response(struct sip_msg *msg)
{
	const struct response_parts parts = { .status = 400, .to_tag = SLICE("t1"),
		.server = SLICE("fuzz"), .copy_record_route = true, .copy_timestamp = true };
	struct buf *out = buf_new(64);
	struct sip_msg *response;

	lcs_assert(sip_build_response(msg, &parts, out) == 0);
	/* What is copied from a broken request may be broken as it was. */
	if (slice_find(buf_slice(out), '\0') < out->len) {
		buf_unref(&out);
		return;
	}
	response = read_again(buf_slice(out));
	lcs_assert(response->status == 400 && !response->is_untidy && response->body.len == 0);
	lcs_assert(same_text(response->arena, msg_call_id(response), msg_call_id(msg)));
	if (msg_to(msg)) {
		lcs_assert(msg_to(response));
		lcs_assert(slice_eq(msg_to(response)->tag,
		    msg_to(msg)->tag.len > 0 ? msg_to(msg)->tag : SLICE("t1")));
	}
	if (msg_via(msg)) {
		lcs_assert(msg_via(response));
		lcs_assert(slice_eq(msg_via(response)->branch, msg_via(msg)->branch));
	}
	sip_msg_unref(&response);
	buf_unref(&out);
}

static void check_ack_and_cancel(struct sip_msg *msg)
{
	struct sip_hop hop = { .transport = TRANSPORT_UDP };
	struct buf *sent = buf_new(64), *out = buf_new(64);
	struct sip_msg *built;

	lcs_assert(sip_write(msg, NULL, &hop, sent) == 0);
	lcs_assert(sip_build_ack(buf_slice(sent), SLICE("<sip:x>;tag=y"), out) == 0);
	built = read_again(buf_slice(out));
	lcs_assert(built->method == METHOD_ACK && sip_msg_check(built, NULL) == 0);
	sip_msg_unref(&built);
	buf_clear(out);
	lcs_assert(sip_build_cancel(buf_slice(sent), SLICE("SIP;cause=200"), out) == 0);
	built = read_again(buf_slice(out));
	lcs_assert(built->method == METHOD_CANCEL && sip_msg_check(built, NULL) == 0);
	sip_msg_unref(&built);
	buf_unref(&out);
	buf_unref(&sent);
}

/* What is taken at a glance is a response that is read the same; its topmost Via may be wrong. */
static void check_glance(struct slice input, const struct sip_msg *msg, int err)
{
	struct sip_glance g;

	if (!sip_glance(input, &limits, &g) || !sip_glance_again(&g))
		return;
	lcs_assert(err == 0 && !msg->is_request && g.status == msg->status);
	lcs_assert(g.method == msg->method && slice_eq(g.call_id, msg_call_id(msg)));
	lcs_assert(slice_lies_in(g.branch, input) && slice_lies_in(g.behind, input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of((const char *)data, size);
	struct sip_hop from = { .transport = TRANSPORT_UDP };
	struct sip_defect why = { 0 };
	struct sip_msg *msg;
	int err, bad;

	sock_addr_parse(SLICE("192.0.2.33:4242"), &from.remote);
	err = sip_msg_parse(input, &from, &limits, &msg, &why);
	if (err == 0 || err == -EBADMSG)
		slow_compare(input, msg, err, &why, limits.max_hdrs);
	if (!msg) {
		lcs_assert(err == -EMSGSIZE || (err == -EBADMSG && why.reason));
		return 0;
	}
	check_index(msg);
	bad = sip_msg_check(msg, &why);
	lcs_assert(bad == 0 || (bad == -EBADMSG && why.reason));
	check_glance(input, msg, err);
	check_views(msg);
	check_kept_contacts(msg);
	read_values(msg);
	if (msg->is_request)
		check_response(msg);
	if (msg->is_request && !err && !bad)
		check_ack_and_cancel(msg);
	if (!err)
		write_with_edits(msg, input);
	sip_msg_unref(&msg);
	return 0;
}
