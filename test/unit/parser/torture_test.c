/*
 * The messages of RFC 4475 and RFC 5118 against test/torture/verdicts.tsv and expect.tsv.
 */
#include "parser/frame.h"
#include "parser/hdr.h"
#include "parser/list.h"
#include "test/unit/parser/parse.h"
#include "utils/hex.h"

#include <stdio.h>

static struct arena *arena;		/* lives as long as a test */

static struct slice read_file(struct slice name)
{
	const char *top = getenv("top_srcdir");
	char path[512], *bytes = arena_alloc(arena, 1 << 16);
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/test/torture/%.*s", top ? top : ".", SLICE_ARG(name));
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s cannot be read", path);
	n = fread(bytes, 1, 1 << 16, f);
	fclose(f);
	assert_true(n > 0 && n < 1 << 16);
	return slice_of(bytes, n);
}

/* Next line of a table that is no comment. */
static bool next_line(struct slice *table, struct slice *line)
{
	while (table->len > 0) {
		*line = slice_split(table, '\n');
		if (line->len > 0 && *line->p != '#')
			return true;
	}
	return false;
}

static struct sip_msg *parse_file(struct slice bytes, int *err, struct sip_defect *why)
{
	struct sip_msg *msg;

	*err = sip_msg_parse(bytes, NULL, &parse_limits, &msg, why);
	if (!*err)
		*err = sip_msg_check(msg, why);
	return msg;
}

/* ---- verdicts ---- */

/* What a defect says when it means that part. */
static const struct { const char *part, *says; } parts[] = {
	{ "request-line", "request line" }, { "request-uri", "Request-URI" },
	{ "sip-version", "SIP version" }, { "via", "Via malformed" }, { "via-branch", "Via branch" },
	{ "to", "To malformed" }, { "from", "From malformed" }, { "contact", "Contact malformed" },
	{ "cseq", "CSeq malformed" }, { "cseq-method", "CSeq method" },
	{ "content-length", "Content-Length" }, { "missing-header", "missing" },
	{ "duplicate-header", "there twice" },
};

static void expect_part(struct slice file, struct slice part, const char *reason)
{
	for (size_t i = 0; i < COUNT(parts); i++)
		if (slice_eq(part, slice_str(parts[i].part))) {
			if (!strstr(reason, parts[i].says))
				fail_msg("%.*s: \"%s\" does not tell of %.*s", SLICE_ARG(file), reason,
				    SLICE_ARG(part));
			return;
		}
	fail_msg("%.*s: unknown part %.*s", SLICE_ARG(file), SLICE_ARG(part));
}

static void expect_verdict(struct slice file, struct slice verdict)
{
	struct sip_defect why = { .reason = "nothing" };
	struct slice word = slice_split(&verdict, ' ');
	uint32_t status = 0;
	struct sip_msg *msg;
	int err;

	msg = parse_file(read_file(file), &err, &why);
	if (slice_eq(word, SLICE("ok"))) {
		if (err)
			fail_msg("%.*s was refused: %s", SLICE_ARG(file), why.reason);
	} else if (slice_eq(word, SLICE("discard"))) {
		assert_int_equal(err, -EBADMSG);
		assert_int_equal(why.status, 0);
	} else {
		assert_slice(word, "reject");
		if (err != -EBADMSG)
			fail_msg("%.*s was taken", SLICE_ARG(file));
		assert_int_equal(slice_to_u32(slice_split(&verdict, ' '), &status), 0);
		if (why.status != status)
			fail_msg("%.*s: %u", SLICE_ARG(file), why.status);
		expect_part(file, verdict, why.reason);
	}
	sip_msg_unref(&msg);
}

/* What the framer says of the bytes cut once, line ends between messages left out. */
static void stream_events(struct slice bytes, size_t cut, char events[8])
{
	const size_t ends[] = { cut, bytes.len };
	struct frame f;
	size_t at = 0, n = 0;

	frame_init(&f, 1 << 16, 1 << 16);
	for (size_t i = 0; i < COUNT(ends); i++)
		for (;;) {
			struct frame_out out;
			enum frame_result r = frame_next(&f, slice_of(bytes.p + at, ends[i] - at), &out);

			at += out.consumed;
			assert_true(n < 7);
			if (r == FRAME_MORE)
				break;
			if (r != FRAME_PING && r != FRAME_PONG)
				events[n++] = "-M--BL"[r];
			if (r == FRAME_BAD_LENGTH || r == FRAME_TOO_LONG)
				goto end;
		}
end:
	events[n] = '\0';
}

