/*
 * test/unit/core/mod/config_test.c - what a configuration says about settings and modules of
 * the real core: old names, modules that are there and do not fit, where modules are.
 */
#include "test/unit.h"

#include "core/mod/settings.h"
#include "test/unit/core/mod/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct lcs_module lcs_module_t_other_headers;
const struct lcs_module lcs_module_t_other_headers = {
	.abi = LCS_ABI, .size = sizeof(struct lcs_module), .build = "another hash",
	.name = "t_other_headers", .summary = "does not fit",
};
static const struct lcs_module *const here
__attribute__((section("lcs_modules"), used)) = &lcs_module_t_other_headers;

static void old_names_carry_their_value(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_equal(fixture_load(&f, "children = 3\ntcp_connection_lifetime = 120\n"
	    "tcp_max_connections = 77"), 0);
	assert_int_equal(setting_int(f.cfg, "workers"), 3);
	assert_int_equal(setting_msec(f.cfg, "idle_timeout"), 120000);
	assert_int_equal(setting_int(f.cfg, "max_connections"), 77);
	assert_true(fixture_says(&f, "\"children\" is an old name"));
	assert_true(fixture_says(&f, "the new one is \"workers\""));
	fixture_close(&f);
}

static void an_old_name_is_checked_as_the_new_one(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_not_equal(fixture_load(&f, "children = 1000"), 0);
	assert_true(fixture_says(&f, "setting \"workers\" is out of its range"));
	fixture_close(&f);
	fixture_open(&f);
	assert_int_equal(fixture_load(&f, "workers = 2\nchildren = 3"), 0);
	assert_true(fixture_says(&f, "\"workers\" is set a second time"));
	fixture_close(&f);
}

static void a_module_that_does_not_fit_is_told_with_its_reason(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	assert_int_not_equal(fixture_load(&f, "loadmodule \"t_other_headers\""), 0);
	assert_true(fixture_says(&f, "module \"t_other_headers\" cannot be loaded"));
	assert_true(fixture_says(&f, "is built against other headers than this lcs"));
	assert_false(fixture_says(&f, "did you mean"));
	fixture_close(&f);
	fixture_open(&f);
	assert_int_not_equal(fixture_load(&f, "loadmodule \"t_other_header\""), 0);
	assert_true(fixture_says(&f, "there is no module \"t_other_header\""));
	assert_true(fixture_says(&f, "did you mean \"t_other_headers\"?"));
	assert_true(fixture_says(&f, "there is no file t_other_header.so in /nowhere"));
	fixture_close(&f);
}

/* A file of that name in the directory that the configuration names, which is no module. */
static void module_path_says_where_modules_are(void **state)
{
	char dir[] = "/tmp/lcs-modules-XXXXXX", file[64], text[160];
	struct fixture f;
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/t_text.so", dir);
	out = fopen(file, "w");
	fputs("this is no shared object\n", out);
	fclose(out);
	unsetenv("LCS_MODULE_PATH");
	for (int i = 0; i < 2; i++) {
		fixture_open(&f);
		loader_free(&f.loader);
		f.loader = loader_new(NULL);
		snprintf(text, sizeof(text), "loadmodule \"t_text\"\n%s = \"%s\"",
		    i ? "mpath" : "module_path", dir);
		assert_int_not_equal(fixture_load(&f, text), 0);
		assert_true(fixture_says(&f, "module \"t_text\" cannot be loaded"));
		assert_true(fixture_says(&f, file));
		fixture_close(&f);
	}
	/* -m and the environment come first. */
	fixture_open(&f);
	assert_int_not_equal(fixture_load(&f, text), 0);
	assert_true(fixture_says(&f, "there is no file t_text.so in /nowhere"));
	fixture_close(&f);
	unlink(file);
	rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_names_carry_their_value),
		cmocka_unit_test(an_old_name_is_checked_as_the_new_one),
		cmocka_unit_test(a_module_that_does_not_fit_is_told_with_its_reason),
		cmocka_unit_test(module_path_says_where_modules_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
