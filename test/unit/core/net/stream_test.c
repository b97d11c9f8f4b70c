/*
 * Connections that come in: framing at every cut, keep-alive, backpressure, ends.
 */
#include "test/unit/core/net/rig.h"

#include "utils/err.h"

#include <string.h>
#include <sys/socket.h>

/* The server has read that many bytes since the rig began. */
static void await_read(uint64_t bytes)
{
	await(rig_counted(bytes_in) >= bytes);
}

/* ---- messages, however they are cut ---- */

static void a_message_arrives_whole_wherever_it_is_cut(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	uint64_t read = 0;
	int fd;

	(void)state;
	rig_start(2, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (size_t cut = 1; cut < msg.len; cut++) {
		peer_send(fd, slice_first(msg, cut));
		read += cut;
		await_read(read);
		peer_expect_silence(fd);
		peer_send(fd, slice_skip(msg, cut));
		read += msg.len - cut;
		peer_expect(fd, msg);
	}
	assert_int_equal(rig_counted(messages_in), msg.len - 1);
	assert_int_equal(rig_counted(parse_errors), 0);
	close(fd);
	rig_stop();
}

static void a_message_arrives_whole_byte_by_byte(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	int fd;

	(void)state;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (size_t i = 0; i < msg.len; i++) {
		peer_send(fd, slice_of(msg.p + i, 1));
		await_read(i + 1);
	}
	peer_expect(fd, msg);
	close(fd);
	rig_stop();
}

/* Two messages and a keep-alive, cut in two places at once. */
static void two_cuts_through_two_messages_and_a_ping(void **state)
{
	char one[512], two[512], all[1100];
	struct slice first = request(1, one), second = request(2, two);
	size_t len = first.len + 4 + second.len;
	uint64_t read = 0;
	int fd;

	(void)state;
	memcpy(all, first.p, first.len);
	memcpy(all + first.len, "\r\n\r\n", 4);
	memcpy(all + first.len + 4, second.p, second.len);
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (size_t a = first.len - 3; a < first.len + 8; a++) {
		for (size_t b = a + 1; b < first.len + 12; b += 2) {
			peer_send(fd, slice_of(all, a));
			await_read(read + a);
			peer_send(fd, slice_of(all + a, b - a));
			await_read(read + b);
			peer_send(fd, slice_of(all + b, len - b));
			read += len;
			peer_expect(fd, first);
			peer_expect(fd, SLICE("\r\n"));
			peer_expect(fd, second);
		}
	}
	close(fd);
	rig_stop();
}

static void many_messages_in_one_write_keep_their_order(void **state)
{
	enum { MANY = 500 };
	char one[512], *all = malloc((size_t)MANY * 512);
	size_t len = 0;
	int fd;

	(void)state;
	assert_non_null(all);
	rig_start(3, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (unsigned i = 0; i < MANY; i++) {
		struct slice msg = request(i, one);

		memcpy(all + len, msg.p, msg.len);
		len += msg.len;
	}
	peer_send(fd, slice_of(all, len));
	peer_expect(fd, slice_of(all, len));
	assert_int_equal(rig_counted(messages_in), MANY);
	await(rig_counted(messages_out) == MANY);
	close(fd);
	rig_stop();
	free(all);
}

static void a_message_as_long_as_allowed_passes(void **state)
{
	size_t body = 60000, room = body + 512;
	char *text = malloc(room);
	struct slice msg;
	int fd;

	(void)state;
	assert_non_null(text);
	msg = request_with_body(1, body, text, room);
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (int i = 0; i < 3; i++) {
		peer_send(fd, slice_first(msg, 30000));
		peer_send(fd, slice_skip(msg, 30000));
		peer_expect(fd, msg);
	}
	close(fd);
	rig_stop();
	free(text);
}

static void many_connections_are_kept_apart(void **state)
{
	enum { MANY = 40 };
	char text[512];
	int fd[MANY];

	(void)state;
	rig_start(3, rig_echo);
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], slice_first(request(i, text), 100));
	}
	for (unsigned i = 0; i < MANY; i++)
		peer_send(fd[i], slice_skip(request(i, text), 100));
	for (unsigned i = 0; i < MANY; i++) {
		peer_expect(fd[i], request(i, text));
		peer_expect_silence(fd[i]);
	}
	assert_int_equal(rig_counted(connections_accepted), MANY);
	assert_int_equal(rig_counted(connections_now), MANY);
	for (unsigned i = 0; i < MANY; i++)
		close(fd[i]);
	await(rig_counted(connections_now) == 0);
	assert_int_equal(rig_counted(connections_closed), MANY);
	rig_stop();
}

