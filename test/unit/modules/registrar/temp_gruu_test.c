/*
 * temp_gruu_test - a temporary GRUU says what was put in, to who has the key; nobody else makes
 * one, changes one or sees whose it is.
 */
#include "modules/registrar/temp_gruu.h"
#include "test/unit.h"

static const unsigned char key[KEPT_KEY_BYTES] = { 1, 2, 3 }, other_key[KEPT_KEY_BYTES] = { 1, 2, 4 };

static struct usrloc_binding binding_of(const char *instance, const char *call_id, uint32_t cseq)
{
	return (struct usrloc_binding){ .instance = slice_str(instance),
	    .call_id = slice_str(call_id), .cseq = cseq };
}

/* The URI that a binding is given; empty: none. */
static struct slice made(struct arena *arena, struct slice aor, const struct usrloc_binding *b)
{
	struct buf *out = buf_new(64);
	struct slice text;

	temp_gruu_put(out, key, aor, b);
	text = arena_dup(arena, buf_slice(out));
	buf_unref(&out);
	assert_true(text.len == 0 || slice_starts(text, SLICE(";temp-gruu=\"")));
	return text.len ? slice_of(text.p + 12, text.len - 13) : SLICE_NULL;
}

static bool reads(struct arena *arena, const unsigned char *k, struct slice text,
    struct temp_gruu *out)
{
	struct sip_uri uri;

	return sip_uri_parse(text, &uri, NULL) == 0 && temp_gruu_read(arena, k, &uri, out);
}

static void it_says_what_was_put_in(void **state)
{
	struct usrloc_binding b = binding_of("<urn:uuid:1>", "call", 7);
	char user[300];

	(void)state;
	memset(user, 'u', sizeof(user));
	memcpy(user + 260, "@example.com", 12);
	for (size_t len = 13; len <= 272; len++) {
		struct arena *arena = arena_new(0);
		struct slice aor = slice_of(user + 272 - len, len), text = made(arena, aor, &b);
		struct temp_gruu gruu;

		assert_int_equal(text.len > 0, len <= 255);
		if (text.len) {
			assert_true(reads(arena, key, text, &gruu));
			assert_true(slice_eq(gruu.aor, aor));
			assert_true(temp_gruu_is_of(&gruu, key, &b));
		}
		arena_free(&arena);
	}
}

static void it_is_of_one_registration(void **state)
{
	struct usrloc_binding b = binding_of("<urn:uuid:1>", "call", 7);
	const struct { struct usrloc_binding b; bool is_of; } rows[] = {
		{ binding_of("<urn:uuid:1>", "call", 8), true },	/* a refresh */
		{ binding_of("<urn:uuid:1>", "Call", 7), false },
		{ binding_of("<urn:uuid:2>", "call", 7), false },
		{ binding_of("", "call", 7), false },
	};
	struct arena *arena = arena_new(0);
	struct temp_gruu gruu;

	(void)state;
	assert_true(reads(arena, key, made(arena, SLICE("bob@example.com"), &b), &gruu));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (temp_gruu_is_of(&gruu, key, &rows[i].b) != rows[i].is_of)
			fail_msg("row %zu", i);
	arena_free(&arena);
}

/* No character can be another one, and none can be missing. */
static void it_cannot_be_changed(void **state)
{
	struct usrloc_binding b = binding_of("<urn:uuid:1>", "call", 7);
	struct arena *arena = arena_new(0);
	struct slice text = made(arena, SLICE("bob@example.com"), &b);
	struct temp_gruu gruu;

	(void)state;
	assert_true(reads(arena, key, text, &gruu));
	assert_false(reads(arena, other_key, text, &gruu));
	for (size_t i = strlen("sip:tgruu."); i < slice_find(text, '@'); i++) {
		struct slice cut = arena_dup(arena, text), less;

		if (text.p[i] == '=')
			continue;
		((char *)cut.p)[i] = text.p[i] == 'A' ? 'Q' : 'A';
		assert_false(reads(arena, key, cut, &gruu));
		less = arena_printf(arena, "%.*s%.*s", (int)i, text.p, (int)(text.len - i - 1),
		    text.p + i + 1);
		assert_false(reads(arena, key, less, &gruu));
	}
	arena_free(&arena);
}

/* Neither the user nor that two of them are of the same: they have no four characters in a row
 * at the same place. */
static void it_tells_nothing(void **state)
{
	struct usrloc_binding b = binding_of("<urn:uuid:1>", "call", 7), next = b;
	struct arena *arena = arena_new(0);
	struct slice one, two;
	size_t begin = strlen("sip:tgruu.");

	(void)state;
	next.cseq++;
	one = made(arena, SLICE("bob@example.com"), &b);
	two = made(arena, SLICE("bob@example.com"), &next);
	assert_true(slice_eq(one, made(arena, SLICE("bob@example.com"), &b)));
	assert_int_equal(one.len, two.len);
	assert_int_equal(one.len, made(arena, SLICE("robert@example.com"), &b).len);
	assert_int_equal(slice_search(one, SLICE("bob")), one.len);
	for (size_t i = begin; i + 4 < slice_find(one, '@'); i++)
		assert_false(memcmp(one.p + i, two.p + i, 4) == 0);
	arena_free(&arena);
}

UNIT_MAIN(
	cmocka_unit_test(it_says_what_was_put_in),
	cmocka_unit_test(it_is_of_one_registration),
	cmocka_unit_test(it_cannot_be_changed),
	cmocka_unit_test(it_tells_nothing)
)
