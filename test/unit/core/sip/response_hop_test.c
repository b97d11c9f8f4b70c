/*
 * test/unit/core/sip/response_hop_test.c - where a response goes (RFC 3261 18.2.2, RFC 3581).
 */
#include "test/unit.h"

#include "core/sip/api.h"
#include "core/lab/net.h"
#include "core/lab/run.h"

static struct sip_msg *request(const char *via, const struct sip_hop *from)
{
	static const struct msg_limits limits = { .max_bytes = 4096, .max_hdrs = 50 };
	struct sip_defect why = { 0 };
	struct sip_msg *msg = NULL;
	char text[1024];
	int n = snprintf(text, sizeof(text), "OPTIONS sip:example.com SIP/2.0\r\nVia: %s\r\n"
	    "From: <sip:a@b>;tag=1\r\nTo: <sip:b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n", via);

	assert_int_equal(sip_msg_parse(slice_of(text, (size_t)n), from, &limits, &msg, &why), 0);
	return msg;
}

static struct sip_hop came(enum sip_transport t, const char *remote, flow_id flow)
{
	struct sip_hop hop = { .transport = t, .listener = 1, .flow = flow };

	assert_int_equal(sock_addr_parse(slice_str(remote), &hop.remote), 0);
	return hop;
}

static void assert_goes(const char *via, const struct sip_hop *from, const char *where, flow_id flow)
{
	struct sip_msg *msg = request(via, from);
	struct sip_hop hop;
	char text[ADDR_TEXT_BYTES];

	lcs_response_hop(msg, &hop);
	sock_addr_format(&hop.remote, text);
	assert_string_equal(text, where);
	assert_true(hop.flow == flow);
	assert_int_equal(hop.listener, from->listener);
	sip_msg_unref(&msg);
}

static const struct { const char *via, *from, *to; } datagrams[] = {
	{ "SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:5070" },
	{ "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:5060" },
	{ "SIP/2.0/UDP host.example;branch=z9hG4bKa", "192.0.2.1:5060", "192.0.2.1:5060" },
	{ "SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:40000" },
	{ "SIP/2.0/UDP 10.0.0.9:5070;rport=1;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:40000" },
	{ "SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKa", "[2001:db8::1]:40000", "[2001:db8::1]:5070" },
	/* A group is followed, anybody else is not. */
	{ "SIP/2.0/UDP 10.0.0.9;maddr=239.1.2.3;branch=z9hG4bKa", "192.0.2.1:40000", "239.1.2.3:5060" },
	{ "SIP/2.0/UDP 10.0.0.9;maddr=10.6.6.6;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:5060" },
	{ "SIP/2.0/UDP 10.0.0.9;received=10.6.6.6;branch=z9hG4bKa", "192.0.2.1:40000", "192.0.2.1:5060" },
};

static void datagrams_follow_source_and_sent_by(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(datagrams); i++) {
		struct sip_hop from = came(TRANSPORT_UDP, datagrams[i].from, 0);

		assert_goes(datagrams[i].via, &from, datagrams[i].to, 0);
	}
}

static void streams_use_their_connection(void **state)
{
	struct sip_hop from = came(TRANSPORT_TCP, "192.0.2.1:40000", 0);

	(void)state;
	from.flow = fake_open(TRANSPORT_TCP, &from.remote, &from.local, 1, true, 0);
	assert_goes("SIP/2.0/TCP 10.0.0.9:5070;branch=z9hG4bKa", &from, "192.0.2.1:40000", from.flow);
}

static void a_lost_connection_leads_to_sent_by_but_never_to_an_ephemeral_port(void **state)
{
	struct sip_hop from = came(TRANSPORT_TCP, "192.0.2.1:40000", 0x123);

	(void)state;
	assert_goes("SIP/2.0/TCP 10.0.0.9:5070;branch=z9hG4bKa", &from, "192.0.2.1:5070", 0);
	assert_goes("SIP/2.0/TCP 10.0.0.9;branch=z9hG4bKa", &from, "192.0.2.1:5060", 0);
	assert_goes("SIP/2.0/TCP 10.0.0.9:40000;branch=z9hG4bKa", &from, "192.0.2.1:40000", 0x123);
	from.transport = TRANSPORT_TLS;
	assert_goes("SIP/2.0/TLS 10.0.0.9;branch=z9hG4bKa", &from, "192.0.2.1:5061", 0);
}

UNIT_MAIN(
	cmocka_unit_test(datagrams_follow_source_and_sent_by),
	cmocka_unit_test(streams_use_their_connection),
	cmocka_unit_test(a_lost_connection_leads_to_sent_by_but_never_to_an_ephemeral_port),
)
