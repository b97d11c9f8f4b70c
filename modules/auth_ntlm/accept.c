/*
 * modules/auth_ntlm/accept.c - challenges, and the answers to them.
 *
 * A challenge is not remembered: its name (opaque) carries its time, and the nonce is a keyed
 * hash of that name and the connection.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include "utils/base64.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>

#define OPAQUE_BYTES 8u			/* 48 bits of time in ms, 16 random ones */

/* ---- challenges ---- */

static uint64_t now_ms(void)
{
	struct loop *loop = worker_loop();

	return (uint64_t)loop_wall(loop) * 1000 + (uint64_t)(loop_now(loop) % 1000);
}

static void nonce_of(const struct auth_ntlm *ntlm, struct slice opaque, flow_id flow,
    unsigned char out[NTLM_NONCE_BYTES])
{
	char seed[2 * OPAQUE_BYTES + sizeof(flow)];
	uint64_t hash;

	memcpy(seed, opaque.p, 2 * OPAQUE_BYTES);
	memcpy(seed + 2 * OPAQUE_BYTES, &flow, sizeof(flow));
	hash = siphash(&ntlm->key, slice_of(seed, sizeof(seed)));
	memcpy(out, &hash, NTLM_NONCE_BYTES);
}

static void make_opaque(char out[2 * OPAQUE_BYTES])
{
	uint64_t stamp = now_ms() << 16 | (rand_u64() & 0xffff);
	unsigned char bytes[OPAQUE_BYTES];

	for (unsigned i = 0; i < OPAQUE_BYTES; i++)
		bytes[i] = (unsigned char)(stamp >> 8 * (OPAQUE_BYTES - 1 - i));
	hex_encode(out, bytes, sizeof(bytes));
}

static bool read_opaque(struct slice opaque, uint64_t *stamp)
{
	unsigned char bytes[OPAQUE_BYTES];

	if (opaque.len != 2 * OPAQUE_BYTES || hex_decode(bytes, sizeof(bytes), opaque) != 0)
		return false;
	*stamp = 0;
	for (unsigned i = 0; i < OPAQUE_BYTES; i++)
		*stamp = *stamp << 8 | bytes[i];
	return true;
}

/* NetBIOS names where none are given: the first labels, in capitals. */
static void names_of(const struct auth_ntlm *ntlm, struct lcs_ctx *ctx, struct ntlm_names *out)
{
	const struct auth_ntlm_conf *conf = auth_ntlm_conf(ntlm, ctx);
	const struct value *v = lcs_setting(lcs_ctx_gen(ctx), "server_name");
	struct slice aor = msg_to_aor(lcs_msg(ctx));

	out->dns_domain = slice_skip(aor, slice_find(aor, '@') + 1);
	out->dns_name = v && v->type == VALUE_STRING && v->s.len ? v->s : out->dns_domain;
	out->netbios_domain = conf->netbios_domain.len ? conf->netbios_domain :
	    ntlm_netbios(lcs_arena(ctx), out->dns_domain);
	out->netbios_name = conf->netbios_name.len ? conf->netbios_name :
	    ntlm_netbios(lcs_arena(ctx), out->dns_name);
}

static void put_base64(struct buf *out, struct slice bytes)
{
	char *room = buf_reserve(out, BASE64_LEN(bytes.len));

	if (room)
		base64_encode(room, bytes.p, bytes.len);
}

int ntlm_challenge(void *state, struct lcs_ctx *ctx, struct slice token, struct buf *out)
{
	const struct auth_ntlm *ntlm = state;
	unsigned char nonce[NTLM_NONCE_BYTES];
	char opaque[2 * OPAQUE_BYTES];
	struct ntlm_names names;
	struct buf *message;

	if (!token.p)
		return 0;
	message = buf_new(256);
	if (!message)
		return -ENOMEM;
	make_opaque(opaque);
	nonce_of(ntlm, slice_of(opaque, sizeof(opaque)), lcs_from(ctx)->flow, nonce);
	names_of(ntlm, ctx, &names);
	ntlm_put_challenge(message, nonce, &names);
	buf_put(out, SLICE(", opaque=\""));
	buf_put(out, slice_of(opaque, sizeof(opaque)));
	buf_put(out, SLICE("\", gssapi-data=\""));
	put_base64(out, buf_slice(message));
	buf_put_char(out, '"');
	out->failed = out->failed || message->failed;
	buf_unref(&message);
	return 0;
}

