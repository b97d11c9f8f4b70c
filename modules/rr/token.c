/*
 * modules/rr/token.c - flow tokens. The key is that of this boot: connections do not
 * outlive the process either.
 */
#include "modules/rr/rr.h"

#include "utils/hex.h"
#include "utils/siphash.h"

#define FLOW_DIGITS     16
#define LISTENER_DIGITS 2
#define MAC_DIGITS      8
#define SIGNED_CHARS    (1 + FLOW_DIGITS + LISTENER_DIGITS)

static void put_hex(char *out, uint64_t v, unsigned digits)
{
	while (digits--) {
		out[digits] = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
}

static bool get_hex(const char *p, unsigned digits, uint64_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return false;
		*out = *out << 4 | (unsigned)d;
	}
	return true;
}

static uint32_t mac(const char *token)
{
	return (uint32_t)siphash(siphash_boot_key(), slice_of(token, SIGNED_CHARS));
}

void flow_token_write(char out[FLOW_TOKEN_CHARS], flow_id flow, uint16_t listener)
{
	out[0] = 'f';
	put_hex(out + 1, flow, FLOW_DIGITS);
	put_hex(out + 1 + FLOW_DIGITS, listener, LISTENER_DIGITS);
	put_hex(out + SIGNED_CHARS, mac(out), MAC_DIGITS);
}

bool flow_token_read(struct slice user, flow_id *flow, uint16_t *listener)
{
	uint64_t number, tag;

	if (user.len != FLOW_TOKEN_CHARS || user.p[0] != 'f' ||
	    !get_hex(user.p + SIGNED_CHARS, MAC_DIGITS, &tag) || tag != mac(user.p) ||
	    !get_hex(user.p + 1, FLOW_DIGITS, flow) ||
	    !get_hex(user.p + 1 + FLOW_DIGITS, LISTENER_DIGITS, &number))
		return false;
	*listener = (uint16_t)number;
	return true;
}
