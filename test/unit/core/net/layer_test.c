/*
 * What core/net/stream.h promises to a layer, with one that is as awkward as it may be: it
 * shakes hands, changes every byte, hands out seven at a time and says -EAGAIN for no reason.
 */
#include "test/unit/core/net/rig.h"

#include "core/run/worker.h"
#include "utils/err.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define MASK 0x15

struct layer_state {
	int      fd;
	bool     dialled;
	bool     greeted;		/* our line is out */
	uint32_t want;
	char     name[64];		/* of the peer */
	char     line[80];		/* of the handshake, so far */
	size_t   line_len;
	char     in[4096];
	size_t   in_at, in_len;
	unsigned calls;
};

static _Atomic int  open_states, refused_opens;
static _Atomic bool refuse_open, fail_next_write;
static char         registered_arg;

static void *layer_open(void *arg, int fd, const struct net_listener *listener,
    const struct sip_hop *hop, int *err)
{
	struct layer_state *s = refuse_open ? NULL : calloc(1, sizeof(*s));

	lcs_assert(arg == &registered_arg && !listener == (hop != NULL));
	if (!s) {
		refused_opens++;
		*err = -EACCES;
		return NULL;
	}
	s->fd = fd;
	s->dialled = hop != NULL;
	if (hop)
		snprintf(s->name, sizeof(s->name), "%.*s", SLICE_ARG(hop->name));
	open_states++;
	return s;
}

/* A line, byte by byte; 0 when it is complete. */
static int read_line(struct layer_state *s)
{
	for (;;) {
		ssize_t n = recv(s->fd, s->line + s->line_len, 1, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			s->want = EPOLLIN;
			return -EAGAIN;
		}
		if (n <= 0 || s->line_len + 2 > sizeof(s->line))
			return -EPROTO;
		if (s->line[s->line_len++] == '\n') {
			s->line[s->line_len - 1] = '\0';
			return 0;
		}
	}
}

static int say(struct layer_state *s, const char *text)
{
	s->greeted = true;
	return send(s->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) ? 0 : -EIO;
}

static int layer_handshake(void *state)
{
	struct layer_state *s = state;
	char text[80];
	int err;

	if (s->dialled && !s->greeted) {
		/* The first call finds the socket "full". */
		if (s->calls++ == 0) {
			s->want = EPOLLOUT;
			return -EAGAIN;
		}
		snprintf(text, sizeof(text), "HI %s\n", s->name);
		err = say(s, text);
		if (err)
			return err;
	}
	err = read_line(s);
	if (err)
		return err;
	if (s->dialled)
		return strcmp(s->line, "OK") == 0 ? 0 : -EPROTO;
	if (strncmp(s->line, "HI ", 3) != 0)
		return -EPROTO;
	snprintf(s->name, sizeof(s->name), "%s", s->line + 3);
	return say(s, "OK\n");
}

static ssize_t layer_read(void *state, char *into, size_t room)
{
	struct layer_state *s = state;
	size_t n = s->in_len - s->in_at;

	if (n == 0) {
		ssize_t got = recv(s->fd, s->in, sizeof(s->in), MSG_DONTWAIT);

		if (got <= 0) {
			s->want = EPOLLIN;
			return got < 0 ? -errno : 0;
		}
		s->in_at = 0;
		n = s->in_len = (size_t)got;
	}
	if (n > room)
		n = room;
	if (n > 7)
		n = 7;
	for (size_t i = 0; i < n; i++)
		into[i] = s->in[s->in_at++] ^ MASK;
	return (ssize_t)n;
}

static ssize_t layer_write(void *state, const struct iovec *iov, int count)
{
	struct layer_state *s = state;
	char block[100];
	size_t len = 0;
	ssize_t n;

	if (atomic_exchange(&fail_next_write, false))
		return -EPIPE;
	if (s->calls++ % 3 == 0) {
		s->want = EPOLLOUT;
		return -EAGAIN;
	}
	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < iov[i].iov_len && len < sizeof(block); k++)
			block[len++] = ((const char *)iov[i].iov_base)[k] ^ MASK;
	n = send(s->fd, block, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		s->want = EPOLLOUT;
	return n < 0 ? -errno : n;
}

static uint32_t layer_want(void *state) { return ((struct layer_state *)state)->want; }

