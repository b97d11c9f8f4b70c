/*
 * test/unit/core/mod/generation_test.c - modules in order, parameters bound, hooks ordered,
 * one generation after another.
 */
#include "test/unit.h"

#include "core/mod/lifecycle.h"
#include "core/mod/sort.h"
#include "test/unit/core/mod/fixture.h"
#include "utils/epoch.h"

/* ---- modules that need each other in various ways ---- */

static char journal[256];		/* what was called, in order */

static void note(const char *what, const struct lcs_mod *mod)
{
	size_t n = strlen(journal);

	snprintf(journal + n, sizeof(journal) - n, "%s:%s ", what, lcs_mod_name(mod));
}

static int refuse;			/* prepare() of t_user gives this */

static int note_prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	(void)next;
	(void)conf;
	note("prepare", mod);
	return slice_eq(slice_str(lcs_mod_name(mod)), SLICE("t_user")) ? refuse : 0;
}
static void note_commit(struct lcs_mod *mod, struct gen *next) { (void)next; note("commit", mod); }
static void note_retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)old;
	(void)conf;
	note("retire", mod);
}

static enum hook_result pass(struct lcs_call *call) { (void)call; return HOOK_PASS; }

static const struct lcs_iface base_ifaces[] = { { "t_base", 2, "table" }, { 0 } };
static const struct lcs_hook base_hooks[] = { { STAGE_REQUEST, 200, pass }, { 0 } };
LCS_MODULE(t_base, .summary = "base", .ifaces = base_ifaces, .hooks = base_hooks,
    .prepare = note_prepare, .commit = note_commit, .retire = note_retire);

struct user {
	const struct t_base_api  *base;
	struct t_base            *base_state;
	const struct t_extra_api *extra;
	struct t_extra           *extra_state;
};
static const struct lcs_need user_needs[] = {
	NEED(struct user, base, t_base, 2), NEED_OPTIONAL(struct user, extra, t_extra, 1), { 0 }
};
static const struct lcs_hook user_hooks[] = {
	{ STAGE_REQUEST, 100, pass }, { STAGE_RESPONSE, 5, pass }, { 0 }
};
LCS_MODULE(t_user, .summary = "user", .needs = user_needs, .hooks = user_hooks,
    .shared_size = sizeof(struct user), .prepare = note_prepare, .commit = note_commit, .retire = note_retire);

static const struct lcs_iface extra_ifaces[] = { { "t_extra", 1, "table" }, { 0 } };
LCS_MODULE(t_extra, .summary = "extra", .ifaces = extra_ifaces, .prepare = note_prepare,
    .commit = note_commit, .retire = note_retire);

static const struct lcs_need old_needs[] = { { .name = "t_base", .version = 1 }, { 0 } };
LCS_MODULE(t_old, .summary = "made for another version of t_base", .needs = old_needs);

static const struct lcs_need egg_needs[] = { { .name = "t_hen", .version = 1 }, { 0 } };
static const struct lcs_iface egg_ifaces[] = { { "t_egg", 1, "table" }, { 0 } };
LCS_MODULE(t_egg, .summary = "egg", .needs = egg_needs, .ifaces = egg_ifaces);
static const struct lcs_need hen_needs[] = { { .name = "t_egg", .version = 1 }, { 0 } };
static const struct lcs_iface hen_ifaces[] = { { "t_hen", 1, "table" }, { 0 } };
LCS_MODULE(t_hen, .summary = "hen", .needs = hen_needs, .ifaces = hen_ifaces);

static const struct lcs_hook tie_hooks[] = { { STAGE_REQUEST, 200, pass }, { 0 } };
LCS_MODULE(t_tie, .summary = "wants t_base's place", .hooks = tie_hooks);

