/*
 * key_test - which requests are one transaction (RFC 3261 17.2.3, 9.2; RFC 2543; clients
 * that guess the same Call-ID, tag and branch as their neighbours).
 */
#include "modules/tm/key.h"
#include "test/unit.h"

enum relation { COPY, ACK, CANCEL, STRANGER };

struct request {
	const char *line, *via, *from, *to, *call_id, *cseq;
	flow_id     flow;
	const char *ip;
};

#define LINE  "INVITE sip:bob@example.com SIP/2.0"
#define VIA   "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bKabc"
#define OLD   "SIP/2.0/TCP 10.0.0.1:5060"
#define FROM  "<sip:alice@example.com>;tag=1"
#define TO    "<sip:bob@example.com>"
#define ID    "77@10.0.0.1"
#define CSEQ  "1 INVITE"

static struct sip_msg *make(const struct request *r)
{
	const struct msg_limits limits = { .max_bytes = 65536, .max_hdrs = 100 };
	struct sip_hop from = { .transport = TRANSPORT_TCP, .flow = r->flow,
	    .remote.port = 40000 };
	struct sip_defect why;
	struct sip_msg *msg = NULL;
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
	    "CSeq: %s\r\nContent-Length: 0\r\n\r\n", r->line, r->via, r->from, r->to, r->call_id,
	    r->cseq);

	assert_int_equal(ip_parse(slice_str(r->ip), &from.remote.ip), 0);
	assert_int_equal(sip_msg_parse(slice_of(text, (size_t)n), &from, &limits, &msg, &why), 0);
	return msg;
}

static struct tm_key key_of(const struct request *r)
{
	struct sip_msg *msg = make(r);
	struct tm_key key;

	tm_key_make(msg, &key);
	sip_msg_unref(&msg);
	return key;
}

