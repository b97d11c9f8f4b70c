/*
 * test/load/sign.c - how the crowd proves who it is: digest, and NTLM with signed messages.
 *
 * The sums (MD4, HMAC-MD5, RC4) and the making of keys are those of the server's own module,
 * for speed; that they are right is shown by test/real/signature_test.py, which has its own.
 */
#include "test/load/crowd.h"

#include "utils/base64.h"
#include "utils/digest.h"
#include "utils/hex.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REALM "SIP Communications Service"
#define CNONCE "0a4f113b"

int sign_init(struct crowd *c)
{
	c->crypt = ntlm_crypt_new();
	return c->crypt ? ntlm_hash_password(c->crypt, slice_str(c->password), c->password_hash) :
	    -EIO;
}

/* ---- digest (RFC 2617) ---- */

static void hashed(char out[33], const char *text)
{
	struct slice s = slice_str(text);
	char hex[2 * DIGEST_MAX_BYTES];

	digest_hex(DIGEST_MD5, &s, 1, hex);
	memcpy(out, hex, 32);
	out[32] = '\0';
}

static void put_digest(struct user *u, struct buf *b, struct slice head)
{
	struct digesting *d = &u->digest;
	struct slice line = head, method = slice_split(&line, ' '), uri = slice_split(&line, ' ');
	bool is_register = slice_eq(method, SLICE("REGISTER"));
	char text[512], ha1[33], ha2[33], response[33], target[160];

	if (!d->nonce[0])
		return;
	text_keep(target, sizeof(target), uri);	/* the buffer may move */
	d->count++;
	snprintf(text, sizeof(text), "w%u:%s:%s", u->index, d->realm, u->c->password);
	hashed(ha1, text);
	snprintf(text, sizeof(text), "%.*s:%s", SLICE_ARG(method), target);
	hashed(ha2, text);
	snprintf(text, sizeof(text), "%s:%s:%08x:" CNONCE ":auth:%s", ha1, d->nonce, d->count, ha2);
	hashed(response, text);
	buf_printf(b, "%s: Digest username=\"w%u\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
	    "response=\"%s\", algorithm=MD5, qop=auth, nc=%08x, cnonce=\"" CNONCE "\"\r\n",
	    is_register ? "Authorization" : "Proxy-Authorization", u->index, d->realm, d->nonce,
	    target, response, d->count);
}

/* Of several challenges the one with MD5. */
static bool take_digest(struct user *u, struct slice head)
{
	while (head.len) {
		struct slice line = slice_split(&head, '\n');

		if (slice_search(line, SLICE("-Authenticate: Digest")) == line.len ||
		    slice_search(line, SLICE("SHA-256")) < line.len)
			continue;
		text_keep(u->digest.realm, sizeof(u->digest.realm), text_param(line, "realm"));
		text_keep(u->digest.nonce, sizeof(u->digest.nonce), text_param(line, "nonce"));
		u->digest.count = 0;
		return true;
	}
	return false;
}

/* ---- NTLM: the text that is signed ---- */

static void put_field(struct buf *b, struct slice s)
{
	buf_put_char(b, '<');
	buf_put(b, s);
	buf_put_char(b, '>');
}

static void put_text(struct buf *b, struct slice head, const char *target, struct slice chance,
    struct slice count)
{
	struct slice cseq = text_header(head, "CSeq"), number = slice_split(&cseq, ' ');
	struct slice from = text_header(head, "From"), to = text_header(head, "To");
	const struct slice fields[] = { SLICE("NTLM"), chance, count, SLICE(REALM),
	    slice_str(target), text_header(head, "Call-ID"), number, slice_trim(cseq),
	    text_uri(from), text_tag(from), text_uri(to), text_tag(to), SLICE(""), SLICE(""),
	    text_header(head, "Expires") };
	uint16_t status = text_status(head);

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put_field(b, fields[i]);
	if (status)
		buf_printf(b, "<%u>", status);
}

/* ---- NTLM: the token that answers a challenge ---- */

static void put_u16(struct buf *b, unsigned n)
{
	const char two[2] = { (char)n, (char)(n >> 8) };

	buf_put(b, slice_of(two, 2));
}

static void put_u32(struct buf *b, uint32_t n)
{
	put_u16(b, n & 0xffff);
	put_u16(b, n >> 16);
}

