/*
 * parser/uri.c - taking URIs apart (RFC 3261 19.1.1, 25.1; RFC 3966 3; RFC 5118).
 *
 * User part, parameters and headers may hold more than the grammar has: real
 * phones write '#' and raw UTF-8 there. What would make a URI end elsewhere
 * for the next reader is refused: space, controls, <>" and a bad %HH.
 */
#include "parser/quick.h"
#include "parser/scan.h"
#include "utils/addr.h"
#include "utils/hex.h"

#include <errno.h>

static bool is_escape(struct slice s)
{
	return s.len >= 3 && hex_digit(s.p[1]) >= 0 && hex_digit(s.p[2]) >= 0;
}

static int check_chars(struct slice s, struct sip_defect *why)
{
	for (;;) {
		s = slice_skip(s, token_span(s, TOKEN_PLAIN));
		if (s.len == 0)
			return 0;
		if (*s.p != '%')
			return sip_defect(why, s, "Character not allowed in a URI");
		if (!is_escape(s))
			return sip_defect(why, s, "Bad escape in a URI");
		s = slice_skip(s, 3);
	}
}

static int take_userinfo(struct slice *rest, struct sip_uri *u, struct sip_defect *why)
{
	size_t at = slice_find(*rest, '@');
	struct slice info = slice_first(*rest, at);

	if (at == rest->len)
		return 0;
	if (check_chars(info, why) != 0)
		return -EBADMSG;
	u->user = slice_split(&info, ':');
	u->password = info;
	if (u->user.len == 0)
		return sip_defect(why, *rest, "URI with an empty user part");
	*rest = slice_skip(*rest, at + 1);
	return 0;
}

int uri_take_host(struct slice *rest, struct slice *host)
{
	struct slice s = *rest;
	size_t n;

	if (s.len > 0 && *s.p == '[') {
		n = 1 + token_span(slice_skip(s, 1), TOKEN_IPV6);
		if (n < 3 || n == s.len || s.p[n] != ']')
			return -EINVAL;
		n++;
	} else
		n = token_span(s, TOKEN_HOST);
	if (n == 0)
		return -EINVAL;
	*host = slice_first(s, n);
	*rest = slice_skip(s, n);
	return 0;
}

int uri_take_port(struct slice *rest, uint16_t *port)
{
	const char *end = slice_end(*rest);
	uint16_t n;
	const char *p = uri_port_end(rest->p, end, &n);

	if (!p)
		return -EINVAL;
	*rest = slice_between(p, end);
	*port = n;
	return 0;
}

static int take_hostport(struct slice *rest, struct sip_uri *u, struct sip_defect *why)
{
	struct slice at = *rest;

	/* What may stand in a host may stand in a URI; what may not is told apart here. */
	if (uri_take_host(rest, &u->host) != 0)
		return check_chars(at, why) != 0 ? -EBADMSG :
		    sip_defect(why, at, "URI without a valid host");
	if (rest->len == 0 || *rest->p != ':')
		return 0;
	*rest = slice_skip(*rest, 1);
	if (uri_take_port(rest, &u->port) != 0)
		return sip_defect(why, at, "URI with a bad port");
	return 0;
}

static int parse_sip(struct slice rest, struct sip_uri *u, struct sip_defect *why)
{
	int err = take_userinfo(&rest, u, why);

	if (!err)
		err = take_hostport(&rest, u, why);
	if (err || rest.len == 0)
		return err;
	if (check_chars(rest, why) != 0)
		return -EBADMSG;
	if (rest.len > 0 && *rest.p == ';') {
		rest = slice_skip(rest, 1);
		u->params = slice_first(rest, slice_find(rest, '?'));
		rest = slice_skip(rest, u->params.len);
	}
	if (rest.len > 0 && *rest.p == '?') {
		u->headers = slice_skip(rest, 1);
		return 0;
	}
	return rest.len == 0 ? 0 : sip_defect(why, rest, "Host of a URI ends badly");
}

static bool is_tel_char(char c)
{
	return hex_digit(c) >= 0 || c == '*' || c == '#' || uri_is_visual(c);
}

static int parse_tel(struct slice rest, struct sip_uri *u, struct sip_defect *why)
{
	struct slice digits;
	int err = check_chars(rest, why);

	if (err)
		return err;
	u->user = slice_split(&rest, ';');
	u->params = rest;
	digits = u->user;
	if (digits.len > 0 && *digits.p == '+')
		digits = slice_skip(digits, 1);
	if (digits.len == 0 || slice_take_while(&digits, is_tel_char).len == 0 || digits.len > 0)
		return sip_defect(why, u->user, "tel URI without a number");
	return 0;
}

static bool is_scheme(struct slice s)
{
	if (s.len == 0 || !is_alpha(*s.p))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
			return false;
	return true;
}

static enum uri_scheme scheme_of(struct slice s)
{
	if (token_is_word(s, SLICE("sip")))
		return URI_SIP;
	if (token_is_word(s, SLICE("sips")))
		return URI_SIPS;
	if (token_is_word(s, SLICE("tel")))
		return URI_TEL;
	return URI_OTHER;
}

