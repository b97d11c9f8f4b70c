/*
 * parser/received.c - received and rport (RFC 3261 18.2.1, RFC 3581 4).
 */
#include "parser/received.h"

#include "parser/nameaddr.h"
#include "parser/tidy.h"
#include "parser/token.h"
#include "parser/uri.h"

static bool is_sent_by(const struct sip_via *via, const struct sock_addr *from)
{
	struct ip_addr ip;

	return uri_host_ip(via->host, &ip) == 0 && ip_eq(&ip, &from->ip);
}

bool sip_via_is_short(const struct sip_via *via, const struct sock_addr *from)
{
	if (from->ip.family == 0)
		return false;
	return via->has_rport || via->received.len > 0 || !is_sent_by(via, from);
}

static void put_param(struct buf *out, struct slice name, struct slice value)
{
	buf_put_char(out, ';');
	buf_put(out, name);
	if (!value.p)
		return;
	buf_put_char(out, '=');
	tidy_put_always(out, value);
}

static void put_ip(struct buf *out, const struct ip_addr *ip)
{
	char text[ADDR_TEXT_BYTES];
	size_t len = ip_format(ip, text);

	buf_put(out, SLICE(";received="));
	buf_put(out, slice_of(text, len));
}

static void put_sent_by(struct buf *out, const struct sip_via *via)
{
	struct slice s = via->text;

	if (via->params.len > 0)
		s = token_trim(slice_between(s.p, via->params.p));
	while (s.len > 0 && s.p[s.len - 1] == ';')
		s = token_trim(slice_first(s, s.len - 1));
	tidy_put_always(out, s);
}

void sip_via_put(struct buf *out, const struct sip_via *via, const struct sock_addr *from)
{
	struct slice rest = via->params, name, value;

	if (!sip_via_is_short(via, from)) {
		tidy_put_always(out, via->text);
		return;
	}
	put_sent_by(out, via);
	while (hdr_next_param(&rest, &name, &value)) {
		if (token_is_word(name, SLICE("received")))
			continue;
		if (!token_is_word(name, SLICE("rport"))) {
			put_param(out, name, value);
			continue;
		}
		buf_put(out, SLICE(";rport="));
		buf_put_u64(out, from->port);
	}
	/* With rport always, even if the address is the one in sent-by (RFC 3581 4). */
	if (via->has_rport || !is_sent_by(via, from))
		put_ip(out, &from->ip);
}