static bool layer_pending(void *state)
{
	const struct layer_state *s = state;

	return s->in_at < s->in_len;
}

static struct slice layer_peer_name(void *state)
{
	return slice_str(((struct layer_state *)state)->name);
}

static void layer_describe(void *state, char *text, size_t room)
{
	(void)state;
	snprintf(text, room, "XOR 0x%x", MASK);
}

static void layer_close(void *state)
{
	free(state);
	open_states--;
}

static const char *layer_error_text(void) { return "mask"; }

static const struct stream_ops ops = {
	.transport = TRANSPORT_TLS, .open = layer_open, .handshake = layer_handshake,
	.read = layer_read, .write = layer_write, .want = layer_want, .pending = layer_pending,
	.peer_name = layer_peer_name, .describe = layer_describe, .close = layer_close,
	.error_text = layer_error_text,
};

static int register_layer(void **state)
{
	(void)state;
	assert_int_equal(net_stream_register(&ops, &registered_arg), 0);
	assert_int_equal(net_stream_register(&ops, &registered_arg), -EEXIST);
	return 0;
}

/* ---- the peer ---- */

static void masked_send(int fd, struct slice s)
{
	char block[2048];

	assert_true(s.len <= sizeof(block));
	for (size_t i = 0; i < s.len; i++)
		block[i] = s.p[i] ^ MASK;
	peer_send(fd, slice_of(block, s.len));
}

static void masked_expect(int fd, struct slice want)
{
	char block[2048];

	assert_true(want.len <= sizeof(block));
	for (size_t i = 0; i < want.len; i++)
		block[i] = want.p[i] ^ MASK;
	peer_expect(fd, slice_of(block, want.len));
}

static int greet(const char *name)
{
	int fd = peer_connect(RIG_TLS);
	char text[80];

	snprintf(text, sizeof(text), "HI %s\n", name);
	/* In pieces, each of which may find the server at another step. */
	for (size_t i = 0; text[i]; i++)
		peer_send(fd, slice_of(text + i, 1));
	peer_expect(fd, SLICE("OK\n"));
	return fd;
}

static struct sip_hop tls_to(const struct sock_addr *remote, const char *name)
{
	return (struct sip_hop){ .transport = TRANSPORT_TLS, .remote = *remote,
				 .name = slice_str(name) };
}

static int answer_greeting(int listener, const char *name)
{
	int fd = peer_accept(listener);
	char text[80];

	snprintf(text, sizeof(text), "HI %s\n", name);
	peer_expect(fd, slice_str(text));
	peer_send(fd, SLICE("OK\n"));
	return fd;
}

/* ---- coming in ---- */

static void messages_pass_through_the_layer(void **state)
{
	enum { MANY = 100 };
	char text[512];
	int fd;

	(void)state;
	rig_start_with_tls(2, rig_echo);
	fd = greet("alice");
	for (unsigned i = 0; i < MANY; i++)
		masked_send(fd, request(i, text));
	for (unsigned i = 0; i < MANY; i++)
		masked_expect(fd, request(i, text));
	close(fd);
	await(rig_counted(connections_now) == 0);
	assert_int_equal(open_states, 0);
	rig_stop();
}

/* All bytes in one segment: epoll tells once, the layer hands out bit by bit. */
static void what_the_layer_holds_is_read_without_a_new_event(void **state)
{
	char text[512], all[1600];
	size_t len = 0;
	int fd;

	(void)state;
	rig_start_with_tls(1, rig_echo);
	fd = greet("alice");
	for (unsigned i = 0; i < 4; i++) {
		struct slice msg = request(i, text);

		memcpy(all + len, msg.p, msg.len);
		len += msg.len;
	}
	masked_send(fd, slice_of(all, len));
	masked_expect(fd, slice_of(all, len));
	close(fd);
	rig_stop();
}

struct asked { flow_id flow; char name[64]; _Atomic bool answered; };

static void ask_name(void *arg)
{
	struct asked *a = arg;
	struct arena *arena = arena_new(0);

	snprintf(a->name, sizeof(a->name), "%.*s", SLICE_ARG(flow_peer_name(a->flow, arena)));
	arena_free(&arena);
	a->answered = true;
}

