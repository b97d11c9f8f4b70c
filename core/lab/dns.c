/*
 * core/lab/dns.c - see dns.h.
 */
#include "core/lab/dns.h"

#include "core/dns/hop.h"
#include "core/net/listen.h"
#include "core/run/timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 64u
#define HOPS_MAX  8u

struct name {
	char                name[64];
	msec_t              delay;
	int                 err;
	unsigned            count;
	struct { enum sip_transport t; struct sock_addr addr; } hops[HOPS_MAX];
};

static struct { struct name names[NAMES_MAX]; unsigned count; bool cache, any; } zone;
static struct dns_counters counters;

static struct name *made_up(struct slice host);

static struct name *find(struct slice host)
{
	for (unsigned i = 0; i < zone.count; i++)
		if (slice_eq_nocase(slice_str(zone.names[i].name), host))
			return &zone.names[i];
	return zone.any ? made_up(host) : NULL;
}

static struct name *made_up(struct slice host)
{
	struct ip_addr ip;
	struct name *n;
	char text[ADDR_TEXT_BYTES];

	if (zone.count == NAMES_MAX || host.len == 0 || host.len >= sizeof(n->name) ||
	    ip_parse(host, &ip) == 0 || slice_ends(host, SLICE(".invalid")))
		return NULL;
	n = &zone.names[zone.count++];
	snprintf(n->name, sizeof(n->name), "%.*s", SLICE_ARG(host));
	snprintf(text, sizeof(text), "198.18.1.%u", zone.count);
	ip_parse(slice_str(text), &n->hops[0].addr.ip);
	n->count = 1;
	return n;
}

static struct name *find_or_add(const char *name)
{
	struct name *n = find(slice_str(name));

	if (n || zone.count == NAMES_MAX)
		return n;
	n = &zone.names[zone.count++];
	snprintf(n->name, sizeof(n->name), "%s", name);
	return n;
}

void fake_dns_add(const char *name, enum sip_transport t, const struct sock_addr *addr)
{
	struct name *n = find_or_add(name);

	if (!n || n->count == HOPS_MAX)
		abort();
	n->hops[n->count].t = t;
	n->hops[n->count++].addr = *addr;
}

void fake_dns_slow(const char *name, msec_t delay, int err)
{
	struct name *n = find_or_add(name);

	if (!n)
		abort();
	n->delay = delay;
	n->err = err;
}

void fake_dns_any(bool on) { zone.any = on; }
void fake_dns_cache(bool on) { zone.cache = on; }

/* ---- answers ---- */

static enum sip_transport wanted_transport(const struct sip_uri *uri)
{
	struct slice value;

	if (uri->scheme == URI_SIPS)
		return TRANSPORT_TLS;
	if (sip_uri_param(uri, SLICE("transport"), &value))
		return transport_parse(value);
	return TRANSPORT_NONE;
}

static struct hop_list *numeric(const struct sip_uri *uri)
{
	enum sip_transport t = wanted_transport(uri);
	struct hop_list *l;
	struct ip_addr ip;

	if (ip_parse(uri->host, &ip) != 0)
		return NULL;
	l = hop_list_new(1, 0);
	if (!l)
		return NULL;
	t = t == TRANSPORT_NONE ? TRANSPORT_UDP : t;
	l->count = 1;
	l->hops[0].transport = t;
	l->hops[0].remote.ip = ip;
	l->hops[0].remote.port = uri->port ? uri->port : transport_default_port(t);
	return l;
}

static struct hop_list *from_zone(const struct sip_uri *uri, const struct name *n)
{
	enum sip_transport t = wanted_transport(uri);
	struct hop_list *l = hop_list_new(HOPS_MAX, 0);

	for (unsigned i = 0; l && i < n->count; i++) {
		struct sip_hop *hop = &l->hops[l->count];

		if (t != TRANSPORT_NONE && n->hops[i].t != TRANSPORT_NONE && n->hops[i].t != t)
			continue;
		hop->transport = n->hops[i].t != TRANSPORT_NONE ? n->hops[i].t :
		    t != TRANSPORT_NONE ? t : TRANSPORT_UDP;
		hop->remote = n->hops[i].addr;
		if (hop->remote.port == 0)
			hop->remote.port = uri->port ? uri->port :
			    transport_default_port(hop->transport);
		l->count++;
	}
	if (l)
		hop_list_shunned_last(l, loop_now(worker_loop()));
	return l;
}

bool resolve_now(const struct sip_uri *uri, struct hop_list **hops)
{
	const struct name *n = find(uri->host);

	*hops = numeric(uri);
	if (!*hops && zone.cache && n && n->delay == 0 && n->err == 0)
		*hops = from_zone(uri, n);
	return *hops != NULL;
}

struct resolve {
	struct timer      timer, deadline;
	resolve_done_fn  *done;
	void             *arg;
	struct hop_list  *hops;
	int               err;
};

static void finish(struct resolve *r, int err)
{
	timer_stop(&r->timer);
	timer_stop(&r->deadline);
	r->done(r->arg, err, err ? NULL : r->hops);
	hop_list_unref(&r->hops);
	free(r);
}

static void answered(struct timer *t)
{
	struct resolve *r = container_of(t, struct resolve, timer);

	finish(r, r->err);
}

static void too_late(struct timer *t)
{
	counters.timeouts++;
	finish(container_of(t, struct resolve, deadline), -ETIMEDOUT);
}

int resolve_start(const struct sip_uri *uri, msec_t timeout, resolve_done_fn *done, void *arg,
    struct resolve **out)
{
	const struct name *n = find(uri->host);
	struct resolve *r;

	if (uri->host.len == 0)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	counters.questions++;
	r->done = done;
	r->arg = arg;
	r->hops = numeric(uri);
	if (!r->hops && n)
		r->hops = from_zone(uri, n);
	r->err = !r->hops || r->hops->count == 0 ? -ENOENT : n ? n->err : 0;
	timer_init(&r->timer, answered);
	timer_init(&r->deadline, too_late);
	timer_start(&r->timer, n ? n->delay : 0);
	timer_start(&r->deadline, timeout);
	*out = r;
	return 0;
}

void resolve_cancel(struct resolve **p)
{
	struct resolve *r = *p;

	*p = NULL;
	if (!r)
		return;
	timer_stop(&r->timer);
	timer_stop(&r->deadline);
	hop_list_unref(&r->hops);
	free(r);
}

int dns_set_conf(const struct dns_conf *conf)
{
	(void)conf;
	return 0;
}

void dns_counters(struct dns_counters *sum) { *sum = counters; }