static void expect_framing(struct slice file, struct slice framing)
{
	static const struct { const char *says, *events; } known[] = {
		{ "stream: one message", "M" }, { "stream: two messages, then close", "MMB" },
		{ "stream: wait", "" }, { "stream: close", "B" },
	};
	struct slice bytes = read_file(file);
	char events[8];

	for (size_t i = 0; i < COUNT(known); i++) {
		if (!slice_ends(framing, slice_str(known[i].says)))
			continue;
		for (size_t cut = 0; cut <= bytes.len; cut++) {
			stream_events(bytes, cut, events);
			if (strcmp(events, known[i].events) != 0)
				fail_msg("%.*s cut at %zu: %s", SLICE_ARG(file), cut, events);
		}
		return;
	}
	fail_msg("%.*s: unknown framing %.*s", SLICE_ARG(file), SLICE_ARG(framing));
}

static void each_message_gets_its_verdict(void **state)
{
	struct slice table, line;
	size_t n = 0;

	(void)state;
	arena = arena_new(0);
	table = read_file(SLICE("verdicts.tsv"));
	for (; next_line(&table, &line); n++) {
		struct slice file = slice_split(&line, '\t'), framing;

		slice_split(&line, '\t');
		framing = slice_split(&line, '\t');
		expect_framing(file, framing);
		expect_verdict(file, slice_split(&line, '\t'));
	}
	assert_int_equal(n, 49 + 12);
	arena_free(&arena);
}

/* ---- expectations ---- */

struct asked { struct sip_msg *msg; struct slice field; };

/* Take "word" from the front of the field; it must be followed by one of . [ : or the end. */
static bool take(struct slice *field, const char *word)
{
	struct slice w = slice_str(word), rest;

	if (!slice_starts(*field, w))
		return false;
	rest = slice_skip(*field, w.len);
	if (rest.len > 0 && *rest.p != '.' && *rest.p != '[' && *rest.p != ':')
		return false;
	*field = rest.len > 0 && *rest.p != '[' ? slice_skip(rest, 1) : rest;
	return true;
}

static int take_index(struct slice *field)
{
	uint32_t n;

	if (field->len == 0 || *field->p != '[')
		return 0;
	*field = slice_skip(*field, 1);
	assert_int_equal(slice_to_u32(slice_split(field, ']'), &n), 0);
	if (field->len > 0)
		*field = slice_skip(*field, 1);
	return (int)n;
}

static struct slice number(uint64_t n)
{
	return arena_printf(arena, "%ju", (uintmax_t)n);
}

static struct slice number_of(struct slice text)
{
	uint64_t n;

	assert_int_equal(slice_to_u64(text, &n), 0);
	return number(n);
}

static struct slice uri_param_decoded(const struct sip_uri *uri, struct slice wanted)
{
	struct slice rest = uri->params, name, value;

	while (uri_next_param(&rest, ';', &name, &value))
		if (slice_eq(uri_unescape(arena, name), wanted))
			return uri_unescape(arena, value);
	fail_msg("no URI parameter %.*s", SLICE_ARG(wanted));
	return SLICE_NULL;
}

static struct slice uri_param_count(const struct sip_uri *uri)
{
	struct slice rest = uri->params, name, value;
	unsigned n = 0;

	while (uri_next_param(&rest, ';', &name, &value))
		n++;
	return number(n);
}

static struct slice host_ip(struct slice host)
{
	char text[ADDR_TEXT_BYTES];
	struct ip_addr ip;

	assert_int_equal(uri_host_ip(host, &ip), 0);
	return arena_dup(arena, slice_of(text, ip_format(&ip, text)));
}

static struct slice of_uri(const struct sip_uri *uri, struct slice field)
{
	assert_non_null(uri);
	if (field.len == 0)
		return uri->text;
	if (take(&field, "scheme"))
		return uri->scheme_text;
	if (take(&field, "user"))
		return field.len > 0 ? uri_unescape(arena, uri->user) : uri->user;
	if (take(&field, "password"))
		return uri->password;
	if (take(&field, "host"))
		return uri->host;
	if (take(&field, "headers"))
		return uri->headers;
	if (take(&field, "port"))
		return number(uri->port);
	if (take(&field, "params"))
		return uri_param_count(uri);
	if (take(&field, "param"))
		return uri_param_decoded(uri, field);
	assert_true(take(&field, "ip"));
	return host_ip(uri->host);
}