static void every_worker_can_ask_for_the_peers_name(void **state)
{
	char text[512];
	int fd;

	(void)state;
	rig_start_with_tls(3, rig_hold);
	fd = greet("alice");
	masked_send(fd, request(1, text));
	await(rig_held() == 1);
	for (unsigned i = 0; i < 3; i++) {
		struct asked a = { .flow = rig_held_flow(0) };

		worker_post_fn(i, ask_name, &a);
		await(a.answered);
		assert_string_equal(a.name, "alice");
	}
	close(fd);
	rig_stop();
}

static void see(const struct flow_info *info, void *arg)
{
	assert_string_equal(info->tls, "XOR 0x15");
	++*(int *)arg;
}

static void each(unsigned index, void *arg)
{
	(void)index;
	flow_each(see, arg);
}

static void the_layer_describes_itself(void **state)
{
	int seen = 0, fd;

	(void)state;
	rig_start_with_tls(1, rig_echo);
	fd = greet("alice");
	worker_on_each(each, &seen);
	assert_int_equal(seen, 1);
	close(fd);
	rig_stop();
}

/* ---- handshakes that fail ---- */

static void a_bad_handshake_ends_the_connection(void **state)
{
	int fd;

	(void)state;
	rig_start_with_tls(1, rig_echo);
	fd = peer_connect(RIG_TLS);
	peer_send(fd, SLICE("GET / HTTP/1.0\n"));
	peer_expect_end(fd);
	assert_int_equal(rig_counted(handshake_errors), 1);
	await(rig_counted(connections_now) == 0);
	assert_int_equal(open_states, 0);
	close(fd);
	rig_stop();
}

static void a_handshake_has_a_deadline(void **state)
{
	int fd;

	(void)state;
	rig_limits = net_limits_preset;
	rig_limits.connect_timeout = 100;
	rig_start_with_tls(1, rig_echo);
	fd = peer_connect(RIG_TLS);
	peer_send(fd, SLICE("HI "));
	peer_expect_end(fd);
	assert_int_equal(rig_counted(handshake_errors), 1);
	close(fd);
	rig_stop();
}

static void a_layer_that_refuses_is_no_harm(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), fd;
	struct sip_hop hop = tls_to(&addr, "bob");
	struct fate fate = { 0 };

	(void)state;
	refused_opens = 0;
	rig_start_with_tls(1, rig_echo);
	refuse_open = true;
	fd = peer_connect(RIG_TLS);
	peer_expect_end(fd);
	close(fd);
	send_from(0, &hop, SLICE("x"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -EACCES);
	refuse_open = false;
	assert_int_equal(refused_opens, 2);
	rig_stop();
	close(listener);
}

/* ---- going out ---- */

static void a_dialled_connection_shakes_hands_first(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), fd;
	struct sip_hop hop = tls_to(&addr, "bob");

	(void)state;
	rig_start_with_tls(2, rig_drop);
	send_from(0, &hop, SLICE("one"), NULL);
	send_from(1, &hop, SLICE("two"), NULL);
	fd = answer_greeting(listener, "bob");
	masked_expect(fd, SLICE("onetwo"));
	assert_int_equal(rig_counted(connections_opened), 1);
	close(fd);
	rig_stop();
	close(listener);
}

/* RFC 5922: who was asked to be "carol" has not proved to be "bob". */
static void a_connection_serves_only_the_name_it_was_made_for(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), bob, carol;
	struct sip_hop to_bob = tls_to(&addr, "bob"), to_carol = tls_to(&addr, "carol");

	(void)state;
	rig_start_with_tls(2, rig_drop);
	send_from(0, &to_bob, SLICE("for bob"), NULL);
	bob = answer_greeting(listener, "bob");
	masked_expect(bob, SLICE("for bob"));
	send_from(1, &to_carol, SLICE("for carol"), NULL);
	carol = answer_greeting(listener, "carol");
	masked_expect(carol, SLICE("for carol"));
	to_bob.name = SLICE("BOB");
	send_from(1, &to_bob, SLICE("more"), NULL);
	masked_expect(bob, SLICE("more"));
	peer_expect_silence(carol);
	assert_int_equal(rig_counted(connections_opened), 2);
	close(bob);
	close(carol);
	rig_stop();
	close(listener);
}

