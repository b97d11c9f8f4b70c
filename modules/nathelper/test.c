/*
 * modules/nathelper/test.c - signs of a NAT between the sender and us.
 */
#include "modules/nathelper/nathelper.h"

static const struct { uint8_t family, bits; uint8_t bytes[16]; } private_nets[] = {
	{ 4, 8, { 10 } },				/* RFC 1918 */
	{ 4, 12, { 172, 16 } },
	{ 4, 16, { 192, 168 } },
	{ 4, 10, { 100, 64 } },				/* RFC 6598 */
	{ 4, 16, { 169, 254 } },			/* RFC 3927 */
	{ 6, 7, { 0xfc } },				/* RFC 4193 */
	{ 6, 10, { 0xfe, 0x80 } },			/* RFC 4291 2.5.6 */
};

bool nat_is_private(const struct ip_addr *ip)
{
	for (size_t i = 0; i < sizeof(private_nets) / sizeof(private_nets[0]); i++) {
		struct ip_net net = { .bits = private_nets[i].bits };

		net.addr.family = private_nets[i].family;
		memcpy(net.addr.bytes, private_nets[i].bytes, sizeof(net.addr.bytes));
		if (ip_net_covers(&net, ip))
			return true;
	}
	return false;
}

static bool is_private_host(struct slice host)
{
	struct ip_addr ip;

	return ip_parse(host, &ip) == 0 && nat_is_private(&ip);
}

/* A name is no sign of anything; a number that is not the source's is. */
static bool is_other_host(struct slice host, const struct sock_addr *source)
{
	struct ip_addr ip;

	return ip_parse(host, &ip) == 0 && !ip_eq(&ip, &source->ip);
}

/* ---- SDP ---- */

/* "c=IN IP4 10.0.0.1" and its like; *at goes on behind the line. */
static bool next_sdp_host(struct slice *at, struct slice *host)
{
	while (at->len) {
		struct slice line = slice_trim(slice_split(at, '\n')), word;

		if (!slice_starts(line, SLICE("c=")))
			continue;
		for (word = SLICE_NULL; line.len;)
			word = slice_split(&line, ' ');
		*host = slice_first(word, slice_find(word, '/'));
		return true;
	}
	return false;
}

static bool any_sdp_host(struct lcs_ctx *ctx, bool (*test)(struct slice, const struct sock_addr *))
{
	struct sip_view view = lcs_view(ctx);
	struct slice rest = view_body(&view), host;
	struct hdr_ref type;

	if (!view_hdr(&view, HDR_CONTENT_TYPE, SLICE_NULL, 0, &type) ||
	    !slice_starts_nocase(type.value, SLICE("application/sdp")))
		return false;
	while (next_sdp_host(&rest, &host))
		if (test(host, &lcs_from(ctx)->remote))
			return true;
	return false;
}

static bool is_private_text(struct slice host, const struct sock_addr *source)
{
	(void)source;
	return is_private_host(host);
}

/* ---- together ---- */

static uint16_t port_or_default(uint16_t port, enum sip_transport t)
{
	return port ? port : transport_default_port(t);
}

static bool test_via(struct lcs_ctx *ctx, unsigned tests)
{
	const struct sip_via *via = msg_via(lcs_msg(ctx));
	const struct sip_hop *from = lcs_from(ctx);

	if (!via)
		return false;
	return ((tests & NAT_VIA_HOST) && is_other_host(via->host, &from->remote)) ||
	    ((tests & NAT_VIA_PRIVATE) && is_private_host(via->host)) ||
	    ((tests & NAT_VIA_PORT) &&
	    port_or_default(via->port, from->transport) != from->remote.port);
}

static bool test_contact(struct lcs_ctx *ctx, unsigned tests)
{
	struct sip_view view = lcs_view(ctx);
	const struct name_addr *contact = view_name_addr(lcs_arena(ctx), &view, HDR_CONTACT);
	const struct sip_hop *from = lcs_from(ctx);

	if (!contact || contact->uri.host.len == 0)
		return false;
	return ((tests & NAT_CONTACT_PRIVATE) && is_private_host(contact->uri.host)) ||
	    ((tests & NAT_CONTACT_PORT) &&
	    port_or_default(contact->uri.port, from->transport) != from->remote.port);
}

bool nat_test(struct lcs_ctx *ctx, unsigned tests)
{
	if ((tests & NAT_SOURCE_PRIVATE) && nat_is_private(&lcs_from(ctx)->remote.ip))
		return true;
	if (test_via(ctx, tests) || test_contact(ctx, tests))
		return true;
	if ((tests & NAT_SDP_PRIVATE) && any_sdp_host(ctx, is_private_text))
		return true;
	return (tests & NAT_SDP_HOST) && any_sdp_host(ctx, is_other_host);
}
