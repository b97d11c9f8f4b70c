/*
 * modules/auth_lcs/creds.h - what a client says in Authorization: a token, a signature, or both.
 */
#ifndef MODULES_AUTH_LCS_CREDS_H
#define MODULES_AUTH_LCS_CREDS_H

#include "utils/slice.h"

struct lcs_creds {			/* borrowed from the header value */
	struct slice scheme;
	struct slice realm, targetname, opaque, qop;
	struct slice gssapi_data;	/* base64; empty and has_token: begin */
	struct slice crand, cnum, response;
	unsigned     version;		/* 2 if it says nothing */
	bool         has_token;
};

/**
 * Values are never escaped; what stands twice counts the first time.
 * @return 0, or -EBADMSG: no scheme, or not name=value with commas between, or a version
 *         that is no number
 */
int lcs_creds_parse(struct slice value, struct lcs_creds *out);

#endif