static const struct {
	struct request  first, second;
	enum relation   is;
	const char     *answered;	/* To tag of our response, for ACK */
	const char     *why;
} cases[] = {
	/* ---- RFC 3261 ---- */
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, COPY, NULL, "the same again" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "ACK sip:bob@example.com SIP/2.0", VIA, FROM, TO ";tag=9", ID, "1 ACK", 1, "10.0.0.1" },
	  ACK, "9", "ACK of the same branch" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 CANCEL", 1, "10.0.0.1" },
	  CANCEL, NULL, "CANCEL of the same branch" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA "d", FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, STRANGER, NULL, "another branch" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", VIA "d", FROM, TO, ID, "1 CANCEL", 1, "10.0.0.1" },
	  STRANGER, NULL, "CANCEL of another branch" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "ACK sip:bob@example.com SIP/2.0", VIA "2", FROM, TO ";tag=9", ID, "1 ACK", 1,
	    "10.0.0.1" }, STRANGER, "9", "ACK for a 2xx has a branch of its own" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "OPTIONS sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 OPTIONS", 1, "10.0.0.1" },
	  STRANGER, NULL, "another method" },
	{ { "OPTIONS sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 OPTIONS", 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 CANCEL", 1, "10.0.0.1" },
	  STRANGER, NULL, "only INVITE is cancelled" },
	{ { "FETCH sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 FETCH", 1, "10.0.0.1" },
	  { "GRAB sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 GRAB", 1, "10.0.0.1" },
	  STRANGER, NULL, "methods that we do not know are different ones" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, "SIP/2.0/TCP 10.0.0.2:5060;branch=z9hG4bKabc", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  STRANGER, NULL, "another sent-by host" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, "SIP/2.0/TCP 10.0.0.1:5061;branch=z9hG4bKabc", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  STRANGER, NULL, "another sent-by port" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, "SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKabc", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  COPY, NULL, "the default port, written or not" },
	{ { LINE, "SIP/2.0/TCP Host.example;branch=z9hG4bKabc", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, "SIP/2.0/TCP hoST.example;branch=z9hG4bKabc", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  COPY, NULL, "host names fold" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA ";rport", FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, COPY, NULL,
	  "other Via parameters" },

	/* ---- the same Call-ID, tag and branch from two clients ---- */
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, "<sip:carol@example.com>;tag=1", TO, ID, CSEQ, 1, "10.0.0.1" },
	  STRANGER, NULL, "another user" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, FROM, TO, ID, CSEQ, 2, "10.0.0.9" }, STRANGER, NULL,
	  "another connection from elsewhere" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 CANCEL", 2, "10.0.0.9" },
	  STRANGER, NULL, "nobody cancels his neighbour's call" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", VIA, FROM, TO, ID, "1 CANCEL", 2, "10.0.0.1" },
	  CANCEL, NULL, "the same peer on a new connection" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 0, "10.0.0.1" },
	  { LINE, VIA, FROM, TO, ID, CSEQ, 0, "10.0.0.9" }, COPY, NULL,
	  "a datagram's address may change" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, FROM, TO, ID, "2 INVITE", 1, "10.0.0.1" }, STRANGER, NULL, "another CSeq" },
	{ { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, "<sip:alice@example.com>;tag=2", TO, ID, CSEQ, 1, "10.0.0.1" },
	  STRANGER, NULL, "another From tag" },

	/* ---- without a branch ---- */
	{ { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, COPY, NULL, "the same again" },
	{ { LINE, OLD ";branch=1", FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, OLD ";branch=1", FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, COPY, NULL,
	  "a branch without cookie" },
	{ { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "INVITE sip:carol@example.com SIP/2.0", OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  STRANGER, NULL, "another Request-URI" },
	{ { LINE, OLD, FROM, TO ";tag=5", ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, OLD, FROM, TO ";tag=6", ID, CSEQ, 1, "10.0.0.1" }, STRANGER, NULL,
	  "another To tag" },
	{ { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "ACK sip:bob@example.com SIP/2.0", OLD, FROM, TO ";tag=9", ID, "1 ACK", 1, "10.0.0.1" },
	  ACK, "9", "ACK with the tag of our response" },
	{ { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { "ACK sip:bob@example.com SIP/2.0", OLD, FROM, TO ";tag=8", ID, "1 ACK", 1, "10.0.0.1" },
	  STRANGER, "9", "ACK for somebody else's 2xx" },
	{ { LINE, OLD, FROM, TO ";tag=5", ID, CSEQ, 1, "10.0.0.1" },
	  { "CANCEL sip:bob@example.com SIP/2.0", OLD, FROM, TO ";tag=5", ID, "1 CANCEL", 1,
	    "10.0.0.1" }, CANCEL, NULL, "CANCEL of a re-INVITE" },
	{ { LINE, OLD, FROM, TO, ID, CSEQ, 1, "10.0.0.1" },
	  { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" }, STRANGER, NULL,
	  "one with a branch, one without" },
	{ { "MESSAGE sip:bob@example.com SIP/2.0", OLD, FROM, TO ";tag=5", ID, "2 MESSAGE", 1,
	    "10.0.0.1" },
	  { "MESSAGE sip:bob@example.com SIP/2.0", OLD, FROM, TO ";tag=5", ID, "3 MESSAGE", 1,
	    "10.0.0.1" }, STRANGER, NULL, "the next message of a conversation" },
};

static enum relation relation(const struct tm_key *a, const struct tm_key *b, const char *answered)
{
	if (a->call != b->call)
		return STRANGER;
	if (tm_key_is_copy(a, b))
		return COPY;
	if (answered && tm_key_is_ack(a, tm_key_tag(slice_str(answered)), b))
		return ACK;
	return tm_key_is_cancel(a, b) ? CANCEL : STRANGER;
}

static void requests_find_their_transaction(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tm_key a = key_of(&cases[i].first), b = key_of(&cases[i].second);
		enum relation got = relation(&a, &b, cases[i].answered);

		/* A CANCEL is its INVITE's key itself, so both questions say yes. */
		if (got == COPY && (cases[i].is == CANCEL || cases[i].is == ACK))
			got = cases[i].is;
		if (got != cases[i].is)
			fail_msg("case %zu: %s (got %d)", i, cases[i].why, (int)got);
	}
}

struct other { char line[80], cseq[20]; };

/* The same as a MESSAGE; false if it is no INVITE. */
static bool as_message(const struct request *r, struct other *o, struct request *out)
{
	*out = *r;
	out->line = o->line;
	out->cseq = o->cseq;
	snprintf(o->line, sizeof(o->line), "MESSAGE%s", r->line + strlen("INVITE"));
	snprintf(o->cseq, sizeof(o->cseq), "%c MESSAGE", *r->cseq);
	return strncmp(r->line, "INVITE ", 7) == 0;
}

/* Its one hash says the same as the two of an INVITE. */
static void other_methods_too(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct other texts[2];
		struct request first, second;
		struct tm_key a, b;

		if (!as_message(&cases[i].first, &texts[0], &first) ||
		    !as_message(&cases[i].second, &texts[1], &second))
			continue;
		a = key_of(&first);
		b = key_of(&second);
		seen++;
		if ((relation(&a, &b, NULL) == COPY) != (cases[i].is == COPY))
			fail_msg("case %zu: %s", i, cases[i].why);
	}
	assert_true(seen > 15);
}

static void the_ack_for_a_2xx_is_of_the_same_call(void **state)
{
	const struct request invite = { LINE, VIA, FROM, TO, ID, CSEQ, 1, "10.0.0.1" };
	const struct request ack = { "ACK sip:bob@10.0.0.7 SIP/2.0", VIA "2", FROM, TO ";tag=9", ID,
	    "1 ACK", 1, "10.0.0.1" };
	struct tm_key a = key_of(&invite), b = key_of(&ack);

	(void)state;
	assert_true(a.call == b.call);
	assert_true(a.branch != b.branch);
}

static void long_texts_count_to_their_end(void **state)
{
	struct request r = { LINE, VIA, FROM, TO, NULL, CSEQ, 1, "10.0.0.1" };
	char id[2][500];
	struct tm_key a, b;

	(void)state;
	memset(id, 'x', sizeof(id));
	id[0][499] = id[1][499] = '\0';
	id[1][498] = 'y';
	r.call_id = id[0];
	a = key_of(&r);
	r.call_id = id[1];
	b = key_of(&r);
	assert_true(a.call != b.call);
}

static void no_tag_is_no_hash(void **state)
{
	(void)state;
	assert_true(tm_key_tag(SLICE_NULL) == 0);
	assert_true(tm_key_tag(SLICE("a")) != 0);
	assert_true(tm_key_tag(SLICE("a")) != tm_key_tag(SLICE("A")));
}

UNIT_MAIN(
	cmocka_unit_test(requests_find_their_transaction),
	cmocka_unit_test(other_methods_too),
	cmocka_unit_test(the_ack_for_a_2xx_is_of_the_same_call),
	cmocka_unit_test(long_texts_count_to_their_end),
	cmocka_unit_test(no_tag_is_no_hash))
