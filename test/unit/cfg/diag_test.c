/*
 * test/unit/cfg/diag_test.c - the shape of messages: as the language description shows
 * them, in colour, as JSON; the nearest name; signatures.
 */
#include "test/unit/cfg/run.h"

#include <jansson.h>

/* The examples of the description's section on error messages. */
static void shape(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, "loadmodule \"sl\"\nrequest_route {\n    route(RELAYY);\n        t_relay();\n"
	    "    sl_send_reply(404);\n    if ($rU = \"100\") {\n    }\n    drop;\n}\nroute[RELAY] {\n}\n");
	assert_string_equal(scene_messages(s),
	    "t.cfg:4:11: error[E0201]: route \"RELAYY\" is not defined\n"
	    "    4 |     route(RELAYY);\n"
	    "      |           ^^^^^^ did you mean \"RELAY\"?  (t.cfg:11)\n"
	    "\n"
	    "t.cfg:5:9: error[E0302]: t_relay() is not available here\n"
	    "    5 |         t_relay();\n"
	    "      |         ^^^^^^^ exported by module \"tm\", which is not loaded\n"
	    "      = add near the top: loadmodule \"tm\"\n"
	    "\n"
	    "t.cfg:6:5: error[E0305]: sl_send_reply() needs 2 arguments, got 1\n"
	    "    6 |     sl_send_reply(404);\n"
	    "      |     ^^^^^^^^^^^^^^^^^^ missing: reason\n"
	    "      = sl_send_reply(code: int 100..699, reason: fmt) -> bool            (module sl)\n"
	    "\n"
	    "t.cfg:7:13: error[E0110]: \"=\" assigns and cannot stand in a condition\n"
	    "    7 |     if ($rU = \"100\") {\n"
	    "      |             ^ write \"==\" to compare\n"
	    "\n"
	    "t.cfg:11:7: warning[W0202]: route[RELAY] is never called\n"
	    "   11 | route[RELAY] {\n"
	    "      |       ^^^^^\n");
	scene_free(s);
}

static void parameters(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, "loadmodule \"tm\"\nmodparam(\"tm\", \"fr_timer\", \"fast\")\n"
	    "modparam(\"tm\", \"retries\", 2)\nmodparam(\"tm\", \"fr_timer\", 30000)\n"
	    "request_route { t_relay(); }");
	assert_string_equal(scene_messages(s),
	    "t.cfg:3:28: error[E0407]: parameter \"fr_timer\" of module \"tm\" takes a duration\n"
	    "    3 | modparam(\"tm\", \"fr_timer\", \"fast\")\n"
	    "      |                            ^^^^^^ allowed: 1ms .. 10m, default 30s\n"
	    "\n"
	    "t.cfg:5:16: warning[W0408]: \"fr_timer\" is set a second time\n"
	    "    5 | modparam(\"tm\", \"fr_timer\", 30000)\n"
	    "      |                ^^^^^^^^^^ this value replaces the first one  (t.cfg:3)\n"
	    "\n"
	    "t.cfg:5:28: note[N0409]: read as 30000 ms = 30s\n"
	    "    5 | modparam(\"tm\", \"fr_timer\", 30000)\n"
	    "      |                            ^^^^^ write 30s\n");
	scene_free(s);
}

/* Tabs and characters of several bytes: the marks stand below what they mean. */
static void marks(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, "request_route {\n\tsetflag(\"\xc3\xa4\xc3\xb6\"); \tzz(1);\n\tsetflag(\"a\" -\n\t    1);\n drop; }");
	assert_string_equal(scene_messages(s),
	    "t.cfg:3:20: error[E0301]: there is no function zz()\n"
	    "    3 | \tsetflag(\"\xc3\xa4\xc3\xb6\"); \tzz(1);\n"
	    "      | \t               \t^^\n"
	    "\n"
	    "t.cfg:4:14: error[E0309]: \"-\" does not go with a text and a number\n"
	    "    4 | \tsetflag(\"a\" -\n"
	    "      | \t            ^ int(...) reads a number from a text\n");
	scene_free(s);
}

/* A range over several lines is marked to the end of its first; escapes stay out. */
static void long_ranges(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, "loadmodule \"sl\"\nrequest_route {\n  sl_send_reply(\n    404);\n  zz(\"\033[1m\"); }");
	assert_string_equal(scene_messages(s),
	    "t.cfg:4:3: error[E0305]: sl_send_reply() needs 2 arguments, got 1\n"
	    "    4 |   sl_send_reply(\n"
	    "      |   ^^^^^^^^^^^^^^ missing: reason\n"
	    "      = sl_send_reply(code: int 100..699, reason: fmt) -> bool            (module sl)\n"
	    "\n"
	    "t.cfg:6:3: error[E0301]: there is no function zz()\n"
	    "    6 |   zz(\"?[1m\"); }\n"
	    "      |   ^^\n");
	scene_free(s);
}

