/*
 * address_test - reading networks, and which of them decides.
 */
#include "modules/permissions/address.h"
#include "test/unit.h"

/* ---- lines ---- */

static const struct {
	const char *line;
	bool        ok;
	uint32_t    group;
	const char *net;
	unsigned    bits, port;
	const char *tag;
} lines[] = {
	{ "1 10.0.0.0/8", true, 1, "10.0.0.0", 8, 0, "" },
	{ "1 10.1.2.3", true, 1, "10.1.2.3", 32, 0, "" },
	{ "1 10.1.2.3/8", true, 1, "10.0.0.0", 8, 0, "" },
	{ "7 10.1.2.3/20 5060", true, 7, "10.1.0.0", 20, 5060, "" },
	{ "7 10.1.2.3/32 5060 a-b", true, 7, "10.1.2.3", 32, 5060, "a-b" },
	{ "2 192.168.1.0 24 0 office", true, 2, "192.168.1.0", 24, 0, "office" },
	{ "2 192.168.1.0 24", true, 2, "192.168.1.0", 24, 0, "" },
	{ "\t3   0.0.0.0/0\r", true, 3, "0.0.0.0", 0, 0, "" },
	{ "0 2001:db8::1", true, 0, "2001:db8::1", 128, 0, "" },
	{ "2147483647 2001:db8:1:2::/33", true, 2147483647, "2001:db8::", 33, 0, "" },
	{ "4 [2001:db8::1] 128 65535 six", true, 4, "2001:db8::1", 128, 65535, "six" },

	{ "", false, 0, "", 0, 0, "" },
	{ "one 10.0.0.1", false, 0, "", 0, 0, "" },
	{ "-1 10.0.0.1", false, 0, "", 0, 0, "" },
	{ "2147483648 10.0.0.1", false, 0, "", 0, 0, "" },
	{ "1", false, 0, "", 0, 0, "" },
	{ "1 host.example", false, 0, "", 0, 0, "" },
	{ "1 10.0.0", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0/33", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0 33", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0 x", false, 0, "", 0, 0, "" },
	{ "1 2001:db8:: 129", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0/8 65536", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0/8 sip", false, 0, "", 0, 0, "" },
	{ "1 10.0.0.0/8 5060 tag more", false, 0, "", 0, 0, "" },
	{ "99999999999999999999 10.0.0.1", false, 0, "", 0, 0, "" },
};

static void lines_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct address_entry e;
		const char *wrong = address_parse(slice_str(lines[i].line), &e);
		char net[ADDR_TEXT_BYTES];

		if (!wrong != lines[i].ok)
			fail_msg("\"%s\": %s", lines[i].line, wrong ? wrong : "was taken");
		if (wrong)
			continue;
		ip_format(&e.net.addr, net);
		assert_string_equal(net, lines[i].net);
		assert_int_equal(e.group, lines[i].group);
		assert_int_equal(e.net.bits, lines[i].bits);
		assert_int_equal(e.port, lines[i].port);
		assert_slice(e.tag, lines[i].tag);
	}
}

/* ---- search ---- */

static const char *const networks[] = {
	"1 10.0.0.0/8 0 ten",
	"1 10.1.0.0/16 0 office",
	"1 10.1.2.3/32 0 desk",
	"2 10.1.0.0/16 0 guests",
	"3 10.1.2.3/32 5060 gateway",
	"3 10.1.2.3/32 5080 second",
	"4 0.0.0.0/0 0 all",
	"1 2001:db8::/32 0 six",
	"5 2001:db8::5/128 0 five",
};

static const struct { int64_t group; const char *ip; uint16_t port; const char *tag; } finds[] = {
	{ 1, "10.200.1.1", 5060, "ten" },
	{ 1, "10.1.200.1", 5060, "office" },
	{ 1, "10.1.2.3", 5060, "desk" },
	{ 1, "11.0.0.0", 5060, NULL },
	{ 1, "9.255.255.255", 5060, NULL },
	{ 2, "10.1.2.3", 1, "guests" },
	{ 2, "10.2.0.0", 1, NULL },
	{ 3, "10.1.2.3", 5060, "gateway" },
	{ 3, "10.1.2.3", 5080, "second" },
	{ 3, "10.1.2.3", 5070, NULL },
	{ 3, "10.1.2.3", 0, NULL },
	{ 4, "203.0.113.9", 5060, "all" },
	{ 4, "2001:db8::1", 5060, NULL },
	{ 6, "10.1.2.3", 5060, NULL },
	{ 1, "2001:db8:ffff::1", 5060, "six" },
	{ 1, "2001:db9::", 5060, NULL },
	{ -1, "10.1.2.3", 5070, "desk" },
	{ -1, "10.1.9.9", 5070, "office" },	/* of equal masks the lowest group */
	{ -1, "192.0.2.1", 5060, "all" },
	{ -1, "2001:db8::5", 5060, "five" },
	{ -1, "2001:db8::6", 5060, "six" },
	{ -1, "::1", 5060, NULL },
	{ -1, "10.1.2.2", 5060, "office" },
	{ -1, "10.1.2.4", 5060, "office" },
};