static void nor_does_one_that_came_in(void **state)
{
	struct fate fate = { 0 };
	struct sip_hop hop;
	char text[512];
	int fd;

	(void)state;
	rig_start_with_tls(2, rig_hold);
	fd = greet("alice");
	masked_send(fd, request(1, text));
	await(rig_held() == 1);
	hop = rig_held_hop(0);
	hop.flow = 0;
	send_from(0, &hop, SLICE("without a name"), NULL);
	masked_expect(fd, SLICE("without a name"));
	hop.name = SLICE("alice");
	send_from(1, &hop, SLICE("with one"), &fate);
	/* Nobody listens at the client's port. */
	await(fate.told == 1);
	assert_int_equal(fate.err, -ECONNREFUSED);
	peer_expect_silence(fd);
	close(fd);
	rig_stop();
}

/* The peer had gone and we did not know: what it cannot have seen goes another way. */
static void what_was_not_written_goes_over_a_new_connection(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), first, second;
	struct sip_hop hop = tls_to(&addr, "bob");
	struct fate fate = { 0 };

	(void)state;
	rig_start_with_tls(2, rig_drop);
	send_from(0, &hop, SLICE("one"), NULL);
	first = answer_greeting(listener, "bob");
	masked_expect(first, SLICE("one"));
	fail_next_write = true;
	send_from(1, &hop, SLICE("two"), &fate);
	second = answer_greeting(listener, "bob");
	masked_expect(second, SLICE("two"));
	peer_expect_end(first);
	assert_int_equal(fate.told, 0);
	assert_int_equal(rig_counted(connections_opened), 2);
	close(first);
	close(second);
	rig_stop();
	close(listener);
}

/* Once: a peer that takes connections and breaks them must not keep us busy. */
static void but_only_once(void **state)
{
	struct sock_addr addr;
	int listener = peer_listen(8, &addr), first, second;
	struct sip_hop hop = tls_to(&addr, "bob");
	struct fate fate = { 0 };

	(void)state;
	rig_start_with_tls(1, rig_drop);
	send_from(0, &hop, SLICE("one"), NULL);
	first = answer_greeting(listener, "bob");
	masked_expect(first, SLICE("one"));
	fail_next_write = true;
	send_from(0, &hop, SLICE("two"), &fate);
	second = peer_accept(listener);
	peer_expect(second, SLICE("HI bob\n"));
	fail_next_write = true;
	peer_send(second, SLICE("OK\n"));
	await(fate.told == 1);
	assert_int_equal(fate.err, -EPIPE);
	assert_int_equal(rig_counted(connections_opened), 2);
	close(first);
	close(second);
	rig_stop();
	close(listener);
}

static void of_a_flow_nothing_is_sent_elsewhere(void **state)
{
	struct fate fate = { 0 };
	struct sip_hop hop;
	char text[512];
	int fd;

	(void)state;
	rig_start_with_tls(2, rig_hold);
	fd = greet("alice");
	masked_send(fd, request(1, text));
	await(rig_held() == 1);
	hop = rig_held_hop(0);
	fail_next_write = true;
	send_from(1, &hop, SLICE("x"), &fate);
	await(fate.told == 1);
	assert_int_equal(fate.err, -EPIPE);
	assert_int_equal(rig_counted(connections_opened), 0);
	close(fd);
	rig_stop();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_pass_through_the_layer),
		cmocka_unit_test(what_the_layer_holds_is_read_without_a_new_event),
		cmocka_unit_test(every_worker_can_ask_for_the_peers_name),
		cmocka_unit_test(the_layer_describes_itself),
		cmocka_unit_test(a_bad_handshake_ends_the_connection),
		cmocka_unit_test(a_handshake_has_a_deadline),
		cmocka_unit_test(a_layer_that_refuses_is_no_harm),
		cmocka_unit_test(a_dialled_connection_shakes_hands_first),
		cmocka_unit_test(a_connection_serves_only_the_name_it_was_made_for),
		cmocka_unit_test(nor_does_one_that_came_in),
		cmocka_unit_test(what_was_not_written_goes_over_a_new_connection),
		cmocka_unit_test(but_only_once),
		cmocka_unit_test(of_a_flow_nothing_is_sent_elsewhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, register_layer, NULL);
}
