/*
 * test/unit/cfg/vm_test.c - running: control, frames, waiting at every call, defer blocks,
 * deadlines, and the limits of a run.
 */
#include "test/unit/cfg/run.h"

#include "cfg/fiber.h"

/* ---- what a body calls ---- */

struct row { const char *body, *calls; };

static void run_bodies(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct scene *s = scene_new();

		if (scene_load_body(s, rows[i].body) != 0)
			fail_msg("%s", scene_messages(s));
		scene_run(s);
		if (strcmp(scene_calls(s), rows[i].calls) != 0)
			fail_msg("%s\ncalls:\n%swanted:\n%s", rows[i].body, scene_calls(s),
			    rows[i].calls);
		scene_free(s);
	}
}

static void control(void **state)
{
	static const struct row rows[] = {
		{ "if ($ml == 1) setflag(1); else setflag(2);", "setflag(1)\n" },
		{ "if ($ml == 2) setflag(1); else if ($ml == 3) setflag(2); else setflag(3);",
		  "setflag(3)\n" },
		{ "foreach (i in range(0, 3)) setflag(i);", "setflag(0)\nsetflag(1)\nsetflag(2)\n" },
		{ "foreach (i in range($ml, $ml + 2)) setflag(i);", "setflag(1)\nsetflag(2)\n" },
		{ "foreach (x in [\"a\", \"b\"]) setflag(x);", "setflag(\"a\")\nsetflag(\"b\")\n" },
		{ "foreach (x in contacts()) { setflag(x); break; }", "contacts()\nsetflag(\"x\")\n" },
		{ "foreach ($avp(i) in [1, 2]) { if ($avp(i) == 1) continue; setflag($avp(i)); }",
		  "setflag(2)\n" },
		{ "foreach ($var(i) in [1, 2]) foreach (j in [3, 4]) { if (j == 4) break; "
		  "setflag($var(i)); setflag(j); }", "setflag(1)\nsetflag(3)\nsetflag(2)\nsetflag(3)\n" },
		{ "switch ($rm) { case \"a\": setflag(1); break; case \"text\": setflag(2); "
		  "fallthrough; case \"b\": setflag(3); break; default: setflag(4); }",
		  "setflag(2)\nsetflag(3)\n" },
		{ "switch ($ml) { case [5, 1]: setflag(1); break; default: setflag(2); }",
		  "setflag(1)\n" },
		{ "switch ($rm) { case =~ \"^T\": setflag(1); break; case =~ \"^t\": setflag(2); }",
		  "setflag(2)\n" },
		{ "switch ($rU) { case null: setflag(1); break; default: setflag(2); }", "setflag(1)\n" },
		{ "switch ($hdr(E)) { case \"x\": setflag(1); break; }", "" },
		{ "foreach (i in range(0, 2)) { switch (i) { case 0: continue; default: break; } "
		  "setflag(i); }", "setflag(1)\n" },
		{ "var x = 1; { var y = x + 1; x = y; } setflag(x);", "setflag(2)\n" },
		{ "$var(a) = \"x\"; $var(a) += \"y\"; setflag($var(a));", "setflag(\"xy\")\n" },
		{ "var n = 1; n += 5; setflag(n);", "setflag(6)\n" },
		{ "push($var(l), 1); push($var(l), 2); foreach (x in $var(l)) setflag(x);",
		  "setflag(1)\nsetflag(2)\n" },
		{ "incr($var(n)); incr($var(n), 4); setflag($var(n));", "setflag(5)\n" },
		{ "incr($avp(n)); setflag(incr($avp(n), 2));", "setflag(3)\n" },
		{ "sl_send_reply(404, \"No $rm\"); setflag($rc);",
		  "sl_send_reply(404, \"No text\")\nsetflag(1)\n" },
		{ "setflag($cfg(line)); setflag($cfg(route));", "setflag(7)\nsetflag(\"\")\n" },
		{ "if (\"x=7\" =~ \"=([0-9])$\") setflag($re(1));", "setflag(\"7\")\n" },
		{ "xinfo(\"[$rU] $hdr(X) $rm\"); xwarn(f\"<$rU>\"); setflag(f\"<$rU>\");",
		  "xinfo(\"[<null>] <null> text\")\nxwarn(\"<<null>>\")\nsetflag(\"<>\")\n" },
		{ "drop; setflag(1);", "" }
	};

	(void)state;
	run_bodies(rows, COUNT(rows));
}

/* The message is an INVITE. Of those that are known at load the machine asks nobody; $rc, a
 * value that is used and a test that is not the first of its condition are as of any call. */
