/*
 * Connections that we open: one per peer whoever sends, and what becomes of messages when
 * there is none.
 */
#include "test/unit/core/net/rig.h"

#include <string.h>
#include <sys/socket.h>

static struct sip_hop tcp_to(const struct sock_addr *remote)
{
	return (struct sip_hop){ .transport = TRANSPORT_TCP, .remote = *remote };
}

/* ---- one connection ---- */

struct burst { const struct sip_hop *hop; unsigned from, count; _Atomic unsigned *finished; };

static void send_burst(void *arg)
{
	struct burst *b = arg;
	char text[64];

	for (unsigned i = 0; i < b->count; i++) {
		struct sip_out *out = sip_out_new();

		snprintf(text, sizeof(text), "worker %u message %u\n", b->from, i);
		out->hop = *b->hop;
		out->bytes = buf_new(64);
		buf_put(out->bytes, slice_str(text));
		net_send(&out);
	}
	++*b->finished;
}

/* Each sender's messages come in its order, whatever the others do in between. */
static void check_line(char *line, unsigned *next)
{
	unsigned worker, number;

	assert_int_equal(sscanf(line, "worker %u message %u", &worker, &number), 2);
	assert_true(worker < 4);
	assert_int_equal(number, next[worker]);
	next[worker]++;
}

static void read_lines(int fd, unsigned lines, unsigned *next)
{
	char line[64];
	size_t len = 0;

	while (lines > 0) {
		assert_true(len < sizeof(line) - 1);
		assert_int_equal(recv(fd, line + len, 1, 0), 1);
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		check_line(line, next);
		len = 0;
		lines--;
	}
}

static void nobody_waits(int listener)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };

	assert_int_equal(poll(&ready, 1, 0), 0);
}

static void senders_on_all_workers_share_one_connection(void **state)
{
	enum { WORKERS = 4, ROUNDS = 10, EACH = 50 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned next[WORKERS] = { 0 };
		_Atomic unsigned finished = 0;
		struct burst bursts[WORKERS];
		struct sock_addr addr;
		int listener = peer_listen(64, &addr), fd;
		struct sip_hop hop = tcp_to(&addr);

		rig_start(WORKERS, rig_drop);
		for (unsigned i = 0; i < WORKERS; i++) {
			bursts[i] = (struct burst){ &hop, i, EACH, &finished };
			worker_post_fn(i, send_burst, &bursts[i]);
		}
		fd = peer_accept(listener);
		read_lines(fd, WORKERS * EACH, next);
		await(finished == WORKERS);
		peer_expect_silence(fd);
		await(rig_counted(messages_out) == WORKERS * EACH);
		assert_int_equal(rig_counted(connections_opened), 1);
		assert_int_equal(rig_counted(connections_now), 1);
		nobody_waits(listener);
		rig_stop();
		close(fd);
		close(listener);
	}
}

static void what_the_peer_sends_back_is_delivered(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), fd;
	struct sip_hop hop = tcp_to(&addr);
	char text[512];

	(void)state;
	rig_start(2, rig_echo);
	send_from(0, &hop, SLICE("hello"), NULL);
	fd = peer_accept(listener);
	peer_expect(fd, SLICE("hello"));
	peer_send(fd, request(1, text));
	peer_expect(fd, request(1, text));
	close(fd);
	await(rig_counted(connections_now) == 0);
	rig_stop();
	close(listener);
}

/* S28: the client's own connection is the only way to it. */
static void a_connection_that_came_in_is_used_towards_its_address(void **state)
{
	struct sip_hop hop;
	int fd;

	(void)state;
	rig_start(4, rig_hold);
	fd = peer_held(RIG_TCP, &hop);
	hop.flow = 0;
	for (unsigned i = 0; i < 4; i++) {
		send_from(i, &hop, SLICE("by address\n"), NULL);
		peer_expect(fd, SLICE("by address\n"));
	}
	assert_int_equal(rig_counted(connections_opened), 0);
	close(fd);
	rig_stop();
}

/* ---- when there is none ---- */

