/*
 * modules/rr/seal.h - the mark that shows a Route of ours to belong to a dialog.
 *
 * Requests inside a dialog are relayed without a question who sent them: an ACK cannot be
 * challenged, and others seldom are. So a To tag and a Route that names us must not be
 * enough, or anybody could send anything anywhere by way of us. Our Record-Route carries a
 * MAC over Call-ID and the tag of whoever began; only the ends of the dialog know it. Nor may
 * they use it for other targets than each other, as far as we know those: the MAC covers the
 * connection that the value names, and whether the value is one of two.
 */
#ifndef MODULES_RR_SEAL_H
#define MODULES_RR_SEAL_H

#include "core/lcs.h"
#include "utils/siphash.h"

#define SEAL_CHARS 16u

/** Control thread. The key is made from secret; if that is empty, the store keeps one, and
 *  without a store it lives as long as the process. */
void seal_key(struct slice secret, struct siphash_key *key);

/* What is sealed. */
struct sealed {
	struct slice call_id, tag;	/* of the dialog; of who began it */
	struct slice user;		/* of our URI: the token of a connection, or empty */
	bool         is_double;		/* r2 is in it */
};

/** The text is not terminated. */
void seal_text(const struct siphash_key *key, const struct sealed *what, char text[SEAL_CHARS]);
bool seal_is_right(const struct siphash_key *key, const struct sealed *what, struct slice text);

extern const struct store_schema seal_schema;

#endif
