/*
 * core/mod/rpc_core.c - see rpc_core.h.
 */
#include "core/mod/rpc_core.h"

#include "core/mod/generation.h"
#include "core/mod/man.h"
#include "core/mod/reload.h"
#include "core/mod/rpc.h"
#include "core/mod/stats.h"
#include "core/mod/store_rpc.h"
#include "core/mod/trace.h"
#include "core/net/flow.h"
#include "core/sip/counters.h"

#include "utils/hex.h"
#include "utils/json.h"

#include <errno.h>
#include <stdio.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

/* Who answers; one server in a process. */
static struct { struct server *server; int64_t started; } self;

static struct slice param_text(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);

	return v ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;
}

/* ---- the server ---- */

static int run_version(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, json_pack("{s:s, s:s, s:i, s:s}", "name", "lcs",
	    "version", PACKAGE_VERSION,
	    "module_interface", LCS_ABI, "headers", LCS_BUILD_HASH));
}

static int run_status(struct lcs_rpc_call *call)
{
	const struct lcs_gen *gen = plan_of(gen_peek());
	struct slice name = gen && gen->server_name.len ? gen->server_name :
	    server_setup(self.server)->server_name;

	return lcs_rpc_done(call, json_pack("{s:o, s:I, s:i, s:I, s:I, s:b}",
	    "server_name", json_slice(name),
	    "uptime", (json_int_t)((clock_mono() - self.started) / 1000),
	    "workers", (int)worker_count(),
	    "generation", (json_int_t)(gen ? gen->gen.number : 0),
	    "held", (json_int_t)(gen ? ref_count(&gen->gen.refs) : 0),
	    "store_healthy", !store_is_on() || store_is_healthy()));
}

/* ---- configuration ---- */

static json_t *check_report(int err, const struct reload *r, const struct diag *diag,
    struct arena *arena)
{
	struct slice shown = diag_text(diag, DIAG_TEXT, arena);

	return json_pack("{s:b, s:i, s:i, s:o, s:o}", "ok", err == 0,
	    "errors", (int)diag_errors(diag), "warnings", (int)diag_warnings(diag),
	    "summary", json_slice(err == 0 ? reload_summary(r) : SLICE_NULL), "text", json_slice(shown));
}

static int run_config_check(struct lcs_rpc_call *call)
{
	struct slice path = param_text(call->params, "path");
	const char *file = path.len ? arena_dup_cstr(call->arena, path) : NULL;
	struct diag *diag = diag_new();
	struct reload *r = NULL;
	int err = -ENOMEM;

	if (diag && (file || !path.len))
		err = reload_read(self.server, file, NULL, diag, &r);
	if (err != -ENOMEM)
		call->result = check_report(err, r, diag, call->arena);
	reload_drop(&r);
	diag_free(&diag);
	return call->result ? 0 : -ENOMEM;
}

static int run_config_diff(struct lcs_rpc_call *call)
{
	struct diag *diag = diag_new();
	struct reload *r = NULL;
	int err = diag ? reload_read(self.server, NULL, NULL, diag, &r) : -ENOMEM;

	if (err && err != -ENOMEM)
		call->error = diag_text(diag, DIAG_TEXT, call->arena);
	if (!err) {
		call->result = reload_diff(r);
		err = call->result ? 0 : -ENOMEM;
	}
	reload_drop(&r);
	diag_free(&diag);
	return err;
}

/* ---- modules ---- */

static int run_module_list(struct lcs_rpc_call *call)
{
	struct loaded *const *order;
	const struct lcs_gen *gen = plan_of(gen_peek());
	unsigned count = generation_modules(gen, &order);
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", order[i]->desc->name,
		    "summary", order[i]->desc->summary));
	return lcs_rpc_done(call, list);
}

static int run_module_show(struct lcs_rpc_call *call)
{
	const char *name = arena_dup_cstr(call->arena, param_text(call->params, "name"));
	const char *why = NULL;
	const struct loaded *m;

	if (!name)
		return -ENOMEM;
	if (slice_eq(slice_str(name), SLICE("core")))
		return lcs_rpc_done(call, man_json(NULL));
	m = loader_open(server_loader(self.server), name, &why);
	if (!m) {
		call->error = slice_str(why);
		return -ENOENT;
	}
	return lcs_rpc_done(call, man_json(m->desc));
}

/* ---- numbers ---- */

struct shown { json_t *list; struct slice pattern; bool all; };

/* Is there each piece of the pattern, in order? '*' stands between them. */
static bool fits(struct slice name, struct slice pattern)
{
	while (pattern.len > 0) {
		struct slice piece = slice_split(&pattern, '*');
		size_t at = slice_search(name, piece);

		if (piece.len && at == name.len)
			return false;
		name = slice_skip(name, at + piece.len);
	}
	return true;
}

static void add_stat(void *arg, const struct stat_shown *s)
{
	struct shown *out = arg;
	char name[128];
	int len = snprintf(name, sizeof(name), "%s.%s", s->group, s->name);
	struct slice full = slice_of(name, len > 0 && len < (int)sizeof(name) ? (size_t)len : 0);

	if (!out->all && s->value == 0)
		return;
	if (!fits(full, out->pattern))
		return;
	json_array_append_new(out->list, json_pack("{s:s, s:I, s:s, s:s}", "name", name,
	    "value", (json_int_t)s->value, "kind", s->kind == STAT_GAUGE ? "gauge" : "counter",
	    "text", s->doc));
}

static int run_stats(struct lcs_rpc_call *call)
{
	struct shown out = { json_array(), param_text(call->params, "pattern"),
	    json_is_true(json_object_get(call->params, "all")) };

	if (out.list)
		stats_each(add_stat, &out);
	/* Who asks for some by name wants to know that they are 0. */
	if (out.pattern.len && !out.all && !json_array_size(out.list)) {
		out.all = true;
		stats_each(add_stat, &out);
	}
	return lcs_rpc_done(call, out.list);
}

