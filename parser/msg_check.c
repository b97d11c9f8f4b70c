/*
 * parser/msg_check.c - is this a SIP message one may look at (RFC 3261 8.1.1, 8.2, 16.3)?
 */
#include "parser/msg_view.h"

#include "parser/token.h"

#include <errno.h>

static int check_version(struct sip_msg *msg, struct sip_defect *why)
{
	if (slice_eq(msg->version, SLICE("SIP/2.0")) ||
	    slice_eq_nocase(msg->version, SLICE("SIP/2.0")))
		return 0;
	return sip_defect_status(why, msg->version, 505, "SIP version is not 2.0");
}

static int check_once(struct sip_msg *msg, struct sip_defect *why)
{
	const struct hdr *h;

	if (msg->duplicate == MSG_NO_HDR)
		return 0;
	h = &msg->hdrs[msg->duplicate];
	return sip_defect(why, h->line, "Header that must be single is there twice");
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

	if (via && slice_eq_nocase(via->branch, SLICE(VIA_COOKIE)))
		return sip_defect(why, via->branch, "Via branch is the bare magic cookie");
	return 0;
}

static int check_call_id(struct sip_msg *msg, struct sip_defect *why)
{
	const struct hdr *h = msg_hdr(msg, HDR_CALL_ID);

	if (!h)
		return sip_defect(why, SLICE_NULL, "Call-ID missing");
	for (size_t i = 0; i < h->value.len; i++)
		if (token_is(h->value.p[i], TOKEN_LWS))
			return sip_defect(why, h->value, "Call-ID malformed");
	return h->value.len > 0 ? 0 : sip_defect(why, h->value, "Call-ID malformed");
}

/* A method that nobody knows may have rules of its own; 501 ages better than 400. */
static int check_method(struct sip_msg *msg, struct sip_defect *why)
{
	const struct sip_cseq *cseq = msg_cseq(msg);

	if (!msg->is_request || !cseq || slice_eq(cseq->method_text, msg->method_text))
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

	if (err == -ENOENT)
		return 0;
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

/* Who reads it next need not parse it again; if memory is short he does. */
static const struct msg_contact **keep_contact(struct sip_msg *msg, struct slice value,
    const struct sip_contact *contact, const struct msg_contact **tail)
{
	struct msg_contact *kept = arena_alloc(msg->arena, sizeof(*kept));

	if (!kept)
		return tail;
	*kept = (struct msg_contact){ NULL, value, *contact };
	*tail = kept;
	return &kept->next;
}

const struct sip_contact *msg_contact(const struct msg_contact **next, struct slice value)
{
	const struct msg_contact *c = *next;

	if (!c || c->value.p != value.p || c->value.len != value.len)
		return NULL;
	*next = c->next;
	return &c->contact;
}

/* Only a registrar uses Contact itself; others pass on what they do not need. */
static int check_contacts(struct sip_msg *msg, struct sip_defect *why)
{
	const struct msg_contact **tail = &msg->contacts;
	unsigned n = 0;

	if (msg->method != METHOD_REGISTER || !msg->is_request)
		return 0;
	for (const struct hdr *h = msg_hdr(msg, HDR_CONTACT); h; h = msg_hdr_next(msg, h)) {
		struct slice rest = h->value, value;
		struct sip_contact contact;

		while (hdr_next_value(&rest, &value)) {
			if (sip_contact_parse(value, &contact, why) != 0) {
				if (why)
					why->reason = "Contact malformed";
				return -EBADMSG;
			}
			if (n++ < CONTACTS_KEPT)
				tail = keep_contact(msg, value, &contact, tail);
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

int sip_msg_check(struct sip_msg *msg, struct sip_defect *why)
{
	static int (*const checks[])(struct sip_msg *, struct sip_defect *) = {
		check_version, check_once, check_mandatory, check_method,
		check_max_forwards, check_request_uri, check_contacts,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		int err = checks[i](msg, why);

		if (err == -EBADMSG && why && !msg->is_request)
			why->status = 0;	/* nobody answers a response */
		if (err)
			return err;
	}
	return 0;
}
