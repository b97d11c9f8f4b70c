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

/**
 * Values are unquoted (into the arena where backslashes were). Digest has to be
 * well formed: name=value separated by commas, no name twice, nc of eight hex
 * digits; which of them must be there is for who checks them. Of other schemes
 * what can be read is taken.
 *
 * @return 0, -EBADMSG, -ENOMEM
 */
int auth_credentials_parse(struct arena *a, struct slice value,
    struct auth_credentials *out, struct sip_defect *why);

/**
 * Next "name=value" of params (also of a challenge's); the value keeps its
 * quotes. 1, 0 at the end, -EBADMSG if it is none.
 */
int auth_next_param(struct slice *rest, struct slice *name, struct slice *value);
/** The first of that name, case-blind and unquoted; false if absent or memory is short. */
bool auth_param(struct arena *a, struct slice params, struct slice name, struct slice *value);

#endif