struct t_conf {
	struct slice       text;
	int64_t            number;
	bool               flag;
	msec_t             time;
	struct sip_uri     uri;
	struct lcs_strings words;
	struct slice       mode;
};
static const struct lcs_param conf_params[] = {
	PARAM_STRING(struct t_conf, text, "preset", "a text"),
	PARAM_INT(struct t_conf, number, "7", 1, 10, "a number"),
	PARAM_BOOL(struct t_conf, flag, "no", "a flag"),
	PARAM_DURATION(struct t_conf, time, "30s", 1, 600000, "ms", "a time"),
	PARAM_URI(struct t_conf, uri, "sip:preset@example.com", "a URI"),
	PARAM_STRINGS(struct t_conf, words, "words"),
	PARAM_WORD(struct t_conf, mode, "one", "one|two", "a word"),
	{ 0 }
};
static int conf_check(const void *conf, struct diag *diag)
{
	const struct t_conf *c = conf;

	if (c->flag && c->number == 7)
		return diag_error(diag, "flag", "does not go with number 7");
	return 0;
}
LCS_MODULE(t_conf, .summary = "parameters", .params = conf_params,
    .conf_size = sizeof(struct t_conf), .check = conf_check);

/* ---- tests ---- */

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	journal[0] = '\0';
	refuse = 0;
	fixture_open(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static const struct t_conf *conf_of(const struct lcs_gen *gen)
{
	return lcs_conf(&loader_find(f.loader, "t-conf.so")->mod, &gen->gen);
}

static void needs_come_first(void **state)
{
	struct lcs_gen *gen = fixture_build(&f,
	    "loadmodule \"t_user\"\nloadmodule \"t-extra.so\"\nloadmodule \"t_base\"");
	struct loaded *const *order;

	(void)state;
	assert_non_null(gen);
	assert_int_equal(generation_modules(gen, &order), 3);
	assert_string_equal(order[0]->desc->name, "t_base");
	assert_string_equal(order[1]->desc->name, "t_extra");
	assert_string_equal(order[2]->desc->name, "t_user");
	generation_drop(&gen);
}

static void needs_are_kept(void **state)
{
	struct lcs_gen *gen = fixture_build(&f, "loadmodule \"t_base\"\nloadmodule \"t_user\"");
	const struct loaded *base = loader_find(f.loader, "t_base");
	const struct user *user;
	const char *why;

	(void)state;
	assert_non_null(gen);
	assert_int_equal(modules_load(gen, &why), 0);
	user = loader_find(f.loader, "t_user")->mod.shared;
	assert_ptr_equal(user->base, base_ifaces[0].table);
	assert_ptr_equal(user->base_state, base->mod.shared);
	assert_null(user->extra);	/* it is not loaded */
	assert_null(user->extra_state);
	generation_drop(&gen);
}

static void hooks_run_by_their_order(void **state)
{
	struct lcs_gen *gen = fixture_build(&f, "loadmodule \"t_base\"\nloadmodule \"t_user\"");

	(void)state;
	assert_non_null(gen);
	assert_int_equal(gen->hooks[STAGE_REQUEST].count, 2);
	assert_string_equal(gen->hooks[STAGE_REQUEST].items[0].mod->name, "t_user");
	assert_string_equal(gen->hooks[STAGE_REQUEST].items[1].mod->name, "t_base");
	assert_int_equal(gen->hooks[STAGE_RESPONSE].count, 1);
	assert_int_equal(gen->hooks[STAGE_SENDING].count, 0);
	generation_drop(&gen);
}

static const struct { const char *text, *says; } wrong[] = {
	{ "loadmodule \"t_user\"", "\"t_base\"" },
	{ "loadmodule \"t_base\"\nloadmodule \"t_old\"", "needs version 1 of \"t_base\"" },
	{ "loadmodule \"t_egg\"\nloadmodule \"t_hen\"", "need each other" },
	{ "loadmodule \"t_base\"\nloadmodule \"t_tie\"", "both want to see messages at place 200" },
	{ "loadmodule \"t_conf\"\nmodparam(\"t_conf\", \"flag\", true)", "does not go with number 7" },
	{ "loadmodule \"t_conf\"\nmodparam(\"t_conf\", \"number\", 11)", "1 .. 10" },
	{ "loadmodule \"t_conf\"\nmodparam(\"t_conf\", \"mode\", \"three\")", "three" },
	{ "loadmodule \"t_nothing\"", "no file t_nothing.so" },
	{ "loadmodule \"../evil\"", "../evil" },
};

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		teardown(NULL);
		setup(NULL);
		assert_null(fixture_build(&f, wrong[i].text));
		if (!fixture_says(&f, wrong[i].says))
			fail_msg("%s: \"%s\" is not said in:\n%.*s", wrong[i].text, wrong[i].says,
			    SLICE_ARG(diag_text(f.diag, DIAG_TEXT, f.arena)));
	}
}

