/*
 * What one REGISTER makes of a user's bindings (RFC 3261 10.3, RFC 5626 6).
 *
 * A case is a list of requests in short form, each carried out on what the
 * last one left: "call-id cseq: contact=expires, ...", "*" for all.
 */
#include "modules/usrloc/usrloc.h"

#include "test/unit.h"

#define NOW 1000

struct step {
	const char        *call_id;
	uint32_t           cseq;
	const char        *contacts[4];	/* NULL ends; "*": all */
	int64_t            expires[4];	/* seconds from now */
	enum usrloc_result result;
	const char        *left;	/* contacts afterwards, by q and age, space behind each */
};

struct policy { unsigned max_contacts; bool replace_oldest; };

static struct usrloc ul;
static struct record *record;
static int64_t clock_now;
static bool is_copy;			/* nothing may come of the next step */

static void publish(struct plan *plan)
{
	struct record *next = plan->keep_count ? record_new(&ul, SLICE("a@b"), plan->keep,
	    plan->keep_count) : NULL;

	if (record)
		record_discard(record);
	record = next;
}

static void fill(struct usrloc_binding *b, const struct step *s, unsigned i)
{
	*b = (struct usrloc_binding){
		.contact = slice_str(s->contacts[i]), .call_id = slice_str(s->call_id),
		.cseq = s->cseq, .q = 1000, .expires = clock_now + s->expires[i],
		.changed = clock_now,
	};
}

static void describe(char *text, size_t room)
{
	text[0] = '\0';
	for (unsigned i = 0; record && i < record->pub.count; i++) {
		size_t at = strlen(text);

		snprintf(text + at, room - at, "%.*s ", SLICE_ARG(binding_text(record_binding(record, i), TEXT_CONTACT)));
	}
}

static void run(const struct step *s, const struct policy *p)
{
	struct usrloc_want wants[4] = { 0 };
	struct usrloc_change change = { .aor = SLICE("a@b"), .wants = wants,
	    .max_contacts = p->max_contacts, .replace_oldest = p->replace_oldest };
	struct plan plan;
	char left[256];

	for (; change.count < 4 && s->contacts[change.count]; change.count++)
		fill(&wants[change.count].binding, s, change.count);
	change.remove_all = strcmp(s->contacts[0], "*") == 0;
	assert_int_equal(plan_make(record, &change, clock_now, &plan), s->result);
	if (is_copy)
		assert_false(plan_changes_anything(&plan));
	if (s->result == USRLOC_OK)
		publish(&plan);
	describe(left, sizeof(left));
	assert_string_equal(left, s->left);
	clock_now++;
}

static void run_all(const struct step *steps, size_t count, const struct policy *p)
{
	clock_now = NOW;
	for (size_t i = 0; i < count; i++)
		run(&steps[i], p);
	if (record)
		record_discard(record);
	record = NULL;
}

static void test_register_refresh_remove(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 " },
		{ "c1", 2, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 " },
		{ "c2", 1, { "sip:a@2" }, { 60 }, USRLOC_OK, "sip:a@2 sip:a@1 " },
		{ "c1", 3, { "sip:a@1" }, { 0 }, USRLOC_OK, "sip:a@2 " },
		{ "c1", 4, { "sip:a@1" }, { 0 }, USRLOC_OK, "sip:a@2 " },	/* again: harmless */
		{ "c2", 2, { "*" }, { 0 }, USRLOC_OK, "" },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 10, false });
}

