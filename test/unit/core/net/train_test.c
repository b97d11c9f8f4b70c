/*
 * What goes to one peer stays in order, whatever is coupled with what.
 */
#include "test/unit.h"

#include "core/net/train.h"

#include <stdlib.h>
#include <string.h>

static struct sip_out outs[TRAIN_OUTS];
static struct sip_out *list[TRAIN_OUTS];
static struct train trains[TRAIN_OUTS];

static void put(unsigned i, unsigned peer, unsigned len, const char *first)
{
	outs[i].hop = (struct sip_hop){ .transport = TRANSPORT_UDP, .remote.port = 5060 };
	ip_parse(SLICE("192.0.2.1"), &outs[i].hop.remote.ip);
	outs[i].hop.remote.ip.bytes[3] = (uint8_t)peer;
	outs[i].bytes = buf_new(len);
	buf_printf(outs[i].bytes, "%s%0*u", first, (int)(len - strlen(first)), i);
	list[i] = &outs[i];
}

static void drop(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		buf_unref(&outs[i].bytes);
}

static unsigned peer_of(const struct sip_out *out)
{
	return out->hop.remote.ip.bytes[3];
}

/* One peer; one size, which the last alone may fall short of. */
static void check_train(const struct train *t)
{
	for (unsigned i = 1; i < t->count; i++) {
		const struct sip_out *a = list[t->first], *b = list[t->first + i];

		assert_int_equal(peer_of(a), peer_of(b));
		if (i + 1 < t->count)
			assert_int_equal(a->bytes->len, b->bytes->len);
		assert_true(b->bytes->len <= a->bytes->len);
	}
}

static void check(unsigned count, unsigned n)
{
	const struct sip_out *last[256] = { NULL };
	unsigned at = 0;

	for (unsigned t = 0; t < n; t++) {
		assert_int_equal(trains[t].first, at);
		assert_true(trains[t].count > 0);
		check_train(&trains[t]);
		at += trains[t].count;
	}
	assert_int_equal(at, count);
	/* As the array is the order they came in, addresses tell it. */
	for (unsigned i = 0; i < count; i++) {
		assert_true(!last[peer_of(list[i])] || last[peer_of(list[i])] < list[i]);
		last[peer_of(list[i])] = list[i];
	}
}

static void whatever_comes_is_coupled_in_order(void **state)
{
	(void)state;
	srandom(4711);
	for (unsigned round = 0; round < 2000; round++) {
		unsigned count = 1 + (unsigned)random() % TRAIN_OUTS;
		unsigned peers = 1 + (unsigned)random() % 20, sizes = 1 + (unsigned)random() % 4;

		for (unsigned i = 0; i < count; i++)
			put(i, (unsigned)random() % peers,
			    600 + 350 * ((unsigned)random() % sizes), "SIP/2.0 ");
		check(count, train_couple(list, count, trains));
		drop(count);
	}
}

static unsigned trains_of(unsigned count, const unsigned *sizes, const char *first, const char *ip)
{
	unsigned n;

	for (unsigned i = 0; i < count; i++) {
		put(i, 1, sizes[i], first);
		assert_int_equal(ip_parse(slice_str(ip), &outs[i].hop.remote.ip), 0);
	}
	n = train_couple(list, count, trains);
	check(count, n);
	drop(count);
	return n;
}

static void one_that_is_shorter_ends_a_train(void **state)
{
	const unsigned same[] = { 500, 500, 500 }, falls[] = { 500, 500, 400, 400 },
	    rises[] = { 400, 500, 600 }, large[] = { 1300, 1300, 900 };

	(void)state;
	assert_int_equal(trains_of(3, same, "SIP/2.0 ", "192.0.2.9"), 1);
	assert_int_equal(trains_of(4, falls, "SIP/2.0 ", "192.0.2.9"), 2);
	assert_int_equal(trains_of(3, rises, "SIP/2.0 ", "192.0.2.9"), 3);
	assert_int_equal(trains_of(3, large, "SIP/2.0 ", "192.0.2.9"), 3);
	assert_int_equal(trains_of(3, same, "SIP/2.0 ", "2001:db8::9"), 1);
}

/* Who waits for ICMP about a request hears of the first in a train alone, on this machine. */
static void requests_on_this_machine_go_alone(void **state)
{
	const unsigned same[] = { 500, 500, 500 };

	(void)state;
	assert_int_equal(trains_of(3, same, "MESSAGE ", "192.0.2.9"), 1);
	assert_int_equal(trains_of(3, same, "MESSAGE ", "127.0.0.1"), 3);
	assert_int_equal(trains_of(3, same, "SIP/2.0 ", "127.0.0.1"), 1);
}

/* 64 of the largest are more than one datagram may be. */
static void a_train_is_no_longer_than_a_datagram_may_be(void **state)
{
	unsigned sizes[TRAIN_OUTS];

	(void)state;
	for (unsigned i = 0; i < TRAIN_OUTS; i++)
		sizes[i] = 1200;
	assert_int_equal(trains_of(TRAIN_OUTS, sizes, "SIP/2.0 ", "192.0.2.9"), 2);
	assert_true(trains[0].count * 1200 <= 65507);
}

UNIT_MAIN(
	cmocka_unit_test(whatever_comes_is_coupled_in_order),
	cmocka_unit_test(one_that_is_shorter_ends_a_train),
	cmocka_unit_test(requests_on_this_machine_go_alone),
	cmocka_unit_test(a_train_is_no_longer_than_a_datagram_may_be))
