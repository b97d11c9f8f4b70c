/*
 * auth - digest authentication: challenges, nonces, the check of a response.
 *
 * Secrets come from elsewhere: from the script (pv_www_authenticate) or from
 * auth_db. Algorithms SHA-256 and MD5 (RFC 8760), qop=auth.
 */
#include "modules/auth/auth.h"

/* $err, too: a script that brakes the guessing of passwords counts the wrong ones alone. */
static enum fn_status answer(struct lcs_call *call, enum auth_verdict verdict)
{
	call->ret = value_bool(verdict == AUTH_OK);
	lcs_set_err(call->ctx, auth_verdict_word(verdict));
	return FN_DONE;
}

static struct slice ha1_of(struct arena *arena, const struct auth_asked *a, struct slice realm,
    struct slice secret, bool is_ha1)
{
	const struct slice pieces[] = { a->cred.username, SLICE(":"), realm, SLICE(":"), secret };
	char *hex;

	if (is_ha1)
		return secret;
	hex = arena_bytes(arena, 2 * DIGEST_MAX_BYTES);
	if (!hex || digest_hex(a->alg, pieces, 5, hex) != 0)
		return SLICE_NULL;
	return slice_of(hex, 2 * digest_size(a->alg));
}

/* argv: realm, secret, flags (1: the secret is HA1 in hex). */
static enum fn_status authenticate(struct lcs_call *call, bool proxy)
{
	struct auth *auth = call->shared;
	struct auth_asked asked;
	struct slice realm = call->argv[0].s, ha1;
	enum auth_verdict verdict = auth_find(auth, call->ctx, proxy, realm, &asked);

	if (verdict != AUTH_OK)
		return answer(call, verdict);
	ha1 = ha1_of(lcs_arena(call->ctx), &asked, asked.cred.realm, call->argv[1].s,
	    call->argv[2].i & 1);
	if (!ha1.p)
		return FN_FAILED;
	return answer(call, auth_check(auth, call->ctx, &asked, ha1));
}

static enum fn_status fn_www_authenticate(struct lcs_call *call)
{
	return authenticate(call, false);
}

static enum fn_status fn_proxy_authenticate(struct lcs_call *call)
{
	return authenticate(call, true);
}

static bool is_stale(struct lcs_ctx *ctx, struct auth *auth, bool proxy, struct slice realm)
{
	struct auth_asked asked;

	if (auth_find(auth, ctx, proxy, realm, &asked) != AUTH_OK)
		return false;
	/* An old nonce or a used count: the client need not ask its user again. Only right
	 * answers have their count used up, so a wrong password is not taken for that. */
	return nonce_look(&auth->nonces, asked.cred.nonce, loop_wall(worker_loop()),
	    auth_conf_of(auth, ctx)->nonce_expire / 1000,
	    auth_nonce_count(asked.cred.nc)) != NONCE_FRESH;
}

static enum fn_status challenge(struct lcs_call *call, bool proxy)
{
	struct slice realm = call->argv[0].s;
	int err = auth_challenge(call->shared, call->ctx, proxy, realm,
	    is_stale(call->ctx, call->shared, proxy, realm));

	return fn_bool(call, err == 0);
}

static enum fn_status fn_www_challenge(struct lcs_call *call)
{
	return challenge(call, false);
}

static enum fn_status fn_proxy_challenge(struct lcs_call *call)
{
	return challenge(call, true);
}

/* REGISTER is answered by a registrar (401), all else by a proxy (407). */
static enum fn_status fn_auth_challenge(struct lcs_call *call)
{
	return challenge(call, lcs_method(call->ctx) != METHOD_REGISTER);
}

static enum fn_status fn_consume(struct lcs_call *call)
{
	struct slice realm = call->argv[0].s;

