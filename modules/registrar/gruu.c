/*
 * modules/registrar/gruu.c - one instance of a user by name: public GRUUs (RFC 5627).
 *
 * sip:alice@example.com;gr=urn:uuid:... means the instance, on whichever connection it is.
 */
#include "modules/registrar/registrar.h"

/* +sip.instance="<urn:uuid:...>": the brackets are no part of the name. */
static struct slice bare(struct slice instance)
{
	if (instance.len > 2 && instance.p[0] == '<' && instance.p[instance.len - 1] == '>')
		return slice_of(instance.p + 1, instance.len - 2);
	return instance;
}

/* RFC 3261 25.1: what may stand in a URI parameter as it is. */
static bool may_stand(char c)
{
	const struct slice others = SLICE("-_.!~*'()[]/:&+$");

	return is_alnum(c) || slice_find(others, c) < others.len;
}

static void put_escaped(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (may_stand(s.p[i])) {
			buf_put_char(b, s.p[i]);
			continue;
		}
		buf_put_char(b, '%');
		buf_put_char(b, digits[c >> 4]);
		buf_put_char(b, digits[c & 15]);
	}
}

void gruu_put(struct buf *b, struct slice aor, struct slice instance)
{
	buf_put(b, SLICE(";pub-gruu=\"sip:"));
	buf_put(b, aor);
	buf_put(b, SLICE(";gr="));
	put_escaped(b, bare(instance));
	buf_put_char(b, '"');
}

bool gruu_asked(struct arena *arena, const struct sip_uri *uri, struct slice *instance)
{
	struct slice value;

	if (!sip_uri_param(uri, SLICE("gr"), &value))
		return false;
	*instance = bare(uri_unescape(arena, value));
	return true;
}

bool gruu_is_of(struct slice asked, struct slice instance)
{
	return asked.len > 0 && slice_eq_nocase(asked, bare(instance));
}
