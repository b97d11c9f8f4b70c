/*
 * core/sip/uri_parts.c - see uri_parts.h.
 */
#include "core/sip/uri_parts.h"

#include <errno.h>
#include <stdio.h>

static void put_with(char **at, char mark, struct slice s)
{
	if (s.len == 0)
		return;
	*(*at)++ = mark;
	slice_put(at, s);
}

struct slice uri_parts_text(struct arena *arena, const struct sip_uri *u)
{
	char port[8] = "";
	struct slice number = slice_of(port, 0);
	size_t room = u->scheme_text.len + u->user.len + u->password.len + u->host.len +
	    u->params.len + u->headers.len + 16;
	char *text = arena_bytes(arena, room), *at = text;

	if (!text)
		return SLICE_NULL;
	if (u->port)
		number.len = (size_t)snprintf(port, sizeof(port), "%u", u->port);
	slice_put(&at, u->scheme_text);
	*at++ = ':';
	slice_put(&at, u->user);
	if (u->user.len)
		put_with(&at, ':', u->password);
	if (u->user.len && u->scheme != URI_TEL)
		*at++ = '@';
	slice_put(&at, u->host);
	put_with(&at, ':', number);
	put_with(&at, ';', u->params);
	put_with(&at, '?', u->headers);
	return slice_between(text, at);
}

static int set_port(struct sip_uri *u, struct slice value)
{
	uint32_t n = 0;

	if (value.len && (slice_to_u32(value, &n) != 0 || n == 0 || n > UINT16_MAX))
		return -EINVAL;
	u->port = (uint16_t)n;
	return 0;
}

static int set_part(struct sip_uri *u, enum uri_part part, struct slice value)
{
	switch (part) {
	case URI_PART_USER:
		u->user = value;
		if (value.len == 0)
			u->password = SLICE_NULL;
		return 0;
	case URI_PART_HOST:
		u->host = value;
		return value.len ? 0 : -EINVAL;
	case URI_PART_PORT:
		return set_port(u, value);
	}
	return -EINVAL;
}

int uri_parts_set(struct arena *arena, const struct sip_uri *u, enum uri_part part,
    struct slice value, struct slice *out)
{
	struct sip_uri changed = *u;
	int err;

	if (u->scheme == URI_OTHER || (u->scheme == URI_TEL && part != URI_PART_USER))
		return -EINVAL;
	err = set_part(&changed, part, value);
	if (err)
		return err;
	*out = uri_parts_text(arena, &changed);
	if (!out->p)
		return -ENOMEM;
	/* What a script puts together must still be one URI. */
	return sip_uri_parse(*out, &changed, NULL) == 0 ? 0 : -EINVAL;
}

struct slice uri_parts_transport(const struct sip_uri *u)
{
	struct slice value;

	if (sip_uri_param(u, SLICE("transport"), &value) && value.len)
		return value;
	return u->scheme == URI_SIPS ? SLICE("tls") : SLICE("udp");
}

uint16_t uri_parts_port(const struct sip_uri *u)
{
	if (u->port)
		return u->port;
	return slice_eq_nocase(uri_parts_transport(u), SLICE("tls")) ? 5061 : 5060;
}
