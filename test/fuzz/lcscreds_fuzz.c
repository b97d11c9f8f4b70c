/*
 * test/fuzz/lcscreds_fuzz.c - any bytes as the credentials of an LCS client, and as a message
 * that is to be signed.
 */
#include "modules/auth_lcs/creds.h"
#include "modules/auth_lcs/text.h"
#include "test/fuzz/random.h"
#include "utils/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_creds(struct slice s)
{
	struct lcs_creds c;

	if (lcs_creds_parse(s, &c) != 0)
		return;
	lcs_assert(c.scheme.len > 0 && slice_lies_in(c.scheme, s));
	lcs_assert(slice_lies_in(c.opaque, s) && slice_lies_in(c.gssapi_data, s));
	lcs_assert(slice_lies_in(c.response, s) && slice_lies_in(c.cnum, s));
	lcs_assert(c.has_token == (c.gssapi_data.p != NULL) && c.version <= 255);
}

static void check_text(struct slice s)
{
	const struct sa_mark mark = { .scheme = SLICE("NTLM"), .version = s.len % 3 + 2 };
	struct sa_fields f;
	struct buf *b;

	if (sa_fields_read(s, &f) != 0)
		return;
	lcs_assert(slice_lies_in(f.first_line, s) && f.first_line.len > 0);
	lcs_assert(slice_lies_in(f.via, s) && slice_lies_in(f.from_uri, s));
	lcs_assert(slice_lies_in(f.from_tag, s) && slice_lies_in(f.to_tag, s));
	lcs_assert(slice_lies_in(f.cseq, s) && slice_lies_in(f.method, s));
	lcs_assert(slice_lies_in(f.pai_sip, s) && slice_lies_in(f.expires, s));
	b = buf_new(256);
	sa_text_put(b, &mark, &f);
	lcs_assert(!b->failed && b->len > 20);
	buf_unref(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of((const char *)data, size);

	check_creds(s);
	check_text(s);
	return 0;
}
