/*
 * test/unit/cfg/conf_test.c - settings, parameters, listeners, modules, acls and maps.
 */
#include "test/unit/cfg/run.h"

#include <unistd.h>

#define END "\nrequest_route { drop; }\n"

struct row { const char *text, *want; };

static void wrong(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct scene *s = scene_new();
		char got[300];
		char text[600];

		snprintf(text, sizeof(text), "%s" END, rows[i].text);
		if (scene_load(s, text) == 0)
			fail_msg("%s: nothing wrong", rows[i].text);
		first_error(s, got, sizeof(got));
		assert_string_equal(got, rows[i].want);
		scene_free(s);
	}
}

/* ---- settings ---- */

static void settings(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "server_name = hs1.example.com\nworkers = 4\nlog_level = debug\n"
	    "debug_lists = on\ntcp_idle_timeout = 90s\nmessage_max_size = 8k" END), 0);
	assert_slice(cfg_setting(s->cfg, "server_name")->s, "hs1.example.com");
	assert_int_equal(cfg_setting(s->cfg, "workers")->i, 4);
	assert_slice(cfg_setting(s->cfg, "log_level")->s, "debug");
	assert_true(cfg_setting(s->cfg, "debug_lists")->b);
	assert_int_equal(cfg_setting(s->cfg, "tcp_idle_timeout")->dur, 90000000);
	assert_int_equal(cfg_setting(s->cfg, "message_max_size")->i, 8192);
	assert_int_equal(cfg_setting(s->cfg, "script_max_steps")->i, 100000);
	assert_int_equal(s->cfg->setting_count, s->fake.host.core->param_count);
	scene_free(s);
}

static void presets_and_words(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "debug_lists = 1" END), 0);
	assert_int_equal(cfg_setting(s->cfg, "workers")->type, VALUE_STRING);
	assert_slice(cfg_setting(s->cfg, "workers")->s, "auto");
	assert_true(cfg_setting(s->cfg, "debug_lists")->b);
	assert_int_equal(cfg_setting(s->cfg, "tcp_idle_timeout")->dur, 600000000);
	for (unsigned i = 0; i < s->cfg->setting_count; i++)
		assert_int_equal(s->cfg->settings[i].is_preset,
		    strcmp(s->cfg->settings[i].decl->name, "debug_lists") != 0);
	scene_free(s);
}

static void settings_that_are_wrong(void **state)
{
	static const struct row rows[] = {
		{ "zzz = 1", "E0401: there is no setting \"zzz\"" },
		{ "my.own = 1", "E0401: there is no setting \"my.own\"" },
		{ "workers = 0", "E0405: setting \"workers\" is out of its range" },
		{ "workers = \"4\"", "E0407: setting \"workers\" takes a number" },
		{ "workers = many", "E0407: setting \"workers\" takes a number" },
		{ "workers = 4s", "E0407: setting \"workers\" takes a number" },
		{ "log_level = loud", "E0406: setting \"log_level\" does not know \"loud\"" },
		{ "debug_lists = 2", "E0407: setting \"debug_lists\" takes yes or no" },
		{ "tcp_idle_timeout = 30", "E0407: setting \"tcp_idle_timeout\" takes a duration" },
		{ "tcp_idle_timeout = 100us", "E0405: setting \"tcp_idle_timeout\" is out of its range" },
		{ "server_name = $rm", "E0101: unexpected \"$rm\"" },
		{ "profile = \"homee\"", "E0201: there is no profile \"homee\"" }
	};
	struct scene *s = scene_new();

	(void)state;
	wrong(rows, COUNT(rows));
	assert_int_equal(scene_load(s, "workers = 1\nworkers = 2\nold_name = yes\nprofile = home" END), 0);
	assert_int_equal(diag_warnings(s->diag), 2);
	assert_int_equal(cfg_setting(s->cfg, "workers")->i, 2);
	scene_free(s);
}

/* ---- ${...} ---- */

