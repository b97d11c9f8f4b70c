/*
 * modules/dirsync/entry.c - which user an address of the directory means.
 */
#include "modules/dirsync/dirsync.h"

#include <errno.h>

#define NAME_MAX_BYTES 128u		/* a column of the store */

/* RFC 3261 25.1 has no others in an address. */
static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* "sip:name@domain", or "name@domain" as in mail. */
int entry_aor(struct slice address, struct slice *aor, const char **why)
{
	struct slice rest = sip_text_bare(address);
	char text[4 + NAME_MAX_BYTES + 1 + DOMAIN_MAX_BYTES];
	struct sip_uri uri;

	*why = "its address is too long";
	if (rest.len > sizeof(text) - 4)
		return -EINVAL;
	memcpy(text, "sip:", 4);
	if (rest.len)
		memcpy(text + 4, rest.p, rest.len);
	*why = "its address is no SIP address";
	if (!is_printable(rest) || sip_uri_parse(slice_of(text, 4 + rest.len), &uri, NULL) != 0 ||
	    !uri.user.len || uri.port || uri.params.len || uri.headers.len || uri.password.len)
		return -EINVAL;
	*why = "its address is too long";
	if (uri.user.len > NAME_MAX_BYTES)
		return -EINVAL;
	*aor = rest;
	*why = NULL;
	return 0;
}
