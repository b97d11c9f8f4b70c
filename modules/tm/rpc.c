/*
 * modules/tm/rpc.c - lcsctl transactions: list, count, cancel.
 */
#include "modules/tm/tm.h"
#include "utils/json.h"

#include <errno.h>

struct visit {
	struct lcs_mod *mod;
	json_t         *array;
	msec_t          older_than;
	struct slice    call_id;
	uint64_t        waiting, asking, lingering, cancelled;
};

static struct slice call_id_of(const struct tm_tx *tx)
{
	return tx->work ? msg_call_id(lcs_msg(tx->work->ctx)) : SLICE_NULL;
}

static struct slice method_of(const struct tm_tx *tx)
{
	if (tx->work)
		return lcs_msg(tx->work->ctx)->method_text;
	return tx->is_invite ? SLICE("INVITE") : SLICE_NULL;
}

static json_t *describe(const struct tm_tx *tx, msec_t age, unsigned worker)
{
	char from[ADDR_TEXT_BYTES] = "";

	if (tx->way.remote.ip.family)
		sock_addr_format(&tx->way.remote, from);
	return json_pack("{s:o, s:o, s:s, s:f, s:i, s:i, s:s, s:b, s:i}",
	    "call_id", json_slice(call_id_of(tx)), "method", json_slice(method_of(tx)),
	    "state", tx->is_local ? "LOCAL" : tm_state_name(tx->machine.state),
	    "age", (double)age / 1000.0, "status", (int)tx->status,
	    "branches", tx->work ? (int)tx->work->count : 0, "from", from,
	    "canceled", (int)tx->is_canceled, "worker", (int)worker);
}

/* One of ours that nothing looked at: a message on its way, no more. */
static void list_direct(const struct tm_uac_info *info, void *arg)
{
	struct visit *v = arg;
	msec_t age = loop_now(worker_loop()) - info->born;
	char to[ADDR_TEXT_BYTES];

	if (age < v->older_than)
		return;
	sock_addr_format(&info->hop->remote, to);
	json_array_append_new(v->array, json_pack("{s:s, s:s, s:s, s:f, s:i, s:i, s:s, s:s, s:b, s:i}",
	    "call_id", "", "method", "", "state", "LOCAL", "age", (double)age / 1000.0,
	    "status", 0, "branches", 1, "from", "", "to", to, "canceled", 0,
	    "worker", worker_self()));
}

static void list_here(unsigned index, void *arg)
{
	struct visit *v = arg;
	struct tm_local *local = lcs_local(v->mod);
	msec_t now = loop_now(worker_loop());

	list_for_each(it, &local->all) {
		const struct tm_tx *tx = container_of(it, struct tm_tx, by_age);

		if (now - tx->born < v->older_than)
			break;		/* the oldest come first */
		json_array_append_new(v->array, describe(tx, now - tx->born, index));
	}
	tm_uac_each(local, list_direct, v);
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct visit v = { .mod = call->mod };
	int err = lcs_rpc_time(call, "older_than", 1000, &v.older_than);

	if (err < 0)
		return err;
	v.array = json_array();
	worker_on_each(list_here, &v);
	call->result = v.array;
	return v.array ? 0 : -ENOMEM;
}

static void count_here(unsigned index, void *arg)
{
	struct visit *v = arg;
	struct tm_local *local = lcs_local(v->mod);

	(void)index;
	v->waiting += local->active - local->waiting;
	v->lingering += local->waiting;
	v->asking += local->clients.count;
}

static int rpc_count(struct lcs_rpc_call *call)
{
	struct visit v = { .mod = call->mod };

	worker_on_each(count_here, &v);
	return lcs_rpc_done(call, json_pack("{s:I, s:I, s:I}", "undecided", (json_int_t)v.waiting,
	    "lingering",
	    (json_int_t)v.lingering, "clients", (json_int_t)v.asking));
}

static void cancel_here(unsigned index, void *arg)
{
	struct visit *v = arg;

	(void)index;
	v->cancelled += tm_cancel_call(lcs_local(v->mod), v->call_id, 0);
}

static int rpc_cancel(struct lcs_rpc_call *call)
{
	const json_t *id = json_object_get(call->params, "call_id");
	struct visit v = { .mod = call->mod,
	    .call_id = slice_of(json_string_value(id), json_string_length(id)) };

	worker_on_each(cancel_here, &v);
	if (v.cancelled == 0)
		return lcs_rpc_fail(call, -ENOENT, "no INVITE with Call-ID %.*s is waiting "
		    "for an answer", SLICE_ARG(v.call_id));
	return lcs_rpc_done(call, json_pack("{s:I}", "cancelled", (json_int_t)v.cancelled));
}

static const struct lcs_rpc_arg list_args[] = {
	{ "older_than", VALUE_DURATION, false,
	  "only those that began at least so long ago: 40s, 5m, or a number of seconds" },
	{ 0 }
};

static const struct lcs_rpc_arg cancel_args[] = {
	{ "call_id", VALUE_STRING, true, "Call-ID of the INVITE" },
	{ 0 }
};

const struct lcs_rpc tm_rpcs[] = {
	{ "transactions.list", RIGHT_READ, list_args, rpc_list,
	  "transactions, the oldest first; an answered one has forgotten its Call-ID" },
	{ "transactions.count", RIGHT_READ, NULL, rpc_count,
	  "how many wait for an answer, linger after it, and are asking next hops" },
	{ "transactions.cancel", RIGHT_ADMIN, cancel_args, rpc_cancel,
	  "cancel an INVITE that is not answered, as if its client had" },
	{ 0 }
};
