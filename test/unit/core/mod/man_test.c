/*
 * test/unit/core/mod/man_test.c - the manual of a module, in every form.
 */
#include "test/unit.h"

#include "core/mod/man.h"

struct conf { struct slice secret; msec_t time; };

static const struct lcs_param params[] = {
	PARAM_SECRET_STRING(struct conf, secret, NULL, "a secret"),
	PARAM_DURATION(struct conf, time, "90s", 1000, 3600000, "s", "a time"), { 0 }
};
static enum fn_status nothing(struct lcs_call *call) { (void)call; return FN_DONE; }
static const struct lcs_func funcs[] = {
	{ "greet(name: str = \"x\") -> bool", nothing, IN_REQUEST | IN_FAILURE,
	  FUNC_MAY_SUSPEND | FUNC_MAY_FAIL, ".dots and \\backslashes" }, { 0 }
};
static const struct lcs_var vars[] = {
	{ "seen", VALUE_INT, true, VAR_ARG_KEYED, false, IN_ANY, 0, nothing, NULL, "how often" }, { 0 }
};
static const struct lcs_event_decl events[] = { { "t_man:happened", "it happened" }, { 0 } };
static const struct lcs_rpc_arg args[] = { { "user", VALUE_STRING, true, "who" }, { 0 } };
static const struct lcs_rpc rpcs[] = { { "man.read", RIGHT_ADMIN, args, NULL, "reads" }, { 0 } };
static const struct lcs_need needs[] = {
	{ .name = "tm", .version = 1, .optional = true },
	{ 0 }
};
LCS_MODULE(t_man, .summary = "for the manual", .params = params, .funcs = funcs, .vars = vars,
    .events = events, .rpcs = rpcs, .needs = needs, .conf_size = sizeof(struct conf),
    .manual = "## Use\n\nFirst.\n\n- one\n- two\n\n    code\n");

static char *written(const struct lcs_module *m, enum man_format format)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(man_write(m, format, out), 0);
	fclose(out);
	return text;
}

static void assert_has(enum man_format format, const char *const *parts)
{
	char *text = written(&lcs_module_t_man, format);

	for (; *parts; parts++)
		if (!strstr(text, *parts))
			fail_msg("\"%s\" is not in:\n%s", *parts, text);
	free(text);
}

static void markdown(void **state)
{
	static const char *const parts[] = {
		"# t_man\n\nfor the manual\n", "## Parameters", "`secret`\n: a secret. *str, must be set, secret",
		"default 90s, 1s .. 1h", "`greet(name: str = \"x\") -> bool`",
		"in request_route, failure_route, may wait, sets $err when the world fails",
		"`$seen(a=>b)`", "int or null, read only, in every route", "`event_route[t_man:happened]`",
		"`man.read`", "needs the right to administer", "## Use", NULL
	};

	(void)state;
	assert_has(MAN_MARKDOWN, parts);
}

static void roff(void **state)
{
	static const char *const parts[] = {
		".TH \"LCS\\-T_MAN\" 7", ".SH NAME\nlcs\\-t_man \\- for the manual\n", ".SH FUNCTIONS",
		"\\&.dots and \\ebackslashes", ".SS Use", ".IP \\(bu 2\none", ".nf\n    code\n.fi", NULL
	};

	(void)state;
	assert_has(MAN_ROFF, parts);
}

static void json(void **state)
{
	json_t *o = man_json(&lcs_module_t_man), *f, *p;

	(void)state;
	assert_non_null(o);
	f = json_array_get(json_object_get(o, "functions"), 0);
	assert_string_equal(json_string_value(json_object_get(f, "name")), "greet");
	assert_true(json_is_true(json_object_get(f, "suspends")));
	assert_int_equal(json_array_size(json_object_get(f, "where")), 2);
	p = json_array_get(json_object_get(o, "params"), 1);
	assert_int_equal(json_integer_value(json_object_get(p, "max")), 3600000000);
	assert_int_equal(json_array_size(json_object_get(o, "control")), 1);
	json_decref(o);
}

static void the_core_has_one_too(void **state)
{
	char *text = written(NULL, MAN_TEXT);

	(void)state;
	assert_non_null(strstr(text, "script_max_steps"));
	assert_non_null(strstr(text, "$ru"));
	assert_non_null(strstr(text, "setflag(flag: any) -> bool"));
	free(text);
}

UNIT_MAIN(
	cmocka_unit_test(markdown),
	cmocka_unit_test(roff),
	cmocka_unit_test(json),
	cmocka_unit_test(the_core_has_one_too),
)
