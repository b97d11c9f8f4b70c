/*
 * modules/auth_lcs/handshake.c - lcs_authenticate(): a token is judged, and an association made.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "utils/base64.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>

#define TOKEN_MAX     65536u		/* bytes of a token */
#define VERSION_MAX   4u
#define SIGNED_LAST   4u		/* from this version on the last REGISTER is signed itself */

struct handshake {
	struct auth_lcs_handshake h;	/* first */
	const struct scheme      *scheme;
	struct auth_lcs          *lcs;
	struct lcs_creds          creds;
	bool                      waits;
};

/* ---- what the client says ---- */

static bool has_epid(struct lcs_ctx *ctx)
{
	const struct name_addr *from = msg_from(lcs_msg(ctx));
	struct slice epid;

	return from && hdr_param(from->params, SLICE("epid"), &epid) && epid.len;
}

enum fn_status auth_lcs_is_client(struct lcs_call *call)
{
	return fn_bool(call, has_epid(call->ctx));
}

static int decode_token(struct handshake *hs)
{
	struct slice text = hs->creds.gssapi_data;
	char *token;
	size_t len;

	if (text.len > BASE64_LEN(TOKEN_MAX))
		return -EBADMSG;
	token = arena_bytes(lcs_arena(hs->h.ctx), text.len / 4 * 3 + 1);
	if (!token)
		return -ENOMEM;
	if (base64_decode(token, &len, text) != 0)
		return -EBADMSG;
	hs->h.token = slice_of(token, len);
	return 0;
}

/* ---- the end of a handshake ---- */

static const struct { const char *err; size_t counter; } verdicts[] = {
	[AUTH_LCS_OK] = { NULL, offsetof(struct auth_lcs_local, accepted) },
	[AUTH_LCS_REFUSED] = { "refused", offsetof(struct auth_lcs_local, refused) },
	[AUTH_LCS_BAD] = { "malformed", offsetof(struct auth_lcs_local, malformed) },
	[AUTH_LCS_CLOCK] = { "clock", offsetof(struct auth_lcs_local, clock) },
	[AUTH_LCS_WEAK] = { "downgrade", offsetof(struct auth_lcs_local, downgrades) },
	[AUTH_LCS_DISABLED] = { "disabled", offsetof(struct auth_lcs_local, barred) },
	[AUTH_LCS_LOCKED] = { "locked", offsetof(struct auth_lcs_local, barred) },
	[AUTH_LCS_UNAVAILABLE] = { "unavailable", offsetof(struct auth_lcs_local, refused) },
};

/* Whatever the script answers, clients show their user what a Warning says. */
static void tell(const struct handshake *hs)
{
	struct slice name = auth_lcs_own_name(hs->lcs, hs->h.ctx);
	struct slice line = arena_printf(lcs_arena(hs->h.ctx), "Warning: 310 %.*s \"%s\"\r\n",
	    SLICE_ARG(name.len ? name : SLICE("lcs")), hs->h.told);

	if (line.p)
		lcs_append_to_response(hs->h.ctx, line);
}

static void report(const struct handshake *hs, const char *err)
{
	const char *why = hs->h.why ? hs->h.why : hs->h.told ? hs->h.told : err;

	lcs_set_err(hs->h.ctx, err);
	log_info("auth_lcs", "sign-in refused user=%.*s scheme=%.*s verdict=%s why=\"%s\"",
	    SLICE_ARG(hs->h.aor), SLICE_ARG(hs->scheme->ops->name), err, why);
	if (hs->h.told)
		tell(hs);
}

static struct value verdict(struct handshake *hs, enum auth_lcs_result result)
{
	char *stats = (char *)auth_lcs_stats(hs->lcs);

	lcs_count((uint64_t *)(void *)(stats + verdicts[result].counter));
	if (verdicts[result].err)
		report(hs, verdicts[result].err);
	return value_bool(result == AUTH_LCS_OK);
}

static struct slice make_opaque(struct arena *arena)
{
	unsigned char random[8];
	char *text = arena_bytes(arena, 2 * sizeof(random));

	if (!text)
		return SLICE_NULL;
	rand_bytes(random, sizeof(random));
	hex_encode(text, random, sizeof(random));
	return slice_of(text, 2 * sizeof(random));
}

static struct sa *make_sa(struct handshake *hs, const struct sa_fields *f)
{
	const struct auth_lcs_conf *conf = auth_lcs_conf_of(hs->lcs, hs->h.ctx);
	struct sa texts = {
		.opaque = hs->h.association.len ? hs->h.association :
		    make_opaque(lcs_arena(hs->h.ctx)),
		.realm = hs->creds.realm, .targetname = hs->creds.targetname,
		.epid = f->from_epid,
		.expires = loop_wall(worker_loop()) + conf->lifetime / 1000,
		.limit = (unsigned)conf->per_connection,
	};

