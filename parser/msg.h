/*
 * parser/msg.h - a SIP message as received: immutable, indexed once, typed on demand.
 *
 * sip_msg_parse() finds the start line, the headers and the body and nothing
 * more. Typed views are made at the first question and remembered, failure too;
 * they are filled by the owner of the message only, one thread at a time.
 */
#ifndef PARSER_MSG_H
#define PARSER_MSG_H

#include "parser/defect.h"
#include "parser/hdr.h"
#include "parser/hop.h"
#include "parser/nameaddr.h"
#include "parser/uri.h"
#include "parser/via.h"
#include "utils/arena.h"
#include "utils/ref.h"

enum sip_method {
	METHOD_OTHER,
	METHOD_INVITE, METHOD_ACK, METHOD_BYE, METHOD_CANCEL, METHOD_REGISTER, METHOD_OPTIONS,
	METHOD_MESSAGE, METHOD_SUBSCRIBE, METHOD_NOTIFY, METHOD_PUBLISH, METHOD_INFO,
	METHOD_PRACK, METHOD_UPDATE, METHOD_REFER, METHOD_SERVICE, METHOD_BENOTIFY,
	METHOD_NEGOTIATE, METHOD_COUNT
};

#define MSG_MAX_HDRS 512		/* hard bound; the configured limit may be lower */
#define SIP_CSEQ_MAX 2147483647u	/* RFC 3261 8.1.1.5 */
#define MSG_NO_HDR   UINT16_MAX

/* In typed[]: looked at and found malformed. */
extern const char sip_typed_bad[];
#define SIP_TYPED_BAD ((const void *)sip_typed_bad)

struct sip_cseq { uint32_t seq; enum sip_method method; struct slice method_text; };

struct sip_msg {
	struct ref      refs;
	struct arena   *arena;		/* the message's own; it lives inside it */
	struct slice    raw;		/* all bytes, a copy in the arena */
	bool            is_request;
	enum sip_method method;		/* of a response: that of its CSeq, METHOD_OTHER if none */
	uint16_t        status;		/* responses */
	struct slice    method_text, request_uri, reason;
	struct slice    version;	/* "SIP/2.0", or what stands in its place */
	struct slice    first_line;	/* with CRLF */
	struct slice    body;
	struct hdr     *hdrs;		/* wire order */
	uint16_t        hdr_count;
	bool            is_untidy;	/* bare LF or "sip/2.0" somewhere: not to be sent on as is */
	uint16_t        duplicate;	/* index of a second header of a SINGLE kind, or MSG_NO_HDR */
	uint16_t        first[HDR_KNOWN];	/* index of the first of each, MSG_NO_HDR if none */
	const void     *typed[HDR_TYPED];	/* see above; SIP_TYPED_BAD for a failure */
	const void     *typed_uri;
	const struct msg_contact *contacts;	/* see msg_take_contact() */
	struct slice    to_aor;		/* see msg_to_aor() */
	struct sip_hop  from;		/* whom it came from: the way back (RFC 3261 18.2.2) */
};

struct msg_limits { size_t max_bytes; uint16_t max_hdrs; size_t arena_bytes; };

/**
 * Index a message. Copies raw into a new arena.
 *
 * Accepts compact forms, folding, bare LF line ends, surplus CRLF in front,
 * RFC 2543 style messages (no branch, no tags). Octets behind Content-Length
 * are cut off; a body shorter than Content-Length is a defect (18.3).
 *
 * @param from  copied into the message
 * @param out   set on 0; on -EBADMSG also set if the message can be answered
 *              (request with Via, From, To, Call-ID, CSeq), else NULL
 * @return 0, -EBADMSG with *why (status 513: more than max_hdrs), -ENOMEM,
 *         -EMSGSIZE (more than max_bytes)
 */
int sip_msg_parse(struct slice raw, const struct sip_hop *from,
    const struct msg_limits *limits, struct sip_msg **out, struct sip_defect *why);

