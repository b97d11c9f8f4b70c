/*
 * Datagrams: batches, the way back, and what cannot be sent.
 */
#include "test/unit/core/net/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

static void a_datagram_comes_back_to_its_sender(void **state)
{
	char text[512], got[512];
	int fd[8];

	(void)state;
	rig_start(3, rig_echo);
	for (unsigned i = 0; i < 8; i++) {
		fd[i] = peer_connect(RIG_UDP);
		peer_send(fd[i], request(i, text));
	}
	for (unsigned i = 0; i < 8; i++) {
		struct slice want = request(i, text);

		assert_int_equal(recv(fd[i], got, sizeof(got), 0), want.len);
		assert_memory_equal(got, want.p, want.len);
		peer_expect_silence(fd[i]);
		close(fd[i]);
	}
	await(rig_counted(datagrams_out) == 8);
	assert_int_equal(rig_counted(datagrams_in), 8);
	rig_stop();
}

/* More than fit into a batch of receiving, and of sending. */
static void many_datagrams_are_all_handled(void **state)
{
	enum { ROUNDS = 20, MANY = 100 };
	char text[512], got[512];
	int fd;

	(void)state;
	rig_start(2, rig_echo);
	fd = peer_connect(RIG_UDP);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < MANY; i++)
			peer_send(fd, request(i, text));
		for (unsigned i = 0; i < MANY; i++)
			assert_true(recv(fd, got, sizeof(got), 0) > 0);
	}
	await(rig_counted(datagrams_out) == ROUNDS * MANY);
	assert_int_equal(rig_counted(messages_in), ROUNDS * MANY);
	close(fd);
	rig_stop();
}

static void the_hop_says_where_it_came_from_and_where_it_came_to(void **state)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct sock_addr mine;
	struct sip_hop hop;
	char text[512];
	int fd;

	(void)state;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_UDP);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	sock_addr_from(&mine, &ss);
	peer_send(fd, request(1, text));
	await(rig_held() == 1);
	hop = rig_held_hop(0);
	assert_int_equal(hop.transport, TRANSPORT_UDP);
	assert_int_equal(hop.listener, RIG_UDP);
	assert_int_equal(hop.flow, 0);
	assert_true(sock_addr_eq(&hop.remote, &mine));
	assert_int_equal(hop.local.port, rig_port(RIG_UDP));
	assert_true(ip_is_loopback(&hop.local.ip));
	close(fd);
	rig_stop();
}

static void keep_alives_and_noise_do_not_get_through(void **state)
{
	char text[512];
	int fd;

	(void)state;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_UDP);
	peer_send(fd, SLICE("\r\n\r\n"));
	peer_send(fd, SLICE("\0\0\0\0"));
	assert_int_equal(send(fd, "", 0, 0), 0);
	peer_send(fd, SLICE("jaK"));
	peer_send(fd, request(1, text));
	peer_expect(fd, request(1, text));
	peer_expect_silence(fd);
	assert_int_equal(rig_counted(pings), 3);
	assert_int_equal(rig_counted(parse_errors), 1);
	close(fd);
	rig_stop();
}

static void what_the_kernel_refuses_is_told_at_home(void **state)
{
	struct sip_hop hop = { .transport = TRANSPORT_UDP };
	struct fate fate = { 0 }, far = { 0 }, none = { 0 };
	size_t room = 70000;
	char *text = calloc(1, room);

	(void)state;
	assert_non_null(text);
	rig_start(3, rig_echo);
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:9"), &hop.remote), 0);
	send_from(2, &hop, slice_of(text, room), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -EMSGSIZE);
	assert_int_equal(fate.worker, 2);
	/* No listener of that family. */
	assert_int_equal(sock_addr_parse(SLICE("[::1]:9"), &hop.remote), 0);
	send_from(1, &hop, SLICE("x"), &far);
	await(far.told == 1);
	assert_int_equal(far.err, -EPROTONOSUPPORT);
	assert_int_equal(far.worker, 1);
	hop.transport = TRANSPORT_NONE;
	send_from(0, &hop, SLICE("x"), &none);
	await(none.told == 1);
	assert_int_equal(none.err, -EPROTONOSUPPORT);
	assert_int_equal(rig_counted(udp_send_errors), 1);
	rig_stop();
	free(text);
}