	if (hs->h.expires && hs->h.expires < texts.expires)
		texts.expires = hs->h.expires;
	texts.ends = texts.expires + conf->grace / 1000;
	return sa_new(hs->lcs, hs->scheme->ops, &hs->h, &texts);
}

/* The keys are right if they made the signature of this very request. */
static bool is_signed(const struct handshake *hs, struct sa *sa, const struct sa_fields *f)
{
	uint32_t num;

	if (sa->version < SIGNED_LAST)
		return true;
	return slice_to_u32(hs->creds.cnum, &num) == 0 && sa_verify(sa, &hs->creds, f) &&
	    sa_window_take(&sa->seen, num);
}

static enum auth_lcs_result associate(struct handshake *hs)
{
	struct sa_fields f;
	struct sa *sa;

	if (sa_fields_read(lcs_msg(hs->h.ctx)->raw, &f) != 0) {
		hs->scheme->ops->free(hs->h.keys);
		return AUTH_LCS_BAD;
	}
	sa = make_sa(hs, &f);
	if (!sa)
		return AUTH_LCS_UNAVAILABLE;
	if (!is_signed(hs, sa, &f)) {
		sa_free(sa);
		hs->h.why = "the signature of its REGISTER is wrong";
		return AUTH_LCS_REFUSED;
	}
	if (lcs_set_identity(hs->h.ctx, sa->name, sa->domain) != 0) {
		sa_free(sa);
		return AUTH_LCS_UNAVAILABLE;
	}
	return sa_attach(sa) == 0 ? AUTH_LCS_OK : AUTH_LCS_UNAVAILABLE;
}

static struct value finish(struct handshake *hs, enum auth_lcs_result result)
{
	if (result == AUTH_LCS_OK)
		result = associate(hs);
	return verdict(hs, result);
}

void auth_lcs_finished(struct auth_lcs_handshake *h, enum auth_lcs_result result)
{
	struct handshake *hs = container_of(h, struct handshake, h);
	struct lcs_ctx *ctx = h->ctx;

	lcs_resume(ctx, finish(hs, result));
	lcs_ctx_unref(&ctx);
}

/* ---- its course ---- */

static enum auth_lcs_result check_policy(struct handshake *hs, struct slice list)
{
	const struct auth_lcs_conf *conf = auth_lcs_conf_of(hs->lcs, hs->h.ctx);
	const struct lcs_creds *c = &hs->creds;

	hs->h.why = "scheme, version, realm or targetname is not what was offered";
	if (!auth_lcs_is_offered(hs->lcs, list, hs->scheme) || c->version < conf->min_version)
		return AUTH_LCS_WEAK;
	if (c->version < 2 || c->version > VERSION_MAX)
		return AUTH_LCS_BAD;
	if (!slice_eq(c->realm, conf->realm) ||
	    !slice_eq(c->targetname, auth_lcs_target(hs->lcs, hs->h.ctx, hs->scheme)))
		return AUTH_LCS_REFUSED;
	hs->h.why = NULL;
	return AUTH_LCS_OK;
}

static enum fn_status accept_token(struct lcs_call *call, struct handshake *hs)
{
	enum auth_lcs_result result = check_policy(hs, auth_lcs_offered(call));

	if (result == AUTH_LCS_OK && decode_token(hs) != 0)
		result = AUTH_LCS_BAD;
	if (result == AUTH_LCS_OK)
		result = hs->scheme->ops->accept(hs->scheme->state, &hs->h);
	if (result == AUTH_LCS_WAIT) {
		hs->h.call = NULL;
		lcs_ctx_ref(call->ctx);
		return FN_SUSPENDED;
	}
	call->ret = finish(hs, result);
	return FN_DONE;
}

static struct handshake *begin(struct lcs_call *call)
{
	struct handshake *hs = arena_zalloc(lcs_arena(call->ctx), sizeof(*hs));

	if (!hs)
		return NULL;
	hs->lcs = call->shared;
	hs->h.call = call;
	hs->h.ctx = call->ctx;
	hs->h.flow = lcs_from(call->ctx)->flow;
	hs->h.aor = msg_to_aor(lcs_msg(call->ctx));
	return hs;
}

/* argv: schemes (empty: the parameter's). */
enum fn_status auth_lcs_authenticate(struct lcs_call *call)
{
	struct handshake *hs;

	/* Its signature was verified when it came. */
	call->ret = value_bool(lcs_identity(call->ctx).len > 0);
	if (call->ret.b || lcs_method(call->ctx) != METHOD_REGISTER ||
	    !lcs_from(call->ctx)->flow)
		return FN_DONE;
	hs = begin(call);
	if (!hs)
		return FN_FAILED;
	if (!auth_lcs_creds(hs->lcs, call->ctx, &hs->creds) || !hs->creds.gssapi_data.len)
		return FN_DONE;
	hs->scheme = auth_lcs_scheme(hs->lcs, hs->creds.scheme);
	hs->h.opaque = hs->creds.opaque;
	hs->h.target = hs->creds.targetname;
	hs->h.version = hs->creds.version;
	return accept_token(call, hs);
}
