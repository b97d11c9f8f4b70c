/*
 * core/dns/locate.c - which transport, address and port (RFC 3263 section 4).
 */
#include "core/dns/locate.h"

#include "core/dns/cache.h"
#include "core/net/listen.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdio.h>

int locate_init(struct locate *l, const struct sip_uri *uri, msec_t since)
{
	static const struct slice names[] = { SLICE_INIT("maddr"), SLICE_INIT("transport") };
	struct slice values[2];

	l->hop_count = l->missing_count = 0;
	l->partial = false;
	l->since = since;
	l->host = uri->host;
	l->port = uri->port;
	l->secure = uri->scheme == URI_SIPS;
	l->transport = TRANSPORT_NONE;
	if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
		return -EINVAL;
	sip_uri_params(uri, names, 2, values);
	if (values[0].len)
		l->host = values[0];
	if (values[1].len) {
		l->transport = transport_parse(values[1]);
		if (l->transport == TRANSPORT_NONE)
			return -EINVAL;
	}
	/* RFC 3261 26.2.2: sips over "tcp" means TLS on top of it. */
	if (l->secure && l->transport == TRANSPORT_TCP)
		l->transport = TRANSPORT_TLS;
	if (l->host.len && l->host.p[0] == '[')
		l->host = slice_of(l->host.p + 1, l->host.len >= 2 ? l->host.len - 2 : 0);
	return l->host.len && l->host.len < DNS_NAME_BYTES - 16 ? 0 : -EINVAL;
}

/* ---- asking the cache ---- */

static void note_missing(struct locate *l, struct slice name, enum dns_type type)
{
	struct locate_question *q;

	for (unsigned i = 0; i < l->missing_count; i++)
		if (l->missing[i].type == type &&
		    slice_eq_nocase(slice_str(l->missing[i].name), name))
			return;
	if (l->missing_count == LOCATE_MISSING_MAX || name.len >= DNS_NAME_BYTES)
		return;
	q = &l->missing[l->missing_count++];
	memcpy(q->name, name.p, name.len);
	q->name[name.len] = '\0';
	q->type = type;
}

/* The answer with its records, or NULL: missing (noted), none, or failed (err). */
static const struct dns_answer *ask(struct locate *l, struct slice name, enum dns_type type,
    bool *known)
{
	const struct dns_answer *a = dns_cache_find(name, type, l->since);

	*known = a != NULL;
	if (!a) {
		note_missing(l, name, type);
		return NULL;
	}
	if (a->err && a->err != -ENOENT)
		l->err = a->err;
	return a->count ? a : NULL;
}

/* ---- addresses ---- */

static void add_hop(struct locate *l, enum sip_transport t, const struct ip_addr *ip,
    uint16_t port)
{
	struct sip_hop *hop = &l->hops[l->hop_count];

	if (l->hop_count == LOCATE_HOPS_MAX)
		return;
	if (t != TRANSPORT_TLS && net_is_peer(l->host)) {
		l->err = -EACCES;	/* between servers there is mutual TLS or nothing */
		return;
	}
	*hop = (struct sip_hop){ .transport = t };
	hop->remote.ip = *ip;
	hop->remote.port = port ? port : transport_default_port(t);
	hop->name = l->host;
	hop->listener = (uint16_t)net_listener_towards(hop);
	/* Without a listener of that family there is no address to send from. */
	if (hop->listener)
		l->hop_count++;
}

static void add_addresses(struct locate *l, const struct dns_conf *conf, struct slice name,
    enum sip_transport t, uint16_t port)
{
	const struct dns_answer *a;
	bool known;

	if (conf->ipv6 && (a = ask(l, name, DNS_AAAA, &known)))
		for (unsigned i = 0; i < a->count; i++)
			add_hop(l, t, &a->records[i].ip, port);
	if ((a = ask(l, name, DNS_A, &known)))
		for (unsigned i = 0; i < a->count; i++)
			add_hop(l, t, &a->records[i].ip, port);
}

/* ---- SRV: RFC 2782 ---- */

/* Among records of one priority from `from` on, put the one that the dice choose first. */
static void draw(const struct dns_srv **list, unsigned from, unsigned end)
{
	uint32_t sum = 0, dice;
	unsigned at = from;

	for (unsigned i = from; i < end; i++)
		sum += list[i]->weight;
	dice = sum ? rand_below(sum + 1) : 0;
	for (uint32_t run = list[at]->weight; run < dice && at + 1 < end; run += list[at]->weight)
		at++;
	/* Keep the others in order: weight 0 must stay before the rest. */
	for (const struct dns_srv *chosen = list[at]; at >= from; at--) {
		if (at == from) {
			list[from] = chosen;
			break;
		}
		list[at] = list[at - 1];
	}
}

static bool goes_before(const struct dns_srv *a, const struct dns_srv *b)
{
	return a->priority != b->priority ? a->priority < b->priority :
	    a->weight == 0 && b->weight != 0;
}

static void order_srv(const struct dns_answer *a, const struct dns_srv **list)
{
	for (unsigned i = 0; i < a->count; i++) {
		const struct dns_srv *s = &a->records[i].srv;
		unsigned at = i;

		for (; at > 0 && goes_before(s, list[at - 1]); at--)
			list[at] = list[at - 1];
		list[at] = s;
	}
	for (unsigned i = 0; i < a->count; i++) {
		unsigned end = i;

		while (end < a->count && list[end]->priority == list[i]->priority)
			end++;
		draw(list, i, end);
	}
}

