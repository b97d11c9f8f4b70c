/*
 * core/dns/resolve.c - a question to its end: locate, ask what is missing, locate again.
 */
#include "core/dns/resolve.h"

#include "core/dns/cache.h"
#include "core/dns/locate.h"
#include "core/dns/query.h"
#include "core/run/timer.h"
#include "utils/count.h"
#include "utils/log.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>

#define ROUNDS_MAX 8			/* NAPTR, SRV, addresses; the rest is for expiring answers */

struct asked { struct query_wait wait; struct resolve *res; };

struct resolve {
	struct locate    locate;
	struct timer     timeout;
	struct loop_task task;
	resolve_done_fn *done;
	void            *arg;
	unsigned         waiting, rounds;
	struct asked     asked[LOCATE_MISSING_MAX];
	char             host[DNS_NAME_BYTES];
};

static struct dns_conf conf;
static char *servers;

int dns_set_conf(const struct dns_conf *c)
{
	static struct worker_part part = { "dns", query_start, query_stop, &conf };
	int err = dns_cache_init();

	if (!err && ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		err = -ENOMEM;
	if (err)
		return err;
	free(servers);
	servers = c->servers ? strdup(c->servers) : NULL;
	conf = *c;
	conf.servers = servers;
	worker_register(&part);
	return dns_cache_read_hosts("/etc/hosts");
}

void dns_set_transports(const bool transports[TRANSPORT_COUNT])
{
	for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
		__atomic_store_n(&conf.transports[t], transports[t], __ATOMIC_RELAXED);
}

void dns_counters(struct dns_counters *sum)
{
	query_counters(sum);
}

/* ---- from locate to a list ---- */

static struct hop_list *make_list(const struct locate *l)
{
	struct hop_list *list = hop_list_new(l->hop_count, l->host.len);
	char *name;

	if (!list)
		return NULL;
	name = (char *)&list->hops[l->hop_count];
	memcpy(name, l->host.p, l->host.len);
	for (; list->count < l->hop_count; list->count++) {
		list->hops[list->count] = l->hops[list->count];
		list->hops[list->count].name = slice_of(name, l->host.len);
	}
	hop_list_shunned_last(list, loop_now(worker_loop()));
	return list;
}

bool resolve_now(const struct sip_uri *uri, struct hop_list **hops)
{
	struct locate l;
	struct hop_list *list;

	if (locate_init(&l, uri, loop_now(worker_loop())) != 0)
		return false;
	locate_run(&l, &conf);
	if (l.missing_count || !l.hop_count)
		return false;
	list = make_list(&l);
	if (!list)
		return false;
	count_by(&query_counters_mine()->answered_from_cache, 1);
	*hops = list;
	return true;
}

/* ---- a question under way ---- */

static void stop_waiting(struct resolve *res)
{
	for (unsigned i = 0; i < LOCATE_MISSING_MAX; i++)
		query_forget(&res->asked[i].wait);
	timer_stop(&res->timeout);
	list_remove(&res->task.node);
	res->waiting = 0;
}

static void finish(struct resolve *res, int err)
{
	struct hop_list *hops = NULL;

	stop_waiting(res);
	if (!err) {
		hops = make_list(&res->locate);
		err = hops ? 0 : -ENOMEM;
	}
	res->done(res->arg, err, hops);
	hop_list_unref(&hops);
	free(res);
}

static void advance(struct resolve *res);

static void one_answered(struct query_wait *w)
{
	struct resolve *res = container_of(w, struct asked, wait)->res;

	if (--res->waiting == 0)
		advance(res);
}

static int ask_missing(struct resolve *res)
{
	for (unsigned i = 0; i < res->locate.missing_count; i++) {
		int err = query_ask(res->locate.missing[i].name, res->locate.missing[i].type,
		    &res->asked[i].wait);

		if (err)
			return err;
		res->waiting++;
	}
	return 0;
}

static void advance(struct resolve *res)
{
	locate_run(&res->locate, &conf);
	if (res->locate.missing_count && res->rounds++ < ROUNDS_MAX) {
		if (ask_missing(res) != 0)
			finish(res, -ENOMEM);
		return;
	}
	finish(res, res->locate.hop_count ? 0 : res->locate.err);
}

/* Time is over: what came in so far has to do. */
static void timed_out(struct timer *t)
{
	struct resolve *res = container_of(t, struct resolve, timeout);

	res->locate.partial = true;
	locate_run(&res->locate, &conf);
	finish(res, res->locate.hop_count ? 0 : -ETIMEDOUT);
}

static void begin(struct loop_task *t)
{
	advance(container_of(t, struct resolve, task));
}

int resolve_start(const struct sip_uri *uri, msec_t timeout, resolve_done_fn *done, void *arg,
    struct resolve **out)
{
	struct resolve *res = calloc(1, sizeof(*res));
	int err;

	if (!res)
		return -ENOMEM;
	err = locate_init(&res->locate, uri, loop_now(worker_loop()));
	if (err) {
		free(res);
		return err;
	}
	memcpy(res->host, res->locate.host.p, res->locate.host.len);
	res->locate.host.p = res->host;
	res->done = done;
	res->arg = arg;
	for (unsigned i = 0; i < LOCATE_MISSING_MAX; i++) {
		list_init(&res->asked[i].wait.node);
		res->asked[i].wait.answered = one_answered;
		res->asked[i].res = res;
	}
	timer_init(&res->timeout, timed_out);
	timer_start(&res->timeout, timeout);
	loop_task_init(&res->task, begin);
	loop_at_end(worker_loop(), &res->task);
	count_by(&query_counters_mine()->questions, 1);
	*out = res;
	return 0;
}

void resolve_cancel(struct resolve **res)
{
	struct resolve *old = *res;

	*res = NULL;
	if (!old)
		return;
	stop_waiting(old);
	free(old);
}
