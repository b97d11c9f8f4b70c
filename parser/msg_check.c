/*
 * parser/msg_check.c - is this a SIP message one may look at (RFC 3261 8.1.1, 8.2, 16.3)?
 */
#include "parser/msg_view.h"

#include "parser/quick.h"
#include "parser/scan.h"
#include "parser/token.h"

#include <errno.h>

static int check_version(struct sip_msg *msg, struct sip_defect *why)
{
	if (token_is_word(msg->version, SLICE("SIP/2.0")))
		return 0;
	return sip_defect_status(why, msg->version, 505, "SIP version is not 2.0");
}

/* By name: who reads the answer has the sender's message before him, not ours. */
static const char *const twice[HDR_KNOWN] = {
#define HDR(id, name, compact, kind) [HDR_##id] = name " is there twice",
	HDR_TABLE(HDR)
#undef HDR
};

static int check_once(struct sip_msg *msg, struct sip_defect *why)
{
	const struct hdr *h;

	if (msg->duplicate == MSG_NO_HDR)
		return 0;
	h = &msg->hdrs[msg->duplicate];
	return sip_defect(why, h->line, twice[h->id]);
}

/* The view's own defect says where; the header is named here. */
static int check_typed(struct sip_msg *msg, enum hdr_id id, const char *absent,
    const char *malformed, struct sip_defect *why)
{
	int err = msg_ask(msg, id, why);

	if (err == -ENOENT)
		return sip_defect(why, SLICE_NULL, absent);
	if (err == -EBADMSG && why)
		why->reason = malformed;
	return err;
}

/* Who passes a response on does not read its From and To: they are the request's. */
static int check_party(struct sip_msg *msg, enum hdr_id id, const char *absent,
    const char *malformed, struct sip_defect *why)
{
	if (!msg->is_request && msg_hdr(msg, id))
		return 0;
	return check_typed(msg, id, absent, malformed, why);
}

/* The cookie alone names no transaction (RFC 4475 3.2.1). */
static int check_branch(struct sip_msg *msg, struct sip_defect *why)
{
	const struct sip_via *via = msg_via(msg);

	if (via && token_is_word(via->branch, SLICE(VIA_COOKIE)))
		return sip_defect(why, via->branch, "Via branch is the bare magic cookie");
	return 0;
}

static bool has_lws(struct slice s)
{
	while (s.len > 0 && !token_is(*s.p, TOKEN_LWS))
		s = slice_skip(s, 1);
	return s.len > 0;
}

static int check_call_id(struct sip_msg *msg, struct sip_defect *why)
{
	const struct hdr *h = msg_hdr(msg, HDR_CALL_ID);

	if (!h)
		return sip_defect(why, SLICE_NULL, "Call-ID missing");
	if (h->value.len > 0 && (!scan_has_upto(h->value, ' ') || !has_lws(h->value)))
		return 0;
	return sip_defect(why, h->value, "Call-ID malformed");
}

/* A method that nobody knows may have rules of its own; 501 ages better than 400. */
static int check_method(struct sip_msg *msg, struct sip_defect *why)
{
	const struct sip_cseq *cseq = msg_cseq(msg);

	if (!cseq || slice_eq(cseq->method_text, msg->method_text))
		return 0;
	return sip_defect_status(why, cseq->method_text, msg->method == METHOD_OTHER ? 501 : 400,
	    "CSeq method is not the request's");
}

static int check_max_forwards(struct sip_msg *msg, struct sip_defect *why)
{
	if (msg_max_forwards(msg) == -EBADMSG)
		return sip_defect(why, msg_value(msg, HDR_MAX_FORWARDS),
		    "Max-Forwards is not a number up to 255");
	return 0;
}

/* A Request-URI carries no headers (19.1.1); whether its scheme is spoken here
 * is for the proxy or registrar to say (416). */
static int check_request_uri(struct sip_msg *msg, struct sip_defect *why)
{
	const struct sip_uri *uri;
	int err = msg_ask_uri(msg, why);

	if (err == -EBADMSG && why)
		why->reason = "Request-URI malformed";
	if (err)
		return err;
	uri = msg_request_uri(msg);
	if (uri->headers.len > 0)
		return sip_defect(why, uri->headers, "Request-URI with headers");
	return 0;
}

struct msg_contact {
	const struct msg_contact *next;
	struct slice              value;
	struct sip_contact        contact;
};

#define CONTACTS_KEPT 16u		/* a list as long as a message would take all its memory */

const struct sip_contact *msg_take_contact(const struct msg_contact **next, struct slice *rest)
{
	const struct msg_contact *c = *next;
	const char *p = rest->p, *end = slice_end(*rest);

	while (p < end && (*p == ',' || token_is(*p, TOKEN_LWS)))
		p++;
	if (!c || c->value.p != p)
		return NULL;
	*next = c->next;
	*rest = slice_between(slice_end(c->value), end);
	return &c->contact;
}

/* Who reads it next need not parse it again; if memory is short he does, as with those behind
 * CONTACTS_KEPT. */
static int check_contact(struct sip_msg *msg, struct slice value,
    const struct msg_contact ***tail, struct sip_defect *why)
{
	struct msg_contact *kept = *tail ? arena_alloc(msg->arena, sizeof(*kept)) : NULL, other;
	struct msg_contact *c = kept ? kept : &other;
	int err = sip_contact_read(value, &c->contact, why);

	if (err || !kept) {
		*tail = NULL;
		return err;
	}
	kept->next = NULL;
	kept->value = value;
	**tail = kept;
	*tail = &kept->next;
	return 0;
}

/* Only a registrar uses Contact itself; others pass on what they do not need. */
static int check_contacts(struct sip_msg *msg, struct sip_defect *why)
{
	const struct msg_contact **tail = &msg->contacts;
	unsigned n = 0;

	for (const struct hdr *h = msg_hdr(msg, HDR_CONTACT); h; h = msg_hdr_next(msg, h)) {
		struct slice rest = h->value, value;

		while (hdr_next_value(&rest, &value)) {
			if (n++ == CONTACTS_KEPT)
				tail = NULL;
			if (check_contact(msg, value, &tail, why) == 0)
				continue;
			if (why)
				why->reason = "Contact malformed";
			return -EBADMSG;
		}
	}
	return 0;
}

static int check_mandatory(struct sip_msg *msg, struct sip_defect *why)
{
	int err = check_typed(msg, HDR_VIA, "Via missing", "Via malformed", why);

	if (!err)
		err = check_branch(msg, why);
	if (!err)
		err = check_party(msg, HDR_FROM, "From missing", "From malformed", why);
	if (!err)
		err = check_party(msg, HDR_TO, "To missing", "To malformed", why);
	if (!err)
		err = check_call_id(msg, why);
	if (!err)
		err = check_typed(msg, HDR_CSEQ, "CSeq missing", "CSeq malformed", why);
	return err;
}

static int check_all(struct sip_msg *msg, struct sip_defect *why)
{
	int err = check_version(msg, why);

	if (!err)
		err = check_once(msg, why);
	if (!err)
		err = check_mandatory(msg, why);
	if (!err && msg->is_request)
		err = check_method(msg, why);
	if (!err)
		err = check_max_forwards(msg, why);
	if (!err && msg->is_request)
		err = check_request_uri(msg, why);
	if (!err && msg->is_request && msg->method == METHOD_REGISTER)
		err = check_contacts(msg, why);
	return err;
}

int sip_msg_check(struct sip_msg *msg, struct sip_defect *why)
{
	int err = check_all(msg, why);

	if (err == -EBADMSG && why && !msg->is_request)
		why->status = 0;	/* nobody answers a response */
	return err;
}