/* One that cannot go must not keep back those behind it. */
static void send_three(void *arg)
{
	const struct sip_hop *hop = arg;

	for (int i = 0; i < 3; i++) {
		struct sip_out *out = sip_out_new();

		out->hop = *hop;
		out->bytes = buf_new(16);
		if (i == 1)
			memset(buf_reserve(out->bytes, 70000), 'x', 70000);
		else
			buf_printf(out->bytes, "number %d", i);
		net_send(&out);
	}
}

static void a_bad_one_in_the_middle_of_a_batch_is_left_out(void **state)
{
	char got[64];
	struct sip_hop hop;
	int fd;

	(void)state;
	rig_start(1, rig_hold);
	fd = peer_held(RIG_UDP, &hop);
	worker_post_fn(0, send_three, &hop);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 8);
	assert_memory_equal(got, "number 0", 8);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 8);
	assert_memory_equal(got, "number 2", 8);
	close(fd);
	rig_stop();
}

/* ---- what did not arrive ---- */

static _Atomic unsigned reports;
static struct { char sent[512]; size_t len; struct sock_addr to; int err, worker; } report;

static void note_report(struct slice sent, const struct sock_addr *to, int err)
{
	report.len = sent.len < sizeof(report.sent) ? sent.len : sizeof(report.sent);
	memcpy(report.sent, sent.p, report.len);
	report.to = *to;
	report.err = err;
	report.worker = worker_self();
	reports++;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin_port);
}

/* A port at which nobody listens. */
static struct sip_hop dead_hop(void)
{
	struct sip_hop hop = { .transport = TRANSPORT_UDP, .listener = RIG_UDP };
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:1"), &hop.remote), 0);
	hop.remote.port = port_of(fd);
	close(fd);
	return hop;
}

static void what_did_not_arrive_is_told(void **state)
{
	struct sip_hop dead = dead_hop();
	struct fate fate = { 0 };
	char text[512];
	struct slice msg = request(7, text);

	(void)state;
	reports = 0;
	net_above.undelivered = note_report;
	rig_start(2, rig_drop);
	send_from(1, &dead, msg, &fate);
	await(reports == 1);
	assert_int_equal(report.err, -ECONNREFUSED);
	assert_in_range(report.worker, 0, 1);
	assert_true(sock_addr_eq(&report.to, &dead.remote));
	assert_true(report.len > 100 && report.len <= msg.len);
	assert_memory_equal(report.sent, msg.p, report.len);
	assert_int_equal(fate.told, 0);
	assert_int_equal(rig_counted(udp_undelivered), 1);
	rig_stop();
	net_above.undelivered = NULL;
}

static void send_six(void *arg)
{
	const struct sip_hop *hops = arg;

	for (unsigned i = 0; i < 6; i++) {
		struct sip_out *out = sip_out_new();

		out->hop = hops[i % 2];
		out->bytes = buf_new(16);
		buf_printf(out->bytes, "number %u", i);
		net_send(&out);
	}
}

/* The error of one must neither keep back the next nor be taken for its own. */
static void the_dead_do_not_harm_the_living(void **state)
{
	struct sip_hop hops[2] = { dead_hop() };
	char text[512], got[64];
	int fd;

	(void)state;
	reports = 0;
	net_above.undelivered = note_report;
	rig_start(1, rig_hold);
	fd = peer_held(RIG_UDP, &hops[1]);
	worker_post_fn(0, send_six, hops);
	for (unsigned i = 1; i < 6; i += 2) {
		assert_int_equal(recv(fd, got, sizeof(got), 0), 8);
		assert_int_equal(got[7], '0' + (int)i);
	}
	await(reports == 3);
	assert_int_equal(rig_counted(udp_send_errors), 0);
	/* And what comes in is read as before. */
	peer_send(fd, request(2, text));
	await(rig_held() == 2);
	close(fd);
	rig_stop();
	net_above.undelivered = NULL;
}