/* 10.3 step 7: within one Call-ID an older or equal CSeq fails the whole request. */
static void test_order(void **state)
{
	static const struct step steps[] = {
		{ "c1", 5, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 " },
		{ "c1", 5, { "sip:a@1" }, { 90 }, USRLOC_OUT_OF_ORDER, "sip:a@1 " },
		{ "c1", 5, { "sip:a@1" }, { 0 }, USRLOC_OUT_OF_ORDER, "sip:a@1 " },
		{ "c1", 4, { "sip:a@9", "sip:a@1" }, { 60, 0 }, USRLOC_OUT_OF_ORDER, "sip:a@1 " },
		{ "c1", 4, { "*" }, { 0 }, USRLOC_OUT_OF_ORDER, "sip:a@1 " },
		{ "c1", 5, { "*" }, { 0 }, USRLOC_OUT_OF_ORDER, "sip:a@1 " },
		{ "c9", 1, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 " },	/* other Call-ID */
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 10, false });
}

/* An LCS client that starts again in the same second has the Call-ID it had; on its connection
 * the order counts. */
static void test_reborn(void **state)
{
	struct usrloc_want want = { .binding = { .contact = SLICE("sip:a@1"), .q = 1000,
	    .call_id = SLICE("c1"), .cseq = 3, .params = SLICE(";epid=cf0b98dadeb9"),
	    .expires = NOW + 60, .changed = NOW, .received.flow = 7 } };
	struct usrloc_change change = { .aor = SLICE("a@b"), .wants = &want, .count = 1,
	    .max_contacts = 10 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_OK);
	publish(&plan);
	want.binding.contact = SLICE("sip:a@2");
	assert_int_equal(plan_make(record, &change, NOW, &plan), USRLOC_OUT_OF_ORDER);
	want.binding.received.flow = 8;
	want.binding.params = SLICE(";epid=cf0b98dade00");
	want.binding.contact = SLICE("sip:a@1");
	want.binding.cseq = 2;
	assert_int_equal(plan_make(record, &change, NOW, &plan), USRLOC_OUT_OF_ORDER);
	want.binding.params = SLICE(";epid=CF0B98DADEB9");
	want.binding.contact = SLICE("sip:a@2");
	assert_int_equal(plan_make(record, &change, NOW, &plan), USRLOC_OK);
	publish(&plan);
	assert_int_equal(record->pub.count, 1);
	assert_true(slice_eq(binding_text(record_binding(record, 0), TEXT_CONTACT), SLICE("sip:a@2")));
	record_discard(record);
	record = NULL;
}

/* No transaction need stand before us: a copy changes nothing, and is no error (17.2.2). */
static void test_copies(void **state)
{
	static const struct step steps[] = {
		{ "c1", 5, { "sip:a@1", "sip:a@2" }, { 60, 60 }, USRLOC_OK, "sip:a@1 sip:a@2 " },
		{ "c1", 6, { "sip:a@1", "sip:a@2" }, { 60, 0 }, USRLOC_OK, "sip:a@1 " },
		{ "c2", 1, { "sip:a@3", "sip:a@4" }, { 60, 60 }, USRLOC_OK, "sip:a@4 sip:a@3 " },
		{ "c2", 2, { "*" }, { 0 }, USRLOC_OK, "" },
	};
	const struct policy replacing = { 2, true };

	(void)state;
	clock_now = NOW;
	for (size_t i = 0; i < COUNT(steps); i++) {
		run(&steps[i], &replacing);
		is_copy = true;
		run(&steps[i], &replacing);
		is_copy = false;
	}
}

/* The same contact twice in one request: the last one counts, nothing is out of order. */
static void test_doubles_in_one_request(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:a@1", "sip:a@1" }, { 60, 120 }, USRLOC_OK, "sip:a@1 " },
		{ "c1", 2, { "sip:a@2", "sip:a@2" }, { 60, 0 }, USRLOC_OK, "sip:a@1 " },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 10, false });
}

static void test_limit_refuses(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:a@1", "sip:a@2" }, { 60, 60 }, USRLOC_OK, "sip:a@1 sip:a@2 " },
		{ "c2", 1, { "sip:a@3" }, { 60 }, USRLOC_TOO_MANY, "sip:a@1 sip:a@2 " },
		{ "c1", 2, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 sip:a@2 " },	/* refresh */
		{ "c3", 1, { "sip:a@1", "sip:a@3" }, { 0, 60 }, USRLOC_OK, "sip:a@3 sip:a@2 " },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 2, false });
}

