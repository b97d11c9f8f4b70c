/*
 * test/scene/credentials.c - an agent answers the last challenge it got (RFC 2617, RFC 7616).
 */
#include "test/scene/scene.h"

#include "parser/auth.h"
#include "utils/digest.h"

#define CNONCE "0123456789abcdef"

static const struct got *last_challenge(const struct agent *a)
{
	const struct got *found = NULL;

	for (const struct got *g = a->got; g; g = g->next)
		if (g->msg && (g->msg->status == 401 || g->msg->status == 407))
			found = g;
	return found;
}

static struct slice hashed(enum digest_alg alg, const char *text)
{
	struct slice s = slice_str(text);
	char hex[2 * DIGEST_MAX_BYTES];

	digest_hex(alg, &s, 1, hex);
	return copy_of(slice_of(hex, 2 * digest_size(alg)));
}

/* Counts up for each nonce, as 7616 3.4 wants; one counter does for all agents. */
static unsigned next_count(struct slice nonce)
{
	static struct slice last;
	static unsigned count;

	count = slice_eq(nonce, last) ? count + 1 : 1;
	last = copy_of(nonce);
	return count;
}

struct slice agent_credentials(const struct agent *a, struct slice user, struct slice password,
    struct slice method, struct slice uri)
{
	const struct got *g = last_challenge(a);
	bool proxy = g && g->msg->status == 407;
	struct arena *arena = arena_new(0);
	struct auth_credentials c;
	struct slice ha1, ha2, response, line = SLICE_NULL;
	enum digest_alg alg;
	unsigned nc;

	if (!g || auth_credentials_parse(arena, msg_value(g->msg, proxy ? HDR_PROXY_AUTHENTICATE :
	    HDR_WWW_AUTHENTICATE), &c, NULL) != 0)
		goto done;
	alg = slice_eq_nocase(c.algorithm, SLICE("SHA-256")) ? DIGEST_SHA256 : DIGEST_MD5;
	nc = next_count(c.nonce);
	ha1 = hashed(alg, text_of("%.*s:%.*s:%.*s", SLICE_ARG(user), SLICE_ARG(c.realm),
	    SLICE_ARG(password)));
	ha2 = hashed(alg, text_of("%.*s:%.*s", SLICE_ARG(method), SLICE_ARG(uri)));
	response = hashed(alg, c.qop.len ?
	    text_of("%.*s:%.*s:%08x:" CNONCE ":auth:%.*s", SLICE_ARG(ha1), SLICE_ARG(c.nonce), nc,
	    SLICE_ARG(ha2)) :
	    text_of("%.*s:%.*s:%.*s", SLICE_ARG(ha1), SLICE_ARG(c.nonce), SLICE_ARG(ha2)));
	line = slice_str(text_of("%s: Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"%.*s\", "
	    "uri=\"%.*s\", response=\"%.*s\"%s%.*s%s",
	    proxy ? "Proxy-Authorization" : "Authorization", SLICE_ARG(user), SLICE_ARG(c.realm),
	    SLICE_ARG(c.nonce), SLICE_ARG(uri), SLICE_ARG(response),
	    c.algorithm.len ? ", algorithm=" : "", SLICE_ARG(c.algorithm),
	    c.qop.len ? text_of(", qop=auth, nc=%08x, cnonce=\"" CNONCE "\"", nc) : ""));
done:
	arena_free(&arena);
	return line;
}
