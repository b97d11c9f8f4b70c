/*
 * RFC 3263 over answers that were put into the cache as DNS messages.
 */
#include "core/dns/cache.h"
#include "core/dns/locate.h"
#include "core/net/listen.h"

#include "test/unit.h"
#include "utils/rand.h"

#include <arpa/nameser.h>

#define NOW 5000

/* ---- listeners: whatever the test says ---- */

static bool has_v6;

unsigned net_listener_towards(const struct sip_hop *hop)
{
	return hop->remote.ip.family == 6 && !has_v6 ? 0 : (unsigned)hop->transport;
}

bool net_is_peer(struct slice name)
{
	return slice_eq_nocase(name, SLICE("hs2.example.org"));
}

/* ---- DNS messages ---- */

struct wire { unsigned char b[2048]; int len; };

static void put16(struct wire *w, unsigned v)
{
	w->b[w->len++] = (unsigned char)(v >> 8);
	w->b[w->len++] = (unsigned char)v;
}

static void put_name(struct wire *w, const char *name)
{
	struct slice rest = slice_str(name);

	while (rest.len && !slice_eq(rest, SLICE("."))) {
		struct slice label = slice_split(&rest, '.');

		w->b[w->len++] = (unsigned char)label.len;
		memcpy(w->b + w->len, label.p, label.len);
		w->len += (int)label.len;
	}
	w->b[w->len++] = 0;
}

static void put_string(struct wire *w, const char *s)
{
	w->b[w->len++] = (unsigned char)strlen(s);
	memcpy(w->b + w->len, s, strlen(s));
	w->len += (int)strlen(s);
}

static void begin(struct wire *w, const char *name, unsigned type, unsigned rcode)
{
	w->len = 0;
	put16(w, 1);
	put16(w, 0x8180 | rcode);
	put16(w, 1);
	put16(w, 0);
	put16(w, 0);
	put16(w, 0);
	put_name(w, name);
	put16(w, type);
	put16(w, 1);
}

/* Returns where the length of the data has to be set by end_rr(). */
static int begin_rr(struct wire *w, const char *name, unsigned type, uint32_t ttl, int count_at)
{
	w->b[count_at + 1]++;
	put_name(w, name);
	put16(w, type);
	put16(w, 1);
	put16(w, ttl >> 16);
	put16(w, ttl & 0xffff);
	put16(w, 0);
	return w->len;
}

static void end_rr(struct wire *w, int data)
{
	w->b[data - 2] = (unsigned char)((w->len - data) >> 8);
	w->b[data - 1] = (unsigned char)(w->len - data);
}

#define ANSWERS   6
#define AUTHORITY 8

static void take(const struct wire *w, const char *name, enum dns_type type)
{
	struct dns_answer *a = dns_answer_parse(slice_str(name), type, w->b, w->len, NOW, 86400000,
	    300000);

	assert_non_null(a);
	dns_cache_take(a, NOW);
}

static void know_a(const char *name, const char *ip)
{
	struct ip_addr addr;
	struct wire w;
	int data;

	assert_int_equal(ip_parse(slice_str(ip), &addr), 0);
	begin(&w, name, addr.family == 4 ? DNS_A : DNS_AAAA, 0);
	data = begin_rr(&w, name, addr.family == 4 ? DNS_A : DNS_AAAA, 60, ANSWERS);
	memcpy(w.b + w.len, addr.bytes, addr.family == 4 ? 4 : 16);
	w.len += addr.family == 4 ? 4 : 16;
	end_rr(&w, data);
	take(&w, name, addr.family == 4 ? DNS_A : DNS_AAAA);
}

static void know_none(const char *name, enum dns_type type)
{
	struct wire w;

	begin(&w, name, type, 3);
	take(&w, name, type);
}

struct srv { unsigned priority, weight, port; const char *target; };

static void know_srv(const char *name, const struct srv *list, size_t count)
{
	struct wire w;

	begin(&w, name, DNS_SRV, 0);
	for (size_t i = 0; i < count; i++) {
		int data = begin_rr(&w, name, DNS_SRV, 60, ANSWERS);

		put16(&w, list[i].priority);
		put16(&w, list[i].weight);
		put16(&w, list[i].port);
		put_name(&w, list[i].target);
		end_rr(&w, data);
	}
	take(&w, name, DNS_SRV);
}

struct naptr { unsigned order, preference; const char *service, *replacement; };

