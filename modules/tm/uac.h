/*
 * modules/tm/uac.h - a request of our own, and who waits for what comes of it.
 */
#ifndef MODULES_TM_UAC_H
#define MODULES_TM_UAC_H

#include "modules/tm/tm.h"
#include "utils/ref.h"

struct tm_report {
	struct inbox_item item;
	struct tm_uac    *uac;		/* counted */
	enum tm_event     event;
	uint16_t          status;
	struct sip_msg   *response;	/* counted, or NULL */
	bool              is_own;	/* allocated by itself */
};

struct tm_uac {
	struct ref     refs;		/* the caller's handle; the transaction; reports */
	unsigned       home, owner;	/* workers */
	tm_event_fn   *fn;		/* home's; NULL: forgotten */
	void          *arg;
	struct tm_tx  *tx;		/* owner's; NULL: it has gone, or there is none */
	struct tm_client *client;	/* owner's, of the short way (own.h); NULL: it has gone */
	struct list    among;		/* in the owner's local->direct, as long as there is a client */
	uint64_t       id;		/* of the client */
	bool           is_terse;
	enum sip_method method;
	msec_t         born;
	struct sip_out *out;		/* of the short way; until it is sent */
	struct sip_msg *msg;		/* counted; until the transaction begins */
	struct sip_hop hop;
	bool           has_hop;
	struct slice   next_uri;	/* in msg's arena */
	struct tm_report  final, gone;	/* these must get through even if memory is short */
	struct inbox_item begin, forget;
};

/* ---- report.c ---- */
/** Counted, from any thread. */
struct tm_uac *tm_uac_ref(struct tm_uac *uac);
void tm_uac_unref(struct tm_uac *uac);
/** Tell the caller, on his worker. r: of uac, or what is given away (is_own); NULL: another worker
 *  is not told. response: borrowed, or NULL. */
void tm_uac_report(struct tm_uac *uac, struct tm_report *r, enum tm_event event, uint16_t status,
    struct sip_msg *response);

#endif
