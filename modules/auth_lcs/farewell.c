/*
 * modules/auth_lcs/farewell.c - tell a client that it is signed off, and why.
 *
 * A NOTIFY without a subscription, as LCS sends it. It goes out signed like everything else,
 * and the connection is closed behind it; an answer is not waited for.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>

#define FAREWELL_BYTES 768u

/* The event says what a client does next, the reason what its user reads. */
static const struct { struct slice body, reason; } farewells[] = {
	[AUTH_LCS_USER_DISABLED] = { SLICE_INIT("deregistered;event=rejected"),
	    SLICE_INIT("4141;reason=\"User disabled\"") },
	[AUTH_LCS_USER_GONE] = { SLICE_INIT("deregistered;event=rejected"),
	    SLICE_INIT("1003;reason=\"This sign-in name does not exist any more\"") },
	[AUTH_LCS_SIGNED_OFF] = { SLICE_INIT("deregistered;event=unregistered"),
	    SLICE_INIT("4141;reason=\"Signed off by an administrator\"") },
};

static void put_token(struct buf *b)
{
	unsigned char random[8];

	rand_bytes(random, sizeof(random));
	buf_put_hex(b, random, sizeof(random));
}

static void put_aor(struct buf *b, const struct sa *sa)
{
	buf_put(b, SLICE("sip:"));
	buf_put(b, sa->name);
	buf_put_char(b, '@');
	buf_put(b, sa->domain);
}

static void put_via(struct buf *b, const struct sip_hop *hop)
{
	char text[300];

	buf_put(b, SLICE("Via: SIP/2.0/"));
	buf_put(b, transport_via_name(hop->transport));
	buf_put_char(b, ' ');
	buf_put(b, net_sent_by(hop, text));
	buf_put(b, SLICE(";branch=z9hG4bK"));
	put_token(b);
	buf_put(b, SLICE("\r\n"));
}

static void put_head(struct buf *b, const struct sa *sa, const struct sip_hop *hop)
{
	buf_put(b, SLICE("NOTIFY "));
	put_aor(b, sa);
	buf_put(b, SLICE(" SIP/2.0\r\n"));
	put_via(b, hop);
	buf_put(b, SLICE("Max-Forwards: 70\r\nFrom: <"));
	put_aor(b, sa);
	buf_put(b, SLICE(">;tag="));
	put_token(b);
	buf_put(b, SLICE("\r\nTo: <"));
	put_aor(b, sa);
	buf_put(b, SLICE(">;epid="));
	buf_put(b, sa->epid);
	buf_put(b, SLICE("\r\nCall-ID: "));
	put_token(b);
	buf_put(b, SLICE("\r\nCSeq: 1 NOTIFY\r\nEvent: registration-notify\r\n"
	    "subscription-state: terminated;expires=0\r\n"));
}

static void write_notify(struct buf *b, const struct sa *sa, const struct sip_hop *hop,
    enum auth_lcs_farewell why)
{
	put_head(b, sa, hop);
	buf_put(b, SLICE("ms-diagnostics-public: "));
	buf_put(b, farewells[why].reason);
	buf_put(b, SLICE("\r\nContent-Type: text/registration-event\r\nContent-Length: "));
	buf_put_u64(b, farewells[why].body.len);
	buf_put(b, SLICE("\r\n\r\n"));
	buf_put(b, farewells[why].body);
}

int sa_farewell(const struct sa *sa, enum auth_lcs_farewell why)
{
	struct sip_out *out = sip_out_new();

	if (!out)
		return -ENOMEM;
	out->bytes = buf_new(FAREWELL_BYTES);
	if (out->bytes && flow_hop(sa->flow, &out->hop))
		write_notify(out->bytes, sa, &out->hop, why);
	if (!out->bytes || out->bytes->failed || out->bytes->len == 0) {
		sip_out_unref(&out);
		return -ENOMEM;
	}
	out->close_after = true;
	net_send(&out);
	return 0;
}
