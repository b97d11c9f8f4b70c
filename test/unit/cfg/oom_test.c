/*
 * test/unit/cfg/oom_test.c - every allocation of a load and of a run fails once: nothing
 * crashes or leaks, and nothing half done is given out.
 */
#include "test/unit/cfg/run.h"

#include "cfg/fiber.h"
#include "test/oom.h"

static const char script[] =
    "#!lcs 1\n#!define CODE 404\nserver_name = \"${LCS_SURELY_NOT_SET:-x}\"\n"
    "listen = tls:[::1]:5061 { name = \"a\"; require_client_certificate = true; }\n"
    "loadmodule \"sl\" loadmodule \"tm\" loadmodule \"xlog\" module \"hello\" { friend = \"a\"; }\n"
    "modparam(\"hello\", \"friend\", \"b\")\n"
    "acl a = { 10.0.0.0/8; !10.9.0.0/16; }\nmap m = { \"*@x\": \"y\", \"44\": \"z\" }\n"
    "const K = \"a\" + 5;\n"
    "request_route {\n"
    "    defer { setflag(\"end\"); }\n"
    "    $var(n) = K + $rm; push($var(l), $var(n)); push($avp(l), 1); incr($sht(t=>$ci));\n"
    "    if ($si in a && $rm =~ \"^(t)\" && \"$re(1)\" =~ $proto) route(A, counts(1));\n"
    "    foreach (x in [\"p\", \"q\"]) xinfo(f\"$(ru{uri.user}{s.toupper}) $hdr(X) \" + x);\n"
    "    switch ($rm) { case [\"a\", \"b\"]: break; case =~ \"^T\": drop; default: break; }\n"
    "    $ru = \"sip:\" + $rm + \"@x\";\n"
    "    within 1s { $avp(x) = resubst($rm, \"/t/T/g\") + md5($rm); } else { exit; }\n"
    "    if ((match_first(m, \"a@x\") ?? \"\") == \"y\") sl_send_reply(CODE, \"No $rm\");\n"
    "    drop;\n"
    "}\n"
    "route[A](n: int, t: str = \"q\") -> str { return joined(t, t) + n; }\n"
    "test \"t\" { given request \"OPTIONS sip:a@b\" { From = \"x\"; } expect reply 404; }\n";

static const char wrong_script[] =
    "#!lcs 1\nzz = 1\nloadmodule \"tmm\"\nrequest_route { rout(A); if ($rU = 1) { } $zz = \"$rU\"; "
    "x = y + 1; route(B); sl_send_reply(1); }\nroute[A] { break; }\n";

static void loading(void **state)
{
	struct fake_script *fake = calloc(1, sizeof(*fake));

	(void)state;
	assert_int_equal(fake_script_init(fake), 0);
	arena_thread_flush();
	OOM_WALK(nth) {
		struct diag *diag = diag_new();
		struct cfg *cfg = NULL;
		int err = -ENOMEM;

		if (diag)
			err = cfg_load_text("t.cfg", slice_str(script), &fake->host, diag, &cfg);
		assert_true((err == 0) == (cfg != NULL));
		if (err != 0 && err != -ENOMEM)		/* a module that could not be opened */
			assert_true(diag_errors(diag) > 0);
		cfg_free(&cfg);
		diag_free(&diag);
		regex_thread_flush();
		arena_thread_flush();
	}
	fake_script_fini(fake);
	free(fake);
	arena_thread_flush();
}

static void complaining(void **state)
{
	struct fake_script *fake = calloc(1, sizeof(*fake));

	(void)state;
	assert_int_equal(fake_script_init(fake), 0);
	arena_thread_flush();
	OOM_WALK(nth) {
		struct arena *arena = arena_new(0);
		struct diag *diag = diag_new();
		struct cfg *cfg = NULL;

		if (diag && arena) {
			assert_int_not_equal(cfg_load_text("t.cfg", slice_str(wrong_script), &fake->host,
			    diag, &cfg), 0);
			(void)diag_text(diag, DIAG_TEXT, arena);
		}
		assert_null(cfg);
		diag_free(&diag);
		arena_free(&arena);
		regex_thread_flush();
		arena_thread_flush();
	}
	fake_script_fini(fake);
	free(fake);
	arena_thread_flush();
}

static enum vm_status run_once(struct fake_script *fake, const struct cfg *cfg, struct arena *arena)
{
	struct fiber *f = vm_start(cfg->program, (unsigned)cfg_route_id(cfg, ROUTE_REQUEST, SLICE("")),
	    NULL, 0, arena, NULL);
	enum vm_status st;

	if (!f)
		return VM_FAILED;
	fake_script_begin(fake, arena);
	while ((st = vm_run(f, &fake->vm, fake)) == VM_SUSPENDED)
		vm_resume(f, fake_result(fake, f->waits_for));
	return st;
}

static void running(void **state)
{
	struct fake_script *fake = calloc(1, sizeof(*fake));
	struct diag *diag = diag_new();
	struct cfg *cfg;
	enum vm_status last = VM_FAILED;

	(void)state;
	assert_int_equal(fake_script_init(fake), 0);
	assert_int_equal(cfg_load_text("t.cfg", slice_str(script), &fake->host, diag, &cfg), 0);
	fake->suspend_all = true;
	arena_thread_flush();
	OOM_WALK(nth) {
		struct arena *arena = arena_new(64 << 10);

		if (arena)
			last = run_once(fake, cfg, arena);
		assert_int_equal(fake->deadlines, 0);
		arena_free(&arena);
		regex_thread_flush();
		arena_thread_flush();
	}
	assert_int_equal(last, VM_DROP);
	cfg_free(&cfg);
	diag_free(&diag);
	fake_script_fini(fake);
	free(fake);
	arena_thread_flush();
}

/* The arena of a message has an end: every length of it is tried. */
static void arenas_of_every_size(void **state)
{
	struct fake_script *fake = calloc(1, sizeof(*fake));
	struct diag *diag = diag_new();
	struct cfg *cfg;
	enum vm_status last = VM_FAILED;

	(void)state;
	assert_int_equal(fake_script_init(fake), 0);
	assert_int_equal(cfg_load_text("t.cfg", slice_str(script), &fake->host, diag, &cfg), 0);
	for (size_t cap = 64; last != VM_DROP && cap < 1 << 20; cap += 16) {
		struct arena *arena = arena_new(cap);

		assert_non_null(arena);
		last = run_once(fake, cfg, arena);
		arena_free(&arena);
	}
	assert_int_equal(last, VM_DROP);
	cfg_free(&cfg);
	diag_free(&diag);
	fake_script_fini(fake);
	free(fake);
	regex_thread_flush();
	arena_thread_flush();
}

UNIT_MAIN(
	cmocka_unit_test(loading),
	cmocka_unit_test(complaining),
	cmocka_unit_test(running),
	cmocka_unit_test(arenas_of_every_size)
)