/* ---- several to one peer ---- */

static _Atomic bool refuse_trains;	/* as a device would that cannot cut them */
static _Atomic unsigned refused;

int sendmmsg(int fd, struct mmsghdr *batch, unsigned count, int flags)
{
	if (refuse_trains && batch->msg_hdr.msg_iovlen > 1) {
		refused++;
		errno = EIO;
		return -1;
	}
	for (unsigned i = 1; refuse_trains && i < count; i++)
		if (batch[i].msg_hdr.msg_iovlen > 1)
			count = i;
	return (int)syscall(SYS_sendmmsg, fd, batch, count, flags);
}

struct volley { struct sip_hop hops[2]; unsigned count; };

/* Of two sizes and for two peers, in turn; the number is the order. */
static void send_volley(void *arg)
{
	const struct volley *v = arg;

	for (unsigned i = 0; i < v->count; i++) {
		struct sip_out *out = sip_out_new();

		out->hop = v->hops[i % 2];
		out->bytes = buf_new(64);
		buf_printf(out->bytes, "SIP/2.0 200 %03u%s", i, i % 20 < 14 ? "" : " shorter not");
		net_send(&out);
	}
}

static void expect_volley(int fd, unsigned from, unsigned count)
{
	char got[64];
	uint32_t number;

	for (unsigned i = from; i < count; i += 2) {
		ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

		assert_int_equal(n, i % 20 < 14 ? 15 : 27);
		assert_int_equal(slice_to_u32(slice_of(got + 12, 3), &number), 0);
		assert_int_equal(number, i);
	}
	peer_expect_silence(fd);
}

static void volley(void)
{
	struct volley v = { .count = 50 };
	char text[512];
	int fd[2];

	rig_start(1, rig_hold);
	for (unsigned i = 0; i < 2; i++) {
		fd[i] = peer_connect(RIG_UDP);
		peer_send(fd[i], request(1, text));
		await(rig_held() == i + 1);
		v.hops[i] = rig_held_hop(i);
	}
	worker_post_fn(0, send_volley, &v);
	for (unsigned i = 0; i < 2; i++) {
		expect_volley(fd[i], i, v.count);
		close(fd[i]);
	}
	await(rig_counted(datagrams_out) == v.count);
	assert_int_equal(rig_counted(udp_send_errors), 0);
}

static void what_goes_to_one_peer_goes_together_and_in_order(void **state)
{
	(void)state;
	volley();
	assert_in_range(rig_counted(datagrams_coupled), 20, 40);
	rig_stop();
}

static void what_the_kernel_will_not_cut_goes_one_by_one(void **state)
{
	(void)state;
	refuse_trains = true;
	refused = 0;
	volley();
	refuse_trains = false;
	assert_int_equal(rig_counted(datagrams_coupled), 0);
	assert_int_equal(refused, 1);
	rig_stop();
}

/* ---- bound to any ---- */

static struct net_listener any[2];

static void start_any(const char *family_any)
{
	static const struct worker_conf conf = { 1, 1000 };
	const char *what;

	any[0] = (struct net_listener){ .transport = TRANSPORT_UDP };
	assert_int_equal(sock_addr_parse(slice_str(family_any), &any[0].addr), 0);
	assert_int_equal(listener_open(&any[0], 1, &what), 0);
	net_above.deliver = rig_echo;
	net_set_listeners(any, 1);
	assert_int_equal(workers_start(&conf), 0);
}

