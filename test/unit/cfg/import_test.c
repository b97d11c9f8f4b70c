/*
 * test/unit/cfg/import_test.c - native text out of a guest's: what changes, what goes into
 * comments, what is left alone.
 */
#include "cfg/import.h"
#include "test/unit/cfg/run.h"

#define HEAD \
	"loadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"textops\"\nloadmodule \"xlog\"\n" \
	"loadmodule \"siputils\"\nloadmodule \"registrar\"\nloadmodule \"usrloc\"\n"

struct row { const char *guest, *native; };

static void import_text(struct scene *s, struct slice text, struct slice *out,
    struct import_report *report)
{
	struct diag *diag = diag_new();
	int err = cfg_import("t.cfg", text, &s->fake.host, diag, s->arena, out, report);

	if (err)
		fail_msg("%.*s\n%.*s", SLICE_ARG(text),
		    SLICE_ARG(diag_text(diag, DIAG_TEXT, s->arena)));
	diag_free(&diag);
}

/* The result must pass the native check too. */
static void check_native(struct scene *s, struct slice text)
{
	cfg_free(&s->cfg);
	diag_free(&s->diag);
	s->diag = diag_new();
	if (cfg_load_text("t.cfg", text, &s->fake.host, s->diag, &s->cfg) != 0)
		fail_msg("%.*s\n%s", SLICE_ARG(text), scene_messages(s));
}

static void check_body(const struct row *r)
{
	struct scene *s = scene_new();
	struct import_report report;
	struct slice text = arena_printf(s->arena, "#!KAMAILIO\n" HEAD
	    "request_route {\n%s\ndrop; }\n", r->guest), out = SLICE_NULL;
	struct slice want = arena_printf(s->arena, "#!lcs 1\n" HEAD
	    "request_route {\n%s\ndrop; }\n", r->native);

	import_text(s, text, &out, &report);
	if (!slice_eq(out, want))
		fail_msg("wanted:\n%.*s\ngot:\n%.*s", SLICE_ARG(want), SLICE_ARG(out));
	check_native(s, out);
	scene_free(s);
}

static void test_statements(void **state)
{
	static const struct row rows[] = {
		{ "sl_send_reply(\"404\", \"No\");  # why", "sl_send_reply(404, \"No\");  # why" },
		{ "if (method == \"INVITE\") exit;", "if ($rm == \"INVITE\") exit;" },
		{ "if (uri == myself || from_uri != myself) exit;",
		  "if (is_myself($ru) || !is_myself($fu)) exit;" },
		{ "if ($du == myself) exit;", "if (is_myself($du ?? \"\")) exit;" },
		{ "if (src_ip != myself || src_ip == myself) exit;",
		  "if (!is_myself(str($si)) || is_myself(str($si))) exit;" },
		{ "if (src_ip == \"10.0.0.1\") exit;", "if ($si == 10.0.0.1) exit;" },
		{ "$var(x) = @ruri.user;", "$var(x) = $rU;" },
		{ "$var(n) = 1; if ($var(n)) exit;", "$var(n) = 1; if (($var(n) ?? 0) > 0) exit;" },
		{ "$var(n) = 1; if (!$var(n)) exit;",
		  "$var(n) = 1; if (($var(n) ?? 0) == 0) exit;" },
		{ "if ($ml) exit;", "if ($ml > 0) exit;" },
		{ "$var(n) = (int)\"5\" + 1;", "$var(n) = (int(\"5\") ?? 0) + 1;" },
		{ "if (!defined $hdr(X)) exit;", "if (!( $hdr(X) != null)) exit;" },
		{ "$var(i) = 2; while ($var(i) > 0) { $var(i) = $var(i) - 1; }",
		  "$var(i) = 2; foreach (turn in range(0, 1000)) { if (! ($var(i) > 0) ) break; "
		  "$var(i) = $var(i) - 1; }" },
		{ "switch ($rm) { case \"A\": xwarn(\"a\"); case \"B\": xwarn(\"b\"); break; }",
		  "switch ($rm) { case \"A\": xwarn(\"a\"); fallthrough; case \"B\": xwarn(\"b\"); "
		  "break; }" },
		{ "append_hf(\"X: \" + $rU);", "append_hf(\"X: \" + ($rU ?? \"\"));" },
		{ "remove_hf(\"$rU\");", "remove_hf(f\"$rU\");" },
		{ "%count = 5;", "$avp(count) = 5;" },
		{ 0 }
	};

	(void)state;
	for (const struct row *r = rows; r->guest; r++)
		check_body(r);
}

