/*
 * test/unit/cfg/guest_test.c - files that begin with #!KAMAILIO: each row of the table of
 * differences (language 5), as Kamailio 5.6 was seen to do it, and what is noted.
 */
#include "cfg/diag_item.h"
#include "test/unit/cfg/run.h"

#define HEAD \
	"#!KAMAILIO\n" \
	"loadmodule \"sl.so\"\nloadmodule \"tm.so\"\nloadmodule \"textops.so\"\n" \
	"loadmodule \"xlog.so\"\nloadmodule \"siputils.so\"\nloadmodule \"registrar.so\"\n"

static int load(struct scene *s, const char *text)
{
	s->diag = diag_new();
	return cfg_load_text("t.cfg", arena_printf(s->arena, "%s", text), &s->fake.host, s->diag,
	    &s->cfg);
}

/* What xinfo() was called with, separated by blanks. */
static void said(struct scene *s, char *out, size_t room)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < s->fake.call_count && i < FAKE_CALLS_MAX; i++) {
		struct slice t = slice_str(s->fake.calls[i].text);

		if (!slice_starts(t, SLICE("xinfo(\"")))
			continue;
		t = slice_skip(t, 7);
		len += (size_t)snprintf(out + len, room - len, "%s%.*s", len ? " " : "",
		    (int)slice_find(t, '"'), t.p);
	}
}

/* Like the real one: the newest value is the one that is read. */
static unsigned pushed;

static enum fn_status push(void *arg, const struct sym_var *v, struct value key,
    struct value value)
{
	char name[80];

	snprintf(name, sizeof(name), "$%s(%.*s)", v->name, SLICE_ARG(key.s));
	fake_set(arg, name, value);
	pushed++;
	return FN_DONE;
}

struct row { const char *body, *more, *want, *note; };

static void check(const struct row *r)
{
	struct scene *s = scene_new();
	const char *text = arena_printf(s->arena, HEAD "%s\nrequest_route {\n%s\n}\n",
	    r->more ? r->more : "", r->body).p;
	struct value rm = value_string(SLICE("INVITE")), ru = value_string(SLICE("bob"));
	enum vm_status st;
	char got[1000];

	s->fake.answer = value_bool(true);
	s->fake.vm.push = push;
	if (load(s, text) != 0)
		fail_msg("%s\n%s", r->body, scene_messages(s));
	if (r->note && !strstr(scene_messages(s), r->note))
		fail_msg("%s\nno note \"%s\" in:\n%s", r->body, r->note, s->log);
	if (!r->note && strstr(scene_messages(s), "note["))
		fail_msg("%s\n%s", r->body, s->log);
	scene_begin(s, NULL);
	fake_set(&s->fake, "$rm", rm);
	fake_set(&s->fake, "$rU", ru);
	while ((st = scene_go(s)) == VM_SUSPENDED)
		vm_resume(s->fiber, value_bool(true));
	if (st == VM_FAILED)
		fail_msg("%s\n%s", r->body, vm_error(s->fiber)->what);
	said(s, got, sizeof(got));
	if (strcmp(got, r->want) != 0)
		fail_msg("%s\nwanted: %s\ngot:    %s", r->body, r->want, got);
	scene_free(s);
}

static void check_all_rows(const struct row *r)
{
	for (; r->body; r++)
		check(r);
}

#define SAY(cond) "if (" cond ") xinfo(\"yes\"); else xinfo(\"no\");"

static void test_conditions(void **state)
{
	static const struct row rows[] = {
		{ "$var(n) = 0; " SAY("$var(n)") " $var(n) = -1; " SAY("$var(n)")
		  " $var(n) = 1; " SAY("$var(n)"), NULL, "no no yes", NULL },
		{ "$var(n) = -1; " SAY("!$var(n)") " $var(n) = 0; " SAY("!$var(n)"), NULL,
		  "no yes", NULL },
		{ "$var(n) = -1; " SAY("$var(n) && 1"), NULL, "no", NULL },
		{ SAY("$rU") " " SAY("!$rU") " " SAY("!$hdr(X)"), NULL, "no yes yes", NULL },
		{ "$var(t) = \"5\"; " SAY("$var(t)"), NULL, "yes", NULL },
		{ SAY("1") " " SAY("0"), NULL, "yes no", NULL },
		{ SAY("is_method(\"INVITE\")") " " SAY("!is_method(\"INVITE\")"), NULL,
		  "yes no", NULL },
		{ 0 }
	};

	(void)state;
	check_all_rows(rows);
}

