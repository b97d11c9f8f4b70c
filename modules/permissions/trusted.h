/*
 * modules/permissions/trusted.h - peers that need no password: network, transport, patterns.
 */
#ifndef MODULES_PERMISSIONS_TRUSTED_H
#define MODULES_PERMISSIONS_TRUSTED_H

#include "parser/hop.h"
#include "utils/arena.h"

struct pattern;				/* a compiled regular expression */

struct trusted_entry {
	struct ip_net      net;
	bool               any_source;
	enum sip_transport transport;	/* TRANSPORT_NONE: any */
	struct pattern    *from, *request_uri;	/* NULL: any */
	struct slice       tag;
};

struct trusted_list { struct trusted_entry *entries; size_t count; };

/**
 * Read "SOURCE TRANSPORT [FROM-PATTERN [URI-PATTERN [TAG]]]"; SOURCE is a network or "any",
 * TRANSPORT udp, tcp, tls or "any", a pattern a regular expression without blanks or "-".
 *
 * @param arena  holds the patterns; the text of a reason, too
 * @return NULL, or what is wrong with the line
 */
const char *trusted_parse(struct arena *arena, struct slice line, struct trusted_entry *out);

/** The first entry that fits, or NULL. Any thread. */
const struct trusted_entry *trusted_find(const struct trusted_list *list,
    const struct ip_addr *ip, enum sip_transport transport, struct slice from_uri,
    struct slice request_uri);

#endif
