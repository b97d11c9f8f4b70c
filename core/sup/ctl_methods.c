/*
 * core/sup/ctl_methods.c - methods that look at the process.
 */
#include "core/sup/ctl.h"

#include "core/mod/rpc.h"
#include "core/mod/underway.h"
#include "core/net/listen.h"
#include "core/run/job.h"
#include "utils/err.h"

#define POOLS_SHOWN 32u

/* ---- rpc.describe ---- */

static const char *type_name(enum value_type type)
{
	switch (type) {
	case VALUE_BOOL: return "bool";
	case VALUE_INT: return "int";
	case VALUE_LIST: return "list";
	case VALUE_DURATION: return "duration";
	case VALUE_ANY: return "any";
	default: return "string";
	}
}

static json_t *describe_args(const struct lcs_rpc_arg *args)
{
	json_t *list = json_array();

	for (; list && args && args->name; args++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s}", "name", args->name,
		    "type", type_name(args->type), "required", args->required,
		    "text", args->doc ? args->doc : ""));
	return list;
}

static int run_describe(struct lcs_rpc_call *call)
{
	const struct rpc_entry *entries;
	unsigned count = rpc_list(&entries);
	json_t *list = json_array();

	for (unsigned i = 0; list && i < count; i++) {
		const struct lcs_rpc *rpc = entries[i].rpc;

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o}",
		    "method", rpc->method,
		    "module", entries[i].mod ? lcs_mod_name(entries[i].mod) : "core",
		    "right", rpc->right == RIGHT_ADMIN ? "admin" : "read",
		    "text", rpc->doc ? rpc->doc : "", "args", describe_args(rpc->args)));
	}
	return lcs_rpc_done(call, list);
}

/* ---- what runs ---- */

static int run_workers(struct lcs_rpc_call *call)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < worker_count(); i++)
		json_array_append_new(list, json_pack("{s:i, s:I, s:I, s:I}", "worker", (int)i,
		    "turns", (json_int_t)worker_turns(i),
		    "pauses", (json_int_t)worker_pauses(i),
		    "waiting", (json_int_t)worker_inbox_depth(i)));
	return lcs_rpc_done(call, list);
}

static json_t *describe_listener(const struct net_listener *l)
{
	struct slice proto = transport_uri_name(l->transport);
	char addr[ADDR_TEXT_BYTES];

	sock_addr_format(&l->addr, addr);
	return json_pack("{s:s, s:s%, s:s, s:s, s:i, s:i}", "name", l->name,
	    "transport", proto.p, proto.len, "address", addr, "advertise_host", l->advertise_host,
	    "advertise_port", (int)l->advertise_port, "sockets", (int)l->fd_count);
}

static int run_listeners(struct lcs_rpc_call *call)
{
	json_t *list = json_array();

	for (unsigned i = 1; list && i <= net_listener_count(); i++)
		if (net_listener(i))
			json_array_append_new(list, describe_listener(net_listener(i)));
	return lcs_rpc_done(call, list);
}

static int run_pools(struct lcs_rpc_call *call)
{
	struct job_pool_stats pools[POOLS_SHOWN];
	unsigned count = job_pool_stats(pools, POOLS_SHOWN);
	json_t *list = json_array();

	for (unsigned i = 0; list && i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:i, s:I, s:I, s:I}",
		    "pool", pools[i].name, "threads", (int)pools[i].threads,
		    "busy", (int)pools[i].busy, "queued", (int)pools[i].queued,
		    "done", (json_int_t)pools[i].done, "refused", (json_int_t)pools[i].refused,
		    "late", (json_int_t)pools[i].late));
	return lcs_rpc_done(call, list);
}

static void add_generation(const struct gen *gen, bool is_current, void *arg)
{
	struct holder h;

	underway_holder(gen, &h);
	json_array_append_new(arg, json_pack("{s:I, s:b, s:I, s:I, s:I, s:s}", "generation",
	    (json_int_t)gen->number, "current", is_current,
	    "held", (json_int_t)ref_count(&gen->refs),
	    "transactions", (json_int_t)h.transactions, "answered", (json_int_t)h.answered,
	    "call_id", h.call_id));
}

static int run_generations(struct lcs_rpc_call *call)
{
	json_t *list = json_array();

	if (list)
		gen_each(add_generation, list);
	return lcs_rpc_done(call, list);
}

/* ---- the table ---- */

static const struct lcs_rpc_arg no_args[] = { { 0 } };

static const struct lcs_rpc table[] = {
	{ "rpc.describe", RIGHT_READ, no_args, run_describe,
	  "all methods with their arguments" },
	{ "workers.list", RIGHT_READ, no_args, run_workers,
	  "worker threads: turns made, items waiting" },
	{ "listeners.list", RIGHT_READ, no_args, run_listeners, "where the server listens" },
	{ "pools.list", RIGHT_READ, no_args, run_pools,
	  "threads for blocking work: busy, queued, late" },
	{ "gen.list", RIGHT_READ, no_args, run_generations,
	  "configuration generations: how much holds each, and the oldest call that does" },
	{ 0 }
};

int ctl_register_methods(void)
{
	return rpc_register(table, NULL);
}