static void test_comparisons(void **state)
{
	static const struct row rows[] = {
		{ "$var(k) = \"100\"; " SAY("$var(k) == 100") " " SAY("100 == $var(k)"), NULL,
		  "yes yes", NULL },
		{ SAY("$rU == 5") " " SAY("5 == $rU") " " SAY("0 == $rU"), NULL, "no no yes",
		  NULL },
		{ SAY("$hdr(X) == \"\"") " " SAY("$hdr(X) == 0") " " SAY("$hdr(X) == $null"), NULL,
		  "yes yes yes", NULL },
		{ SAY("$avp(none) < 1"), NULL, "yes", NULL },
		{ "$var(t) = \"5\"; $var(s) = $var(t) - 1; xinfo(\"$var(s)\"); "
		  SAY("$var(t) > 3"), NULL, "4 yes", NULL },
		{ "$var(s) = $avp(none) + 1; xinfo(\"$var(s)\");", NULL, "1", NULL },
		{ "$var(k) = \"100\"; $var(s) = $var(k) + 5; xinfo(\"$var(s)\");", NULL, "1005",
		  NULL },
		{ "$var(s) = $hdr(X) + \"a\"; xinfo(\"$var(s)\");", NULL, "a", NULL },
		{ SAY("method == \"INVITE\"") " " SAY("uri == myself") " " SAY("uri != myself"),
		  NULL, "yes yes no", NULL },
		{ SAY("method == INVITE") " " SAY("proto == TLS") " " SAY("msg:len >= 0") " "
		  SAY("msg:len >= max_len"), NULL, "yes no yes no", NULL },
		{ "$var(t) = \"a\"; $var(n) = 5; " SAY("$var(t) eq \"a\"") " " SAY("$var(t) ne \"a\"") " "
		  SAY("$var(n) ieq 5") " " SAY("$var(n) ine 5"), NULL, "yes no yes no", NULL },
		{ 0 }
	};

	(void)state;
	check_all_rows(rows);
}

static void test_variables(void **state)
{
	static const struct row rows[] = {
		{ SAY("$var(x) == $null"), NULL, "yes", NULL },
		{ "xinfo(\"$var(x)\");", NULL, "<null>", "note[N0330]: $var(x) is read" },
		{ "$var(x) = $null; " SAY("$var(x) == 0"), NULL, "yes",
		  "note[N0320]: this makes it null" },
		{ "$avp(x) = 1; $avp(x) = 2; xinfo(\"$avp(x)\");", NULL, "2",
		  "note[N0320]: this adds a value" },
		{ "$avp(y) = 5; $avp(y) = $hdr(X); " SAY("$avp(y) == $null"), NULL, "yes",
		  "note[N0320]: this adds a value" },
		{ "$var(a) = is_method(\"INVITE\"); xinfo(\"$var(a)\");", NULL, "1", NULL },
		{ 0 }
	};

	(void)state;
	pushed = 0;
	check_all_rows(rows);
	assert_int_equal(pushed, 3);
}

static void test_returns(void **state)
{
	static const struct row rows[] = {
		{ "route(Z); xinfo(\"behind\");", "route[Z] { xinfo(\"in\"); return(0); }\n", "in",
		  "note[N0309]: return with 0 ends" },
		{ "route(Z); xinfo(\"behind\");", "route[Z] { $var(n) = 0; return $var(n); }\n", "",
		  NULL },
		{ "route(Z); xinfo(\"behind\");", "route[Z] { $var(n) = 2; return $var(n); }\n",
		  "behind", NULL },
		{ SAY("route(N)") " " SAY("!route(N)") " " SAY("route(P)"),
		  "route[N] { return -3; } route[P] { return 5; }\n", "no yes yes", NULL },
		{ "route(N); xinfo(\"$rc\"); route(P); xinfo(\"$retcode\");",
		  "route[N] { return -3; } route[P] { return; }\n", "-3 1", NULL },
		{ SAY("route(F)"), "route[F] { return (1 == 2); }\n", "", "note[N0309]" },
		{ "route(L); xinfo(\"$rc\");", "route[L] { is_method(\"INVITE\"); }\n", "1",
		  "note[N0320]: route[L] gives the result of its last function" },
		{ 0 }
	};

	(void)state;
	check_all_rows(rows);
}

