/*
 * permit_test - lists from parameters and files, and peers that are trusted.
 */
#include "modules/permissions/permit.h"
#include "test/oom.h"
#include "test/unit.h"

#include <unistd.h>

#define LINES(...)                                                             \
	{ sizeof((const struct slice[]){ __VA_ARGS__ }) / sizeof(struct slice),   \
	  (const struct slice[]){ __VA_ARGS__ } }

/* A file with this text; its name is a template. */
static struct slice write_file(char *name, const char *text)
{
	int fd = mkstemp(name);
	size_t len = slice_str(text).len;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	return slice_str(name);
}

static bool holds(const struct permit *p, int64_t group, const char *ip)
{
	struct ip_addr addr;

	assert_int_equal(ip_parse(slice_str(ip), &addr), 0);
	return address_find(&p->addresses, group, &addr, 5060) != NULL;
}

static void entries_come_from_both_places(void **state)
{
	char name[] = "permit_test.XXXXXX";
	struct permit_source source = { .address = LINES(SLICE("1 10.0.0.0/8"), SLICE("2 10.1.0.1")) };
	struct permit_error error;
	struct permit *p;

	(void)state;
	source.address_file = write_file(name,
	    "# gateways\r\n\r\n1 192.0.2.0 24   # of the first floor\n3 198.51.100.1 32 5060 x");
	p = permit_new(&source, &error);
	unlink(name);
	assert_non_null(p);
	assert_int_equal(p->addresses.count, 4);
	assert_true(holds(p, 1, "10.9.9.9"));
	assert_true(holds(p, 1, "192.0.2.77"));
	assert_true(holds(p, 3, "198.51.100.1"));
	assert_false(holds(p, 2, "10.9.9.9"));
	permit_free(&p);
	assert_null(p);
	permit_free(&p);
}

static void no_list_is_an_empty_list(void **state)
{
	struct permit_source source = { 0 };
	struct permit_error error;
	struct permit *p = permit_new(&source, &error);

	(void)state;
	assert_non_null(p);
	assert_false(holds(p, -1, "10.0.0.1"));
	permit_free(&p);
}

/* ---- what is wrong, and where ---- */

static void expect_error(const struct permit_source *source, const char *param, const char *text)
{
	struct permit_error error;

	assert_null(permit_new(source, &error));
	assert_string_equal(error.param, param);
	if (slice_search(slice_str(error.text), slice_str(text)) == slice_str(error.text).len)
		fail_msg("\"%s\" does not contain \"%s\"", error.text, text);
}

static void a_wrong_entry_is_named(void **state)
{
	struct permit_source address = { .address = LINES(SLICE("1 10.0.0.0/8"), SLICE("1 10.0.0")) };
	struct permit_source trusted = { .trusted = LINES(SLICE("any sctp")) };
	struct permit_source pattern = { .trusted = LINES(SLICE("any any ^sip:(a")) };
	struct permit_source source = { .trusted = LINES(SLICE("10.0.0.0/40 any")) };

	(void)state;
	expect_error(&address, "address", "\"1 10.0.0\"");
	expect_error(&trusted, "trusted", "no transport");
	expect_error(&pattern, "trusted", "character 8");
	expect_error(&source, "trusted", "no network");
}

static void a_wrong_line_of_a_file_is_named(void **state)
{
	char name[] = "permit_test.XXXXXX";
	struct permit_source source = { 0 };

	(void)state;
	source.address_file = write_file(name, "1 10.0.0.1\n\n# fine so far\n1 10.0.0.1/8 http\n");
	expect_error(&source, "address_file", ":4: the port");
	source.trusted_file = source.address_file;
	source.address_file = SLICE_NULL;
	expect_error(&source, "trusted_file", ":1: the first word");
	unlink(name);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct permit_source missing = { .address_file = SLICE("/nonexistent/lcs/addresses") };
	struct permit_source directory = { .trusted_file = SLICE("/") };

	(void)state;
	expect_error(&missing, "address_file", "/nonexistent/lcs/addresses");
	expect_error(&directory, "trusted_file", "not a file");
}

/* ---- trusted ---- */