static void test_limit_replaces_oldest(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:a@1" }, { 60 }, USRLOC_OK, "sip:a@1 " },
		{ "c2", 1, { "sip:a@2" }, { 60 }, USRLOC_OK, "sip:a@2 sip:a@1 " },
		{ "c3", 1, { "sip:a@3" }, { 60 }, USRLOC_OK, "sip:a@3 sip:a@2 " },
		/* More than fit in one request: there is no older one to push out. */
		{ "c4", 1, { "sip:a@4", "sip:a@5", "sip:a@6" }, { 60, 60, 60 }, USRLOC_TOO_MANY,
		  "sip:a@3 sip:a@2 " },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 2, true });
}

static void test_same_uri_in_other_words(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:%61@HOST.example;Transport=TCP" }, { 60 }, USRLOC_OK,
		  "sip:%61@HOST.example;Transport=TCP " },
		{ "c1", 2, { "sip:a@host.example;transport=tcp" }, { 60 }, USRLOC_OK,
		  "sip:a@host.example;transport=tcp " },
		{ "c1", 3, { "sip:a@host.example:5061;transport=tcp" }, { 60 }, USRLOC_OK,
		  "sip:a@host.example:5061;transport=tcp sip:a@host.example;transport=tcp " },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 10, false });
}

static struct usrloc_binding flow(const char *contact, uint32_t reg_id, uint32_t cseq)
{
	return (struct usrloc_binding){
		.contact = slice_str(contact), .call_id = SLICE("c"), .cseq = cseq, .q = 1000,
		.instance = SLICE("<urn:uuid:1>"), .reg_id = reg_id, .expires = clock_now + 60,
		.changed = clock_now,
	};
}

static void register_flow(const char *contact, uint32_t reg_id, uint32_t cseq)
{
	struct usrloc_want want = { flow(contact, reg_id, cseq) };
	struct usrloc_change change = { .aor = SLICE("a@b"), .wants = &want, .count = 1 };
	struct plan plan;

	assert_int_equal(plan_make(record, &change, clock_now++, &plan), USRLOC_OK);
	publish(&plan);
}

/* RFC 5626 6: instance and reg-id name the binding, whatever address it has now. */
static void test_instance_and_reg_id(void **state)
{
	struct slice first_ruid;

	(void)state;
	clock_now = NOW;
	register_flow("sip:a@1", 1, 1);
	assert_int_equal(record->pub.count, 1);
	first_ruid = binding_text(record_binding(record, 0), TEXT_RUID);
	char ruid[32];

	memcpy(ruid, first_ruid.p, first_ruid.len);
	register_flow("sip:a@99", 1, 2);
	assert_int_equal(record->pub.count, 1);
	assert_slice(binding_text(record_binding(record, 0), TEXT_CONTACT), "sip:a@99");
	assert_memory_equal(binding_text(record_binding(record, 0), TEXT_RUID).p, ruid, first_ruid.len);
	register_flow("sip:a@99", 2, 3);
	assert_int_equal(record->pub.count, 2);
	record_discard(record);
	record = NULL;
}

/* Who bears a name and comes over another connection has begun anew, whatever its Call-ID says;
 * over the same one, and of who bears none, the order counts. */
/* Instead of core/net's (the linker's --wrap): connections live below a number. */
bool __wrap_flow_is_alive(flow_id id);
bool __wrap_flow_is_alive(flow_id id) { return id != 0 && id < 100; }

