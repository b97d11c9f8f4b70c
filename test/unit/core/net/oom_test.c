/*
 * Memory runs out on a worker, at every allocation in turn, while a connection is accepted,
 * a message read, answered and the connection closed: what cannot be done is not done, and
 * the next client is served.
 */
#include "test/unit/core/net/rig.h"

#include "test/oom.h"

#include <string.h>
#include <sys/socket.h>

struct plan { unsigned nth; bool hit; };

static void begin(unsigned index, void *arg)
{
	(void)index;
	oom_fail_nth(((struct plan *)arg)->nth);
}

static void end(unsigned index, void *arg)
{
	(void)index;
	((struct plan *)arg)->hit = oom_reset();
}

static bool comes_back(int fd, struct slice want)
{
	char got[512];

	while (want.len > 0) {
		ssize_t n = recv(fd, got, want.len, 0);

		if (n <= 0)
			return false;
		/* The pong alone: the answer could not be made. */
		if (memcmp(got, want.p, (size_t)n) != 0)
			return false;
		want = slice_skip(want, (size_t)n);
	}
	return true;
}

/* Accept, half a message, the rest, a ping, the end. */
static bool visit(void)
{
	char text[512];
	struct slice msg = request(1, text);
	struct net_counters before = rig_count();
	int fd = peer_connect(RIG_TCP);
	bool ok;

	send(fd, msg.p, 100, MSG_NOSIGNAL);
	await(rig_counted(bytes_in) > before.bytes_in ||
	    rig_counted(refused_limit) > before.refused_limit);
	send(fd, msg.p + 100, msg.len - 100, MSG_NOSIGNAL);
	send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	ok = comes_back(fd, msg);
	close(fd);
	await(rig_counted(connections_now) == 0);
	return ok;
}

static void each_allocation_of_a_visit_may_fail(void **state)
{
	struct plan plan = { .hit = true };
	unsigned failed = 0;

	(void)state;
	rig_start(1, rig_echo);
	assert_true(visit());
	for (plan.nth = 1; plan.hit && plan.nth < 200; plan.nth++) {
		worker_on_each(begin, &plan);
		failed += !visit();
		worker_on_each(end, &plan);
		assert_true(visit());
	}
	assert_false(plan.hit);
	/* It did hurt, and often enough to have been the accept, the message and the answer. */
	assert_in_range(failed, 3, plan.nth);
	rig_stop();
}

/* ---- opening a connection ---- */

struct call { struct sip_hop hop; struct sip_out *out; _Atomic int told; int err; };

static void failed(struct sip_out *out, int err)
{
	struct call *call = out->arg;

	call->err = err;
	call->told++;
}

static void prepare(unsigned index, void *arg)
{
	struct call *call = arg;

	(void)index;
	call->out = sip_out_new();
	call->out->hop = call->hop;
	call->out->bytes = buf_new(16);
	buf_put(call->out->bytes, SLICE("hello"));
	call->out->failed = failed;
	call->out->arg = call;
}

static void dial(unsigned index, void *arg)
{
	struct call *call = arg;

	(void)index;
	net_send(&call->out);
}

/* Memory may have run out after the kernel was asked to connect. */
static void drop_half_open(int listener)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	int fd;

	if (poll(&ready, 1, 0) != 1)
		return;
	fd = peer_accept(listener);
	peer_expect_end(fd);
	close(fd);
}

static void each_allocation_of_a_call_may_fail(void **state)
{
	struct plan plan = { .hit = true };
	struct sock_addr addr;
	int listener = peer_listen(8, &addr);
	unsigned arrived = 0, lost = 0;

	(void)state;
	rig_start(1, rig_drop);
	for (plan.nth = 1; plan.hit && plan.nth < 200; plan.nth++) {
		struct call call = { .hop = { .transport = TRANSPORT_TCP, .remote = addr } };
		uint64_t closed = rig_counted(connections_closed);

		worker_on_each(prepare, &call);
		worker_on_each(begin, &plan);
		worker_on_each(dial, &call);
		await(call.told == 1 || rig_counted(messages_out) > arrived);
		worker_on_each(end, &plan);
		if (call.told) {
			assert_int_equal(call.err, -ENOMEM);
			lost++;
			drop_half_open(listener);
		} else {
			int fd = peer_accept(listener);

			peer_expect(fd, SLICE("hello"));
			arrived++;
			close(fd);
			await(rig_counted(connections_closed) > closed);
		}
	}
	assert_false(plan.hit);
	assert_true(arrived > 0 && lost > 0);
	rig_stop();
	close(listener);
}

UNIT_MAIN(
	cmocka_unit_test(each_allocation_of_a_visit_may_fail),
	cmocka_unit_test(each_allocation_of_a_call_may_fail))
