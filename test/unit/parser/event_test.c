/*
 * Event and Subscription-State.
 */
#include "parser/event.h"

#include "test/unit.h"

static void events_are_taken_apart(void **state)
{
	static const struct { const char *text, *type, *package, *templates, *id; } cases[] = {
		{ "presence", "presence", "presence", "", "" },
		{ " presence.winfo ; id = 7 ", "presence.winfo", "presence", "winfo", "7" },
		{ "a.b.c;x;ID=z", "a.b.c", "a", "b.c", "z" },
		{ "vnd-microsoft-roaming-contacts", "vnd-microsoft-roaming-contacts",
		    "vnd-microsoft-roaming-contacts", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_event e;

		assert_int_equal(sip_event_parse(slice_str(cases[i].text), &e, NULL), 0);
		assert_slice(e.type, cases[i].type);
		assert_slice(e.package, cases[i].package);
		assert_slice(e.templates, cases[i].templates);
		assert_slice(e.id, cases[i].id);
	}
}

static void bad_events_are_refused(void **state)
{
	static const char *const cases[] = { "", " ", ".a", ";id=1", "a b", "a;", "a;;id=1", "a;id=\"", "a,b" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_event e;

		if (sip_event_parse(slice_str(cases[i]), &e, NULL) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
	}
}

static void type_and_id_make_the_subscription(void **state)
{
	static const struct { const char *a, *b; bool eq; } cases[] = {
		{ "presence", "presence;x=1", true },
		{ "presence;id=1", "presence;id=1", true },
		{ "presence;id=1", "presence", false },
		{ "presence;id=a", "presence;id=A", false },
		{ "presence", "Presence", false },
		{ "presence", "presence.winfo", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_event a, b;

		assert_int_equal(sip_event_parse(slice_str(cases[i].a), &a, NULL), 0);
		assert_int_equal(sip_event_parse(slice_str(cases[i].b), &b, NULL), 0);
		assert_int_equal(sip_event_eq(&a, &b), cases[i].eq);
	}
}

static void states_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum sub_state state;
		const char *reason;
		int64_t expires, retry_after;
	} cases[] = {
		{ "active", SUB_STATE_ACTIVE, "", -1, -1 },
		{ "ACTIVE;expires=3600", SUB_STATE_ACTIVE, "", 3600, -1 },
		{ "pending ; expires = 0", SUB_STATE_PENDING, "", 0, -1 },
		{ "terminated;reason=probation;retry-after=4294967295", SUB_STATE_TERMINATED,
		    "probation", -1, UINT32_MAX },
		{ "waiting;x", SUB_STATE_OTHER, "", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_sub_state s;

		assert_int_equal(sip_sub_state_parse(slice_str(cases[i].text), &s, NULL), 0);
		assert_int_equal(s.state, cases[i].state);
		assert_slice(s.reason, cases[i].reason);
		assert_int_equal(s.expires, cases[i].expires);
		assert_int_equal(s.retry_after, cases[i].retry_after);
	}
	assert_slice(sip_sub_state_name(SUB_STATE_PENDING), "pending");
	assert_slice(sip_sub_state_name(SUB_STATE_OTHER), "");
}

static void bad_states_are_refused(void **state)
{
	static const char *const cases[] = { "", "active;", "active;expires=", "active;expires=-1",
		"active;expires=4294967296", "active;retry-after=x", "active expires=1" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_sub_state s;

		if (sip_sub_state_parse(slice_str(cases[i]), &s, NULL) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
	}
}

UNIT_MAIN(cmocka_unit_test(events_are_taken_apart), cmocka_unit_test(bad_events_are_refused),
    cmocka_unit_test(type_and_id_make_the_subscription),
    cmocka_unit_test(states_are_taken_apart), cmocka_unit_test(bad_states_are_refused))