static void test_what_is_missing(void **state)
{
	static const struct row rows[] = {
		{ "  rtpproxy_manage(\"co\");\nexit;", "  # rtpproxy_manage(\"co\");\nexit;" },
		{ "xwarn(\"a\"); dlg_manage(); exit;", "xwarn(\"a\"); /* dlg_manage(); */ exit;" },
		{ "if (ds_next_dst()) exit;", "if (false /* ds_next_dst() */) exit;" },
		{ "if (has_totag())\n\tdlg_manage();\nelse\n\texit;",
		  "if (has_totag())\n\t# dlg_manage();\n;\nelse\n\texit;" },
		{ "$dlg(x) = 5;\nif ($dlg(x) == $null) exit;",
		  "# $dlg(x) = 5;\nif (null /* $dlg(x) */ == $null) exit;" },
		{ "set_reply_no_connect();\nexit;", "# set_reply_no_connect();\nexit;" },
		{ 0 }
	};

	(void)state;
	for (const struct row *r = rows; r->guest; r++)
		check_body(r);
}

static void check_file(const char *guest, const char *native)
{
	struct scene *s = scene_new();
	struct import_report report;
	struct slice out = SLICE_NULL;

	import_text(s, slice_str(guest), &out, &report);
	if (!slice_eq(out, slice_str(native)))
		fail_msg("wanted:\n%s\ngot:\n%.*s", native, SLICE_ARG(out));
	check_native(s, out);
	scene_free(s);
}

#define END "request_route { if (t_relay()) drop; drop; }\n"