static const struct {
	const char         *ip;
	enum sip_transport  transport;
	const char         *from, *uri, *tag;	/* tag NULL: not trusted */
} asked[] = {
	{ "10.0.0.1", TRANSPORT_UDP, "sip:a@b.test", "sip:c@d.test", "ten" },
	{ "10.0.0.1", TRANSPORT_TLS, "", "", "ten" },
	{ "192.0.2.1", TRANSPORT_TLS, "sip:a@b.test", "sip:c@d.test", "secure" },
	{ "192.0.2.1", TRANSPORT_TCP, "sip:a@b.test", "sip:c@d.test", NULL },
	{ "203.0.113.1", TRANSPORT_UDP, "sip:1@gw.test", "sip:c@d.test", "gateway" },
	{ "203.0.113.1", TRANSPORT_UDP, "sip:1@gw.test.evil", "sip:c@d.test", NULL },
	{ "203.0.113.1", TRANSPORT_TCP, "sip:1@gw.test", "sip:c@d.test", NULL },
	{ "203.0.113.1", TRANSPORT_TCP, "sip:x@y.test", "sip:+491234@d.test", "numbers" },
	{ "203.0.113.1", TRANSPORT_TCP, "sip:x@y.test", "sip:491234@d.test", NULL },
};

/* Not SLICE(): a compound literal is no constant for a static object. */
#define TEXT(lit) { lit, sizeof(lit) - 1 }

static const struct slice trusted_lines[] = {
	TEXT("10.0.0.0/8 any - - ten"),
	TEXT("192.0.2.0/24 TLS - - secure"),
	TEXT("any udp ^sip:[^@]*@gw[.]test$ - gateway"),
	TEXT("any any - ^sip:[+][0-9]+@ numbers"),
};

static const struct permit_source trusted_source = {
	.trusted = { COUNT(trusted_lines), trusted_lines },
};

static void trust_goes_by_source_transport_and_patterns(void **state)
{
	struct permit_error error;
	struct permit *p = permit_new(&trusted_source, &error);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(asked); i++) {
		const struct trusted_entry *e;
		struct ip_addr ip;

		assert_int_equal(ip_parse(slice_str(asked[i].ip), &ip), 0);
		e = trusted_find(&p->trusted, &ip, asked[i].transport, slice_str(asked[i].from),
		    slice_str(asked[i].uri));
		if (!e != !asked[i].tag)
			fail_msg("case %zu: %s", i, e ? "trusted" : "not trusted");
		if (e)
			assert_slice(e->tag, asked[i].tag);
	}
	permit_free(&p);
}

/* A pattern that backtracks without end meets a text made for it. */
static void a_pattern_that_takes_too_long_does_not_match(void **state)
{
	struct permit_source source = { .trusted = LINES(SLICE("any any ^(a+)+$")) };
	struct ip_addr ip = { 4, { 10, 0, 0, 1 } };
	struct permit_error error;
	struct permit *p = permit_new(&source, &error);

	(void)state;
	assert_non_null(p);
	assert_null(trusted_find(&p->trusted, &ip, TRANSPORT_UDP,
	    SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), SLICE_NULL));
	assert_non_null(trusted_find(&p->trusted, &ip, TRANSPORT_UDP, SLICE("aaa"), SLICE_NULL));
	permit_free(&p);
}

static void memory_may_run_out_anywhere(void **state)
{
	char name[] = "permit_test.XXXXXX", *text = malloc(40000);
	struct permit_source source = trusted_source;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 1000; i++)
		len += (size_t)snprintf(text + len, 40000 - len, "1 10.0.%u.%u/32\n", i / 200, i % 200);
	source.address_file = write_file(name, text);
	free(text);
	OOM_WALK(nth) {
		struct permit_error error;
		struct permit *p = permit_new(&source, &error);

		if (!oom_hit()) {
			assert_non_null(p);
			assert_int_equal(p->addresses.count, 1000);
		} else if (!p) {
			assert_true(error.text[0] != '\0');
		}
		permit_free(&p);
	}
	unlink(name);
}

UNIT_MAIN(
	cmocka_unit_test(entries_come_from_both_places),
	cmocka_unit_test(no_list_is_an_empty_list),
	cmocka_unit_test(a_wrong_entry_is_named),
	cmocka_unit_test(a_wrong_line_of_a_file_is_named),
	cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	cmocka_unit_test(trust_goes_by_source_transport_and_patterns),
	cmocka_unit_test(a_pattern_that_takes_too_long_does_not_match),
	cmocka_unit_test(memory_may_run_out_anywhere)
)
