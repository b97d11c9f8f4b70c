/*
 * parser/hop.c - transports by name.
 */
#include "parser/hop.h"

static const struct { struct slice via, uri; } names[TRANSPORT_COUNT] = {
	[TRANSPORT_UDP] = { { "UDP", 3 }, { "udp", 3 } },
	[TRANSPORT_TCP] = { { "TCP", 3 }, { "tcp", 3 } },
	[TRANSPORT_TLS] = { { "TLS", 3 }, { "tls", 3 } },
};

struct slice transport_via_name(enum sip_transport t)
{
	return names[t].via;
}

struct slice transport_uri_name(enum sip_transport t)
{
	return names[t].uri;
}

enum sip_transport transport_parse(struct slice s)
{
	if (s.len != 3)
		return TRANSPORT_NONE;
	for (enum sip_transport t = TRANSPORT_UDP; t < TRANSPORT_COUNT; t++)
		if (slice_eq_nocase(s, names[t].uri))
			return t;
	return TRANSPORT_NONE;
}
