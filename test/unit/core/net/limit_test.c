/*
 * Bounds: how many connections, for how long, with how little memory.
 */
#include "test/unit/core/net/rig.h"

#include "core/net/room.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static msec_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- how many ---- */

static void one_address_gets_no_more_than_its_share(void **state)
{
	char text[512];
	int fd[6];

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.connections_per_address = 4;
	rig_start(3, rig_echo);
	for (unsigned i = 0; i < 4; i++) {
		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], request(i, text));
		peer_expect(fd[i], request(i, text));
	}
	fd[4] = peer_connect(RIG_TCP);
	peer_expect_end(fd[4]);
	assert_int_equal(rig_counted(refused_per_address), 1);
	close(fd[4]);
	/* One that goes makes room for another. */
	close(fd[0]);
	await(rig_counted(connections_now) == 3);
	fd[5] = peer_connect(RIG_TCP);
	peer_send(fd[5], request(5, text));
	peer_expect(fd[5], request(5, text));
	assert_int_equal(rig_counted(refused_per_address), 1);
	for (unsigned i = 1; i < 6; i++)
		if (i != 4)
			close(fd[i]);
	rig_stop();
}

static void another_address_has_a_share_of_its_own(void **state)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	char text[512], got[512];
	int one, two;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.connections_per_address = 1;
	rig_start(2, rig_echo);
	one = peer_connect(RIG_TCP);
	peer_send(one, request(1, text));
	peer_expect(one, request(1, text));
	two = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "127.0.0.9", &from.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	to.sin_port = htons(rig_port(RIG_TCP));
	assert_int_equal(bind(two, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(two, (struct sockaddr *)&to, sizeof(to)), 0);
	peer_send(two, request(2, text));
	assert_true(recv(two, got, sizeof(got), 0) > 0);
	assert_int_equal(rig_counted(refused_per_address), 0);
	close(one);
	close(two);
	rig_stop();
}

static void all_together_get_no_more_than_the_limit(void **state)
{
	char text[512];
	int fd[4];

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.connections = 3;
	rig_start(3, rig_echo);
	for (unsigned i = 0; i < 3; i++) {
		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], request(i, text));
		peer_expect(fd[i], request(i, text));
	}
	fd[3] = peer_connect(RIG_TCP);
	peer_expect_end(fd[3]);
	assert_int_equal(rig_counted(refused_limit), 1);
	for (unsigned i = 0; i < 4; i++)
		close(fd[i]);
	rig_stop();
}

static uint64_t turns_of_all(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < worker_count(); i++)
		sum += worker_turns(i);
	return sum;
}

static msec_t busy_ms(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 +
	    (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000;
}

/*
 * With no descriptor left the listener stays readable; looking at it all the
 * time would take a whole CPU and help nobody.
 */
static void without_descriptors_accepting_waits_and_does_not_spin(void **state)
{
	struct rlimit limit, none;
	char text[512];
	uint64_t before;
	msec_t began, busy;
	int fd;

	(void)state;
	rig_start(1, rig_echo);
	getrlimit(RLIMIT_NOFILE, &limit);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(1, text));
	peer_expect(fd, request(1, text));
	close(fd);
	await(rig_counted(connections_now) == 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	close(fd);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(2, text));
	before = turns_of_all();
	began = now_ms();
	busy = busy_ms();
	while (now_ms() - began < 500)
		poll(NULL, 0, 20);
	assert_in_range(turns_of_all() - before, 0, 50);
	assert_in_range(busy_ms() - busy, 0, 200);
	peer_expect_silence(fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	peer_expect(fd, request(2, text));
	close(fd);
	rig_stop();
}

/* ---- for how long ---- */

static void an_idle_connection_is_closed(void **state)
{
	char text[512];
	msec_t began;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.idle_timeout = 150;
	rig_start(2, rig_echo);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, request(1, text));
	peer_expect(fd, request(1, text));
	began = now_ms();
	peer_expect_end(fd);
	assert_in_range(now_ms() - began, 130, 60000);
	assert_int_equal(rig_counted(idle_closed), 1);
	close(fd);
	rig_stop();
}

static void a_connection_with_traffic_is_not_idle(void **state)
{
	msec_t began;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.idle_timeout = 1000;		/* far more than a busy machine keeps us */
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	began = now_ms();
	while (now_ms() - began < 1500) {
		peer_send(fd, SLICE("\r\n\r\n"));
		peer_expect(fd, SLICE("\r\n"));
		poll(NULL, 0, 10);
	}
	assert_int_equal(rig_counted(idle_closed), 0);
	peer_expect_end(fd);
	assert_int_equal(rig_counted(idle_closed), 1);
	close(fd);
	rig_stop();
}