static struct slice of_name_addr(struct slice value, struct slice field)
{
	struct slice param;
	struct name_addr n;

	assert_int_equal(name_addr_parse(value, &n, NULL), 0);
	if (take(&field, "uri"))
		return of_uri(&n.uri, field);
	if (take(&field, "display"))
		return hdr_unquote(arena, n.display);
	if (take(&field, "tag"))
		return n.tag;
	assert_true(take(&field, "param"));
	assert_true(hdr_param(n.params, field, &param));
	return param;
}

static struct slice of_via(struct slice value, struct slice field)
{
	struct sip_via via;

	assert_int_equal(sip_via_parse(value, &via, NULL), 0);
	if (take(&field, "transport"))
		return via.transport_text;
	if (take(&field, "host"))
		return via.host;
	if (take(&field, "port"))
		return number(via.port);
	if (take(&field, "branch"))
		return via.branch;
	if (take(&field, "rport"))
		return via.has_rport && via.rport == 0 ? SLICE("") : number(via.rport);
	assert_true(take(&field, "received"));
	if (via.received.len > 2 && *via.received.p == '[')
		return slice_of(via.received.p + 1, via.received.len - 2);
	return via.received;
}

static struct slice of_list(struct sip_msg *msg, enum hdr_id id, struct slice field)
{
	struct sip_view v = { msg, NULL };
	struct slice value;
	int n;

	if (take(&field, "count"))
		return number(view_value_count(&v, id));
	n = take_index(&field);
	assert_true(view_value(&v, id, n, &value));
	if (id == HDR_VIA)
		return of_via(value, field);
	return field.len > 0 ? of_name_addr(value, field) : value;
}

static struct slice of_start_line(struct asked a, bool *known)
{
	*known = true;
	if (take(&a.field, "kind"))
		return a.msg->is_request ? SLICE("request") : SLICE("response");
	if (take(&a.field, "method"))
		return a.msg->method_text;
	if (take(&a.field, "status"))
		return number(a.msg->status);
	if (take(&a.field, "reason"))
		return a.msg->reason;
	if (take(&a.field, "request-uri"))
		return of_uri(msg_request_uri(a.msg), a.field);
	*known = false;
	return SLICE_NULL;
}

static struct slice of_rest(struct asked a)
{
	const struct sip_msg *msg = a.msg;
	struct slice scheme = msg_value(msg, HDR_AUTHORIZATION);

	if (take(&a.field, "call-id"))
		return msg_call_id(msg);
	if (take(&a.field, "cseq"))
		return take(&a.field, "number") ? number(msg_cseq(a.msg)->seq) :
		    msg_cseq(a.msg)->method_text;
	if (take(&a.field, "max-forwards"))
		return number((uint64_t)msg_max_forwards(a.msg));
	if (take(&a.field, "content-length"))
		return number_of(msg_value(msg, HDR_CONTENT_LENGTH));
	if (take(&a.field, "content-type"))
		return msg_value(msg, HDR_CONTENT_TYPE);
	if (take(&a.field, "authorization"))
		return slice_split(&scheme, ' ');
	if (take(&a.field, "body"))
		return number(msg->body.len);
	if (take(&a.field, "trailing"))
		return number((size_t)(slice_end(msg->raw) - slice_end(msg->body)));
	if (take(&a.field, "has"))
		return msg_hdr_named(msg, a.field) ? SLICE("yes") : SLICE("no");
	assert_true(take(&a.field, "header"));
	if (slice_eq(a.field, SLICE("count")))
		return number(msg->hdr_count);
	assert_non_null(msg_hdr_named(msg, a.field));
	return hdr_unfold(arena, msg_hdr_named(msg, a.field)->value);
}

static struct slice found(struct asked a)
{
	static const struct { const char *word; enum hdr_id id; } lists[] = {
		{ "via", HDR_VIA }, { "contact", HDR_CONTACT }, { "route", HDR_ROUTE },
		{ "record-route", HDR_RECORD_ROUTE }, { "accept", HDR_ACCEPT },
		{ "require", HDR_REQUIRE }, { "proxy-require", HDR_PROXY_REQUIRE },
	};
	struct slice s;
	bool known;

