/*
 * core/store/kept_key.c - see kept_key.h.
 */
#include "core/store/kept_key.h"

#include "utils/digest.h"
#include "utils/err.h"
#include "utils/hex.h"
#include "utils/log.h"
#include "utils/rand.h"
#include "utils/siphash.h"

static bool from_text(struct slice text, unsigned char key[KEPT_KEY_BYTES])
{
	return text.len && digest(DIGEST_SHA256, &text, 1, key) == 0;
}

struct reading { unsigned char *key; bool found; };

static void take_row(void *arg, const struct value *cells, unsigned columns)
{
	struct reading *r = arg;

	lcs_assert(columns == 1);
	r->found = cells[0].type == VALUE_STRING && from_text(cells[0].s, r->key);
}

static bool read_key(const struct kept_key_place *place, unsigned char key[KEPT_KEY_BYTES])
{
	struct reading r = { key, false };

	return store_run_now(place->get, NULL, take_row, &r) > 0 && r.found;
}

/* Another node may do the same at this moment: what is there afterwards counts. */
static void make_key(const struct kept_key_place *place)
{
	unsigned char bytes[KEPT_KEY_BYTES];
	char text[2 * sizeof(bytes)];
	struct value arg;

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(text, bytes, sizeof(bytes));
	arg = value_string(slice_of(text, sizeof(text)));
	store_run_now(place->put, &arg, NULL, NULL);
}

static void key_of_process(const char *name, unsigned char key[KEPT_KEY_BYTES])
{
	for (unsigned i = 0; i < KEPT_KEY_BYTES / sizeof(uint64_t); i++) {
		char number[] = { (char)('0' + i) };
		const struct slice pieces[] = { SLICE("kept key"), slice_str(name),
		    slice_of(number, sizeof(number)) };
		uint64_t word = siphash_pieces(siphash_boot_key(), pieces, 3, 0);

		memcpy(key + i * sizeof(word), &word, sizeof(word));
	}
}

void kept_key_get(const struct kept_key_place *place, struct slice given,
    unsigned char key[KEPT_KEY_BYTES])
{
	if (from_text(given, key))
		return;
	if (store_is_on() && read_key(place, key))
		return;
	if (store_is_on()) {
		make_key(place);
		if (read_key(place, key))
			return;
		log_warning("store", "the store does not keep the key of %s: %s. Set the parameter for "
		    "it, or mend the store", place->name, place->loss);
	}
	key_of_process(place->name, key);
}
