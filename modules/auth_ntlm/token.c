/*
 * modules/auth_ntlm/token.c - see token.h. All numbers are little-endian.
 */
#include "modules/auth_ntlm/token.h"

#include <errno.h>
#include <locale.h>
#include <wctype.h>

#define SIGNATURE       SLICE("NTLMSSP\0")
#define CHALLENGE_HEAD  56u
#define ANSWER_HEAD     64u
#define PROOF_BYTES     16u
#define TEMP_HEAD       28u		/* version, time, the client's nonce, up to the target info */
#define EPOCH_SECONDS   11644473600LL	/* from 1601 to 1970 */
#define TICKS           10000000ULL	/* of 100 ns, in a second */

/* ---- numbers ---- */

static void put_number(struct buf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_put_char(b, (char)(n >> 8 * i & 0xff));
}

static uint64_t number_at(struct slice s, size_t at, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = bytes; i-- > 0; )
		n = n << 8 | (unsigned char)s.p[at + i];
	return n;
}

/* ---- text ---- */

static void put_unit(struct buf *b, uint32_t unit)
{
	put_number(b, unit, 2);
}

/* One character of UTF-8; 0xffffffff: malformed. */
static uint32_t take_char(struct slice *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s->p[0];
	unsigned len = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 :
	    first >> 3 == 30 ? 4 : 0;
	uint32_t c = len == 1 ? first : first & (0x7fu >> len);

	if (len == 0 || s->len < len)
		return UINT32_MAX;
	for (unsigned i = 1; i < len; i++) {
		if (((unsigned char)s->p[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | ((unsigned char)s->p[i] & 0x3f);
	}
	*s = slice_skip(*s, len);
	return c < least[len] || c > 0x10ffff || c >> 11 == 0x1b ? UINT32_MAX : c;
}

int ntlm_put_utf16(struct buf *b, struct slice utf8)
{
	while (utf8.len) {
		uint32_t c = take_char(&utf8);

		if (c == UINT32_MAX)
			return -EILSEQ;
		if (c < 0x10000) {
			put_unit(b, c);
		} else {
			put_unit(b, 0xd800 + (c - 0x10000) / 0x400);
			put_unit(b, 0xdc00 + (c - 0x10000) % 0x400);
		}
	}
	return 0;
}

static void put_char_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_put_char(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_put_char(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_put_char(b, (char)(0xe0 | c >> 12));
		} else {
			buf_put_char(b, (char)(0xf0 | c >> 18));
			buf_put_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_put_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_put_char(b, (char)(0x80 | (c & 0x3f)));
}

int ntlm_put_utf8(struct buf *b, struct slice utf16)
{
	if (utf16.len % 2)
		return -EILSEQ;
	for (size_t i = 0; i < utf16.len; i += 2) {
		uint32_t c = (uint32_t)number_at(utf16, i, 2), low;

		if (c >> 10 == 0x37 || c == 0)
			return -EILSEQ;
		if (c >> 10 == 0x36) {
			i += 2;
			low = i < utf16.len ? (uint32_t)number_at(utf16, i, 2) : 0;
			if (low >> 10 != 0x37)
				return -EILSEQ;
			c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
		}
		put_char_utf8(b, c);
	}
	return 0;
}

/* A locale is read from a file; nearly all names do without. */
static uint32_t upper_of(uint32_t c, locale_t *locale)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 0x20 : c;
	if (!*locale)
		*locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return *locale && c >> 11 != 0x1b ? (uint32_t)towupper_l((wint_t)c, *locale) : c;
}

void ntlm_put_upper(struct buf *b, struct slice utf16)
{
	locale_t locale = (locale_t)0;

	for (size_t i = 0; i + 1 < utf16.len; i += 2) {
		uint32_t c = (uint32_t)number_at(utf16, i, 2), upper = upper_of(c, &locale);

		put_unit(b, upper < 0x10000 ? upper : c);
	}
	if (locale)
		freelocale(locale);
}

/* ---- type 2 ---- */

static void put_info(struct buf *b, unsigned id, struct slice utf8)
{
	size_t at = b->len;

	put_number(b, id, 2);
	put_number(b, 0, 2);
	ntlm_put_utf16(b, utf8);
	if (b->failed)
		return;
	b->data[at + 2] = (char)((b->len - at - 4) & 0xff);
	b->data[at + 3] = (char)((b->len - at - 4) >> 8 & 0xff);
}

static void put_place(struct buf *b, size_t len, size_t at)
{
	put_number(b, len, 2);
	put_number(b, len, 2);
	put_number(b, at, 4);
}

static void put_payload(struct buf *payload, const struct ntlm_names *names, size_t *name_len)
{
	ntlm_put_utf16(payload, names->netbios_domain);
	*name_len = payload->len;
	put_info(payload, 2, names->netbios_domain);
	put_info(payload, 1, names->netbios_name);
	put_info(payload, 4, names->dns_domain);
	put_info(payload, 3, names->dns_name);
	put_number(payload, 0, 4);
}

void ntlm_put_challenge(struct buf *b, const unsigned char nonce[NTLM_NONCE_BYTES],
    const struct ntlm_names *names)
{
	struct buf *payload = buf_new(256);
	size_t name_len = 0;

	if (!payload) {
		b->failed = true;
		return;
	}
	put_payload(payload, names, &name_len);
	buf_put(b, SIGNATURE);
	put_number(b, 2, 4);
	put_place(b, name_len, CHALLENGE_HEAD);
	put_number(b, NTLM_OFFER, 4);
	buf_put(b, slice_of((const char *)nonce, NTLM_NONCE_BYTES));
	put_number(b, 0, 8);
	put_place(b, payload->len - name_len, CHALLENGE_HEAD + name_len);
	buf_put(b, SLICE("\x05\x02\xce\x0e\0\0\0\x0f"));	/* version: 5.2, build 3790 */
	buf_put(b, buf_slice(payload));
	b->failed = b->failed || payload->failed;
	buf_unref(&payload);
}

/* ---- type 3 ---- */

/* What a place in the head points to. */
static int field_at(struct slice token, size_t at, struct slice *out)
{
	size_t len = number_at(token, at, 2), from = number_at(token, at + 4, 4);

	if (len == 0) {
		*out = SLICE_NULL;
		return 0;
	}
	if (from < ANSWER_HEAD || from > token.len || len > token.len - from)
		return -EBADMSG;
	*out = slice_of(token.p + from, len);
	return 0;
}

/* NTLMv2: proof, then 1, 1, zeros, the time, the client's nonce, the target info. The older
 * response is 24 bytes long and has none of it. */
static void read_response(struct ntlm_answer *a)
{
	uint64_t ticks;

	if (a->nt.len < PROOF_BYTES + TEMP_HEAD || a->nt.p[PROOF_BYTES] != 1 ||
	    a->nt.p[PROOF_BYTES + 1] != 1)
		return;
	a->proof = slice_first(a->nt, PROOF_BYTES);
	a->temp = slice_skip(a->nt, PROOF_BYTES);
	ticks = number_at(a->temp, 8, 8);
	a->time = (int64_t)(ticks / TICKS) - EPOCH_SECONDS;
}

int ntlm_read_answer(struct slice token, struct ntlm_answer *out)
{
	struct ntlm_answer a = { 0 };
	struct { size_t at; struct slice *to; } fields[] = {
		{ 12, &a.lm }, { 20, &a.nt }, { 28, &a.domain }, { 36, &a.user }, { 44, &a.host },
		{ 52, &a.key },
	};

	if (token.len < ANSWER_HEAD || !slice_starts(token, SIGNATURE) ||
	    number_at(token, 8, 4) != 3)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (field_at(token, fields[i].at, fields[i].to) != 0)
			return -EBADMSG;
	a.flags = (uint32_t)number_at(token, 60, 4);
	read_response(&a);
	*out = a;
	return 0;
}
