/*
 * One user's contact list: changes one after the other, their deltas, the list they leave.
 */
#include "modules/contacts/list.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/buf.h"

static const struct contacts_limits limits = { 3, 5, 8, 24, 12, 10 };

static struct roaming_list *list;

static struct contacts_change set(const char *uri, const char *name, uint64_t members)
{
	return (struct contacts_change){ .kind = CONTACTS_SET, .contact = {
		.uri = slice_str(uri), .name = slice_str(name), .members = members,
		.subscribed = true } };
}

static struct contacts_change gone(const char *uri)
{
	return (struct contacts_change){ .kind = CONTACTS_DELETE,
	    .contact = { .uri = slice_str(uri) } };
}

static struct contacts_change group(enum contacts_kind kind, unsigned id, const char *name)
{
	return (struct contacts_change){ .kind = kind,
	    .group = { .id = id, .name = slice_str(name) } };
}

#define IN(id) (UINT64_C(1) << ((id) - 1))

/* Carry out changes on the list; delta (may be NULL) is what the clients must be told. */
static enum roaming_result apply(const struct contacts_change *changes, unsigned count,
    const char *delta)
{
	struct roaming_draft *d = draft_new(list, count);
	const char *why = NULL;
	struct buf *b = buf_new(64);
	enum roaming_result result = draft_apply(d, &limits, changes, count, &why);

	assert_non_null(why);
	contacts_put_delta(b, d);
	if (result == ROAMING_OK) {
		struct roaming_list *next = list_make(SLICE("alice@example.com"), d);

		free(list);
		list = next;
		if (delta)
			assert_slice(buf_slice(b), delta);
	}
	buf_unref(&b);
	draft_free(&d);
	return result;
}

static enum roaming_result one(struct contacts_change change, const char *delta)
{
	return apply(&change, 1, delta);
}

static void assert_full(const char *xml)
{
	struct buf *b = buf_new(64);

	contacts_put_full(b, list);
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

#define OTHERS "<group id=\"1\" name=\"~\" externalURI=\"\"/>"

static void test_nobody_has_group_1_and_number_1(void **state)
{
	(void)state;
	assert_full("<contactList deltaNum=\"1\">" OTHERS "</contactList>");
}

static void test_each_change_has_one_number_and_tells_itself(void **state)
{
	(void)state;
	assert_int_equal(one(set("sip:bob@example.com", "Bobby", 0),
	    "<contactDelta deltaNum=\"2\" prevDeltaNum=\"1\"><addedContact uri=\"sip:bob@example.com\" "
	    "name=\"Bobby\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/></contactDelta>"),
	    ROAMING_OK);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "A<B"),
	    "<contactDelta deltaNum=\"3\" prevDeltaNum=\"2\"><addedGroup id=\"2\" name=\"A&lt;B\" "
	    "externalURI=\"\"/></contactDelta>"), ROAMING_OK);
	assert_int_equal(one(set("sip:BOB@example.com", "", IN(1) | IN(2)),
	    "<contactDelta deltaNum=\"4\" prevDeltaNum=\"3\"><modifiedContact uri=\"sip:bob@example.com\" "
	    "name=\"\" groups=\"1 2\" subscribed=\"true\" externalURI=\"\"/></contactDelta>"),
	    ROAMING_OK);
	assert_full("<contactList deltaNum=\"4\">" OTHERS "<group id=\"2\" name=\"A&lt;B\" "
	    "externalURI=\"\"/><contact uri=\"bob@example.com\" name=\"\" groups=\"1 2\" "
	    "subscribed=\"true\" externalURI=\"\"/></contactList>");
	assert_int_equal(one(group(CONTACTS_MODIFY_GROUP, 2, "C"),
	    "<contactDelta deltaNum=\"5\" prevDeltaNum=\"4\"><modifiedGroup id=\"2\" name=\"C\" "
	    "externalURI=\"\"/></contactDelta>"), ROAMING_OK);
	assert_int_equal(one(gone("sip:Bob@Example.com"),
	    "<contactDelta deltaNum=\"6\" prevDeltaNum=\"5\"><deletedContact "
	    "uri=\"sip:bob@example.com\"/></contactDelta>"), ROAMING_OK);
	assert_int_equal(one(group(CONTACTS_DELETE_GROUP, 2, ""),
	    "<contactDelta deltaNum=\"7\" prevDeltaNum=\"6\"><deletedGroup id=\"2\"/></contactDelta>"),
	    ROAMING_OK);
	assert_full("<contactList deltaNum=\"7\">" OTHERS "</contactList>");
	assert_slice(roaming_aor(list), "alice@example.com");
}

