/*
 * test/unit/cfg/prep_test.c - defines, conditions, imports: on tokens, with true places.
 */
#include "test/unit/cfg/run.h"

#include <sys/stat.h>
#include <unistd.h>

#define END "\nrequest_route { drop; }\n"

/* What is wrong first, or the value of server_name. */
static const char *result(struct scene *s, const char *text)
{
	static char got[300];

	if (scene_load(s, text) != 0)
		first_error(s, got, sizeof(got));
	else
		snprintf(got, sizeof(got), "%.*s", SLICE_ARG(cfg_setting(s->cfg, "server_name")->s));
	return got;
}

static void defines(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "#!define NAME \"a\"\nserver_name = NAME" END, "a" },
		{ "#!define NAME a.example.com\nserver_name = NAME" END, "a.example.com" },
		{ "#!define A B\n#!define B \"b\"\nserver_name = A" END, "b" },
		{ "#!define A B\n#!define B A\nserver_name = A" END, "A" },
		{ "#!define A \\\n  \"two\"\nserver_name = A" END, "two" },
		{ "#!trydef A \"x\"\n#!trydef A \"y\"\nserver_name = A" END, "x" },
		{ "#!define A \"x\"\n#!redef A \"y\"\nserver_name = A" END, "y" },
		{ "#!define A \"x\"\n#!undef A\nserver_name = A" END, "A" },
		{ "#!define A \"x\" # said\nserver_name = A // \"y\"\n/* \"z\" */" END, "x" },
		{ "#!define A \"x\"\nserver_name = \"A\"" END, "A" },
		{ "#!define A" END, "" }, { "#!define" END, "E0106: a name is missing here" },
		{ "#!undef A B" END, "E0106: nothing may follow the name" },
		{ "#!defin A" END, "E0106: unknown directive \"#!defin\"" },
		{ "#!substdef \"!x!y!\"" END, "E0113: text substitution is not part of the language" },
		{ "#!KAMAILIO" END, "E0112: this file is written for another server" },
		{ "#!OPENSIPS\nthis is @@@ not read" END, "E0112: this file is written for another server" },
		{ "#!define SOCK tls:127.0.0.1:5061\nlisten = SOCK" END, "" },
		{ "#!define R BACK\nrequest_route { route(R); drop; } route[BACK] { }", "" },
		{ "#!define BACK\nrequest_route { route(BACK); drop; } route[BACK] { }",
		  "E0203: route \"BACK\" has the name of a define" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();

		assert_string_equal(result(s, rows[i].text), rows[i].want);
		scene_free(s);
	}
}

/* Near in spelling is #!define, which alone would define a name as nothing. */
static void environment(void **state)
{
	struct scene *s = scene_new();
	struct slice text;

	(void)state;
	assert_string_equal(result(s, "#!defenvs A" END), "E0106: unknown directive \"#!defenvs\"");
	text = diag_text(s->diag, DIAG_TEXT, s->arena);
	assert_true(slice_search(text, SLICE("write: #!define NAME \"${NAME}\"")) < text.len);
	scene_free(s);
}

static void conditions(void **state)
{
	static const struct { const char *condition; bool want; } rows[] = {
		{ "#!ifdef A", true }, { "#!ifdef B", false }, { "#!ifndef A", false },
		{ "#!ifndef B", true }, { "#!if defined(A)", true }, { "#!if !defined(A)", false },
		{ "#!if defined(A) && !defined(B)", true }, { "#!if defined(B) || defined(A)", true },
		{ "#!if (defined(B) || defined(A)) && defined(B)", false },
		{ "#!if N == 5", true }, { "#!if N != 5", false }, { "#!if N == \"5\"", true },
		{ "#!if module(\"tm\")", true }, { "#!if module(\"zz\")", false },
		{ "#!if module(\"auth-db\")", true }, { "#!if module(\"authdb\")", false },
		{ "#!if version_atleast(\"0.1\")", true }, { "#!if version_atleast(\"99.0\")", false },
		{ "#!if env(\"LCS_SURELY_NOT_SET\") == \"\"", true }, { "#!if true", true },
		{ "#!if false", false }, { "#!if 0", false }, { "#!if A", true }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();
		char text[400];

		snprintf(text, sizeof(text), "#!define A\n#!define N 5\n%s\nserver_name = \"yes\"\n"
		    "#!else\nserver_name = \"no\"\n#!endif" END, rows[i].condition);
		if (strcmp(result(s, text), rows[i].want ? "yes" : "no") != 0)
			fail_msg("%s: %s", rows[i].condition, result(s, text));
		scene_free(s);
	}
}

