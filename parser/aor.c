/*
 * parser/aor.c - one text for one user: the canonical address of record.
 *
 * Case of the host, needless escapes, missing ones, ports, passwords,
 * parameters, visual separators and the spelling of IPv6 addresses vanish.
 */
#include "parser/uri.h"

#include "parser/token.h"
#include "utils/addr.h"
#include "utils/hex.h"

static size_t put_user_char(char *out, char c)
{
	static const char digits[] = "0123456789ABCDEF";

	if (token_is(c, TOKEN_UNESCAPED)) {
		*out = c;
		return 1;
	}
	out[0] = '%';
	out[1] = digits[(unsigned char)c >> 4];
	out[2] = digits[(unsigned char)c & 15];
	return 3;
}

static size_t put_user(char *out, struct slice user, bool is_number)
{
	/* Nearly all of them whole: no escape, and no number with separators. */
	size_t n = is_number ? 0 : token_span(user, TOKEN_UNESCAPED);

	if (n > 0)
		memcpy(out, user.p, n);
	user = slice_skip(user, n);
	while (user.len > 0) {
		char c = *user.p;
		bool escape = c == '%' && user.len >= 3 && hex_digit(user.p[1]) >= 0 &&
		    hex_digit(user.p[2]) >= 0;

		if (escape)
			c = (char)(hex_digit(user.p[1]) << 4 | hex_digit(user.p[2]));
		if (c == ';')
			is_number = false;
		if (is_number)
			c = ascii_lower(c);
		if (!is_number || !uri_is_visual(c))
			n += put_user_char(out + n, c);
		user = slice_skip(user, escape ? 3 : 1);
	}
	return n;
}

static void put_lower(char *out, struct slice s)
{
	size_t n = 0;

	for (; n + 8 <= s.len; n += 8) {
		uint64_t w;

		memcpy(&w, s.p + n, 8);
		w = ascii_lower8(w);
		memcpy(out + n, &w, 8);
	}
	for (; n < s.len; n++)
		out[n] = ascii_lower(s.p[n]);
}

static size_t put_host(char *out, struct slice host)
{
	struct ip_addr ip;
	size_t n;

	if (*host.p == '[' && uri_host_ip(host, &ip) == 0) {
		char text[ADDR_TEXT_BYTES];

		n = ip_format(&ip, text);
		out[0] = '[';
		memcpy(out + 1, text, n);
		out[n + 1] = ']';
		return n + 2;
	}
	if (host.len > 1 && host.p[host.len - 1] == '.')
		host.len--;
	put_lower(out, host);
	return host.len;
}

struct slice sip_uri_aor(struct arena *arena, const struct sip_uri *uri)
{
	bool is_tel = uri->scheme == URI_TEL;
	struct slice kind;
	bool is_number;
	size_t n;
	char *out;

	if (!is_tel && uri->host.len == 0)
		return SLICE_NULL;
	is_number = is_tel || (uri->user.len > 0 && *uri->user.p == '+' &&
	    sip_uri_param(uri, SLICE("user"), &kind) && slice_eq_nocase(kind, SLICE("phone")));
	/* Each byte of the user part may need an escape; an IPv6 text may grow. */
	out = arena_bytes(arena, 3 * uri->user.len + 1 + uri->host.len + ADDR_TEXT_BYTES);
	if (!out)
		return SLICE_NULL;
	n = put_user(out, uri->user, is_number);
	if (n > 0)
		out[n++] = '@';
	if (!is_tel)
		n += put_host(out + n, uri->host);
	return slice_of(out, n);
}

struct slice sip_text_aor(struct arena *arena, struct slice text)
{
	struct sip_uri uri;

	if (!slice_starts_nocase(text, SLICE("sip:")) && !slice_starts_nocase(text, SLICE("sips:")))
		text = arena_printf(arena, "sip:%.*s", SLICE_ARG(text));
	return text.p && sip_uri_parse(text, &uri, NULL) == 0 ? sip_uri_aor(arena, &uri) : SLICE_NULL;
}