static void put_zeros(struct buf *b, unsigned n)
{
	while (n--)
		buf_put_char(b, '\0');
}

static uint32_t read_u32(struct slice s, size_t at)
{
	uint32_t n;

	memcpy(&n, s.p + at, sizeof(n));
	return le32toh(n);
}

/* What the proof covers besides the nonce. */
static void put_temp(struct buf *b, struct slice info)
{
	uint64_t ticks = ((uint64_t)time(NULL) + 11644473600u) * 10000000u;

	buf_put(b, slice_of("\1\1", 2));
	put_zeros(b, 6);
	put_u32(b, (uint32_t)ticks);
	put_u32(b, (uint32_t)(ticks >> 32));
	for (unsigned i = 0; i < 8; i++)
		buf_put_char(b, (char)random_byte());
	put_zeros(b, 4);
	buf_put(b, info);
	put_zeros(b, 4);
}

static void put_parts(struct buf *token, const struct slice *parts, unsigned n, uint32_t flags)
{
	size_t at = 72;

	buf_put(token, slice_of("NTLMSSP\0", 8));
	put_u32(token, 3);
	for (unsigned i = 0; i < n; i++) {
		put_u16(token, (unsigned)parts[i].len);
		put_u16(token, (unsigned)parts[i].len);
		put_u32(token, (uint32_t)at);
		at += parts[i].len;
	}
	put_u32(token, flags);
	buf_put(token, slice_of("\5\1\x28\x0a\0\0\0\x0f", 8));
	for (unsigned i = 0; i < n; i++)
		buf_put(token, parts[i]);
}

static struct slice bytes_of(const unsigned char *p) { return slice_of((const char *)p, 16); }

/* The user's name as an account without domain, in upper case for the key. */
static void derive(struct user *u, struct slice challenge, struct buf *temp, struct buf *name,
    unsigned char proof[16], unsigned char base[16])
{
	const struct ntlm_crypt *crypt = u->c->crypt;
	struct slice covered[] = { slice_of(challenge.p + 24, 8), buf_slice(temp) };
	unsigned char key[16];
	char text[160];
	struct buf *upper = buf_new(256);
	struct slice s;

	snprintf(text, sizeof(text), "w%u@%s", u->index, u->c->domain);
	ntlm_put_utf16(name, slice_str(text));
	ntlm_put_upper(upper, buf_slice(name));
	s = buf_slice(upper);
	ntlm_hmac_md5(crypt, u->c->password_hash, &s, 1, key);
	buf_unref(&upper);
	ntlm_hmac_md5(crypt, key, covered, 2, proof);
	s = bytes_of(proof);
	ntlm_hmac_md5(crypt, key, &s, 1, base);
}

static int answer_challenge(struct user *u, struct slice challenge)
{
	uint32_t flags = read_u32(challenge, 20) & ~0x80010000u;
	struct slice info = slice_of(challenge.p + read_u32(challenge, 44),
	    read_u32(challenge, 40) & 0xffff);
	struct buf *temp = buf_new(256), *name = buf_new(128);
	unsigned char proof[16], base[16], exported[16], sealed[16];
	char lm[24] = { 0 };

	put_temp(temp, info);
	derive(u, challenge, temp, name, proof, base);
	for (unsigned i = 0; i < sizeof(exported); i++)
		exported[i] = random_byte();
	ntlm_rc4(u->c->crypt, base, exported, sizeof(exported), sealed);
	struct buf *nt = buf_new(256);
	buf_put(nt, bytes_of(proof));
	buf_put(nt, buf_slice(temp));
	const struct slice parts[] = { slice_of(lm, sizeof(lm)), buf_slice(nt), SLICE(""),
	    buf_slice(name), slice_of("V\0M\0", 4), bytes_of(sealed) };
	buf_unref(&u->sign.token);
	u->sign.token = buf_new(512);
	put_parts(u->sign.token, parts, 6, flags);
	buf_unref(&nt);
	buf_unref(&temp);
	buf_unref(&name);
	return ntlm_keys_from(u->c->crypt, flags, exported, &u->sign.keys);
}