static void conditions_nested(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "#!ifdef B\n#!ifdef A\n@@ \"not read\n#!else\n#!endif\n#!else\nserver_name=\"y\"\n#!endif"
		  END, "y" },
		{ "#!if false\n#!elif true\nserver_name=\"y\"\n#!elif true\nserver_name=\"z\"\n#!else\n"
		  "server_name=\"w\"\n#!endif" END, "y" },
		{ "#!ifdef B\n   #!define C\n#!endif\n#!ifdef C\nserver_name=\"y\"\n#!endif" END, "" },
		{ "#!ifdef A" END, "E0105: this condition is not closed" },
		{ "#!endif" END, "E0106: no condition is open here" },
		{ "#!else" END, "E0106: no condition is open here" },
		{ "#!if true\n#!else\n#!else\n#!endif" END, "E0106: a second #!else for one condition" },
		{ "#!if true\n#!else\n#!elif true\n#!endif" END, "E0106: #!elif stands behind #!else" },
		{ "#!if ZZ\n#!endif" END,
		  "E0106: this name is not defined; to ask for that: defined(NAME)" },
		{ "#!if defined(\n#!endif" END, "E0106: a name or a text belongs here" },
		{ "#!if defined A\n#!endif" END,
		  "E0106: this name is not defined; to ask for that: defined(NAME)" },
		{ "#!if true true\n#!endif" END, "E0106: the condition should end here" },
		{ "#!if zz(A)\n#!endif" END,
		  "E0106: known here: defined(), module(), version_atleast(), env()" },
		{ "#!if\n#!endif" END, "E0106: the condition is not complete" },
		{ "#!if (true\n#!endif" END, "E0106: \")\" is missing here" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();

		assert_string_equal(result(s, rows[i].text), rows[i].want);
		scene_free(s);
	}
}

static void command_line(void **state)
{
	static const struct cfg_define defines[] = { { "DOMAIN", "\"cli.example\"" }, { "FLAG", NULL } };
	struct scene *s = scene_new();

	(void)state;
	s->fake.host.defines = defines;
	s->fake.host.define_count = 2;
	assert_string_equal(result(s, "#!trydef DOMAIN \"file\"\n#!ifdef FLAG\nserver_name = DOMAIN\n"
	    "#!endif" END), "cli.example");
	assert_string_equal(result(s, "#!define DOMAIN \"file\"" END),
	    "E0203: \"DOMAIN\" is already defined");
	scene_free(s);
}

/* Places stay those of the file, whatever was replaced before them. */
static void places(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, "#!define LONG 1 + 1 + 1 + 1 + 1\nrequest_route {\n\tsetflag(LONG); zz(1);\n\tdrop; }\n");
	assert_string_equal(scene_messages(s),
	    "t.cfg:4:17: error[E0301]: there is no function zz()\n"
	    "    4 | \tsetflag(LONG); zz(1);\n"
	    "      | \t               ^^\n");
	scene_load(s, "#!define BAD zz\nrequest_route { drop; BAD(); }\n");
	assert_string_equal(scene_messages(s),
	    "t.cfg:3:23: error[E0301]: there is no function zz()\n"
	    "    3 | request_route { drop; BAD(); }\n"
	    "      |                       ^^^\n\n"
	    "t.cfg:3:23: warning[W0501]: this statement is never reached\n"
	    "    3 | request_route { drop; BAD(); }\n"
	    "      |                       ^^^^^^\n");
	scene_free(s);
}

static void the_first_line(void **state)
{
	static const struct { const char *text; unsigned errors, warnings; } rows[] = {
		{ "#!lcs 1\nrequest_route { drop; }", 0, 0 }, { "request_route { drop; }", 0, 1 },
		{ "#!/usr/sbin/lcs -f\n#!lcs 1\nrequest_route { drop; }", 0, 0 },
		{ "#!lcs 2\nrequest_route { drop; }", 1, 0 },
		{ "#!lcs\nrequest_route { drop; }", 1, 0 },
		{ "# a comment first\nrequest_route { drop; }", 0, 1 },
		{ "#!lcs 1\r\nrequest_route {\r\ndrop;\r\n}\r\n", 0, 0 },
		{ "\xef\xbb\xbf#!lcs 1\nrequest_route { drop; }", 1, 0 },
		{ "\xef\xbb\xbfrequest_route { drop; }", 1, 1 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();

		s->diag = diag_new();
		cfg_load_text("t.cfg", slice_str(rows[i].text), &s->fake.host, s->diag, &s->cfg);
		if (rows[i].errors ? diag_errors(s->diag) == 0 : diag_errors(s->diag) != 0)
			fail_msg("%s: %s", rows[i].text, scene_messages(s));
		if (!rows[i].errors)
			assert_int_equal(diag_warnings(s->diag), rows[i].warnings);
		scene_free(s);
	}
}

/* ---- imports ---- */

static char folder[] = "/tmp/lcs-prep-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int load_file(struct scene *s, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	cfg_free(&s->cfg);
	diag_free(&s->diag);
	s->diag = diag_new();
	return cfg_load(path, &s->fake.host, s->diag, &s->cfg);
}

