/*
 * modules/tm/key.c - see key.h.
 */
#include "modules/tm/key.h"

#include "utils/siphash.h"

/* Numbers go in as eight bytes. */
static struct slice of_number(const uint64_t *n)
{
	return slice_of((const char *)n, sizeof(*n));
}

/* ACK and CANCEL look for their INVITE. */
static bool is_invite_like(const struct sip_msg *msg)
{
	return msg->method == METHOD_INVITE || msg->method == METHOD_ACK ||
	    msg->method == METHOD_CANCEL;
}

/* What is hashed, in order: what tells the branch, then what tells the call. */
enum part { HOST, PORT_METHOD, BRANCH, CALL_ID, SEQ, FROM, TAG, METHOD_NAME, PARTS };

struct parts {
	struct slice texts[PARTS];
	uint64_t     seq, port_method;
};

/*
 * Without a branch the Request-URI helps; not the rest of the Via, of which the ACK of
 * such a client has only the sent-by in common for sure.
 */
static void put_branch(struct parts *p, struct sip_msg *msg, const struct sip_via *via,
    bool has_cookie)
{
	uint64_t method = is_invite_like(msg) ? METHOD_INVITE : msg->method;

	if (!via) {
		for (enum part i = HOST; i < CALL_ID; i++)
			p->texts[i] = SLICE_NULL;
		return;
	}
	p->port_method = (via->port ? via->port : transport_default_port(via->transport)) |
	    method << 16;
	p->texts[HOST] = via->host;
	p->texts[PORT_METHOD] = of_number(&p->port_method);
	p->texts[BRANCH] = has_cookie ? via->branch : msg->request_uri;
}

static void put_call(struct parts *p, struct sip_msg *msg)
{
	const struct sip_cseq *cseq = msg_cseq(msg);
	const struct name_addr *from = msg_from(msg);

	p->seq = cseq ? cseq->seq : 0;
	p->texts[CALL_ID] = msg_call_id(msg);
	p->texts[SEQ] = of_number(&p->seq);
	p->texts[FROM] = from ? from->uri.text : SLICE_NULL;
	p->texts[TAG] = from ? from->tag : SLICE_NULL;
}

/* Host names and hexadecimal addresses compare without case (19.1.4). */
static void hash_invite(const struct parts *p, struct tm_key *out)
{
	out->branch = siphash_pieces(siphash_boot_key(), &p->texts[HOST], CALL_ID, 1u << HOST);
	out->call = siphash_pieces(siphash_boot_key(), &p->texts[CALL_ID], METHOD_NAME - CALL_ID, 0);
}

/* Nothing of it is ever looked for alone. A method without a number goes by its name. */
static void hash_whole(struct parts *p, const struct sip_msg *msg, struct tm_key *out)
{
	bool is_other = msg->method == METHOD_OTHER;

	p->texts[METHOD_NAME] = msg->method_text;
	out->call = siphash_pieces(siphash_boot_key(), p->texts, is_other ? PARTS : METHOD_NAME,
	    1u << HOST);
}

uint64_t tm_key_tag(struct slice tag)
{
	if (tag.len == 0)
		return 0;
	return siphash_quick(siphash_boot_key(), tag) | 1;
}

/* Only to tell peers apart that have the rest in common. */
static uint32_t peer_hash(const struct ip_addr *ip)
{
	return (uint32_t)siphash_quick(siphash_boot_key(),
	    slice_of((const char *)ip->bytes, sizeof(ip->bytes)));
}

void tm_key_make(struct sip_msg *msg, struct tm_key *out)
{
	const struct sip_via *via = msg_via(msg);
	bool has_cookie = via && via_has_cookie(via);
	const struct name_addr *to;
	struct parts parts;

	*out = (struct tm_key){ .flow = msg->from.flow, .has_cookie = has_cookie };
	if (out->flow)
		out->peer = peer_hash(&msg->from.remote.ip);
	put_branch(&parts, msg, via, has_cookie);
	put_call(&parts, msg);
	if (is_invite_like(msg))
		hash_invite(&parts, out);
	else
		hash_whole(&parts, msg, out);
	to = has_cookie || !via ? NULL : msg_to(msg);
	if (to)
		out->to_tag = tm_key_tag(to->tag);
}

/*
 * Clients that guess the same branch sit on different connections. A peer may
 * have lost its connection and come again on another, from the same address.
 */
static bool is_same_peer(const struct tm_key *a, const struct tm_key *b)
{
	if (a->flow == b->flow || a->flow == 0 || b->flow == 0)
		return true;
	return a->peer == b->peer;
}

static bool is_same_branch(const struct tm_key *a, const struct tm_key *b)
{
	return a->branch == b->branch && a->has_cookie == b->has_cookie && is_same_peer(a, b);
}

bool tm_key_is_copy(const struct tm_key *mine, const struct tm_key *other)
{
	return is_same_branch(mine, other) && mine->to_tag == other->to_tag;
}

bool tm_key_is_ack(const struct tm_key *mine, uint64_t answered, const struct tm_key *ack)
{
	if (!is_same_branch(mine, ack))
		return false;
	return mine->has_cookie || ack->to_tag == answered;
}

bool tm_key_is_cancel(const struct tm_key *mine, const struct tm_key *cancel)
{
	return is_same_branch(mine, cancel) && mine->to_tag == cancel->to_tag;
}
