/*
 * The index and the short ways of the parsers against their slow counterparts, on messages and
 * values that are broken at random.
 */
#include "parser/glance.h"
#include "parser/scan.h"
#include "test/fuzz/random.h"
#include "test/fuzz/slow.h"
#include "test/unit/parser/parse.h"

#define ROUNDS 150000u
#define MAX_BYTES 2048

#define PIECE(text) { text, sizeof(text) - 1 }

/* What makes a difference to a parser. */
static const struct slice pieces[] = {
	PIECE("\r\n"), PIECE("\n"), PIECE("\r"), PIECE(" "), PIECE("\t"), PIECE("\r\n "),
	PIECE(":"), PIECE(","), PIECE(";"), PIECE("="), PIECE("\""), PIECE("\\"), PIECE("<"),
	PIECE(">"), PIECE("@"), PIECE("?"), PIECE("%"), PIECE("%41"), PIECE("["), PIECE("]"),
	PIECE("("), PIECE(")"), PIECE("\0"), PIECE("\\\0"), PIECE("\377"), PIECE("\r\n\r\n"),
	PIECE("SIP/2.0"), PIECE("sip/2.0"), PIECE("SIP/7.0"), PIECE(" SIP/2.0\r\n"),
	PIECE("Via: SIP/2.0/UDP h\r\n"), PIECE("v:"), PIECE("\r\nl: 3"), PIECE("\r\nContent-Length: 0"),
	PIECE("\r\nX-Unknown : 1"), PIECE("\r\nSubject:"), PIECE("\r\nUser-Agent: (\"\\\0\")"),
	PIECE("\r\nProxy-Authentication-Info: x"), PIECE("\r\nSubscription-State: active"),
	PIECE("\r\n: x"), PIECE("\r\nTo"), PIECE("sip:"), PIECE("sips:"), PIECE("tel:+1"),
	PIECE("a@b"), PIECE(":5060"), PIECE(":0"), PIECE(":65536"), PIECE(";lr"), PIECE(";tag=1"),
	PIECE(";branch=z9hG4bK"), PIECE(";rport"), PIECE(";rport=70000"), PIECE(";ttl=1"),
	PIECE("2147483648"), PIECE("00000000000000000001"), PIECE(" INVITE"), PIECE(" NEW"),
};

static const char *const values[] = {
	"SIP/2.0/UDP 127.0.0.1:20003;branch=z9hG4bKsl.1f.2a.1;rport",
	"SIP/2.0/TLS host.example;branch=z9hG4bK1;received=10.0.0.1;rport=4, SIP/2.0/UDP b",
	"\"User 17\" <sip:u17@bench.example:5060;transport=tcp>;tag=f1f.2a;epid=00000011",
	"<sip:127.0.0.1;lr;ftag=1>;x=\"a,b\"", "sip:alice:secret@[2001:db8::1]:5061;maddr=h?a=b",
	"sip:bob@bench.example", "1 INVITE", "2147483647 MESSAGE",
	"<sip:u17@127.0.0.1:20003>;methods=\"INVITE, ACK\";q=0.5;reg-id=1;expires=600;q=1;tag=a",
	"tag=f1f.2a;epid=\"a;b\";x", "username=\"u17\", realm=\"a,b\",qop=auth, nc=00000001,uri=\"\"",
};

struct text { char p[MAX_BYTES + 64]; size_t len; };

static struct slice slice_from(const struct text *t) { return slice_of(t->p, t->len); }

static void begin(struct text *t, struct slice s)
{
	memcpy(t->p, s.p, s.len);
	t->len = s.len;
}

/* Instead of skip bytes at at. */
static void splice(struct text *t, size_t at, size_t skip, struct slice s)
{
	if (skip > t->len - at)
		skip = t->len - at;
	memmove(t->p + at + s.len, t->p + at + skip, t->len - at - skip);
	memcpy(t->p + at, s.p, s.len);
	t->len += s.len - skip;
}

static void break_once(struct choice *c, struct text *t)
{
	size_t at = choose(c, (unsigned)t->len + 1);
	char byte = (char)choose(c, 256);

	switch (choose(c, 8)) {
	case 0: splice(t, at, 1, slice_of(&byte, 1)); break;
	case 1: splice(t, at, choose(c, 30), SLICE("")); break;
	case 2: t->len = at; break;
	default:
		if (t->len < MAX_BYTES)
			splice(t, at, choose(c, 3), pieces[choose(c, COUNT(pieces))]);
	}
}

static struct slice bytes_of(struct sip_msg *msg, struct arena *arena)
{
	struct sip_view view = { msg, NULL };

	assert_int_equal(edit_drop_first_value(arena, &view, HDR_VIA), 0);
	return written(msg, view.last, TRANSPORT_UDP);
}

/* The glance reads no more of the topmost Via than what follows the first ";branch=". */
static void same_branch(struct sip_msg *msg, struct slice branch)
{
	const struct sip_via *via = msg_via(msg);

	if (via && !slice_eq(via->branch, branch))
		assert_true(slice_search(via->text, SLICE("branch=")) + SLICE("branch=").len !=
		    (size_t)(via->branch.p - via->text.p));
}

