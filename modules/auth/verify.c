/*
 * modules/auth/verify.c - Digest credentials: find them, judge them (RFC 7616 3.4, RFC 8760).
 */
#include "modules/auth/auth.h"

#include "utils/hex.h"

#include <errno.h>

static enum hdr_id header(bool proxy)
{
	return proxy ? HDR_PROXY_AUTHORIZATION : HDR_AUTHORIZATION;
}

/* An algorithm that we would have offered; the default is MD5 (RFC 7616 3.4). */
static bool algorithm_of(const struct auth_conf *conf, struct slice word, enum digest_alg *alg)
{
	if (!word.len || slice_eq_nocase(word, SLICE("MD5"))) {
		*alg = DIGEST_MD5;
		return conf->md5;
	}
	*alg = DIGEST_SHA256;
	return conf->sha256 && slice_eq_nocase(word, SLICE("SHA-256"));
}

static bool is_complete(const struct auth_asked *a)
{
	const struct auth_credentials *c = &a->cred;

	if (!c->username.len || !c->nonce.len || !c->uri.len ||
	    c->response.len != 2 * digest_size(a->alg))
		return false;
	if (!c->qop.len)
		return true;
	return slice_eq_nocase(c->qop, SLICE("auth")) && c->nc.len == 8 && c->cnonce.len;
}

static void split_user(struct auth_asked *a)
{
	a->domain = a->cred.username;
	a->username = slice_split(&a->domain, '@');
}

enum auth_verdict auth_read(const struct auth_conf *conf, struct arena *arena, struct slice value,
    struct slice realm, struct auth_asked *out)
{
	struct auth_asked a = { 0 };

	if (!slice_starts_nocase(value, SLICE("Digest")))
		return AUTH_NO_CREDENTIALS;
	if (auth_credentials_parse(arena, value, &a.cred, NULL) != 0)
		return AUTH_BAD;
	if (realm.len && !slice_eq(a.cred.realm, realm))
		return AUTH_NO_CREDENTIALS;
	if (!algorithm_of(conf, a.cred.algorithm, &a.alg))
		return AUTH_NO_CREDENTIALS;
	if (!is_complete(&a))
		return AUTH_BAD;
	split_user(&a);
	*out = a;
	return AUTH_OK;
}

enum auth_verdict auth_find(struct auth *auth, struct lcs_ctx *ctx, bool proxy,
    struct slice realm, struct auth_asked *out)
{
	struct sip_view view = lcs_view(ctx);
	enum auth_verdict verdict = AUTH_NO_CREDENTIALS;
	struct hdr_ref h = { 0 };

	while (view_next_hdr(&view, header(proxy), SLICE_NULL, &h)) {
		enum auth_verdict one = auth_read(auth_conf_of(auth, ctx), lcs_arena(ctx), h.value,
		    realm, out);

		if (one == AUTH_OK)
			return one;
		if (one == AUTH_BAD)
			verdict = one;
	}
	return verdict;
}

/* Long ones are nobody's habit. */
static int request_hex(struct auth_request *last, enum digest_alg alg, struct slice method,
    struct slice uri, char hex[2 * DIGEST_MAX_BYTES])
{
	const struct slice pieces[] = { method, SLICE(":"), uri };
	size_t len = method.len + 1 + uri.len;
	char text[sizeof(last->text)], *at = text;

	if (!last || len > sizeof(text))
		return digest_hex(alg, pieces, 3, hex);
	for (unsigned i = 0; i < 3; i++)
		slice_put(&at, pieces[i]);
	if (last->len != len || last->alg != alg || memcmp(last->text, text, len) != 0) {
		last->len = 0;
		if (digest_hex(alg, pieces, 3, last->hex) != 0)
			return -EIO;
		memcpy(last->text, text, len);
		last->len = len;
		last->alg = alg;
	}
	memcpy(hex, last->hex, sizeof(last->hex));
	return 0;
}

static int expected_response(struct auth_request *last, const struct auth_asked *a,
    struct slice method, struct slice ha1, unsigned char out[DIGEST_MAX_BYTES])
{
	const struct auth_credentials *c = &a->cred;
	const struct slice colon = SLICE(":");
	char ha2[2 * DIGEST_MAX_BYTES];
	struct slice ha2_hex = slice_of(ha2, 2 * digest_size(a->alg));

	if (request_hex(last, a->alg, method, c->uri, ha2) != 0)
		return -EIO;
	if (!c->qop.len) {
		const struct slice old[] = { ha1, colon, c->nonce, colon, ha2_hex };

		return digest(a->alg, old, 5, out);
	}
	const struct slice all[] = { ha1, colon, c->nonce, colon, c->nc, colon, c->cnonce, colon,
	    c->qop, colon, ha2_hex };

	return digest(a->alg, all, 11, out);
}

uint32_t auth_nonce_count(struct slice nc)
{
	unsigned char bytes[4];

	if (nc.len != 8 || hex_decode(bytes, 4, nc) != 0)
		return 0;
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	    bytes[3];
}