static void test_a_refused_change_costs_no_number(void **state)
{
	(void)state;
	assert_int_equal(one(set("sip:bob@example.com", "123456789", 0), NULL), ROAMING_TOO_LONG);
	assert_int_equal(one(set("sip:much-too-long@example.com", "", 0), NULL), ROAMING_TOO_LONG);
	assert_int_equal(one(set("sip:example.com", "", 0), NULL), ROAMING_BAD);
	assert_int_equal(one(set("mailto:b@example.com", "", 0), NULL), ROAMING_BAD);
	assert_int_equal(one(set("sip:b@c?Subject=x", "", 0), NULL), ROAMING_BAD);
	assert_int_equal(one(set("", "", 0), NULL), ROAMING_BAD);
	assert_int_equal(one(set("sip:b@example.com", "", IN(2)), NULL), ROAMING_UNKNOWN);
	assert_int_equal(one(set("sip:b@example.com", "", IN(64)), NULL), ROAMING_BAD);
	assert_int_equal(one(gone("sip:b@example.com"), NULL), ROAMING_UNKNOWN);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, ""), NULL), ROAMING_BAD);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "123456789"), NULL), ROAMING_TOO_LONG);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 64, "x"), NULL), ROAMING_BAD);
	assert_int_equal(one(group(CONTACTS_MODIFY_GROUP, 2, "x"), NULL), ROAMING_UNKNOWN);
	assert_int_equal(one(group(CONTACTS_MODIFY_GROUP, 1, "x"), NULL), ROAMING_RESERVED);
	assert_int_equal(one(group(CONTACTS_DELETE_GROUP, 1, ""), NULL), ROAMING_RESERVED);
	assert_int_equal(one(group(CONTACTS_DELETE_GROUP, 9, ""), NULL), ROAMING_UNKNOWN);
	assert_null(list);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "x"), NULL), ROAMING_OK);
	assert_int_equal(one(set("sip:b@example.com", "", IN(2)), NULL), ROAMING_OK);
	assert_int_equal(one(group(CONTACTS_DELETE_GROUP, 2, ""), NULL), ROAMING_NOT_EMPTY);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 2, "y"), NULL), ROAMING_EXISTS);
	assert_int_equal(list->number, 3);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(one(set("a@b", "", 0), NULL), ROAMING_OK);
	assert_int_equal(one(set("c@b", "", 0), NULL), ROAMING_OK);
	assert_int_equal(one(set("tel:+15550100", "", 0), NULL), ROAMING_OK);
	assert_int_equal(one(set("d@b", "", 0), NULL), ROAMING_TOO_MANY);
	assert_int_equal(one(set("C@B", "again", 0), NULL), ROAMING_OK);	/* no new one */
	for (unsigned i = 2; i <= limits.groups; i++)
		assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "g"), NULL), ROAMING_OK);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "g"), NULL), ROAMING_TOO_MANY);
	assert_int_equal(one(group(CONTACTS_DELETE_GROUP, 3, ""), NULL), ROAMING_OK);
	assert_int_equal(one(group(CONTACTS_ADD_GROUP, 0, "new"),
	    "<contactDelta deltaNum=\"11\" prevDeltaNum=\"10\"><addedGroup id=\"3\" name=\"new\" "
	    "externalURI=\"\"/></contactDelta>"), ROAMING_OK);
	assert_full("<contactList deltaNum=\"11\">" OTHERS
	    "<group id=\"2\" name=\"g\" externalURI=\"\"/><group id=\"3\" name=\"new\" externalURI=\"\"/>"
	    "<group id=\"4\" name=\"g\" externalURI=\"\"/><group id=\"5\" name=\"g\" externalURI=\"\"/>"
	    "<contact uri=\"a@b\" name=\"\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/>"
	    "<contact uri=\"c@b\" name=\"again\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/>"
	    "<contact uri=\"tel:+15550100\" name=\"\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/>"
	    "</contactList>");
}