/* What is left of a user part's '@' or, without one, at p. */
static const char *quick_user(const char *p, const char *end, struct sip_uri *out)
{
	const char *at = token_end(p, end, TOKEN_USER);

	if (at == end || *at != '@')
		return p;
	out->user = slice_between(p, at);
	out->password = slice_of(at, 0);
	return at + 1;
}

const char *uri_quick(const char *p, const char *end, struct sip_uri *out)
{
	const char *host;

	if (end - p < 5 || memcmp(p, "sip:", 4) != 0 || p[4] == '@')
		return NULL;
	*out = (struct sip_uri){ .scheme = URI_SIP, .text.p = p, .scheme_text = { p, 3 } };
	host = quick_user(p + 4, end, out);
	p = scan_host_end(host, end);
	if (p == host)
		return NULL;
	out->host = slice_between(host, p);
	if (p < end && *p == ':') {
		p = uri_port_end(p + 1, end, &out->port);
		if (!p)
			return NULL;
	}
	/* An '@' here would make a user part of all before it. */
	if (p < end && *p == ';') {
		host = p + 1;
		p = token_end(host, end, TOKEN_PARAMS);
		out->params = slice_between(host, p);
	}
	out->text.len = (size_t)(p - out->text.p);
	return p;
}

int uri_read(struct slice s, struct sip_uri *out, struct sip_defect *why)
{
	struct slice rest = s;

	*out = (struct sip_uri){ .text = s };
	out->scheme_text = slice_split(&rest, ':');
	out->scheme = scheme_of(out->scheme_text);
	if (out->scheme == URI_OTHER &&
	    (out->scheme_text.len == s.len || !is_scheme(out->scheme_text)))
		return sip_defect(why, s, "URI without a scheme");
	if (out->scheme == URI_OTHER)
		return check_chars(rest, why);
	if (out->scheme == URI_TEL)
		return parse_tel(rest, out, why);
	return parse_sip(rest, out, why);
}

int sip_uri_parse(struct slice s, struct sip_uri *out, struct sip_defect *why)
{
	const char *end = slice_end(s);
	struct sip_uri u;
	int err;

	if (s.len > 0 && uri_quick(s.p, end, &u) == end)
		err = 0;
	else
		err = uri_read(s, &u, why);
	if (!err)
		*out = u;
	return err;
}

bool uri_next_param(struct slice *rest, char sep, struct slice *name, struct slice *value)
{
	const char *p = rest->p, *end = slice_end(*rest), *at, *next;

	while (p < end && *p == sep)
		p++;
	*rest = slice_of(end, 0);
	if (p == end)
		return false;
	/* Names are short, values need not be. */
	for (at = p; at < end && *at != '=' && *at != sep;)
		at++;
	next = at < end && *at == '=' ? memchr(at, sep, (size_t)(end - at)) : at;
	if (!next)
		next = end;
	*name = slice_between(p, at);
	*value = slice_between(at + (at < next), next);
	if (next < end)
		*rest = slice_between(next + 1, end);
	return true;
}

bool uri_param(struct slice params, char sep, struct slice name, struct slice *value)
{
	struct slice each;

	while (uri_next_param(&params, sep, &each, value))
		if (slice_eq_nocase(each, name))
			return true;
	*value = SLICE_NULL;
	return false;
}

bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value)
{
	*value = SLICE_NULL;
	return uri->params.len > 0 && uri_param(uri->params, ';', name, value);
}

void sip_uri_params(const struct sip_uri *uri, const struct slice *names, unsigned count,
    struct slice *values)
{
	struct slice rest = uri->params, name, value;

	for (unsigned i = 0; i < count; i++)
		values[i] = SLICE_NULL;
	while (rest.len > 0 && uri_next_param(&rest, ';', &name, &value))
		for (unsigned i = 0; i < count; i++)
			if (names[i].len == name.len && !values[i].p &&
			    slice_eq_nocase(name, names[i]))
				values[i] = value;
}

struct slice uri_unescape(struct arena *arena, struct slice s)
{
	char *out;
	size_t n = 0;

	if (slice_find(s, '%') == s.len)
		return s;
	out = arena_bytes(arena, s.len);
	if (!out)
		return SLICE_NULL;
	while (s.len > 0) {
		bool escape = *s.p == '%' && is_escape(s);

		out[n++] = escape ? (char)(hex_digit(s.p[1]) << 4 | hex_digit(s.p[2])) : *s.p;
		s = slice_skip(s, escape ? 3 : 1);
	}
	return slice_of(out, n);
}

int uri_host_ip(struct slice host, struct ip_addr *out)
{
	char fixed[ADDR_TEXT_BYTES];
	size_t bug = slice_find(host, ':') < host.len ? slice_search(host, SLICE(":::")) : host.len;

	if (bug == host.len || host.len >= sizeof(fixed))
		return ip_parse(host, out);
	memcpy(fixed, host.p, bug);
	memcpy(fixed + bug, host.p + bug + 1, host.len - bug - 1);
	return ip_parse(slice_of(fixed, host.len - 1), out);
}
