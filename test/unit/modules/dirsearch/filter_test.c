/*
 * filter_test - whatever is asked for becomes a value of the filter, and never its form.
 */
#include "modules/dirsearch/filter.h"
#include "test/unit.h"

static const struct {
	enum person_field field;
	const char       *prefix, *filter;
} rows[] = {
	{ PERSON_SN, "Br", "(sn=Br*)" },
	{ PERSON_AOR, "bob", "(msRTCSIP-PrimaryUserAddress=sip:bob*)" },
	{ PERSON_GIVEN, "*", "(givenName=\\2A*)" },
	{ PERSON_GIVEN, "a)(objectClass=*", "(givenName=a\\29\\28objectClass=\\2A*)" },
	{ PERSON_GIVEN, "a))(|(cn=*)", "(givenName=a\\29\\29\\28|\\28cn=\\2A\\29*)" },
	{ PERSON_GIVEN, "\\2a", "(givenName=\\5C2a*)" },
	{ PERSON_MAIL, "&|!=<>~", "(mail=&|!=<>~*)" },
};

/* Is text what the row says, but for how bytes are escaped that need not be? */
static bool means(struct slice text, const char *filter)
{
	return slice_eq_nocase(text, slice_str(filter));
}

static void values_stay_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new(0);
		struct search s = { .count = 1 };
		const char *filter;
		struct slice wanted;

		s.terms[0].field = rows[i].field;
		s.terms[0].prefix = slice_str(rows[i].prefix);
		filter = filter_of_search(arena, &s, SLICE("(x=1)"));
		wanted = arena_printf(arena, "(&(msRTCSIP-PrimaryUserAddress=*)(x=1)%s)%c",
		    rows[i].filter, 0);
		if (!means(slice_str(filter), wanted.p))
			fail_msg("%s is not %s", filter, wanted.p);
		arena_free(&arena);
	}
}

/* No byte opens or closes anything, or is a star of its own, wherever it stands. */
static void no_byte_is_form(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		struct arena *arena = arena_new(0);
		char prefix[] = { 'a', (char)c, 'b' };
		struct search s = { .count = 1 };
		unsigned opened = 0, closed = 0, stars = 0;
		const char *filter;

		s.terms[0].field = PERSON_SN;
		s.terms[0].prefix = slice_of(prefix, 3);
		filter = filter_of_search(arena, &s, SLICE_NULL);
		for (const char *p = filter; *p; p++) {
			opened += *p == '(';
			closed += *p == ')';
			stars += *p == '*';
		}
		if (opened != 3 || closed != 3 || stars != 2)
			fail_msg("byte %u: %s", c, filter);
		arena_free(&arena);
	}
}

static void the_asker_is_one(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	assert_string_equal(filter_of_user(arena, SLICE("bob@example.com")),
	    "(msRTCSIP-PrimaryUserAddress=sip:bob@example.com)");
	assert_true(means(slice_str(filter_of_user(arena, SLICE("*@example.com"))),
	    "(msRTCSIP-PrimaryUserAddress=sip:\\2A@example.com)"));
	arena_free(&arena);
}

UNIT_MAIN(
	cmocka_unit_test(values_stay_values),
	cmocka_unit_test(no_byte_is_form),
	cmocka_unit_test(the_asker_is_one)
)