	s = of_start_line(a, &known);
	if (known)
		return s;
	for (size_t i = 0; i < COUNT(lists); i++)
		if (take(&a.field, lists[i].word))
			return of_list(a.msg, lists[i].id, a.field);
	if (take(&a.field, "from"))
		return of_name_addr(msg_value(a.msg, HDR_FROM), a.field);
	if (take(&a.field, "to"))
		return of_name_addr(msg_value(a.msg, HDR_TO), a.field);
	return of_rest(a);
}

/* The table's \\, \t and \xHH. */
static struct slice unescaped(struct slice s)
{
	char *out = arena_bytes(arena, s.len);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '\\') {
			out[n++] = s.p[i];
		} else if (s.p[++i] == 'x') {
			out[n++] = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
			i += 2;
		} else {
			out[n++] = s.p[i] == 't' ? '\t' : '\\';
		}
	}
	return slice_of(out, n);
}

static void what_is_sound_is_read_right(void **state)
{
	struct slice table, line, last = SLICE_NULL;
	struct sip_msg *msg = NULL;
	struct sip_defect why;
	size_t n = 0;
	int err = 0;

	(void)state;
	arena = arena_new(0);
	table = read_file(SLICE("expect.tsv"));
	for (; next_line(&table, &line); n++) {
		struct slice file = slice_split(&line, '\t'), field = slice_split(&line, '\t');
		struct slice want = unescaped(line), got;

		if (!slice_eq(file, last)) {
			sip_msg_unref(&msg);
			msg = parse_file(read_file(file), &err, &why);
			last = file;
		}
		assert_int_equal(err, 0);
		got = found((struct asked){ msg, field });
		if (slice_ends(field, SLICE(".ip")))
			want = host_ip(want);
		if (!slice_eq(got, want))
			fail_msg("%.*s %.*s: \"%.*s\" is not \"%.*s\"", SLICE_ARG(file), SLICE_ARG(field),
			    SLICE_ARG(got), SLICE_ARG(want));
	}
	assert_true(n > 500);
	sip_msg_unref(&msg);
	arena_free(&arena);
}

/* Whatever is left of a message when it is cut: no reading behind its end, and an answer to
 * what can be answered. */
static void every_cut_is_survived(void **state)
{
	const struct response_parts response = { .status = 400, .to_tag = SLICE("t") };
	struct slice table, line;

	(void)state;
	arena = arena_new(0);
	table = read_file(SLICE("verdicts.tsv"));
	while (next_line(&table, &line)) {
		struct slice bytes = read_file(slice_split(&line, '\t'));

		for (size_t n = 0; n < bytes.len; n++) {
			char *exact = malloc(n + !n);
			struct sip_defect why;
			struct sip_msg *msg;
			int err;

			memcpy(exact, bytes.p, n);
			msg = parse_file(slice_of(exact, n), &err, &why);
			if (msg && msg->is_request) {
				struct buf *out = buf_new(4096);

				assert_int_equal(sip_build_response(msg, &response, out), 0);
				buf_unref(&out);
			}
			sip_msg_unref(&msg);
			free(exact);
		}
	}
	arena_free(&arena);
}

/* What is forwarded untouched leaves as it came, and comes back the same. */
static void what_is_sound_is_forwarded_unchanged(void **state)
{
	struct slice table, line;

	(void)state;
	arena = arena_new(0);
	table = read_file(SLICE("verdicts.tsv"));
	while (next_line(&table, &line)) {
		struct slice bytes = read_file(slice_split(&line, '\t')), out;
		struct sip_defect why;
		struct sip_msg *msg;
		int err;

		msg = parse_file(bytes, &err, &why);
		if (!err) {
			out = written(msg, NULL, TRANSPORT_UDP);
			assert_true(slice_eq(out, slice_between(msg->first_line.p, slice_end(msg->body))));
		}
		sip_msg_unref(&msg);
	}
	arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(each_message_gets_its_verdict),
    cmocka_unit_test(what_is_sound_is_read_right), cmocka_unit_test(every_cut_is_survived),
    cmocka_unit_test(what_is_sound_is_forwarded_unchanged))