static int make_folder(void **state)
{
	char path[200];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/conf.d", folder);
	return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "main.cfg", "a.cfg", "b.cfg", "installed.cfg",
		"conf.d/20.cfg", "conf.d/10.cfg", "conf.d/no.txt", "conf.d/.hidden.cfg", "conf.d", "" };
	char path[200];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	return 0;
}

static void imports(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	put("main.cfg", "#!lcs 1\nimport \"a.cfg\"\nimport? \"missing.cfg\"\ninclude_file \"conf.d\"\n"
	    "import_file \"installed.cfg\"\nrequest_route { setflag(A + B + C + D); drop; }\n");
	put("a.cfg", "const A = 1;\nimport \"b.cfg\"\n");
	put("b.cfg", "const B = 2;");
	put("conf.d/10.cfg", "const C = 4;\n#!define LATER 8");
	put("conf.d/20.cfg", "const D = LATER;");
	put("conf.d/no.txt", "this is not read");
	put("conf.d/.hidden.cfg", "nor this");
	assert_int_equal(load_file(s, "main.cfg"), -EINVAL);	/* installed.cfg is not there */
	assert_int_equal(diag_errors(s->diag), 1);
	put("installed.cfg", "");
	if (load_file(s, "main.cfg") != 0)
		fail_msg("%s", scene_messages(s));
	assert_int_equal(s->cfg->files, 6);
	scene_run(s);
	assert_string_equal(scene_calls(s), "setflag(15)\n");
	scene_free(s);
}

static void the_second_place(void **state)
{
	struct scene *s = scene_new();
	char other[200];

	(void)state;
	snprintf(other, sizeof(other), "%s/conf.d", folder);
	s->fake.host.include_dir = other;
	put("main.cfg", "#!lcs 1\nimport \"20.cfg\"\nrequest_route { drop; }\n");
	put("conf.d/20.cfg", "server_name = \"second\"");
	assert_int_equal(load_file(s, "main.cfg"), 0);
	assert_slice(cfg_setting(s->cfg, "server_name")->s, "second");
	scene_free(s);
}

static void the_chain_of_imports(void **state)
{
	struct scene *s = scene_new();
	char want[600];

	(void)state;
	put("main.cfg", "#!lcs 1\n\nimport \"a.cfg\"\nrequest_route { drop; }\n");
	put("a.cfg", "import \"b.cfg\"");
	put("b.cfg", "zzz = 1\n");
	assert_int_equal(load_file(s, "main.cfg"), -EINVAL);
	snprintf(want, sizeof(want), "%s/b.cfg:1:1: error[E0401]: there is no setting \"zzz\"\n"
	    "    1 | zzz = 1\n      | ^^^\n      | imported from %s/a.cfg:1\n"
	    "      | imported from %s/main.cfg:3\n", folder, folder, folder);
	assert_string_equal(scene_messages(s), want);
	put("b.cfg", "import \"a.cfg\"\n");
	assert_int_equal(load_file(s, "main.cfg"), -EINVAL);
	snprintf(want, sizeof(want), "%s/b.cfg:1:8: error[E0108]: import of \"%s/a.cfg\" goes in a "
	    "circle\n    1 | import \"a.cfg\"\n      |        ^^^^^^^ %s/a.cfg -> %s/b.cfg -> %s/a.cfg\n"
	    "      | imported from %s/a.cfg:1\n      | imported from %s/main.cfg:3\n", folder, folder,
	    folder, folder, folder, folder, folder);
	assert_string_equal(scene_messages(s), want);
	scene_free(s);
}

static void files_that_are_none(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(load_file(s, "no-such.cfg"), -ENOENT);
	assert_int_equal(diag_errors(s->diag), 1);
	assert_null(s->cfg);
	assert_int_equal(load_file(s, "conf.d"), -ENOENT);
	put("main.cfg", "#!lcs 1\nimport \"/dev/null\"\nrequest_route { drop; }\n");
	assert_int_equal(load_file(s, "main.cfg"), -EINVAL);
	scene_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defines),
		cmocka_unit_test(environment), cmocka_unit_test(conditions),
		cmocka_unit_test(conditions_nested),
		cmocka_unit_test(command_line),
		cmocka_unit_test(places),
		cmocka_unit_test(the_first_line),
		cmocka_unit_test(imports),
		cmocka_unit_test(the_second_place),
		cmocka_unit_test(the_chain_of_imports),
		cmocka_unit_test(files_that_are_none)
	};

	unsetenv("LCS_SURELY_NOT_SET");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
