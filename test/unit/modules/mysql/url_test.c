/*
 * url_test - where the mirror is, and what is no such place.
 */
#include "modules/mysql/url.h"

#include "test/unit.h"

static const struct {
	const char *text, *user, *host;
	unsigned    port;
	const char *database, *socket;
} good[] = {
	{ "//lcs@db.example.com/contacts", "lcs", "db.example.com", 0, "contacts", "" },
	{ "//lcs@127.0.0.1:3307/c", "lcs", "127.0.0.1", 3307, "c", "" },
	{ "//lcs@[2001:db8::1]/c", "lcs", "2001:db8::1", 0, "c", "" },
	{ "//lcs@[::1]:65535/c", "lcs", "::1", 65535, "c", "" },
	{ "//lcs@localhost/c?socket=/run/mysqld/mysqld.sock", "lcs", "localhost", 0, "c",
	  "/run/mysqld/mysqld.sock" },
};

static const struct { const char *text, *why; } bad[] = {
	{ "", "\"//\"" },
	{ "/", "\"//\"" },
	{ "lcs@db/c", "\"//\"" },
	{ "//", "user" },
	{ "//db/c", "user" },
	{ "//@db/c", "user" },
	{ "//lcs:secret@db/c", "store_mirror_password" },
	{ "//lcs@/c", "host" },
	{ "//lcs@:3306/c", "host" },
	{ "//lcs@db:/c", "port" },
	{ "//lcs@db:0/c", "port" },
	{ "//lcs@db:65536/c", "port" },
	{ "//lcs@db:x/c", "port" },
	{ "//lcs@[::1/c", "host" },
	{ "//lcs@[::1]x/c", "port" },
	{ "//lcs@db", "database" },
	{ "//lcs@db/", "database" },
	{ "//lcs@db/a/b", "database" },
	{ "//lcs@db/a`b", "database" },
	{ "//lcs@db/c?ssl=no", "socket" },
	{ "//lcs@db/c?socket=", "socket" },
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct mysql_url url;
		const char *why = "";

		assert_int_equal(mysql_url_parse(slice_str(good[i].text), &url, &why), 0);
		assert_string_equal(url.user, good[i].user);
		assert_string_equal(url.host, good[i].host);
		assert_int_equal(url.port, good[i].port);
		assert_string_equal(url.database, good[i].database);
		assert_string_equal(url.socket, good[i].socket);
	}
}

static void test_what_is_none_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct mysql_url url;
		const char *why = "";
		int err = mysql_url_parse(slice_str(bad[i].text), &url, &why);

		assert_int_equal(err, -EINVAL);
		if (!strstr(why, bad[i].why))
			fail_msg("%s: %s", bad[i].text, why);
	}
}

/* Names that do not fit are refused and not cut. */
static void test_long_names(void **state)
{
	char text[2048];
	struct mysql_url url;
	const char *why;

	(void)state;
	for (size_t len = 1; len < 600; len++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "//", 2);
		memcpy(text + 2 + len, "@h/d", 4);
		assert_int_equal(mysql_url_parse(slice_of(text, 6 + len), &url, &why) == 0,
		    len < sizeof(url.user));
		memcpy(text, "//u@", 4);
		memset(text + 4, 'a', len);
		memcpy(text + 4 + len, "/d", 2);
		assert_int_equal(mysql_url_parse(slice_of(text, 6 + len), &url, &why) == 0,
		    len < sizeof(url.host));
	}
}

UNIT_MAIN(
	cmocka_unit_test(test_places),
	cmocka_unit_test(test_what_is_none_is_named),
	cmocka_unit_test(test_long_names)
)
