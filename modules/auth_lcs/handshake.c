/*
 * modules/auth_lcs/handshake.c - lcs_authenticate() and lcs_challenge(): how an association
 * comes to be.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "parser/date.h"
#include "utils/base64.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>

#define TOKEN_MAX     65536u		/* bytes of a token */
#define VERSION_MAX   4u
#define SIGNED_LAST   4u		/* from this version on the last REGISTER is signed itself */
#define LINES_BYTES   1024u

struct handshake {
	struct auth_lcs_handshake h;	/* first */
	const struct scheme      *scheme;
	struct auth_lcs          *lcs;
	struct lcs_creds          creds;
	bool                      waits;
};

/* ---- what the script and the parameters say ---- */

static const struct auth_lcs_conf *conf_of(const struct auth_lcs *lcs, struct lcs_ctx *ctx)
{
	return lcs_conf(lcs->mod, lcs_ctx_gen(ctx));
}

static struct slice own_name(const struct auth_lcs *lcs, struct lcs_ctx *ctx)
{
	struct slice name = conf_of(lcs, ctx)->targetname;
	const struct value *v = lcs_setting(lcs_ctx_gen(ctx), "server_name");

	return !name.len && v && v->type == VALUE_STRING ? v->s : name;
}

static struct slice targetname(const struct auth_lcs *lcs, struct lcs_ctx *ctx,
    const struct scheme *scheme)
{
	const struct slice pieces[] = { scheme->ops->target_prefix, own_name(lcs, ctx) };

	return arena_join(lcs_arena(ctx), pieces, 2);
}

static struct slice offered(const struct lcs_call *call)
{
	const struct auth_lcs_conf *conf = call->conf;

	return call->argv[0].s.len ? call->argv[0].s : conf->schemes;
}

/* "Kerberos, NTLM": the next one that we have. */
static const struct scheme *next_scheme(const struct auth_lcs *lcs, struct slice *list)
{
	while (list->len) {
		const struct scheme *s = auth_lcs_scheme(lcs, slice_trim(slice_split(list, ',')));

		if (s)
			return s;
	}
	return NULL;
}

static bool is_offered(const struct auth_lcs *lcs, struct slice list, const struct scheme *asked)
{
	const struct scheme *s;

	while ((s = next_scheme(lcs, &list)))
		if (s == asked)
			return true;
	return false;
}

/* ---- what the client says ---- */

static bool read_creds(const struct auth_lcs *lcs, const struct hdr *h, struct lcs_creds *out)
{
	return lcs_creds_parse(h->value, out) == 0 && auth_lcs_scheme(lcs, out->scheme);
}

bool auth_lcs_creds(const struct auth_lcs *lcs, struct lcs_ctx *ctx, struct lcs_creds *out)
{
	static const enum hdr_id ids[] = { HDR_AUTHORIZATION, HDR_PROXY_AUTHORIZATION };
	const struct sip_msg *msg = lcs_msg(ctx);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (const struct hdr *h = msg_hdr(msg, ids[i]); h; h = msg_hdr_next(msg, h))
			if (read_creds(lcs, h, out))
				return true;
	return false;
}

static bool has_epid(struct lcs_ctx *ctx)
{
	const struct name_addr *from = msg_from(lcs_msg(ctx));
	struct slice epid;

	return from && hdr_param(from->params, SLICE("epid"), &epid) && epid.len;
}

enum fn_status auth_lcs_is_client(struct lcs_call *call)
{
	call->ret = value_bool(has_epid(call->ctx));
	return FN_DONE;
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
	struct slice name = own_name(hs->lcs, hs->h.ctx);
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
	const struct auth_lcs_conf *conf = conf_of(hs->lcs, hs->h.ctx);
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
	const struct auth_lcs_conf *conf = conf_of(hs->lcs, hs->h.ctx);
	const struct lcs_creds *c = &hs->creds;

