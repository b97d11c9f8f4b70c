/*
 * test/unit/core/net/rig.c - see rig.h.
 */
#include "test/unit/core/net/rig.h"

#include "utils/epoch.h"
#include "utils/err.h"
#include "utils/log.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>

#define HELD_MAX 4096u

struct net_limits rig_limits;

static struct {
	struct net_listener listeners[3];
	unsigned            listener_count;
	struct net_counters before;
	pthread_mutex_t     lock;	/* held messages */
	struct sip_msg     *held[HELD_MAX];
	struct sip_hop      held_from[HELD_MAX];
	unsigned            held_count;
} rig = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- the next room ---- */

static void send_back(const struct sip_hop *to, struct slice bytes)
{
	struct sip_out *out = sip_out_new();

	if (out)
		out->bytes = buf_new(bytes.len);
	if (!out || !out->bytes) {
		sip_out_unref(&out);
		return;
	}
	buf_put(out->bytes, bytes);
	out->hop = *to;
	if (out->bytes->failed)
		sip_out_unref(&out);
	else
		net_send(&out);
}

void rig_echo(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	(void)err;
	(void)why;
	if (!msg)
		return;
	send_back(from, msg->raw);
	net_message_done(from->flow);
	sip_msg_unref(&msg);
}

void rig_drop(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	(void)err;
	(void)why;
	if (!msg)
		return;
	net_message_done(from->flow);
	sip_msg_unref(&msg);
}

void rig_refuse(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "SIP/2.0 %d\r\n", err ? why->status : 200);

	if (!msg)
		return;
	send_back(from, slice_of(text, (size_t)n));
	net_message_done(from->flow);
	sip_msg_unref(&msg);
}

void rig_hold(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	(void)err;
	(void)why;
	if (!msg)
		return;
	pthread_mutex_lock(&rig.lock);
	lcs_assert(rig.held_count < HELD_MAX);
	rig.held[rig.held_count] = msg;
	rig.held_from[rig.held_count++] = *from;
	pthread_mutex_unlock(&rig.lock);
}

unsigned rig_held(void)
{
	unsigned n;

	pthread_mutex_lock(&rig.lock);
	n = rig.held_count;
	pthread_mutex_unlock(&rig.lock);
	return n;
}

struct sip_hop rig_held_hop(unsigned i)
{
	struct sip_hop hop;

	pthread_mutex_lock(&rig.lock);
	lcs_assert(i < rig.held_count);
	hop = rig.held_from[i];
	pthread_mutex_unlock(&rig.lock);
	return hop;
}

flow_id rig_held_flow(unsigned i)
{
	return rig_held_hop(i).flow;
}

struct release { struct sip_msg *msg; struct sip_hop from; enum rig_end end; };

static void release_one(void *arg)
{
	struct release *r = arg;

	if (r->end == RIG_ECHO)
		send_back(&r->from, r->msg->raw);
	else if (r->end == RIG_ANSWER)
		send_back(&r->from, SLICE(RIG_ANSWER_TEXT));
	net_message_done(r->from.flow);
	sip_msg_unref(&r->msg);
	free(r);
}

void rig_release(enum rig_end end)
{
	pthread_mutex_lock(&rig.lock);
	for (unsigned i = 0; i < rig.held_count; i++) {
		struct release *r = malloc(sizeof(*r));

		lcs_assert(r);
		*r = (struct release){ rig.held[i], rig.held_from[i], end };
		worker_post_fn(worker_count() - 1, release_one, r);
	}
	rig.held_count = 0;
	pthread_mutex_unlock(&rig.lock);
}

/* ---- start and stop ---- */

static void start(unsigned workers, rig_fn *deliver, bool tls)
{
	const struct worker_conf conf = { workers, 10000 };
	const char *what;

	log_set_level(LOG_LEVEL_ERROR);
	if (rig_limits.connections == 0)
		rig_limits = net_limits_preset;
	rig.listener_count = 2 + (tls ? 1 : 0);
	for (unsigned i = 0; i < rig.listener_count; i++) {
		struct net_listener *l = &rig.listeners[i];

		*l = (struct net_listener){ .transport = (enum sip_transport)(i + 1) };
		assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:0"), &l->addr), 0);
		assert_int_equal(listener_open(l, workers, &what), 0);
		assert_int_not_equal(l->addr.port, 0);
	}
	rig.before = (struct net_counters){ 0 };
	net_counters(&rig.before);
	net_set_limits(&rig_limits);
	net_above.deliver = deliver;
	net_set_listeners(rig.listeners, rig.listener_count);
	assert_int_equal(workers_start(&conf), 0);
}