/* ---- keep-alive ---- */

static void a_ping_gets_a_pong_and_a_pong_nothing(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	int fd;

	(void)state;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, SLICE("\r\n\r\n"));
	peer_expect(fd, SLICE("\r\n"));
	peer_send(fd, SLICE("\r\n"));
	peer_send(fd, msg);
	peer_expect(fd, msg);
	peer_send(fd, SLICE("\r\n\r\n"));
	peer_expect(fd, SLICE("\r\n"));
	peer_expect_silence(fd);
	assert_int_equal(rig_counted(pings), 2);
	assert_int_equal(rig_counted(messages_in), 1);
	close(fd);
	rig_stop();
}

/* Pings that come faster than they are written share a pong; memory does not grow. */
static void a_flood_of_pings_is_answered_at_least_once(void **state)
{
	char flood[4000], got[4000];
	size_t len;
	int fd;

	(void)state;
	memset(flood, '\r', sizeof(flood));
	for (size_t i = 1; i < sizeof(flood); i += 2)
		flood[i] = '\n';
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, slice_of(flood, sizeof(flood)));
	shutdown(fd, SHUT_WR);
	len = peer_read_all(fd, got, sizeof(got));
	assert_in_range(len, 2, sizeof(flood) / 2);
	assert_int_equal(rig_counted(pings), sizeof(flood) / 4);
	close(fd);
	rig_stop();
}

/* ---- what cannot be framed ---- */

static void without_content_length_comes_400_and_the_end(void **state)
{
	struct slice head = SLICE("MESSAGE sip:b@example.com SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
	    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: x\r\n"
	    "CSeq: 1 MESSAGE\r\n\r\nhello");
	char got[256];
	size_t len;
	int fd;

	(void)state;
	rig_start(1, rig_refuse);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, head);
	len = peer_read_all(fd, got, sizeof(got));
	assert_slice(slice_of(got, len), "SIP/2.0 400\r\n");
	assert_int_equal(rig_counted(parse_errors), 1);
	close(fd);
	await(rig_counted(connections_now) == 0);
	rig_stop();
}

static void above_the_limit_comes_513_and_the_end(void **state)
{
	char text[8192], got[256];
	struct slice msg = request_with_body(1, 5000, text, sizeof(text));
	size_t len;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.msg.max_bytes = 4096;
	rig_start(1, rig_refuse);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, msg);
	len = peer_read_all(fd, got, sizeof(got));
	assert_slice(slice_of(got, len), "SIP/2.0 513\r\n");
	assert_int_equal(rig_counted(too_long), 1);
	close(fd);
	rig_stop();
}

/* A head without end is never a message: nothing to answer, so it just ends. */
static void an_endless_head_ends_the_connection(void **state)
{
	char junk[5000];
	int fd;

	(void)state;
	memset(junk, 'a', sizeof(junk));
	rig_limits = net_limits_preset;
	rig_limits.msg.max_bytes = 4096;
	rig_start(1, rig_refuse);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, slice_of(junk, sizeof(junk)));
	peer_expect_end(fd);
	close(fd);
	await(rig_counted(connections_now) == 0);
	rig_stop();
}

/* The answers to what came before must still get out, and in time. */
static void the_end_waits_for_messages_under_way(void **state)
{
	char one[512], got[2048];
	struct slice msg = request(1, one);
	size_t len;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.msg.max_bytes = 4096;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, msg);
	peer_send(fd, SLICE("MESSAGE sip:b@example.com SIP/2.0\r\nContent-Length: x\r\n\r\n"));
	await(rig_counted(parse_errors) == 1);
	peer_expect_silence(fd);
	rig_release(RIG_ANSWER);
	len = peer_read_all(fd, got, sizeof(got));
	assert_slice(slice_of(got, len), RIG_ANSWER_TEXT);
	close(fd);
	rig_stop();
}

/* ---- the peer ends ---- */

static void a_peer_that_only_shuts_its_side_still_gets_its_answer(void **state)
{
	char text[512], got[1024];
	struct slice msg = request(1, text);
	struct fate fate = { 0 };
	struct sip_hop hop;
	size_t len;
	int fd;

	(void)state;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, msg);
	shutdown(fd, SHUT_WR);
	await(rig_held() == 1);
	assert_true(rig_held_flow(0) != 0);
	/* A request would never be answered on this flow, an answer can still be read. */
	hop = rig_held_hop(0);
	send_from(1, &hop, msg, &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -ENOTCONN);
	rig_release(RIG_ANSWER);
	len = peer_read_all(fd, got, sizeof(got));
	assert_slice(slice_of(got, len), RIG_ANSWER_TEXT);
	close(fd);
	await(rig_counted(connections_now) == 0);
	rig_stop();
}

