/*
 * utils/addr.c - reading and writing addresses; IPv6 text is as RFC 5952 wants it.
 */
#include "utils/addr.h"

#include "utils/hex.h"

#include <arpa/inet.h>
#include <errno.h>

#define V6_GROUPS 8

/* ---- reading ------------------------------------------------------------ */

/* One byte of a dotted quad; returns where it ends, NULL if there is none. A leading zero is
 * refused: some read it as octal. */
static inline const char *octet_parse(const char *p, const char *end, uint8_t *out)
{
	unsigned n, digit;

	if (p == end || (n = (unsigned)*p - '0') > 9)
		return NULL;
	*out = (uint8_t)n;
	if (++p == end || (digit = (unsigned)*p - '0') > 9)
		return p;
	if (n == 0)
		return NULL;
	n = n * 10 + digit;
	*out = (uint8_t)n;
	if (++p == end || (digit = (unsigned)*p - '0') > 9)
		return p;
	n = n * 10 + digit;
	*out = (uint8_t)n;
	return n <= 255 ? p + 1 : NULL;
}

static int v4_parse(struct slice s, uint8_t out[4])
{
	const char *p = s.p, *end = slice_end(s);

	for (int i = 0; i < 4; i++) {
		if (i > 0 && (p == end || *p++ != '.'))
			return -EINVAL;
		p = octet_parse(p, end, &out[i]);
		if (!p)
			return -EINVAL;
	}
	return p == end ? 0 : -EINVAL;
}

static int group_parse(struct slice s, uint8_t out[2])
{
	unsigned n = 0;

	if (s.len == 0 || s.len > 4)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return -EINVAL;
		n = n << 4 | (unsigned)digit;
	}
	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
	return 0;
}

/* Groups between colons, the last of which may be a dotted quad if it is the end
 * of the address. Returns how many bytes they make, or -EINVAL. */
static int groups_parse(struct slice s, bool is_end, uint8_t out[16])
{
	int n = 0;

	if (s.len > 0 && s.p[s.len - 1] == ':')
		return -EINVAL;
	while (s.len > 0) {
		struct slice part = slice_split(&s, ':');

		if (s.len == 0 && is_end && n <= 12 && v4_parse(part, out + n) == 0)
			return n + 4;
		if (n > 14 || group_parse(part, out + n) != 0)
			return -EINVAL;
		n += 2;
	}
	return n;
}

static int v6_parse(struct slice s, uint8_t out[16])
{
	size_t gap = slice_search(s, SLICE("::"));
	uint8_t head[16], tail[16];
	int head_len, tail_len = 0;

	head_len = groups_parse(slice_first(s, gap), gap == s.len, head);
	if (head_len < 0)
		return -EINVAL;
	if (gap == s.len) {
		memcpy(out, head, 16);
		return head_len == 16 ? 0 : -EINVAL;
	}
	tail_len = groups_parse(slice_skip(s, gap + 2), true, tail);
	/* "::" stands for one group at least. */
	if (tail_len < 0 || head_len + tail_len > 14)
		return -EINVAL;
	memset(out, 0, 16);
	memcpy(out, head, (size_t)head_len);
	memcpy(out + 16 - tail_len, tail, (size_t)tail_len);
	return 0;
}

static bool unbracket(struct slice *s)
{
	if (s->len < 2 || s->p[0] != '[' || s->p[s->len - 1] != ']')
		return false;
	*s = slice_of(s->p + 1, s->len - 2);
	return true;
}

int ip_parse(struct slice s, struct ip_addr *out)
{
	struct ip_addr ip = { .family = 4 };

	if (v4_parse(s, ip.bytes) != 0) {
		if (!unbracket(&s) && slice_find(s, ':') == s.len)
			return -EINVAL;
		ip.family = 6;
		if (v6_parse(s, ip.bytes) != 0)
			return -EINVAL;
	}
	*out = ip;
	return 0;
}

