/*
 * modules/nathelper/nathelper.h - what the files of this module share.
 */
#ifndef MODULES_NATHELPER_NATHELPER_H
#define MODULES_NATHELPER_NATHELPER_H

#include "modules/tm/tm_api.h"
#include "modules/usrloc/usrloc_api.h"
#include "utils/htab.h"

/* ---- test.c: is the sender behind a NAT? ---- */
#define NAT_CONTACT_PRIVATE  0x001	/* bits as in Kamailio */
#define NAT_VIA_HOST         0x002
#define NAT_VIA_PRIVATE      0x004
#define NAT_SDP_PRIVATE      0x008
#define NAT_VIA_PORT         0x010
#define NAT_SOURCE_PRIVATE   0x020
#define NAT_WEBSOCKET        0x040
#define NAT_CONTACT_PORT     0x080
#define NAT_SDP_HOST         0x100
#define NAT_ALL              0x1ff
/** Is one of these tests, bits or-ed, true of the message as it was received? */
bool nat_test(struct lcs_ctx *ctx, unsigned tests);

/** RFC 1918, RFC 6598, link-local and unique local addresses. */
bool nat_is_private(const struct ip_addr *ip);

/* ---- contact.c: the address in Contact, and in the Request-URI ---- */
/* fix_nated_contact() and its relatives: the manual says what each does. */
enum fn_status nat_fix_contact(struct lcs_call *call);
enum fn_status nat_set_alias(struct lcs_call *call);
enum fn_status nat_add_alias(struct lcs_call *call);
enum fn_status nat_handle_alias(struct lcs_call *call);
enum fn_status nat_add_received(struct lcs_call *call);

/* ---- ping.c: keeping the way to UDP clients open ---- */
struct nat_conf {
	msec_t       natping_interval;	/* 0: none are sent */
	struct slice natping_with, sipping_method, sipping_from;
	int64_t      natping_max_unanswered;	/* 0: no limit */
	bool         with_crlf;		/* from natping_with, by prepare */
	struct slice host;		/* this server's name, by prepare */
};

struct nathelper {
	struct lcs_mod          *mod;
	const struct usrloc_api *usrloc;	/* NULL: not loaded */
	struct usrloc           *usrloc_state;
	const struct tm_api     *tm;
	struct tm               *tm_state;
};

struct nat_local {
	uint64_t          pings_sent, pings_answered, pings_unanswered, pings_dropped;
	struct nathelper *nat;
	struct timer      tick;		/* one part of all bindings */
	unsigned          part;
	uint32_t          round;
	struct htab       pinged;	/* bindings with a ping under way or without an answer */
};

/** Each worker: ping the bindings that it owns. 0 or -ENOMEM. */
int  nat_ping_start(struct nathelper *nat, struct nat_local *local);
void nat_ping_stop(struct nat_local *local);

#endif
