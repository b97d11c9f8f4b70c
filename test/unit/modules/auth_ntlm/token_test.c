/*
 * Tokens that are cut, and lengths and places that lie.
 */
#include "modules/auth_ntlm/token.h"

#include "test/unit.h"

#define ANSWER_BYTES 200u

static void put16(unsigned char *at, unsigned n)
{
	at[0] = (unsigned char)n;
	at[1] = (unsigned char)(n >> 8);
}

/* An answer whose fields lie one behind the other. */
static void make_answer(unsigned char t[ANSWER_BYTES])
{
	static const struct { unsigned at, len; } fields[] = { { 12, 24 }, { 20, 60 }, { 28, 6 },
	    { 36, 10 }, { 44, 4 }, { 52, 16 } };
	unsigned place = 72;

	memset(t, 0, ANSWER_BYTES);
	memcpy(t, "NTLMSSP", 8);
	t[8] = 3;
	for (size_t i = 0; i < COUNT(fields); i++) {
		put16(t + fields[i].at, fields[i].len);
		put16(t + fields[i].at + 2, fields[i].len);
		put16(t + fields[i].at + 4, place);
		place += fields[i].len;
	}
	t[60] = 0x55;
	t[72 + 24 + 16] = t[72 + 24 + 17] = 1;		/* version of the response */
}

/* In memory of its own, so that a sanitizer sees a byte too far. */
static int read_copy(const unsigned char *t, size_t len, struct ntlm_answer *out)
{
	char *copy = malloc(len + 1);
	int err;

	memcpy(copy, t, len);
	err = ntlm_read_answer(slice_of(copy, len), out);
	if (err == 0 && out->nt.len)
		assert_true(out->nt.p >= copy && out->nt.p + out->nt.len <= copy + len);
	free(copy);
	return err;
}

static void test_whole(void **state)
{
	unsigned char t[ANSWER_BYTES];
	struct ntlm_answer a;

	(void)state;
	make_answer(t);
	assert_int_equal(read_copy(t, ANSWER_BYTES, &a), 0);
	assert_int_equal(a.user.len, 10);
	assert_int_equal(a.proof.len, 16);
	assert_int_equal(a.temp.len, 44);
}

static void test_cut_everywhere(void **state)
{
	unsigned char t[ANSWER_BYTES];
	struct ntlm_answer a;

	(void)state;
	make_answer(t);
	for (size_t n = 0; n < 192; n++)
		assert_int_equal(read_copy(t, n, &a), -EBADMSG);
}

static void test_lies(void **state)
{
	static const unsigned places[] = { 12, 20, 28, 36, 44, 52 };
	static const unsigned long offsets[] = { 0, 8, 63, 199, 200, 201, 0x7fffffff, 0x80000000,
	    0xffffffff, 0xfffffff0 };
	unsigned char t[ANSWER_BYTES];
	struct ntlm_answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(places); i++)
		for (size_t k = 0; k < COUNT(offsets); k++) {
			make_answer(t);
			put16(t + places[i] + 4, offsets[k] & 0xffff);
			put16(t + places[i] + 6, (unsigned)(offsets[k] >> 16));
			assert_int_equal(read_copy(t, ANSWER_BYTES, &a), -EBADMSG);
			make_answer(t);
			put16(t + places[i], 0xffff);
			assert_int_equal(read_copy(t, ANSWER_BYTES, &a), -EBADMSG);
		}
}

static void test_other_messages(void **state)
{
	unsigned char t[ANSWER_BYTES];
	struct ntlm_answer a;

	(void)state;
	make_answer(t);
	t[8] = 1;
	assert_int_equal(read_copy(t, ANSWER_BYTES, &a), -EBADMSG);
	make_answer(t);
	t[0] = 'n';
	assert_int_equal(read_copy(t, ANSWER_BYTES, &a), -EBADMSG);
}

/* The response of NTLM before version 2 proves nothing that we accept. */
static void test_old_response(void **state)
{
	unsigned char t[ANSWER_BYTES];
	struct ntlm_answer a;

	(void)state;
	make_answer(t);
	put16(t + 20, 24);
	assert_int_equal(read_copy(t, ANSWER_BYTES, &a), 0);
	assert_int_equal(a.proof.len, 0);
	make_answer(t);
	t[72 + 24 + 16] = 2;
	assert_int_equal(read_copy(t, ANSWER_BYTES, &a), 0);
	assert_int_equal(a.proof.len, 0);
}

static void check_both_ways(const char *utf8)
{
	struct buf *wide = buf_new(4), *back = buf_new(4);

	assert_int_equal(ntlm_put_utf16(wide, slice_str(utf8)), 0);
	assert_int_equal(ntlm_put_utf8(back, buf_slice(wide)), 0);
	assert_slice(buf_slice(back), utf8);
	buf_unref(&wide);
	buf_unref(&back);
}

static void test_text(void **state)
{
	static const char *const bad[] = { "\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
	    "\xf4\x90\x80\x80", "\x80" };
	struct buf *b = buf_new(16);

	(void)state;
	check_both_ways("alice");
	check_both_ways("Gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x98\x80");
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(ntlm_put_utf16(b, slice_str(bad[i])), -EILSEQ);
	assert_int_equal(ntlm_put_utf8(b, SLICE("a")), -EILSEQ);
	assert_int_equal(ntlm_put_utf8(b, SLICE("\0\xd8")), -EILSEQ);
	assert_int_equal(ntlm_put_utf8(b, SLICE("\0\xdc\0\0")), -EILSEQ);
	buf_clear(b);
	ntlm_put_upper(b, SLICE("a\0\xe4\0Z\0"));
	assert_int_equal(b->len, 6);
	assert_memory_equal(b->data, "A\0\xc4\0Z\0", 6);
	buf_unref(&b);
}

UNIT_MAIN(
	cmocka_unit_test(test_whole),
	cmocka_unit_test(test_cut_everywhere),
	cmocka_unit_test(test_lies),
	cmocka_unit_test(test_other_messages),
	cmocka_unit_test(test_old_response),
	cmocka_unit_test(test_text),
)