static void environment(void **state)
{
	struct scene *s = scene_new();
	const struct cfg_value_at *name;

	(void)state;
	setenv("LCS_TEST_NAME", "from-env", 1);
	setenv("LCS_TEST_EMPTY", "", 1);
	setenv("LCS_TEST_N", "7", 1);
	unsetenv("LCS_SURELY_NOT_SET");
	assert_int_equal(scene_load(s, "server_name = \"<${LCS_TEST_NAME}>${LCS_SURELY_NOT_SET:-x}"
	    "${LCS_TEST_EMPTY:-y}$${z}\"\nworkers = \"${LCS_TEST_N}\"\nconst K = \"${LCS_TEST_N}\";\n"
	    "request_route { setflag(K + '${LCS_TEST_N}'); setflag($env(LCS_TEST_NAME) ?? \"\"); drop; }"), 0);
	assert_slice(cfg_setting(s->cfg, "server_name")->s, "<from-env>xy${z}");
	assert_int_equal(cfg_setting(s->cfg, "workers")->i, 7);
	name = &s->cfg->settings[0];
	assert_false(name->is_secret);
	scene_run(s);
	assert_string_equal(scene_calls(s), "setflag(\"7${LCS_TEST_N}\")\nsetflag(\"from-env\")\n");
	scene_free(s);
}

static void secrets(void **state)
{
	char path[] = "/tmp/lcs-secret-XXXXXX", dir[] = "/tmp/lcs-cred-XXXXXX", text[500];
	struct scene *s = scene_new();
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "s3cret\nsecond line\n", 19), 19);
	close(fd);
	assert_non_null(mkdtemp(dir));
	setenv("CREDENTIALS_DIRECTORY", "/tmp", 1);
	snprintf(text, sizeof(text), "loadmodule \"hello\"\nserver_name = \"${file:%s}\"\n"
	    "modparam(\"hello\", \"greeting\", \"${cred:%s}\")" END, path, path + 5);
	scene_load(s, text);
	assert_int_equal(diag_errors(s->diag), 0);
	assert_slice(cfg_setting(s->cfg, "server_name")->s, "s3cret");
	assert_true(s->cfg->settings[0].is_secret);
	assert_slice(s->cfg->modules[0].params[0].value.s, "s3cret");
	assert_true(s->cfg->modules[0].params[0].is_secret);
	unlink(path);
	rmdir(dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	scene_free(s);
}

/* What came out of a file is in no listing. */
static void secrets_are_not_listed(void **state)
{
	char path[] = "/tmp/lcs-secret-XXXXXX", text[500], listing[20000];
	struct scene *s = scene_new();
	int fd = mkstemp(path);
	FILE *out = fmemopen(listing, sizeof(listing), "w");

	(void)state;
	assert_true(fd >= 0 && out);
	assert_int_equal(write(fd, "s3cret", 6), 6);
	close(fd);
	snprintf(text, sizeof(text), "const K = \"${file:%s}\";\nrequest_route { setflag(K); "
	    "setflag(\"a\" + K); setflag(upper(K)); if ($rm in [K]) drop; drop; }", path);
	assert_int_equal(scene_load(s, text), 0);
	cfg_dump_code(s->cfg, out);
	fclose(out);
	assert_non_null(strstr(listing, "CONST    (secret)"));
	assert_null(strstr(listing, "s3cret"));
	assert_null(strstr(listing, "S3CRET"));
	scene_run(s);
	assert_string_equal(scene_calls(s), "setflag(\"s3cret\")\nsetflag(\"as3cret\")\n"
	    "setflag(\"S3CRET\")\n");
	unlink(path);
	scene_free(s);
}

