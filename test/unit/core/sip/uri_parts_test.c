/*
 * test/unit/core/sip/uri_parts_test.c - URIs taken apart and put together.
 */
#include "test/unit.h"

#include "core/sip/uri_parts.h"

#define FULL "sip:alice:pw@example.com:5070;transport=tcp?Subject=x"

static const struct { const char *uri; enum uri_part part; const char *value; int err; const char *out; } cases[] = {
	{ FULL, URI_PART_USER, "bob", 0, "sip:bob:pw@example.com:5070;transport=tcp?Subject=x" },
	{ FULL, URI_PART_USER, "", 0, "sip:example.com:5070;transport=tcp?Subject=x" },
	{ FULL, URI_PART_HOST, "other.org", 0, "sip:alice:pw@other.org:5070;transport=tcp?Subject=x" },
	{ FULL, URI_PART_HOST, "", -EINVAL, NULL },
	{ FULL, URI_PART_PORT, "", 0, "sip:alice:pw@example.com;transport=tcp?Subject=x" },
	{ FULL, URI_PART_PORT, "6000", 0, "sip:alice:pw@example.com:6000;transport=tcp?Subject=x" },
	{ FULL, URI_PART_PORT, "65536", -EINVAL, NULL },
	{ FULL, URI_PART_PORT, "many", -EINVAL, NULL },
	{ "sip:example.com", URI_PART_USER, "alice", 0, "sip:alice@example.com" },
	{ "sips:[2001:db8::1]:5061;lr", URI_PART_USER, "a", 0, "sips:a@[2001:db8::1]:5061;lr" },
	{ "tel:+44207;phone-context=x", URI_PART_USER, "+1", 0, "tel:+1;phone-context=x" },
	{ "tel:+44207", URI_PART_HOST, "example.com", -EINVAL, NULL },
	{ "mailto:a@b", URI_PART_USER, "x", -EINVAL, NULL },
	{ FULL, URI_PART_USER, "two words", -EINVAL, NULL },
	{ FULL, URI_PART_HOST, "a b", -EINVAL, NULL },
};

static void parts_are_replaced(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_uri uri;
		struct slice out = SLICE_NULL;

		assert_int_equal(sip_uri_parse(slice_str(cases[i].uri), &uri, NULL), 0);
		assert_int_equal(uri_parts_set(arena, &uri, cases[i].part,
		    slice_str(cases[i].value), &out), cases[i].err);
		if (cases[i].out)
			assert_slice(out, cases[i].out);
	}
	arena_free(&arena);
}

static const struct { const char *uri; unsigned port; const char *transport; } meant[] = {
	{ "sip:example.com", 5060, "udp" },
	{ "sip:example.com;transport=tls", 5061, "tls" },
	{ "sip:example.com:7000;transport=TCP", 7000, "TCP" },
	{ "sips:example.com", 5061, "tls" },
};

static void what_is_left_out_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(meant); i++) {
		struct sip_uri uri;

		assert_int_equal(sip_uri_parse(slice_str(meant[i].uri), &uri, NULL), 0);
		assert_int_equal(uri_parts_port(&uri), meant[i].port);
		assert_slice(uri_parts_transport(&uri), meant[i].transport);
	}
}

UNIT_MAIN(
	cmocka_unit_test(parts_are_replaced),
	cmocka_unit_test(what_is_left_out_is_known),
)
