/*
 * value_test - what a directory says in RFC 4533's values, cut and bent; addresses; keys.
 */
#include "config.h"
#include "modules/dirsync/sync_value.h"
#include "test/unit.h"

#define ID "0123456789abcdef"

/* Writable, with room for one byte more, as libldap's are. */
static struct berval bytes(const char *p, size_t len)
{
	static char copy[256];

	memcpy(copy, p, len);
	return (struct berval){ .bv_len = len, .bv_val = copy };
}
#define BYTES(lit) bytes(lit, sizeof(lit) - 1)

static void a_state_has_a_key(void **state)
{
	struct berval add = BYTES("\x30\x1a\x0a\x01\x01\x04\x10" ID "\x04\x03" "c=1");
	struct sync_state s;

	(void)state;
	assert_int_equal(sync_read_state(&add, &s), 0);
	assert_int_equal(s.state, LDAP_SYNC_ADD);
	assert_memory_equal(s.id, ID, 16);
	assert_true(slice_eq(s.cookie, SLICE("c=1")));
	for (add.bv_len = 0; add.bv_len < 23; add.bv_len++)
		assert_int_not_equal(sync_read_state(&add, &s), 0);
}

static void a_state_is_one_of_four(void **state)
{
	struct berval value = BYTES("\x30\x15\x0a\x01\x07\x04\x10" ID);
	struct sync_state s;

	(void)state;
	assert_int_equal(sync_read_state(&value, &s), -EBADMSG);
	value = BYTES("\x30\x08\x0a\x01\x01\x04\x03" "abc");
	assert_int_equal(sync_read_state(&value, &s), -EBADMSG);
}

static const struct {
	const char         *value;
	size_t              len;
	enum sync_info_kind kind;
	bool                done, deletes;
	const char         *cookie;
	unsigned            ids;
} infos[] = {
#define V(lit) lit, sizeof(lit) - 1
	{ V("\x80\x03" "c=1"), SYNC_INFO_COOKIE, true, false, "c=1", 0 },
	{ V("\xa1\x00"), SYNC_INFO_DELETE, true, false, "", 0 },
	{ V("\xa2\x08\x04\x03" "c=2" "\x01\x01\x00"), SYNC_INFO_PRESENT, false, false, "c=2", 0 },
	{ V("\xa3\x14\x31\x12\x04\x10" ID), SYNC_INFO_IDS, true, false, "", 1 },
	{ V("\xa3\x17\x01\x01\xff\x31\x12\x04\x10" ID), SYNC_INFO_IDS, true, true, "", 1 },
};

static void an_info_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(infos); i++) {
		struct berval value = bytes(infos[i].value, infos[i].len);
		struct sync_info info;
		unsigned n = 0;

		assert_int_equal(sync_read_info(&value, &info), 0);
		assert_int_equal(info.kind, infos[i].kind);
		assert_int_equal(info.refresh_done, infos[i].done);
		assert_int_equal(info.refresh_deletes, infos[i].deletes);
		assert_true(slice_eq(info.cookie, slice_str(infos[i].cookie)));
		while (info.ids && info.ids[n].bv_val)
			n++;
		assert_int_equal(n, infos[i].ids);
		ber_bvarray_free(info.ids);
	}
}

/* Whatever comes, nothing is read behind its end and nothing is lost (the sanitizers look). */
static void cut_and_bent_values_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(infos); i++)
		for (size_t len = 0; len <= infos[i].len; len++)
			for (unsigned bend = 0; bend < 256; bend += 5) {
				char *copy = test_malloc(len + 1);
				struct berval value = { .bv_len = len, .bv_val = copy };
				struct sync_info info = { .ids = NULL };
				struct sync_state s;

				memcpy(copy, infos[i].value, len);
				if (len)
					copy[len / 2] = (char)bend;
				copy[len] = '\0';
				if (sync_read_info(&value, &info) == 0)
					ber_bvarray_free(info.ids);
				sync_read_state(&value, &s);
				test_free(copy);
			}
}

static void keys_have_one_length(void **state)
{
	struct berval brief = BYTES("\xa3\x07\x31\x05\x04\x03" "abc");
	struct sync_info info;

	(void)state;
	assert_int_equal(sync_read_info(&brief, &info), -EBADMSG);
	assert_null(info.ids);
}

static void a_request_carries_the_cookie(void **state)
{
	struct berval value = { 0 };

	(void)state;
	assert_int_equal(sync_request(SLICE("c=1"), &value), 0);
	assert_int_equal(value.bv_len, 10);
	assert_memory_equal(value.bv_val, "\x30\x08\x0a\x01\x03\x04\x03" "c=1", 10);
	ber_memfree(value.bv_val);
	assert_int_equal(sync_request(SLICE(""), &value), 0);
	assert_memory_equal(value.bv_val, "\x30\x03\x0a\x01\x03", 5);
	ber_memfree(value.bv_val);
}

static const struct { const char *address, *aor; } addresses[] = {
	{ "sip:alice@example.com", "alice@example.com" },
	{ "SIP:alice@example.com", "alice@example.com" },
	{ "alice@example.com", "alice@example.com" },
	{ "", NULL }, { "sip:", NULL }, { "alice", NULL }, { "sip:example.com", NULL },
	{ "tel:+1555", NULL }, { "sips:alice@example.com", NULL },
	{ "sip:alice@example.com:5060", NULL }, { "sip:alice@example.com;transport=tcp", NULL },
	{ "sip:alice:secret@example.com", NULL }, { "sip:a lice@example.com", NULL },
	{ "sip:al\xff\xfe" "ice@example.com", NULL }, { "sip:alice@example.com\r\nX: y", NULL },
	{ "sip:alice@", NULL }, { "sip:@example.com", NULL },
};

static void an_address_means_one_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct slice aor;
		const char *why;
		int err = entry_aor(slice_str(addresses[i].address), &aor, &why);

		if (!err != (addresses[i].aor != NULL) || (!err && !slice_eq(aor,
		    slice_str(addresses[i].aor))))
			fail_msg("%s", addresses[i].address);
		if (err)
			assert_non_null(why);
	}
}

static void a_set_of_keys(void **state)
{
	struct dirsync_ids ids = { 0 };
	unsigned char id[DIRSYNC_ID_BYTES] = { 0 };

	(void)state;
	assert_false(ids_have(&ids, id));
	for (unsigned i = 0; i < 1000; i++) {
		id[3] = (unsigned char)(i * 7);
		id[9] = (unsigned char)(i >> 8);
		assert_true(ids_add(&ids, id));
	}
	assert_true(ids_have(&ids, id));
	id[0] = 1;
	assert_false(ids_have(&ids, id));
	ids_free(&ids);
}

UNIT_MAIN(
	cmocka_unit_test(a_state_has_a_key),
	cmocka_unit_test(a_state_is_one_of_four),
	cmocka_unit_test(an_info_says_what_it_is),
	cmocka_unit_test(cut_and_bent_values_end),
	cmocka_unit_test(keys_have_one_length),
	cmocka_unit_test(a_request_carries_the_cookie),
	cmocka_unit_test(an_address_means_one_user),
	cmocka_unit_test(a_set_of_keys)
)