static void stop_any(void)
{
	workers_stop();
	listener_close(&any[0]);
}

/* The client would not take an answer from another address than the one it asked. */
static void ask_at(const char *host, uint16_t port)
{
	struct timeval limit = { 10, 0 };
	struct sock_addr at, from;
	struct sockaddr_storage ss;
	socklen_t len;
	char text[512], got[512];
	struct slice msg = request(1, text);
	int fd;

	assert_int_equal(ip_parse(slice_str(host), &at.ip), 0);
	at.port = port;
	at.scope = 0;
	len = sock_addr_to(&at, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(sendto(fd, msg.p, msg.len, 0, (struct sockaddr *)&ss, len), msg.len);
	len = sizeof(ss);
	assert_int_equal(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&ss, &len),
	    msg.len);
	sock_addr_from(&from, &ss);
	assert_true(sock_addr_eq(&from, &at));
	close(fd);
}

/* Both hops of the volley are this peer, so all of it is for one. */
static void expect_volley_from(const char *host)
{
	struct timeval limit = { 10, 0 };
	struct volley v = { .count = 40 };
	struct sock_addr from;
	struct sockaddr_storage ss = { 0 };
	socklen_t len;
	char got[64];
	int fd;

	v.hops[0] = (struct sip_hop){ .transport = TRANSPORT_UDP, .listener = 1 };
	assert_int_equal(ip_parse(slice_str(host), &v.hops[0].local.ip), 0);
	v.hops[0].local.port = any[0].addr.port;
	v.hops[0].remote = v.hops[0].local;
	v.hops[0].remote.port = 0;
	len = sock_addr_to(&v.hops[0].remote, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_from(&v.hops[0].remote, &ss);
	v.hops[1] = v.hops[0];
	worker_post_fn(0, send_volley, &v);
	for (unsigned i = 0; i < v.count; i++) {
		len = sizeof(ss);
		assert_true(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&ss, &len) > 0);
		sock_addr_from(&from, &ss);
		assert_true(sock_addr_eq(&from, &v.hops[0].local));
	}
	await(rig_counted(datagrams_coupled) > 20);
	close(fd);
}

static void an_answer_leaves_from_the_address_that_was_asked(void **state)
{
	(void)state;
	start_any("0.0.0.0:0");
	ask_at("127.0.0.1", any[0].addr.port);
	ask_at("127.0.0.2", any[0].addr.port);
	ask_at("127.77.1.3", any[0].addr.port);
	expect_volley_from("127.0.0.2");
	stop_any();
}

static void the_same_over_ipv6(void **state)
{
	struct ip_addr loopback;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	(void)state;
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		print_message("# this machine has no IPv6\n");
		return;
	}
	close(fd);
	assert_int_equal(ip_parse(SLICE("::1"), &loopback), 0);
	start_any("[::]:0");
	ask_at("::1", any[0].addr.port);
	expect_volley_from("::1");
	stop_any();
}

UNIT_MAIN(
	cmocka_unit_test(a_datagram_comes_back_to_its_sender),
	cmocka_unit_test(many_datagrams_are_all_handled),
	cmocka_unit_test(the_hop_says_where_it_came_from_and_where_it_came_to),
	cmocka_unit_test(keep_alives_and_noise_do_not_get_through),
	cmocka_unit_test(what_the_kernel_refuses_is_told_at_home),
	cmocka_unit_test(a_bad_one_in_the_middle_of_a_batch_is_left_out),
	cmocka_unit_test(what_did_not_arrive_is_told),
	cmocka_unit_test(the_dead_do_not_harm_the_living),
	cmocka_unit_test(what_goes_to_one_peer_goes_together_and_in_order),
	cmocka_unit_test(what_the_kernel_will_not_cut_goes_one_by_one),
	cmocka_unit_test(an_answer_leaves_from_the_address_that_was_asked),
	cmocka_unit_test(the_same_over_ipv6))
