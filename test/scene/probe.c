/*
 * test/scene/probe.c - a module that only scenes have: it calls the interface "tm" as other
 * modules do, and writes what it is told into the log.
 */
#include "core/lcs.h"
#include "modules/tm/tm_api.h"

struct probe { struct tm *tm; const struct tm_api *api; };
struct probe_local { struct tm_uac *uac; };

static const char *const events[] = {
	[TM_PROVISIONAL] = "provisional", [TM_FINAL] = "final", [TM_ACK] = "ack",
	[TM_CANCELED] = "canceled", [TM_GONE] = "gone",
};

static void say(const char *who, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	log_notice("probe", "%s: %s %u%s", who, events[event], status,
	    response ? " with a response" : "");
}

/* ---- a transaction of somebody else ---- */

static void watched(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	say(arg, event, status, response);
}

static enum fn_status watch(struct lcs_call *call)
{
	const struct probe *p = call->shared;
	int err = p->api->ensure(p->tm, call->ctx);
	struct tm_tx *tx = err ? NULL : p->api->current(p->tm, call->ctx);

	return fn_bool(call, tx && p->api->watch(p->tm, tx, watched, "watched") == 0 &&
	    p->api->watch(p->tm, tx, watched, "twice") == 0);
}

/* ---- a request of our own ---- */

static void told(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	struct probe_local *local = arg;

	say("own", event, status, response);
	if (event == TM_GONE)
		local->uac = NULL;	/* the handle has been given back */
}

static enum fn_status invite(struct lcs_call *call)
{
	const struct probe *p = call->shared;
	struct probe_local *local = call->local;
	const struct tm_request r = { .method = SLICE("INVITE"),
	    .request_uri = call->argv[0].s, .to = call->argv[0].s,
	    .from = SLICE("<sip:probe@example.com>;tag=probe"), .call_id = call->argv[1].s };

	return fn_bool(call, !local->uac &&
	    p->api->request(p->tm, &r, told, local, &local->uac) == 0);
}

static enum fn_status forget(struct lcs_call *call)
{
	const struct probe *p = call->shared;
	struct probe_local *local = call->local;

	call->ret = value_bool(local->uac != NULL);
	p->api->forget(p->tm, &local->uac);
	return FN_DONE;
}

/* ---- tables ---- */

static const struct lcs_func funcs[] = {
	{ "probe_watch() -> bool", watch, IN_REQUEST, 0, "log what becomes of the transaction" },
	{ "probe_invite(uri: str, call_id: str = \"\") -> bool", invite, IN_REQUEST, 0,
	  "send an INVITE of our own" },
	{ "probe_forget() -> bool", forget, IN_REQUEST, 0, "and give it up" },
	{ 0 }
};

static int load(struct lcs_mod *mod)
{
	struct probe *p = lcs_shared(mod);
	void *tm;

	p->api = lcs_import(mod, "tm", &tm);
	p->tm = tm;
	return 0;
}

static const struct lcs_need needs[] = {
	{ .name = "tm", .version = 1 },
	{ 0 }
};

LCS_MODULE(probe,
	.summary = "the interface tm, for scenes",
	.local_size = sizeof(struct probe_local),
	.shared_size = sizeof(struct probe),
	.funcs = funcs,
	.needs = needs,
	.load = load,
);