/* ---- answers ---- */

/* In the arena; .p NULL: no text. */
static struct slice to_utf8(struct arena *arena, struct slice utf16)
{
	struct buf *b = buf_new(utf16.len * 2 + 1);
	struct slice text = SLICE_NULL;

	if (b && ntlm_put_utf8(b, utf16) == 0 && !b->failed)
		text = arena_dup(arena, buf_slice(b));
	buf_unref(&b);
	return text;
}

/* Whose the account is winbind's answer tells; here it counts that somebody may have it. */
static bool asks_winbind(const struct ntlm_sign_in *s)
{
	struct auth_db_account who = ntlm_account(SLICE(""), s->user);
	struct slice aor;

	if (slice_eq(auth_ntlm_conf(s->ntlm, s->h->ctx)->accounts, SLICE("store")))
		return false;
	who.domain = SLICE("");
	return s->aor.p || ntlm_whose(s, who, &aor) != -ENOENT;
}

static enum auth_lcs_result identify(struct ntlm_sign_in *s)
{
	const struct auth_ntlm_conf *conf = auth_ntlm_conf(s->ntlm, s->h->ctx);
	struct arena *arena = lcs_arena(s->h->ctx);
	enum auth_lcs_result result;
	struct ntlm_stored stored;
	int err = -ENOENT;

	s->user = to_utf8(arena, s->answer.user);
	s->domain = to_utf8(arena, s->answer.domain);
	if (!s->user.p || !s->domain.p)
		return AUTH_LCS_BAD;
	s->by_rule = ntlm_rule(arena, conf, s->domain, s->user, &s->aor);
	if (!s->by_rule)
		s->aor = ntlm_aor(arena, conf, s->domain, s->user, s->h->aor);
	if (!slice_eq(conf->accounts, SLICE("winbind")))
		err = ntlm_find_stored(s, &stored);
	if (err)
		return asks_winbind(s) ? ntlm_winbind_ask(s) : ntlm_nobody(s, err);
	result = ntlm_check_stored(s, &stored);
	explicit_bzero(&stored, sizeof(stored));
	return result;
}

static bool is_fresh(const struct auth_ntlm *ntlm, struct lcs_ctx *ctx, uint64_t stamp)
{
	uint64_t made = stamp >> 16, now = now_ms();

	/* The clock's parts do not tick together: a second either way. */
	return made <= now + 1000 &&
	    now <= made + (uint64_t)auth_ntlm_conf(ntlm, ctx)->challenge_lifetime + 1000;
}

static enum auth_lcs_result judge(struct ntlm_sign_in *s)
{
	struct auth_ntlm_local *stats = auth_ntlm_stats(s->ntlm);
	const struct ntlm_answer *a = &s->answer;
	struct auth_lcs_handshake *h = s->h;

	if (!(a->flags & NTLM_UNICODE) || !a->user.len)
		return ntlm_refuse(h, &stats->malformed, AUTH_LCS_BAD,
		    "no Unicode, or nobody is named", NULL);
	if (!a->proof.len)
		return ntlm_refuse(h, &stats->weak, AUTH_LCS_WEAK, NULL, "NTLMv2 is needed");
	if (!(a->flags & NTLM_EXTENDED) && !auth_ntlm_conf(s->ntlm, h->ctx)->allow_weak)
		return ntlm_refuse(h, &stats->weak, AUTH_LCS_WEAK, NULL,
		    "NTLM with extended session security is needed");
	if (!read_opaque(h->opaque, &h->stamp) || !is_fresh(s->ntlm, h->ctx, h->stamp))
		return ntlm_refuse(h, &stats->stale, AUTH_LCS_REFUSED,
		    "the challenge is old, or none of ours", NULL);
	nonce_of(s->ntlm, h->opaque, h->flow, s->nonce);
	return identify(s);
}

enum auth_lcs_result ntlm_accept(void *state, struct auth_lcs_handshake *h)
{
	struct ntlm_sign_in s = { .ntlm = state, .h = h };

	if (ntlm_read_answer(h->token, &s.answer) != 0)
		return ntlm_refuse(h, &auth_ntlm_stats(s.ntlm)->malformed, AUTH_LCS_BAD,
		    "the token cannot be read", NULL);
	return judge(&s);
}
