/*
 * test/unit/cfg/check_test.c - every rule of the check, with the words it speaks; what is
 * right is not complained about.
 */
#include "test/unit/cfg/run.h"

#include "cfg/diag_item.h"

struct row {
	const char *text;		/* the file; a body of request_route if it has no brace first */
	const char *want;		/* messages: "CODE: text; CODE: text"; "" for none */
};

/* All messages but those about modules that a table loads for all its rows. */
static const char *messages(struct scene *s)
{
	const struct diag_item **list = diag_sorted(s->diag, s->arena);
	size_t len = 0;

	s->log[0] = '\0';
	for (; *list; list++) {
		char code[8];

		if ((*list)->code == 411 && (*list)->at.line <= 5)
			continue;
		diag_code_text(*list, code);
		len += (size_t)snprintf(s->log + len, sizeof(s->log) - len, "%s%s: %.*s",
		    len ? "; " : "", code, SLICE_ARG((*list)->text));
	}
	return s->log;
}

static void run(const struct row *rows, size_t n, bool is_body)
{
	for (size_t i = 0; i < n; i++) {
		struct scene *s = scene_new();
		const char *got;

		if (is_body)
			scene_load_body(s, rows[i].text);
		else
			scene_load(s, rows[i].text);
		got = messages(s);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s\n  says:   %s\n  wanted: %s", rows[i].text, got, rows[i].want);
		scene_free(s);
	}
}

/* ---- names ---- */

