/*
 * Listeners: ports, who has them already, and what we are called by others.
 */
#include "test/unit/core/net/rig.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

static struct net_listener listener(enum sip_transport t, const char *addr)
{
	struct net_listener l = { .transport = t };

	assert_int_equal(sock_addr_parse(slice_str(addr), &l.addr), 0);
	return l;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct sock_addr sa;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_from(&sa, &ss);
	return sa.port;
}

static void all_sockets_of_a_listener_have_one_port(void **state)
{
	static const enum sip_transport kinds[] = { TRANSPORT_UDP, TRANSPORT_TCP };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct net_listener l = listener(kinds[k], "127.0.0.1:0");
		const char *what;

		assert_int_equal(listener_open(&l, 5, &what), 0);
		assert_int_equal(l.fd_count, 5);
		assert_int_not_equal(l.addr.port, 0);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(port_of(l.fds[i]), l.addr.port);
		listener_close(&l);
		assert_int_equal(l.fd_count, 0);
	}
}

/* Both are of this user, and SO_REUSEPORT would let them share. */
static int try_to_share(enum sip_transport kind)
{
	struct net_listener first = listener(kind, "127.0.0.1:0"), second;
	const char *what = "";
	int ret;

	assert_int_equal(listener_open(&first, 2, &what), 0);
	second = listener(kind, "127.0.0.1:0");
	second.addr.port = first.addr.port;
	assert_int_equal(listener_open(&second, 2, &what), -EADDRINUSE);
	assert_string_equal(what, "bind");
	assert_int_equal(second.fd_count, 0);
	/* Nor by the way of "any". */
	second = listener(kind, "0.0.0.0:0");
	second.addr.port = first.addr.port;
	assert_int_equal(listener_open(&second, 2, &what), -EADDRINUSE);
	listener_close(&first);
	ret = listener_open(&second, 2, &what);
	listener_close(&second);
	return ret;
}

/* A connection of somebody else may have the same number, at the end: another one, then. */
static void a_port_that_another_server_has_is_refused(void **state)
{
	static const enum sip_transport kinds[] = { TRANSPORT_UDP, TRANSPORT_TCP };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		int ret = -EADDRINUSE;

		for (unsigned tries = 0; tries < 50 && ret == -EADDRINUSE; tries++)
			ret = try_to_share(kinds[k]);
		assert_int_equal(ret, 0);
	}
}

/* ---- who begins at the same moment ---- */

struct racer { struct net_listener l; pthread_barrier_t *line; int err; };

static void *race(void *arg)
{
	struct racer *r = arg;
	const char *what;

	pthread_barrier_wait(r->line);
	r->err = listener_open(&r->l, 4, &what);
	pthread_barrier_wait(r->line);
	return NULL;
}

/* How many of two have the port. */
static unsigned winners(enum sip_transport kind, uint16_t port)
{
	struct racer racers[2];
	pthread_t threads[2];
	pthread_barrier_t line;
	unsigned have = 0;

	assert_int_equal(pthread_barrier_init(&line, NULL, 2), 0);
	for (unsigned i = 0; i < 2; i++) {
		racers[i] = (struct racer){ listener(kind, "127.0.0.77:0"), &line, 0 };
		racers[i].l.addr.port = port;
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		have += racers[i].err == 0;
		listener_close(&racers[i].l);
	}
	pthread_barrier_destroy(&line);
	return have;
}

/* For TCP both may lose, each to the other's bound socket: then they are started again. */
static void two_that_begin_at_once_never_share_a_port(void **state)
{
	static const enum sip_transport kinds[] = { TRANSPORT_UDP, TRANSPORT_TCP };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct net_listener l = listener(kinds[k], "127.0.0.77:0");
		const char *what;

		assert_int_equal(listener_open(&l, 1, &what), 0);
		listener_close(&l);
		for (unsigned i = 0; i < 300; i++)
			assert_true(winners(kinds[k], l.addr.port) < 2);
	}
}

