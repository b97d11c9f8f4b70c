/*
 * core/dns/record.c - DNS messages to answers. The records are read by c-ares; what it does
 * not tell, lifetimes, is read here from the message itself.
 */
#include "core/dns/record.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>

#define HEAD_BYTES 12
#define RR_FIXED   10			/* type, class, ttl, length */

/* ---- lifetimes ---- */

static unsigned get16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Behind a name, or NULL if the message ends before. */
static const unsigned char *skip_name(const unsigned char *p, const unsigned char *msg, int len)
{
	const unsigned char *end = msg + len;

	while (p < end) {
		if ((*p & 0xc0) == 0xc0)
			return p + 2 <= end ? p + 2 : NULL;
		if (*p == 0)
			return p + 1;
		p += 1 + *p;
	}
	return NULL;
}

struct lifetime { uint32_t ttl; bool known; };

static void take_ttl(struct lifetime *l, uint32_t ttl)
{
	if (!l->known || ttl < l->ttl)
		l->ttl = ttl;
	l->known = true;
}

/* One record; the SOA of a negative answer also bounds by its last field (RFC 2308 5). */
static const unsigned char *read_rr(const unsigned char *p, const unsigned char *msg, int len,
    struct lifetime *l)
{
	const unsigned char *end = msg + len;
	unsigned type, size;

	p = skip_name(p, msg, len);
	if (!p || end - p < RR_FIXED)
		return NULL;
	type = get16(p);
	size = get16(p + 8);
	take_ttl(l, get32(p + 4));
	p += RR_FIXED;
	if (end - p < (ptrdiff_t)size)
		return NULL;
	if (type == ns_t_soa && size >= 20)
		take_ttl(l, get32(p + size - 4));
	return p + size;
}

static struct lifetime lifetime_of(const unsigned char *msg, int len)
{
	struct lifetime l = { 0 };
	const unsigned char *p = msg + HEAD_BYTES;
	unsigned questions, records;

	if (len < HEAD_BYTES)
		return l;
	questions = get16(msg + 4);
	/* The authority section counts only when there is no answer. */
	records = get16(msg + 6) ? get16(msg + 6) : get16(msg + 8);
	while (questions-- && p) {
		p = skip_name(p, msg, len);
		p = p && msg + len - p >= 4 ? p + 4 : NULL;
	}
	while (p && records--)
		p = read_rr(p, msg, len, &l);
	return l;
}

/* ---- answers ---- */

static struct dns_answer *answer_new(struct slice name, enum dns_type type, unsigned count,
    size_t text_bytes, char **text)
{
	struct dns_answer *a = calloc(1, sizeof(*a) + count * sizeof(a->records[0]) + name.len +
	    text_bytes);
	char *at;

	if (!a)
		return NULL;
	a->records = (union dns_record *)(void *)(a + 1);
	at = (char *)(a->records + count);
	for (size_t i = 0; i < name.len; i++)
		at[i] = ascii_lower(name.p[i]);
	a->name = slice_of(at, name.len);
	a->type = type;
	*text = at + name.len;
	return a;
}

static struct dns_answer *from_a(struct slice name, const unsigned char *msg, int len)
{
	struct ares_addrttl addrs[DNS_RECORDS_MAX];
	int n = DNS_RECORDS_MAX;
	struct dns_answer *a;
	char *text;

	if (ares_parse_a_reply(msg, len, NULL, addrs, &n) != ARES_SUCCESS || n <= 0)
		return NULL;
	a = answer_new(name, DNS_A, (unsigned)n, 0, &text);
	for (; a && a->count < (unsigned)n; a->count++) {
		a->records[a->count].ip.family = 4;
		memcpy(a->records[a->count].ip.bytes, &addrs[a->count].ipaddr, 4);
	}
	return a;
}

static struct dns_answer *from_aaaa(struct slice name, const unsigned char *msg, int len)
{
	struct ares_addr6ttl addrs[DNS_RECORDS_MAX];
	int n = DNS_RECORDS_MAX;
	struct dns_answer *a;
	char *text;

