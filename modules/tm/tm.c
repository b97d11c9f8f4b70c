/*
 * tm - transactions (RFC 3261 16 and 17, RFC 6026, RFC 4320), forking, failover.
 *
 * Repeated requests, ACK, CANCEL and responses are dealt with before the script
 * runs (stage.c), so that no script carries their boilerplate.
 */
#include "modules/tm/tm.h"
#include "modules/tm/status.h"

#include <errno.h>

/* ---- parameters ---- */

static int check(const void *conf, struct diag *diag)
{
	const struct tm_conf *c = conf;

	if (c->t2 < c->t1)
		return diag_error(diag, "t2", "is less than t1; it is the longest interval "
		    "between repetitions, t1 the first (RFC 3261 17.1.2.1)");
	if (c->fr_inv_timer < c->fr_timer)
		return diag_error(diag, "fr_inv_timer", "is less than fr_timer: a telephone would "
		    "be given less time to be answered than to begin to ring");
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct tm_conf *c = conf;

	(void)mod;
	(void)next;
	c->times = (struct tm_times){ .t1 = c->t1, .t2 = c->t2, .t4 = c->t4,
	    .answer = c->fr_timer, .ring = c->fr_inv_timer, .linger = c->wt_timer };
	return 0;
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	tm_here_is(mod);
	((struct tm *)lcs_shared(mod))->mod = mod;
	return lcs_tx_provide(&tm_ops);
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct tm_local *local = arg;
	int err;

	local->tm = lcs_shared(mod);
	list_init(&local->all);
	list_init(&local->direct);
	tm_peers_init(local);
	err = htab_init(&local->servers, 1024);
	if (!err)
		err = htab_init(&local->clients, 1024);
	return err;
}

static void drop_client(struct htab_node *node, void *arg)
{
	struct tm_client *c = container_of(node, struct tm_client, node);

	(void)arg;
	c->is_busy = false;
	tm_client_drop(c);
}

/* Nothing is said to anybody any more. */
static void worker_stop(struct lcs_mod *mod, void *arg)
{
	struct tm_local *local = arg;

	(void)mod;
	if (!local->tm)
		return;
	while (!list_is_empty(&local->all))
		tm_abandon(container_of(local->all.next, struct tm_tx, by_age));
	htab_each(&local->clients, drop_client, NULL);
	htab_fini(&local->servers);
	htab_fini(&local->clients);
	tm_patterns_free(local);
	pool_fini(&local->pool);
}

/* ---- tables ---- */

static const struct lcs_iface ifaces[] = { { "tm", 1, &tm_table_api }, { 0 } };

static const struct lcs_hook hooks[] = {
	{ STAGE_REQUEST, 100, tm_on_request },
	{ STAGE_RESPONSE, 100, tm_on_response },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_DURATION(struct tm_conf, t1, "500ms", 10, 10000, "ms",
	    "T1, the estimated time of a round trip: the first repetition comes after it"),
	PARAM_DURATION(struct tm_conf, t2, "4s", 10, 60000, "ms",
	    "T2, the longest interval between repetitions"),
	PARAM_DURATION(struct tm_conf, t4, "5s", 10, 60000, "ms",
	    "T4, how long a message may stay in the network"),
	PARAM_DURATION(struct tm_conf, fr_timer, "32s", 100, 600000, "ms",
	    "how long a next hop has to answer: with a provisional response to INVITE, with a "
	    "final one to all else (timers B and F)"),
	PARAM_DURATION(struct tm_conf, fr_inv_timer, "185s", 1000, 3600000, "ms",
	    "how long it may ring before the call is cancelled (timer C)"),
	PARAM_DURATION(struct tm_conf, wt_timer, "32s", 100, 600000, "ms",
	    "how long an answered transaction absorbs copies (timers D, H, J, L and M)"),
	PARAM_BOOL(struct tm_conf, auto_inv_100, "yes", "send 100 when an INVITE is relayed"),
	PARAM_BOOL(struct tm_conf, failover, "yes",
	    "try the next address of a target after 503, silence or a transport error "
	    "(RFC 3263 4.3)"),
	PARAM_DURATION(struct tm_conf, shun_time, "30s", 0, 3600000, "ms",
	    "how long an address that failed is tried last"),
	PARAM_DURATION(struct tm_conf, resolve_timeout, "4s", 100, 60000, "ms",
	    "how long the addresses of a target may be searched for"),
	PARAM_INT(struct tm_conf, udp_mtu, "1300", 0, 65535,
	    "bytes from which a request goes by TCP if its URI does not name a transport "
	    "(RFC 3261 18.1.1); 0: never"),
	PARAM_BOOL(struct tm_conf, serial_forking, "no",
	    "targets of lower q wait until those of higher q have failed"),
	PARAM_BOOL(struct tm_conf, follow_redirects, "no",
	    "the contacts of a 300, 301 or 302 are tried instead of passing it back (RFC 3261 "
	    "16.7, item 4); never one twice, and no sip: contact for a sips: request"),
	PARAM_INT(struct tm_conf, redirect_max, "10", 1, 100,
	    "how many contacts of 3xx responses are tried for one request; what is over goes "
	    "back to the client"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct tm_local, active, STAT_GAUGE, "transactions there are now"),
	LCS_STAT(struct tm_local, waiting, STAT_GAUGE,
	    "those of them that are answered and absorb copies"),
#define C(name, doc) LCS_STAT(struct tm_local, name, STAT_COUNTER, doc),
	TM_COUNTERS(C)
#undef C
	{ 0 }
};

LCS_MODULE(tm,
	.summary = "transactions: relaying with repetition, forking, CANCEL and failover",
	.conf_size = sizeof(struct tm_conf),
	.local_size = sizeof(struct tm_local),
	.shared_size = sizeof(struct tm),
	.params = params,
	.funcs = tm_funcs,
	.vars = tm_vars,
	.hooks = hooks,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = tm_rpcs,
	.flags = MODULE_AT_START,	/* the rooms ask for transactions without a lock */
	.load = load,
	.check = check,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.manual =
	    "Repeated requests, ACKs for non-2xx responses, CANCELs that match and responses are dealt\n"
	    "with before request_route runs. A CANCEL is answered with 200 and passed to every branch\n"
	    "that has answered; one that has said nothing yet gets it with its first response\n"
	    "(RFC 3261 9.1). A script that waits is cancelled when its client gives up.\n\n"
	    "t_relay() sees to the answer: when no target can be reached the client gets 430 (its\n"
	    "connection is gone), 478 (no such host), 408 (silence; only to INVITE, RFC 4320) or 500\n"
	    "for a next hop that says 503 or cannot be connected. A connection that ends before the\n"
	    "answer has come counts as one that failed, at once. A failure route sees these first, 503\n"
	    "as 503. A next hop that says 503 with Retry-After is tried last for so long.\n\n"
	    "Who forks looks for loops (482) and splits Max-Breadth among the branches, 60 if the\n"
	    "request has none; those that get no share wait until others have ended (RFC 5393).\n\n"
	    "A 2xx to INVITE that a script gives by t_reply() is repeated until its ACK comes.\n",
);
