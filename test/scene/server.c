/*
 * test/scene/server.c - the server that a scene is played with: everything real but clock,
 * wire, resolver, store threads and log.
 */
#include "test/scene/scene.h"

#include "core/mod/reload.h"
#include "core/mod/rpc.h"
#include "core/mod/server.h"
#include "core/mod/stats.h"
#include "core/lab/net.h"
#include "core/lab/run.h"
#include "core/lab/store.h"
#include "utils/arena.h"
#include "utils/epoch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct server *server;
static struct net_listener listeners[LISTENERS_MAX];
static char script_path[128];
static struct server_conf conf;

/* Without a listen line of its own a script listens here. */
static const char preset_listeners[] =
    "\nlisten = udp:10.0.0.1:5060\nlisten = tcp:10.0.0.1:5060\nlisten = tls:10.0.0.1:5061\n";

static bool says(struct slice script, const char *word)
{
	return slice_search(script, slice_str(word)) < script.len;
}

/* A file of that name so that diagnostics name the scene. */
static const char *write_script(void)
{
	FILE *f;
	int fd;

	if (scene.script_file)
		return scene.script_file;
	snprintf(script_path, sizeof(script_path), "%s/lcs-scene-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(script_path);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		scene_fail(0, "no place for the script");
	if (!says(scene.script, "#!lcs"))
		fputs("#!lcs 1\n", f);
	fwrite(scene.script.p, 1, scene.script.len, f);
	if (!says(scene.script, "listen"))
		fputs(preset_listeners, f);
	if (!says(scene.script, "workers"))
		fprintf(f, "workers = %u\n", scene.workers);
	if (!says(scene.script, "server_name"))
		fputs("server_name = \"lcs.test\"\n", f);
	fclose(f);
	return script_path;
}

static void load(void)
{
	struct diag *diag = diag_new();
	int err;

	conf.path = write_script();
	conf.module_path = "/nowhere";	/* all modules are inside this program */
	err = server_load(&conf, diag, &server);
	if (err || diag_errors(diag)) {
		fputs("# the script:\n", stdout);
		diag_print(diag, DIAG_TEXT, stdout);
		scene_fail(0, "the script does not pass its check (%d)", err);
	}
	diag_free(&diag);
}

static void start(void)
{
	const struct server_setup *setup = server_setup(server);
	struct slice why = SLICE_NULL;

	memcpy(listeners, setup->listeners, sizeof(listeners));
	if (server_start(server, listeners, setup->listener_count, &why) != 0)
		scene_fail(0, "the server does not start: %.*s", SLICE_ARG(why));
	fake_set_wire(agents_wire);
	fake_settle();
}

void server_begin(void)
{
	load();
	start();
}

/* Nothing of the scene's own must look like the server's leak. */
static void forget_messages(void)
{
	for (struct agent *a = agents; a; a = a->next)
		for (struct got *g = a->got; g; g = g->next)
			sip_msg_unref(&g->msg);
	arena_thread_flush();
}

void server_end(void)
{
	server_stop(&server);
	forget_messages();
	if (script_path[0])
		unlink(script_path);
}

/* The peers' connections go with the process. */
static void drop_connections(void)
{
	for (struct agent *a = agents; a; a = a->next)
		for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
			a->flows[t] = 0;
}

void server_again(void)
{
	fake_store_keep(true);
	server_stop(&server);
	drop_connections();
	fake_store_keep(false);
	if (script_path[0])
		unlink(script_path);
	load();
	start();
}

void server_stopping(void)
{
	server_begin_end(server);
	fake_settle();
}

/* ---- another script ---- */

static const char *write_notes(const struct step *step)
{
	static char path[128];
	int fd;
	FILE *f;

	snprintf(path, sizeof(path), "%s/lcs-scene-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(path);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		scene_fail(step->line, "no place for the script");
	fputs("#!lcs 1\n", f);
	for (const struct note *n = step->notes; n; n = n->next)
		fprintf(f, "%.*s\n", SLICE_ARG(n->text));
	fprintf(f, "%sworkers = %u\nserver_name = \"lcs.test\"\n", preset_listeners,
	    scene.workers);
	fclose(f);
	return path;
}

void server_reload(const struct step *step, struct slice rest)
{
	const char *path = write_notes(step), *why = "its check";
	bool fails = slice_eq(rest, SLICE("fails"));
	struct diag *diag = diag_new();
	struct reload *r = NULL;
	int err = reload_read(server, path, NULL, diag, &r);

	if (!err)
		err = reload_prepare(r, &why);
	unlink(path);
	if ((err != 0) != fails && diag_errors(diag))
		diag_print(diag, DIAG_TEXT, stdout);
	if ((err != 0) != fails)
		scene_fail(step->line, fails ? "it was taken" : "it was refused by %s", why);
	if (err)
		reload_drop(&r);
	else
		reload_commit(&r);
	diag_free(&diag);
	/* As the control thread does each second; a grace period takes some quiet points. */
	for (int i = 0; i < 4; i++) {
		fake_settle();
		server_tick(server);
	}
}

/* ---- asking the running server ---- */

static void check_rpc_notes(const struct step *step, struct slice text)
{
	for (const struct note *n = step->notes; n; n = n->next) {
		struct slice pattern = expect_fill(slice_trim(n->text));
		bool no = slice_starts(pattern, SLICE("no "));

		if (no)
			pattern = slice_skip(pattern, 3);
		if (glob(slice_str(text_of("*%.*s*", SLICE_ARG(pattern))), text) == no)
			scene_fail(n->line, "the answer is %.*s", SLICE_ARG(text));
	}
}

/* "users.add {...}": must work; "fails" in front: must not. Notes are looked for in the
 * answer, or in the error. */
void server_rpc(const struct step *step, struct slice rest)
{
	bool fails = slice_starts(rest, SLICE("fails "));
	struct slice method, error = SLICE_NULL, text;
	struct arena *arena = arena_new(0);
	json_t *params, *result = NULL;
	json_error_t why;
	enum rpc_fault fault;
	int code = 0;

	if (fails)
		take_word(&rest);
	rest = expect_fill(rest);
	method = take_word(&rest);
	params = rest.len ? json_loadb(rest.p, rest.len, 0, &why) : json_object();
	if (!params)
		scene_fail(step->line, "the parameters are no JSON: %s", why.text);
	fault = rpc_call(method, params, RIGHT_ADMIN, arena, &result, &error, &code);
	fake_settle();
	if ((fault == RPC_OK) == fails)
		scene_fail(step->line, "it %s: %.*s", fails ? "works" : "fails", SLICE_ARG(error));
	text = fails ? error : slice_str(json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY));
	check_rpc_notes(step, text);
	if (!fails)
		free((char *)text.p);
	json_decref(result);
	json_decref(params);
	arena_free(&arena);
}

struct asked { struct slice name; unsigned line; uint64_t value; };

static void ask_stat(void *arg)
{
	struct asked *asked = arg;

	if (!lcs_stat_value(asked->name, &asked->value))
		scene_fail(asked->line, "there is no statistic %.*s", SLICE_ARG(asked->name));
}

uint64_t server_stat(struct slice name, unsigned line)
{
	struct asked asked = { name, line, 0 };

	fake_as_worker(0, ask_stat, &asked);
	return asked.value;
}
