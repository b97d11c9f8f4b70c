/*
 * test/unit/core/mod/keep_test.c - what a reload cannot change keeps its value, and says so.
 */
#include "test/unit.h"

#include "core/mod/keep.h"
#include "core/mod/params.h"
#include "test/unit/core/mod/fixture.h"

#include <errno.h>

struct t_conf { int64_t slots; struct slice text, secret; struct lcs_strings words; };
static const struct lcs_param params[] = {
	{ "slots", VALUE_INT, LCS_AT(struct t_conf, slots, int64_t), "7", 1, 100, "fixed", NULL,
	  NULL, PARAM_NEEDS_RESTART },
	PARAM_STRING(struct t_conf, text, "preset", "changes"),
	{ "secret", VALUE_STRING, LCS_AT(struct t_conf, secret, struct slice), "", 0, 0, "hidden",
	  NULL, NULL, PARAM_NEEDS_RESTART | PARAM_SECRET },
	{ "words", VALUE_LIST, LCS_AT(struct t_conf, words, struct lcs_strings), "", 0, 0, "a list",
	  NULL, NULL, PARAM_NEEDS_RESTART },
	{ 0 }
};
LCS_MODULE(t_keep, .summary = "stays", .params = params, .conf_size = sizeof(struct t_conf));
LCS_MODULE(t_leave, .summary = "may leave", .flags = MODULE_MAY_LEAVE);
LCS_MODULE(t_start, .summary = "joins at start", .flags = MODULE_AT_START);

struct pair {
	struct fixture f;
	struct cfg    *now;
	json_t        *restart;
};

static void begin(struct pair *p, const char *now)
{
	fixture_open(&p->f);
	assert_int_equal(fixture_load(&p->f, now), 0);
	p->now = p->f.cfg;
	p->f.cfg = NULL;
	p->restart = json_array();
}

static int next(struct pair *p, const char *text)
{
	json_array_clear(p->restart);
	diag_free(&p->f.diag);
	p->f.diag = diag_new();
	assert_int_equal(fixture_load(&p->f, text), 0);
	return keep_running(p->f.cfg, p->now, p->f.diag, p->restart);
}

static void end(struct pair *p)
{
	cfg_free(&p->now);
	json_decref(p->restart);
	fixture_close(&p->f);
}

static const struct t_conf *conf_of(struct pair *p)
{
	const struct cfg_module *m = keep_module(p->f.cfg, "t_keep");
	void *conf;

	assert_non_null(m);
	assert_int_equal(params_bind(p->f.cfg, m, &lcs_module_t_keep, &conf), 0);
	return conf;
}

static void settings_that_need_a_restart_keep_their_value(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "workers = 2\nmax_branches = 4");
	assert_int_equal(next(&p, "workers = 3\nmax_branches = 5"), 0);
	assert_int_equal(cfg_setting(p.f.cfg, "workers")->i, 2);
	assert_int_equal(cfg_setting(p.f.cfg, "max_branches")->i, 5);
	assert_true(fixture_says(&p.f, "warning[W0420]: workers takes effect when lcs is restarted"));
	assert_true(fixture_says(&p.f, "until then it stays \"2\""));
	assert_int_equal(json_array_size(p.restart), 1);
	assert_int_equal(next(&p, "workers = 2"), 0);
	assert_int_equal(json_array_size(p.restart), 0);
	end(&p);
}

static void parameters_too_with_lists_and_without_secrets(void **state)
{
	const struct t_conf *conf;
	struct pair p;

	(void)state;
	begin(&p, "module \"t_keep\" { slots = 9; secret = \"old\"; words = \"a\"; words = \"b\"; }");
	assert_int_equal(next(&p, "module \"t_keep\" { slots = 10; secret = \"new\"; words = \"a\"; "
	    "text = \"new\"; }"), 0);
	/* Nothing of the old configuration is pointed to. */
	cfg_free(&p.now);
	conf = conf_of(&p);
	assert_int_equal(conf->slots, 9);
	assert_true(slice_eq(conf->secret, SLICE("old")));
	assert_true(slice_eq(conf->text, SLICE("new")));
	assert_int_equal(conf->words.count, 2);
	assert_true(slice_eq(conf->words.items[1], SLICE("b")));
	assert_int_equal(json_array_size(p.restart), 3);
	assert_true(fixture_says(&p.f, "t_keep: slots takes effect"));
	assert_true(fixture_says(&p.f, "it stays \"(secret)\""));
	end(&p);
}

static void a_module_that_cannot_go_stays_with_its_values(void **state)
{
	const struct t_conf *conf;
	struct pair p;

	(void)state;
	begin(&p, "module \"t_keep\" { slots = 9; text = \"kept\"; }\nloadmodule \"t_leave\"");
	assert_int_equal(next(&p, ""), 0);
	cfg_free(&p.now);
	assert_int_equal(p.f.cfg->module_count, 1);
	conf = conf_of(&p);
	assert_int_equal(conf->slots, 9);
	assert_true(slice_eq(conf->text, SLICE("kept")));
	assert_true(fixture_says(&p.f, "module \"t_keep\" leaves when lcs is restarted"));
	assert_false(fixture_says(&p.f, "t_leave"));
	end(&p);
}

static void modules_join_unless_they_say_otherwise(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, "");
	assert_int_equal(next(&p, "loadmodule \"t_keep\"\nloadmodule \"t_leave\""), 0);
	assert_int_equal(p.f.cfg->module_count, 2);
	assert_int_equal(next(&p, "loadmodule \"t_start\""), -EINVAL);
	assert_true(fixture_says(&p.f, "module \"t_start\" cannot join a running server"));
	/* It was there from the beginning. */
	loader_find(p.f.loader, "t_start")->is_loaded = true;
	assert_int_equal(next(&p, "loadmodule \"t_start\""), 0);
	loader_find(p.f.loader, "t_start")->is_loaded = false;
	end(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_that_need_a_restart_keep_their_value),
		cmocka_unit_test(parameters_too_with_lists_and_without_secrets),
		cmocka_unit_test(a_module_that_cannot_go_stays_with_its_values),
		cmocka_unit_test(modules_join_unless_they_say_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
