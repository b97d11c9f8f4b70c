/*
 * parser/via.h - one Via value (RFC 3261 20.42, RFC 3581).
 */
#ifndef PARSER_VIA_H
#define PARSER_VIA_H

#include "parser/defect.h"
#include "parser/hop.h"

struct sip_via {
	struct slice       text;	/* this value */
	enum sip_transport transport;	/* TRANSPORT_NONE: one we do not speak */
	struct slice       transport_text;
	struct slice       host;	/* sent-by */
	uint16_t           port;	/* 0: not given */
	struct slice       params;
	struct slice       branch, received, maddr;	/* .p NULL: absent */
	bool               has_rport;
	const char        *rport_end;	/* behind the one ";rport" without a value, or NULL */
	uint16_t           rport;	/* 0: flag without value */
	int                ttl;		/* -1: absent */
	bool               is_plain;	/* certainly no line end and no quote in text */
};

#define VIA_COOKIE "z9hG4bK"

/** One value of Via, without what follows a comma (RFC 3261 20.42); 0 or -EBADMSG with why.
 *  Slices point into value. */
int sip_via_parse(struct slice value, struct sip_via *out, struct sip_defect *why);
static inline bool via_has_cookie(const struct sip_via *via)
{
	return slice_starts_nocase(via->branch, SLICE(VIA_COOKIE));
}

#endif