void rig_start(unsigned workers, rig_fn *deliver)
{
	start(workers, deliver, false);
}

void rig_start_with_tls(unsigned workers, rig_fn *deliver)
{
	start(workers, deliver, true);
}

void rig_stop(void)
{
	workers_stop();
	for (unsigned i = 0; i < rig.held_count; i++)
		sip_msg_unref(&rig.held[i]);
	rig.held_count = 0;
	for (unsigned i = 0; i < rig.listener_count; i++)
		listener_close(&rig.listeners[i]);
	net_set_limits(&net_limits_preset);
	epoch_drain();
	rig_limits = net_limits_preset;
}

uint16_t rig_port(unsigned listener)
{
	return rig.listeners[listener - 1].addr.port;
}

/* Since the start of this rig. */
struct net_counters rig_count(void)
{
	struct net_counters now;
	uint64_t *n = (uint64_t *)&now;
	const uint64_t *was = (const uint64_t *)&rig.before;

	net_counters(&now);
	for (size_t i = 0; i < sizeof(now) / sizeof(*n); i++)
		n[i] -= was[i];
	return now;
}

/* ---- the peer ---- */

static void set_deadline(int fd)
{
	struct timeval limit = { 10, 0 };
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int peer_connect(unsigned listener)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(&rig.listeners[listener - 1].addr, &ss);
	bool stream = transport_is_stream(rig.listeners[listener - 1].transport);
	int fd = socket(ss.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	set_deadline(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	return fd;
}

int peer_held(unsigned listener, struct sip_hop *from)
{
	char text[512];
	int fd = peer_connect(listener);

	peer_send(fd, request(1, text));
	await(rig_held() == 1);
	*from = rig_held_hop(0);
	return fd;
}

void peer_send(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = send(fd, s.p, s.len, MSG_NOSIGNAL);

		assert_true(n > 0);
		s = slice_skip(s, (size_t)n);
	}
}

void peer_expect(int fd, struct slice want)
{
	char got[4096];

	while (want.len > 0) {
		size_t room = want.len < sizeof(got) ? want.len : sizeof(got);
		ssize_t n = recv(fd, got, room, 0);

		assert_true(n > 0);
		assert_memory_equal(got, want.p, (size_t)n);
		want = slice_skip(want, (size_t)n);
	}
}

void peer_expect_end(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

size_t peer_read_all(int fd, char *into, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, into + len, room - len, 0)) > 0)
		len += (size_t)n;
	assert_true(n == 0);
	return len;
}

void peer_expect_silence(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_true(errno == EAGAIN);
}

int peer_listen(int backlog, struct sock_addr *addr)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	set_deadline(fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	sock_addr_from(addr, &ss);
	return fd;
}

int peer_accept(int fd)
{
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	assert_true(peer >= 0);
	set_deadline(peer);
	return peer;
}

struct slice request_with_body(unsigned n, size_t body, char *text, size_t room)
{
	int head = snprintf(text, room,
	    "MESSAGE sip:bob@example.com SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%u\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: <sip:alice@example.com>;tag=a\r\n"
	    "To: <sip:bob@example.com>\r\n"
	    "Call-ID: call-%u\r\n"
	    "CSeq: %u MESSAGE\r\n"
	    "Content-Length: %zu\r\n\r\n", n, n, n + 1, body);

	assert_true(head > 0 && (size_t)head + body <= room);
	memset(text + head, 'x', body);
	return slice_of(text, (size_t)head + body);
}

struct slice request(unsigned n, char text[512])
{
	return request_with_body(n, 5, text, 512);
}

/* ---- sending from workers ---- */

struct order { const struct sip_hop *hop; struct slice bytes; struct fate *fate; _Atomic bool sent; };

static void failed(struct sip_out *out, int err)
{
	struct fate *fate = out->arg;

	fate->err = err;
	fate->worker = worker_self();
	fate->told++;
}

static void send_here(void *arg)
{
	struct order *order = arg;
	struct sip_out *out = sip_out_new();

	lcs_assert(out);
	out->hop = *order->hop;
	out->bytes = buf_new(order->bytes.len);
	lcs_assert(out->bytes);
	buf_put(out->bytes, order->bytes);
	if (order->fate) {
		out->failed = failed;
		out->arg = order->fate;
	}
	net_send(&out);
	lcs_assert(!out);
	order->sent = true;
}

void send_from(unsigned worker, const struct sip_hop *hop, struct slice bytes,
    struct fate *fate)
{
	struct order order = { .hop = hop, .bytes = bytes, .fate = fate };

	worker_post_fn(worker, send_here, &order);
	await(order.sent);
}