static void half_a_message_at_the_end_is_no_message(void **state)
{
	char text[512];
	int fd;

	(void)state;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, slice_first(request(1, text), 100));
	shutdown(fd, SHUT_WR);
	peer_expect_end(fd);
	close(fd);
	await(rig_counted(connections_now) == 0);
	assert_int_equal(rig_counted(messages_in), 0);
	rig_stop();
}

static void a_reset_ends_the_flow(void **state)
{
	struct linger hard = { 1, 0 };
	struct fate fate = { 0 };
	struct sip_hop hop;
	int fd;

	(void)state;
	rig_start(2, rig_hold);
	fd = peer_held(RIG_TCP, &hop);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	await(rig_counted(connections_now) == 0);
	send_from(1, &hop, SLICE("SIP/2.0 200 OK\r\n\r\n"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -ENOTCONN);
	assert_int_equal(fate.worker, 1);
	rig_stop();
}

/* ---- backpressure ---- */

static void a_turn(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
}

static void reading_pauses_while_too_many_are_under_way(void **state)
{
	char text[512];
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.in_flight_per_connection = 4;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_TCP);
	for (unsigned i = 0; i < 20; i++)
		peer_send(fd, request(i, text));
	for (unsigned round = 0; round < 5; round++) {
		await(rig_held() == 4);
		/* Several turns later there are no more. */
		for (int i = 0; i < 20; i++)
			worker_on_each(a_turn, NULL);
		assert_int_equal(rig_held(), 4);
		rig_release(RIG_ECHO);
	}
	for (unsigned i = 0; i < 20; i++)
		peer_expect(fd, request(i, text));
	await(rig_counted(messages_in) == 20);
	close(fd);
	rig_stop();
}

static void a_limit_of_one_goes_message_by_message(void **state)
{
	char text[512];
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.in_flight_per_connection = 1;
	rig_start(3, rig_echo);
	fd = peer_connect(RIG_TCP);
	for (unsigned i = 0; i < 300; i++)
		peer_send(fd, request(i, text));
	for (unsigned i = 0; i < 300; i++)
		peer_expect(fd, request(i, text));
	close(fd);
	rig_stop();
}

/* A paused connection that is reset must be noticed, and not again and again. */
static void a_paused_connection_that_is_reset_goes(void **state)
{
	struct linger hard = { 1, 0 };
	char text[512];
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.in_flight_per_connection = 1;
	rig_start(1, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(1, text));
	peer_send(fd, request(2, text));
	await(rig_held() == 1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	await(rig_counted(connections_now) == 0);
	rig_release(RIG_ECHO);
	rig_stop();
}

static void a_peer_that_does_not_read_is_closed(void **state)
{
	size_t room = 60512;
	char *text = malloc(room);
	struct slice msg;
	struct sip_hop hop;
	struct fate fate = { 0 };
	unsigned sent = 0;
	int fd;

	(void)state;
	assert_non_null(text);
	msg = request_with_body(1, 60000, text, room);
	rig_limits = net_limits_preset;
	rig_limits.send_queue_bytes = 200000;
	rig_start(1, rig_hold);
	fd = peer_held(RIG_TCP, &hop);
	msg = request_with_body(1, 60000, text, room);
	while (rig_counted(slow_closed) == 0 && sent++ < 1000)
		send_from(0, &hop, msg, &fate);
	assert_int_equal(rig_counted(slow_closed), 1);
	await(fate.told > 0);
	await(rig_counted(connections_now) == 0);
	/* What the kernel took before is not lost with it. */
	assert_true(rig_counted(messages_out) > 0);
	close(fd);
	rig_stop();
	free(text);
}

/* ---- closing ---- */

static void a_flow_can_be_closed_from_anywhere(void **state)
{
	char text[512];
	flow_id id;
	int fd;

	(void)state;
	rig_start(3, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(1, text));
	await(rig_held() == 1);
	id = rig_held_flow(0);
	assert_true(flow_owner(id) < 3);
	flow_close(id, "test");
	peer_expect_end(fd);
	await(rig_counted(connections_now) == 0);
	flow_close(id, "again");
	flow_close(0, "none");
	close(fd);
	rig_stop();
}

static void send_and_close(void *arg)
{
	struct sip_hop *hop = arg;
	struct sip_out *out = sip_out_new();

	out->hop = *hop;
	out->bytes = buf_new(64);
	buf_put(out->bytes, SLICE("SIP/2.0 403 Forbidden\r\n\r\n"));
	out->close_after = true;
	net_send(&out);
}

/* The peer has sent more than we read; its answer must reach it all the same. */
static void close_after_writes_first(void **state)
{
	char text[512], got[128];
	struct sip_hop hop;
	size_t len;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.in_flight_per_connection = 1;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_TCP);
	for (unsigned i = 0; i < 10; i++)
		peer_send(fd, request(i, text));
	await(rig_held() == 1);
	hop = rig_held_hop(0);
	worker_post_fn(1, send_and_close, &hop);
	len = peer_read_all(fd, got, sizeof(got));
	assert_slice(slice_of(got, len), "SIP/2.0 403 Forbidden\r\n\r\n");
	assert_int_equal(rig_counted(connections_now), 0);
	close(fd);
	rig_stop();
}