static void environment_that_is_wrong(void **state)
{
	static const struct row rows[] = {
		{ "server_name = \"${LCS_SURELY_NOT_SET}\"",
		  "E0702: ${LCS_SURELY_NOT_SET} is not set in the environment" },
		{ "server_name = \"${LCS_SURELY_NOT_SET:?say it}\"",
		  "E0702: ${LCS_SURELY_NOT_SET}: say it" },
		{ "server_name = \"${a b}\"", "E0702: ${a b} is no form of ${...}" },
		{ "server_name = \"${LCS\"", "E0702: a ${ is not closed" },
		{ "server_name = \"${file:/nonexistent/x}\"", "E0701: cannot read \"/nonexistent/x\"" },
		{ "server_name = \"${cred:a/b}\"", "E0701: cannot read \"a/b\"" },
		{ "server_name = \"${cred:ab}\"", "E0701: cannot read \"ab\"" }
	};

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	wrong(rows, COUNT(rows));
}

/* ---- modules and parameters ---- */

static const struct value *param(const struct scene *s, const char *module, const char *name)
{
	for (unsigned m = 0; m < s->cfg->module_count; m++)
		for (unsigned i = 0; i < s->cfg->modules[m].param_count; i++)
			if (strcmp(s->cfg->modules[m].sym->name, module) == 0 &&
			    strcmp(s->cfg->modules[m].params[i].decl->name, name) == 0)
				return &s->cfg->modules[m].params[i].value;
	return NULL;
}

static void parameters(void **state)
{
	struct scene *s = scene_new();
	const struct value *v;

	(void)state;
	assert_int_equal(scene_load(s, "loadmodule \"tm.so\"\nloadmodule \"/usr/lib/lcs/usrloc.so\"\n"
	    "module \"hello\" as h { greeting = \"hi\"; friend = \"a\"; next_hop = \"sip:b@c\"; "
	    "network = 10.0.0.0/8; }\nmodparam(\"hello\", \"friend\", \"b\")\n"
	    "modparam(\"usrloc|usrloc\", \"use_domain\", 1)\nmodparam(\"tm\", \"fr_timer\", 5000)" END), 0);
	assert_int_equal(param(s, "tm", "fr_timer")->dur, 5000000);
	assert_int_equal(param(s, "tm", "retries")->i, 3);
	assert_true(param(s, "usrloc", "use_domain")->b);
	assert_slice(param(s, "hello", "greeting")->s, "hi");
	assert_slice(param(s, "hello", "next_hop")->uri->host, "c");
	assert_int_equal(param(s, "hello", "network")->ip->bits, 8);
	v = param(s, "hello", "friend");
	assert_int_equal(v->list->count, 2);
	assert_slice(v->list->items[1].s, "b");
	assert_string_equal(s->cfg->modules[2].prefix, "h");
	scene_free(s);
}

static void order_of_modules(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "loadmodule \"auth_db\" loadmodule \"registrar\" "
	    "loadmodule \"auth\" loadmodule \"usrloc\" loadmodule \"auth\"" END), 0);
	assert_int_equal(s->cfg->module_count, 4);
	assert_string_equal(s->cfg->modules[0].sym->name, "auth");
	assert_string_equal(s->cfg->modules[1].sym->name, "auth_db");
	assert_string_equal(s->cfg->modules[2].sym->name, "usrloc");
	assert_string_equal(s->cfg->modules[3].sym->name, "registrar");
	scene_free(s);
}

