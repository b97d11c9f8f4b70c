/*
 * modules/registrar/temp_gruu.h - temporary GRUUs (RFC 5627 3.1.2): sip:tgruu.TOKEN@domain;gr.
 *
 * Who has one reaches the instance and learns neither its user nor its name, nor which other
 * ones are of the same. Nothing is stored: the token is the user, the instance and the Call-ID
 * of the registration, sealed with a key of ours. So it is valid as long as there is a binding
 * of that instance made by that Call-ID (5.3); a refresh brings a new one, beside the old ones.
 */
#ifndef MODULES_REGISTRAR_TEMP_GRUU_H
#define MODULES_REGISTRAR_TEMP_GRUU_H

#include "modules/usrloc/usrloc_api.h"

struct temp_gruu {			/* what one says */
	struct slice aor;		/* "user@host" */
	uint64_t     instance, call_id;	/* hashes by the key */
};

/** Make the key of a generation: secret, or what the store keeps. Control thread. */
void temp_gruu_key(struct slice secret, unsigned char key[KEPT_KEY_BYTES]);

/** ;temp-gruu="..." of a binding: a new one for each CSeq. Nothing if it cannot be made (aor above
 *  255 bytes; OpenSSL refuses). */
void temp_gruu_put(struct buf *b, const unsigned char key[KEPT_KEY_BYTES], struct slice aor,
    const struct usrloc_binding *binding);

/** Read one; out->aor is in the arena. false: it is none that was made with this key. */
bool temp_gruu_read(struct arena *arena, const unsigned char key[KEPT_KEY_BYTES],
    const struct sip_uri *uri, struct temp_gruu *out);

/** Was it given to this binding, and is it still valid as far as the Call-ID tells? */
bool temp_gruu_is_of(const struct temp_gruu *gruu, const unsigned char key[KEPT_KEY_BYTES],
    const struct usrloc_binding *binding);

extern const struct store_schema temp_gruu_schema;

#endif
