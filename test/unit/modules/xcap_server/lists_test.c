/*
 * From one list of contacts to another: by few changes, and what a document cannot say stays.
 */
#include "modules/xcap_server/lists.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/xml_read.h"

static bool read(struct xcap_book *b, struct arena *arena, const char *inside)
{
	static const struct xml_limits limits = { 65536, 16, 4096 };
	struct slice text = arena_printf(arena,
	    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">%s</resource-lists>",
	    inside);
	struct xml_node *root;
	struct xml_defect why;
	struct xcap_error e;

	if (!text.p || xml_read(arena, text, &limits, &root, &why) != 0)
		return false;
	xcap_book_init(b, arena);
	return xcap_book_read(b, root, &e);
}

/* "set bob@x Bob 2;", "delete bob@x;", "add 2 Work;", "rename 2 Home;", "drop 2;" */
static const char *describe(const struct contacts_change *c, unsigned count)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (; count; c++, count--) {
		const struct contacts_contact *who = &c->contact;
		size_t left = sizeof(text) - len;

		if (c->kind == CONTACTS_SET)
			len += (size_t)snprintf(text + len, left, "set %.*s%s%.*s %llx%s%.*s;",
			    SLICE_ARG(who->uri), who->name.len ? " " : "", SLICE_ARG(who->name),
			    (unsigned long long)who->members, who->subscribed ? "" : " quiet",
			    SLICE_ARG(who->external));
		else if (c->kind == CONTACTS_DELETE)
			len += (size_t)snprintf(text + len, left, "delete %.*s;", SLICE_ARG(who->uri));
		else if (c->kind == CONTACTS_DELETE_GROUP)
			len += (size_t)snprintf(text + len, left, "drop %u;", c->group.id);
		else
			len += (size_t)snprintf(text + len, left, "%s %u %.*s;",
			    c->kind == CONTACTS_ADD_GROUP ? "add" : "rename", c->group.id,
			    SLICE_ARG(c->group.name));
	}
	return text;
}

#define E(uri) "<entry uri=\"sip:" uri "\"/>"
#define N(uri, name) "<entry uri=\"sip:" uri "\"><display-name>" name "</display-name></entry>"
#define L(name, entries) "<list name=\"" name "\">" entries "</list>"

static const struct { const char *now, *wanted, *changes; } cases[] = {
	{ "", "", "" },
	{ "", L("Work", N("bob@x", "Bob")), "add 2 Work;set bob@x Bob 2;" },
	{ "", L("~", E("bob@x")), "set bob@x 1;" },
	{ L("Work", N("bob@x", "Bob")), L("Work", N("bob@x", "Bob")), "" },
	{ L("Work", N("bob@x", "Bob")), L("Work", N("BOB@X", "Bob")), "" },
	{ L("Work", N("bob@x", "Bob")), L("Work", E("bob@x")), "set bob@x 2;" },
	{ L("Work", E("bob@x")), L("Work", E("bob@x") E("carol@x")), "set carol@x 2;" },
	{ L("Work", E("bob@x") E("carol@x")), L("Work", E("carol@x")), "delete bob@x;" },
	{ L("Work", E("bob@x")), "", "delete bob@x;drop 2;" },
	/* in another group, in two, in none of them */
	{ L("A", E("bob@x")) L("B", ""), L("A", "") L("B", E("bob@x")), "set bob@x 4;" },
	{ L("A", E("bob@x")) L("B", ""), L("A", E("bob@x")) L("B", E("bob@x")), "set bob@x 6;" },
	{ L("A", E("bob@x")) L("B", E("bob@x")), L("B", E("bob@x")), "set bob@x 4;drop 2;" },
	{ L("A", E("bob@x")), L("~", E("bob@x")), "set bob@x 1;drop 2;" },
	/* a new name takes the place of one that goes, so nobody moves */
	{ L("A", E("bob@x")), L("C", E("bob@x")), "rename 2 C;" },
	{ L("A", E("bob@x")) L("B", ""), L("B", "") L("C", E("bob@x")), "rename 2 C;" },
	{ L("A", "") L("B", "") L("D", ""), L("B", ""), "drop 2;drop 4;" },
	/* the order of a document is not the groups' */
	{ L("A", "") L("B", E("bob@x")), L("B", E("bob@x")) L("A", ""), "" },
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new(0);
		struct contacts_change *changes;
		struct xcap_book now, wanted;
		unsigned count;

		assert_true(read(&now, arena, cases[i].now));
		assert_true(read(&wanted, arena, cases[i].wanted));
		assert_int_equal(xcap_book_compare(arena, &now, &wanted, &changes, &count), 0);
		if (strcmp(describe(changes, count), cases[i].changes) != 0)
			fail_msg("case %zu: %s", i, describe(changes, count));
		arena_free(&arena);
	}
}

static void test_what_stays(void **state)
{
	struct arena *arena = arena_new(0);
	struct contacts_change *changes;
	struct xcap_book now, wanted;
	unsigned count;

	(void)state;
	assert_true(read(&now, arena, L("A", E("bob@x"))));
	assert_true(read(&wanted, arena, L("A", N("bob@x", "Bob"))));
	now.contacts[0].subscribed = false;
	now.contacts[0].external = SLICE("!ext");
	assert_int_equal(xcap_book_compare(arena, &now, &wanted, &changes, &count), 0);
	assert_string_equal(describe(changes, count), "set bob@x Bob 2 quiet!ext;");
	/* two groups of one name are one list */
	now.groups[now.group_count++] = (struct contacts_group){ 9, SLICE("A"), SLICE("") };
	now.contacts[0].members = xcap_group_bit(9);
	assert_int_equal(xcap_book_compare(arena, &now, &wanted, &changes, &count), 0);
	assert_string_equal(describe(changes, count), "set bob@x Bob 2 quiet!ext;drop 9;");
	arena_free(&arena);
}

static void test_short_memory(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct arena *arena = arena_new(0);
		struct contacts_change *changes;
		struct xcap_book now, wanted;
		unsigned count = 0;
		bool ok = arena && read(&now, arena, L("A", E("bob@x"))) &&
		    read(&wanted, arena, L("B", N("carol@x", "C"))) &&
		    xcap_book_compare(arena, &now, &wanted, &changes, &count) == 0;

		assert_int_equal(ok, !oom_hit());
		if (ok)
			assert_int_equal(count, 3);
		if (arena)
			arena_free(&arena);
	}
}

UNIT_MAIN(cmocka_unit_test(test_changes), cmocka_unit_test(test_what_stays),
    cmocka_unit_test(test_short_memory))
