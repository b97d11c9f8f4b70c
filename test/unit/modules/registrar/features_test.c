/*
 * Features that are asked for beside those that are declared (RFC 3840, RFC 3841).
 */
#include "modules/registrar/features.h"

#include "test/unit.h"

static const struct {
	const char *asked, *params;
	unsigned    count, declared;
	bool        contradicts;
} cases[] = {
	{ ";video", ";video", 1, 1, false },
	{ "video", ";audio;VIDEO=\"true\"", 1, 1, false },
	{ ";video", ";video=\"FALSE\"", 1, 1, true },
	{ ";video=\"FALSE\"", ";video", 1, 1, true },
	{ ";video", ";audio", 1, 0, false },
	{ ";video;audio;require;explicit", ";audio", 2, 1, false },
	{ ";methods=\"MESSAGE\"", ";methods=\"INVITE,MESSAGE\"", 1, 1, false },
	{ ";methods=\"MESSAGE\"", ";methods=\"INVITE, BYE\"", 1, 1, true },
	{ ";language=\"!fr\"", ";language=\"fr\"", 1, 1, true },
	{ ";language=\"!fr\"", ";language=\"fr,de\"", 1, 1, false },
	{ ";language=\"!fr,!de\"", ";language=\"!it\"", 1, 1, false },
	{ ";language=\"it\"", ";language=\"!it\"", 1, 1, true },
	{ ";language=\"en\"", ";language=\"!it\"", 1, 1, false },
	{ ";priority=\"#3:7\"", ";priority=\"#>=5\"", 1, 1, false },
	{ ";priority=\"#<=4\"", ";priority=\"#>=5\"", 1, 1, true },
	{ ";priority=\"#=5.25\"", ";priority=\"#5.2:5.3\"", 1, 1, false },
	{ ";priority=\"#=-1\"", ";priority=\"#=1\"", 1, 1, true },
	{ ";priority=\"#\"", ";priority=\"#:\"", 1, 1, true },
	{ ";priority=\"#99999999999999999999\"", ";priority=\"#>=1\"", 1, 1, true },
	{ ";description=\"<a, b>\"", ";description=\"<x>,<a, b>\"", 1, 1, false },
	{ ";description=\"<A>\"", ";description=\"<a>\"", 1, 1, true },
	{ ";+x.y=\"1\"", ";+x.y=\"1,2\"", 1, 1, false },
	{ ";+sip.instance=\"<urn:uuid:1>\"", "", 1, 1, false },
	{ ";+sip.instance=\"<urn:uuid:2>\"", "", 1, 1, true },
	{ ";q=0.5;nonsense;;=;\"", ";video", 0, 0, false },
	{ "", ";video", 0, 0, false },
};

static void compared(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct usrloc_binding b = { .params = slice_str(cases[i].params),
		    .instance = SLICE("<urn:uuid:1>") };
		struct feature_fit fit = features_compare(arena, slice_str(cases[i].asked), &b);

		if (fit.asked != cases[i].count || fit.declared != cases[i].declared ||
		    fit.contradicts != cases[i].contradicts)
			fail_msg("case %zu: %s beside %s", i, cases[i].asked, cases[i].params);
	}
	arena_free(&arena);
}

static void declared_at_all(void **state)
{
	const struct usrloc_binding none = { .params = SLICE(";epid=1;transport=tcp") };
	const struct usrloc_binding one = { .params = SLICE(";epid=1;+org.example.x") };

	(void)state;
	assert_false(features_any(&none));
	assert_true(features_any(&one));
}

UNIT_MAIN(
	cmocka_unit_test(compared),
	cmocka_unit_test(declared_at_all)
)
