/*
 * Presence rules: what is understood, and what they give to whom (RFC 4745, RFC 5025).
 */
#include "modules/xcap_server/rules.h"

#include "test/unit.h"
#include "utils/xml_read.h"

#include <string.h>

#define HEAD "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" " \
	"xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">"
#define TAIL "</ruleset>"
#define RULE(id, who, right) "<rule id=\"" id "\"><conditions><identity>" who "</identity>" \
	"</conditions><actions><pr:sub-handling>" right "</pr:sub-handling></actions></rule>"
#define ONE(id) "<one id=\"" id "\"/>"

static struct arena *arena;

static bool read(const char *text, struct ruleset *r, struct xcap_error *e)
{
	static const struct xml_limits limits = { 65536, 16, 4096 };
	struct xml_node *root;
	struct xml_defect why;

	assert_int_equal(xml_read(arena, slice_str(text), &limits, &root, &why), 0);
	return ruleset_read(arena, root, r, e);
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

#define MANY HEAD RULE("a", ONE("sip:bob@x.org") ONE("sip:carol@x.org"), "allow") \
	RULE("b", ONE("sip:bob@x.org"), "block") \
	RULE("c", "<many domain=\"x.org\"><except id=\"sip:dan@x.org\"/></many>", "confirm") \
	RULE("d", "<many><except domain=\"y.org\"/><except id=\"sip:eve@z.org\"/></many>", \
	    "polite-block") TAIL

static const struct { enum acl_type type; const char *mask; char right; } asked[] = {
	{ ACL_USER, "bob@x.org", 'A' },		/* rules add up */
	{ ACL_USER, "CAROL@X.ORG", 'A' },
	{ ACL_USER, "dan@x.org", 'B' },		/* not c, but d */
	{ ACL_USER, "frank@x.org", 'B' },	/* c and d */
	{ ACL_USER, "frank@y.org", 'D' },	/* nothing */
	{ ACL_USER, "eve@z.org", 'D' },
	{ ACL_USER, "else@z.org", 'B' },
	{ ACL_DOMAIN, "x.org", 'B' },
	{ ACL_DOMAIN, "y.org", 'D' },
	{ ACL_DOMAIN, "z.org", 'B' },
	{ ACL_ALL, "", 'B' },
};

static void test_asking(void **state)
{
	struct xcap_error e;
	struct ruleset r;

	(void)state;
	assert_true(read(MANY, &r, &e));
	for (size_t i = 0; i < COUNT(asked); i++) {
		char right = ruleset_ask(&r, asked[i].type, slice_str(asked[i].mask));

		if (right != asked[i].right)
			fail_msg("%s: %c", asked[i].mask, right);
	}
}

static void test_nothing(void **state)
{
	struct xcap_error e;
	struct ruleset r;

	(void)state;
	assert_true(read(HEAD TAIL, &r, &e));
	assert_int_equal(ruleset_ask(&r, ACL_USER, SLICE("bob@x.org")), 'D');
	assert_true(read(HEAD "<rule id=\"a\"><actions><pr:sub-handling> allow </pr:sub-handling>"
	    "</actions></rule>" TAIL, &r, &e));
	assert_int_equal(ruleset_ask(&r, ACL_USER, SLICE("bob@x.org")), 'A');
	assert_int_equal(ruleset_ask(&r, ACL_ALL, SLICE("")), 'A');
	assert_true(read(HEAD "<rule id=\"a\"><conditions/></rule>" TAIL, &r, &e));
	assert_int_equal(ruleset_ask(&r, ACL_ALL, SLICE("")), 'D');
}

#define WITH(conditions) HEAD "<rule id=\"a\"><conditions>" conditions "</conditions></rule>" TAIL
#define SHOWS(what) HEAD "<rule id=\"a\"><transformations>" what "</transformations></rule>" TAIL
#define SCHEMA XCAP_SCHEMA_VALIDATION_ERROR
#define LIMIT  XCAP_CONSTRAINT_FAILURE

static const struct { const char *text; enum xcap_why why; } refused[] = {
	{ "<ruleset/>", SCHEMA },					/* no namespace */
	{ "<rule xmlns=\"urn:ietf:params:xml:ns:common-policy\" id=\"a\"/>", SCHEMA },
	{ HEAD "<other/>" TAIL, SCHEMA },
	{ HEAD "<x:other xmlns:x=\"urn:x\"/>" TAIL, LIMIT },
	{ HEAD "text" TAIL, SCHEMA },
	{ HEAD "<rule/>" TAIL, SCHEMA },				/* no id */
	{ HEAD RULE("a", ONE("sip:b@c"), "allow") RULE("a", ONE("sip:d@c"), "allow") TAIL,
	  XCAP_UNIQUENESS_FAILURE },
	{ HEAD RULE("a", "", "allow") TAIL, SCHEMA },
	{ HEAD RULE("a", "<one/>", "allow") TAIL, SCHEMA },
	{ HEAD RULE("a", ONE("tel:+358"), "allow") TAIL, LIMIT },
	{ HEAD RULE("a", ONE("sip:example.org"), "allow") TAIL, LIMIT },
	{ HEAD RULE("a", ONE("sip:b@c"), "perhaps") TAIL, SCHEMA },
	{ HEAD RULE("a", "<many domain=\"x\"><except domain=\"y\"/></many>", "allow") TAIL, LIMIT },
	{ HEAD RULE("a", "<one id=\"sip:b@c\"><x/></one>", "allow") TAIL, LIMIT },
	{ WITH("<sphere value=\"home\"/>"), LIMIT },
	{ WITH("<validity><from>2026-01-01T00:00:00Z</from></validity>"), LIMIT },
	{ WITH("<identity><many/></identity><identity><many/></identity>"), LIMIT },
	{ WITH("<x:other-identity xmlns:x=\"urn:oma:xml:xdm:common-policy\"/>"), LIMIT },
	{ SHOWS("<pr:provide-mood>true</pr:provide-mood>"), LIMIT },
	{ SHOWS("<pr:provide-services><pr:class>x</pr:class></pr:provide-services>"), LIMIT },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct xcap_error e;
		struct ruleset r;

		if (read(refused[i].text, &r, &e) || e.why != refused[i].why || !e.phrase[0])
			fail_msg("case %zu", i);
	}
}

static void test_everything(void **state)
{
	struct xcap_error e;
	struct ruleset r;

	(void)state;
	assert_true(read(SHOWS("<pr:provide-all-attributes/><pr:provide-persons><pr:all-persons/>"
	    "</pr:provide-persons>"), &r, &e));
}

static void test_words(void **state)
{
	static const char order[] = "DPBA";

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rule_rank(order[i]), i);
	assert_string_equal(rule_word('B'), "polite-block");
	assert_slice(rule_host(SLICE("a@b.c")), "b.c");
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
UNIT_MAIN(T(test_asking), T(test_nothing), T(test_refused), T(test_everything), T(test_words))
