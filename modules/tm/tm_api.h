/*
 * modules/tm/tm_api.h - transactions for other modules (interface "tm", version 1).
 *
 * Everything runs on the owner of the Call-ID. struct tm is the module's state,
 * as lcs_import() gives it.
 */
#ifndef MODULES_TM_TM_API_H
#define MODULES_TM_TM_API_H

#include "core/lcs.h"

struct tm;
struct tm_tx;				/* server side: a request we received, with its branches */
struct tm_uac;				/* client side: a request we made ourselves */

enum tm_event {
	TM_PROVISIONAL,			/* 101..199 came */
	TM_FINAL,			/* a final response came, or 408 / 503 made here */
	TM_ACK,				/* ACK for our 2xx is not seen here; for a non-2xx it is */
	TM_CANCELED,			/* the client gave up */
	TM_GONE				/* the transaction is about to be freed */
};

/* One callback per transaction and module; response is borrowed, NULL if made here. */
typedef void tm_event_fn(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response);

struct tm_request {			/* a request from nothing: NOTIFY, OPTIONS, BYE, MESSAGE */
	struct slice   method, request_uri, from, to;	/* header values; From with its tag */
	struct slice   call_id;		/* empty: a fresh one */
	uint32_t       cseq;		/* 0: 1 */
	struct slice   route_set;	/* Route values; empty: none */
	struct slice   extra_lines;	/* whole lines with CRLF */
	struct slice   content_type, body;
	struct sip_hop hop;		/* with has_hop: go there */
	bool           has_hop;
	bool           is_located;	/* hop is where the URI leads, no more: what is large may
					 * go by TCP instead of UDP (RFC 3261 18.1.1) */
	bool           is_terse;	/* of a 2xx only the status is wanted: fn may get no response */
	struct slice   next_uri;	/* go to this URI; empty: Route or Request-URI decide */
};

struct tm_api {
	/* The transaction that ctx runs for; NULL: none was made. Borrowed until TM_GONE. */
	struct tm_tx *(*current)(struct tm *tm, struct lcs_ctx *ctx);
	/* Make the server transaction if there is none. 0, -EEXIST: retransmission, or error. */
	int  (*ensure)(struct tm *tm, struct lcs_ctx *ctx);
	/* Forward ctx's request to its targets by a transaction, which is made if need be; an ACK
	 * without one statelessly. Targets are used up. 0: branches were made; -EALREADY: it has
	 * its final response; -ENOENT: no target; or why none could be made. */
	int  (*relay)(struct tm *tm, struct lcs_ctx *ctx);
	/* As lcs_respond(). */
	int  (*respond)(struct tm *tm, struct lcs_ctx *ctx, const struct response_parts *parts);
	/* fn is told what becomes of a server transaction, from now on, until TM_GONE; watched, it
	 * outlives a script that says nothing. 0 or -ENOMEM. */
	int  (*watch)(struct tm *tm, struct tm_tx *tx, tm_event_fn *fn, void *arg);
	/* Send a request of our own. fn is told TM_PROVISIONAL*, TM_FINAL, TM_GONE, on the
	 * worker that called. Of an INVITE TM_FINAL comes for each 2xx, copies included, since
	 * each wants an ACK (RFC 3261 13.2.2.4). local_route runs before. 0 or -errno (fn never
	 * runs then). fn and out NULL: nobody wants to know. */
	int  (*request)(struct tm *tm, const struct tm_request *r, tm_event_fn *fn, void *arg,
	    struct tm_uac **out);
	/* Stop waiting: fn is not called again. INVITE is cancelled on the wire. */
	void (*forget)(struct tm *tm, struct tm_uac **uac);
	/* Send a request to which no answer is wanted, once and without a transaction
	 * (BENOTIFY): by the worker of its Call-ID, in the order of the calls. local_route runs
	 * before. r->has_hop must be set: -EINVAL. 0 or -errno. */
	int  (*send)(struct tm *tm, const struct tm_request *r);
};

#endif