static void test_statements(void **state)
{
	static const struct row rows[] = {
		{ "$var(i) = 3; while ($var(i)) { xinfo(\"$var(i)\"); $var(i) = $var(i) - 1; }", NULL,
		  "3 2 1", NULL },
		{ "$var(i) = 0; while (1) { $var(i) = $var(i) + 1; if ($var(i) == 2) continue; "
		  "if ($var(i) > 3) break; xinfo(\"$var(i)\"); }", NULL, "1 3", NULL },
		{ "switch ($rm) { case \"INVITE\": xinfo(\"a\"); case \"X\": xinfo(\"b\"); break; "
		  "default: xinfo(\"c\"); }", NULL, "a b", "note[N0503]: this case runs into" },
		{ "xinfo(\"a\"); route(B); xinfo(\"c\");", "route[B] { if ($rm == \"INVITE\") { xinfo(\"b\"); "
		  "break; } xinfo(\"x\"); }\n", "a b c", "note[N0503]: break ends the route" },
		{ "switch ($rm) { case /\"^INV\": xinfo(\"a\"); break; default: xinfo(\"c\"); }", NULL, "a",
		  NULL },
		{ "$var(c) = (int)\"42\" + 1; xinfo(\"$var(c)\"); $var(c) = (str)42; "
		  "xinfo(\"$(var(c){s.len})\");", NULL, "43 2", NULL },
		{ "async_task_route(\"LATER\"); xinfo(\"first\"); exit;",
		  "route[LATER] { xinfo(\"later\"); return 1; }\n", "first later", NULL },
		{ "xinfo(\"only\");", "route[LATER] { async_task_route(\"LATER2\"); return 1; }\n"
		  "route[LATER2] { xinfo(\"never\"); return 1; }\n", "only", NULL },
		{ SAY("defined $hdr(X-Nobody)") " " SAY("defined $rm") " " SAY("not defined $rm && 1 == 1"),
		  NULL, "no yes no", NULL },
		{ SAY("defined($hdr(X-Nobody))") " " SAY("defined($rm) && 1 == 1"), NULL, "no yes", NULL },
		{ "xinfo(\"a\");", "loadpath \"/usr/lib/kamailio/modules/\"\nmpath=\"/x\"\n", "a",
		  "note[N0401]: the setting \"loadpath\" is not used" },
		{ "xinfo(\"a\");", "port=5070\n", "a", "warning[W0401]: the setting \"port\" is not used" },
		{ "xinfo(\"a\");", "port=5060\n", "a", "note[N0401]: the setting \"port\" is not used" },
		{ "$var(x) = \"A\"; t_on_failure($var(x)); xinfo(\"armed\");",
		  "failure_route[A] { exit; }\n", "armed", NULL },
		{ "t_on_failure(\"NOPE\"); xinfo(\"armed\");", NULL, "armed",
		  "note[N0204]: failure_route[NOPE] is not defined" },
		{ "setflag(5); " SAY("isflagset(5)"), NULL, "yes", NULL },
		{ "xinfo(\"x\");", "onreply_route { drop; }\n", "x", "note[N0310]: drop in a route" },
		{ 0 }
	};

	(void)state;
	check_all_rows(rows);
}

static void test_text(void **state)
{
	static const struct row rows[] = {
		{ "$var(x) = @ruri.user; xinfo(\"$var(x)\");", NULL, "bob", NULL },
		{ "$var(x) = $sel(ruri.user); xinfo(\"$var(x)\");", NULL, "bob", NULL },
		{ "%x = 5; xinfo(\"$avp(x)\"); $var(y) = 7 % 4; xinfo(\"$var(y)\");", NULL, "5 3",
		  NULL },
		{ "xinfo(\"@WHO@\"); xinfo(\"NAME\"); xinfo(NAME);",
		  "#!subst \"/@WHO@/you/\"\n#!substdefs \"!NAME!me!g\"\n", "you me me", NULL },
		{ "$var(x) = N; xinfo(\"$var(x)\");", "#!substdef \"!N!12!\"\n", "12", NULL },
		{ "xinfo(\"x\");", "loadmodule \"tm.so\"\n", "x", "note[N0408]: module \"tm\"" },
		{ "xinfo(\"x\");", "modparam(\"tm\", \"fr_timer\", 30000)\n", "x", NULL },
		{ "xinfo(\"x\");", "listen=10.0.0.7:5060\n", "x", "note[N0407]: this is a listener by UDP" },
		{ "xinfo(\"x\");", "debug=2\n", "x", "note[N0401]: the setting \"debug\"" },
		{ "xinfo(\"x\");", "loadmodule \"kex.so\"\n", "x", "not needed" },
		{ "$var(x) = $sel(cfg_get.gw.ip); xinfo(\"$var(x)\");",
		  "gw.ip = \"10.0.0.9\" desc \"gateway\"\n", "10.0.0.9", NULL },
		{ 0 }
	};

	(void)state;
	check_all_rows(rows);
}