/* Contacts leave a group before it goes; what came and went is not mentioned. */
static void test_several_changes_are_one(void **state)
{
	const struct contacts_change first[] = {
		group(CONTACTS_ADD_GROUP, 0, "x"), set("b@c", "", IN(2)),
	};
	const struct contacts_change second[] = {
		set("e@f", "", IN(2)), set("b@c", "B", IN(1)), gone("e@f"),
		group(CONTACTS_DELETE_GROUP, 2, ""), group(CONTACTS_ADD_GROUP, 9, "y"),
		group(CONTACTS_MODIFY_GROUP, 9, "z"),
	};
	const struct contacts_change bad[] = { gone("b@c"), gone("b@c") };
	const struct contacts_change replace[] = { gone("b@c"), set("b@c", "D", 0) };
	const struct contacts_change clear = { .kind = CONTACTS_CLEAR };

	(void)state;
	assert_int_equal(apply(first, 2, "<contactDelta deltaNum=\"2\" prevDeltaNum=\"1\">"
	    "<addedGroup id=\"2\" name=\"x\" externalURI=\"\"/><addedContact uri=\"sip:b@c\" name=\"\" "
	    "groups=\"2\" subscribed=\"true\" externalURI=\"\"/></contactDelta>"), ROAMING_OK);
	assert_int_equal(apply(second, 6, "<contactDelta deltaNum=\"3\" prevDeltaNum=\"2\">"
	    "<addedGroup id=\"9\" name=\"z\" externalURI=\"\"/><modifiedContact uri=\"sip:b@c\" "
	    "name=\"B\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/><deletedGroup id=\"2\"/>"
	    "</contactDelta>"), ROAMING_OK);
	assert_int_equal(apply(bad, 2, NULL), ROAMING_UNKNOWN);
	assert_int_equal(list->count, 1);
	assert_int_equal(apply(replace, 2, "<contactDelta deltaNum=\"4\" prevDeltaNum=\"3\">"
	    "<modifiedContact uri=\"sip:b@c\" name=\"D\" groups=\"1\" subscribed=\"true\" "
	    "externalURI=\"\"/></contactDelta>"), ROAMING_OK);
	assert_int_equal(one(clear, "<contactDelta deltaNum=\"5\" prevDeltaNum=\"4\">"
	    "<deletedGroup id=\"9\"/><deletedContact uri=\"sip:b@c\"/></contactDelta>"), ROAMING_OK);
	assert_full("<contactList deltaNum=\"5\">" OTHERS "</contactList>");
}

static void test_an_extension_comes_back_as_it_was(void **state)
{
	struct contacts_change c = set("b@c", "", 0);

	(void)state;
	c.contact.extension = SLICE("<x a=\"1\"/>");
	c.contact.subscribed = false;
	assert_int_equal(one(c, NULL), ROAMING_OK);
	assert_full("<contactList deltaNum=\"2\">" OTHERS "<contact uri=\"b@c\" name=\"\" groups=\"1\" "
	    "subscribed=\"false\" externalURI=\"\"><contactExtension><x a=\"1\"/></contactExtension>"
	    "</contact></contactList>");
	c.contact.extension = SLICE("<x a=\"1\" />");
	assert_int_equal(one(c, NULL), ROAMING_TOO_LONG);
}

static const struct { const char *text; int err; uint64_t members; const char *again; } members[] = {
	{ "", 0, IN(1), "1" },
	{ "1 2 ", 0, IN(1) | IN(2), "1 2" },
	{ " 63\t10 10", 0, IN(10) | IN(63), "10 63" },
	{ "0", -EINVAL, 0, "" },
	{ "64", -EINVAL, 0, "" },
	{ "1,2", -EINVAL, 0, "" },
	{ "-1", -EINVAL, 0, "" },
	{ "99999999999999999999", -EINVAL, 0, "" },
};

static void test_members(void **state)
{
	char text[LIST_MEMBERS_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++) {
		uint64_t set_ = 0;

		assert_int_equal(list_members_parse(slice_str(members[i].text), &set_), members[i].err);
		assert_true(set_ == members[i].members);
		assert_slice(slice_of(text, list_members_format(set_, text)), members[i].again);
	}
	assert_int_equal(list_members_format(UINT64_MAX >> 1, text), 9 * 2 + 54 * 3 - 1);
}

static void test_numbers_wrap_past_zero(void **state)
{
	struct roaming_draft *d = draft_new(NULL, 0);

	(void)state;
	d->number = UINT32_MAX;
	list = list_make(SLICE("a@b"), d);
	draft_free(&d);
	assert_int_equal(one(set("b@c", "", 0), NULL), ROAMING_OK);
	assert_int_equal(list->number, 1);
}

static void test_memory_short(void **state)
{
	(void)state;
	assert_int_equal(one(set("b@c", "", 0), NULL), ROAMING_OK);
	OOM_WALK(nth) {
		struct roaming_draft *d = draft_new(list, 1);
		struct roaming_list *next = d ? list_make(SLICE("a@b"), d) : NULL;

		if (!oom_hit())
			assert_non_null(next);
		free(next);
		draft_free(&d);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

UNIT_MAIN(
	TEST(test_nobody_has_group_1_and_number_1),
	TEST(test_each_change_has_one_number_and_tells_itself),
	TEST(test_a_refused_change_costs_no_number),
	TEST(test_limits),
	TEST(test_several_changes_are_one),
	TEST(test_an_extension_comes_back_as_it_was),
	TEST(test_members),
	TEST(test_numbers_wrap_past_zero),
	TEST(test_memory_short))
