/*
 * core/sip/via.c - the Via of what we send (RFC 3261 16.6, item 8; 18.1.1).
 */
#include "core/sip/api.h"

#include <errno.h>

struct via {				/* in the message's arena */
	struct sip_hop hop;
	bool           is_known;
	struct slice   branch;
};

static const struct slice heads[TRANSPORT_COUNT] = {
	[TRANSPORT_NONE] = SLICE_INIT("Via: SIP/2.0/ "),
	[TRANSPORT_UDP] = SLICE_INIT("Via: SIP/2.0/UDP "),
	[TRANSPORT_TCP] = SLICE_INIT("Via: SIP/2.0/TCP "),
	[TRANSPORT_TLS] = SLICE_INIT("Via: SIP/2.0/TLS "),
};

void lcs_put_via(struct buf *out, const struct sip_hop *hop, struct slice branch)
{
	char text[300];

	buf_put(out, heads[hop->transport]);
	buf_put(out, net_sent_by(hop, text));
	buf_put(out, hop->transport == TRANSPORT_UDP ? SLICE(";rport;branch=") : SLICE(";branch="));
	buf_put(out, branch);
	buf_put(out, SLICE("\r\n"));
}

static void write_via(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	const struct via *via = edit->arg;

	lcs_put_via(out, via->is_known ? &via->hop : hop, via->branch);
}

int lcs_add_via(struct arena *a, const struct sip_edit **last, struct slice branch,
    const struct sip_hop *hop)
{
	struct via *via = arena_alloc(a, sizeof(*via));

	if (!via || !branch.p)
		return -ENOMEM;
	via->branch = branch;
	via->is_known = hop != NULL;
	if (hop)
		via->hop = *hop;
	return edit_late(a, last, EDIT_AT_TOP, write_via, via);
}