int ip_net_parse(struct slice s, struct ip_net *out)
{
	bool has_bits = slice_find(s, '/') < s.len;
	struct slice addr = slice_split(&s, '/');
	struct ip_addr ip;
	uint32_t most, bits;

	if (ip_parse(addr, &ip) != 0)
		return -EINVAL;
	bits = most = ip.family == 4 ? 32 : 128;
	if (has_bits && (s.len > 3 || slice_to_u32(s, &bits) != 0 || bits > most))
		return -EINVAL;
	*out = (struct ip_net){ ip, (uint8_t)bits };
	return 0;
}

static int port_parse(struct slice s, uint16_t *out)
{
	uint32_t n;

	if (s.len > 5 || slice_to_u32(s, &n) != 0 || n > UINT16_MAX)
		return -EINVAL;
	*out = (uint16_t)n;
	return 0;
}

/* "fe80::1%2", of which "%2" is optional: the scope is the interface's number. */
static int scoped_v6_parse(struct slice s, struct sock_addr *out)
{
	bool has_scope = slice_find(s, '%') < s.len;
	struct slice ip = slice_split(&s, '%');

	out->ip.family = 6;
	out->scope = 0;
	if (v6_parse(ip, out->ip.bytes) != 0)
		return -EINVAL;
	return has_scope ? (slice_to_u32(s, &out->scope) != 0 ? -EINVAL : 0) : 0;
}

int sock_addr_parse(struct slice s, struct sock_addr *out)
{
	struct sock_addr sa = { 0 };
	bool is_v6 = s.len > 0 && s.p[0] == '[';
	struct slice host;
	int err;

	host = slice_split(&s, is_v6 ? ']' : ':');
	if (is_v6 && (s.len == 0 || *s.p != ':'))
		return -EINVAL;
	if (is_v6)
		err = scoped_v6_parse(slice_skip(host, 1), &sa);
	else
		err = ip_parse(host, &sa.ip);
	if (!err)
		err = port_parse(slice_skip(s, is_v6), &sa.port);
	if (!err)
		*out = sa;
	return err;
}

/* ---- writing ------------------------------------------------------------ */

static char *put_number(char *p, uint32_t n)
{
	char digits[10];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (len > 0)
		*p++ = digits[--len];
	return p;
}

static char *put_octet(char *p, unsigned n)
{
	if (n >= 100) {
		*p++ = (char)('0' + n / 100);
		n %= 100;
		*p++ = (char)('0' + n / 10);
	} else if (n >= 10) {
		*p++ = (char)('0' + n / 10);
	}
	*p++ = (char)('0' + n % 10);
	return p;
}

static char *put_v4(char *p, const uint8_t b[4])
{
	p = put_octet(p, b[0]);
	*p++ = '.';
	p = put_octet(p, b[1]);
	*p++ = '.';
	p = put_octet(p, b[2]);
	*p++ = '.';
	return put_octet(p, b[3]);
}

static char *put_group(char *p, unsigned group)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4)
		if (group >> shift != 0 || shift == 0)
			*p++ = digits[group >> shift & 15];
	return p;
}

struct gap { int at, len; };

/* The longest run of two zero groups or more, the first of equals (RFC 5952 4.2). */
static struct gap find_gap(const uint16_t g[V6_GROUPS])
{
	struct gap best = { V6_GROUPS, 1 };

	for (int i = 0, run = 0; i < V6_GROUPS; i++) {
		run = g[i] == 0 ? run + 1 : 0;
		if (run > best.len)
			best = (struct gap){ i - run + 1, run };
	}
	return best;
}

