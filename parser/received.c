/*
 * parser/received.c - received and rport (RFC 3261 18.2.1, RFC 3581 4).
 */
#include "parser/received.h"

#include "parser/nameaddr.h"
#include "parser/scan.h"
#include "parser/token.h"
#include "parser/uri.h"

#include <errno.h>

#define ADDED_BYTES (sizeof(";received=;rport=65535") + ADDR_TEXT_BYTES)

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

static char *put(char *out, struct slice s)
{
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	return out + s.len;
}

/* Each fold, whatever its line end, leaves as a space. */
static void unfold(char *p, size_t n)
{
	if (!scan_has_upto(slice_of(p, n), '\r'))
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\r' || p[i] == '\n')
			p[i] = ' ';
}

static char *put_param(char *out, struct slice name, struct slice value)
{
	*out++ = ';';
	out = put(out, name);
	if (!value.p)
		return out;
	*out++ = '=';
	return put(out, value);
}

static char *put_ip(char *out, const struct ip_addr *ip)
{
	out = put(out, SLICE(";received="));
	return out + ip_format(ip, out);
}

static char *put_sent_by(char *out, const struct sip_via *via)
{
	struct slice s = via->text;

	if (via->params.len > 0)
		s = token_trim(slice_between(s.p, via->params.p));
	while (s.len > 0 && s.p[s.len - 1] == ';')
		s = token_trim(slice_first(s, s.len - 1));
	return put(out, s);
}

static char *put_number(char *out, uint16_t n)
{
	char digits[5], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return put(out, slice_between(p, digits + sizeof(digits)));
}

/* The flag gets its value where it stands; the rest stays as it is. */
static char *fill_rport(char *out, const struct sip_via *via, const struct sock_addr *from)
{
	out = put(out, slice_between(via->text.p, via->rport_end));
	*out++ = '=';
	out = put_number(out, from->port);
	out = put(out, slice_between(via->rport_end, slice_end(via->text)));
	return put_ip(out, &from->ip);
}

/* At most room_for(via) bytes; returns how many. */
static size_t complete(char *out, const struct sip_via *via, const struct sock_addr *from)
{
	struct slice rest = via->params, name, value;
	char *at;

	if (via->rport_end && !via->received.p)
		return (size_t)(fill_rport(out, via, from) - out);
	at = put_sent_by(out, via);
	while (hdr_next_param(&rest, &name, &value))
		if (token_is_word(name, SLICE("rport")))
			at = put_number(put_param(at, SLICE("rport="), SLICE_NULL), from->port);
		else if (!token_is_word(name, SLICE("received")))
			at = put_param(at, name, value);
	/* With rport always, even if the address is the one in sent-by (RFC 3581 4). */
	if (via->has_rport || !is_sent_by(via, from))
		at = put_ip(at, &from->ip);
	return (size_t)(at - out);
}

/* rport may be there many times; each needs no more than ";rport=65535" for ";rport". */
static size_t room_for(const struct sip_via *via)
{
	return 2 * via->text.len + ADDED_BYTES;
}

void sip_via_put(struct buf *out, const struct sip_via *via, const struct sock_addr *from)
{
	size_t room = room_for(via), n;
	char *p = buf_reserve(out, room);

	if (!p)
		return;
	n = sip_via_is_short(via, from) ? complete(p, via, from) :
	    (size_t)(put(p, via->text) - p);
	if (!via->is_plain)
		unfold(p, n);
	out->len -= room - n;
}

int edit_received(struct arena *a, const struct sip_edit **last, struct sip_msg *request)
{
	const struct sip_via *via = msg_via(request);
	const struct sock_addr *from = &request->from.remote;
	const struct hdr *h = msg_hdr(request, HDR_VIA);
	struct hdr_ref top = { .id = HDR_VIA };
	struct slice others;
	char *p;
	size_t n;

	if (!via || !sip_via_is_short(via, from))
		return 0;
	others = slice_between(slice_end(via->text), slice_end(h->value));
	p = arena_bytes(a, room_for(via) + others.len);
	if (!p)
		return -ENOMEM;
	n = complete(p, via, from);
	n += (size_t)(put(p + n, others) - (p + n));
	if (!via->is_plain || others.len > 0)
		unfold(p, n);
	top.at = (uint16_t)(h - request->hdrs);
	return edit_value_in_arena(a, last, &top, slice_of(p, n));
}
