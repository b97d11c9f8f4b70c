/*
 * Access lists: who is meant by which entry, what may be changed, what clients are told.
 */
#include "modules/presence_acl/acl.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/buf.h"

static const struct acl_limits limits = { 4, 24 };
static struct roaming_list *list;

/* "USER bob@example.com BD", "!ALL DD": an administrator's; "-USER ...": delete; "*": clear. */
static struct acl_change read_change(const char *text)
{
	struct slice rest = slice_str(text), word;
	struct acl_change c = { .kind = ACL_SET };

	if (slice_starts(rest, SLICE("-"))) {
		c.kind = ACL_DELETE;
		rest = slice_skip(rest, 1);
	}
	if (slice_starts(rest, SLICE("!"))) {
		c.entry.forced = true;
		rest = slice_skip(rest, 1);
	}
	if (slice_eq(rest, SLICE("*"))) {
		c.kind = ACL_CLEAR;
		return c;
	}
	word = slice_split(&rest, ' ');
	assert_int_equal(acl_type_parse(word, &c.entry.type), 0);
	if (c.entry.type != ACL_ALL)
		c.entry.mask = slice_split(&rest, ' ');
	if (c.kind == ACL_SET)
		assert_int_equal(acl_rights_parse(rest, &c.entry.rights), 0);
	return c;
}

static enum roaming_result change(const char *text, bool by_user)
{
	struct acl_change c = read_change(text);
	struct roaming_draft *d = acl_draft_new(list, 1);
	const char *why = NULL;
	enum roaming_result result = acl_apply(d, &limits, &c, 1, by_user, &why);

	assert_non_null(why);
	if (result == ROAMING_OK) {
		struct roaming_list *next = acl_make(SLICE("alice@example.com"), d);

		free(list);
		list = next;
	}
	acl_draft_free(&d);
	return result;
}

static void assert_says(const char *who, const char *rights, const char *why)
{
	struct arena *arena = arena_new(0);
	struct acl_verdict v;

	acl_decide(list, slice_str(who), (struct acl_rights){ 'A', 'A' }, &v);
	assert_slice(slice_of((const char[]){ v.rights.presence, v.rights.communication }, 2), rights);
	assert_slice(acl_explain(arena, &v), why);
	arena_free(&arena);
}

static void assert_xml(const char *xml)
{
	struct buf *b = buf_new(64);

	acl_put_xml(b, list);
	assert_slice(buf_slice(b), xml);
	buf_unref(&b);
}

static int begin(void **state)
{
	(void)state;
	list = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(list);
	list = NULL;
	return 0;
}

static void test_the_most_special_entry_decides(void **state)
{
	(void)state;
	assert_says("bob@example.com", "AA", "default rights AA");
	assert_int_equal(change("ALL PA", true), ROAMING_OK);
	assert_int_equal(change("DOMAIN example.org DD", true), ROAMING_OK);
	assert_int_equal(change("DOMAIN sales.example.org BA", true), ROAMING_OK);
	assert_int_equal(change("USER sip:bob@sales.example.org AD", true), ROAMING_OK);
	assert_says("bob@example.com", "PA", "ACE: all PA");
	assert_says("x@example.org", "DD", "ACE: domain example.org DD");
	assert_says("x@a.b.Example.ORG", "DD", "ACE: domain example.org DD");
	assert_says("x@badexample.org", "PA", "ACE: all PA");
	assert_says("x@sales.example.org", "BA", "ACE: domain sales.example.org BA");
	assert_says("BOB@sales.example.org", "AD", "ACE: user bob@sales.example.org AD");
	assert_says("", "PA", "ACE: all PA");
	assert_says("example.org", "DD", "ACE: domain example.org DD");
}

static void test_an_administrator_comes_first(void **state)
{
	(void)state;
	assert_int_equal(change("USER bob@example.com BD", true), ROAMING_OK);
	assert_int_equal(change("!ALL AA", false), ROAMING_OK);
	assert_says("bob@example.com", "AA", "administrator's ACE: all AA");
	assert_int_equal(change("!DOMAIN example.com PD", false), ROAMING_OK);
	assert_says("bob@example.com", "PD", "administrator's ACE: domain example.com PD");
	assert_int_equal(change("!USER bob@example.com DA", false), ROAMING_OK);
	assert_says("bob@example.com", "DA", "administrator's ACE: user bob@example.com DA");
	assert_int_equal(change("USER sip:Bob@example.com AA", true), ROAMING_FORCED);
	assert_int_equal(change("-USER bob@example.com", true), ROAMING_FORCED);
	assert_xml("<ACLlist deltaNum=\"5\"><userACL><ace type=\"ALL\" rights=\"AA\"/>"
	    "<ace type=\"DOMAIN\" mask=\"example.com\" rights=\"PD\"/>"
	    "<ace type=\"USER\" mask=\"sip:bob@example.com\" rights=\"DA\"/></userACL></ACLlist>");
	assert_int_equal(change("!*", false), ROAMING_OK);
	assert_says("bob@example.com", "BD", "ACE: user bob@example.com BD");
	assert_xml("<ACLlist deltaNum=\"6\"><userACL><ace type=\"USER\" mask=\"sip:bob@example.com\" "
	    "rights=\"BD\"/></userACL></ACLlist>");
}