static bool response_is_right(struct auth_request *last, struct slice method,
    const struct auth_asked *asked, struct slice ha1_hex)
{
	unsigned char want[DIGEST_MAX_BYTES], got[DIGEST_MAX_BYTES];
	size_t len = digest_size(asked->alg);

	return hex_decode(got, len, asked->cred.response) == 0 &&
	    expected_response(last, asked, method, ha1_hex, want) == 0 &&
	    digest_equal(slice_of((char *)want, len), slice_of((char *)got, len));
}

/* last: the worker's, or NULL. */
static enum auth_verdict judge_response(struct auth_request *last, const struct auth_asked *asked,
    struct slice method, struct slice ha1_hex)
{
	if (asked->cred.qop.len && auth_nonce_count(asked->cred.nc) == 0)
		return AUTH_BAD;
	return response_is_right(last, method, asked, ha1_hex) ? AUTH_OK : AUTH_WRONG;
}

/* Only whoever knows the secret may use up a nonce-count. */
static enum nonce_state use(struct auth *auth, const struct auth_conf *conf,
    const struct auth_asked *asked, int64_t now, uint64_t mark)
{
	uint32_t nc = asked->cred.qop.len ? auth_nonce_count(asked->cred.nc) : 0;

	return nonce_use(&auth->nonces, asked->cred.nonce, now, conf->nonce_expire / 1000, nc, mark);
}

enum auth_verdict auth_judge(struct auth *auth, const struct auth_conf *conf,
    const struct auth_asked *asked, struct slice method, struct slice ha1_hex, int64_t now)
{
	enum auth_verdict verdict = judge_response(NULL, asked, method, ha1_hex);

	if (verdict != AUTH_OK)
		return verdict;
	return use(auth, conf, asked, now, 0) == NONCE_FRESH ? AUTH_OK : AUTH_STALE;
}

/*
 * A request over UDP whose answer was lost comes again, byte by byte. One without a transaction
 * is known by who has answered it (a binding, a dialog); so its use of the nonce must be known,
 * too, or the client would be asked again (RFC 3261 17.2.2). From elsewhere, or with one byte
 * changed, it is somebody else's. An INVITE has its transaction.
 */
static uint64_t mark_of(struct lcs_ctx *ctx)
{
	const struct sip_msg *msg = lcs_msg(ctx);
	const struct sock_addr *from = &msg->from.remote;
	const struct slice pieces[] = { msg->raw,
	    slice_of((const char *)from->ip.bytes, sizeof(from->ip.bytes)),
	    slice_of((const char *)&from->port, sizeof(from->port)) };

	if (msg->method == METHOD_INVITE || msg->from.transport != TRANSPORT_UDP)
		return 0;
	return siphash_pieces(siphash_boot_key(), pieces, 3, 0) | 1;
}

static bool may_use(struct auth *auth, struct lcs_ctx *ctx, const struct auth_asked *asked)
{
	struct auth_local *stats = lcs_local(auth->mod);
	enum nonce_state state = use(auth, auth_conf_of(auth, ctx), asked,
	    loop_wall(worker_loop()), asked->cred.qop.len ? mark_of(ctx) : 0);

	stats->copies += state == NONCE_COPY;
	return state == NONCE_FRESH || state == NONCE_COPY;
}

static void count(struct auth_local *stats, enum auth_verdict verdict)
{
	stats->malformed += verdict == AUTH_BAD;
	stats->wrong += verdict == AUTH_WRONG;
	stats->stale += verdict == AUTH_STALE;
}

enum auth_verdict auth_check(struct auth *auth, struct lcs_ctx *ctx,
    const struct auth_asked *asked, struct slice ha1_hex)
{
	struct auth_local *stats = lcs_local(auth->mod);
	enum auth_verdict verdict = judge_response(&stats->last, asked, lcs_msg(ctx)->method_text,
	    ha1_hex);

	if (verdict == AUTH_OK && !may_use(auth, ctx, asked))
		verdict = AUTH_STALE;
	count(stats, verdict);
	if (verdict != AUTH_OK)
		return verdict;
	/* Not from the header again later: who may send several can put another's name first. */
	if (lcs_set_identity(ctx, asked->username, asked->domain.len ? asked->domain :
	    asked->cred.realm) != 0)
		return AUTH_STALE;	/* the client comes again */
	stats->accepted++;
	return AUTH_OK;
}

int auth_consume(struct lcs_ctx *ctx, bool proxy, struct slice realm)
{
	struct sip_view view = lcs_view(ctx);
	struct hdr_ref h = { 0 };

	while (view_next_hdr(&view, header(proxy), SLICE_NULL, &h)) {
		struct auth_credentials cred;

		if (auth_credentials_parse(lcs_arena(ctx), h.value, &cred, NULL) != 0 ||
		    (realm.len && !slice_eq(cred.realm, realm)))
			continue;
		if (edit_drop(lcs_arena(ctx), lcs_edits(ctx), &h) != 0)
			return -1;
	}
	return 0;
}
