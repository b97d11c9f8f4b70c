/*
 * test/fuzz/nameaddr_fuzz.c - any bytes as the value of every header that has a reader.
 */
#include "parser/date.h"
#include "parser/event.h"
#include "parser/hdr.h"
#include "parser/mime.h"
#include "parser/msg.h"
#include "parser/received.h"
#include "test/fuzz/random.h"
#include "test/fuzz/slow.h"
#include "utils/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_params(struct arena *a, struct slice params)
{
	struct slice rest = params, name, value, found;

	for (size_t n = 0; n < 100 && hdr_next_param(&rest, &name, &value); n++) {
		lcs_assert(name.len > 0 && slice_lies_in(name, params));
		lcs_assert(slice_lies_in(value, params));
		lcs_assert(hdr_param(params, name, &found));
		lcs_assert(hdr_unquote(a, value).len <= value.len);
	}
}

static void check_address(struct arena *a, struct slice s)
{
	struct sip_defect why = { 0 };
	struct name_addr n, again;
	struct sip_contact c;

	if (name_addr_parse(s, &n, &why) != 0) {
		lcs_assert(why.reason && slice_lies_in(why.where, s));
	} else {
		lcs_assert(slice_lies_in(n.display, n.text) && slice_lies_in(n.uri.text, n.text));
		lcs_assert(slice_lies_in(n.params, n.text) && slice_lies_in(n.tag, n.params));
		lcs_assert(name_addr_parse(n.text, &again, NULL) == 0);
		lcs_assert(sip_uri_eq(&n.uri, &again.uri));
		check_params(a, n.params);
	}
	if (sip_contact_parse(s, &c, NULL) == 0)
		lcs_assert(c.star || slice_eq(c.addr.text, slice_trim(s)));
}

/* What the receiver writes can be read, and differs only in what it adds. */
static void check_via(struct arena *a, struct slice s)
{
	struct sock_addr from;
	struct sip_via v, again;
	struct buf *out;

	if (sip_via_parse(s, &v, NULL) != 0)
		return;
	check_params(a, v.params);
	sock_addr_parse(SLICE("192.0.2.33:4242"), &from);
	out = buf_new(64);
	sip_via_put(out, &v, &from);
	lcs_assert(sip_via_parse(buf_slice(out), &again, NULL) == 0);
	lcs_assert(slice_eq(again.host, v.host) && again.port == v.port);
	lcs_assert(slice_eq(again.branch, v.branch) && again.has_rport == v.has_rport);
	lcs_assert(!v.has_rport || (again.rport == 4242 && again.received.len > 0));
	lcs_assert(again.transport == v.transport && again.ttl == v.ttl);
	buf_unref(&out);
}

static void check_list(struct slice s)
{
	struct slice rest = s, value;
	const char *at = s.p;

	while (hdr_next_value(&rest, &value)) {
		lcs_assert(value.len > 0 && value.p >= at && slice_lies_in(value, s));
		lcs_assert(slice_eq(slice_trim(value), value));
		at = slice_end(value);
	}
}

static void check_others(struct slice s)
{
	char text[SIP_DATE_BYTES];
	struct sip_sub_state sub;
	struct sip_event event;
	struct mime_type type;
	struct sip_cseq cseq;
	int64_t t, again;

	if (sip_event_parse(s, &event, NULL) == 0)
		lcs_assert(event.package.len > 0 && sip_event_eq(&event, &event));
	if (sip_sub_state_parse(s, &sub, NULL) == 0)
		lcs_assert(sub.expires >= -1 && sub.retry_after >= -1);
	if (mime_type_parse(s, &type, NULL) == 0)
		mime_accept(s, &type);
	if (sip_cseq_parse(s, &cseq, NULL) == 0)
		lcs_assert(cseq.seq <= SIP_CSEQ_MAX && cseq.method_text.len > 0);
	if (sip_date_parse(s, &t) == 0) {
		lcs_assert(sip_date_format(t, text) == SIP_DATE_BYTES - 1);
		lcs_assert(sip_date_parse(slice_of(text, SIP_DATE_BYTES - 1), &again) == 0 && again == t);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of((const char *)data, size);
	struct arena *a = arena_new(0);

	slow_compare_values(s);
	check_address(a, s);
	check_via(a, s);
	check_params(a, s);
	check_list(s);
	check_others(s);
	lcs_assert(hdr_unfold(a, s).len <= s.len);
	hdr_by_name(s);
	arena_free(&a);
	return 0;
}
