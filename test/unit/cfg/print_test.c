/*
 * test/unit/cfg/print_test.c - what is printed means the same; secrets and names stay at home;
 * differences are found, and only those.
 */
#include "test/unit/cfg/run.h"

#include "cfg/calls.h"
#include "cfg/compare.h"
#include "cfg/print.h"

#include <unistd.h>

#define MODULES \
	"loadmodule \"sl\" loadmodule \"tm\" loadmodule \"siputils\" loadmodule \"xlog\"\n"

static struct slice printed(struct scene *s, bool anonymous)
{
	struct print p = { .out = buf_new(100), .cfg = s->cfg, .anonymous = anonymous };
	struct slice text;

	p.key = print_key(SLICE("test"));
	print_cfg(&p);
	assert_false(p.out->failed);
	text = arena_dup(s->arena, buf_slice(p.out));
	buf_unref(&p.out);
	return text;
}

static void load_or_fail(struct scene *s, const char *text)
{
	if (scene_load(s, text) != 0)
		fail_msg("%s\n%s", text, scene_messages(s));
}

/* What b means and a does not, as lines. */
static const char *difference(const char *a, const char *b)
{
	static char text[4000];
	struct scene *x = scene_new(), *y = scene_new();
	struct buf *out = buf_new(100);

	load_or_fail(x, a);
	load_or_fail(y, b);
	cfg_compare(x->cfg, y->cfg, out);
	snprintf(text, sizeof(text), "%.*s", (int)out->len, out->data);
	buf_unref(&out);
	scene_free(x);
	scene_free(y);
	return text;
}

/* ---- printing ---- */

static const char *const bodies[] = {
	"if ($rU == null) drop; else if (is_method(\"ACK\")) { drop; } else drop;",
	"var a: int = 1 - (2 - 3) * -4; var b = (a + 1) << 2 | 3 & ~a ^ 5; setflag(b); drop;",
	"if (!($rm == \"A\" || $rU != null) && not ($ml > 3)) setflag(\"x\"); drop;",
	"foreach (i in range(0, 3)) { if (i == 1) continue; break; } drop;",
	"foreach ($var(x) in [1, 2]) setflag($var(x)); drop;",
	("switch ($rm) { case \"A\": case [\"B\", \"C\"]: setflag(1); fallthrough; case =~ \"^x\": "
	"setflag(2); break; default: setflag(3); } drop;"),
	"within 1500ms { setflag(1); } else { setflag(2); } defer { setflag(3); } drop;",
	"$var(y) = f\"a $rU {x} \\\"q\\\" $(ru{uri.host}{s.len}) $$\"; $var(y) += \"z\"; drop;",
	"var l = [\"a\", \"b\"]; setflag(l[0] ?? \"n\"); setflag($ru.host ?? \"n\"); drop;",
	"xlog(\"plain $rU\\n\"); xlog('single $rU'); xlog(f\"no variable\"); drop;",
	"sl_send_reply(reason=\"R\", code=404);",
	"$hdr(X-$rm) = \"v\"; $(avp(a)[1]) = null; drop;",
	"if ($si in 10.0.0.0/8 || $si in [2001:db8::1, 10.0.0.1]) setflag(2k); drop;",
	"setflag(route(F, 1)); if (\"x\" =~ \"^(a|b)\\\\.$\" && $re(1) != null) setflag(1); drop;"
};

static void same_after_printing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct scene *s = scene_new();
		struct slice first;
		char text[2000], again[2000];

		snprintf(text, sizeof(text), MODULES "request_route { %s }\n"
		    "route[F](n: int, t: str = \"a\\\"b\") -> int { route(\"with space\"); return n; }\n"
		    "route[\"with space\"] { }\nroute[\"a\tb\\tc\\\\\"] { }\nroute[\"\"] { }\n", bodies[i]);
		load_or_fail(s, text);
		first = printed(s, false);
		snprintf(again, sizeof(again), "%.*s", SLICE_ARG(slice_skip(first, 8)));
		if (strcmp(difference(text, again), "") != 0)
			fail_msg("%s\nprinted:\n%s\n%s", text, again, difference(text, again));
		load_or_fail(s, again);
		assert_true(slice_eq(printed(s, false), first));
		scene_free(s);
	}
}