static void names(void **state)
{
	static const struct row rows[] = {
		{ "route(NONE);", "E0201: route \"NONE\" is not defined" },
		{ "route($var(x));", "E0201: a route is called by its name" },
		{ "if (method == \"INVITE\") { }", "E0201: \"method\" is not defined" },
		{ "x = 1;", "E0201: \"x\" is not defined" },
		{ "var x = y;", "E0201: \"y\" is not defined" },
		{ "var x = 1; { var x = 2; }", "W0203: variable \"x\" hides another one of that name" },
		{ "{ var x = 1; } $avp(a) = x;", "E0201: \"x\" is not defined" },
		{ "t_on_failure(\"F\");", "E0204: failure_route[F] is not defined" },
		{ "t_on_failure($rm);", "E0204: a route is armed by a literal name or a const" },
		{ "t_on_failure(\"\");", "" },
		{ "$avp(a) = $zz;", "E0205: unknown variable $zz" },
		{ "$avp(a) = $tls_peer_name;", "E0205: $tls_peer_name is not available here" },
		{ "$avp(a) = $(rm{s.zz});", "E0205: unknown transformation {s.zz}" },
		{ "$avp(a) = $ru.zz;", "E0205: a URI has no field \"zz\"" },
		{ "$avp(a) = $ml.host;", "E0205: a number has no field \"host\"" },
		{ "$avp(a) = $rm(x);", "E0205: $rm takes nothing in parentheses" },
		{ "$avp(a) = $hdr;", "E0205: $hdr needs a name in parentheses" },
		{ "$avp(a) = $sht(x);", "E0205: $sht needs table=>key in parentheses" },
		{ "if ($sht(a=>$ci) >= 5) drop;",
		  "W0320: $sht(a=>$ci) may be null here, which cannot be compared" },
		{ "if (5 < $sht(a=>b)) drop;",
		  "W0320: $sht(a=>b) may be null here, which cannot be compared" },
		{ "if (($sht(a=>b) ?? 0) >= 5) drop;", "" },
		{ "if ($sht(a=>$ci) != null && $sht(a=>$ci) >= 5) drop;", "" },
		{ "incr($sht(a=>b)); if ($sht(a=>b) > 5) drop; if ($sht(a=>c) == 5) drop;", "" },
		{ "$sht(a=>b) = 1; if ($sht(a=>b) > 5) drop;", "" },
		{ "$sht(a=>b) = null; if ($sht(a=>b) > 5) drop;",
		  "W0320: $sht(a=>b) may be null here, which cannot be compared" },
		{ "$avp(a) = $(rm[0]);", "E0205: $rm has no index" },
		{ "$avp(a) = $re(12);", "E0205: $re needs the number of a group, 0 to 9: $re(1)" },
		{ "$avp(a) = $cfg(zz);", "E0205: $cfg knows line, file and route: $cfg(line)" },
		{ "$avp(a) = $var;", "E0205: $var needs a name in parentheses: $var(name)" },
		{ "zz();", "E0301: there is no function zz()" },
		{ "hello.zz();", "E0301: there is no function hello.zz()" },
		{ "add_path();", "E0302: add_path() is not available here" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

static void definitions(void **state)
{
	static const struct row rows[] = {
		{ "request_route { drop; }", "" },
		{ "route { drop; }", "" },
		{ "server_name = \"x\"", "E0201: there is no request_route" },
		{ "request_route { drop; } request_route { drop; }",
		  "E0203: request_route is defined twice" },
		{ "request_route[X] { drop; }", "E0201: there is no request_route; "
		  "E0203: there is one request_route, it has no name" },
		{ "request_route { drop; } failure_route { }",
		  "E0201: a failure_route needs a name: failure_route[NAME]" },
		{ "request_route { drop; } timer_route[T] { }",
		  "E0304: a timer_route needs the interval at which it runs" },
		{ "request_route { drop; } timer_route[T, 30s] { } startup_route { }", "" },
		{ "request_route { drop; } event_route[zz:x] { }", "E0205: there is no event \"zz:x\"" },
		{ "loadmodule \"usrloc\" request_route { drop; } event_route[usrloc:contact-expired] { }",
		  "" },
		{ "request_route { drop; } route[A] { route(A); }",
		  "E0505: routes call each other in a circle" },
		{ "request_route { drop; } route[A] { }", "W0202: route[A] is never called" },
		{ "const A = 1; const A = 2; request_route { drop; }",
		  "E0203: const \"A\" is defined twice" },
		{ "const A = B; const B = A; request_route { drop; }",
		  "E0309: const \"A\" is defined by itself" },
		{ "const A = $rm; request_route { drop; }",
		  "E0309: $rm is not known yet: a const is read before anything runs" },
		{ "const A = 2 * B; const B = 21; request_route { $avp(x) = A; drop; }", "" },
		{ "acl a = { 10.0.0.0/8; } map a = { \"x\": 1 } request_route { drop; }",
		  "E0203: map \"a\" is defined twice" },
		{ "acl a = { b; } acl b = { a; } request_route { drop; }",
		  "E0505: acl \"b\" contains itself" },
		{ "acl a = { 10.0.0.0/8; 10.0.0.0/8; } request_route { drop; }",
		  "W0501: this network stands here already" },
		{ "acl a = { 10.0.0.0/8; 10.1.0.0/16; } request_route { drop; }",
		  "W0501: this row changes nothing" },
		{ "acl a = { 10.0.0.0/8; !10.1.0.0/16; 10.1.2.0/24; } request_route { drop; }", "" },
		{ "acl a = { 10.0.0.0/8; !192.0.2.0/24; } request_route { drop; }",
		  "W0501: this row changes nothing" },
		{ "map m = { \"*@x\": 1, \"a@x\": 2 } request_route { drop; }",
		  "W0501: match_first() never gets to this row" },
		{ "map m = { \"a\": 1, \"a\": 2 } request_route { drop; }",
		  "E0203: this key stands here already" },
		{ "map m = { \"a\": 1, \"b\": \"c\" } request_route { drop; }",
		  "E0320: this value is a text, those above are a number" },
		{ "#!define A 1\n#!define A 2\nrequest_route { drop; }",
		  "E0203: \"A\" is already defined" },
		{ "loadmodule \"hello\"\n#!define counts 1\nrequest_route { drop; }",
		  "E0203: this define has the name of function counts()" },
		{ "loadmodule \"twin_a\" loadmodule \"twin_b\" request_route { twin(); drop; }",
		  "E0203: twin() is exported by more than one module" },
		{ "loadmodule \"twin_a\" loadmodule \"twin_b\" as b request_route { twin_a.twin(); "
		  "b.twin(); $avp(x) = b.twin(); drop; }", "" }
	};

	(void)state;
	run(rows, COUNT(rows), false);
}

/* ---- calls and types ---- */

static void calls(void **state)
{
	static const struct row rows[] = {
		{ "counts();", "E0305: counts() needs 1 to 3 arguments, got 0" },
		{ "counts(1, 2, true, 4);", "E0305: counts() needs 1 to 3 arguments, got 4" },
		{ "t_relay(1);", "E0305: t_relay() needs no arguments, got 1" },
		{ "counts(b=2);", "E0305: counts() needs 1 to 3 arguments, got 1" },
		{ "counts(1, zz=2);", "E0306: counts() has no argument \"zz\"" },
		{ "counts(1, a=2);", "E0306: \"a\" is given twice" },
		{ "counts(c=true, a=5);", "" },
		{ "counts(\"12\");", "N0303: read as the number 12" },
		{ "sl_send_reply(\"99\", \"x\");", "E0304: \"code\" of sl_send_reply() is 100..699, "
		  "not 99; N0303: read as the number 99" },
		{ "counts(\"12x\");", "E0303: \"a\" of counts() is a number, not a text" },
		{ "counts(\"x\");", "E0303: \"a\" of counts() is a number, not a text" },
		{ "counts($rU);", "E0303: \"a\" of counts() is a number, not a text or null" },
		{ "joined($rU, \"x\");", "E0320: $rU may be null here, and a text is needed" },
		{ "home_of($rU);", "" }, { "home_of(null);", "" },
		{ "deliver(\"junk\");", "E0303: \"junk\" is not a URI" },
		{ "deliver(\"sip:a@b\");", "" }, { "deliver($ru);", "" },
		{ "deliver($rm);", "E0303: \"to\" of deliver() is a URI, not a text" },
		{ "sl_send_reply(99, \"x\");", "E0304: \"code\" of sl_send_reply() is 100..699, not 99" },
		{ "xinfo(\"a\");", "" }, { "xinfo(\"a\", 1, \"b\", null);", "" },
		{ "xinfo(\"$zz\");", "E0309: unknown variable $zz" },
		{ "xinfo(\"$(ru{zz})\");", "E0205: unknown transformation {zz}" },
		{ "xinfo(\"$hdr(X\");", "E0109: this variable is not closed" },
		{ "lookup(\"location\");", "W0322: the result of lookup() is not used" },
		{ "if (lookup(\"location\")) drop;", "" },
		{ "$avp(x) = joined(\"$rm\", 'a $rm');", "W0321: \"$rm\" is plain text here, no variable" },
		{ "$avp(x) = \"cost 5$\" + \"^a$\" + \"$1\";", "" },
		{ "t_check_status(\"408\");", "E0310: t_check_status() cannot be used in request_route" },
		{ "$avp(x) = $T_reply_code;", "E0310: $T_reply_code cannot be read in request_route" },
		{ "strip(1);", "" },
		{ "push($avp(x), 1); incr($var(n)); incr($sht(a=>b), 5);", "" },
		{ "push(5, 1);", "E0303: push() changes a variable" },
		{ "incr($rm);", "E0309: $rm cannot be written" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

static void types(void **state)
{
	static const struct row rows[] = {
		{ "if ($ml) drop;", "E0309: a condition is true or false, not a number" },
		{ "if ($rU) drop;", "E0309: a condition is true or false, not a text or null" },
		{ "if ($avp(x)) { }", "" },
		{ "var x: int = \"a\";", "E0309: \"x\" is a number, not a text" },
		{ "var x: str = $rU;", "E0320: $rU may be null here, and a text is needed" },
		{ "var x: str? = $rU; x = null;", "" },
		{ "var x: zz = 1;", "E0114: \"zz\" is not a type" },
		{ "var x = 1; x = \"a\";", "E0309: \"x\" is a number, not a text" },
		{ "$rm = \"a\";", "E0309: $rm cannot be written" },
		{ "$rU = 5;", "E0309: $rU is a text or null, not a number" },
		{ "$rU = null; $ru = \"sip:a@b\"; $ru = \"sip:\" + $rm;", "" },
		{ "$ru = \"junk\";", "E0303: \"junk\" is not a URI" },
		{ "$ru = null;", "E0309: $ru is a URI, not null" },
		{ "$rc = 1;", "E0309: $rc cannot be written" },
		{ "$ru.host = \"x\";", "E0101: unexpected \".\"" },
		{ "var x = [1]; x[0] = 2;", "E0309: this cannot be assigned" },
		{ "if ($rm == 5) { }", "E0320: a text and a number are compared" },
		{ "if ($si == \"10.0.0.1\") { }", "E0320: an address and a text are compared" },
		{ "if ($ml < \"a\") { }", "E0320: a number and a text are compared" },
		{ "if ($rU < \"a\") { }", "E0320: $rU may be null here, and a text is needed" },
		{ "if ($si < $si) { }", "E0309: \"<\" compares numbers, durations or texts" },
		{ "if (30s == 30) { }", "E0320: a duration and a number are compared" },
		{ "if ($rm =~ 5) { }", "E0309: a pattern is a text, not a number" },
		{ "if ($ml =~ \"5\") { }", "E0309: what a pattern is matched with is a text or null, "
		  "not a number" },
		{ "if ($rm =~ \"(\") { }", "E0307: this pattern does not compile" },
		{ "switch ($rm) { case 5: break; }", "E0320: a text is compared with a number" },
		{ "foreach (x in $rm) { }", "E0309: what foreach goes through is a list, not a text" },
		{ "foreach (x in [1, 2]) { counts(x); }", "" },
		{ "foreach (x in contacts()) { counts(x); }", "" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

/* A test for null is believed as long as it holds. */
static void narrowing(void **state)
{
	static const struct row rows[] = {
		{ "if ($rU != null) { joined($rU, \"x\"); }", "" },
		{ "if ($rU == null) { } else { joined($rU, \"x\"); }", "" },
		{ "if ($rU == null) drop; joined($rU, \"x\");", "" },
		{ "if ($rU != null && joined($rU, \"x\") == \"y\") { }", "" },
		{ "if ($rU == null || joined($rU, \"x\") == \"y\") { }", "" },
		{ "if (!($rU == null)) { joined($rU, \"x\"); }", "" },
		{ "if ($rU == \"a\") { joined($rU, \"x\"); }", "" },
		{ "if ($rU =~ \"a\") { joined($rU, \"x\"); }", "" },
		{ "if ($rU in [\"a\"]) { joined($rU, \"x\"); }", "" },
		{ "$rU = \"a\"; joined($rU, \"x\");", "" },
		{ "var h = home_of($fu); if (h != null) { joined(h, \"x\"); }", "" },
		{ "if ($rU != null) { } joined($rU, \"x\");",
		  "E0320: $rU may be null here, and a text is needed" },
		{ "if ($rU != null) { $rU = null; joined($rU, \"x\"); }",
		  "E0320: $rU may be null here, and a text is needed" },
		{ "if ($hdr(A) != null) { joined($hdr(B), \"x\"); }",
		  "E0320: $hdr(B) may be null here, and a text is needed" },
		{ "if ($rU == null) { drop; } else { $rU = null; } joined($rU, \"x\");",
		  "E0320: $rU may be null here, and a text is needed" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

/* ---- flow ---- */

static void flow(void **state)
{
	static const struct row rows[] = {
		{ "break;", "E0503: break outside of a loop or switch; "
		  "W0501: this statement is never reached" },
		{ "continue;", "E0503: continue outside of a loop; W0501: this statement is never reached" },
		{ "fallthrough;", "E0503: fallthrough outside of a switch; "
		  "W0501: this statement is never reached" },
		{ "switch ($rm) { case \"A\": setflag(1); case \"B\": break; }",
		  "E0503: this case runs into the next one" },
		{ "switch ($rm) { case \"A\": case \"B\": setflag(1); fallthrough; default: break; }", "" },
		{ "switch ($rm) { default: break; default: break; }", "E0503: a second default" },
		{ "foreach (x in [1]) { switch ($rm) { case \"A\": continue; default: break; } }", "" },
		{ "while ($ml < 3) { }", "E0505: there is no while" },
		{ "defer { drop; }", "E0503: a defer block runs to its end" },
		{ "defer { t_relay(); }",
		  "E0311: t_relay() may wait, and nothing can wait in a defer block" },
		{ "defer { xinfo(\"x\"); }", "" },
		{ "within 0s { }", "E0304: a time limit is longer than nothing" },
		{ "exit; setflag(1);", "W0502: a request can end here without an answer; "
		  "W0501: this statement is never reached" },
		{ "if (is_method(\"ACK\")) exit;", "" },
		{ "if (!t_relay()) { sl_reply_error(); } exit;", "W0501: this statement is never reached" },
		{ "t_relay(); t_relay();", "W0504: t_relay() after the request was relayed" },
		{ "t_relay(); sl_send_reply(200, \"x\");",
		  "W0504: sl_send_reply() after the request was relayed" },
		{ "if (t_relay()) { exit; } sl_send_reply(500, \"x\");", "" },
		{ "t_relay(); record_route();", "W0506: record_route() after the request was relayed" },
		{ "if (has_totag()) { record_route(); }",
		  "W0506: record_route() where the request is known to have a To tag" },
		{ "if (is_method(\"ACK\")) { sl_send_reply(200, \"x\"); }",
		  "E0507: sl_send_reply() where the request is an ACK" },
		{ "if ($rm == \"CANCEL\") { sl_send_reply(200, \"x\"); }",
		  "E0507: sl_send_reply() where the request is a CANCEL" },
		{ "switch ($rm) { case \"ACK\": www_challenge(\"r\"); break; default: break; }",
		  "E0507: www_challenge() where the request is an ACK" },
		{ "if (is_method(\"ACK|INVITE\")) { sl_send_reply(200, \"x\"); }", "" },
		{ "if (is_method(\"ACK\") && t_check_trans()) t_relay(); "
		  "else if (!is_method(\"ACK\")) sl_send_reply(481, \"x\"); exit;",
		  "W0501: this statement is never reached" },
		{ "xwarn(\"scanner\"); exit;", "W0501: this statement is never reached" },
		{ "if ($var(x) == 1) { }", "W0330: $var(x) is read where nothing has set it" },
		{ "if ($var(x) == null) { } $avp(a) = $var(x) ?? 1;", "" },
		{ "$var(x) = 1; if ($var(x) == 1) { }", "" },
		{ "if ($rm == \"A\") $var(x) = 1; $avp(a) = $var(x);",
		  "W0330: $var(x) is read where nothing has set it" },
		{ "if ($rm == \"A\") $var(x) = 1; else drop; $avp(a) = $var(x);", "" },
		{ "incr($var(n)); $avp(a) = $var(n);", "" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

static void flow_through_routes(void **state)
{
	static const struct row rows[] = {
		{ "loadmodule \"sl\" request_route { route(A); } "
		  "route[A] { sl_send_reply(200, \"OK\"); }", "" },
		{ "loadmodule \"sl\" request_route { route(A); exit; } "
		  "route[A] { if ($rm == \"X\") sl_send_reply(200, \"OK\"); }",
		  "W0502: a request can end here without an answer" },
		{ "loadmodule \"sl\" request_route { route(A); } route[A] { exit; }",
		  "W0502: a request can end here without an answer" },
		{ "request_route { $var(x) = 1; route(A); drop; } route[A] { $avp(a) = $var(x); }", "" },
		{ "request_route { route(A); $avp(a) = $var(x); drop; } route[A] { $var(x) = 1; }", "" },
		{ "request_route { route(A); $var(x) = 1; drop; } route[A] { $avp(a) = $var(x); }",
		  "W0330: $var(x) is read where nothing has set it" },
		{ "loadmodule \"tm\" request_route { t_on_branch(\"B\"); t_relay(); } "
		  "branch_route[B] { route(C); } route[C] { t_relay(); }",
		  "E0310: t_relay() cannot be used in branch_route" },
		{ "loadmodule \"tm\" loadmodule \"hello\" request_route { t_relay(); } "
		  "onsend_route { route(C); } route[C] { home_of(null); }",
		  "E0311: home_of() may wait, and nothing can wait in onsend_route" },
		{ "request_route { var n = route(P, 1); $avp(a) = n; drop; } "
		  "route[P](n: int, m: int = 2) -> int { return n + m; }", "" },
		{ "request_route { route(P); drop; } route[P](n: int) { }",
		  "E0305: P() needs 1 argument, got 0" },
		{ "request_route { route(P, \"x\"); drop; } route[P](n: int) { }",
		  "E0303: \"n\" of P() is a number, not a text" },
		{ "request_route { $avp(a) = route(P); drop; } route[P]() -> int { if ($rm == \"A\") "
		  "return 1; }", "E0320: route[P] can end without a value" },
		{ "request_route { $avp(a) = route(P); drop; } route[P]() -> int { return; }",
		  "E0320: route[P] has to return a number" },
		{ "request_route { route(P); drop; } route[P] { return 0; }",
		  "E0309: a route without a declared type returns true or false" },
		{ "request_route { if (route(P)) drop; drop; } route[P] { return $rm == \"A\"; }", "" },
		{ "request_route { drop; } route[P](a: int, a: int) { }",
		  "W0202: route[P] is never called; E0203: parameter \"a\" stands here twice" }
	};

	(void)state;
	run(rows, COUNT(rows), false);
}

/* ---- one mistake, one message ---- */

static void no_cascades(void **state)
{
	static const struct row rows[] = {
		{ "var x = zz(1); counts(x); if (x) { } $rU = x; x = 5; var y = x + 1;",
		  "E0301: there is no function zz()" },
		{ "var x = $zz; var y = x + 1; joined(y, x); if (y == 1) { }",
		  "E0205: unknown variable $zz" },
		{ "var x = 1 + \"a\"; counts(x);", "E0309: \"+\" does not go with a number and a text" },
		{ "if ($rU = \"a\") { counts(1); }", "E0110: \"=\" assigns and cannot stand in a condition" },
		{ "$avp(a) = \"unclosed;\n setflag(1);", "E0103: this text is not closed" },
		{ "setflag(1;\n setflag(2);", "E0101: unexpected \";\"" },
		{ "setflag(1)\n setflag(2);", "E0101: \";\" is missing before this" },
		{ "var a = counts(1 2); setflag(a); route(B);",
		  "E0101: unexpected \"2\"; E0201: route \"B\" is not defined" },
		{ "var a: int = 5 5; setflag(a);", "E0101: unexpected \"5\"" },
		{ "add_path(\"$zz\", 1, 2);", "E0302: add_path() is not available here" }
	};

	(void)state;
	run(rows, COUNT(rows), true);
}

/* Whatever nests without end is an error, not a full stack. */
static void nesting(void **state)
{
	static const struct { const char *before, *again, *after; } rows[] = {
		{ "setflag(1", "+1", ");" }, { "setflag(", "-", "1);" }, { "setflag(", "(", "1);" },
		{ "if (", "!", "true) { }" }, { "", "{", "" }, { "", "if (true) ", ";" },
		{ "", "if (true) { } else ", ";" }, { "setflag(", "[", "" }, { "setflag(", "len(", "" },
		{ "setflag($rm", ".user", ");" }, { "setflag($rm", "[0]", ");" },
		{ "setflag($(rm", "{s.len}", "));" }, { "setflag(", "$hdr(", "" },
		{ "setflag(f\"", "$(hdr(", "\");" }, { "", "foreach (x in [1]) ", ";" },
		{ "\n#!if ", "(", "true\n#!endif\n" }, { "setflag(true", " && true", ");" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();
		size_t one = strlen(rows[i].again), n = 20000, len;
		char *text = malloc(one * n + 500);

		assert_non_null(text);
		len = (size_t)snprintf(text, 300, "%s", rows[i].before);
		for (size_t k = 0; k < n; k++, len += one)
			memcpy(text + len, rows[i].again, one);
		snprintf(text + len, 100, "%s", rows[i].after);
		assert_int_not_equal(scene_load_body(s, text), 0);
		free(text);
		scene_free(s);
	}
}

/* A module that cannot be opened is one mistake, whatever it would have brought. */
static void after_a_missing_module(void **state)
{
	static const struct row rows[] = {
		{ "loadmodule \"zz\" request_route { zz_do(1); $zz_var = 2; $avp(x) = $zz_other; drop; } "
		  "event_route[zz:x] { }", "E0403: there is no module \"zz\"" },
		{ "loadmodule \"tl\" request_route { t_relay(); $avp(x) = $rmm; $avp(y) = coumts(1); }",
		  "E0403: there is no module \"tl\"; E0302: t_relay() is not available here; "
		  "E0205: unknown variable $rmm" }
	};

	(void)state;
	run(rows, COUNT(rows), false);
}

UNIT_MAIN(
	cmocka_unit_test(names),
	cmocka_unit_test(definitions),
	cmocka_unit_test(calls),
	cmocka_unit_test(types),
	cmocka_unit_test(narrowing),
	cmocka_unit_test(flow),
	cmocka_unit_test(flow_through_routes),
	cmocka_unit_test(no_cascades),
	cmocka_unit_test(after_a_missing_module),
	cmocka_unit_test(nesting)
)
