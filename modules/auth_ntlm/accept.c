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
#include <stdlib.h>

#define OPAQUE_BYTES 8u			/* 48 bits of time in ms, 16 random ones */

static struct auth_ntlm_local *stats_of(const struct auth_ntlm *ntlm)
{
	return lcs_local(ntlm->mod);
}

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

static bool clock_is_right(const struct auth_ntlm_conf *conf, const struct ntlm_answer *a)
{
	int64_t off = a->time - loop_wall(worker_loop());
	int64_t most = conf->clock_skew / 1000;

	return most == 0 || (off <= most && off >= -most);
}

static void split(struct slice aor, struct auth_lcs_handshake *h)
{
	size_t at = slice_find(aor, '@');

	h->name = slice_first(aor, at);
	h->domain = slice_skip(aor, at + 1);
}

static enum auth_lcs_result make_keys(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, const unsigned char base[NTLM_KEY_BYTES])
{
	struct ntlm_keys *keys = malloc(sizeof(*keys));
	int err = keys ? ntlm_keys_make(ntlm->crypt, a, base, keys) : -ENOMEM;

	if (!err) {
		h->keys = keys;
		return AUTH_LCS_OK;
	}
	free(keys);
	return err == -EINVAL ? AUTH_LCS_BAD : AUTH_LCS_UNAVAILABLE;
}

enum auth_lcs_result ntlm_refuse(struct auth_lcs_handshake *h, uint64_t *counter,
    enum auth_lcs_result result, const char *why, const char *told)
{
	lcs_count(counter);
	h->why = why;
	h->told = told;
	return result;
}

enum auth_lcs_result ntlm_conclude(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, int err, const unsigned char base[NTLM_KEY_BYTES],
    struct slice aor)
{
	struct auth_ntlm_local *stats = stats_of(ntlm);
	enum auth_lcs_result result;

	if (err == -EACCES)
		return ntlm_refuse(h, &stats->wrong, AUTH_LCS_REFUSED, "wrong password", NULL);
	if (err)
		return AUTH_LCS_UNAVAILABLE;
	/* Only who knows the password hears that the clock is wrong. */
	if (!clock_is_right(auth_ntlm_conf(ntlm, h->ctx), a))
		return ntlm_refuse(h, &stats->clock, AUTH_LCS_CLOCK, NULL,
		    "The clock of this computer is wrong");
	split(aor, h);
	h->association = h->opaque;
	result = make_keys(ntlm, h, a, base);
	if (result == AUTH_LCS_OK)
		lcs_count(&stats->accepted);
	return result;
}

static const struct account *find_account(struct auth_ntlm *ntlm, struct arena *arena,
    struct slice domain, struct slice user, struct slice aor)
{
	struct slice login = ntlm_login(arena, domain, user);
	const struct account *account = login.p ? accounts_by_login(&ntlm->accounts, login) : NULL;

	return account || !aor.p ? account : accounts_find(&ntlm->accounts, aor);
}

static enum auth_lcs_result check_stored(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, const unsigned char nonce[NTLM_NONCE_BYTES],
    const struct account *account)
{
	unsigned char base[NTLM_KEY_BYTES];
	struct slice aor = arena_dup(lcs_arena(h->ctx), account->aor);
	enum auth_lcs_result result;

	if (!aor.p)
		return AUTH_LCS_UNAVAILABLE;
	if (ntlm->db && ntlm->db->state(ntlm->db_state, aor) != AUTH_DB_ENABLED)
		return ntlm_refuse(h, &stats_of(ntlm)->disabled, AUTH_LCS_REFUSED,
		    "the account's user is disabled", NULL);
	result = ntlm_conclude(ntlm, h, a,
	    ntlm_check_answer(ntlm->crypt, a, nonce, account->hash, base), base, aor);
	explicit_bzero(base, sizeof(base));
	return result;
}

static bool asks_winbind(const struct auth_ntlm_conf *conf)
{
	return !slice_eq(conf->accounts, SLICE("store"));
}

static enum auth_lcs_result identify(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, const unsigned char nonce[NTLM_NONCE_BYTES])
{
	const struct auth_ntlm_conf *conf = auth_ntlm_conf(ntlm, h->ctx);
	struct arena *arena = lcs_arena(h->ctx);
	struct slice user = to_utf8(arena, a->user), domain = to_utf8(arena, a->domain), aor;
	const struct account *account = NULL;

	if (!user.p || !domain.p)
		return AUTH_LCS_BAD;
	aor = ntlm_aor(arena, conf, domain, user, h->aor);
	if (!slice_eq(conf->accounts, SLICE("winbind")))
		account = find_account(ntlm, arena, domain, user, aor);
	if (account)
		return check_stored(ntlm, h, a, nonce, account);
	if (aor.p && asks_winbind(conf))
		return ntlm_winbind_ask(ntlm, h, a, nonce, domain, user, aor);
	return ntlm_refuse(h, &stats_of(ntlm)->unknown, AUTH_LCS_REFUSED,
	    "there is no such account", NULL);
}

static bool is_fresh(const struct auth_ntlm *ntlm, struct lcs_ctx *ctx, uint64_t stamp)
{
	uint64_t made = stamp >> 16, now = now_ms();

	/* The clock's parts do not tick together: a second either way. */
	return made <= now + 1000 &&
	    now <= made + (uint64_t)auth_ntlm_conf(ntlm, ctx)->challenge_lifetime + 1000;
}

static enum auth_lcs_result judge(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a)
{
	struct auth_ntlm_local *stats = stats_of(ntlm);
	unsigned char nonce[NTLM_NONCE_BYTES];

	if (!(a->flags & NTLM_UNICODE) || !a->user.len)
		return ntlm_refuse(h, &stats->malformed, AUTH_LCS_BAD,
		    "no Unicode, or nobody is named", NULL);
	if (!a->proof.len)
		return ntlm_refuse(h, &stats->weak, AUTH_LCS_WEAK, NULL, "NTLMv2 is needed");
	if (!(a->flags & NTLM_EXTENDED) && !auth_ntlm_conf(ntlm, h->ctx)->allow_weak)
		return ntlm_refuse(h, &stats->weak, AUTH_LCS_WEAK, NULL,
		    "NTLM with extended session security is needed");
	if (!read_opaque(h->opaque, &h->stamp) || !is_fresh(ntlm, h->ctx, h->stamp))
		return ntlm_refuse(h, &stats->stale, AUTH_LCS_REFUSED,
		    "the challenge is old, or none of ours", NULL);
	nonce_of(ntlm, h->opaque, h->flow, nonce);
	return identify(ntlm, h, a, nonce);
}

enum auth_lcs_result ntlm_accept(void *state, struct auth_lcs_handshake *h)
{
	struct auth_ntlm *ntlm = state;
	struct ntlm_answer a;

	if (ntlm_read_answer(h->token, &a) != 0)
		return ntlm_refuse(h, &stats_of(ntlm)->malformed, AUTH_LCS_BAD,
		    "the token cannot be read", NULL);
	return judge(ntlm, h, &a);
}