static void presets_fill_the_conf(void **state)
{
	struct lcs_gen *gen = fixture_build(&f, "loadmodule \"t_conf\"");
	const struct t_conf *c;

	(void)state;
	assert_non_null(gen);
	c = conf_of(gen);
	assert_slice(c->text, "preset");
	assert_int_equal(c->number, 7);
	assert_false(c->flag);
	assert_int_equal(c->time, 30000);
	assert_slice(c->uri.user, "preset");
	assert_int_equal(c->words.count, 0);
	assert_slice(c->mode, "one");
	generation_drop(&gen);
}

static void parameters_fill_the_conf(void **state)
{
	struct lcs_gen *gen = fixture_build(&f,
	    "module \"t_conf\" { text = \"mine\"; number = 3; flag = yes; time = 2m;\n"
	    "uri = \"sips:x@y\"; mode = \"two\"; }\n"
	    "modparam(\"t_conf\", \"words\", \"a\")\nmodparam(\"t_conf\", \"words\", \"b\")");
	const struct t_conf *c;

	(void)state;
	assert_non_null(gen);
	c = conf_of(gen);
	assert_slice(c->text, "mine");
	assert_int_equal(c->number, 3);
	assert_true(c->flag);
	assert_int_equal(c->time, 120000);
	assert_int_equal(c->uri.scheme, URI_SIPS);
	assert_int_equal(c->words.count, 2);
	assert_slice(c->words.items[1], "b");
	assert_slice(c->mode, "two");
	generation_drop(&gen);
}

static void a_refusal_retires_who_had_prepared(void **state)
{
	struct lcs_gen *gen = fixture_build(&f,
	    "loadmodule \"t_base\"\nloadmodule \"t_extra\"\nloadmodule \"t_user\"");
	const char *who = NULL;

	(void)state;
	refuse = -EBUSY;
	assert_int_equal(generation_prepare(gen, &who), -EBUSY);
	assert_string_equal(who, "t_user");
	assert_string_equal(journal, "prepare:t_base prepare:t_extra prepare:t_user "
	    "retire:t_extra retire:t_base ");
	generation_drop(&gen);
	assert_string_equal(journal, "prepare:t_base prepare:t_extra prepare:t_user "
	    "retire:t_extra retire:t_base ");
}

/* Who began under a generation finishes under it, with its parameters. */
static void the_old_one_stays_until_its_last_message_is_gone(void **state)
{
	struct lcs_gen *one = fixture_build(&f, "loadmodule \"t_base\"\nloadmodule \"t_conf\"\n"
	    "modparam(\"t_conf\", \"number\", 1)");
	struct lcs_gen *two;
	struct gen *held;
	const char *who;

	(void)state;
	assert_int_equal(generation_prepare(one, &who), 0);
	generation_commit(&one);
	assert_null(one);
	held = gen_take();
	two = fixture_build(&f, "loadmodule \"t_base\"\nloadmodule \"t_conf\"\n"
	    "modparam(\"t_conf\", \"number\", 2)");
	assert_int_equal(generation_prepare(two, &who), 0);
	journal[0] = '\0';
	generation_commit(&two);
	epoch_drain();
	gen_collect();
	assert_string_equal(journal, "commit:t_base ");
	assert_int_equal(conf_of(plan_of(held))->number, 1);
	assert_int_equal(conf_of(plan_of(gen_peek()))->number, 2);
	assert_true(gen_peek()->number > held->number);
	gen_unref(&held);
	gen_collect();
	assert_string_equal(journal, "commit:t_base retire:t_base ");
	gen_commit(NULL);
	epoch_drain();
	gen_collect();
	assert_string_equal(journal, "commit:t_base retire:t_base retire:t_base ");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
UNIT_MAIN(
	TEST(needs_come_first),
	TEST(needs_are_kept),
	TEST(hooks_run_by_their_order),
	TEST(what_is_wrong_is_said),
	TEST(presets_fill_the_conf),
	TEST(parameters_fill_the_conf),
	TEST(a_refusal_retires_who_had_prepared),
	TEST(the_old_one_stays_until_its_last_message_is_gone),
)
