/*
 * rules_test - which rule decides for whom, whatever their order; and what is no rule.
 */
#include "modules/provisioning/rules.h"
#include "test/oom.h"
#include "test/unit.h"

static struct rules *read_these(const char *const *texts, size_t count, const char **why)
{
	struct slice items[8], bad;
	const struct lcs_strings strings = { count, items };

	for (size_t i = 0; i < count; i++)
		items[i] = slice_str(texts[i]);
	return rules_read(&strings, &bad, why);
}

/* From the one that decides last to the one that decides first. */
static const char *const by_weight[] = {
	"all allow video", "com allow video", "Example.com allow video",
	"DC=com allow video", "OU=b,DC=com allow video", "ou=A,ou=b,dc=COM allow video",
	"Alice@example.com allow video",
};

static const struct rule_user alice = {
	{ "alice@example.com", 17 }, { "CN=Alice,OU=a,OU=b,DC=com", 25 },
};

/* What is decided by the first so many of them, given in this order and in the other. */
static void decided_by(size_t count, size_t step)
{
	const char *texts[COUNT(by_weight)], *why;
	struct rules *r;
	const struct rule *rule;

	for (size_t i = 0; i < count; i++)
		texts[i] = by_weight[step ? i : count - 1 - i];
	r = read_these(texts, count, &why);
	assert_non_null(r);
	rule = rules_find(r, &alice, rule_feature_bit(SLICE("video")));
	assert_non_null(rule);
	assert_slice(rule->text, by_weight[count - 1]);
	assert_null(rules_find(r, &alice, rule_feature_bit(SLICE("audio"))));
	rules_free(&r);
}

static void the_most_special_rule_decides_in_any_order(void **state)
{
	(void)state;
	for (size_t count = 1; count <= COUNT(by_weight); count++) {
		decided_by(count, 0);
		decided_by(count, 1);
	}
}

static void of_equal_ones_the_last_decides(void **state)
{
	static const char *const texts[] = { "OU=b,DC=com deny im", "OU=B, DC=com allow im,audio",
	    "OU=b,DC=com deny audio" };
	const char *why;
	struct rules *r = read_these(texts, COUNT(texts), &why);

	(void)state;
	assert_non_null(r);
	assert_true(r->has_units);
	assert_true(rules_allow(r, &alice, rule_feature_bit(SLICE("im"))));
	assert_false(rules_allow(r, &alice, rule_feature_bit(SLICE("audio"))));
	rules_free(&r);
}

static void all_features_are_those_too_that_nobody_knows(void **state)
{
	static const char *const texts[] = { "all deny all" };
	const char *why;
	struct rules *r = read_these(texts, 1, &why);

	(void)state;
	assert_non_null(r);
	assert_false(rules_allow(r, &alice, rule_feature_bit(SLICE("telepathy"))));
	rules_free(&r);
}

static const struct { const char *text; enum rule_level level; const char *who; } good[] = {
	{ "all deny im", RULE_ALL, "all" },
	{ "  example.com   deny  im , audio ", RULE_DOMAIN, "example.com" },
	{ "a@example.com deny im", RULE_USER, "a@example.com" },
	{ "a=b@example.com deny im", RULE_USER, "a=b@example.com" },
	{ "O=a@b,DC=com deny im", RULE_UNIT, "O=a@b,DC=com" },
	{ "OU=x allow y,DC=com deny im", RULE_UNIT, "OU=x allow y,DC=com" },
	{ "OU = a , DC = com deny im", RULE_UNIT, "OU=a,DC=com" },
	{ "OU=a\\, b,DC=com deny im", RULE_UNIT, "OU=a\\2C b,DC=com" },
	{ "DC=com deny im", RULE_UNIT, "DC=com" },
	{ "[2001:db8::1] deny im", RULE_DOMAIN, "[2001:db8::1]" },
};

static void who_a_rule_is_for_is_known_by_its_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		const char *why;
		struct rules *r = read_these(&good[i].text, 1, &why);

		if (!r)
			fail_msg("\"%s\" %s", good[i].text, why);
		assert_int_equal(r->list[0].level, good[i].level);
		assert_slice(r->list[0].who, good[i].who);
		rules_free(&r);
	}
}

static const char *const bad[] = {
	"", " ", "deny im", "all im", "all deny", "all deny ", "all deny im,,audio",
	"all deny im;audio", "all forbid im", "two words deny im", "a,b deny im", "@example.com x deny im",
	"OU=a deny", "group:sales deny im", "a@group:b deny im",
	"sip:bob@example.com deny im", "OU=a;DC=b deny im", "OU=a, b,DC=c deny im", "= deny im", "OU=\xff deny im",
};

static void what_is_no_rule_is_said_to_be_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		struct rules *r = read_these(&bad[i], 1, &why);

		if (r || !why)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void others_are_told_from_the_same(void **state)
{
	static const char *const first[] = { "all deny im", "com deny im" };
	static const char *const other[] = { "all deny im", "com deny audio" };
	const char *why;
	struct rules *a = read_these(first, 2, &why), *b = read_these(first, 2, &why);
	struct rules *c = read_these(other, 2, &why), *d = read_these(first, 1, &why);

	(void)state;
	assert_true(rules_are_alike(a, b));
	assert_false(rules_are_alike(a, c));
	assert_false(rules_are_alike(a, d));
	assert_false(rules_are_alike(d, a));
	rules_free(&a);
	rules_free(&b);
	rules_free(&c);
	rules_free(&d);
}

static void memory_may_be_short(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		const char *why;
		struct rules *r = read_these(by_weight, COUNT(by_weight), &why);

		if (!oom_hit())
			assert_non_null(r);
		else if (!r)
			assert_non_null(why);
		rules_free(&r);
	}
}

UNIT_MAIN(
    cmocka_unit_test(the_most_special_rule_decides_in_any_order),
    cmocka_unit_test(of_equal_ones_the_last_decides),
    cmocka_unit_test(all_features_are_those_too_that_nobody_knows),
    cmocka_unit_test(who_a_rule_is_for_is_known_by_its_form),
    cmocka_unit_test(what_is_no_rule_is_said_to_be_none),
    cmocka_unit_test(others_are_told_from_the_same),
    cmocka_unit_test(memory_may_be_short)
)
