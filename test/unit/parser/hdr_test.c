/*
 * Header names, list values, unfolding.
 */
#include "parser/hdr.h"

#include "parser/hdr_hash.h"
#include "test/unit.h"
#include "utils/arena.h"

static const struct { enum hdr_id id; const char *name; char compact; enum hdr_kind kind; } known[] = {
#define HDR(id, name, compact, kind) { HDR_##id, name, compact, HDR_KIND_##kind },
	HDR_TABLE(HDR)
#undef HDR
};

static struct slice with_case(const char *name, char out[64], bool upper)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		out[i] = upper && ascii_lower(name[i]) >= 'a' && ascii_lower(name[i]) <= 'z' ?
		    (char)(name[i] & ~0x20) : ascii_lower(name[i]);
	return slice_of(out, n);
}

/* Fails when a header was added without running hdr_hash.awk. */
static void each_known_name_is_found(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		struct slice compact = slice_of(&known[i].compact, 1);

		if (hdr_by_name(slice_str(known[i].name)) != known[i].id)
			fail_msg("%s is not found; run: awk -f parser/hdr_hash.awk "
			    "parser/hdr_table.h > parser/hdr_hash.h", known[i].name);
		assert_int_equal(hdr_by_name(with_case(known[i].name, text, true)), known[i].id);
		assert_int_equal(hdr_by_name(with_case(known[i].name, text, false)), known[i].id);
		assert_slice(hdr_name(known[i].id), known[i].name);
		assert_int_equal(hdr_kind(known[i].id), known[i].kind);
		if (known[i].compact) {
			assert_int_equal(hdr_by_name(compact), known[i].id);
			text[0] = (char)(known[i].compact & ~0x20);
			assert_int_equal(hdr_by_name(slice_of(text, 1)), known[i].id);
		}
	}
}

/* Each known name with one byte changed, cut or doubled is another name. */
static void similar_names_are_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		char text[65];
		size_t n = strlen(known[i].name);

		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				memcpy(text, known[i].name, n);
				text[at] = (char)c;
				if (ascii_lower((char)c) == ascii_lower(known[i].name[at]))
					continue;
				assert_int_not_equal(hdr_by_name(slice_of(text, n)), known[i].id);
			}
		text[n] = text[n - 1];
		assert_int_not_equal(hdr_by_name(slice_of(text, n + 1)), known[i].id);
		if (n > 2)		/* "T" is To as well */
			assert_int_not_equal(hdr_by_name(slice_of(text, n - 1)), known[i].id);
	}
	assert_int_equal(hdr_by_name(SLICE("")), HDR_OTHER);
	assert_int_equal(hdr_by_name(SLICE("z")), HDR_OTHER);
	assert_int_equal(hdr_by_name(SLICE("\xff")), HDR_OTHER);
	assert_int_equal(hdr_by_name(SLICE("X-Other")), HDR_OTHER);
	assert_int_equal(hdr_by_name(SLICE("Call\rID")), HDR_OTHER);
	assert_slice(hdr_name(HDR_OTHER), "");
	assert_int_equal(hdr_kind(HDR_OTHER), HDR_KIND_MANY);
}

static void a_header_is_asked_by_any_of_its_names(void **state)
{
	struct hdr via = { .id = HDR_VIA, .name = SLICE("v") };
	struct hdr other = { .id = HDR_OTHER, .name = SLICE("X-Foo") };

	(void)state;
	assert_true(hdr_is(&via, SLICE("VIA")));
	assert_true(hdr_is(&via, SLICE("v")));
	assert_false(hdr_is(&via, SLICE("X-Foo")));
	assert_true(hdr_is(&other, SLICE("x-foo")));
	assert_false(hdr_is(&other, SLICE("x-fo")));
}

static void values_are_split_at_commas_outside_quotes_and_brackets(void **state)
{
	static const struct { const char *list; const char *values[5]; } cases[] = {
		{ "", { NULL } },
		{ " \t\r\n ", { NULL } },
		{ ",, ,", { NULL } },
		{ "a", { "a" } },
		{ "a,b", { "a", "b" } },
		{ " a ,\r\n b\t,", { "a", "b" } },
		{ ",a,,b,", { "a", "b" } },
		{ "\"a,b\" <sip:x>, c", { "\"a,b\" <sip:x>", "c" } },
		{ "\"a\\\",b\" <sip:x>, c", { "\"a\\\",b\" <sip:x>", "c" } },
		{ "<sip:a,b@c>, <sip:d>", { "<sip:a,b@c>", "<sip:d>" } },
		{ "<sip:a>;x=\"<,\", b", { "<sip:a>;x=\"<,\"", "b" } },
		{ "\"not closed, b", { "\"not closed, b" } },
		{ "<not closed, b", { "<not closed, b" } },
		{ "a>, b", { "a>", "b" } },
		{ "a;q=1,b;q=0", { "a;q=1", "b;q=0" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice rest = slice_str(cases[i].list), value;
		size_t n = 0;

		while (hdr_next_value(&rest, &value)) {
			assert_non_null(cases[i].values[n]);
			assert_slice(value, cases[i].values[n++]);
		}
		assert_null(cases[i].values[n]);
	}
}

static void only_lists_are_split(void **state)
{
	struct slice rest = SLICE("a, b"), value;

	(void)state;
	assert_true(hdr_take_value(HDR_ROUTE, &rest, &value));
	assert_slice(value, "a");
	rest = SLICE(" Digest a=b, c=d ");
	assert_true(hdr_take_value(HDR_AUTHORIZATION, &rest, &value));
	assert_slice(value, "Digest a=b, c=d");
	assert_false(hdr_take_value(HDR_AUTHORIZATION, &rest, &value));
	rest = SLICE("a, b");
	assert_true(hdr_take_value(HDR_OTHER, &rest, &value));
	assert_slice(value, "a, b");
}

static void folds_become_one_space(void **state)
{
	static const struct { const char *folded, *shown; } cases[] = {
		{ "", "" },
		{ "a  b", "a  b" },
		{ "a\r\n b", "a b" },
		{ "a \t\r\n\t  b  c", "a b  c" },
		{ "a\n b\n\tc", "a b c" },
		{ "\r\n a\r\n ", " a " },
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_slice(hdr_unfold(a, slice_str(cases[i].folded)), cases[i].shown);
	arena_free(&a);
}

/* A hundred thousand values or quotes must not cost the square of it. */
static void long_lists_are_walked_in_linear_time(void **state)
{
	static const char *const pieces[] = { ",", "a,", "\"", "<", "\"\",", "<>,", "\"\\", "\">,<\"," };
	size_t len = 400000;
	char *text = malloc(len);

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct slice rest = slice_of(text, len), value;
		size_t n = strlen(pieces[i]), values = 0;

		for (size_t at = 0; at < len; at++)
			text[at] = pieces[i][at % n];
		while (hdr_next_value(&rest, &value))
			values++;
		assert_true(values <= len);
	}
	free(text);
}

UNIT_MAIN(cmocka_unit_test(each_known_name_is_found),
    cmocka_unit_test(similar_names_are_unknown),
    cmocka_unit_test(a_header_is_asked_by_any_of_its_names),
    cmocka_unit_test(values_are_split_at_commas_outside_quotes_and_brackets),
    cmocka_unit_test(only_lists_are_split),
    cmocka_unit_test(folds_become_one_space),
    cmocka_unit_test(long_lists_are_walked_in_linear_time))
