/*
 * Via values, and what the receiver adds to the topmost.
 */
#include "parser/received.h"

#include "test/unit.h"

static void values_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		enum sip_transport transport;
		const char *host;
		uint16_t port;
		const char *branch, *received, *maddr;
		int rport;			/* -1: absent */
		int ttl;
	} cases[] = {
		{ "SIP/2.0/UDP h", TRANSPORT_UDP, "h", 0, "", "", "", -1, -1 },
		{ "sip/2.0/tcp h:5070;branch=z9hG4bKa;rport", TRANSPORT_TCP, "h", 5070, "z9hG4bKa",
		    "", "", 0, -1 },
		{ "SIP/2.0/TLS [2001:db8::1]:5061;Branch=b;rport=4242;received=192.0.2.1",
		    TRANSPORT_TLS, "[2001:db8::1]", 5061, "b", "192.0.2.1", "", 4242, -1 },
		{ " SIP  / 2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw", TRANSPORT_UDP,
		    "192.0.2.2", 0, "390skdjuw", "", "", -1, -1 },
		{ "SIP/2.0/ UDP h : 5060 ; maddr = 224.2.0.1 ; ttl = 16", TRANSPORT_UDP, "h", 5060,
		    "", "", "224.2.0.1", -1, 16 },
		{ "SIP/2.0/SCTP h;x=\"y;branch=no\"", TRANSPORT_NONE, "h", 0, "", "", "", -1, -1 },
		{ "SIP/2.0/UDP h;received=2001:db8::9:255;rport=", TRANSPORT_UDP, "h", 0, "",
		    "2001:db8::9:255", "", 0, -1 },
		{ "SIP/2.0/UDP h;received=[2001:db8::9:255]", TRANSPORT_UDP, "h", 0, "",
		    "[2001:db8::9:255]", "", -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_via v;

		if (sip_via_parse(slice_str(cases[i].text), &v, NULL) != 0)
			fail_msg("%s", cases[i].text);
		assert_int_equal(v.transport, cases[i].transport);
		assert_slice(v.host, cases[i].host);
		assert_int_equal(v.port, cases[i].port);
		assert_slice(v.branch, cases[i].branch);
		assert_slice(v.received, cases[i].received);
		assert_slice(v.maddr, cases[i].maddr);
		assert_int_equal(v.has_rport, cases[i].rport >= 0);
		assert_int_equal(v.rport, cases[i].rport > 0 ? cases[i].rport : 0);
		assert_int_equal(v.ttl, cases[i].ttl);
	}
}

