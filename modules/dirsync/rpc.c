/*
 * modules/dirsync/rpc.c - lcsctl dirsync: status, problems, resync.
 */
#include "modules/dirsync/dirsync.h"

#include <errno.h>

static const char *const words[] = {
	[STATE_OFF] = "off", [STATE_CONNECTING] = "connecting", [STATE_LOADING] = "loading",
	[STATE_FOLLOWING] = "following", [STATE_LOST] = "lost",
};

static json_int_t number(_Atomic uint64_t *n)
{
	return (json_int_t)atomic_load(n);
}

static int rpc_status(struct lcs_rpc_call *call)
{
	struct dirsync *d = lcs_shared(call->mod);
	const struct dirsync_conf *conf = lcs_conf(call->mod, gen_peek());
	enum dirsync_state state;
	struct slice why, way;
	uint64_t switches;

	lock_take(&d->lock);
	state = d->state;
	why = arena_dup(call->arena, slice_str(state == STATE_FOLLOWING ? "" : d->why));
	way = arena_dup(call->arena, slice_str(d->kind));
	lock_drop(&d->lock);
	return lcs_rpc_done(call, json_pack("{s:s, s:o, s:o, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "state", words[state], "way", json_slice(way), "uri", json_slice(conf->uri),
	    "why", json_slice(why), "server", (int)ldap_servers_used(&d->servers, &switches) + 1, "lag", (json_int_t)dirsync_lag(d), "users", number(&d->entries),
	    "refused", number(&d->refused), "added", number(&d->added), "changed", number(&d->changed),
	    "deleted", number(&d->deleted), "resyncs", number(&d->resyncs),
	    "failures", number(&d->failures)));
}

static int rpc_servers(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, ldap_servers_json(&((struct dirsync *)lcs_shared(call->mod))->servers));
}

static int rpc_problems(struct lcs_rpc_call *call)
{
	struct dirsync *d = lcs_shared(call->mod);
	json_t *list = json_array(), *v;
	const char *key;

	json_object_foreach(d->problems, key, v)
		json_array_append_new(list, json_pack("{s:O, s:O, s:s}", "address",
		    json_object_get(v, "address"), "why", json_object_get(v, "why"), "key", key));
	return lcs_rpc_done(call, list);
}

static int rpc_resync(struct lcs_rpc_call *call)
{
	struct slice how = json_text(call->params, "how");

	if (how.len && !slice_eq(how, SLICE("force")))
		return lcs_rpc_fail(call, -EINVAL, "write nothing, or \"force\"");
	take_compare(lcs_shared(call->mod), how.len > 0);
	log_notice("audit", "directory resync asked for by=administrator how=%s",
	    how.len ? "force" : "careful");
	return rpc_status(call);
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg resync_args[] = {
	{ "how", VALUE_STRING, false, "\"force\": even if most users are gone, see max_gone" },
	{ 0 }
};

const struct lcs_rpc dirsync_rpcs[] = {
	{ "dirsync.status", RIGHT_READ, no_args, rpc_status,
	  "is the directory followed, how far are we behind (seconds), and what came of it" },
	{ "dirsync.servers", RIGHT_READ, no_args, rpc_servers,
	  "the servers of uri: which is in use, which does not answer" },
	{ "dirsync.problems", RIGHT_READ, no_args, rpc_problems,
	  "entries of the directory that are no users here, and why" },
	{ "dirsync.resync", RIGHT_ADMIN, resync_args, rpc_resync,
	  "compare all users with the directory now" },
	{ 0 }
};