static void colour(void **state)
{
	struct scene *s = scene_new();
	struct slice text;

	(void)state;
	scene_load(s, "zzz = 1\nrequest_route { drop; }");
	text = diag_text(s->diag, DIAG_TEXT_COLOUR, s->arena);
	assert_slice(text, "\033[1mt.cfg:2:1: \033[0m\033[1;31merror[E0401]\033[0m: there is no setting "
	    "\"zzz\"\n    2 | zzz = 1\n      | \033[1;31m^^^\033[0m\n");
	scene_free(s);
}

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void json(void **state)
{
	struct scene *s = scene_new();
	struct slice text;
	json_t *all;
	const json_t *one, *fix, *start;
	json_error_t why;

	(void)state;
	scene_load(s, "request_route {\n    route(RELAYY);\n    setflag(\"\xff\");\n    drop;\n}\nroute[RELAY] { }\n");
	text = diag_text(s->diag, DIAG_JSON, s->arena);
	all = json_loadb(text.p, text.len, 0, &why);
	assert_non_null(all);
	assert_int_equal(json_array_size(all), 2);
	one = json_array_get(all, 0);
	assert_string_equal(text_of(one, "file"), "t.cfg");
	assert_string_equal(text_of(one, "code"), "E0201");
	assert_string_equal(text_of(one, "severity"), "error");
	assert_string_equal(text_of(one, "text"), "route \"RELAYY\" is not defined");
	assert_string_equal(text_of(one, "reason"), "did you mean \"RELAY\"?");
	start = json_object_get(json_object_get(one, "range"), "start");
	assert_int_equal(json_integer_value(json_object_get(start, "line")), 3);
	assert_int_equal(json_integer_value(json_object_get(start, "column")), 11);
	fix = json_array_get(json_object_get(one, "suggestions"), 0);
	assert_string_equal(text_of(fix, "text"), "RELAY");
	assert_int_equal(json_array_size(json_object_get(one, "see")), 1);
	json_decref(all);
	scene_free(s);
}

static void without_a_place(void **state)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new(0);
	struct cfg_span nowhere = { 0 };
	struct diag_item *i;

	(void)state;
	i = diag_add(d, DIAG_ERROR, 701, nowhere, "cannot read \"%s\"", "x");
	diag_beside(i, "no such file");
	diag_help(i, "look again");
	diag_see(i, nowhere);
	diag_add(d, DIAG_NOTE, 0, nowhere, "only so");
	assert_slice(diag_text(d, DIAG_TEXT, a), "error[E0701]: cannot read \"x\"\n"
	    "      = no such file\n      = look again\n\nnote: only so\n");
	assert_slice(diag_text(d, DIAG_LOG, a), "error[E0701]: cannot read \"x\"\n"
	    "      = no such file\n      = look again\n");
	assert_int_equal(diag_errors(d), 1);
	assert_int_equal(diag_warnings(d), 0);
	diag_free(&d);
	assert_null(d);
	diag_free(&d);
	arena_free(&a);
}

static void nearest(void **state)
{
	static const char *const names[] = { "server_name", "workers", "log_level", "t_relay", "ab" };
	static const struct { const char *word, *want; } rows[] = {
		{ "serverr_name", "server_name" }, { "server-name", "server_name" },
		{ "worker", "workers" }, { "WORKERS", "workers" }, { "loglevel", "log_level" },
		{ "t_realy", "t_relay" }, { "zzzzzzz", NULL }, { "relay", "t_relay" }, { "a", NULL },
		{ "zz", NULL }, { "", NULL }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = diag_nearest(slice_str(rows[i].word), names, COUNT(names));

		if ((got == NULL) != (rows[i].want == NULL) || (got && strcmp(got, rows[i].want) != 0))
			fail_msg("%s gives %s", rows[i].word, got ? got : "nothing");
	}
}

static void the_twentieth_error_of_syntax(void **state)
{
	struct scene *s = scene_new();
	char text[2000] = "request_route {\n";

	(void)state;
	for (int i = 0; i < 40; i++)
		memcpy(text + strlen(text), "setflag(1 1);\n", 15);
	memcpy(text + strlen(text), "}\n", 3);
	scene_load(s, text);
	assert_int_equal(diag_errors(s->diag), 20);
	assert_non_null(strstr(scene_messages(s), "20 errors of syntax: the rest of the text was not read"));
	scene_free(s);
}

/* ---- signatures ---- */