	if (ares_parse_aaaa_reply(msg, len, NULL, addrs, &n) != ARES_SUCCESS || n <= 0)
		return NULL;
	a = answer_new(name, DNS_AAAA, (unsigned)n, 0, &text);
	for (; a && a->count < (unsigned)n; a->count++) {
		a->records[a->count].ip.family = 6;
		memcpy(a->records[a->count].ip.bytes, &addrs[a->count].ip6addr, 16);
	}
	return a;
}

static struct dns_answer *from_srv(struct slice name, const unsigned char *msg, int len)
{
	struct ares_srv_reply *list = NULL;
	size_t bytes = 0;
	unsigned n = 0;
	struct dns_answer *a = NULL;
	char *text;

	if (ares_parse_srv_reply(msg, len, &list) != ARES_SUCCESS)
		return NULL;
	for (struct ares_srv_reply *r = list; r && n < DNS_RECORDS_MAX; r = r->next, n++)
		bytes += strlen(r->host);
	if (n)
		a = answer_new(name, DNS_SRV, n, bytes, &text);
	for (struct ares_srv_reply *r = list; a && r && a->count < n; r = r->next)
		a->records[a->count++].srv = (struct dns_srv){ r->priority, r->weight, r->port,
		    slice_put(&text, slice_str(r->host)) };
	ares_free_data(list);
	return a;
}

static struct dns_answer *from_naptr(struct slice name, const unsigned char *msg, int len)
{
	struct ares_naptr_reply *list = NULL;
	size_t bytes = 0;
	unsigned n = 0;
	struct dns_answer *a = NULL;
	char *text;

	if (ares_parse_naptr_reply(msg, len, &list) != ARES_SUCCESS)
		return NULL;
	for (struct ares_naptr_reply *r = list; r && n < DNS_RECORDS_MAX; r = r->next, n++)
		bytes += strlen((const char *)r->service) + strlen(r->replacement);
	if (n)
		a = answer_new(name, DNS_NAPTR, n, bytes, &text);
	for (struct ares_naptr_reply *r = list; a && r && a->count < n; r = r->next) {
		struct dns_naptr *to = &a->records[a->count++].naptr;

		to->order = r->order;
		to->preference = r->preference;
		to->service = slice_put(&text, slice_str((const char *)r->service));
		to->replacement = slice_put(&text, slice_str(r->replacement));
	}
	ares_free_data(list);
	return a;
}

struct dns_answer *dns_answer_failed(struct slice name, enum dns_type type, int err,
    msec_t expires)
{
	char *text;
	struct dns_answer *a = answer_new(name, type, 0, 0, &text);

	if (!a)
		return NULL;
	a->err = err;
	a->expires = expires;
	return a;
}

struct dns_answer *dns_answer_static(struct slice name, const struct ip_addr *ips, unsigned count)
{
	char *text;
	struct dns_answer *a = answer_new(name, ips[0].family == 4 ? DNS_A : DNS_AAAA, count, 0,
	    &text);

	if (!a)
		return NULL;
	for (; a->count < count; a->count++)
		a->records[a->count].ip = ips[a->count];
	a->expires = INT64_MAX;
	return a;
}

static msec_t bounded(struct lifetime l, msec_t preset, msec_t max)
{
	msec_t ms = l.known ? (msec_t)l.ttl * 1000 : preset;

	/* A record with TTL 0 must still serve the question that asked for it. */
	if (ms < 1000)
		ms = 1000;
	return ms < max ? ms : max;
}

struct dns_answer *dns_answer_parse(struct slice name, enum dns_type type,
    const unsigned char *msg, int len, msec_t now, msec_t ttl_max, msec_t negative_max)
{
	struct lifetime l = lifetime_of(msg, len);
	struct dns_answer *a = NULL;

	switch (type) {
	case DNS_A:
		a = from_a(name, msg, len);
		break;
	case DNS_AAAA:
		a = from_aaaa(name, msg, len);
		break;
	case DNS_SRV:
		a = from_srv(name, msg, len);
		break;
	case DNS_NAPTR:
		a = from_naptr(name, msg, len);
		break;
	}
	if (!a)
		return dns_answer_failed(name, type, -ENOENT, now + bounded(l, 60000, negative_max));
	a->expires = now + bounded(l, 60000, ttl_max);
	return a;
}