static void know_naptr(const char *name, const struct naptr *list, size_t count)
{
	struct wire w;

	begin(&w, name, DNS_NAPTR, 0);
	for (size_t i = 0; i < count; i++) {
		int data = begin_rr(&w, name, DNS_NAPTR, 60, ANSWERS);

		put16(&w, list[i].order);
		put16(&w, list[i].preference);
		put_string(&w, "s");
		put_string(&w, list[i].service);
		put_string(&w, "");
		put_name(&w, list[i].replacement);
		end_rr(&w, data);
	}
	take(&w, name, DNS_NAPTR);
}

/* ---- asking ---- */

static struct dns_conf conf;
static struct locate l;

static int fresh(void **state)
{
	(void)state;
	conf = (struct dns_conf){ .naptr = true, .srv = true, .ipv6 = false };
	conf.transports[TRANSPORT_UDP] = conf.transports[TRANSPORT_TCP] =
	    conf.transports[TRANSPORT_TLS] = true;
	has_v6 = false;
	return dns_cache_init();
}

static int drop(void **state)
{
	(void)state;
	dns_cache_fini();
	return 0;
}

static int locate(const char *uri)
{
	static char text[256];
	struct sip_uri parsed;
	int err;

	snprintf(text, sizeof(text), "%s", uri);
	assert_int_equal(sip_uri_parse(slice_str(text), &parsed, NULL), 0);
	err = locate_init(&l, &parsed, NOW);
	if (!err)
		locate_run(&l, &conf);
	return err;
}

/* "UDP 192.0.2.1:5060 ...", and what is missing as "?type:name ..." */
static void expect(const char *uri, const char *want)
{
	char got[1024] = "", addr[ADDR_TEXT_BYTES];

	assert_int_equal(locate(uri), 0);
	for (unsigned i = 0; i < l.hop_count; i++) {
		size_t at = strlen(got);

		sock_addr_format(&l.hops[i].remote, addr);
		snprintf(got + at, sizeof(got) - at, "%.*s %s, ",
		    SLICE_ARG(transport_via_name(l.hops[i].transport)), addr);
	}
	for (unsigned i = 0; i < l.missing_count; i++) {
		size_t at = strlen(got);

		snprintf(got + at, sizeof(got) - at, "?%d:%s ", (int)l.missing[i].type,
		    l.missing[i].name);
	}
	assert_string_equal(got, want);
}

static void test_numeric_hosts_ask_nothing(void **state)
{
	(void)state;
	has_v6 = true;
	expect("sip:a@192.0.2.1", "UDP 192.0.2.1:5060, ");
	expect("sip:a@192.0.2.1:5070;transport=tcp", "TCP 192.0.2.1:5070, ");
	expect("sips:a@192.0.2.1", "TLS 192.0.2.1:5061, ");
	expect("sips:a@192.0.2.1;transport=tcp", "TLS 192.0.2.1:5061, ");
	expect("sip:a@[2001:db8::1]", "UDP [2001:db8::1]:5060, ");
	expect("sip:a@example.com;maddr=192.0.2.9", "UDP 192.0.2.9:5060, ");
	conf.transports[TRANSPORT_UDP] = false;
	expect("sip:a@192.0.2.1", "TCP 192.0.2.1:5060, ");
}

static void test_what_cannot_be_located(void **state)
{
	struct sip_uri uri;

	(void)state;
	assert_int_equal(sip_uri_parse(SLICE("tel:+123"), &uri, NULL), 0);
	assert_int_equal(locate_init(&l, &uri, NOW), -EINVAL);
	assert_int_equal(locate("sip:a@example.com;transport=carrier-pigeon"), -EINVAL);
	/* No listener of that family: nothing to send from. */
	expect("sip:a@[2001:db8::1]", "");
}

static void test_peers_are_reached_by_tls_alone(void **state)
{
	(void)state;
	know_a("hs2.example.org", "192.0.2.2");
	expect("sip:hs2.example.org:5062;transport=tls", "TLS 192.0.2.2:5062, ");
	expect("sip:HS2.example.org:5062;transport=tcp", "");
	assert_int_equal(l.err, -EACCES);
	expect("sip:hs2.example.org:5062", "");
	assert_int_equal(l.err, -EACCES);
}

static void test_port_means_addresses_only(void **state)
{
	(void)state;
	expect("sip:a@example.com:5080", "?1:example.com ");
	know_a("example.com", "192.0.2.1");
	expect("sip:a@example.com:5080", "UDP 192.0.2.1:5080, ");
	expect("sip:a@EXAMPLE.com:5080;transport=tls", "TLS 192.0.2.1:5080, ");
}