enum { MORE_THAN_ONE_CALL_TAKES = 200 };	/* pieces in one sendmsg() */

struct burst { struct sip_hop hop; struct slice text; };

/* As a proxy sends: written where the connection is, and not before its turn. */
static void send_burst(void *arg)
{
	const struct burst *burst = arg;
	struct sip_msg *msg;
	struct sip_defect why;

	lcs_assert(sip_msg_parse(burst->text, &burst->hop, &net_limits()->msg, &msg, &why) == 0);
	for (unsigned i = 0; i < MORE_THAN_ONE_CALL_TAKES; i++) {
		struct sip_out *out = sip_out_new();

		out->base = sip_msg_ref(msg);
		out->hop = burst->hop;
		net_send(&out);
	}
	sip_msg_unref(&msg);
}

static void more_in_a_turn_than_one_call_takes(void **state)
{
	char first[512], text[512];
	struct burst burst;
	int fd;

	(void)state;
	for (unsigned from = 0; from < 2; from++) {
		rig_start(2, rig_hold);
		fd = peer_connect(RIG_TCP);
		peer_send(fd, request(1, first));
		await(rig_held() == 1);
		burst = (struct burst){ rig_held_hop(0), request(2, text) };
		worker_post_fn(from, send_burst, &burst);
		for (unsigned i = 0; i < MORE_THAN_ONE_CALL_TAKES; i++)
			peer_expect(fd, burst.text);
		await(rig_counted(messages_out) == MORE_THAN_ONE_CALL_TAKES);
		rig_release(RIG_DROP);
		close(fd);
		rig_stop();
	}
}

/* ---- watching ---- */

static _Atomic flow_id ended;
static _Atomic int     ended_on;

static void note_end(flow_id id, void *arg)
{
	assert_ptr_equal(arg, &ended);
	ended_on = worker_self();
	ended = id;
}

static void who_watches_is_told_on_the_owner(void **state)
{
	static struct flow_watch watch = { .closed = note_end, .arg = &ended };
	char text[512];
	flow_id id;
	int fd;

	(void)state;
	flow_watch_register(&watch);
	rig_start(3, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(1, text));
	await(rig_held() == 1);
	id = rig_held_flow(0);
	close(fd);
	rig_release(RIG_DROP);
	await(ended == id);
	assert_int_equal(ended_on, flow_owner(id));
	rig_stop();
	list_remove(&watch.node);
}

static _Atomic int told_of_end[3];

static void note_ended(flow_id id, const struct sock_addr *remote)
{
	const struct sip_hop hop = rig_held_hop(0);

	assert_int_equal(id, hop.flow);
	assert_true(sock_addr_eq(remote, &hop.remote));
	told_of_end[worker_self()]++;
}

/* Each worker that has sent what wants to know, once; whether the peer ends it all or only its
 * own side, after which no answer comes either. */