static void connect_once(const struct net_listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(&l->addr, &ss);
	bool is_stream = transport_is_stream(l->transport);
	int fd = socket(AF_INET, is_stream ? SOCK_STREAM : SOCK_DGRAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	if (!is_stream)
		assert_int_equal(send(fd, "x", 1, 0), 1);
	close(fd);
}

/* The first socket was bound before it was opened to the others. */
static void every_socket_of_a_listener_gets_its_part(void **state)
{
	static const enum sip_transport kinds[] = { TRANSPORT_UDP, TRANSPORT_TCP };

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct net_listener l = listener(kinds[k], "127.0.0.1:0");
		const char *what;

		assert_int_equal(listener_open(&l, 4, &what), 0);
		for (unsigned i = 0; i < 400; i++)
			connect_once(&l);
		for (unsigned i = 0; i < 4; i++) {
			struct pollfd fd = { .fd = l.fds[i], .events = POLLIN };

			assert_int_equal(poll(&fd, 1, 0), 1);
		}
		listener_close(&l);
	}
}

static void an_address_that_is_not_ours_is_refused(void **state)
{
	struct net_listener l = listener(TRANSPORT_UDP, "192.0.2.1:5060");
	const char *what = "";

	(void)state;
	assert_int_equal(listener_open(&l, 1, &what), -EADDRNOTAVAIL);
	assert_string_equal(what, "bind");
}

/* ---- which one to send from ---- */

static struct net_listener list[6];

static void know_listeners(void)
{
	list[0] = listener(TRANSPORT_UDP, "127.0.0.1:5060");
	list[1] = listener(TRANSPORT_UDP, "192.0.2.1:5060");
	list[2] = listener(TRANSPORT_TCP, "0.0.0.0:5070");
	list[3] = listener(TRANSPORT_UDP, "[2001:db8::1]:5060");
	list[4] = listener(TRANSPORT_TLS, "192.0.2.1:5061");
	snprintf(list[4].advertise_host, sizeof(list[4].advertise_host), "sip.example.com");
	list[5] = listener(TRANSPORT_UDP, "192.0.2.2:5060");
	snprintf(list[5].advertise_host, sizeof(list[5].advertise_host), "nat.example.com");
	list[5].advertise_port = 6060;
	net_set_listeners(list, 6);
}

static void the_listener_fits_transport_and_family(void **state)
{
	static const struct { enum sip_transport t; const char *remote; unsigned like, want; } cases[] = {
		{ TRANSPORT_UDP, "127.0.0.5:1", 0, 1 },
		{ TRANSPORT_UDP, "198.51.100.1:5060", 0, 2 },
		{ TRANSPORT_UDP, "198.51.100.1:5060", 6, 6 },
		{ TRANSPORT_UDP, "198.51.100.1:5060", 1, 2 },	/* nothing leaves by loopback */
		{ TRANSPORT_UDP, "198.51.100.1:5060", 5, 2 },	/* another transport */
		{ TRANSPORT_UDP, "198.51.100.1:5060", 99, 2 },
		{ TRANSPORT_UDP, "[2001:db8::9]:5060", 0, 4 },
		{ TRANSPORT_TCP, "127.0.0.1:1", 0, 3 },
		{ TRANSPORT_TCP, "198.51.100.1:5060", 0, 3 },
		{ TRANSPORT_TCP, "[2001:db8::9]:5060", 0, 0 },
		{ TRANSPORT_TLS, "198.51.100.1:5061", 0, 5 },
		{ TRANSPORT_NONE, "198.51.100.1:5061", 0, 0 },
	};

	(void)state;
	know_listeners();
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct sock_addr remote;

		assert_int_equal(sock_addr_parse(slice_str(cases[i].remote), &remote), 0);
		assert_int_equal(net_listener_for(cases[i].t, &remote, cases[i].like),
		    cases[i].want);
	}
	assert_null(net_listener(0));
	assert_null(net_listener(7));
	assert_ptr_equal(net_listener(6), &list[5]);
	assert_int_equal(net_listener_count(), 6);
}

/* ---- our names ---- */

static void sent_by_is_what_is_advertised_or_bound(void **state)
{
	char text[300];
	struct sip_hop hop = { .transport = TRANSPORT_UDP, .listener = 2 };

	(void)state;
	know_listeners();
	assert_slice(net_sent_by(&hop, text), "192.0.2.1:5060");
	hop.listener = 4;
	assert_slice(net_sent_by(&hop, text), "[2001:db8::1]:5060");
	hop.listener = 5;
	assert_slice(net_sent_by(&hop, text), "sip.example.com:5061");
	hop.listener = 6;
	assert_slice(net_sent_by(&hop, text), "nat.example.com:6060");
}