static void methods(void **state)
{
	static const struct row rows[] = {
		{ "if (is_method(\"INVITE\")) setflag(1); else setflag(2);", "setflag(1)\n" },
		{ "if (is_method(\"ACK\")) setflag(1); else setflag(2);", "setflag(2)\n" },
		{ "if (is_method(\"ACK | INVITE\")) setflag(1);", "setflag(1)\n" },
		{ "if (is_method(\"invite\")) setflag(1);", "" },
		{ "if (is_method(\"INVITEX|INVITE\")) setflag(1);", "setflag(1)\n" },
		{ "if (is_method(\"\")) setflag(1);", "" },
		{ "if (is_method(\"ACK\" + \"|INVITE\")) setflag(1);", "setflag(1)\n" },
		{ "$var(m) = \"INVITE\"; if (is_method($var(m))) setflag(1);", "setflag(1)\n" },
		{ "is_method(\"INVITE\"); setflag($rc); is_method(\"BYE\"); setflag($rc);",
		  "setflag(1)\nsetflag(-1)\n" },
		{ "var a = is_method(\"INVITE\"); var b = is_method(\"BYE\"); setflag(a); setflag(b);",
		  "setflag(true)\nsetflag(false)\n" },
		{ "if (!is_method(\"BYE\") && !(is_method(\"ACK\") || !is_method(\"INVITE\"))) setflag(1);",
		  "setflag(1)\n" },
	};

	(void)state;
	run_bodies(rows, COUNT(rows));
}

static void routes(void **state)
{
	static const char script[] =
	    "loadmodule \"hello\"\n"
	    "request_route { setflag(route(FACT, 5)); if (route(IS, \"a\")) setflag(\"yes\"); "
	    "route(OUT); setflag(\"not reached\"); drop; }\n"
	    "route[FACT](n: int) -> int { if (n < 2) return 1; return n * route(LESS, n - 1); }\n"
	    "route[LESS](n: int) -> int { var a = n; var b = a * 2; return b - n; }\n"
	    "route[IS](x: str, y: str = \"a\") -> bool { return x == y; }\n"
	    "route[OUT] { setflag(\"out\"); exit; }\n";
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, script);
	assert_int_equal(diag_errors(s->diag), 0);
	assert_int_equal(scene_run(s), VM_EXIT);
	assert_string_equal(scene_calls(s), "setflag(20)\nsetflag(\"yes\")\nsetflag(\"out\")\n");
	scene_free(s);
}

/* ---- waiting ---- */

/* Every call waits; what the script computes is the same as if none did. */
static void waiting_everywhere(void **state)
{
	static const char *const bodies[] = {
		"setflag(counts(1) + counts(2) * counts(3) - counts(counts(4)));",
		"setflag(joined(joined(\"a\", home_of($fu) ?? \"x\"), \"b\") + counts(1));",
		"if (holds(1) && (holds(2) || holds(3)) && !holds(4)) setflag(1); else setflag(2);",
		"setflag([counts(1), counts(2), counts(3)]);",
		"setflag(f\"a $hdr(X) \" + counts(5)); $avp(x) = joined(\"p\", \"q\");",
		"foreach (i in range(0, counts(1))) { if (holds(i)) setflag(i); }",
		"switch (counts(7)) { case counts(8): setflag(1); break; default: setflag(2); }",
		"$avp(x) = counts(1); $hdr(Y) = joined(\"a\", \"b\"); setflag($avp(x));",
		"var a = joined(\"x\", \"y\"); var b = a + joined(a, a); setflag(b ?? \"n\");",
		"within 1s { setflag(counts(2)); } else { setflag(9); }",
		"setflag((counts(1) == counts(2)) == (holds(1) == holds(2)));",
		"setflag(substr(joined(\"abc\", \"d\"), counts(0), counts(1)));",
		"defer { setflag(\"end\"); } wait_for(5s); setflag(uri_user(joined(\"a\", \"b\")) ?? \"\");"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct scene *s = scene_new();
		char straight[sizeof(s->log)];

		if (scene_load_body(s, bodies[i]) != 0) {
			first_error(s, straight, sizeof(straight));
			fail_msg("%s: %s", bodies[i], straight);
		}
		assert_int_equal(scene_run(s), VM_DROP);
		memcpy(straight, scene_calls(s), sizeof(straight));
		s->fake.suspend_all = true;
		assert_int_equal(scene_run(s), VM_DROP);
		assert_string_equal(scene_calls(s), straight);
		assert_int_equal(s->fake.deadlines, 0);
		scene_free(s);
	}
}