#define SECRETS \
	"const HIDDEN = \"${file:test/unit/cfg/secret.txt}\";\n" \
	"acl office = { 10.1.2.3/24; !office2; }\nacl office2 = { 2001:db8::77; }\n" \
	"map hops = { \"*@acme.example\": \"gw.acme.example\" }\n" \
	"loadmodule \"sl\" loadmodule \"tm\"\nlisten = tcp:192.0.2.77:5060 name \"acme\"\n" \
	"alias = \"acme.example\"\n" \
	"request_route { if ($si in office && $rm == \"INVITE\") route(ACME); " \
	"t_on_failure(\"ACMEFAIL\"); $avp(x) = HIDDEN + (match_first(hops, $fu ?? \"\") ?? \"none\"); t_relay(); }\n" \
	"route[ACME] { sl_send_reply(404, \"acme says no\"); }\nfailure_route[ACMEFAIL] { drop; }\n"

static bool has(struct slice text, const char *part)
{
	return slice_search(text, slice_str(part)) < text.len;
}

static void secrets_are_hidden(void **state)
{
	struct scene *s = scene_new();
	struct slice text;

	(void)state;
	load_or_fail(s, SECRETS);
	text = printed(s, false);
	assert_true(has(text, "const HIDDEN = \"(secret)\";"));
	assert_true(has(text, "gw.acme.example"));
	assert_false(has(text, "hunter2"));
	scene_free(s);
}

static void strangers_see_hashes(void **state)
{
	static const char *const hidden[] = { "hunter2", "acme", "ACME", "office", "hops", "192.0.2.77",
		"10.1.2.3", "2001:db8", "HIDDEN", "none", "says" };
	struct scene *s = scene_new();
	struct slice text;
	char again[3000];

	(void)state;
	load_or_fail(s, SECRETS);
	text = printed(s, true);
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (has(text, hidden[i]))
			fail_msg("%s is shown:\n%.*s", hidden[i], SLICE_ARG(text));
	assert_true(has(text, "\"INVITE\""));
	assert_true(has(text, "{ fd00:"));	/* an address keeps its family */
	/* The hashes are names: what calls what is still to be seen, and it passes the check. */
	snprintf(again, sizeof(again), "%.*s", SLICE_ARG(slice_skip(text, 8)));
	load_or_fail(s, again);
	scene_free(s);
}

/* ---- comparing ---- */