static void right_but_for_via(struct sip_msg *msg)
{
	if (sip_msg_check(msg, NULL) == 0)
		return;
	assert_null(msg_via(msg));
	assert_non_null(msg_cseq(msg));
	assert_int_equal(msg->duplicate, MSG_NO_HDR);
}

static void same_at_a_glance(struct sip_msg *msg, const struct sip_glance *g)
{
	const struct slice both[] = { g->start_line, g->behind };
	struct sip_view view = { msg, NULL };
	struct slice value;

	assert_false(msg->is_request);
	assert_int_equal(g->status, msg->status);
	assert_int_equal(g->method, msg->method);
	same_branch(msg, g->branch);
	assert_true(slice_eq(g->call_id, msg_call_id(msg)));
	assert_int_equal(g->has_via_below, view_value(&view, HDR_VIA, 1, &value));
	assert_true(slice_eq(arena_join(msg->arena, both, 2), bytes_of(msg, msg->arena)));
}

static unsigned glances;

/* What a glance takes is a response that would have been taken, and the same. A copy without a
 * byte behind it, for the sanitizer. */
static void compare_glance(struct slice raw, const struct msg_limits *limits,
    struct sip_msg *msg, int err)
{
	char *exact = malloc(raw.len + !raw.len);
	struct sip_glance g;

	assert_non_null(exact);
	memcpy(exact, raw.p, raw.len);
	if (sip_glance(slice_of(exact, raw.len), limits, &g) && sip_glance_again(&g)) {
		glances++;
		assert_int_equal(err, 0);
		right_but_for_via(msg);
		same_at_a_glance(msg, &g);
	}
	free(exact);
}

static void compare_message(struct slice raw, uint16_t max_hdrs)
{
	const struct msg_limits limits = { 1 << 20, max_hdrs, 1 << 20 };
	struct sip_defect why = { 0 };
	struct sip_msg *msg;
	int err = sip_msg_parse(raw, NULL, &limits, &msg, &why);

	assert_true(err == 0 || err == -EBADMSG);
	slow_compare(raw, msg, err, &why, max_hdrs);
	compare_glance(raw, &limits, msg, err);
	sip_msg_unref(&msg);
}

static void the_index_is_the_slow_one(void **state)
{
	static struct text t;
	struct choice c = { 0x9e3779b97f4a7c15u };

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		begin(&t, slice_str(i % 2 ? parse_invite : parse_ringing));
		for (unsigned n = choose(&c, 6); n > 0; n--)
			break_once(&c, &t);
		compare_message(slice_from(&t), i % 16 ? MSG_MAX_HDRS : (uint16_t)(1 + choose(&c, 14)));
	}
	assert_true(glances > ROUNDS / 16);	/* of the responses that were left as they are */
}

/* More headers than there is room for at first, and again. */
static void long_heads_are_indexed_alike(void **state)
{
	static char text[1 << 16];
	size_t n = 0;

	(void)state;
	n += (size_t)snprintf(text, sizeof(text), "OPTIONS sip:h SIP/2.0\r\n");
	for (int i = 0; i < 520; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, i % 3 ? "Via: %d\r\n" : "X-%d : y\r\n", i);
		memcpy(text + n, "\r\n", 2);
		compare_message(slice_of(text, n + 2), MSG_MAX_HDRS);
		compare_message(slice_of(text, n + 2), 50);
	}
}

static void short_ways_lead_where_long_ones_do(void **state)
{
	static struct text t;
	struct choice c = { 0x2545f4914f6cdd1du };

	(void)state;
	for (unsigned i = 0; i < ROUNDS * 4; i++) {
		char *exact;

		begin(&t, slice_str(values[i % COUNT(values)]));
		for (unsigned n = choose(&c, 4); n > 0; n--)
			break_once(&c, &t);
		/* A copy without a byte behind it, for the sanitizer. */
		exact = malloc(t.len + !t.len);
		assert_non_null(exact);
		memcpy(exact, t.p, t.len);
		slow_compare_values(slice_of(exact, t.len));
		free(exact);
	}
}

/* Each byte at each place among others of the class, and at each distance from the end. */
static void spans_end_where_their_class_does(void **state)
{
	char text[48];

	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof(text); at++) {
			const char *end = text + sizeof(text);

			memset(text, c % 2 ? 'x' : '7', sizeof(text));
			text[at] = (char)c;
			for (const char *p = text; p < end; p++) {
				assert_ptr_equal(scan_host_end(p, end), token_end(p, end, TOKEN_HOST));
				assert_ptr_equal(scan_value_end(p, end), token_end(p, end, TOKEN_VALUE));
				assert_int_equal(scan_find(slice_between(p, end), 'q'),
				    slice_find(slice_between(p, end), 'q'));
				assert_int_equal(scan_find_among(slice_between(p, end), 'q', '"', ','),
				    c == 'q' || c == '"' || c == ',' ?
				    slice_find(slice_between(p, end), (char)c) :
				    (size_t)(end - p));
				assert_int_equal(scan_has_upto(slice_between(p, end), ' '),
				    p <= text + at && c <= ' ');
			}
		}
}

UNIT_MAIN(cmocka_unit_test(the_index_is_the_slow_one),
    cmocka_unit_test(long_heads_are_indexed_alike),
    cmocka_unit_test(spans_end_where_their_class_does),
    cmocka_unit_test(short_ways_lead_where_long_ones_do))
