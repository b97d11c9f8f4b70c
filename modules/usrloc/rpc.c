/*
 * modules/usrloc/rpc.c - lcsctl endpoints: list, drop.
 */
#include "modules/usrloc/usrloc.h"

#include <errno.h>
#include <stdlib.h>

struct listing { json_t *array; struct slice only; int64_t now; };

static json_t *describe(struct slice aor, const struct binding *packed, int64_t now)
{
	struct usrloc_binding unpacked, *b = &unpacked;
	char remote[ADDR_TEXT_BYTES] = "";
	struct slice via = transport_uri_name((enum sip_transport)packed->transport);

	binding_unpack(packed, b);
	if (b->received.remote.ip.family)
		sock_addr_format(&b->received.remote, remote);
	return json_pack("{s:o, s:o, s:I, s:f, s:o, s:s, s:o, s:o, s:o, s:o, s:o}",
	    "user", json_slice(aor), "contact", json_slice(b->contact),
	    "expires", (json_int_t)(b->expires - now), "q", b->q / 1000.0,
	    "via", json_slice(via), "from", remote, "endpoint", json_slice(b->ruid),
	    "instance", json_slice(b->instance), "path", json_slice(b->path),
	    "user_agent", json_slice(b->user_agent),
	    "params", json_slice(slice_skip(b->params, b->params.len > 0)));
}

static void list_record(const struct rtab_node *node, void *arg)
{
	const struct record *r = (const void *)node;
	struct listing *l = arg;

	if (l->only.len && !slice_eq_nocase(record_aor(r), l->only))
		return;
	for (unsigned i = 0; i < r->pub.count; i++)
		if (record_binding(r, i)->expires > l->now)
			json_array_append_new(l->array, describe(record_aor(r),
			    record_binding(r, i), l->now));
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct usrloc *ul = lcs_shared(call->mod);
	struct listing l = { json_array(), sip_text_bare(json_text(call->params, "user")),
	    clock_wall() };

	rtab_each(ul->table, list_record, &l);
	call->result = l.array;
	return 0;
}

struct dropping {
	struct usrloc *ul;
	struct slice   aor, ruid;
	unsigned       before;
	flow_id       *flows;		/* of those dropped: whose clients are told */
	unsigned       flow_count;
	struct await  *await;		/* its room: what came of it */
	int            err;
};

static void dropped(void *arg, enum usrloc_result result, const struct usrloc_aor *now)
{
	struct await *await = arg;

	(void)now;
	*(enum usrloc_result *)await_room(await) = result;
	await_end(await);
}

static void note(struct dropping *d, const struct binding *packed)
{
	struct usrloc_binding b;

	binding_unpack(packed, &b);
	d->before++;
	if (b.received.flow)
		d->flows[d->flow_count++] = b.received.flow;
}

/* The record belongs to its owner: count and ask there. */
static void drop_on_owner(unsigned index, void *arg)
{
	struct dropping *d = arg;
	const struct record *r;

	if (index != aor_owner(d->aor))
		return;
	r = record_find(d->ul, d->aor, aor_key(d->aor));
	if (!r)
		return;
	d->flows = calloc(r->pub.count, sizeof(*d->flows));
	if (!d->flows) {
		d->err = -ENOMEM;
		return;
	}
	for (unsigned i = 0; i < r->pub.count; i++)
		if (!d->ruid.len || slice_eq(binding_text(record_binding(r, i), TEXT_RUID), d->ruid))
			note(d, record_binding(r, i));
	if (!d->before)
		return;
	await_begin(d->await);
	d->err = usrloc_remove(d->ul, d->aor, &(struct usrloc_which){ .ruid = d->ruid }, dropped,
	    d->await);
	if (d->err)
		await_end(d->await);
}

/* Until the store has it, which is said in d->err; of a journal that is behind, until it is asked. */
static int drop(struct dropping *d)
{
	d->await = await_new(sizeof(enum usrloc_result));
	if (!d->await)
		return -ENOMEM;
	worker_on_each(drop_on_owner, d);
	if (!d->err)
		d->err = await_all(d->await, AWAIT_MOST);
	if (!d->err && *(enum usrloc_result *)await_room(d->await) != USRLOC_OK)
		d->err = -EIO;
	await_unref(&d->await);
	return d->err;
}

static void tell_dropped(const struct dropping *d)
{
	for (unsigned i = 0; d->ul->on_dropped.fn && i < d->flow_count; i++)
		d->ul->on_dropped.fn(d->ul->on_dropped.arg, d->aor, d->flows[i]);
}

static int say_dropped(struct lcs_rpc_call *call, const struct dropping *d, int err)
{
	if (!d->before && !err)
		return lcs_rpc_fail(call, -ENOENT, "%.*s has no such endpoint; see "
		    "\"endpoints list\"", SLICE_ARG(d->aor));
	log_notice("audit", "endpoints dropped by=administrator user=%.*s count=%u outcome=%s",
	    SLICE_ARG(d->aor), d->before, err ? "failed" : "done");
	if (err)
		return lcs_rpc_fail(call, err, err == -ETIMEDOUT ? "the store has not answered in "
		    "time: they may go or stay" : "the store cannot take it; nothing has changed");
	tell_dropped(d);
	call->result = json_pack("{s:o, s:i}", "user", json_slice(d->aor), "dropped",
	    (int)d->before);
	return 0;
}

static int rpc_drop(struct lcs_rpc_call *call)
{
	struct dropping d = { .ul = lcs_shared(call->mod), .aor = sip_text_bare(json_text(call->params,
	    "user")), .ruid = json_text(call->params, "endpoint") };
	int err = say_dropped(call, &d, drop(&d));

	free(d.flows);
	return err;
}

static const struct lcs_rpc_arg list_args[] = {
	{ "user", VALUE_STRING, false, "only this user (name@domain)" },
	{ 0 }
};
static const struct lcs_rpc_arg drop_args[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "endpoint", VALUE_STRING, false, "which one, as \"endpoints list\" shows it; else all" },
	{ 0 }
};

const struct lcs_rpc usrloc_rpcs[] = {
	{ "endpoints.list", RIGHT_READ, list_args, rpc_list, "who is signed in, and from where" },
	{ "endpoints.drop", RIGHT_ADMIN, drop_args, rpc_drop,
	  "forget a user's endpoints; LCS clients are told and signed off" },
	{ 0 }
};