static void differences(void **state)
{
	static const struct { const char *a, *b, *want; } rows[] = {
		{ "", "# a comment\n;", "" },
		{ "const A = 1;", "const A = 2;", "~ const A: 1 -> 2   (at reload)\n" },
		{ "const A = 1 + 1;", "const A = 2;", "" },
		{ "acl a = { 10.0.0.1; }", "acl a = { 10.0.0.2; }", "~ acl a   (t.cfg:3, t.cfg:3)   (at reload)\n" },
		{ "map m = { 1: 2 }", "map n = { 1: 2 }",
		  "- map m   (t.cfg:3)   (at reload)\n+ map n   (t.cfg:3)   (at reload)\n" },
		{ "alias = \"a.example\"", "alias = \"b.example\"",
		  "- alias a.example   (at reload)\n+ alias b.example   (at reload)\n" },
		{ "listen = tcp:10.0.0.1:5060", "listen = tcp:10.0.0.1:5060 name \"x\"",
		  "~ listener tcp:10.0.0.1:5060   (t.cfg:3, t.cfg:3)   (at reload)\n" },
		{ "listen = tcp:10.0.0.1:5060", "listen = tls:10.0.0.1:5061",
		  "- listener tcp:10.0.0.1:5060   (t.cfg:3)   (at reload)\n"
		  "+ listener tls:10.0.0.1:5061   (t.cfg:3)   (at reload)\n" },
		{ "startup_route { setflag(1); }", "startup_route {\n\n setflag( 1 ) ; }", "" },
		{ "startup_route { setflag(1); }", "startup_route { setflag(2); }",
		  "~ startup_route   (t.cfg:3, t.cfg:3)   (at reload)\n" },
		{ "", "timer_route[T, 5s] { setflag(1); }",
		  "+ timer_route T   (t.cfg:3)   (at reload)\n" },
		{ "timer_route[T, 5s] { setflag(1); }", "timer_route[T, 6s] { setflag(1); }",
		  "~ timer_route T   (t.cfg:3, t.cfg:3)   (at reload)\n" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char a[500], b[500];

		snprintf(a, sizeof(a), "request_route { drop; }\n%s\n", rows[i].a);
		snprintf(b, sizeof(b), "request_route { drop; }\n%s\n", rows[i].b);
		assert_string_equal(difference(a, b), rows[i].want);
		assert_string_equal(difference(a, a), "");
	}
}

static void parameters(void **state)
{
	static const char a[] = "loadmodule \"tm\" request_route { t_relay(); }\n"
	    "modparam(\"tm\", \"fr_timer\", 30s)\n";
	static const char b[] = "loadmodule \"tm\" loadmodule \"sl\" request_route { t_relay(); }\n"
	    "modparam(\"tm\", \"fr_timer\", 5s)\n";
	const char *text = difference(a, b);

	(void)state;
	assert_non_null(strstr(text, "+ module sl"));
	assert_non_null(strstr(text, "~ parameter tm.fr_timer: 30s -> 5s   (at once)\n"));
}

/* A const that a secret parameter is made of is as secret as one that comes from a file. */
static void consts_of_secrets(void **state)
{
#define KEYED(secret) "loadmodule \"tls\"\nconst PART = \"" secret "\";\n" \
	"const DIR = \"test/unit/cfg/\";\nconst WHOLE = DIR + PART;\nconst N = 7;\n" \
	"request_route { drop; }\nmodparam(\"tls\", \"key\", WHOLE)\n"
	const char *text = difference(KEYED("secret.txt"), KEYED("run.c"));
	struct scene *s = scene_new();
	struct slice whole;

	(void)state;
	assert_null(strstr(text, "run.c"));
	assert_null(strstr(text, "secret.txt"));
	assert_non_null(strstr(text, "~ const PART: (secret) -> (secret)   (at reload)\n"));
	assert_non_null(strstr(text, "~ const WHOLE: (secret) -> (secret)   (at reload)\n"));
	load_or_fail(s, KEYED("secret.txt"));
	whole = printed(s, false);
	assert_false(has(whole, "secret.txt"));
	assert_true(has(whole, "const WHOLE = DIR + PART;"));
	assert_true(has(whole, "const N = 7;"));
	scene_free(s);
}

/* ---- who calls whom ---- */

static void call_graph(void **state)
{
	struct scene *s = scene_new();
	struct buf *out = buf_new(100);

	(void)state;
	load_or_fail(s, "loadmodule \"tm\"\nrequest_route { route(A); }\nroute[A] {\n"
	    "t_on_failure(\"F\");\nroute(B);\nt_relay(); }\nroute[B] { setflag(1); }\n"
	    "failure_route[F] { t_on_failure(\"F\"); t_relay(); }\n");
	calls_text(s->cfg, out);
	assert_string_equal(arena_printf(s->arena, "%.*s", (int)out->len, out->data).p,
	    "request_route   t.cfg:3\n    route[A]   t.cfg:3\n"
	    "        t_on_failure: failure_route[F]   t.cfg:5\n"
	    "            t_on_failure: failure_route[F]   t.cfg:9   (as above)\n"
	    "        route[B]   t.cfg:6\n");
	buf_clear(out);
	calls_dot(s->cfg, out);
	assert_true(has(buf_slice(out), "\"route[A]\" -> \"failure_route[F]\" [style=dashed"));
	assert_true(has(buf_slice(out), "\"request_route\" -> \"route[A]\";"));
	buf_clear(out);
	modules_text(s->cfg, out);
	assert_true(has(buf_slice(out), "tm   t.cfg:2\n"));
	assert_true(has(buf_slice(out), "used: t_on_failure(), t_relay()"));
	buf_unref(&out);
	scene_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_after_printing), cmocka_unit_test(secrets_are_hidden),
		cmocka_unit_test(strangers_see_hashes), cmocka_unit_test(differences),
		cmocka_unit_test(parameters), cmocka_unit_test(consts_of_secrets),
		cmocka_unit_test(call_graph)
	};
	const char *src = getenv("top_srcdir");

	if (chdir(src ? src : ".") != 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