static void who_has_sent_is_told_of_the_end(void **state)
{
	struct fate fates[3] = { 0 };
	char text[512];
	int fd;

	(void)state;
	net_above.ended = note_ended;
	for (unsigned half = 0; half < 2; half++) {
		memset((void *)told_of_end, 0, sizeof(told_of_end));
		rig_start(3, rig_hold);
		fd = peer_connect(RIG_TCP);
		peer_send(fd, request(1, text));
		await(rig_held() == 1);
		for (unsigned i = 0; i < 4; i++) {
			struct sip_hop hop = rig_held_hop(0);

			hop.flow = i % 2 ? hop.flow : 0;
			send_from(i < 3 ? 0 : 2, &hop, request(1, text), &fates[i % 3]);
			peer_expect(fd, request(1, text));
		}
		send_from(1, &(struct sip_hop){ .transport = TRANSPORT_TCP, .flow = rig_held_flow(0) },
		    request(1, text), NULL);
		peer_expect(fd, request(1, text));
		if (half)
			shutdown(fd, SHUT_WR);
		else
			close(fd);
		await(told_of_end[0] == 1 && told_of_end[2] == 1);
		rig_release(RIG_DROP);
		if (half)
			close(fd);
		await(rig_counted(connections_now) == 0);
		rig_stop();
		assert_int_equal(told_of_end[0] + told_of_end[1] + told_of_end[2], 2);
	}
	net_above.ended = NULL;
}

static void count_flow(const struct flow_info *info, void *arg)
{
	assert_true(info->inbound);
	assert_int_equal(info->transport, TRANSPORT_TCP);
	assert_int_equal(info->messages_in, 1);
	assert_int_equal(info->local.port, rig_port(RIG_TCP));
	++*(unsigned *)arg;
}

static void count_flows(unsigned index, void *arg)
{
	(void)index;
	flow_each(count_flow, arg);
}

static void flows_can_be_listed(void **state)
{
	enum { MANY = 20 };
	char text[512];
	unsigned seen = 0;
	int fd[MANY];

	(void)state;
	rig_start(3, rig_echo);
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], request(i, text));
		peer_expect(fd[i], request(i, text));
	}
	worker_on_each(count_flows, &seen);
	assert_int_equal(seen, MANY);
	for (unsigned i = 0; i < MANY; i++)
		close(fd[i]);
	rig_stop();
}

/* Connections, half messages and unsent bytes: all of it goes with the workers. */
static void stopping_leaves_nothing_behind(void **state)
{
	char text[512];
	struct sip_hop hop;
	int fd[3];

	(void)state;
	rig_start(2, rig_hold);
	for (unsigned i = 0; i < 3; i++) {
		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], request(i, text));
		peer_send(fd[i], slice_first(request(i, text), 50));
	}
	await(rig_held() == 3);
	hop = rig_held_hop(0);
	for (unsigned i = 0; i < 50; i++)
		send_from(i % 2, &hop, request(i, text), NULL);
	rig_stop();
	for (unsigned i = 0; i < 3; i++)
		close(fd[i]);
}

UNIT_MAIN(
	cmocka_unit_test(a_message_arrives_whole_wherever_it_is_cut),
	cmocka_unit_test(a_message_arrives_whole_byte_by_byte),
	cmocka_unit_test(two_cuts_through_two_messages_and_a_ping),
	cmocka_unit_test(many_messages_in_one_write_keep_their_order),
	cmocka_unit_test(a_message_as_long_as_allowed_passes),
	cmocka_unit_test(many_connections_are_kept_apart),
	cmocka_unit_test(a_ping_gets_a_pong_and_a_pong_nothing),
	cmocka_unit_test(a_flood_of_pings_is_answered_at_least_once),
	cmocka_unit_test(without_content_length_comes_400_and_the_end),
	cmocka_unit_test(above_the_limit_comes_513_and_the_end),
	cmocka_unit_test(an_endless_head_ends_the_connection),
	cmocka_unit_test(the_end_waits_for_messages_under_way),
	cmocka_unit_test(a_peer_that_only_shuts_its_side_still_gets_its_answer),
	cmocka_unit_test(half_a_message_at_the_end_is_no_message),
	cmocka_unit_test(a_reset_ends_the_flow),
	cmocka_unit_test(reading_pauses_while_too_many_are_under_way),
	cmocka_unit_test(a_limit_of_one_goes_message_by_message),
	cmocka_unit_test(a_paused_connection_that_is_reset_goes),
	cmocka_unit_test(a_peer_that_does_not_read_is_closed),
	cmocka_unit_test(a_flow_can_be_closed_from_anywhere),
	cmocka_unit_test(close_after_writes_first),
	cmocka_unit_test(more_in_a_turn_than_one_call_takes),
	cmocka_unit_test(who_watches_is_told_on_the_owner),
	cmocka_unit_test(who_has_sent_is_told_of_the_end),
	cmocka_unit_test(flows_can_be_listed),
	cmocka_unit_test(stopping_leaves_nothing_behind))