static void a_flow_that_is_gone_is_never_dialled(void **state)
{
	struct fate fate = { 0 }, foreign = { 0 };
	struct sip_hop hop;
	int fd;

	(void)state;
	rig_start(3, rig_hold);
	fd = peer_held(RIG_TCP, &hop);
	close(fd);
	rig_release(RIG_DROP);
	await(rig_counted(connections_now) == 0);
	send_from(2, &hop, SLICE("x"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -ENOTCONN);
	assert_int_equal(fate.worker, 2);
	/* A number that no worker of ours can have made. */
	hop.flow = ~(flow_id)0;
	send_from(1, &hop, SLICE("x"), &foreign);
	await(foreign.told == 1);
	assert_int_equal(foreign.err, -ENOTCONN);
	assert_int_equal(rig_counted(connections_opened), 0);
	rig_stop();
}

static void a_refused_connection_fails_every_message_once(void **state)
{
	enum { MANY = 30 };
	struct fate fates[MANY];
	struct sock_addr addr;
	int listener = peer_listen(8, &addr);
	struct sip_hop hop = tcp_to(&addr);

	(void)state;
	close(listener);
	rig_start(3, rig_drop);
	for (unsigned i = 0; i < MANY; i++) {
		fates[i] = (struct fate){ 0 };
		send_from(i % 3, &hop, SLICE("x"), &fates[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		await(fates[i].told == 1);
		assert_int_equal(fates[i].err, -ECONNREFUSED);
		assert_int_equal(fates[i].worker, i % 3);
	}
	await(rig_counted(connections_now) == 0);
	rig_stop();
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(fates[i].told, 1);
}

/* A listener that accepts nothing more: the kernel drops what comes to it. */
static void a_connection_that_does_not_come_about_times_out(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(0, &addr), fill[4];
	struct sip_hop hop = tcp_to(&addr);
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(&addr, &ss);
	struct fate fate = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&ss, len);
	}
	rig_limits = net_limits_preset;
	rig_limits.connect_timeout = 100;
	rig_start(2, rig_drop);
	send_from(1, &hop, SLICE("x"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -ETIMEDOUT);
	assert_int_equal(fate.worker, 1);
	assert_int_equal(rig_counted(connections_opened), 0);
	rig_stop();
	for (unsigned i = 0; i < 4; i++)
		close(fill[i]);
	close(listener);
}

static void after_the_peer_has_closed_the_next_message_opens_anew(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), fd;
	struct sip_hop hop = tcp_to(&addr);

	(void)state;
	rig_start(2, rig_drop);
	for (unsigned round = 1; round <= 5; round++) {
		send_from(round % 2, &hop, SLICE("hello"), NULL);
		fd = peer_accept(listener);
		peer_expect(fd, SLICE("hello"));
		close(fd);
		await(rig_counted(connections_closed) == round);
	}
	assert_int_equal(rig_counted(connections_opened), 5);
	rig_stop();
	close(listener);
}

static void no_layer_no_tls(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr);
	struct sip_hop hop = tcp_to(&addr);
	struct fate fate = { 0 };

	(void)state;
	hop.transport = TRANSPORT_TLS;
	rig_start(2, rig_drop);
	send_from(0, &hop, SLICE("x"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -EPROTONOSUPPORT);
	rig_stop();
	close(listener);
}

/* ---- the same message twice ---- */

static void send_twice(void *arg)
{
	const struct sip_hop *hop = arg;
	struct sip_out *out = sip_out_new(), *again;

	out->hop = *hop;
	out->bytes = buf_new(16);
	buf_put(out->bytes, SLICE("once\n"));
	again = sip_out_ref(out);
	net_send(&out);
	net_send(&again);
}

static void a_message_that_waits_already_is_not_queued_again(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), fd;
	struct sip_hop hop = tcp_to(&addr);

	(void)state;
	rig_start(2, rig_drop);
	worker_post_fn(0, send_twice, &hop);
	fd = peer_accept(listener);
	peer_expect(fd, SLICE("once\n"));
	await(rig_counted(messages_out) == 1);
	peer_expect_silence(fd);
	close(fd);
	rig_stop();
	close(listener);
}

UNIT_MAIN(
	cmocka_unit_test(senders_on_all_workers_share_one_connection),
	cmocka_unit_test(what_the_peer_sends_back_is_delivered),
	cmocka_unit_test(a_connection_that_came_in_is_used_towards_its_address),
	cmocka_unit_test(a_flow_that_is_gone_is_never_dialled),
	cmocka_unit_test(a_refused_connection_fails_every_message_once),
	cmocka_unit_test(a_connection_that_does_not_come_about_times_out),
	cmocka_unit_test(after_the_peer_has_closed_the_next_message_opens_anew),
	cmocka_unit_test(no_layer_no_tls),
	cmocka_unit_test(a_message_that_waits_already_is_not_queued_again))
