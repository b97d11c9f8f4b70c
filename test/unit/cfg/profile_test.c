/*
 * test/unit/cfg/profile_test.c - files of profiles: what a rule forbids and wants, several
 * profiles on one server, and what is said about files that are none.
 */
#include "test/unit/cfg/run.h"

#include "cfg/diag_item.h"

#include <sys/stat.h>
#include <unistd.h>

#define END "\nrequest_route { drop; }"

struct site {				/* a directory of profiles of our own */
	struct scene *scene;
	char          dir[64], path[128];
};

static void begin(struct site *t)
{
	snprintf(t->dir, sizeof(t->dir), "/tmp/lcs-profiles-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/own.profile", t->dir);
	t->scene = scene_new();
}

static void put(struct site *t, const char *text)
{
	FILE *f = fopen(t->path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	t->scene->fake.host.profile_path = t->dir;
}

static void end(struct site *t)
{
	unlink(t->path);
	rmdir(t->dir);
	scene_free(t->scene);
}

static bool says_of_profiles(const struct scene *s)
{
	for (const struct diag_item *i = s->diag->first; i; i = i->next)
		if (i->level == DIAG_ERROR || (i->code >= 600 && i->code < 700))
			return true;
	return false;
}

/* The message that a script gets under a profile of this text; NULL: none about profiles. */
static void expect(const char *profile, const char *script, const char *message)
{
	struct site t;

	begin(&t);
	put(&t, profile);
	scene_load(t.scene, arena_printf(t.scene->arena, "profile = \"own\"\n%s%c", script, 0).p);
	if (message && !strstr(scene_messages(t.scene), message))
		fail_msg("\"%s\" is not said about\n%s%s\nbut:\n%s", message, profile, script,
		    scene_messages(t.scene));
	if (!message && says_of_profiles(t.scene))
		fail_msg("said about\n%s%s\n%s", profile, script, scene_messages(t.scene));
	end(&t);
}

/* ---- files ---- */

static void files_that_are_wrong(void **state)
{
	static const struct { const char *text, *message; } rows[] = {
		{ "forbid udp \"x\"\n", "own.profile:1:1: error[E0609]" },
		{ "\n  no udp \"x\"\n", "own.profile:2:3: error[E0609]" },
		{ "no listener \"x\"", "a name is missing in this rule" },
		{ "no listener", "a name is missing in this rule" },
		{ "no listener udp", "a text between double quotes ends every line" },
		{ "no listener udp why", "a text between double quotes" },
		{ "no listener udp \"why", "a text between double quotes" },
		{ "no listener udp \"", "a text between double quotes" },
		{ "no listener udp \"why\" tcp", "1:23: error[E0609]" },
		{ "no reply 3xx \"why\"", "codes of responses are wanted" },
		{ "no reply 399..300 \"why\"", "codes of responses are wanted" },
		{ "no reply 300..3999999999999999999999 \"why\"", "codes of responses" },
		{ "no reply 99 \"why\"", "codes of responses are wanted" },
		{ "no call save with \"why\"", "behind \"with\" stands the name of a module" },
		{ "before relay of \"why\"", "a name is missing" },
		{ "\x01\x02\xff", "rules begin: about, no listener" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].text, END, rows[i].message);
	expect("# nothing\r\n\r\nabout \"us\"   # nothing more\r\n", END, NULL);
	expect("", END, NULL);
}

static void more_rules_than_fit(void **state)
{
	char text[2000] = "";

	(void)state;
	for (unsigned i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "before relay f%u \"why\"\n", i);
	expect(text, END, "own.profile:17:1: error[E0609]");
}

static void files_that_are_not_there(void **state)
{
	struct site t;

	(void)state;
	begin(&t);
	put(&t, "about \"x\"\n");
	scene_load(t.scene, "profile = \"owm\"" END);
	assert_non_null(strstr(scene_messages(t.scene), "did you mean \"own\"?"));
	scene_load(t.scene, "profile = \"somewhat\"" END);
	assert_non_null(strstr(scene_messages(t.scene), "profiles: own"));
	/* A name is no path. */
	scene_load(t.scene, "profile = \"../own\"" END);
	assert_non_null(strstr(scene_messages(t.scene), "E0201"));
	t.scene->fake.host.profile_path = "/nonexistent:";
	scene_load(t.scene, "profile = \"own\"" END);
	assert_non_null(strstr(scene_messages(t.scene), "no file *.profile in /nonexistent:"));
	unlink(t.path);
	assert_int_equal(mkdir(t.path, 0700), 0);
	t.scene->fake.host.profile_path = t.dir;
	scene_load(t.scene, "profile = \"own\"" END);
	assert_non_null(strstr(scene_messages(t.scene), "error[E0701]: cannot read"));
	rmdir(t.path);
	end(&t);
}

/* The first directory that has it counts, as a site's own stands before the one of lcs. */
static void one_of_the_site_comes_first(void **state)
{
	struct site t;
	char path[200];

	(void)state;
	begin(&t);
	snprintf(t.path, sizeof(t.path), "%s/home.profile", t.dir);
	put(&t, "no listener tcp \"ours\"\n");
	snprintf(path, sizeof(path), "%s:%s/cfg/profiles", t.dir,
	    getenv("top_srcdir") ? getenv("top_srcdir") : ".");
	t.scene->fake.host.profile_path = path;
	assert_int_equal(scene_load(t.scene, "profile = \"home\"\nlisten = udp:127.0.0.1" END), 0);
	assert_true(scene_load(t.scene, "profile = \"home\"\nlisten = tcp:127.0.0.1" END) != 0);
	end(&t);
}

static void texts_of_before(void **state)
{
	struct cfg_text texts[] = { { "t.cfg", SLICE_NULL }, { NULL, SLICE("no listener tcp \"then\"") } };
	struct site t;

	(void)state;
	begin(&t);
	put(&t, "no listener udp \"now\"\n");
	texts[1].path = t.path;
	t.scene->fake.host.texts = texts;
	t.scene->fake.host.text_count = 2;
	assert_int_equal(scene_load(t.scene, "profile = \"own\"\nlisten = udp:127.0.0.1" END), 0);
	/* A text of a time when there were no such files: what is on the disk counts. */
	t.scene->fake.host.text_count = 1;
	assert_true(scene_load(t.scene, "profile = \"own\"\nlisten = udp:127.0.0.1" END) != 0);
	end(&t);
}

/* ---- rules ---- */

#define REGISTRAR "loadmodule \"usrloc\"\nloadmodule \"registrar\"\nloadmodule \"sl\"\n"
#define TM        "loadmodule \"tm\"\nloadmodule \"siputils\"\nloadmodule \"maxfwd\"\n"

static void rules(void **state)
{
	(void)state;
	expect("no listener tcp|tls \"x\"", "listen = tls:127.0.0.1" END, "E0601");
	expect("no listener tcp|tls \"x\"", "listen = udp:127.0.0.1" END, NULL);
	expect("no module s?|*loc \"x\"", REGISTRAR "request_route { save(); }", "E0603");
	expect("no module usr*c \"x\"", REGISTRAR "request_route { save(); }", "E0603");
	expect("no module usr*x \"x\"", REGISTRAR "request_route { save(); sl_send_reply(200, \"OK\"); }",
	    NULL);
	expect("no call s*e \"x\"", REGISTRAR "request_route { save(); }", "E0604");
	expect("no reply 404 \"x\"", REGISTRAR "request_route { save(); sl_send_reply(404, \"x\"); }",
	    "E0605");
	expect("want module zzz|usrloc \"x\"", REGISTRAR "request_route { save(); sl_send_reply(200, \"OK\"); }",
	    NULL);
	expect("want module zzz \"x\"", END, "W0607");
	expect("want call save \"x\"", END, "W0607");
	expect("want call sav* \"x\"", REGISTRAR "request_route { save(); sl_send_reply(200, \"OK\"); }", NULL);
	expect("want call save with usrloc \"x\"", END, NULL);
}

static void before_relaying(void **state)
{
	static const char rule[] = "before relay mf_* \"x\"\n";
	static const char message[] = "before relay of MESSAGE mf_* \"x\"\n";

	(void)state;
	expect(rule, TM "request_route { t_relay(); }", "W0608");
	expect(rule, TM "request_route { if (!mf_process_maxfwd_header(70)) drop; t_relay(); }", NULL);
	expect(rule, TM "request_route { if ($si == \"x\" && mf_process_maxfwd_header(70)) drop; t_relay(); }",
	    "W0608");
	expect(rule, TM "request_route { route(A); t_relay(); }\n"
	    "route[A] { if (!mf_process_maxfwd_header(70)) drop; }", NULL);
	expect(rule, TM "request_route { if (!mf_process_maxfwd_header(70)) drop; route(A); }\n"
	    "route[A] { t_relay(); }", NULL);
	expect(rule, TM "request_route { route(A); }\nroute[A] { t_relay(); }", "W0608");
	expect(rule, TM "request_route { if (has_totag()) { t_relay(); exit; } drop; }", NULL);
	expect(rule, TM "request_route { if (is_method(\"ACK|CANCEL\")) { t_relay(); exit; } drop; }", NULL);
	/* What was let pass once may be sent elsewhere. */
	expect(rule, TM "request_route { mf_process_maxfwd_header(70); t_on_failure(\"F\"); t_relay(); }\n"
	    "failure_route[F] { t_relay(); }", NULL);
	expect(message, TM "request_route { if (is_method(\"INVITE\")) t_relay(); else drop; }", NULL);
	expect(message, TM "request_route { if (is_method(\"INVITE|MESSAGE\")) t_relay(); else drop; }",
	    "W0608");
	expect(message, TM "request_route { if ($rm != \"MESSAGE\") t_relay(); else drop; }", NULL);
}

static void before_answering(void **state)
{
	static const char rule[] = "before reply mf_* \"x\"\n";

	(void)state;
	expect(rule, TM "loadmodule \"sl\"\nrequest_route { sl_send_reply(404, \"x\"); }", "W0608");
	expect(rule, TM "loadmodule \"sl\"\nrequest_route { mf_process_maxfwd_header(70); "
	    "sl_send_reply(404, \"x\"); }", NULL);
	expect(rule, TM "loadmodule \"sl\"\nrequest_route { if (has_totag()) { "
	    "sl_send_reply(481, \"x\"); exit; } drop; }", NULL);
	/* It says nothing about relaying, and relaying nothing about it. */
	expect(rule, TM "request_route { t_relay(); }", NULL);
	expect("before relay mf_* \"x\"\n" "before reply t_* \"x\"\n",
	    TM "loadmodule \"sl\"\nrequest_route { if (mf_process_maxfwd_header(70)) t_relay(); "
	    "else sl_send_reply(483, \"x\"); }", "before sl_send_reply()");
}

static bool has_duty(const struct cfg *cfg, const char *pattern)
{
	for (unsigned i = 0; i < cfg->duty_count; i++)
		if (slice_fits(slice_str(pattern), cfg->duties[i]))
			return true;
	return false;
}

static void several_on_one_server(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "profile = \"home, archive , home\"\nlisten = tls:127.0.0.1" END), 0);
	assert_true(has_duty(s->cfg, "profile home: *"));
	assert_true(has_duty(s->cfg, "profile archive: *"));
	scene_load(s, "profile = \"home, archive\"\nlisten = tcp:127.0.0.1" END);
	assert_non_null(strstr(scene_messages(s), "profile \"archive\" allows no tcp listener"));
	scene_load(s, "profile = \"frontend,home\"\n" REGISTRAR "request_route { save(); }");
	assert_non_null(strstr(scene_messages(s), "profiles \"home\" and \"frontend\" do not agree on save()"));
	assert_null(strstr(scene_messages(s), "E0604"));
	scene_load(s, "profile = \"forwarding,home\"\nloadmodule \"auth\"" END);
	assert_non_null(strstr(scene_messages(s), "do not agree on module \"auth\""));
	assert_int_equal(scene_load(s, "profile = \"\"" END), 0);
	assert_int_equal(s->cfg->duty_count, 0);
	scene_free(s);
}

UNIT_MAIN(
	cmocka_unit_test(files_that_are_wrong),
	cmocka_unit_test(more_rules_than_fit),
	cmocka_unit_test(files_that_are_not_there),
	cmocka_unit_test(one_of_the_site_comes_first),
	cmocka_unit_test(texts_of_before),
	cmocka_unit_test(rules),
	cmocka_unit_test(before_relaying),
	cmocka_unit_test(before_answering),
	cmocka_unit_test(several_on_one_server)
)