/* "0.0.0.0" says nothing to a peer: it gets the address it sees us at. */
static void sent_by_of_any_is_the_local_side_of_the_way(void **state)
{
	char text[300];
	struct sip_hop hop = { .transport = TRANSPORT_TCP, .listener = 3 };

	(void)state;
	know_listeners();
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:40000"), &hop.remote), 0);
	assert_slice(net_sent_by(&hop, text), "127.0.0.1:5070");
	assert_slice(net_sent_by(&hop, text), "127.0.0.1:5070");
	assert_int_equal(sock_addr_parse(SLICE("10.9.8.7:40000"), &hop.local), 0);
	assert_slice(net_sent_by(&hop, text), "10.9.8.7:5070");
}

static void what_is_ours_is_known(void **state)
{
	static const struct { const char *host; uint16_t port; enum sip_transport t; bool ours; } cases[] = {
		{ "192.0.2.1", 0, TRANSPORT_UDP, true },
		{ "192.0.2.1", 5060, TRANSPORT_UDP, true },
		{ "192.0.2.1", 5061, TRANSPORT_UDP, false },
		{ "192.0.2.1", 0, TRANSPORT_TLS, true },	/* 5061 is TLS's */
		{ "192.0.2.1", 0, TRANSPORT_NONE, true },
		{ "192.0.2.9", 0, TRANSPORT_UDP, false },
		{ "192.0.2.1", 0, TRANSPORT_TCP, false },
		{ "127.0.0.1", 5070, TRANSPORT_TCP, true },	/* an interface of "any" */
		{ "127.0.0.1", 5060, TRANSPORT_TCP, false },
		{ "192.0.2.77", 5070, TRANSPORT_TCP, false },
		{ "2001:db8::1", 0, TRANSPORT_UDP, true },
		{ "[2001:db8::1]", 0, TRANSPORT_UDP, true },
		{ "sip.example.com", 0, TRANSPORT_TLS, true },
		{ "SIP.Example.COM", 5061, TRANSPORT_TLS, true },
		{ "sip.example.com", 5060, TRANSPORT_TLS, false },
		{ "nat.example.com", 6060, TRANSPORT_UDP, true },
		{ "nat.example.com", 0, TRANSPORT_UDP, false },
		{ "example.com", 0, TRANSPORT_NONE, false },
		{ "", 0, TRANSPORT_NONE, false },
	};

	(void)state;
	know_listeners();
	for (unsigned i = 0; i < COUNT(cases); i++)
		if (net_is_local(slice_str(cases[i].host), cases[i].port, cases[i].t) != cases[i].ours)
			fail_msg("%s:%u", cases[i].host, cases[i].port);
}

/* The peer finds us at one address, whether we call or are called. */
static void a_connection_leaves_from_the_address_we_listen_on(void **state)
{
	static const struct worker_conf conf = { 1, 1000 };
	struct sock_addr addr, from;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_listener l = listener(TRANSPORT_TCP, "127.0.0.3:0");
	const char *what;
	int peer, fd;
	struct sip_hop hop = { .transport = TRANSPORT_TCP };

	(void)state;
	peer = peer_listen(8, &addr);
	hop.remote = addr;
	assert_int_equal(listener_open(&l, 1, &what), 0);
	net_above.deliver = rig_drop;
	net_set_listeners(&l, 1);
	assert_int_equal(workers_start(&conf), 0);
	send_from(0, &hop, SLICE("hello"), NULL);
	fd = peer_accept(peer);
	peer_expect(fd, SLICE("hello"));
	assert_int_equal(getpeername(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_from(&from, &ss);
	assert_true(ip_eq(&from.ip, &l.addr.ip));
	assert_int_not_equal(from.port, l.addr.port);
	close(fd);
	workers_stop();
	listener_close(&l);
	close(peer);
}

UNIT_MAIN(
	cmocka_unit_test(all_sockets_of_a_listener_have_one_port),
	cmocka_unit_test(a_port_that_another_server_has_is_refused),
	cmocka_unit_test(two_that_begin_at_once_never_share_a_port),
	cmocka_unit_test(every_socket_of_a_listener_gets_its_part),
	cmocka_unit_test(an_address_that_is_not_ours_is_refused),
	cmocka_unit_test(a_connection_leaves_from_the_address_we_listen_on),
	cmocka_unit_test(the_listener_fits_transport_and_family),
	cmocka_unit_test(sent_by_is_what_is_advertised_or_bound),
	cmocka_unit_test(sent_by_of_any_is_the_local_side_of_the_way),
	cmocka_unit_test(what_is_ours_is_known))
