/*
 * modules/tm/key.c - see key.h.
 */
#include "modules/tm/key.h"

#include "utils/siphash.h"

#define SEED_BYTES 512u

/*
 * What goes into a hash, one piece behind the other with its length, so that
 * "ab","c" is not "a","bc". Pieces that do not fit are hashed by themselves.
 */
struct seed { size_t len; char bytes[SEED_BYTES]; };

static void put_bytes(struct seed *seed, const void *p, size_t len)
{
	memcpy(seed->bytes + seed->len, p, len);
	seed->len += len;
}

static void put(struct seed *seed, struct slice s)
{
	uint32_t len = (uint32_t)s.len;
	uint64_t hash;

	if (seed->len + sizeof(len) + sizeof(hash) > SEED_BYTES)
		return;			/* cannot be: there are few pieces, and long ones shrink */
	put_bytes(seed, &len, sizeof(len));
	if (s.len <= 96) {
		if (s.len && seed->len + s.len <= SEED_BYTES)
			put_bytes(seed, s.p, s.len);
		return;
	}
	hash = siphash(siphash_boot_key(), s);
	put_bytes(seed, &hash, sizeof(hash));
}

/* Host names and hexadecimal addresses compare without case (19.1.4). */
static void put_nocase(struct seed *seed, struct slice s)
{
	size_t from;

	if (s.len > 96) {
		uint64_t hash = siphash_nocase(siphash_boot_key(), s);

		put(seed, slice_of((const char *)&hash, sizeof(hash)));
		return;
	}
	from = seed->len;
	put(seed, s);
	for (size_t i = from + sizeof(uint32_t); i < seed->len; i++)
		seed->bytes[i] = ascii_lower(seed->bytes[i]);
}

static uint64_t hash_of(const struct seed *seed)
{
	return siphash(siphash_boot_key(), slice_of(seed->bytes, seed->len));
}

static uint64_t call_hash(struct sip_msg *msg)
{
	const struct sip_cseq *cseq = msg_cseq(msg);
	const struct name_addr *from = msg_from(msg);
	struct seed seed;

	seed.len = 0;
	put(&seed, msg_call_id(msg));
	if (cseq)
		put_bytes(&seed, &cseq->seq, sizeof(cseq->seq));
	if (from) {
		put(&seed, from->uri.text);
		put(&seed, from->tag);
	}
	return hash_of(&seed);
}

static void put_sent_by(struct seed *seed, const struct sip_via *via)
{
	uint16_t port = via->port ? via->port : transport_default_port(via->transport);

	put_nocase(seed, via->host);
	put_bytes(seed, &port, sizeof(port));
}

/* ACK and CANCEL look for their INVITE. */
static bool is_invite_like(const struct sip_msg *msg)
{
	return msg->method == METHOD_INVITE || msg->method == METHOD_ACK ||
	    msg->method == METHOD_CANCEL;
}

/* Without a branch the Request-URI helps; not the rest of the Via, of which the ACK of
 * such a client has only the sent-by in common for sure. */
static uint64_t branch_hash(const struct sip_msg *msg, const struct sip_via *via)
{
	struct seed seed;

	seed.len = 0;
	put_sent_by(&seed, via);
	put(&seed, is_invite_like(msg) ? SLICE("INVITE") : msg->method_text);
	put(&seed, via_has_cookie(via) ? via->branch : msg->request_uri);
	return hash_of(&seed);
}

uint64_t tm_key_tag(struct slice tag)
{
	if (tag.len == 0)
		return 0;
	return siphash(siphash_boot_key(), tag) | 1;
}

/* Only to tell peers apart that have the rest in common. */
static uint32_t peer_hash(const struct ip_addr *ip)
{
	return (uint32_t)siphash(siphash_boot_key(),
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
	out->branch = branch_hash(msg, via);
	out->has_cookie = via_has_cookie(via);
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
