/*
 * token_test - a name of a connection that was not made by us is none.
 */
#include "modules/rr/token.h"
#include "test/unit.h"

static const flow_id flows[] = { 1, 0xff, 0x0100000000000001, 0x3f00123456789abc, UINT64_MAX };

static void our_own_are_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++) {
		char text[FLOW_TOKEN_CHARS];
		flow_id got = 0;

		flow_token_text(flows[i], text);
		assert_true(flow_token_read(slice_of(text, sizeof(text)), &got));
		assert_true(got == flows[i]);
	}
}

static void one_changed_character_spoils_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++)
		for (size_t at = 0; at < FLOW_TOKEN_CHARS; at++) {
			char text[FLOW_TOKEN_CHARS];
			flow_id got;

			flow_token_text(flows[i], text);
			text[at] = text[at] == '0' ? '1' : '0';
			if (flow_token_read(slice_of(text, sizeof(text)), &got))
				fail_msg("flow %zu, character %zu", i, at);
		}
}

static void other_texts_are_none(void **state)
{
	static const char *const texts[] = { "", "f", "alice", "f00000000000000010000000000000000",
	    "f000000000000000100000000000000000", "g00000000000000010000000000000000",
	    "f0000000000000001zzzzzzzzzzzzzzzz" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		flow_id got;

		assert_false(flow_token_read(slice_str(texts[i]), &got));
	}
}

static void a_cut_one_is_none(void **state)
{
	char text[FLOW_TOKEN_CHARS];
	flow_id got;

	(void)state;
	flow_token_text(7, text);
	for (size_t len = 0; len < sizeof(text); len++)
		assert_false(flow_token_read(slice_of(text, len), &got));
}

UNIT_MAIN(
	cmocka_unit_test(our_own_are_read_back),
	cmocka_unit_test(one_changed_character_spoils_it),
	cmocka_unit_test(other_texts_are_none),
	cmocka_unit_test(a_cut_one_is_none))
