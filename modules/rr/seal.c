/*
 * modules/rr/seal.c - see seal.h.
 */
#include "modules/rr/seal.h"

#include "utils/hex.h"

#include <endian.h>

static const struct store_step steps[] = {
#include "modules/rr/schema.gen.h"
	{ 0 }
};

enum { STMT_GET, STMT_PUT };

static const struct store_stmt stmts[] = {
	[STMT_GET] = { "key_get", "select value from rr_key where id = 1", "", "s", NULL },
	[STMT_PUT] = { "key_put", "insert into rr_key(id, value) values (1, ?)", "s", NULL, NULL },
	{ 0 }
};

const struct store_schema seal_schema = { "rr", steps, stmts, STORE_LOCAL };

/* ---- the key ---- */

void seal_key(struct slice secret, struct siphash_key *key)
{
	static const struct kept_key_place place = { "rr", &stmts[STMT_GET], &stmts[STMT_PUT],
	    "dialogs that are open now cannot go on after a restart" };
	unsigned char bytes[KEPT_KEY_BYTES];

	kept_key_get(&place, secret, bytes);
	memcpy(key, bytes, sizeof(*key));
}

/* ---- the mark ---- */

#define TEXT_BYTES 96u			/* of what is longer the hash goes in */
#define PUT_BYTES  (sizeof(uint32_t) + TEXT_BYTES)

static char *put(char *at, const struct siphash_key *key, struct slice s)
{
	uint32_t len = htole32((uint32_t)s.len);
	uint64_t sum;

	memcpy(at, &len, sizeof(len));
	at += sizeof(len);
	if (s.len > TEXT_BYTES) {
		sum = htole64(siphash(key, s));
		memcpy(at, &sum, sizeof(sum));
		return at + sizeof(sum);
	}
	if (s.len)
		memcpy(at, s.p, s.len);
	return at + s.len;
}

/* Lengths stand in front of the texts, so that none can be taken for another's end. */
static uint64_t mac_of(const struct siphash_key *key, const struct sealed *what)
{
	char bytes[3 * PUT_BYTES + 1], *at = bytes;

	*at++ = what->is_double;
	at = put(at, key, what->call_id);
	at = put(at, key, what->tag);
	at = put(at, key, what->user);
	return siphash(key, slice_between(bytes, at));
}

void seal_text(const struct siphash_key *key, const struct sealed *what, char text[SEAL_CHARS])
{
	uint64_t mac = mac_of(key, what);

	hex_encode(text, &mac, sizeof(mac));
}

bool seal_is_right(const struct siphash_key *key, const struct sealed *what, struct slice text)
{
	uint64_t mac;

	return text.len == SEAL_CHARS && hex_decode(&mac, sizeof(mac), text) == 0 &&
	    mac == mac_of(key, what);
}