/**
 * What RFC 3261 8.1.1 and 16.3 want of every message before anything else looks
 * at it: the six mandatory headers present, once where single, and well formed;
 * CSeq method equal to the request's (8.2); version SIP/2.0.
 */
int sip_msg_check(struct sip_msg *msg, struct sip_defect *why);

/** Counted; any thread may hold one, and whoever is the last frees it with its arena. */
struct sip_msg *sip_msg_ref(struct sip_msg *msg);
void sip_msg_unref(struct sip_msg **msg);

/** Case matters (RFC 3261 7.1); METHOD_OTHER for what is not known. */
enum sip_method sip_method_parse(struct slice s);
struct slice    sip_method_name(enum sip_method m);	/* empty for METHOD_OTHER */

/* ---- raw access, as received ---- */
/** The first of that id, or NULL. */
static inline const struct hdr *msg_hdr(const struct sip_msg *msg, enum hdr_id id)
{
	return msg->first[id] == MSG_NO_HDR ? NULL : &msg->hdrs[msg->first[id]];
}
const struct hdr *msg_hdr_next(const struct sip_msg *msg, const struct hdr *h);	/* next of the same id/name */
const struct hdr *msg_hdr_named(const struct sip_msg *msg, struct slice name);
/** Value of the first header of that id; empty if absent. */
static inline struct slice msg_value(const struct sip_msg *msg, enum hdr_id id)
{
	const struct hdr *h = msg_hdr(msg, id);

	return h ? h->value : SLICE_NULL;
}

/* ---- typed access, as received; NULL if absent or malformed (the defect tells) ---- */
/** The view of the first header of that id, of whatever type it has. */
const void *msg_typed(struct sip_msg *msg, enum hdr_id id);
/** The same, quicker when it has been asked for before. */
static inline const void *msg_typed_again(struct sip_msg *msg, enum hdr_id id)
{
	const void *view = msg->typed[id];

	return view && view != SIP_TYPED_BAD ? view : msg_typed(msg, id);
}
/** NULL for a response too. */
const struct sip_uri *msg_request_uri(struct sip_msg *msg);
/** The topmost. */
static inline const struct sip_via *msg_via(struct sip_msg *msg)
{
	return msg_typed_again(msg, HDR_VIA);
}
static inline const struct name_addr *msg_from(struct sip_msg *msg)
{
	return msg_typed_again(msg, HDR_FROM);
}
static inline const struct name_addr *msg_to(struct sip_msg *msg)
{
	return msg_typed_again(msg, HDR_TO);
}
static inline const struct sip_cseq *msg_cseq(struct sip_msg *msg)
{
	return msg_typed_again(msg, HDR_CSEQ);
}
/** The canonical AOR of To; .p NULL if there is none, or memory is short. */
struct slice msg_to_aor(struct sip_msg *msg);
/** First value of any header that holds addresses: Contact, Route, Refer-To, …; NULL for others. */
const struct name_addr *msg_name_addr(struct sip_msg *msg, enum hdr_id id);
static inline struct slice msg_call_id(const struct sip_msg *msg)
{
	return msg_value(msg, HDR_CALL_ID);
}
/** -1 if absent, -EBADMSG as is if malformed. */
int64_t msg_max_forwards(struct sip_msg *msg);
int64_t msg_expires(struct sip_msg *msg);
/** The first value in the rest of a Contact header of a REGISTER, as sip_msg_check() has read it:
 *  *rest moves behind it. NULL: there is none, it was edited, or it is to be parsed again.
 *  *next begins as msg->contacts. */
const struct sip_contact *msg_take_contact(const struct msg_contact **next, struct slice *rest);

/** Value of CSeq (RFC 3261 20.16); 0 or -EBADMSG with why, also for numbers from 2**31
 *  (8.1.1.5). Slices point into s. */
int sip_cseq_parse(struct slice s, struct sip_cseq *out, struct sip_defect *why);

#endif