static void test_naptr_decides_transport(void **state)
{
	static const struct naptr n[] = {
		{ 20, 10, "SIP+D2U", "_sip._udp.example.com" },
		{ 10, 50, "SIP+D2T", "_sip._tcp.example.com" },
		{ 10, 20, "SIPS+D2T", "_sips._tcp.example.com" },
		{ 1, 1, "E2U+sip", "other.example.com" },
	};
	static const struct srv tls = { 1, 0, 5061, "t.example.com" };
	static const struct srv tcp = { 1, 0, 5060, "t.example.com" };
	static const struct srv udp = { 1, 0, 5066, "t.example.com" };

	(void)state;
	expect("sip:a@example.com", "?35:example.com ");
	know_naptr("example.com", n, COUNT(n));
	expect("sip:a@example.com", "?33:_sips._tcp.example.com ?33:_sip._tcp.example.com "
	    "?33:_sip._udp.example.com ");
	know_srv("_sips._tcp.example.com", &tls, 1);
	know_srv("_sip._tcp.example.com", &tcp, 1);
	know_srv("_sip._udp.example.com", &udp, 1);
	know_a("t.example.com", "192.0.2.5");
	expect("sip:a@example.com", "TLS 192.0.2.5:5061, TCP 192.0.2.5:5060, UDP 192.0.2.5:5066, ");
	expect("sips:a@example.com", "TLS 192.0.2.5:5061, ");
	conf.transports[TRANSPORT_TLS] = false;
	expect("sip:a@example.com", "TCP 192.0.2.5:5060, UDP 192.0.2.5:5066, ");
}

static void test_srv_without_naptr(void **state)
{
	static const struct srv list[] = {
		{ 2, 0, 5060, "second.example.com" },
		{ 1, 0, 5062, "first.example.com" },
		{ 3, 0, 5060, "." },
	};

	(void)state;
	know_none("example.com", DNS_NAPTR);
	expect("sip:a@example.com", "?33:_sip._udp.example.com ?33:_sip._tcp.example.com "
	    "?33:_sips._tcp.example.com ");
	know_none("_sip._udp.example.com", DNS_SRV);
	know_none("_sips._tcp.example.com", DNS_SRV);
	know_srv("_sip._tcp.example.com", list, COUNT(list));
	/* The second name for TLS is the one LCS published. */
	expect("sip:a@example.com",
	    "?1:first.example.com ?1:second.example.com ?33:_sip._tls.example.com ");
	know_none("_sip._tls.example.com", DNS_SRV);
	know_a("first.example.com", "192.0.2.1");
	know_a("second.example.com", "192.0.2.2");
	expect("sip:a@example.com", "TCP 192.0.2.1:5062, TCP 192.0.2.2:5060, ");
	expect("sip:a@example.com;transport=tcp", "TCP 192.0.2.1:5062, TCP 192.0.2.2:5060, ");
}

static void test_nothing_but_an_address(void **state)
{
	(void)state;
	know_none("example.com", DNS_NAPTR);
	know_none("_sip._udp.example.com", DNS_SRV);
	know_none("_sip._tcp.example.com", DNS_SRV);
	know_none("_sips._tcp.example.com", DNS_SRV);
	know_none("_sip._tls.example.com", DNS_SRV);
	know_a("example.com", "192.0.2.1");
	expect("sip:a@example.com", "UDP 192.0.2.1:5060, ");
	expect("sips:a@example.com", "TLS 192.0.2.1:5061, ");
}

static void test_no_such_domain(void **state)
{
	(void)state;
	know_none("example.com", DNS_A);
	expect("sip:a@example.com:5060", "");
	assert_int_equal(l.err, -ENOENT);
	dns_cache_take(dns_answer_failed(SLICE("slow.example"), DNS_A, -ETIMEDOUT, NOW + 1000), NOW);
	expect("sip:a@slow.example:5060", "");
	assert_int_equal(l.err, -ETIMEDOUT);
}

static void test_both_families(void **state)
{
	(void)state;
	conf.ipv6 = has_v6 = true;
	know_a("example.com", "192.0.2.1");
	know_a("example.com", "2001:db8::1");
	expect("sip:a@example.com:5060", "UDP [2001:db8::1]:5060, UDP 192.0.2.1:5060, ");
}