static void signatures(void **state)
{
	static const struct { const char *sig; int err; unsigned params, required; } rows[] = {
		{ "f()", 0, 0, 0 }, { "f() -> bool", 0, 0, 0 }, { "f(a: str) -> str?", 0, 1, 1 },
		{ "lookup(domain: str = \"location\") -> bool", 0, 1, 0 },
		{ "f(code: int 100..699, reason: fmt) -> void", 0, 2, 2 },
		{ "f(n: int -5..5 = -1, d: dur = 30s, b: bool = true, x: any = null)", 0, 4, 0 },
		{ "f(a: str, rest: any...)", 0, 2, 1 }, { "f(a: ip?, b: uri, c: list)", 0, 3, 3 },
		{ " f ( a : str ) -> int ", 0, 1, 1 }, { "f", -EINVAL, 0, 0 }, { "f(", -EINVAL, 0, 0 },
		{ "f(a)", -EINVAL, 0, 0 }, { "f(a: zz)", -EINVAL, 0, 0 }, { "f(a: str = 5)", -EINVAL, 0, 0 },
		{ "f(a: str = null)", -EINVAL, 0, 0 }, { "f(a: int 5..1)", -EINVAL, 0, 0 },
		{ "f(a: int 1..5 = 9)", -EINVAL, 0, 0 }, { "f(a: str = \"x\", b: str)", -EINVAL, 0, 0 },
		{ "f(a: any..., b: str)", -EINVAL, 0, 0 }, { "f() -> zz", -EINVAL, 0, 0 },
		{ "f() bool", -EINVAL, 0, 0 }, { "1f()", -EINVAL, 0, 0 }, { "", -EINVAL, 0, 0 },
		{ "f(a: void)", -EINVAL, 0, 0 }, { "f() -> fmt", -EINVAL, 0, 0 }
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sym_func f = { 0 };

		if (sym_func_parse(a, rows[i].sig, &f) != rows[i].err)
			fail_msg("%s", rows[i].sig);
		if (rows[i].err == 0) {
			assert_int_equal(f.param_count, rows[i].params);
			assert_int_equal(f.required, rows[i].required);
		}
	}
	arena_free(&a);
}

static void a_signature_in_full(void **state)
{
	struct arena *a = arena_new(0);
	struct sym_func f = { 0 };

	(void)state;
	assert_int_equal(sym_func_parse(a, "x(n: int 1..9 = 3, t: fmt?, r: str...) -> list?", &f), -EINVAL);
	assert_int_equal(sym_func_parse(a, "x(t: fmt?, n: int 1..9 = 3, r: str?...) -> list?", &f), -EINVAL
	    * 0);
	assert_string_equal(f.name, "x");
	assert_true(f.params[0].is_fmt && f.params[0].nullable && !f.params[0].has_default);
	assert_true(f.params[1].has_range && f.params[1].has_default);
	assert_int_equal(f.params[1].min, 1);
	assert_int_equal(f.params[1].max, 9);
	assert_int_equal(f.params[1].preset.i, 3);
	assert_true(f.flags & FUNC_VARARGS);
	assert_int_equal(f.ret, VALUE_LIST);
	assert_true(f.ret_nullable);
	arena_free(&a);
}

/* ---- values ---- */

static void values(void **state)
{
	struct arena *a = arena_new(0), *b = arena_new(0);
	struct value items[2] = { value_int(1), value_string(SLICE("x")) };
	struct value_list list = { 2, items };
	struct value v = { .type = VALUE_LIST, .list = &list }, copy;
	struct sip_uri uri;

	(void)state;
	copy = value_copy(b, v);
	assert_true(value_eq(v, copy));
	assert_ptr_not_equal(copy.list->items[1].s.p, items[1].s.p);
	assert_slice(value_text(a, copy), "[1, x]");
	items[0] = value_int(2);
	assert_false(value_eq(v, copy));
	assert_int_equal(sip_uri_parse(SLICE("sip:u@h:5;p=1?q=2"), &uri, NULL), 0);
	v = (struct value){ .type = VALUE_URI, .uri = &uri };
	copy = value_copy(b, v);
	assert_slice(copy.uri->host, "h");
	assert_slice(copy.uri->params, "p=1");
	assert_true(copy.uri->host.p > copy.uri->text.p &&
	    copy.uri->host.p < slice_end(copy.uri->text));
	assert_slice(value_text(a, value_duration(0)), "0s");
	assert_slice(value_text(a, value_duration(3600000000)), "1h");
	assert_slice(value_text(a, value_null()), "");
	assert_string_equal(value_type_name(VALUE_DURATION), "dur");
	arena_free(&a);
	arena_free(&b);
}

UNIT_MAIN(
	cmocka_unit_test(shape),
	cmocka_unit_test(parameters),
	cmocka_unit_test(marks),
	cmocka_unit_test(long_ranges),
	cmocka_unit_test(colour),
	cmocka_unit_test(json),
	cmocka_unit_test(without_a_place),
	cmocka_unit_test(nearest),
	cmocka_unit_test(the_twentieth_error_of_syntax),
	cmocka_unit_test(signatures),
	cmocka_unit_test(a_signature_in_full),
	cmocka_unit_test(values)
)
