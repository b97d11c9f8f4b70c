/*
 * core/net/train.c - see train.h.
 *
 * A peer's messages are added to the last train to that peer or to none, so that none of
 * them overtakes another.
 */
#include "core/net/train.h"

#include "utils/err.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#define SLOTS        128u		/* a power of two, more than trains can be */
#define CAR_MAX      1200u		/* beyond that the path may ask for fragments */
#define TRAIN_BYTES  60000u		/* below what one datagram may be */

struct coupling {			/* a train that is being made */
	unsigned last, count, bytes, size;
	bool     is_full;
};

struct yard {
	struct sip_out *const *outs;
	unsigned        count;		/* trains */
	struct coupling trains[TRAIN_OUTS];
	uint8_t         next[TRAIN_OUTS];	/* out behind this one in its train */
	uint8_t         first[TRAIN_OUTS];	/* by train */
	uint8_t         slots[SLOTS];	/* the last train to a peer, + 1 */
};

static unsigned slot_of(const struct sip_hop *hop)
{
	uint32_t ip;

	memcpy(&ip, hop->remote.ip.bytes + (hop->remote.ip.family == 6 ? 12 : 0), sizeof(ip));
	return (ip * 2654435761u ^ hop->remote.port * 40503u) >> 3 & (SLOTS - 1);
}

static bool is_same_way(const struct sip_hop *a, const struct sip_hop *b)
{
	return sock_addr_eq(&a->remote, &b->remote) && sock_addr_eq(&a->local, &b->local);
}

/* The slot of the last train to that peer, or the free one where it will be noted. */
static uint8_t *slot_for(struct yard *yard, const struct sip_hop *hop)
{
	unsigned at = slot_of(hop);

	for (; yard->slots[at]; at = (at + 1) & (SLOTS - 1))
		if (is_same_way(hop, &yard->outs[yard->first[yard->slots[at] - 1]]->hop))
			break;
	return &yard->slots[at];
}

static bool fits(const struct coupling *c, size_t len)
{
	return !c->is_full && len > 0 && len <= c->size && c->bytes + len <= TRAIN_BYTES;
}

/*
 * What stays on this machine is not cut by a device but by the one who takes it. If nobody
 * does, ICMP speaks of the first alone, and whoever sent one of the others waits for nothing
 * (RFC 3261 18.4). Nobody waits for what becomes of a response.
 */
static bool goes_alone(const struct sip_out *out)
{
	struct slice bytes = slice_of(out->bytes->data, out->bytes->len);

	return bytes.len > CAR_MAX ||
	    (!slice_starts(bytes, SLICE("SIP/2.0 ")) && ip_is_loopback(&out->hop.remote.ip));
}

static void begin(struct yard *yard, unsigned i, uint8_t *slot)
{
	size_t len = yard->outs[i]->bytes->len;

	yard->first[yard->count] = (uint8_t)i;
	yard->trains[yard->count++] = (struct coupling){
		.last = i, .count = 1, .bytes = (unsigned)len, .size = (unsigned)len,
		.is_full = goes_alone(yard->outs[i]),
	};
	*slot = (uint8_t)yard->count;
}

static void add(struct yard *yard, unsigned i)
{
	size_t len = yard->outs[i]->bytes->len;
	uint8_t *slot = slot_for(yard, &yard->outs[i]->hop);
	struct coupling *c = *slot ? &yard->trains[*slot - 1] : NULL;

	if (!c || !fits(c, len) || goes_alone(yard->outs[i])) {
		begin(yard, i, slot);
		return;
	}
	yard->next[c->last] = (uint8_t)i;
	c->last = i;
	c->count++;
	c->bytes += (unsigned)len;
	c->is_full = len < c->size;
}

unsigned train_couple(struct sip_out **outs, unsigned count, struct train *trains)
{
	struct yard yard;
	struct sip_out *sorted[TRAIN_OUTS];
	unsigned at = 0;

	lcs_assert(count <= TRAIN_OUTS);
	yard.outs = outs;
	yard.count = 0;
	memset(yard.slots, 0, sizeof(yard.slots));
	for (unsigned i = 0; i < count; i++)
		add(&yard, i);
	for (unsigned t = 0; t < yard.count; t++) {
		trains[t] = (struct train){ at, yard.trains[t].count };
		for (unsigned n = 0, i = yard.first[t]; n < yard.trains[t].count; n++) {
			sorted[at++] = outs[i];
			i = yard.next[i];
		}
	}
	memcpy(outs, sorted, count * sizeof(*outs));
	return yard.count;
}

bool train_is_possible(int fd)
{
	int none = 0;

	return setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof(none)) == 0;
}
