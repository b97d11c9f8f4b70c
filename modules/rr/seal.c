/*
 * modules/rr/seal.c - see seal.h.
 */
#include "modules/rr/seal.h"

#include "utils/digest.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <endian.h>
#include <errno.h>

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

const struct store_schema seal_schema = { "rr", steps, stmts };

/* ---- the key ---- */

static int from_text(struct slice text, struct siphash_key *key)
{
	unsigned char bytes[DIGEST_MAX_BYTES];

	if (digest(DIGEST_SHA256, &text, 1, bytes) != 0)
		return -ENOMEM;
	memcpy(key, bytes, sizeof(*key));
	return 0;
}

struct reading { struct siphash_key *key; bool found; };

static void take_row(void *arg, const struct value *cells, unsigned columns)
{
	struct reading *r = arg;

	lcs_assert(columns == 1);
	r->found = cells[0].type == VALUE_STRING && cells[0].s.len &&
	    from_text(cells[0].s, r->key) == 0;
}

static bool read_key(struct siphash_key *key)
{
	struct reading r = { key, false };

	return store_run_now(&stmts[STMT_GET], NULL, take_row, &r) > 0 && r.found;
}

/* Another node may do the same at this moment: what is there afterwards counts. */
static void make_key(void)
{
	unsigned char bytes[32];
	char text[2 * sizeof(bytes)];
	struct value arg;

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(text, bytes, sizeof(bytes));
	arg = value_string(slice_of(text, sizeof(text)));
	store_run_now(&stmts[STMT_PUT], &arg, NULL, NULL);
}

/* The same at each reload. */
static void key_of_process(struct siphash_key *key)
{
	key->k0 = siphash(siphash_boot_key(), SLICE("rr seal 0"));
	key->k1 = siphash(siphash_boot_key(), SLICE("rr seal 1"));
}

void seal_key(struct slice secret, struct siphash_key *key)
{
	if (secret.len && from_text(secret, key) == 0)
		return;
	if (store_is_on() && read_key(key))
		return;
	if (store_is_on()) {
		make_key();
		if (read_key(key))
			return;
		log_warning("rr", "the store keeps no key: dialogs that are open now cannot go on after "
		    "a restart. Set modparam(\"rr\", \"secret\", ...), or mend the store");
	}
	key_of_process(key);
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
