/*
 * test/unit/core/mod/loader_test.c - modules are found, recognised, and refused if they do not fit.
 */
#include "test/unit.h"

#include "core/mod/loader.h"

#include <sys/stat.h>
#include <unistd.h>

static enum fn_status nothing(struct lcs_call *call) { (void)call; return FN_DONE; }

static const struct lcs_func funcs[] = {
	{ "inside_one(a: str, b: int 1..5 = 2) -> bool", nothing, IN_REQUEST, 0, "one" },
	{ "inside_many(a: str...) -> int?", nothing, IN_ANY, FUNC_MAY_SUSPEND, "many" }, { 0 }
};
static const struct lcs_var vars[] = {
	{ "inside", VALUE_INT, true, VAR_ARG_NAME, false, IN_ANY, IN_ANY, nothing, NULL, "x" }, { 0 }
};
LCS_MODULE(t_inside, .summary = "linked in", .funcs = funcs, .vars = vars);

static const struct lcs_func bad_funcs[] = { { "no signature", nothing, IN_ANY, 0, "x" }, { 0 } };
LCS_MODULE(t_bad_signature, .summary = "wrong signature", .funcs = bad_funcs);

/* What LCS_MODULE() would not make. */
extern const struct lcs_module lcs_module_t_old_abi, lcs_module_t_other_headers;
const struct lcs_module lcs_module_t_old_abi = {
	.abi = LCS_ABI + 1, .size = sizeof(struct lcs_module), .build = LCS_BUILD_HASH, .name = "t_old_abi",
};
const struct lcs_module lcs_module_t_other_headers = {
	.abi = LCS_ABI, .size = sizeof(struct lcs_module), .build = "another hash", .name = "t_other_headers",
};
__attribute__((section("lcs_modules"), used))
static const struct lcs_module *const misfits[] = {
	&lcs_module_t_old_abi, &lcs_module_t_other_headers,
};

static struct loader *l;

static int setup(void **state)
{
	(void)state;
	l = loader_new("/nowhere");
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loader_free(&l);
	return 0;
}

static void names_are_the_same_in_every_spelling(void **state)
{
	const char *why;
	struct loaded *m = loader_open(l, "t_inside", &why);

	(void)state;
	assert_non_null(m);
	assert_ptr_equal(loader_open(l, "t-inside", &why), m);
	assert_ptr_equal(loader_open(l, "t-inside.so", &why), m);
	assert_ptr_equal(loader_find(l, "t_inside.so"), m);
	assert_int_equal(loader_count(l), 1);
	assert_int_equal(m->mod.index, 1);
}

static void symbols_are_made_from_the_tables(void **state)
{
	const char *why;
	const struct sym_module *s = &loader_open(l, "t_inside", &why)->sym;

	(void)state;
	assert_int_equal(s->func_count, 2);
	assert_string_equal(s->funcs[0].name, "inside_one");
	assert_int_equal(s->funcs[0].param_count, 2);
	assert_int_equal(s->funcs[0].required, 1);
	assert_int_equal(s->funcs[0].params[1].preset.i, 2);
	assert_true(s->funcs[1].flags & FUNC_VARARGS);
	assert_true(s->funcs[1].flags & FUNC_MAY_SUSPEND);
	assert_int_equal(s->var_count, 1);
	assert_int_equal(s->vars[0].write, 0);	/* no set(): read only, whatever the table says */
	assert_false(s->is_passive);
}

static const struct { const char *name, *says; } refused[] = {
	{ "t_old_abi", "made for module interface" },
	{ "t_other_headers", "built against other headers" },
	{ "t_bad_signature", "signature" },
	{ "t_missing", "there is no file t_missing.so in /nowhere" },
	{ "../etc/passwd", "cannot be the name" },
	{ "", "cannot be the name" },
};

static void misfits_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *why = NULL;

		assert_null(loader_open(l, refused[i].name, &why));
		assert_true(slice_search(slice_str(why), slice_str(refused[i].says)) < strlen(why));
	}
	assert_int_equal(loader_count(l), 0);
}

static void files_that_are_no_modules_are_refused(void **state)
{
	char dir[] = "/tmp/lcs-loader-XXXXXX", file[64];
	const char *why = NULL;
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/t-text.so", dir);
	out = fopen(file, "w");
	fputs("this is no shared object\n", out);
	fclose(out);
	loader_free(&l);
	l = loader_new(dir);
	assert_null(loader_open(l, "t_text", &why));
	assert_true(slice_search(slice_str(why), SLICE("t-text.so")) < strlen(why));
	unlink(file);
	rmdir(dir);
}

static void what_is_not_loaded_is_known(void **state)
{
	const char *const *names = loader_names(l);
	bool found = false;

	(void)state;
	for (unsigned i = 0; names[i]; i++)
		found |= slice_eq(slice_str(names[i]), SLICE("t_inside"));
	assert_true(found);
	assert_string_equal(loader_who_exports(l, "inside_many", false), "t_inside");
	assert_string_equal(loader_who_exports(l, "inside", true), "t_inside");
	assert_null(loader_who_exports(l, "inside", false));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
UNIT_MAIN(
	TEST(names_are_the_same_in_every_spelling),
	TEST(symbols_are_made_from_the_tables),
	TEST(misfits_are_refused),
	TEST(files_that_are_no_modules_are_refused),
	TEST(what_is_not_loaded_is_known),
)
