/*
 * parser/auth.h - credentials and challenges of the Digest scheme (RFC 3261 22, RFC 7616, RFC 8760).
 */
#ifndef PARSER_AUTH_H
#define PARSER_AUTH_H

#include "parser/defect.h"
#include "utils/arena.h"

struct auth_credentials {
	struct slice scheme;		/* "Digest", "NTLM", … */
	struct slice username, realm, nonce, uri, response, cnonce, opaque, algorithm, qop;
	struct slice nc;		/* eight hex digits as written */
	struct slice params;		/* all of it, for other schemes */
};

/** Values are unquoted (into the arena where backslashes were). */
int auth_credentials_parse(struct arena *a, struct slice value,
    struct auth_credentials *out, struct sip_defect *why);

#endif
