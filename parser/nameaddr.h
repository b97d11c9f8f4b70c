/*
 * parser/nameaddr.h - From, To, Contact, Route and their like: name-addr / addr-spec
 * with header parameters (RFC 3261 20.10, 25.1).
 */
#ifndef PARSER_NAMEADDR_H
#define PARSER_NAMEADDR_H

#include "parser/uri.h"

struct name_addr {
	struct slice   text;		/* the whole value, parameters included */
	struct slice   display;		/* as written, with its quotes */
	struct sip_uri uri;
	bool           brackets;
	struct slice   params;		/* header parameters without the leading ';' */
	struct slice   tag;		/* From, To: empty if absent */
};

/** The slice is one value; without brackets a ';' ends the URI (RFC 3261 20.10). */
int name_addr_parse(struct slice s, struct name_addr *out, struct sip_defect *why);

/** Parameters of headers: like uri_next_param, quoted values keep their quotes,
 *  LWS around ';' and '=' is skipped. */
bool hdr_next_param(struct slice *rest, struct slice *name, struct slice *value);
/** The strict form of it: 1, 0 at the end, or -EBADMSG for an empty parameter or
 *  characters that cannot stand there; *rest goes on behind them. */
int hdr_take_param(struct slice *rest, struct slice *name, struct slice *value);
/** The first of that name, case-blind; *value is empty for a flag or if absent. */
bool hdr_param(struct slice params, struct slice name, struct slice *value);
/** Without quotes and backslashes (into the arena if there are any). */
struct slice hdr_unquote(struct arena *arena, struct slice s);

struct sip_contact {
	struct name_addr addr;
	bool             star;		/* "Contact: *" */
	uint16_t         q;		/* thousandths, 1000 if absent (RFC 3261 10.2.1.2) */
	bool             has_expires;
	uint32_t         expires;	/* seconds; malformed counts as 3600 (RFC 3261 20.10) */
	struct slice     instance;	/* +sip.instance without quotes; empty if absent */
	uint32_t         reg_id;	/* 0: absent */
};

/** One value of Contact, or "*" (RFC 3261 20.10); 0 or -EBADMSG with why. Slices point into s. */
int sip_contact_parse(struct slice s, struct sip_contact *out, struct sip_defect *why);

#endif
