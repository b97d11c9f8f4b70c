/*
 * A rls-services document when a user is renamed: his own, and those of others that name him.
 */
#include "modules/xcap_server/services.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/xml_read.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
#define ROOT "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" " \
	"xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\">"
#define END  "</rls-services>"
#define REF(user) "<resource-list>https://h/xcap-root/resource-lists/users/" user "/index/~~/" \
	"resource-lists/list%5b@name=%22Work%22%5d</resource-list>"
#define SERVICE(uri, inside) "<service uri=\"" uri "\">" inside "</service>"

/* bob@example.com becomes robert@example.net. text NULL: he is not named. */
static const struct { const char *name, *owner, *before, *after; int result; } cases[] = {
	{ "an entry of somebody else's", "alice@example.com",
	  ROOT SERVICE("sip:alice-x@example.com", "<list><rl:entry uri=\"sip:Bob@EXAMPLE.com\"/>"
	  "<rl:entry uri=\"sip:bobby@example.com\"/></list>") END,
	  ROOT SERVICE("sip:alice-x@example.com", "<list><rl:entry uri=\"sip:robert@example.net\"/>"
	  "<rl:entry uri=\"sip:bobby@example.com\"/></list>") END, 1 },
	{ "nothing of him", "alice@example.com",
	  ROOT SERVICE("sip:alice-bob@example.com", "<list><rl:entry uri=\"tel:+1\"/></list>") END,
	  NULL, 0 },
	{ "another's service that is called like his", "bob-a@example.com",
	  ROOT SERVICE("sip:bob-a-x@example.com", REF("sip:bob-a@example.com")) END, NULL, 0 },
	{ "his own services", "bob@example.com",
	  ROOT SERVICE("sip:bob-a-x@example.com", REF("sip:bob@example.com"))
	  SERVICE("sip:BOB-y@example.com", "<list/>") END,
	  ROOT SERVICE("sip:robert-a-x@example.net", REF("sip:robert@example.net"))
	  SERVICE("sip:robert-y@example.net", "<list/>") END, 3 },
	{ "a reference with escapes", "bob@example.com",
	  ROOT SERVICE("sip:bob-x@example.com", REF("sip%3abob%40example.com")) END,
	  ROOT SERVICE("sip:robert-x@example.net", REF("sip:robert@example.net")) END, 2 },
	{ "a reference to nothing, an address that is none", "bob@example.com",
	  ROOT SERVICE("bob-x", "<resource-list/>") SERVICE("sip:bob@example.com", "<list/>") END,
	  NULL, 0 },
	{ "no document", "bob@example.com", "<rls-services", NULL, -EBADMSG },
	{ "with a document type", "bob@example.com", "<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>",
	  NULL, -EBADMSG },
};

static int run(struct arena *arena, unsigned i, struct slice *out)
{
	*out = SLICE_NULL;
	return xcap_services_rename(arena, slice_str(cases[i].before), slice_str(cases[i].owner),
	    SLICE("bob@example.com"), SLICE("robert@example.net"), out);
}

static void test_cases(void **state)
{
	(void)state;
	xml_read_init();
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new(0);
		struct slice out, want = cases[i].after ? arena_printf(arena, HEAD "%s",
		    cases[i].after) : SLICE("");

		if (run(arena, i, &out) != cases[i].result || !slice_eq(slice_trim(out), want))
			fail_msg("%s: \"%.*s\"", cases[i].name, SLICE_ARG(out));
		arena_free(&arena);
	}
}

static void test_short_memory(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct arena *arena = arena_new(0);
		struct slice out;
		int n = arena ? run(arena, 3, &out) : -ENOMEM;

		assert_int_equal(n, oom_hit() ? -ENOMEM : 3);
		if (n == 3)
			assert_int_equal(slice_search(out, SLICE("bob")), out.len);
		arena_free(&arena);
	}
}

UNIT_MAIN(cmocka_unit_test(test_cases), cmocka_unit_test(test_short_memory))
