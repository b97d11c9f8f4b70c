/*
 * modules/auth/challenge.c - 401 and 407 with one challenge per algorithm (RFC 8760 2.4).
 */
#include "modules/auth/auth.h"

#include <errno.h>

/* A part of it before each character that wants a backslash, most often the whole. */
static void put_escaped(struct buf *b, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		buf_put(b, slice_of(s.p + from, i - from));
		buf_put_char(b, '\\');
		from = i;
	}
	buf_put(b, slice_skip(s, from));
}

void auth_put_challenge(struct buf *b, const struct auth_offer *offer, struct slice alg)
{
	buf_put(b, SLICE("Digest realm=\""));
	put_escaped(b, offer->realm);
	buf_put(b, SLICE("\", nonce=\""));
	buf_put(b, offer->nonce);
	buf_put(b, SLICE("\", algorithm="));
	buf_put(b, alg);
	if (offer->qop.len) {
		buf_put(b, SLICE(", qop=\""));
		buf_put(b, offer->qop);
		buf_put_char(b, '"');
	}
	if (offer->stale)
		buf_put(b, SLICE(", stale=true"));
}

static void put_line(struct buf *b, bool proxy, const struct auth_offer *offer, struct slice alg)
{
	buf_put(b, proxy ? SLICE("Proxy-Authenticate: ") : SLICE("WWW-Authenticate: "));
	auth_put_challenge(b, offer, alg);
	buf_put(b, SLICE("\r\n"));
}

/* Some clients give up at the sight of an algorithm that they do not know, instead of taking
 * the next challenge (RFC 8760 2.4); they say in User-Agent who they are. */
static bool knows_md5_alone(const struct auth_conf *conf, struct lcs_ctx *ctx)
{
	struct slice agent = msg_value(lcs_msg(ctx), HDR_USER_AGENT), rest = conf->md5_only;

	while (agent.len && rest.len) {
		struct slice begin = slice_trim(slice_split(&rest, ','));

		if (begin.len && slice_starts_nocase(agent, begin))
			return true;
	}
	return false;
}

int auth_challenge(struct auth *auth, struct lcs_ctx *ctx, bool proxy, struct slice realm,
    bool stale)
{
	const struct auth_conf *conf = auth_conf_of(auth, ctx);
	struct response_parts parts = { .status = proxy ? 407 : 401 };
	char nonce[NONCE_CHARS];
	const struct auth_offer offer = { realm, slice_of(nonce, sizeof(nonce)), conf->qop, stale };
	struct buf *lines = buf_new(512);
	int err = -ENOMEM;

	if (!lines)
		return err;
	nonce_make(&auth->nonces, loop_wall(worker_loop()), nonce);
	if (conf->sha256 && !(conf->md5 && knows_md5_alone(conf, ctx)))
		put_line(lines, proxy, &offer, SLICE("SHA-256"));
	if (conf->md5)
		put_line(lines, proxy, &offer, SLICE("MD5"));
	parts.extra_lines = buf_slice(lines);
	if (!lines->failed)
		err = lcs_respond(ctx, &parts);
	buf_unref(&lines);
	lcs_count(&((struct auth_local *)lcs_local(auth->mod))->challenges);
	return err;
}