static void modules_that_are_wrong(void **state)
{
	static const struct row rows[] = {
		{ "loadmodule \"zz\"", "E0403: there is no module \"zz\"" },
		{ "loadmodule \"registrar\"", "E0410: module \"registrar\" needs module \"usrloc\"" },
		{ "loadmodule \"path\" loadmodule \"tls\"",
		  "E0410: modules \"path\" and \"tls\" cannot stand beside each other" },
		{ "loadmodule \"tls\" loadmodule \"path\"",
		  "E0410: modules \"path\" and \"tls\" cannot stand beside each other" },
		{ "modparam(\"tm\", \"fr_timer\", 30s)", "E0404: module \"tm\" is not loaded" },
		{ "loadmodule \"tm\" modparam(\"tm\", \"zz\", 1)", "E0402: module \"tm\" has no parameter \"zz\"" },
		{ "loadmodule \"tm\" modparam(\"tm\", \"fr_timer\", 11m)",
		  "E0405: parameter \"fr_timer\" of module \"tm\" is out of its range" },
		{ "loadmodule \"tm\" modparam(\"tm\", \"fr_timer\", 30k)",
		  "E0407: parameter \"fr_timer\" of module \"tm\" takes a duration" },
		{ "loadmodule \"tm\" modparam(\"tm\", \"retries\", \"3\")",
		  "E0407: parameter \"retries\" of module \"tm\" takes a number" },
		{ "module \"hello\" { next_hop = \"junk\"; }",
		  "E0407: parameter \"next_hop\" of module \"hello\" takes a URI" },
		{ "module \"hello\" { network = \"10.0.0.0/99\"; }",
		  "E0407: parameter \"network\" of module \"hello\" takes an address" },
		{ "module \"hello\" { greeting = t_relay(); }",
		  "E0302: t_relay() is not available here" },
		{ "module \"tls\" { certificate = \"/nonexistent/c.pem\"; }",
		  "E0701: cannot read \"/nonexistent/c.pem\"" },
		{ "app \"x\" { exec = \"/bin/x\"; }", "E0404: an app block needs module \"app\"" }
	};

	(void)state;
	wrong(rows, COUNT(rows));
}

/* A module's own check speaks of its parameters by name. */
static void complaints_of_modules(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "loadmodule \"hello\"\nmodparam(\"hello\", \"greeting\", \"hi\")" END), 0);
	diag_set_module(s->diag, &s->cfg->modules[0]);
	assert_int_equal(diag_error(s->diag, "greeting", "is %s", "too short"), -EINVAL);
	diag_warning(s->diag, "friend", "is missing");
	diag_set_module(s->diag, NULL);
	assert_non_null(strstr(scene_messages(s),
	    "t.cfg:3:31: error[E0409]: parameter \"greeting\" of module \"hello\" is too short\n"
	    "    3 | modparam(\"hello\", \"greeting\", \"hi\")\n"
	    "      |                               ^^^^\n"));
	assert_non_null(strstr(scene_messages(s),
	    "t.cfg:2:12: warning[W0409]: parameter \"friend\" of module \"hello\" is missing\n"));
	scene_free(s);
}

static void params_without_a_value(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_not_equal(scene_load(s, "loadmodule \"twisted\"" END), 0);
	assert_non_null(strstr(scene_messages(s),
	    "t.cfg:2:12: error[E0409]: parameter \"age\" of module \"twisted\" has to be set\n"));
	assert_non_null(strstr(scene_messages(s),
	    "its default \"8h30m\" is no dur: a mistake of the module"));
	assert_non_null(strstr(scene_messages(s), "parameter \"must\" of module \"twisted\" has to be set\n"));
	assert_non_null(strstr(scene_messages(s), "nobody can guess it"));
	assert_non_null(strstr(scene_messages(s), "= modparam(\"twisted\", \"must\", "));
	assert_null(strstr(scene_messages(s), "\"may\""));
	scene_free(s);
}

/* ---- listeners ---- */

static void listeners(void **state)
{
	struct scene *s = scene_new();
	const struct cfg_listener *l;

	(void)state;
	assert_int_equal(scene_load(s,
	    "listen = tls:0.0.0.0:5061 name \"clients\" advertise sip.example.com:443\n"
	    "listen = tls:[2001:db8::1]:5062 { name = \"peers\"; require_client_certificate = true; }\n"
	    "listen = tcp:sip.example.com\nsocket = udp:eth0:5060 tos 16 virtual # comment\n"
	    "listen = tcp:*:5070 as \"10.0.0.1:5090\"\nalias = \"example.com\"\nalias = example.org" END), 0);
	assert_int_equal(s->cfg->listener_count, 5);
	l = s->cfg->listeners;
	assert_slice(l[0].proto, "tls");
	assert_slice(l[0].host, "0.0.0.0");
	assert_int_equal(l[0].port, 5061);
	assert_slice(l[0].name, "clients");
	assert_slice(l[0].advertise_host, "sip.example.com");
	assert_int_equal(l[0].advertise_port, 443);
	assert_slice(l[1].host, "[2001:db8::1]");
	assert_slice(l[1].name, "peers");
	assert_int_equal(l[1].opt_count, 1);
	assert_slice(l[1].opts[0].key, "require_client_certificate");
	assert_true(l[1].opts[0].value.b);
	assert_slice(l[2].host, "sip.example.com");
	assert_int_equal(l[2].port, 0);
	assert_slice(l[3].host, "eth0");
	assert_int_equal(l[3].opt_count, 2);
	assert_int_equal(l[3].opts[0].value.i, 16);
	assert_slice(l[4].host, "*");
	assert_slice(l[4].advertise_host, "10.0.0.1");
	assert_int_equal(l[4].at.line, 6);
	assert_int_equal(s->cfg->alias_count, 2);
	assert_slice(s->cfg->aliases[1], "example.org");
	scene_free(s);
}

