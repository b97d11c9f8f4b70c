/*
 * Messages in a stream, whole and cut at every byte.
 */
#include "parser/frame.h"

#include "test/unit.h"

#define MAX_HEAD 200u
#define MAX_BYTES 300u

#define OPT "OPTIONS sip:h SIP/2.0\r\n"

/* M: message, I: ping, O: pong, B: bad length, L: too long. What ends the stream is last. */
static const struct { const char *bytes, *events; size_t waiting; } cases[] = {
	{ "", "", 0 },
	{ OPT "Content-Length: 0\r\n\r\n", "M", 0 },
	{ OPT "Content-Length: 4\r\n\r\nbody", "M", 0 },
	{ OPT "l:4\r\n\r\nbody", "M", 0 },
	{ OPT "CONTENT-LENGTH \t:\r\n\t 04 \r\n\r\nbody", "M", 0 },
	{ OPT "L: 4\r\nTo: x\r\nl: 4\r\n\r\nbody", "M", 0 },
	{ OPT "l: 0\r\n\r\n" OPT "l: 2\r\n\r\n\r\n" OPT "l: 0\r\n\r\n", "MMM", 0 },
	{ OPT "l: 4\r\n\r\nbo", "", 33 },
	{ OPT "l: 4\r\n\r", "", 30 },
	{ OPT, "", 23 },
	{ "\r\n\r\n", "I", 0 },
	{ "\r\n", "O", 0 },
	{ "\r\n\r\n\r\n", "IO", 0 },
	{ "\r\n\r\n\r\n\r\n", "II", 0 },
	{ "\r", "", 1 },
	{ "\n\n", "OO", 0 },
	{ "\r\n" OPT "l: 0\r\n\r\n\r\n\r\n" OPT "l: 0\r\n\r\n", "OMIM", 0 },
	{ "\r\n\r\n\r\n" OPT "l: 0\r\n\r\n", "IOM", 0 },
	/* Bare line feeds. */
	{ "OPTIONS sip:h SIP/2.0\nl: 4\n\nbody" "OPTIONS sip:h SIP/2.0\r\nl: 0\n\r\n", "MM", 0 },
	/* What only looks like the end of a head. */
	{ OPT "X: y\r\n \r\n\tz\r\nl: 0\r\n\r\n", "M", 0 },
	{ OPT "X: \r\r\n\rY: z\r\nl: 0\r\n\r\n", "M", 0 },
	{ OPT "l: 9\r\n\r\n\r\n\r\n\r\nabc", "M", 0 },
	{ OPT "X: Content-Length: 3\r\nl: 0\r\n\r\n", "M", 0 },
	{ OPT "l: 5\r\n\r\nl: 0\r\n", "MO", 0 },
	{ OPT "To: x\r\n\r\n", "B", 0 },
	{ OPT "Content-Length: -1\r\n\r\n", "B", 0 },
	{ OPT "Content-Length:\r\n\r\n", "B", 0 },
	{ OPT "Content-Length: 1 2\r\n\r\n", "B", 0 },
	{ OPT "Content-Length: 1\r\nl: 2\r\n\r\n", "B", 0 },
	{ OPT "Content-Length: 1\r\nl: x\r\n\r\n", "B", 0 },
	{ OPT "Content-Length\r\n\r\n", "B", 0 },
	{ "X\r\n\r\n", "B", 0 },
	{ OPT "l: 300\r\n\r\n", "L", 0 },
	{ OPT "l: 99999999999999999999\r\n\r\n", "L", 0 },
};

struct log {
	char        events[64];
	size_t      count;
	char        taken[1024];	/* the messages, one behind the other */
	size_t      taken_bytes;
};

static const char *const letter = "-MIOBL";

/* Returns false when the stream is over. A pong that became a ping is one ping. */
static bool note(struct log *log, enum frame_result r, const struct frame_out *out)
{
	if (r == FRAME_PING && log->count > 0 && log->events[log->count - 1] == 'o')
		log->count--;
	log->events[log->count++] = letter[r];
	if (r == FRAME_MESSAGE) {
		memcpy(log->taken + log->taken_bytes, out->message.p, out->message.len);
		log->taken_bytes += out->message.len;
	}
	return r != FRAME_BAD_LENGTH && r != FRAME_TOO_LONG;
}

/* Feed the pieces [0, a), [a, b), [b, len) one after the other; returns what is left over. */
static size_t feed(const char *bytes, size_t len, size_t a, size_t b, struct log *log)
{
	const size_t ends[] = { a, b, len };
	struct frame f;
	size_t at = 0;

	memset(log, 0, sizeof(*log));
	frame_init(&f, MAX_HEAD, MAX_BYTES);
	for (size_t i = 0; i < COUNT(ends); i++)
		for (;;) {
			/* Memory of exactly that size: reading behind it would be seen. */
			size_t n = ends[i] - at;
			char *exact = malloc(n + !n);
			struct frame_out out;
			enum frame_result r;
			bool goes_on;

			memcpy(exact, bytes + at, n);
			r = frame_next(&f, slice_of(exact, n), &out);
			at += out.consumed;
			assert_true(at <= ends[i]);
			goes_on = r != FRAME_MORE && note(log, r, &out);
			/* A CRLF at the very end of a piece may be half a ping. */
			if (r == FRAME_PONG && at == ends[i] && i < 2)
				log->events[log->count - 1] = 'o';
			free(exact);
			if (r == FRAME_MORE)
				break;
			if (!goes_on)
				return 0;
		}
	for (size_t i = 0; i < log->count; i++)
		if (log->events[i] == 'o')
			log->events[i] = 'O';
	if (len - at > 1)
		assert_true(frame_is_inside(&f));
	return len - at;
}