/* One byte now and then keeps nobody waiting for ever. */
static void a_trickle_does_not_prolong_half_a_message(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	msec_t began;
	size_t i = 0;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.half_message_timeout = 200;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	began = now_ms();
	while (rig_counted(half_closed) == 0 && i < msg.len - 1) {
		send(fd, msg.p + i++, 1, MSG_NOSIGNAL);
		poll(NULL, 0, 5);
	}
	assert_int_equal(rig_counted(half_closed), 1);
	assert_in_range(now_ms() - began, 180, 60000);
	peer_expect_end(fd);
	close(fd);
	rig_stop();
}

static void whole_messages_are_never_half(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	msec_t began;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.half_message_timeout = 1000;
	rig_start(1, rig_echo);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, slice_first(msg, 10));
	began = now_ms();
	while (now_ms() - began < 1500) {
		/* The end of one and the beginning of the next, always. */
		peer_send(fd, slice_skip(msg, 10));
		peer_send(fd, slice_first(msg, 10));
		peer_expect(fd, msg);
		poll(NULL, 0, 10);
	}
	assert_int_equal(rig_counted(half_closed), 0);
	peer_expect_end(fd);
	assert_int_equal(rig_counted(half_closed), 1);
	close(fd);
	rig_stop();
}

/* The delay of messages that wait for us is ours, not the peer's. */
static void a_paused_connection_is_not_half(void **state)
{
	char text[512];
	struct slice msg = request(1, text);
	msec_t began;
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.half_message_timeout = 100;
	rig_limits.in_flight_per_connection = 1;
	rig_start(2, rig_hold);
	fd = peer_connect(RIG_TCP);
	peer_send(fd, msg);
	peer_send(fd, msg);
	await(rig_held() == 1);
	began = now_ms();
	while (now_ms() - began < 300)
		poll(NULL, 0, 10);
	rig_release(RIG_ECHO);
	peer_expect(fd, msg);
	await(rig_held() == 1);
	rig_release(RIG_ECHO);
	peer_expect(fd, msg);
	assert_int_equal(rig_counted(half_closed), 0);
	close(fd);
	rig_stop();
}

/* ---- with how little ---- */

struct seen { unsigned conns, with_buffer; };

static void look(unsigned index, void *arg)
{
	struct seen *seen = arg;

	(void)index;
	list_for_each_safe(it, &net_mine()->conns) {
		const struct conn *c = container_of(it, struct conn, node);

		seen->conns++;
		seen->with_buffer += c->in != NULL;
	}
}

static void an_idle_connection_holds_no_buffer(void **state)
{
	enum { MANY = 30 };
	struct seen seen = { 0 };
	char text[512];
	int fd[MANY];

	(void)state;
	rig_start(2, rig_echo);
	for (unsigned i = 0; i < MANY; i++) {
		struct slice msg = request(i, text);

		fd[i] = peer_connect(RIG_TCP);
		peer_send(fd[i], slice_first(msg, 100));
		await(rig_counted(connections_accepted) == i + 1);
		peer_send(fd[i], slice_skip(msg, 100));
		peer_expect(fd[i], msg);
	}
	await(rig_counted(messages_out) == MANY);
	worker_on_each(look, &seen);
	assert_int_equal(seen.conns, MANY);
	assert_int_equal(seen.with_buffer, 0);
	/* 10,000 of them in less than 10 MB, kernel apart. */
	assert_in_range(sizeof(struct conn), 1, 1000);
	for (unsigned i = 0; i < MANY; i++)
		close(fd[i]);
	rig_stop();
}

UNIT_MAIN(
	cmocka_unit_test(one_address_gets_no_more_than_its_share),
	cmocka_unit_test(another_address_has_a_share_of_its_own),
	cmocka_unit_test(all_together_get_no_more_than_the_limit),
	cmocka_unit_test(without_descriptors_accepting_waits_and_does_not_spin),
	cmocka_unit_test(an_idle_connection_is_closed),
	cmocka_unit_test(a_connection_with_traffic_is_not_idle),
	cmocka_unit_test(a_trickle_does_not_prolong_half_a_message),
	cmocka_unit_test(whole_messages_are_never_half),
	cmocka_unit_test(a_paused_connection_is_not_half),
	cmocka_unit_test(an_idle_connection_holds_no_buffer))
