/*
 * modules/registrar/temp_gruu.c - see temp_gruu.h.
 *
 * Token: base64 of nonce, sealed text, tag (AES-256-GCM). The nonce is a MAC over the text and
 * the CSeq, so that a query shows what the registration was given last (5.3), and no nonce is
 * used for two texts. Texts are filled up to a multiple of 32 bytes: their length tells little.
 */
#include "modules/registrar/temp_gruu.h"

#include "utils/base64.h"
#include "utils/digest.h"
#include "utils/siphash.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#define PREFIX      SLICE("tgruu.")
#define AOR_MAX     255u
#define HEAD_BYTES  16u			/* two hashes */
#define FILL_BYTES  32u
#define NONCE_BYTES 12u
#define TAG_BYTES   16u
#define TEXT_MAX    (HEAD_BYTES + (AOR_MAX / FILL_BYTES + 1) * FILL_BYTES)
#define TOKEN_MAX   (NONCE_BYTES + TEXT_MAX + TAG_BYTES)

/* ---- the key ---- */

static const struct store_step steps[] = {
#include "modules/registrar/schema.gen.h"
	{ 0 }
};

enum { STMT_GET, STMT_PUT };

static const struct store_stmt stmts[] = {
	[STMT_GET] = { "key_get", "select value from registrar_key where id = 1", "", "s", NULL },
	[STMT_PUT] = { "key_put", "insert into registrar_key(id, value) values (1, ?)", "s", NULL, NULL },
	{ 0 }
};

const struct store_schema temp_gruu_schema = { "registrar", steps, stmts, STORE_LOCAL };

void temp_gruu_key(struct slice secret, unsigned char key[KEPT_KEY_BYTES])
{
	static const struct kept_key_place place = { "registrar", &stmts[STMT_GET],
	    &stmts[STMT_PUT], "temporary GRUUs end with the process" };

	kept_key_get(&place, secret, key);
}

/* ---- sealing ---- */

static uint64_t hash_of(const unsigned char *key, struct slice text)
{
	struct siphash_key k;

	memcpy(&k, key, sizeof(k));
	return siphash(&k, text);
}

/* text is changed where it stands. */
static bool crypt(bool seal, const unsigned char *key, const unsigned char *nonce,
    unsigned char *text, size_t len, unsigned char tag[TAG_BYTES])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0;
	bool ok = ctx && EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, seal, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, text, &n, text, (int)len) == 1 && (size_t)n == len;

	if (ok && !seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)TAG_BYTES, tag) == 1;
	ok = ok && EVP_CipherFinal_ex(ctx, text + len, &end) == 1;
	if (ok && seal)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)TAG_BYTES, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();
	return ok;
}

static bool make_nonce(const unsigned char *key, const unsigned char *text, size_t len,
    uint32_t cseq, unsigned char nonce[NONCE_BYTES])
{
	const struct slice pieces[] = { slice_of((const char *)text, len),
	    slice_of((const char *)&cseq, sizeof(cseq)) };
	unsigned char mac[DIGEST_MAX_BYTES];

	if (digest_hmac(slice_of((const char *)key, KEPT_KEY_BYTES), pieces, 2, mac) != 0)
		return false;
	memcpy(nonce, mac, NONCE_BYTES);
	return true;
}

/* Bytes of the token, 0 if there can be none. */
static size_t make_token(const unsigned char *key, struct slice aor,
    const struct usrloc_binding *b, unsigned char token[TOKEN_MAX])
{
	const uint64_t head[] = { hash_of(key, b->instance), hash_of(key, b->call_id) };
	unsigned char *text = token + NONCE_BYTES;
	size_t len = HEAD_BYTES + (aor.len / FILL_BYTES + 1) * FILL_BYTES;

	if (aor.len > AOR_MAX)
		return 0;
	memset(text, 0, len);
	memcpy(text, head, HEAD_BYTES);
	memcpy(text + HEAD_BYTES, aor.p, aor.len);
	if (!make_nonce(key, text, len, b->cseq, token) ||
	    !crypt(true, key, token, text, len, text + len))
		return 0;
	return NONCE_BYTES + len + TAG_BYTES;
}

static struct slice domain_of(struct slice aor)
{
	size_t at = slice_find(aor, '@');

	return at < aor.len ? slice_skip(aor, at + 1) : aor;
}

void temp_gruu_put(struct buf *b, const unsigned char key[KEPT_KEY_BYTES], struct slice aor,
    const struct usrloc_binding *binding)
{
	unsigned char token[TOKEN_MAX];
	char text[BASE64_LEN(TOKEN_MAX)];
	size_t len = make_token(key, aor, binding, token);

	if (!len)
		return;
	buf_put(b, SLICE(";temp-gruu=\"sip:"));
	buf_put(b, PREFIX);
	buf_put(b, slice_of(text, base64_encode(text, token, len)));
	buf_put_char(b, '@');
	buf_put(b, domain_of(aor));
	buf_put(b, SLICE(";gr\""));
}

/* ---- opening ---- */

/* A text of ours: the AOR ends where the filling begins. */
static bool read_text(struct arena *arena, const unsigned char *text, size_t len,
    const struct sip_uri *uri, struct temp_gruu *out)
{
	struct slice all = slice_of((const char *)text + HEAD_BYTES, len - HEAD_BYTES);

	memcpy(&out->instance, text, sizeof(out->instance));
	memcpy(&out->call_id, text + sizeof(out->instance), sizeof(out->call_id));
	out->aor = arena_dup(arena, slice_first(all, slice_find(all, '\0')));
	return out->aor.p && slice_eq_nocase(domain_of(out->aor), uri->host);
}

bool temp_gruu_read(struct arena *arena, const unsigned char key[KEPT_KEY_BYTES],
    const struct sip_uri *uri, struct temp_gruu *out)
{
	unsigned char token[(BASE64_LEN(TOKEN_MAX) / 4) * 3];
	struct slice user = uri_unescape(arena, uri->user), value;
	size_t len, text_len;

	if (!slice_starts(user, PREFIX) || !sip_uri_param(uri, SLICE("gr"), &value) || value.len)
		return false;
	user = slice_skip(user, PREFIX.len);
	if (user.len > BASE64_LEN(TOKEN_MAX) || base64_decode(token, &len, user) != 0 ||
	    len < NONCE_BYTES + HEAD_BYTES + FILL_BYTES + TAG_BYTES || len > TOKEN_MAX)
		return false;
	text_len = len - NONCE_BYTES - TAG_BYTES;
	return crypt(false, key, token, token + NONCE_BYTES, text_len,
	    token + NONCE_BYTES + text_len) &&
	    read_text(arena, token + NONCE_BYTES, text_len, uri, out);
}

bool temp_gruu_is_of(const struct temp_gruu *gruu, const unsigned char key[KEPT_KEY_BYTES],
    const struct usrloc_binding *binding)
{
	return binding->instance.len && gruu->instance == hash_of(key, binding->instance) &&
	    gruu->call_id == hash_of(key, binding->call_id);
}