	if (auth_consume(call->ctx, false, realm) != 0 || auth_consume(call->ctx, true, realm) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

/* ---- for other protocols ---- */

static const struct auth_conf *conf_now(const struct auth *auth)
{
	return lcs_conf(auth->mod, gen_peek());
}

static enum auth_verdict read_value(struct auth *auth, struct arena *arena, struct slice value,
    struct slice realm, struct auth_asked *out)
{
	return auth_read(conf_now(auth), arena, value, realm, out);
}

static enum auth_verdict judge(struct auth *auth, const struct auth_asked *asked,
    struct slice method, struct slice ha1_hex)
{
	return auth_judge(auth, conf_now(auth), asked, method, ha1_hex, clock_wall());
}

static unsigned offers(struct auth *auth, struct arena *arena, struct slice realm, bool stale,
    struct slice values[AUTH_OFFERS_MAX])
{
	const struct auth_conf *conf = conf_now(auth);
	const struct { bool is_on; struct slice name; } algs[] = { { conf->sha256, SLICE("SHA-256") },
	    { conf->md5, SLICE("MD5") } };
	struct buf *b = buf_new(512);
	char nonce[NONCE_CHARS];
	const struct auth_offer offer = { realm, slice_of(nonce, sizeof(nonce)), conf->qop, stale };
	unsigned n = 0;

	nonce_make(&auth->nonces, clock_wall(), nonce);
	for (unsigned i = 0; b && i < 2; i++) {
		if (!algs[i].is_on)
			continue;
		buf_clear(b);
		auth_put_challenge(b, &offer, algs[i].name);
		values[n] = b->failed ? SLICE_NULL : arena_dup(arena, buf_slice(b));
		n += values[n].p != NULL;
	}
	buf_unref(&b);
	return n;
}

/* ---- parameters ---- */

static bool names(struct slice list, struct slice word)
{
	while (list.len)
		if (slice_eq_nocase(slice_trim(slice_split(&list, ',')), word))
			return true;
	return false;
}

static int check_conf(const void *conf, struct diag *diag)
{
	const struct auth_conf *c = conf;

	if (!names(c->algorithms, SLICE("MD5")) && !names(c->algorithms, SLICE("SHA-256")))
		return diag_error(diag, "algorithms",
		    "names none of the algorithms there are: SHA-256, MD5");
	return 0;
}

static int load(struct lcs_mod *mod)
{
	((struct auth *)lcs_shared(mod))->mod = mod;
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct auth *auth = lcs_shared(mod);
	struct auth_conf *c = conf;

	(void)next;
	c->md5 = names(c->algorithms, SLICE("MD5"));
	c->sha256 = names(c->algorithms, SLICE("SHA-256"));
	/* The ring of the first generation stays: nonces in flight must go on. */
	if (auth->nonces.slots)
		return 0;
	return nonces_init(&auth->nonces, (size_t)c->nonce_slots, c->secret);
}

static void unload(struct lcs_mod *mod)
{
	nonces_fini(&((struct auth *)lcs_shared(mod))->nonces);
}

/* ---- tables ---- */

static const struct auth_api api = {
	auth_find, auth_check, auth_challenge, read_value, judge, offers
};
static const struct lcs_iface ifaces[] = { { "auth", 1, &api }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_DURATION(struct auth_conf, nonce_expire, "300s", 1000, 86400000, "s",
	    "how long a nonce may be used"),
	{ "nonce_slots", VALUE_INT, LCS_AT(struct auth_conf, nonce_slots, int64_t), "65536", 1024,
	  16777216, "nonces whose use is remembered at a time; older ones are stale", NULL, NULL,
	  PARAM_NEEDS_RESTART },
	PARAM_SECRET_STRING(struct auth_conf, secret, "",
	    "key for nonces; set the same on several servers, else each start makes its own"),
	PARAM_STRING(struct auth_conf, algorithms, "SHA-256, MD5",
	    "algorithms that are offered, of SHA-256 and MD5; SHA-256 is put first"),
	PARAM_STRING(struct auth_conf, md5_only, "baresip v1., Purple/, SIPp",
	    "how User-Agent begins for clients that give up when they see SHA-256: they are "
	    "offered MD5 alone"),
	PARAM_WORD(struct auth_conf, qop, "auth", "auth|", "quality of protection that is offered"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "pv_www_authenticate(realm: str, secret: str, flags: int = 0) -> bool",
	  fn_www_authenticate, IN_REQUEST, FUNC_MUST_CHECK,
	  "check Authorization against a password (flags 1: HA1 in hex); true if it is right" },
	{ "pv_proxy_authenticate(realm: str, secret: str, flags: int = 0) -> bool",
	  fn_proxy_authenticate, IN_REQUEST, FUNC_MUST_CHECK,
	  "the same for Proxy-Authorization" },
	{ "www_challenge(realm: str, flags: int = 0) -> bool", fn_www_challenge, IN_REQUEST,
	  FUNC_ENDS | FUNC_REPLIES, "answer 401 with a challenge; stale=true if only the nonce was old" },
	{ "proxy_challenge(realm: str, flags: int = 0) -> bool", fn_proxy_challenge, IN_REQUEST,
	  FUNC_ENDS | FUNC_REPLIES, "answer 407 with a challenge" },
	{ "auth_challenge(realm: str, flags: int = 0) -> bool", fn_auth_challenge, IN_REQUEST,
	  FUNC_ENDS | FUNC_REPLIES, "the same as digest_challenge(), for old scripts" },
	{ "digest_challenge(realm: str, flags: int = 0) -> bool", fn_auth_challenge, IN_REQUEST,
	  FUNC_ENDS | FUNC_REPLIES, "answer 401 to REGISTER and 407 to everything else" },
	{ "consume_credentials(realm: str = \"\") -> bool", fn_consume, IN_REQUEST, 0,
	  "drop the credentials of a realm (empty: all) so that they are not relayed" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_local, challenges, STAT_COUNTER, "challenges sent"),
	LCS_STAT(struct auth_local, accepted, STAT_COUNTER, "right responses"),
	LCS_STAT(struct auth_local, copies, STAT_COUNTER,
	    "of them requests that came again over UDP, their answer being lost"),
	LCS_STAT(struct auth_local, wrong, STAT_COUNTER, "wrong responses"),
	LCS_STAT(struct auth_local, stale, STAT_COUNTER,
	    "right responses with an old, unknown or repeated nonce"),
	LCS_STAT(struct auth_local, malformed, STAT_COUNTER, "credentials that make no sense"),
	{ 0 }
};

LCS_MODULE(auth,
	.summary = "digest authentication (RFC 7616, RFC 8760)",
	.conf_size = sizeof(struct auth_conf),
	.local_size = sizeof(struct auth_local),
	.shared_size = sizeof(struct auth),
	.params = params,
	.funcs = funcs,
	.ifaces = ifaces,
	.stats = stats,
	.load = load,
	.check = check_conf,
	.prepare = prepare,
	.unload = unload,
	.manual =
	    "A check that is not true says why in $err: `wrong` (the password does not fit, or\n"
	    "nobody has that name), `stale` (the password fits, the nonce is old), `malformed`; null:\n"
	    "there were no credentials. Count `wrong` alone to put a brake on guessing:\n"
	    "\n"
	    "    modparam(\"htable\", \"htable\", \"wrong=>autoexpire=900;updateexpire=0;\");\n"
	    "    ...\n"
	    "    if (($sht(wrong=>$snet) ?? 0) >= 30) {     # an IPv6 host has a whole network\n"
	    "        sl_send_reply(403, \"Too many wrong passwords\", [\"Retry-After: 900\"]);\n"
	    "        exit;\n"
	    "    }\n"
	    "    if (!digest_authenticate(DOMAIN)) {\n"
	    "        if ($err == \"wrong\") incr($sht(wrong=>$snet));\n"
	    "        digest_challenge(DOMAIN);\n"
	    "        exit;\n"
	    "    }\n"
	    "\n"
	    "The shipped configurations count for address and user together, too, so that who mistypes\n"
	    "a password does not shut out others behind the same address.\n",
);
