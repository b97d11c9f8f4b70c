/*
 * parser/uri.h - sip, sips and tel URIs (RFC 3261 19.1, RFC 3966) as views.
 */
#ifndef PARSER_URI_H
#define PARSER_URI_H

#include "parser/defect.h"
#include "utils/arena.h"
#include "utils/slice.h"

enum uri_scheme { URI_SIP, URI_SIPS, URI_TEL, URI_OTHER };

struct sip_uri {
	enum uri_scheme scheme;
	struct slice    text;		/* the whole URI as written */
	struct slice    scheme_text;
	struct slice    user;		/* escaped as written, without password; tel: the number */
	struct slice    password;
	struct slice    host;		/* IPv6 with its brackets */
	uint16_t        port;		/* 0: not given */
	struct slice    params;		/* without the leading ';' */
	struct slice    headers;	/* without the '?' */
};

/** The whole slice must be one URI. Unknown schemes give URI_OTHER with text only. */
int sip_uri_parse(struct slice s, struct sip_uri *out, struct sip_defect *why);

/** Value of a parameter, case-blind; *value is empty for a flag. false if absent. */
bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value);
/** Several in one walk: values[i] is that of names[i], .p NULL if it is absent. */
void sip_uri_params(const struct sip_uri *uri, const struct slice *names, unsigned count,
    struct slice *values);

/** RFC 3261 19.1.4, with unescaping and parameter rules. */
bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b);

/**
 * The address of record as one canonical text: "user@host", scheme, port,
 * password and parameters left out, host in lower case, user unescaped where
 * escaping was not needed. tel: becomes "+number@" or "number@".
 * @return .p NULL if memory is short or the URI has no host and is not tel
 */
struct slice sip_uri_aor(struct arena *arena, const struct sip_uri *uri);
/** The same of "sip:user@host" or "user@host"; .p NULL also if it is neither. */
struct slice sip_text_aor(struct arena *arena, struct slice text);
/** What somebody wrote as a user's address, without "sip:" if that stood before it. */
static inline struct slice sip_text_bare(struct slice text)
{
	return slice_starts_nocase(text, SLICE("sip:")) ? slice_skip(text, 4) : text;
}

/** Unescape %HH into the arena; s itself if there is nothing to unescape. */
struct slice uri_unescape(struct arena *arena, struct slice s);

/** Next of "name[=value]" separated by ';' (or '&' for headers). */
bool uri_next_param(struct slice *rest, char sep, struct slice *name, struct slice *value);
/** The first of that name, case-blind; *value is empty for a flag or if absent. */
bool uri_param(struct slice params, char sep, struct slice name, struct slice *value);

/* Visual separators of telephone numbers (RFC 3966 3). */
static inline bool uri_is_visual(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

/* The same steps in URIs and Via: *rest goes on behind what was taken; 0 or -EINVAL. */
int uri_take_host(struct slice *rest, struct slice *host);
int uri_take_port(struct slice *rest, uint16_t *port);
/** The port at p: behind it, or NULL if there is none. */
static inline const char *uri_port_end(const char *p, const char *end, uint16_t *port)
{
	uint32_t n = 0, digit;

	/* Leading zeros are no reason to refuse; more digits than fit are. */
	for (; p < end && (digit = (unsigned char)*p - (uint32_t)'0') < 10; p++) {
		n = n * 10 + digit;
		if (n > UINT16_MAX)
			return NULL;
	}
	*port = (uint16_t)n;
	return n == 0 ? NULL : p;
}

/** Is it that domain, or one below it? "a.example.org" is below "example.org". */
static inline bool uri_host_is_below(struct slice host, struct slice domain)
{
	size_t more = host.len - domain.len;

	if (host.len <= domain.len)
		return slice_eq_nocase(host, domain);
	return slice_eq_nocase(slice_skip(host, more), domain) && host.p[more - 1] == '.';
}

struct ip_addr;
/** A numeric host as address; takes the third colon of RFC 5118 4.10. 0 or -EINVAL. */
int uri_host_ip(struct slice host, struct ip_addr *out);

#endif