static void test_items(void **state)
{
	(void)state;
	check_file("#!KAMAILIO\n#!MAXCOMPAT\ndebug=2   # much\nloadmodule \"tm.so\"\n"
	    "loadmodule \"tm.so\"\nloadmodule \"acc.so\"\nmodparam(\"tm\", \"fr_timer\", 30000)\n"
	    "modparam(\"acc\", \"flag\",\n\t1)\n" END,
	    "#!lcs 1\n# #!MAXCOMPAT\n# debug=2   # much\nloadmodule \"tm.so\"\n"
	    "# loadmodule \"tm.so\"\n# loadmodule \"acc.so\"\nmodparam(\"tm\", \"fr_timer\", 30s)\n"
	    "# modparam(\"acc\", \"flag\",\n# \t1)\n" END);
	check_file("#!KAMAILIO\nloadmodule \"tm\"\nevent_route[xhttp:request] {\n"
	    "\txhttp_reply(\"200\", \"OK\", \"\", \"\");\n\tsetflag(1);\n}\n" END,
	    "#!lcs 1\nloadmodule \"tm\"\n# event_route[xhttp:request] {\n"
	    "# \txhttp_reply(\"200\", \"OK\", \"\", \"\");\n# \tsetflag(1);\n# }\n" END);
	check_file("#!KAMAILIO\nloadmodule \"tm\"\nloadmodule \"dialog\"\n"
	    "event_route[dialog:end] {\n\tsetflag(1);\n}\n" END,
	    "#!lcs 1\nloadmodule \"tm\"\n# loadmodule \"dialog\"\n"
	    "# event_route[dialog:end] {\n# \tsetflag(1);\n# }\n" END);
	check_file("#!KAMAILIO\nloadmodule \"xlog\"\n" END,
	    "#!lcs 1\nloadmodule \"xlog\"\nloadmodule \"tm\"\n" END);
	check_file("#!KAMAILIO\n" END, "#!lcs 1\nloadmodule \"tm\"\n" END);
	check_file("#!/usr/sbin/kamailio\n#!KAMAILIO\n/* of\n2012 */\n" END,
	    "#!/usr/sbin/kamailio\n#!lcs 1\nloadmodule \"tm\"\n/* of\n2012 */\n" END);
	check_file("/* my proxy\n of 2012 */\n" END,
	    "loadmodule \"tm\"\n/* my proxy\n of 2012 */\n" END);
	check_file("debug=2\n" END, "loadmodule \"tm\"\n# debug=2\n" END);
	check_file("#!KAMAILIO\nloadmodule \"tm\"\n#!substdef \"!A!b.example!g\"\nalias=\"A\"\n" END,
	    "#!lcs 1\nloadmodule \"tm\"\n#!define A b.example\nalias=\"b.example\"\n" END);
	check_file("#!KAMAILIO\nloadmodule \"tm\"\ngw.ip = \"1.2.3.4\" desc \"gateway\"\n"
	    "route[A] { $var(x) = $sel(cfg_get.gw.ip); return(0); }\nroute[B] { return -1; }\n"
	    "request_route { route(A); if (route(B)) drop; t_relay(); }\n",
	    "#!lcs 1\nloadmodule \"tm\"\n# gw.ip = \"1.2.3.4\" desc \"gateway\"\n"
	    "route[A] { $var(x) = \"1.2.3.4\"; exit; }\nroute[B] { return false; }\n"
	    "request_route { route(A); if (route(B)) drop; t_relay(); }\n");
}

static void test_report(void **state)
{
	struct scene *s = scene_new();
	struct import_report r;
	struct slice out = SLICE_NULL;

	(void)state;
	import_text(s, SLICE("#!KAMAILIO\ndebug=2\nloadmodule \"tm\"\nloadmodule \"acc\"\n"
	    "modparam(\"tm\", \"nope\", 1)\nrequest_route {\n\tdlg_manage();\n\tdlg_manage();\n"
	    "\t$avp(a) = 1; $avp(a) = 2;\n\tt_relay();\n}\nloadmodule \"tm\"\n"
	    "modparam(\"tm\", \"fr_timer\", 5000)\nmodparam(\"tm\", \"fr_timer\", 9000)\n"), &out, &r);
	assert_int_equal(r.call_count, 2);
	assert_true(slice_eq(r.calls->text, SLICE("lcs has no module \"acc\"")));
	assert_int_equal(r.calls->line, 4);
	assert_true(slice_starts(r.calls->nearest, SLICE("nearest: a line by xlog()")));
	assert_true(slice_eq(r.calls->next->text, SLICE("lcs has no function dlg_manage()")));
	assert_int_equal(r.param_count, 2);
	assert_int_equal(r.note_count, 2);
	assert_true(slice_starts(r.notes->text, SLICE("this adds a value")));
	assert_true(slice_eq(r.notes->next->text, SLICE("\"fr_timer\" is set a second time")));
	assert_int_equal(r.changed, 9);
	assert_int_equal(r.dropped, 6);
	scene_free(s);
}

static void test_bad_syntax(void **state)
{
	struct scene *s = scene_new();
	struct diag *diag = diag_new();
	struct import_report r;
	struct slice out;

	(void)state;
	assert_int_not_equal(cfg_import("t.cfg", SLICE("#!KAMAILIO\nrequest_route { if ("),
	    &s->fake.host, diag, s->arena, &out, &r), 0);
	assert_true(diag_errors(diag) > 0);
	diag_free(&diag);
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statements), cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_items), cmocka_unit_test(test_report),
		cmocka_unit_test(test_bad_syntax)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