/* Each part of an endpoint may be a define, as may all of it. */
static void listeners_of_defines(void **state)
{
	static const struct { const char *proto, *host; uint16_t port; } want[] = {
		{ "udp", "10.0.0.1", 5060 }, { "tcp", "10.0.0.1", 5071 }, { "tcp", "10.0.0.2", 5071 },
		{ "tcp", "[2001:db8::1]", 5071 }, { "tcp", "[2001:db8::1]", 5060 }, { "udp", "10.0.0.1", 5072 },
		{ "udp", "[2001:db8::2]", 5073 }
	};
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "#!define ADDR 10.0.0.1\n#!define IP ADDR\n#!define PORT 5071\n"
	    "#!define V6 [2001:db8::1]\n#!define ALL tcp:V6:5060\n#!define PROTO udp\n#!define BARE 2001:db8::2\n"
	    "listen = udp:IP:5060\nlisten = tcp:IP:PORT\nlisten = tcp:10.0.0.2:PORT\n"
	    "listen = tcp:V6:PORT\nlisten = ALL\nlisten = PROTO:IP:5072\n"
	    "listen = udp:BARE:5073" END), 0);
	assert_int_equal(s->cfg->listener_count, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_slice(s->cfg->listeners[i].proto, want[i].proto);
		assert_slice(s->cfg->listeners[i].host, want[i].host);
		assert_int_equal(s->cfg->listeners[i].port, want[i].port);
	}
	scene_free(s);
}

static void listeners_that_are_wrong(void **state)
{
	static const struct row rows[] = {
		{ "listen = 10.0.0.1:5060", "E0407: a listener needs a transport" },
		{ "listen = \"localhost\"", "E0407: a listener needs a transport" },
		{ "listen = tpc:1.2.3.4:5060", "E0407: there is no transport \"tpc\"" },
		{ "listen = tcp:1.2.3.4:0", "E0405: a port is a number from 1 to 65535" },
		{ "listen = tcp:1.2.3.4:70000", "E0405: a port is a number from 1 to 65535" },
		{ "listen = tcp:a:1 zz 1", "E0401: a listener has no option \"zz\"" },
		{ "listen = tcp:a:1 tos 300", "E0405: setting \"tos\" is out of its range" },
		{ "listen = tcp:a:1 advertise b.c:99999", "E0405: a port is a number from 1 to 65535" },
		{ "listen = tcp:a\nlisten = tcp:A:5060", "E0412: two listeners on one address" },
		{ "listen = tls:a:5060\nlisten = tcp:a", "E0412: two listeners on one address" },
		{ "listen = tls:a:5061 name \"x\" alias = \"y\"", "E0101: unexpected \"alias\"" }
	};

	(void)state;
	wrong(rows, COUNT(rows));
}

/* ---- acl and map ---- */