static void make(struct arena *arena, struct address_table *t)
{
	struct address_entry *entries = arena_alloc(arena, COUNT(networks) * sizeof(*entries));

	assert_non_null(entries);
	for (size_t i = 0; i < COUNT(networks); i++)
		assert_null(address_parse(slice_str(networks[i]), &entries[i]));
	assert_int_equal(address_table_make(arena, entries, COUNT(networks), t), 0);
}

static void the_closest_network_of_the_group_decides(void **state)
{
	struct arena *arena = arena_new(0);
	struct address_table t;

	(void)state;
	make(arena, &t);
	for (size_t i = 0; i < COUNT(finds); i++) {
		const struct address_entry *e;
		struct ip_addr ip;

		assert_int_equal(ip_parse(slice_str(finds[i].ip), &ip), 0);
		e = address_find(&t, finds[i].group, &ip, finds[i].port);
		if (!e != !finds[i].tag)
			fail_msg("%s in group %d: %s", finds[i].ip, (int)finds[i].group,
			    e ? "found" : "not found");
		if (e)
			assert_slice(e->tag, finds[i].tag);
	}
	arena_free(&arena);
}

static void an_empty_table_holds_nobody(void **state)
{
	struct arena *arena = arena_new(0);
	struct address_table t;
	struct ip_addr ip;

	(void)state;
	assert_int_equal(address_table_make(arena, NULL, 0, &t), 0);
	assert_int_equal(ip_parse(SLICE("10.0.0.1"), &ip), 0);
	assert_null(address_find(&t, -1, &ip, 5060));
	arena_free(&arena);
}

/* Against a search through all entries, with networks that overlap a lot. */
static const struct address_entry *find_slowly(const struct address_entry *entries, size_t n,
    int64_t group, const struct ip_addr *ip)
{
	const struct address_entry *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct address_entry *e = &entries[i];

		if ((group >= 0 && e->group != group) || !ip_net_covers(&e->net, ip))
			continue;
		if (!best || e->net.bits > best->net.bits ||
		    (e->net.bits == best->net.bits && e->group < best->group))
			best = e;
	}
	return best;
}

#define MANY 500

static void many_entries_are_found_as_by_hand(void **state)
{
	struct arena *arena = arena_new(0);
	struct address_entry *entries = arena_zalloc(arena, MANY * sizeof(*entries));
	struct address_table t;
	uint32_t seed = 12345;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		char line[64];

		seed = seed * 1664525u + 1013904223u;
		snprintf(line, sizeof(line), "%u 10.%u.%u.%u/%u", seed >> 30, seed >> 8 & 3,
		    seed >> 12 & 7, seed >> 16 & 255, 8 + (seed >> 24) % 25);
		assert_null(address_parse(slice_str(line), &entries[i]));
	}
	assert_int_equal(address_table_make(arena, entries, MANY, &t), 0);
	for (unsigned i = 0; i < 4000; i++) {
		struct ip_addr ip = { 4, { 10, i & 3, i >> 2 & 7, i >> 5 & 255 } };

		for (int64_t group = -1; group < 5; group++) {
			const struct address_entry *want = find_slowly(entries, MANY, group, &ip);
			const struct address_entry *got = address_find(&t, group, &ip, 5060);

			assert_int_equal(!got, !want);
			if (got)
				assert_true(got->net.bits == want->net.bits && got->group == want->group);
		}
	}
	arena_free(&arena);
}

UNIT_MAIN(
	cmocka_unit_test(lines_are_read_or_refused),
	cmocka_unit_test(the_closest_network_of_the_group_decides),
	cmocka_unit_test(an_empty_table_holds_nobody),
	cmocka_unit_test(many_entries_are_found_as_by_hand)
)
