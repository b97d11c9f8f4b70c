/*
 * modules/rr/token.c - see token.h.
 */
#include "modules/rr/token.h"

#include "utils/hex.h"
#include "utils/siphash.h"

#define MARK 'f'

static uint64_t mac_of(flow_id flow)
{
	struct { char use[8]; flow_id flow; } seed = { "rrflow", flow };

	return siphash(siphash_boot_key(), slice_of((const char *)&seed, sizeof(seed)));
}

void flow_token_text(flow_id flow, char text[FLOW_TOKEN_CHARS])
{
	uint64_t mac = mac_of(flow);

	text[0] = MARK;
	hex_encode(text + 1, &flow, sizeof(flow));
	hex_encode(text + 1 + 2 * sizeof(flow), &mac, sizeof(mac));
}

bool flow_token_read(struct slice user, flow_id *flow)
{
	uint64_t mac;

	if (user.len != FLOW_TOKEN_CHARS || user.p[0] != MARK ||
	    hex_decode(flow, sizeof(*flow), slice_of(user.p + 1, 16)) != 0 ||
	    hex_decode(&mac, sizeof(mac), slice_of(user.p + 17, 16)) != 0)
		return false;
	return mac == mac_of(*flow);
}

void flow_token_hop(flow_id flow, enum sip_transport t, struct sip_hop *out)
{
	if (!flow_hop(flow, out))
		*out = (struct sip_hop){ .transport = t > TRANSPORT_UDP ? t : TRANSPORT_TCP,
		    .flow = flow };
}