static void streams_are_cut_into_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].bytes);
		struct log log;
		size_t left = feed(cases[i].bytes, len, len, len, &log);

		if (strcmp(log.events, cases[i].events) != 0)
			fail_msg("%s: %s", cases[i].bytes, log.events);
		assert_int_equal(left, cases[i].waiting);
	}
}

static void cutting_at_every_two_bytes_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].bytes);
		struct log whole, cut;
		size_t left = feed(cases[i].bytes, len, len, len, &whole);

		for (size_t a = 0; a <= len; a++)
			for (size_t b = a; b <= len; b++) {
				size_t rest = feed(cases[i].bytes, len, a, b, &cut);

				if (strcmp(cut.events, whole.events) != 0)
					fail_msg("%s cut at %zu and %zu: %s, whole: %s",
					    cases[i].bytes, a, b, cut.events, whole.events);
				assert_int_equal(rest, left);
				assert_int_equal(cut.taken_bytes, whole.taken_bytes);
				assert_memory_equal(cut.taken, whole.taken, whole.taken_bytes);
			}
	}
}

/* A pong is told at once; the second CRLF then makes a ping of both. */
static void a_pong_does_not_wait(void **state)
{
	struct frame_out out;
	struct frame f;

	(void)state;
	frame_init(&f, MAX_HEAD, MAX_BYTES);
	assert_int_equal(frame_next(&f, SLICE("\r\n"), &out), FRAME_PONG);
	assert_int_equal(out.consumed, 2);
	assert_false(frame_is_inside(&f));
	assert_int_equal(frame_next(&f, SLICE("\r\n"), &out), FRAME_PING);
	assert_int_equal(frame_next(&f, SLICE("\r\n"), &out), FRAME_PONG);
	assert_int_equal(frame_next(&f, SLICE("X"), &out), FRAME_MORE);
	assert_true(frame_is_inside(&f));
	/* Only when the second is already under way it does. */
	frame_init(&f, MAX_HEAD, MAX_BYTES);
	assert_int_equal(frame_next(&f, SLICE("\r\n\r"), &out), FRAME_MORE);
	assert_int_equal(frame_next(&f, SLICE("\r\n\r\n"), &out), FRAME_PING);
}

static void limits_are_exact(void **state)
{
	char text[512];
	struct frame_out out;
	struct frame f;
	int n;

	(void)state;
	/* A head of exactly MAX_HEAD, then one more. */
	for (size_t more = 0; more < 2; more++) {
		n = snprintf(text, sizeof(text), OPT "l: 100\r\nX: %*s\r\n\r\n", (int)(MAX_HEAD + more) - 38, "");
		assert_int_equal(n, MAX_HEAD + more);
		frame_init(&f, MAX_HEAD, MAX_BYTES);
		assert_int_equal(frame_next(&f, slice_of(text, (size_t)n), &out),
		    more ? FRAME_TOO_LONG : FRAME_MORE);
		frame_init(&f, MAX_HEAD, MAX_BYTES);
		assert_int_equal(frame_next(&f, slice_of(text, (size_t)n - 1), &out),
		    more ? FRAME_TOO_LONG : FRAME_MORE);
	}
	n = snprintf(text, sizeof(text), OPT "l: 268\r\n\r\n");
	for (size_t max = 299; max < 302; max++) {
		frame_init(&f, MAX_HEAD, max);
		assert_int_equal(frame_next(&f, slice_of(text, (size_t)n), &out),
		    max < (size_t)n + 268 ? FRAME_TOO_LONG : FRAME_MORE);
	}
	frame_init(&f, MAX_HEAD, 20);
	assert_int_equal(frame_next(&f, SLICE("OPTIONS sip:h SIP/2.0"), &out), FRAME_TOO_LONG);
}

static void the_head_is_handed_out_for_an_answer(void **state)
{
	struct slice bytes = SLICE(OPT "To: x\r\n\r\nbody");
	struct frame_out out;
	struct frame f;

	(void)state;
	frame_init(&f, MAX_HEAD, MAX_BYTES);
	assert_int_equal(frame_next(&f, bytes, &out), FRAME_BAD_LENGTH);
	assert_slice(out.message, OPT "To: x\r\n\r\n");
	assert_int_equal(out.consumed, out.message.len);
}

/* A byte at a time: each is looked at about once, or this takes minutes. */
static void slow_senders_cost_no_more(void **state)
{
	size_t len = 1 << 20;
	char *text = malloc(len);
	struct frame_out out;
	struct frame f;

	(void)state;
	memset(text, 'x', len);
	for (size_t i = 100; i < len; i += 100)
		text[i] = '\n';
	frame_init(&f, len + 1, len + 1);
	for (size_t n = 1; n <= len; n++)
		assert_int_equal(frame_next(&f, slice_of(text, n), &out), FRAME_MORE);
	free(text);
}

UNIT_MAIN(cmocka_unit_test(streams_are_cut_into_messages),
    cmocka_unit_test(cutting_at_every_two_bytes_changes_nothing),
    cmocka_unit_test(a_pong_does_not_wait), cmocka_unit_test(limits_are_exact),
    cmocka_unit_test(the_head_is_handed_out_for_an_answer),
    cmocka_unit_test(slow_senders_cost_no_more))