	hs->h.why = "scheme, version, realm or targetname is not what was offered";
	if (!is_offered(hs->lcs, list, hs->scheme) || c->version < conf->min_version)
		return AUTH_LCS_WEAK;
	if (c->version < 2 || c->version > VERSION_MAX)
		return AUTH_LCS_BAD;
	if (!slice_eq(c->realm, conf->realm) ||
	    !slice_eq(c->targetname, targetname(hs->lcs, hs->h.ctx, hs->scheme)))
		return AUTH_LCS_REFUSED;
	hs->h.why = NULL;
	return AUTH_LCS_OK;
}

static enum fn_status accept_token(struct lcs_call *call, struct handshake *hs)
{
	enum auth_lcs_result result = check_policy(hs, offered(call));

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

/* ---- challenges ---- */

static int put_challenge(struct lcs_call *call, const struct scheme *scheme, struct slice token,
    struct buf *b)
{
	const struct auth_lcs_conf *conf = call->conf;
	int err;

	buf_put(b, SLICE("WWW-Authenticate: "));
	buf_put(b, scheme->ops->name);
	buf_put(b, SLICE(" realm=\""));
	buf_put(b, conf->realm);
	buf_put(b, SLICE("\", targetname=\""));
	buf_put(b, targetname(call->shared, call->ctx, scheme));
	buf_put(b, SLICE("\", version="));
	buf_put_u64(b, (uint64_t)conf->version);
	err = scheme->ops->challenge(scheme->state, call->ctx, token, b);
	buf_put(b, SLICE("\r\n"));
	return err;
}

/* In the middle of a handshake only its own scheme goes on. */
static int put_challenges(struct lcs_call *call, struct buf *b)
{
	const struct auth_lcs *lcs = call->shared;
	struct slice list = offered(call);
	const struct scheme *s, *begun;
	struct lcs_creds creds;
	int err = 0;

	if (auth_lcs_creds(lcs, call->ctx, &creds) && creds.has_token && !creds.gssapi_data.len) {
		begun = auth_lcs_scheme(lcs, creds.scheme);
		if (is_offered(lcs, list, begun))
			return put_challenge(call, begun, creds.gssapi_data, b);
	}
	while (!err && (s = next_scheme(lcs, &list)))
		err = put_challenge(call, s, SLICE_NULL, b);
	return err;
}

/* RTC clients compare clocks before they try. */
static void put_date(struct buf *b)
{
	char text[SIP_DATE_BYTES];

	buf_put(b, SLICE("Date: "));
	buf_put(b, slice_of(text, sip_date_format(loop_wall(worker_loop()), text)));
	buf_put(b, SLICE("\r\n"));
}

static int send_challenge(struct lcs_call *call)
{
	struct response_parts parts = { .status = 401 };
	struct buf *lines = buf_new(LINES_BYTES);
	int err;

	if (!lines)
		return -ENOMEM;
	put_date(lines);
	err = put_challenges(call, lines);
	parts.extra_lines = buf_slice(lines);
	if (!err)
		err = lines->failed ? -ENOMEM : lcs_respond(call->ctx, &parts);
	buf_unref(&lines);
	lcs_count(&((struct auth_lcs_local *)call->local)->challenges);
	return err;
}

static int refuse_or_close(struct lcs_call *call)
{
	static const struct response_parts parts = { .status = 403 };
	flow_id flow = lcs_from(call->ctx)->flow;

	if (!flow)
		return lcs_respond(call->ctx, &parts);
	lcs_count(&((struct auth_lcs_local *)call->local)->closed);
	flow_close(flow, "not signed in");
	return 0;
}

enum fn_status auth_lcs_challenge(struct lcs_call *call)
{
	int err = lcs_method(call->ctx) == METHOD_REGISTER && lcs_from(call->ctx)->flow ?
	    send_challenge(call) : refuse_or_close(call);

	call->ret = value_bool(err == 0);
	return FN_DONE;
}