static void what_waits_is_told(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "\n\nsetflag(counts(3));"), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	assert_int_equal(vm_where(s->fiber).line, 9);
	assert_slice(vm_route_name(s->fiber), "request_route");
	vm_resume(s->fiber, value_int(12));
	s->fake.suspend_all = false;
	assert_int_equal(scene_go(s), VM_DROP);
	assert_string_equal(scene_calls(s), "counts(3, 7, false)\nsetflag(12)\n");
	assert_int_equal(scene_go(s), VM_DROP);		/* once over, over */
	scene_free(s);
}

static void resumed_with_the_wrong_type(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "setflag(counts(3));"), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	vm_resume(s->fiber, value_string(SLICE("no number")));
	assert_int_equal(scene_go(s), VM_FAILED);
	assert_string_equal(vm_error(s->fiber)->what, "a value is str, int is needed");
	assert_int_equal(vm_error(s->fiber)->at.line, 7);
	scene_free(s);
}

/* ---- ending ---- */

#define DEFERS \
	"loadmodule \"hello\"\n" \
	"request_route { defer { setflag(\"top\"); } route(A); setflag(\"after\"); drop; }\n" \
	"route[A] { defer { setflag(\"first\"); } if ($rm == \"zz\") { defer { setflag(\"never\"); } } "

static const char *with_defers(struct scene *s, const char *rest, enum vm_status want)
{
	char script[1000];

	snprintf(script, sizeof(script), "%s %s }", DEFERS, rest);
	scene_load(s, script);
	if (diag_errors(s->diag))
		fail_msg("%s", scene_messages(s));
	assert_int_equal(scene_run(s), want);
	return scene_calls(s);
}

static void defer_blocks(void **state)
{
	static const struct { const char *rest; enum vm_status status; const char *calls; } rows[] = {
		{ "setflag(1);", VM_DROP,
		  "setflag(1)\nsetflag(\"first\")\nsetflag(\"after\")\nsetflag(\"top\")\n" },
		{ "return; ", VM_DROP, "setflag(\"first\")\nsetflag(\"after\")\nsetflag(\"top\")\n" },
		{ "exit; ", VM_EXIT, "setflag(\"first\")\nsetflag(\"top\")\n" },
		{ "drop; ", VM_DROP, "setflag(\"first\")\nsetflag(\"top\")\n" },
		{ "$avp(x) = 1 / ($ml - 1);", VM_FAILED, "setflag(\"first\")\nsetflag(\"top\")\n" },
		{ "defer { setflag($ml / 0 * 1); } exit;", VM_FAILED, NULL },
		{ "defer { setflag($avp(n) + 1); } exit;", VM_FAILED, "setflag(\"top\")\n" },
		{ "foreach (i in range(0, 3)) { defer { setflag(i); } }", VM_DROP,
		  "setflag(2)\nsetflag(\"first\")\nsetflag(\"after\")\nsetflag(\"top\")\n" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();

		if (rows[i].calls)
			assert_string_equal(with_defers(s, rows[i].rest, rows[i].status),
			    rows[i].calls);
		scene_free(s);
	}
}

static void cancelled(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, DEFERS " counts(1); setflag(\"not reached\"); }");
	assert_int_equal(diag_errors(s->diag), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	assert_int_equal(vm_cancel(s->fiber, &s->fake.vm, &s->fake), VM_DROP);
	assert_string_equal(scene_calls(s), "counts(1, 7, false)\nsetflag(\"first\")\nsetflag(\"top\")\n");
	assert_int_equal(vm_cancel(s->fiber, &s->fake.vm, &s->fake), VM_DROP);
	scene_free(s);
}

static void cancelled_and_failed(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "defer { setflag($avp(x) + 1); } within 5s { counts(1); }"), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	assert_int_equal(s->fake.deadlines, 1);
	assert_int_equal(vm_cancel(s->fiber, &s->fake.vm, &s->fake), VM_FAILED);
	assert_int_equal(s->fake.deadlines, 0);
	scene_free(s);
}

static void functions_that_fail(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "defer { $avp(d) = 1; }\nsetflag(1); setflag(2);"), 0);
	s->fake.fail_all = true;
	assert_int_equal(scene_run(s), VM_FAILED);
	assert_string_equal(vm_error(s->fiber)->what, "a function failed");
	assert_int_equal(vm_error(s->fiber)->at.line, 8);
	assert_slice(vm_error(s->fiber)->route, "request_route");
	assert_non_null(fake_get(&s->fake, "$avp(d)"));
	assert_int_equal(s->fake.call_count, 1);
	scene_free(s);
}