#define DEFECTS_SHOWN 128u

static int run_defects(struct lcs_rpc_call *call)
{
	struct defect_count *counts = arena_alloc(call->arena, DEFECTS_SHOWN * sizeof(*counts));
	json_t *list = json_array();
	unsigned n;

	if (!counts || !list)
		return -ENOMEM;
	n = sip_defects_sum(counts, DEFECTS_SHOWN);
	for (unsigned i = 0; i < n && i < DEFECTS_SHOWN; i++)
		json_array_append_new(list, json_pack("{s:s, s:I}", "cause", counts[i].reason,
		    "count", (json_int_t)counts[i].n));
	return lcs_rpc_done(call, list);
}

/* ---- connections ---- */

static void add_connection(const struct flow_info *i, void *arg)
{
	char remote[ADDR_TEXT_BYTES], local[ADDR_TEXT_BYTES], id[24];

	sock_addr_format(&i->remote, remote);
	sock_addr_format(&i->local, local);
	snprintf(id, sizeof(id), "%llx", (unsigned long long)i->id);
	json_array_append_new(arg, json_pack("{s:s, s:o, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:s}",
	    "id", id, "transport", json_slice(transport_uri_name(i->transport)), "remote", remote,
	    "local", local, "inbound", i->inbound, "messages_in", (json_int_t)i->messages_in,
	    "messages_out", (json_int_t)i->messages_out, "age_ms", (json_int_t)i->age,
	    "idle_ms", (json_int_t)i->idle, "queued", (json_int_t)i->queued_bytes, "tls", i->tls));
}

static void list_connections(unsigned index, void *arg)
{
	(void)index;
	flow_each(add_connection, arg);
}

static int run_connections(struct lcs_rpc_call *call)
{
	json_t *list = json_array();

	if (list)
		worker_on_each(list_connections, list);
	return lcs_rpc_done(call, list);
}

static int run_drop_connection(struct lcs_rpc_call *call)
{
	struct slice id = param_text(call->params, "id");
	flow_id flow = 0;

	for (size_t i = 0; i < id.len; i++)
		flow = flow << 4 | (hex_digit(id.p[i]) & 0xf);
	if (id.len == 0 || id.len > 16 || flow_owner(flow) >= worker_count() ||
	    !flow_is_alive(flow))
		return lcs_rpc_fail(call, -ENOENT, "there is no such connection; \"connections list\" shows those there are");
	flow_close(flow, "administrator");
	return lcs_rpc_done(call, json_true());
}

/* ---- log ---- */

static const char *const level_words[] = { "error", "warning", "notice", "info", "debug" };

static int run_log_level(struct lcs_rpc_call *call)
{
	struct slice word = param_text(call->params, "level");

	for (unsigned i = 0; word.len && i < 5; i++) {
		if (!slice_eq_nocase(word, slice_str(level_words[i])))
			continue;
		log_set_level((enum log_level)i);
		log_notice("log", "level changed to=%s", level_words[i]);
		word = SLICE_NULL;
	}
	if (word.len)
		return lcs_rpc_fail(call, -EINVAL, "levels are error, warning, notice, info, "
		    "debug");
	return lcs_rpc_done(call, json_pack("{s:s}", "level", level_words[log_get_level()]));
}

/* ---- the table ---- */

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg path_args[] = {
	{ "path", VALUE_STRING, false, "file to check; the running server's if left out" }, { 0 }
};
static const struct lcs_rpc_arg name_args[] = {
	{ "name", VALUE_STRING, true, "of the module, or \"core\"" }, { 0 }
};
static const struct lcs_rpc_arg stats_args[] = {
	{ "pattern", VALUE_STRING, false, "only names that contain it; * stands for anything" },
	{ "all", VALUE_BOOL, false, "those that are 0, too; they are shown anyway if nothing else fits" }, { 0 }
};
static const struct lcs_rpc_arg id_args[] = {
	{ "id", VALUE_STRING, true, "as connections.list shows it" }, { 0 }
};
static const struct lcs_rpc_arg level_args[] = {
	{ "level", VALUE_STRING, false, "error, warning, notice, info, debug" }, { 0 }
};

static const struct lcs_rpc table[] = {
	{ "version", RIGHT_READ, no_args, run_version, "version of the server" },
	{ "status", RIGHT_READ, no_args, run_status, "name, uptime, generation, health" },
	{ "config.check", RIGHT_READ, path_args, run_config_check,
	  "check a configuration against the running server" },
	{ "config.diff", RIGHT_READ, no_args, run_config_diff,
	  "what the file on the disk would change" },
	{ "module.list", RIGHT_READ, no_args, run_module_list, "modules in use" },
	{ "module.show", RIGHT_READ, name_args, run_module_show,
	  "functions, variables and parameters of a module" },
	{ "stats.show", RIGHT_READ, stats_args, run_stats, "counters of all rooms and modules" },
	{ "stats.defects", RIGHT_READ, no_args, run_defects, "malformed messages by cause" },
	{ "connections.list", RIGHT_READ, no_args, run_connections, "TCP and TLS connections" },
	{ "connections.drop", RIGHT_ADMIN, id_args, run_drop_connection, "close a connection" },
	{ "log.level", RIGHT_ADMIN, level_args, run_log_level, "show or change the log level" },
	{ 0 }
};

int rpc_core_register(struct server *s)
{
	int err;

	self.server = s;
	self.started = clock_mono();
	err = rpc_register(table, NULL);
	if (!err)
		err = rpc_register(store_rpcs, NULL);
	return err ? err : rpc_register(trace_rpcs, NULL);
}
