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

static uint64_t call_hash(struct sip_msg *msg)
{
	const struct sip_cseq *cseq = msg_cseq(msg);
	const struct name_addr *from = msg_from(msg);
	uint64_t seq = cseq ? cseq->seq : 0;
	const struct slice pieces[] = { msg_call_id(msg), of_number(&seq),
	    from ? from->uri.text : SLICE_NULL, from ? from->tag : SLICE_NULL };

	return siphash_pieces(siphash_boot_key(), pieces, 4, 0);
}

/* ACK and CANCEL look for their INVITE. */
static bool is_invite_like(const struct sip_msg *msg)
{
	return msg->method == METHOD_INVITE || msg->method == METHOD_ACK ||
	    msg->method == METHOD_CANCEL;
}

/*
 * Without a branch the Request-URI helps; not the rest of the Via, of which the ACK of
 * such a client has only the sent-by in common for sure. Host names and hexadecimal
 * addresses compare without case (19.1.4).
 */
static uint64_t branch_hash(const struct sip_msg *msg, const struct sip_via *via, bool has_cookie)
{
	uint64_t port = via->port ? via->port : transport_default_port(via->transport);
	uint64_t method = is_invite_like(msg) ? METHOD_INVITE : msg->method, numbers;
	/* What has no number goes by its name, at the end. */
	const struct slice pieces[] = { via->host, of_number(&numbers),
	    has_cookie ? via->branch : msg->request_uri, msg->method_text };

	numbers = port | method << 16;
	return siphash_pieces(siphash_boot_key(), pieces, method == METHOD_OTHER ? 4 : 3, 1u << 0);
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
	const struct name_addr *to;

	*out = (struct tm_key){ .call = call_hash(msg), .flow = msg->from.flow };
	if (out->flow)
		out->peer = peer_hash(&msg->from.remote.ip);
	if (!via)
		return;
	out->has_cookie = via_has_cookie(via);
	out->branch = branch_hash(msg, via, out->has_cookie);
	if (out->has_cookie)
		return;
	to = msg_to(msg);
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
