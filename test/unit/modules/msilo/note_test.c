/*
 * Messages that wait: what they say when they come late, and which answer ends them.
 */
#include "modules/msilo/note.h"

#include "test/unit.h"

static const struct { const char *type, *lines; bool with_date; const char *body; } bodies[] = {
	{ "text/plain", "", true, "[Offline message - Sat, 21 Nov 2026 12:00:00 GMT] hello" },
	{ "Text/Plain ; charset=UTF-8", "Subject: x\r\n", true,
	  "[Offline message - Sat, 21 Nov 2026 12:00:00 GMT] hello" },
	{ "text/plain", "", false, "hello" },
	{ "text/html", "", true, "hello" },
	{ "text/plainer", "", true, "hello" },
	{ "text/plain", "Content-Encoding: gzip\r\n", true, "hello" },	/* bytes, not text */
};

static void test_plain_text_tells_when_it_was_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct note n = { .type = slice_str(bodies[i].type),
		    .lines = slice_str(bodies[i].lines), .body = SLICE("hello"), .sent = 1795262400 };
		struct arena *arena = arena_new(0);

		assert_slice(note_body(arena, &n, bodies[i].with_date), bodies[i].body);
		arena_free(&arena);
	}
}

static const struct { unsigned status; bool is_settled; } answers[] = {
	{ 200, true }, { 202, true }, { 400, true }, { 403, true }, { 404, true }, { 415, true },
	{ 603, true }, { 606, true },
	{ 302, false }, { 401, false }, { 405, false }, { 407, false }, { 408, false }, { 430, false },
	{ 440, false }, { 478, false }, { 480, false }, { 481, false }, { 486, false }, { 500, false }, { 503, false },
};

static void test_only_who_has_it_or_never_wants_it_ends_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++)
		assert_int_equal(note_is_settled(answers[i].status), answers[i].is_settled);
}

UNIT_MAIN(
	cmocka_unit_test(test_plain_text_tells_when_it_was_sent),
	cmocka_unit_test(test_only_who_has_it_or_never_wants_it_ends_it))