static void test_a_change_has_one_number(void **state)
{
	(void)state;
	assert_xml("<ACLlist deltaNum=\"1\"><userACL/></ACLlist>");
	assert_int_equal(change("USER sip:bob@example.com BD", true), ROAMING_OK);
	assert_int_equal(change("USER bob@example.com AA", true), ROAMING_OK);
	assert_xml("<ACLlist deltaNum=\"3\"><userACL><ace type=\"USER\" mask=\"sip:bob@example.com\" "
	    "rights=\"AA\"/></userACL></ACLlist>");
	assert_int_equal(change("-USER sip:BOB@example.com", true), ROAMING_OK);
	assert_xml("<ACLlist deltaNum=\"4\"><userACL/></ACLlist>");
	assert_slice(roaming_aor(list), "alice@example.com");
}

static const struct { const char *text; enum roaming_result result; } bad[] = {
	{ "USER example.com AA", ROAMING_BAD },
	{ "USER bob@ AA", ROAMING_BAD },
	{ "USER bob:x@example.com AA", ROAMING_BAD },
	{ "USER bob@example.com;x=y AA", ROAMING_BAD },
	{ "USER bob@example.com:5060 AA", ROAMING_BAD },
	{ "DOMAIN bob@example.com AA", ROAMING_BAD },
	{ "DOMAIN exa<mple.com AA", ROAMING_BAD },
	{ "DOMAIN example. AA", ROAMING_BAD },
	{ "DOMAIN .. AA", ROAMING_BAD },
	{ "USER sip:somebody-else@example.com AA", ROAMING_TOO_LONG },
	{ "-USER bob@example.com", ROAMING_UNKNOWN },
	{ "-ALL", ROAMING_UNKNOWN },
	{ "-DOMAIN example.com", ROAMING_UNKNOWN },
};

static void test_what_is_refused_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(change(bad[i].text, true), bad[i].result);
		assert_null(list);
	}
	assert_int_equal(change("USER a@b AA", true), ROAMING_OK);
	assert_int_equal(change("USER b@b AA", true), ROAMING_OK);
	assert_int_equal(change("DOMAIN .b AA", true), ROAMING_OK);
	assert_int_equal(change("!ALL AA", false), ROAMING_OK);
	assert_int_equal(change("USER c@b AA", true), ROAMING_TOO_MANY);
	assert_int_equal(change("USER b@b BD", true), ROAMING_OK);
	assert_int_equal(list->number, 6);
}

static void test_words(void **state)
{
	static const char *const good[] = { "AA", "AD", "PA", "PD", "DA", "DD", "BA", "BD" };
	static const char *const wrong[] = { "", "A", "AAA", "aa", "AP", "XA", "A ", "PB" };
	struct acl_rights rights;
	enum acl_type type;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(acl_rights_parse(slice_str(good[i]), &rights), 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(acl_rights_parse(slice_str(wrong[i]), &rights), -EINVAL);
	assert_int_equal(acl_type_parse(SLICE("domain"), &type), 0);
	assert_int_equal(type, ACL_DOMAIN);
	assert_int_equal(acl_type_parse(SLICE("GROUP"), &type), -EINVAL);
}

static void test_memory_short(void **state)
{
	(void)state;
	assert_int_equal(change("ALL PA", true), ROAMING_OK);
	OOM_WALK(nth) {
		struct roaming_draft *d = acl_draft_new(list, 1);
		struct roaming_list *next = d ? acl_make(SLICE("a@b"), d) : NULL;

		if (!oom_hit())
			assert_non_null(next);
		free(next);
		acl_draft_free(&d);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

UNIT_MAIN(
	TEST(test_the_most_special_entry_decides),
	TEST(test_an_administrator_comes_first),
	TEST(test_a_change_has_one_number),
	TEST(test_what_is_refused_changes_nothing),
	TEST(test_words),
	TEST(test_memory_short))