static void others_are_refused(void **state)
{
	static const char *const cases[] = {
		"", "SIP", "SIP/2.0", "SIP/2.0/", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDP;x",
		"SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h i", "SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;branch=x", "SIP/2.0/UDP h;branch=x;", "SIP/2.0/UDP 192.0.2.15;;,;,,",
		"SIP/2.0/UDP h;rport=x", "SIP/2.0/UDP h;rport=65536", "SIP/2.0/UDP h;ttl=256",
		"SIP/2.0/UDP h;ttl=", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP [2001:db8::1",
		"SIP/2.0/UDP h, SIP/2.0/UDP i", "SIP/2.0/U P h/x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_defect why = { 0 };
		struct sip_via v;

		if (sip_via_parse(slice_str(cases[i]), &v, &why) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(why.status, 400);
	}
}

/* RFC 3261 18.2.1, RFC 3581 4. */
static void the_receiver_adds_where_it_came_from(void **state)
{
	static const struct { const char *via, *from, *completed; } cases[] = {
		{ "SIP/2.0/UDP 192.0.2.1;branch=b", "192.0.2.1:9", "SIP/2.0/UDP 192.0.2.1;branch=b" },
		{ "SIP/2.0/UDP 192.0.2.1;branch=b", "192.0.2.2:9",
		    "SIP/2.0/UDP 192.0.2.1;branch=b;received=192.0.2.2" },
		{ "SIP/2.0/UDP a.example;branch=b", "192.0.2.2:9",
		    "SIP/2.0/UDP a.example;branch=b;received=192.0.2.2" },
		{ "SIP/2.0/UDP a.example", "192.0.2.2:9", "SIP/2.0/UDP a.example;received=192.0.2.2" },
		{ "SIP/2.0/UDP 192.0.2.1:5070;rport;branch=b", "192.0.2.1:4242",
		    "SIP/2.0/UDP 192.0.2.1:5070;rport=4242;branch=b;received=192.0.2.1" },
		{ "SIP/2.0/UDP 192.0.2.1;branch=b;rport", "192.0.2.9:4242",
		    "SIP/2.0/UDP 192.0.2.1;branch=b;rport=4242;received=192.0.2.9" },
		{ "SIP/2.0/UDP 192.0.2.1;rport=1;received=6.6.6.6;x", "192.0.2.9:4242",
		    "SIP/2.0/UDP 192.0.2.1;rport=4242;x;received=192.0.2.9" },
		{ "SIP/2.0/UDP 192.0.2.1;received=6.6.6.6", "192.0.2.1:9", "SIP/2.0/UDP 192.0.2.1" },
		{ "SIP/2.0/TCP [2001:db8::1];branch=b", "[2001:db8:0::1]:9",
		    "SIP/2.0/TCP [2001:db8::1];branch=b" },
		{ "SIP/2.0/TCP [2001:db8::1];branch=b", "[2001:db8::2]:9",
		    "SIP/2.0/TCP [2001:db8::1];branch=b;received=2001:db8::2" },
		/* Folds, also those with a bare LF, leave as spaces. */
		{ "SIP/2.0/UDP\n h;x=\"a\r\n b\"", "192.0.2.2:7",
		    "SIP/2.0/UDP  h;x=\"a   b\";received=192.0.2.2" },
		{ "SIP/2.0/UDP 192.0.2.1\n :5060", "192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.1  :5060" },
		{ "SIP/2.0/UDP h;rport;rport;rport;rport;rport", "192.0.2.2:65535",
		    "SIP/2.0/UDP h;rport=65535;rport=65535;rport=65535;rport=65535;rport=65535"
		    ";received=192.0.2.2" },
		{ "SIP / 2.0 / UDP h ; x = \"y\" ; rport", "192.0.2.2:7",
		    "SIP / 2.0 / UDP h ; x = \"y\" ; rport=7;received=192.0.2.2" },
		{ "SIP/2.0/UDP h;received;rport;x", "192.0.2.2:7",
		    "SIP/2.0/UDP h;rport=7;x;received=192.0.2.2" },
		{ "SIP/2.0/UDP h;rport;\n received=6.6.6.6", "192.0.2.2:7",
		    "SIP/2.0/UDP h;rport=7;received=192.0.2.2" },
		{ "SIP/2.0/UDP h;x=\"a\r\n b\";rport", "192.0.2.2:7",
		    "SIP/2.0/UDP h;x=\"a   b\";rport=7;received=192.0.2.2" },
		{ "SIP/2.0/UDP h;rport\n ;x", "192.0.2.2:7",
		    "SIP/2.0/UDP h;rport=7  ;x;received=192.0.2.2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf *out = buf_new(0);
		struct sock_addr from;
		struct sip_via v;

		assert_int_equal(sock_addr_parse(slice_str(cases[i].from), &from), 0);
		assert_int_equal(sip_via_parse(slice_str(cases[i].via), &v, NULL), 0);
		sip_via_put(out, &v, &from);
		assert_slice(buf_slice(out), cases[i].completed);
		assert_int_equal(sip_via_is_short(&v, &from), !strchr(cases[i].via, '\n') ?
		    strcmp(cases[i].via, cases[i].completed) != 0 : strchr(cases[i].via, 'h') != NULL);
		buf_unref(&out);
	}
}

static void without_an_address_nothing_is_added(void **state)
{
	const struct sock_addr nowhere = { 0 };
	struct buf *out = buf_new(0);
	struct sip_via v;

	(void)state;
	assert_int_equal(sip_via_parse(SLICE("SIP/2.0/UDP h;rport"), &v, NULL), 0);
	sip_via_put(out, &v, &nowhere);
	assert_slice(buf_slice(out), "SIP/2.0/UDP h;rport");
	buf_unref(&out);
}

static void transports_have_names(void **state)
{
	(void)state;
	assert_int_equal(transport_parse(SLICE("uDp")), TRANSPORT_UDP);
	assert_int_equal(transport_parse(SLICE("TCP")), TRANSPORT_TCP);
	assert_int_equal(transport_parse(SLICE("tls")), TRANSPORT_TLS);
	assert_int_equal(transport_parse(SLICE("sctp")), TRANSPORT_NONE);
	assert_int_equal(transport_parse(SLICE("")), TRANSPORT_NONE);
	assert_slice(transport_via_name(TRANSPORT_TLS), "TLS");
	assert_slice(transport_uri_name(TRANSPORT_TCP), "tcp");
	assert_slice(transport_via_name(TRANSPORT_NONE), "");
}

UNIT_MAIN(cmocka_unit_test(values_are_taken_apart), cmocka_unit_test(others_are_refused),
    cmocka_unit_test(the_receiver_adds_where_it_came_from),
    cmocka_unit_test(without_an_address_nothing_is_added),
    cmocka_unit_test(transports_have_names))
