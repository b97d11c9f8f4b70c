/*
 * modules/auth_lcs/rpc.c - lcsctl sa list.
 */
#include "modules/auth_lcs/auth_lcs.h"

struct listing { struct lcs_mod *mod; json_t *array; int64_t now; };

static void describe(const struct sa *sa, void *arg)
{
	struct listing *l = arg;
	char user[512], flow[20];

	snprintf(user, sizeof(user), "%.*s@%.*s", SLICE_ARG(sa->name), SLICE_ARG(sa->domain));
	snprintf(flow, sizeof(flow), "%llx", (unsigned long long)sa->flow);
	json_array_append_new(l->array, json_pack("{s:o, s:o, s:o, s:i, s:s, s:I, s:I, s:I}",
	    "user", json_slice(slice_str(user)), "epid", json_slice(sa->epid),
	    "scheme", json_slice(sa->scheme->name), "version", (int)sa->version,
	    "connection", flow, "expires", (json_int_t)(sa->expires - l->now),
	    "signed", (json_int_t)sa->sent, "verified", (json_int_t)sa->verified));
}

static void list_on_worker(unsigned index, void *arg)
{
	struct listing *l = arg;

	(void)index;
	l->now = loop_wall(worker_loop());
	sa_each(lcs_local(l->mod), describe, l);
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct listing l = { call->mod, json_array(), 0 };

	worker_on_each(list_on_worker, &l);
	call->result = l.array;
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc auth_lcs_rpcs[] = {
	{ "sa.list", RIGHT_READ, no_args, rpc_list,
	  "security associations of LCS clients: who is signed in, how, and what was signed" },
	{ 0 }
};