static bool take_ntlm(struct user *u, struct slice head)
{
	struct signing *s = &u->sign;
	struct slice line = text_header(head, "WWW-Authenticate");
	struct slice token = text_param(line, "gssapi-data");
	char bytes[1024];
	size_t len = 0;

	if (s->stage == SIGN_UP)
		sign_forget(u);
	if (s->stage == SIGN_NOTHING) {
		text_keep(s->target, sizeof(s->target), text_param(line, "targetname"));
		s->stage = SIGN_EMPTY;
		return true;
	}
	if (s->stage != SIGN_EMPTY || !token.len || token.len > sizeof(bytes) ||
	    base64_decode(bytes, &len, token) != 0 || len < 48 ||
	    answer_challenge(u, slice_of(bytes, len)) != 0)
		return false;
	text_keep(s->opaque, sizeof(s->opaque), text_param(line, "opaque"));
	s->stage = SIGN_TOKEN;
	s->count = 0;
	return true;
}

/* ---- NTLM: credentials ---- */

static void put_mac(struct user *u, struct buf *b, struct slice head)
{
	struct buf *text = buf_new(512);
	char chance[HEX_CHARS + 1], count[16];
	unsigned char mac[NTLM_MAC_BYTES];

	random_hex(chance);
	snprintf(count, sizeof(count), "%u", ++u->sign.count);
	put_text(text, head, u->sign.target, slice_str(chance), slice_str(count));
	ntlm_sign(&u->sign.keys, true, buf_slice(text), mac);
	buf_unref(&text);
	buf_printf(b, ", crand=\"%s\", cnum=\"%s\", response=\"", chance, count);
	buf_put_hex(b, mac, sizeof(mac));
	buf_put_char(b, '"');
}

static void put_token(const struct user *u, struct buf *b)
{
	struct slice token = buf_slice(u->sign.token);
	char text[BASE64_LEN(1024)];

	buf_put(b, slice_of(text, base64_encode(text, token.p, token.len)));
}

static void put_ntlm(struct user *u, struct buf *b)
{
	struct signing *s = &u->sign;
	size_t len = b->len;

	if (s->stage == SIGN_NOTHING)
		return;
	buf_printf(b, "Authorization: NTLM qop=\"auth\", realm=\"" REALM "\", targetname=\"%s\"",
	    s->target);
	if (s->stage != SIGN_EMPTY)
		buf_printf(b, ", opaque=\"%s\"", s->opaque);
	if (s->stage != SIGN_UP) {
		buf_put(b, SLICE(", gssapi-data=\""));
		if (s->stage == SIGN_TOKEN)
			put_token(u, b);
		buf_put(b, SLICE("\", version=4"));
	}
	if (s->stage != SIGN_EMPTY)
		put_mac(u, b, slice_of(b->data, len));
	buf_put(b, SLICE("\r\n"));
}

/* ---- both ---- */

void sign_put(struct user *u, struct buf *b)
{
	if (u->kind == KIND_LCS)
		put_ntlm(u, b);
	else if (!text_status(buf_slice(b)))
		put_digest(u, b, buf_slice(b));
}

bool sign_challenged(struct user *u, struct slice head)
{
	return u->kind == KIND_LCS ? take_ntlm(u, head) : take_digest(u, head);
}

void sign_forget(struct user *u)
{
	buf_unref(&u->sign.token);
	u->sign.stage = SIGN_NOTHING;
	u->sign.count = 0;
}

/* The first ones are told: what is wrong with a message cannot be told from its number. */
static void note_bad(struct user *u, struct slice head)
{
	if (u->c->t.bad_signatures++ < 4)
		fprintf(stderr, "user %u, stage %d: bad signature:\n%.*s\n", u->index, (int)u->sign.stage,
		    SLICE_ARG(head));
}

void sign_check(struct user *u, struct slice head)
{
	struct slice line = text_header(head, "Authentication-Info");
	struct slice given = text_param(line, "rspauth");
	unsigned char mac[NTLM_MAC_BYTES];
	struct buf *text;

	if (u->kind != KIND_LCS || u->sign.stage < SIGN_TOKEN || text_status(head) == 401)
		return;
	text = buf_new(512);
	put_text(text, head, u->sign.target, text_param(line, "srand"), text_param(line, "snum"));
	if (hex_decode(mac, sizeof(mac), given) != 0 ||
	    !ntlm_verify(&u->sign.keys, false, buf_slice(text),
	    slice_of((const char *)mac, sizeof(mac))))
		note_bad(u, head);
	buf_unref(&text);
}