static void errors_of_the_world(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "if (!lookup(\"location\")) { setflag($err ?? \"none\"); } "
	    "if (!lookup(\"x\")) { setflag($err ?? \"none\"); }"), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	vm_set_err(s->fiber, "timeout");
	vm_resume(s->fiber, value_bool(false));
	assert_int_equal(scene_go(s), VM_SUSPENDED);	/* the next call begins without */
	vm_resume(s->fiber, value_bool(false));
	assert_int_equal(scene_go(s), VM_DROP);
	assert_string_equal(scene_calls(s), "lookup(\"location\")\nsetflag(\"timeout\")\n"
	    "lookup(\"x\")\nsetflag(\"none\")\n");
	scene_free(s);
}

/* ---- deadlines ---- */

#define NESTED \
	"loadmodule \"hello\"\n" \
	"request_route { within 5s { setflag(\"a\"); within 1s { route(A); setflag(\"b\"); } " \
	"else { setflag(\"inner\"); } setflag(\"c\"); } else { setflag(\"outer\"); } setflag(\"d\"); drop; }\n" \
	"route[A] { defer { setflag(\"deferred\"); } counts(1); setflag(\"not reached\"); }"

static void expire(unsigned level, const char *calls)
{
	struct scene *s = scene_new();

	scene_load(s, NESTED);
	assert_int_equal(diag_errors(s->diag), 0);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	assert_int_equal(s->fake.deadlines, 2);
	vm_expire(s->fiber, level);
	s->fake.deadlines--;			/* it has gone off */
	assert_int_equal(scene_go(s), VM_DROP);
	assert_string_equal(scene_calls(s), calls);
	assert_int_equal(s->fake.deadlines, 0);
	scene_free(s);
}

static void deadlines(void **state)
{
	(void)state;
	expire(1, "setflag(\"a\")\ncounts(1, 7, false)\nsetflag(\"deferred\")\nsetflag(\"inner\")\n"
	    "setflag(\"c\")\nsetflag(\"d\")\n");
	expire(0, "setflag(\"a\")\ncounts(1, 7, false)\nsetflag(\"deferred\")\nsetflag(\"outer\")\n"
	    "setflag(\"d\")\n");
}

static void cancelled_when_too_late(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	scene_load(s, NESTED);
	s->fake.suspend_all = true;
	scene_begin(s, NULL);
	assert_int_equal(scene_go(s), VM_SUSPENDED);
	vm_expire(s->fiber, 0);
	s->fake.deadlines--;
	assert_int_equal(vm_cancel(s->fiber, &s->fake.vm, &s->fake), VM_DROP);
	assert_string_equal(scene_calls(s), "setflag(\"a\")\ncounts(1, 7, false)\nsetflag(\"deferred\")\n");
	assert_int_equal(s->fake.deadlines, 0);
	scene_free(s);
}

static void ways_out_of_a_deadline(void **state)
{
	static const struct row rows[] = {
		{ "foreach (i in range(0, 3)) { within 1s { if (i == 1) continue; if (i == 2) break; "
		  "setflag(i); } } setflag(\"x\");", "setflag(0)\nsetflag(\"x\")\n" },
		{ "within 1s { exit; }", "" }, { "within 1s { return; }", "" },
		{ "within 1s { within 2s { drop; } }", "" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();

		scene_load_body(s, rows[i].body);
		assert_int_equal(diag_errors(s->diag), 0);
		scene_run(s);
		assert_string_equal(scene_calls(s), rows[i].calls);
		assert_int_equal(s->fake.deadlines, 0);
		scene_free(s);
	}
}

/* ---- limits ---- */

static void out_of_steps(void **state)
{
	static const struct vm_limits limits = { 500, 1 << 20 };
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "defer { setflag(\"deferred\"); }\n"
	    "foreach (i in range(0, 1000000)) {\n$var(x) = i; }"), 0);
	scene_begin(s, &limits);
	assert_int_equal(scene_go(s), VM_FAILED);
	assert_string_equal(vm_error(s->fiber)->what, "out of steps (script_max_steps)");
	assert_true(vm_error(s->fiber)->at.line >= 8);
	assert_string_equal(scene_calls(s), "setflag(\"deferred\")\n");
	scene_free(s);
}