/* Who hung up and came back was heard first by the new connection. */
static void test_overtaken(void **state)
{
	static const struct { flow_id had, by; enum usrloc_result result; } cases[] = {
		{ 2, 101, USRLOC_OUT_OF_ORDER }, { 2, 3, USRLOC_OK }, { 101, 102, USRLOC_OK },
		{ 101, 2, USRLOC_OK }, { 101, 101, USRLOC_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct usrloc_want want = { flow("sip:a@1", 0, 5) };
		struct usrloc_change change = { .aor = SLICE("a@b"), .wants = &want, .count = 1 };
		struct plan plan;

		want.binding.received.transport = TRANSPORT_TCP;
		want.binding.received.flow = cases[i].had;
		assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_OK);
		publish(&plan);
		want.binding.call_id = SLICE("another");
		want.binding.received.flow = cases[i].by;
		assert_int_equal(plan_make(record, &change, NOW, &plan), cases[i].result);
		record_discard(record);
		record = NULL;
	}
}

static void test_incarnations(void **state)
{
	static const struct { uint32_t reg_id, cseq; flow_id by; enum usrloc_result result; } next[] = {
		{ 1, 4, 7, USRLOC_OUT_OF_ORDER }, { 1, 4, 8, USRLOC_OK }, { 1, 5, 8, USRLOC_OK },
		{ 0, 4, 7, USRLOC_OUT_OF_ORDER }, { 0, 4, 8, USRLOC_OUT_OF_ORDER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(next); i++) {
		struct usrloc_want want = { flow("sip:a@1", next[i].reg_id, 5) };
		struct usrloc_change change = { .aor = SLICE("a@b"), .wants = &want, .count = 1 };
		struct plan plan;

		want.binding.received.flow = 7;
		assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_OK);
		publish(&plan);
		want.binding.cseq = next[i].cseq;
		want.binding.received.flow = next[i].by;
		assert_int_equal(plan_make(record, &change, NOW, &plan), next[i].result);
		if (next[i].result == USRLOC_OK)
			assert_int_equal(plan.written_count, 1);	/* no copy: it takes the way */
		record_discard(record);
		record = NULL;
	}
}

/* What has run out is no binding any more, and its row goes too. */
static void test_expired_ones_go(void **state)
{
	static const struct step steps[] = {
		{ "c1", 1, { "sip:a@1" }, { 2 }, USRLOC_OK, "sip:a@1 " },
		{ "c2", 1, { "sip:a@2" }, { 60 }, USRLOC_OK, "sip:a@2 sip:a@1 " },
		{ "c2", 2, { "sip:a@2" }, { 60 }, USRLOC_OK, "sip:a@2 " },
	};

	(void)state;
	run_all(steps, COUNT(steps), &(struct policy){ 1 + 1, false });
}

static void test_hostile_counts(void **state)
{
	static struct usrloc_want wants[PLAN_MAX + 1];
	struct usrloc_change change = { .aor = SLICE("a@b"), .wants = wants };
	static char names[PLAN_MAX + 1][24];
	struct plan plan;

	(void)state;
	for (unsigned i = 0; i <= PLAN_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "sip:a@h%u.example", i);
		wants[i].binding = flow(names[i], 0, 1);
	}
	change.count = PLAN_MAX + 1;
	assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_TOO_MANY);
	change.count = PLAN_MAX;
	assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_OK);
	assert_int_equal(plan.written_count, PLAN_MAX);
	change.max_contacts = 3;
	assert_int_equal(plan_make(NULL, &change, NOW, &plan), USRLOC_TOO_MANY);
}

UNIT_MAIN(
	cmocka_unit_test(test_register_refresh_remove),
	cmocka_unit_test(test_order),
	cmocka_unit_test(test_reborn),
	cmocka_unit_test(test_copies),
	cmocka_unit_test(test_doubles_in_one_request),
	cmocka_unit_test(test_limit_refuses),
	cmocka_unit_test(test_limit_replaces_oldest),
	cmocka_unit_test(test_same_uri_in_other_words),
	cmocka_unit_test(test_instance_and_reg_id),
	cmocka_unit_test(test_incarnations),
	cmocka_unit_test(test_overtaken),
	cmocka_unit_test(test_expired_ones_go),
	cmocka_unit_test(test_hostile_counts),
)