/* What lcs does not have is an error, once, with what is nearest. */
static void test_missing(void **state)
{
	static const struct { const char *text, *want; } cases[] = {
		{ HEAD "loadmodule \"acc.so\"\nrequest_route { exit; }\n",
		  "error[E0403]: lcs has no module \"acc\"" },
		{ HEAD "request_route { rtpproxy_manage(\"co\"); rtpproxy_manage(); exit; }\n",
		  "no counterpart: media goes between" },
		{ HEAD "request_route { get_profile_size(\"caller\", \"$fU\"); exit; }\n",
		  "nearest: $sht(calls=>key) of module" },
		{ HEAD "request_route { sql_pvquery(\"ca\", \"select 1\"); exit; }\n",
		  "nearest: a map, or $sht()" },
		{ HEAD "loadmodule \"dialog\"\nrequest_route { exit; }\n", "htable" },
		{ HEAD "event_route[htable:mod-init] { exit; }\nrequest_route { exit; }\n",
		  "nearest: startup_route" },
		{ HEAD "request_route { if ($dlg(ref) == $null) exit; }\n",
		  "error[E0205]: lcs has no variable $dlg" },
		{ HEAD "request_route { if (is_in_subnet($si, \"10.0.0.0/8\")) exit; }\n",
		  "nearest: $si in 10.0.0.0/8" },
		{ HEAD "request_route { $fs = \"udp:10.0.0.1:5060\"; exit; }\n", "no counterpart: the listener" },
		{ "#!lcs 1\nrequest_route { if ($hu == \"x\") exit; }\n", "no counterpart: there is no HTTP" },
		{ HEAD "request_route { $var(x) = @no.such; exit; }\n", "error[E0115]" },
		{ HEAD "#!subst \"bad\"\nrequest_route { exit; }\n", "error[E0113]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = scene_new();
		const char *first;

		if (load(s, cases[i].text) == 0 || diag_errors(s->diag) != 1)
			fail_msg("%s%s", cases[i].text, scene_messages(s));
		first = strstr(scene_messages(s), cases[i].want);
		if (!first)
			fail_msg("no \"%s\" in:\n%s", cases[i].want, s->log);
		scene_free(s);
	}
}

/* Parameters that lcs does not have are passed over, with what stands for them in that module. */
static void test_params(void **state)
{
	static const struct { const char *module, *param, *value, *want; } cases[] = {
		{ "tls", "private_key", "\"x\"", "passed over; lcs has: key of module \"tls\"" },
		{ "registrar", "use_path", "\"x\"", "lcs has: path_mode of module \"registrar\"" },
		{ "tls", "require_certificate", "1", "warning[W0402]" },
		{ "tls", "require_certificate", "0", "note[N0402]" },
		{ "auth_db", "user_column", "\"x\"", "own store, lcsctl users" },
		{ "auth_db", "db_url", "\"x\"", "lcsctl users import takes users with ha1 over" },
		{ "usrloc", "db_url", "\"x\"", "lcs has: the setting store\n" },
		{ "usrloc", "user_column", "\"x\"", "it is passed over\n" },
		{ "usrloc", "private_key", "\"x\"", "it is passed over\n" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = scene_new();
		char text[500];

		snprintf(text, sizeof(text), HEAD "loadmodule \"usrloc\"\nloadmodule \"auth\"\n"
		    "loadmodule \"auth_db\"\nloadmodule \"tls\"\nmodparam(\"%s\", \"%s\", %s)\n"
		    "request_route { exit; }\n", cases[i].module, cases[i].param,
		    cases[i].value);
		if (load(s, text) != 0 || !strstr(scene_messages(s), cases[i].want))
			fail_msg("%s %s: no \"%s\" in:\n%s", cases[i].module, cases[i].param,
			    cases[i].want, scene_messages(s));
		scene_free(s);
	}
}

/* A flag in hex is the flag of that number. */
static void test_flags(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(load(s, HEAD "request_route { setflag(\"0x10\"); drop; }\n"), 0);
	scene_run(s);
	assert_non_null(strstr(scene_calls(s), "setflag(16)"));
	scene_free(s);
	s = scene_new();
	assert_int_equal(scene_load_body(s, "setflag(\"0x10\"); drop;"), 0);
	scene_run(s);
	assert_non_null(strstr(scene_calls(s), "setflag(\"0x10\")"));
	scene_free(s);
}

/* Without the first line nothing of this is there. */
static void test_natively(void **state)
{
	static const char *const bodies[] = {
		"while (true) { exit; }", "$var(x) = @ruri.user;", "if ($ml) exit;", "return 0;",
		"$var(x) = (int)\"5\";", "if (src_ip == \"1.2.3.4\") exit;", "_truth(1);",
		"t_on_failure($var(x));"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct scene *s = scene_new();

		if (scene_load_body(s, bodies[i]) == 0)
			fail_msg("%s passed", bodies[i]);
		scene_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_variables), cmocka_unit_test(test_returns),
		cmocka_unit_test(test_statements), cmocka_unit_test(test_text),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_params), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_natively)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