static void tables(void **state)
{
	static const struct row rows[] = {
		{ "$si in a", "true" }, { "ip(\"10.9.1.1\") in a", "false" },
		{ "ip(\"10.9.2.1\") in a", "true" }, { "ip(\"2001:db8::5\") in a", "true" },
		{ "ip(\"::1\") in a", "false" }, { "ip(\"192.0.2.1\") in b", "true" },
		{ "ip(\"10.0.0.1\") in b", "true" }, { "ip(\"10.9.1.1\") in b", "false" },
		{ "$rm in a", "false" }, { "ip(\"x\") in a", "false" },
		{ "match_first(m, \"sip:bob@EXAMPLE.com\") ?? \"-\"", "one" },
		{ "match_first(m, \"sip:bob@special.example.com\") ?? \"-\"", "two" },
		{ "match_first(m, \"x@y\") ?? \"-\"", "-" },
		{ "match_first(m, \"Exact\") ?? \"-\"", "three" },
		{ "lookup_exact(m, \"exact\") ?? \"-\"", "three" },
		{ "lookup_exact(m, \"Exact\") ?? \"-\"", "-" }, { "m[\"exact\"] ?? \"-\"", "three" },
		{ "\"exact\" in m", "true" }, { "longest_prefix(p, \"442079\") ?? 0", "20" },
		{ "longest_prefix(p, \"4419\") ?? 0", "44" }, { "longest_prefix(p, \"39\") ?? 0", "0" },
		{ "longest_prefix(p, \"\") ?? 0", "0" }, { "lookup_exact(n, 5) ?? \"-\"", "five" },
		{ "n[6] ?? \"-\"", "-" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene *s = scene_new();
		char text[900];
		struct slice got;

		snprintf(text, sizeof(text), "acl a = { 10.0.0.0/8; !10.9.0.0/16; 10.9.2.0/24, "
		    "2001:db8::/32; }\nacl b = { 192.0.2.0/24; a; }\n"
		    "map m = { \"*@example.com\": \"one\", \"*@*.example.com\": \"two\", \"exact\": \"three\", }\n"
		    "map p = { \"44\": 44, \"4420\": 20, \"1\": -1 }\nmap n = { 5: \"five\" }\n"
		    "request_route { $avp(r) = %s; drop; }", rows[i].text);
		if (scene_load(s, text) != 0)
			fail_msg("%s", scene_messages(s));
		assert_int_equal(scene_run(s), VM_DROP);
		got = value_text(s->arena, *fake_get(&s->fake, "$avp(r)"));
		if (!slice_eq(got, slice_str(rows[i].want)))
			fail_msg("%s gives %.*s", rows[i].text, SLICE_ARG(got));
		scene_free(s);
	}
}

static void the_line_that_proves_it(void **state)
{
	struct scene *s = scene_new();

	(void)state;
	assert_int_equal(scene_load(s, "loadmodule \"sl\"\nrequest_route {\n    sl_send_reply(200, \"OK\");\n}\n"
	    "test \"x\" {\n    given request \"OPTIONS sip:a@b\";\n    expect reply 200;\n}\n"), 0);
	assert_slice(cfg_summary(s->cfg, s->arena), "t.cfg: ok - 1 file, 9 lines, 1 module, 1 route, "
	    "1 call checked, 1 test (run: lcs test t.cfg)");
	scene_free(s);
}

UNIT_MAIN(
	cmocka_unit_test(settings),
	cmocka_unit_test(presets_and_words),
	cmocka_unit_test(settings_that_are_wrong),
	cmocka_unit_test(environment),
	cmocka_unit_test(secrets),
	cmocka_unit_test(secrets_are_not_listed),
	cmocka_unit_test(environment_that_is_wrong),
	cmocka_unit_test(parameters),
	cmocka_unit_test(order_of_modules),
	cmocka_unit_test(modules_that_are_wrong),
	cmocka_unit_test(complaints_of_modules),
	cmocka_unit_test(params_without_a_value),
	cmocka_unit_test(listeners),
	cmocka_unit_test(listeners_of_defines),
	cmocka_unit_test(listeners_that_are_wrong),
	cmocka_unit_test(tables),
	cmocka_unit_test(the_line_that_proves_it)
)