static void defers_that_never_end(void **state)
{
	static const struct vm_limits limits = { 500, 1 << 20 };
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "defer { setflag(\"outer\"); } defer { foreach (i in range(0, "
	    "1000000)) { $var(x) = i; } } foreach (i in range(0, 1000000)) { $var(x) = i; }"), 0);
	scene_begin(s, &limits);
	assert_int_equal(scene_go(s), VM_FAILED);
	assert_int_equal(s->fake.call_count, 0);
	scene_free(s);
}

static void out_of_memory(void **state)
{
	static const char *const bodies[] = {
		"var x = $rm; foreach (i in range(0, 30)) { x = x + x; }",
		"var x = [1]; foreach (i in range(0, 5000)) { push($var(l), x); }",
		"foreach (i in range(0, 5000)) { $avp(x) = f\"$rm $rm $rm $rm $rm $rm\"; }",
		"foreach (i in range(0, 5000)) { $avp(x) = [i, i, i, i, i]; }",
		"foreach (i in range(0, 5000)) { $avp(x) = upper(\"aaaaaaaaaaaaaaaaaaaaaaaaaa\" + i); }"
	};
	static const struct vm_limits limits = { 1 << 20, 64 << 10 };

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct scene *s = scene_new();

		assert_int_equal(scene_load_body(s, bodies[i]), 0);
		scene_begin(s, &limits);
		assert_int_equal(scene_go(s), VM_FAILED);
		assert_string_equal(vm_error(s->fiber)->what, "out of memory (script_max_memory)");
		scene_free(s);
	}
}

/* A pattern of the script against a text from the wire must come to an end. */
static void patterns_that_explode(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "if ($hdr(X) =~ \"^(a+)+$\") setflag(1);"), 0);
	scene_begin(s, NULL);
	fake_set(&s->fake, "$hdr(X)", value_string(SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
	assert_int_equal(scene_go(s), VM_FAILED);
	assert_string_equal(vm_error(s->fiber)->what, "a pattern took too long");
	scene_free(s);
}

/* ---- a host that is wrong ---- */

static enum fn_status get_wrong(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value *out)
{
	(void)arg;
	(void)v;
	(void)key;
	(void)index;
	*out = value_int(7);
	return FN_DONE;
}

static void values_of_the_wrong_type(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load_body(s, "setflag(len($rm));"), 0);
	scene_begin(s, NULL);
	s->fake.vm.get = get_wrong;
	assert_int_equal(scene_go(s), VM_FAILED);
	assert_string_equal(vm_error(s->fiber)->what, "a value is int, str is needed");
	scene_free(s);
}

static void arguments_of_the_top_route(void **state)
{
	struct scene *s = scene_new();
	struct value argv[] = { value_int(20), value_string(SLICE("x")) };
	struct fiber *f;
	int id;

	(void)state;
	scene_load(s, "request_route { route(A, 1, \"y\"); drop; } "
	    "route[A](n: int, t: str) -> str { return t + (n + 1); }");
	assert_int_equal(diag_errors(s->diag), 0);
	id = cfg_route_id(s->cfg, ROUTE_NAMED, SLICE("A"));
	assert_true(id >= 0);
	assert_int_equal(cfg_route_id(s->cfg, ROUTE_NAMED, SLICE("B")), -1);
	fake_script_begin(&s->fake, s->arena);
	f = vm_start(s->cfg->program, (unsigned)id, argv, 2, s->arena, NULL);
	assert_non_null(f);
	assert_int_equal(vm_run(f, &s->fake.vm, &s->fake), VM_DONE);
	assert_slice(vm_result(f).s, "x21");
	assert_true(vm_steps(f) > 0 && vm_steps(f) < 20);
	scene_free(s);
}

UNIT_MAIN(
	cmocka_unit_test(control),
	cmocka_unit_test(methods),
	cmocka_unit_test(routes),
	cmocka_unit_test(waiting_everywhere),
	cmocka_unit_test(what_waits_is_told),
	cmocka_unit_test(resumed_with_the_wrong_type),
	cmocka_unit_test(defer_blocks),
	cmocka_unit_test(cancelled),
	cmocka_unit_test(cancelled_and_failed),
	cmocka_unit_test(functions_that_fail),
	cmocka_unit_test(errors_of_the_world),
	cmocka_unit_test(deadlines),
	cmocka_unit_test(cancelled_when_too_late),
	cmocka_unit_test(ways_out_of_a_deadline),
	cmocka_unit_test(out_of_steps),
	cmocka_unit_test(defers_that_never_end),
	cmocka_unit_test(out_of_memory),
	cmocka_unit_test(patterns_that_explode),
	cmocka_unit_test(values_of_the_wrong_type),
	cmocka_unit_test(arguments_of_the_top_route)
)