static bool is_mapped(const uint8_t b[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(b, prefix, sizeof(prefix)) == 0;
}

static char *put_v6(char *p, const uint8_t b[16])
{
	uint16_t g[V6_GROUPS];
	struct gap gap;

	if (is_mapped(b)) {		/* RFC 5952 section 5 */
		memcpy(p, "::ffff:", 7);
		return put_v4(p + 7, b + 12);
	}
	for (int i = 0; i < V6_GROUPS; i++)
		g[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
	gap = find_gap(g);
	for (int i = 0; i < V6_GROUPS; i++) {
		if (i > 0 && i != gap.at + gap.len)
			*p++ = ':';
		if (i != gap.at) {
			p = put_group(p, g[i]);
			continue;
		}
		if (i == 0)
			*p++ = ':';
		*p++ = ':';
		i += gap.len - 1;
	}
	return p;
}

static char *put_ip(char *p, const struct ip_addr *ip)
{
	if (ip->family == 0)
		return p;
	return ip->family == 4 ? put_v4(p, ip->bytes) : put_v6(p, ip->bytes);
}

static size_t finish(char *p, char text[ADDR_TEXT_BYTES])
{
	*p = '\0';
	return (size_t)(p - text);
}

size_t ip_format(const struct ip_addr *ip, char text[ADDR_TEXT_BYTES])
{
	return finish(put_ip(text, ip), text);
}

size_t sock_addr_format(const struct sock_addr *sa, char text[ADDR_TEXT_BYTES])
{
	bool is_v6 = sa->ip.family == 6;
	char *p = text;

	if (is_v6)
		*p++ = '[';
	p = put_ip(p, &sa->ip);
	if (is_v6 && sa->scope != 0) {
		*p++ = '%';
		p = put_number(p, sa->scope);
	}
	if (is_v6)
		*p++ = ']';
	*p++ = ':';
	return finish(put_number(p, sa->port), text);
}

/* ---- comparing ---------------------------------------------------------- */

static size_t ip_bytes(const struct ip_addr *ip)
{
	return ip->family == 4 ? 4 : ip->family == 6 ? 16 : 0;
}

bool ip_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_bytes(a)) == 0;
}

bool ip_is_any(const struct ip_addr *ip)
{
	static const uint8_t zero[16];

	return ip->family != 0 && memcmp(ip->bytes, zero, ip_bytes(ip)) == 0;
}

bool ip_is_loopback(const struct ip_addr *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == 4)
		return ip->bytes[0] == 127;
	return ip->family == 6 && memcmp(ip->bytes, one, 16) == 0;
}

bool ip_net_covers(const struct ip_net *net, const struct ip_addr *ip)
{
	size_t whole = net->bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> net->bits % 8);

	if (net->addr.family != ip->family || memcmp(net->addr.bytes, ip->bytes, whole) != 0)
		return false;
	return mask == 0 || ((net->addr.bytes[whole] ^ ip->bytes[whole]) & mask) == 0;
}

bool sock_addr_eq(const struct sock_addr *a, const struct sock_addr *b)
{
	return a->port == b->port && a->scope == b->scope && ip_eq(&a->ip, &b->ip);
}

/* ---- sockaddr ----------------------------------------------------------- */

static void from_v6(struct sock_addr *out, const struct sockaddr_in6 *in6)
{
	const uint8_t *b = in6->sin6_addr.s6_addr;
	bool is_plain_v4 = is_mapped(b);

	out->port = ntohs(in6->sin6_port);
	out->ip.family = is_plain_v4 ? 4 : 6;
	out->scope = is_plain_v4 ? 0 : in6->sin6_scope_id;
	memcpy(out->ip.bytes, is_plain_v4 ? b + 12 : b, is_plain_v4 ? 4 : 16);
}

void sock_addr_from(struct sock_addr *out, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const void *)ss;

	*out = (struct sock_addr){ 0 };
	if (ss->ss_family == AF_INET6) {
		from_v6(out, (const void *)ss);
	} else if (ss->ss_family == AF_INET) {
		out->port = ntohs(in->sin_port);
		out->ip.family = 4;
		memcpy(out->ip.bytes, &in->sin_addr, 4);
	}
}

socklen_t sock_addr_to(const struct sock_addr *sa, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (sa->ip.family == 4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(sa->port);
		memcpy(&in->sin_addr, sa->ip.bytes, 4);
		return sizeof(*in);
	}
	if (sa->ip.family == 0)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(sa->port);
	in6->sin6_scope_id = sa->scope;
	memcpy(&in6->sin6_addr, sa->ip.bytes, 16);
	return sizeof(*in6);
}