/* true if the name has SRV records (also when it says "no service here", target "."). */
static bool add_srv(struct locate *l, const struct dns_conf *conf, struct slice name,
    enum sip_transport t, bool *known)
{
	const struct dns_srv *list[DNS_RECORDS_MAX];
	const struct dns_answer *a = ask(l, name, DNS_SRV, known);

	if (!a)
		return false;
	order_srv(a, list);
	for (unsigned i = 0; i < a->count; i++)
		if (list[i]->target.len && !slice_eq(list[i]->target, SLICE(".")))
			add_addresses(l, conf, list[i]->target, t, list[i]->port);
	return true;
}

static bool add_srv_of(struct locate *l, const struct dns_conf *conf, const char *prefix,
    enum sip_transport t, bool *known)
{
	char name[DNS_NAME_BYTES];
	int n = snprintf(name, sizeof(name), "%s%.*s", prefix, SLICE_ARG(l->host));

	*known = true;
	if (n < 0 || (size_t)n >= sizeof(name))
		return false;
	return add_srv(l, conf, slice_of(name, (size_t)n), t, known);
}

/* The names a domain may publish for one transport; the last is that of LCS clients. */
static bool add_transport(struct locate *l, const struct dns_conf *conf, enum sip_transport t,
    bool *known)
{
	bool first, second = true, hit;

	*known = true;
	if (!dns_may_use(conf, t) || (l->secure && t != TRANSPORT_TLS))
		return false;
	if (t == TRANSPORT_UDP)
		return add_srv_of(l, conf, "_sip._udp.", t, known);
	if (t == TRANSPORT_TCP)
		return add_srv_of(l, conf, "_sip._tcp.", t, known);
	hit = add_srv_of(l, conf, "_sips._tcp.", t, &first);
	if (!hit && first)
		hit = add_srv_of(l, conf, "_sip._tls.", t, &second);
	*known = first && second;
	return hit;
}

static enum sip_transport default_transport(const struct locate *l, const struct dns_conf *conf)
{
	if (l->secure)
		return TRANSPORT_TLS;
	for (enum sip_transport t = TRANSPORT_UDP; t < TRANSPORT_COUNT; t++)
		if (dns_may_use(conf, t))
			return t;
	return TRANSPORT_UDP;
}

/* ---- NAPTR: RFC 3263 4.1 ---- */

static enum sip_transport service_transport(const struct locate *l, const struct dns_conf *conf,
    struct slice service)
{
	static const struct { struct slice name; enum sip_transport t; } services[] = {
		{ { "SIP+D2U", 7 }, TRANSPORT_UDP }, { { "SIP+D2T", 7 }, TRANSPORT_TCP },
		{ { "SIPS+D2T", 8 }, TRANSPORT_TLS },
	};

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (slice_eq_nocase(service, services[i].name))
			return dns_may_use(conf, services[i].t) &&
			    (!l->secure || services[i].t == TRANSPORT_TLS) ? services[i].t :
			    TRANSPORT_NONE;
	return TRANSPORT_NONE;
}

static bool naptr_before(const struct dns_naptr *a, const struct dns_naptr *b)
{
	return a->order != b->order ? a->order < b->order : a->preference < b->preference;
}

/* true if the domain has usable NAPTR records; *known as for ask(). */
static bool add_naptr(struct locate *l, const struct dns_conf *conf, bool *known)
{
	const struct dns_answer *a = ask(l, l->host, DNS_NAPTR, known);
	const struct dns_naptr *list[DNS_RECORDS_MAX];
	bool hit = false, srv_known;

	for (unsigned i = 0; a && i < a->count; i++) {
		unsigned at = i;

		for (; at > 0 && naptr_before(&a->records[i].naptr, list[at - 1]); at--)
			list[at] = list[at - 1];
		list[at] = &a->records[i].naptr;
	}
	for (unsigned i = 0; a && i < a->count; i++) {
		enum sip_transport t = service_transport(l, conf, list[i]->service);

		if (t == TRANSPORT_NONE || !list[i]->replacement.len)
			continue;
		hit = true;
		add_srv(l, conf, list[i]->replacement, t, &srv_known);
	}
	return hit;
}

/* ---- the whole ---- */

static void by_name(struct locate *l, const struct dns_conf *conf)
{
	enum sip_transport t = l->transport;
	bool known = true, all_known = true, hit = false;

	if (l->port) {
		add_addresses(l, conf, l->host, t ? t : default_transport(l, conf), l->port);
		return;
	}
	if (!t && conf->naptr) {
		if (add_naptr(l, conf, &known))
			return;
		/* Whether SRV is asked at all hangs on this answer: wait for it. */
		if (!known && !l->partial)
			return;
	}
	for (enum sip_transport k = TRANSPORT_UDP; conf->srv && k < TRANSPORT_COUNT; k++) {
		if (t && k != t)
			continue;
		hit = add_transport(l, conf, k, &known) || hit;
		all_known = all_known && known;
	}
	if (hit || (!all_known && !l->partial))
		return;
	add_addresses(l, conf, l->host, t ? t : default_transport(l, conf), 0);
}

void locate_run(struct locate *l, const struct dns_conf *conf)
{
	struct ip_addr ip;

	l->hop_count = l->missing_count = 0;
	l->err = -ENOENT;
	if (ip_parse(l->host, &ip) == 0)
		add_hop(l, l->transport ? l->transport : l->secure ? TRANSPORT_TLS :
		    default_transport(l, conf), &ip, l->port);
	else
		by_name(l, conf);
}