/* RFC 2782: among one priority the first is drawn by weight; 3:1 within a few percent. */
static void test_weights(void **state)
{
	static const struct srv list[] = {
		{ 1, 25, 5061, "b.example.com" }, { 1, 75, 5060, "a.example.com" },
	};
	unsigned first_is_a = 0, runs = 10000;

	(void)state;
	rand_seed_for_tests(7);
	know_srv("_sip._udp.example.com", list, COUNT(list));
	know_a("a.example.com", "192.0.2.1");
	know_a("b.example.com", "192.0.2.2");
	for (unsigned i = 0; i < runs; i++) {
		assert_int_equal(locate("sip:a@example.com;transport=udp"), 0);
		assert_int_equal(l.hop_count, 2);
		first_is_a += l.hops[0].remote.port == 5060;
	}
	assert_in_range(first_is_a, 7200, 7800);
}

static msec_t lifetime(const struct wire *w, enum dns_type type)
{
	struct dns_answer *a = dns_answer_parse(SLICE("x"), type, w->b, w->len, NOW, 86400000,
	    300000);
	msec_t ms = a->expires - NOW;

	free(a);
	return ms;
}

static void put_a(struct wire *w, uint32_t ttl)
{
	int data = begin_rr(w, "x", DNS_A, ttl, ANSWERS);

	memcpy(w->b + w->len, "\300\000\002\001", 4);
	w->len += 4;
	end_rr(w, data);
}

static void test_lifetimes(void **state)
{
	struct wire w;
	int data;

	(void)state;
	begin(&w, "x", DNS_A, 0);
	put_a(&w, 600);
	put_a(&w, 120);
	assert_int_equal(lifetime(&w, DNS_A), 120000);
	begin(&w, "x", DNS_A, 0);
	put_a(&w, 0);
	assert_int_equal(lifetime(&w, DNS_A), 1000);
	begin(&w, "x", DNS_A, 0);
	put_a(&w, 4000000);
	assert_int_equal(lifetime(&w, DNS_A), 86400000);
	/* RFC 2308 5: the smaller of the SOA's TTL and its last field. */
	begin(&w, "x", DNS_A, 3);
	data = begin_rr(&w, "x", ns_t_soa, 500, AUTHORITY);
	put_name(&w, "ns.x");
	put_name(&w, "root.x");
	for (int i = 0; i < 4; i++) {
		put16(&w, 0);
		put16(&w, 9);
	}
	put16(&w, 0);
	put16(&w, 40);
	end_rr(&w, data);
	assert_int_equal(lifetime(&w, DNS_A), 40000);
}

static void test_cut_at_every_byte(void **state)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_SRV, DNS_NAPTR };
	struct wire w;

	(void)state;
	begin(&w, "x", DNS_A, 0);
	put_a(&w, 600);
	for (int len = 0; len < w.len; len++)
		for (size_t t = 0; t < COUNT(types); t++) {
			unsigned char *exact = malloc((size_t)len + 1);
			struct dns_answer *a;

			memcpy(exact, w.b, (size_t)len);
			a = dns_answer_parse(SLICE("x"), types[t], exact, len, NOW, 1000, 1000);
			assert_non_null(a);
			assert_int_equal(a->count, 0);
			free(a);
			free(exact);
		}
}

static void test_hosts_file_wins(void **state)
{
	char name[] = "/tmp/lcs-hosts-XXXXXX";
	int fd = mkstemp(name);
	FILE *f = fdopen(fd, "w");

	(void)state;
	fputs("# comment\n192.0.2.7 inside inside.example # more\n\nnonsense line\n"
	    "192.0.2.8\tinside\n", f);
	fclose(f);
	assert_int_equal(dns_cache_read_hosts(name), 0);
	know_a("inside.example", "192.0.2.99");	/* the DNS says otherwise */
	expect("sip:a@inside.example:5060", "UDP 192.0.2.7:5060, ");
	expect("sip:a@inside:5060", "UDP 192.0.2.7:5060, UDP 192.0.2.8:5060, ");
	remove(name);
	assert_int_equal(dns_cache_read_hosts("/nonexistent"), 0);
}

#define DNS_TEST(f) cmocka_unit_test_setup_teardown(f, fresh, drop)

UNIT_MAIN(
	DNS_TEST(test_numeric_hosts_ask_nothing),
	DNS_TEST(test_what_cannot_be_located),
	DNS_TEST(test_peers_are_reached_by_tls_alone),
	DNS_TEST(test_port_means_addresses_only),
	DNS_TEST(test_naptr_decides_transport),
	DNS_TEST(test_srv_without_naptr),
	DNS_TEST(test_nothing_but_an_address),
	DNS_TEST(test_no_such_domain),
	DNS_TEST(test_both_families),
	DNS_TEST(test_weights),
	DNS_TEST(test_lifetimes),
	DNS_TEST(test_cut_at_every_byte),
	DNS_TEST(test_hosts_file_wins),
)
