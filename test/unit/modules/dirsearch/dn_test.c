/*
 * dn_test - one spelling for each name of an entry, and which units it is in.
 */
#include "modules/dirsearch/ldap_dn_api.h"
#include "test/unit.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const struct { const char *text; int err; const char *plain; } names[] = {
	{ "OU=Sales,DC=example,DC=com", 0, "OU=Sales,DC=example,DC=com" },
	{ " OU = Sales , DC=example, DC=com ", 0, "OU=Sales,DC=example,DC=com" },
	{ "CN=Brown\\, Bob,OU=a\\2cOU=b", 0, "CN=Brown\\2C Bob,OU=a\\2COU\\3Db" },
	{ "CN=a+UID=b,OU=c", 0, "CN=a+UID=b,OU=c" },
	{ "OU=\\c3\\84RZTE", 0, "OU=\xc3\xa4RZTE" },
	{ "OU=\xc3\x84rzte,DC=\xd0\x96", 0, "OU=\xc3\xa4rzte,DC=\xd0\xb6" },
	{ "OU=\xc4\xb0", 0, "OU=i" },		/* shorter than it was, */
	{ "OU=\xc8\xba", 0, "OU=\xe2\xb1\xa5" },	/* and longer */
	{ "OU=\\00", 0, "OU=\\00" },
	{ "OU=", 0, "OU=" },
	{ "", -EINVAL, NULL }, { " ", -EINVAL, NULL }, { "=", -EINVAL, NULL }, { "Sales", -EINVAL, NULL },
	{ "OU=Sales, Inc,DC=com", -EINVAL, NULL }, { "OU=a;DC=b", -EINVAL, NULL },
	{ "OU=a,,DC=b", -EINVAL, NULL }, { "OU=a,", -EINVAL, NULL }, { "OU=a\\", -EINVAL, NULL },
	{ "OU=\xff", -EINVAL, NULL }, { "OU=\\ff", -EINVAL, NULL },
};

static void a_name_has_one_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct slice plain = SLICE("");
		int err = ldap_dn_plain(arena, slice_str(names[i].text), &plain);

		if (err != names[i].err || (!err && !slice_eq(plain, slice_str(names[i].plain))))
			fail_msg("line %zu: \"%s\" is %d \"%.*s\"", i, names[i].text, err,
			    SLICE_ARG(plain));
	}
}

/* OU= and what is 1024 bytes long with it; escaped it was three times as long. */
static void what_is_too_long_is_refused(void **state)
{
	const size_t most = LDAP_DN_BYTES - 3;
	char text[5 * LDAP_DN_BYTES] = "OU=";
	struct slice plain;

	(void)state;
	memset(text + 3, 'x', most + 1);
	assert_int_equal(ldap_dn_plain(arena, slice_of(text, LDAP_DN_BYTES), &plain), 0);
	assert_int_equal(plain.len, LDAP_DN_BYTES);
	assert_int_equal(ldap_dn_plain(arena, slice_of(text, LDAP_DN_BYTES + 1), &plain), -E2BIG);
	for (size_t i = 0; i < most; i++)
		memcpy(text + 3 + 3 * i, "\\78", 3);
	assert_int_equal(ldap_dn_plain(arena, slice_of(text, 3 + 3 * most), &plain), 0);
	assert_int_equal(plain.len, LDAP_DN_BYTES);
	memset(text + 3, 'x', sizeof(text) - 3);
	assert_int_equal(ldap_dn_plain(arena, slice_of(text, sizeof(text)), &plain), -E2BIG);
	/* it grows beyond the bound by small letters of three bytes */
	for (size_t i = 3; i + 1 < LDAP_DN_BYTES; i += 2)
		memcpy(text + i, "\xc8\xba", 2);
	assert_int_equal(ldap_dn_plain(arena, slice_of(text, LDAP_DN_BYTES - 1), &plain), -E2BIG);
}

static const struct { const char *dn, *unit; bool is_in; } units[] = {
	{ "CN=a,OU=b,DC=c", "OU=b,DC=c", true }, { "CN=a,OU=b,DC=c", "ou=B,dc=C", true },
	{ "CN=a,OU=b,DC=c", "DC=c", true }, { "CN=a,OU=b,DC=c", "CN=a,OU=b,DC=c", true },
	{ "CN=a,OU=b,DC=c", "OU=x,OU=b,DC=c", false }, { "CN=a,OU=b,DC=c", "U=b,DC=c", false },
	{ "CN=a,OU=bb,DC=c", "b,DC=c", false }, { "CN=a\\2COU=b", "OU=b", false },
	{ "OU=b", "CN=a,OU=b", false }, { "", "OU=b", false }, { "CN=a", "", false }, { "", "", false },
};

static void who_is_in_a_unit_ends_with_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(units); i++)
		if (ldap_dn_is_in(slice_str(units[i].dn), slice_str(units[i].unit)) != units[i].is_in)
			fail_msg("line %zu: %s in %s", i, units[i].dn, units[i].unit);
}

UNIT_MAIN(
    cmocka_unit_test_setup_teardown(a_name_has_one_spelling, begin, end),
    cmocka_unit_test_setup_teardown(what_is_too_long_is_refused, begin, end),
    cmocka_unit_test(who_is_in_a_unit_ends_with_its_name)
)
