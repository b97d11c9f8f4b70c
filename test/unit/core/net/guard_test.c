/*
 * Guards: what leaves over a connection is sealed in the order of the wire, whoever sends it.
 */
#include "test/unit/core/net/rig.h"

#include "utils/err.h"

#include <string.h>

#define MESSAGE SLICE("NOTE sip:a SIP/2.0\r\n\r\n")
#define BARE    SLICE("BARE sip:a SIP/2.0\r\n\r\n")
#define BROKEN  SLICE("BROKEN sip:a SIP/2.0\r\n\r\n")
#define KEPT    SLICE("KEPT sip:a SIP/2.0\r\n\r\n")

struct counting {
	struct flow_guard guard;	/* first */
	unsigned          sealed;
	_Atomic unsigned  kept;
	_Atomic unsigned  gone;
	_Atomic int       gone_on;	/* worker */
};

static struct counting one, two;
static _Atomic flow_id known;

/* In front: the number of the message on this connection. */
static int seal(struct flow_guard *guard, struct slice message, struct buf *to)
{
	struct counting *c = (struct counting *)guard;

	if (slice_starts(message, SLICE("BARE")))
		return -ENOENT;
	if (slice_starts(message, SLICE("BROKEN")))
		return -EIO;
	if (slice_starts(message, SLICE("KEPT"))) {
		atomic_fetch_add(&c->kept, 1);
		return -EINPROGRESS;
	}
	buf_printf(to, "#%u ", ++c->sealed);
	buf_put(to, message);
	return 0;
}

static void gone(struct flow_guard *guard)
{
	struct counting *c = (struct counting *)guard;

	atomic_store(&c->gone_on, worker_self());
	atomic_fetch_add(&c->gone, 1);
}

static const struct flow_guard_ops ops = { seal, gone };

static void reset(void)
{
	one = two = (struct counting){ .guard.ops = &ops, .gone_on = -1 };
	atomic_store(&known, 0);
}

/* The first message brings the guard; it is answered sealed. */
static void guard_and_echo(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	if (msg && !flow_guard(from->flow))
		lcs_assert(flow_set_guard(from->flow, &one.guard) == 0);
	atomic_store(&known, from->flow);
	rig_echo(msg, err, why, from);
}

static int guarded_peer(void)
{
	char text[512], want[520];
	struct slice msg = request(1, text);
	int fd = peer_connect(RIG_TCP), n;

	peer_send(fd, msg);
	n = snprintf(want, sizeof(want), "#1 %.*s", SLICE_ARG(msg));
	peer_expect(fd, slice_of(want, (size_t)n));
	return fd;
}

static void messages_of_all_workers_are_numbered_as_they_go(void **state)
{
	struct fate fate = { 0 };
	struct sip_hop hop;
	char want[64];
	int fd;

	(void)state;
	reset();
	rig_start(2, guard_and_echo);
	fd = guarded_peer();
	for (unsigned i = 2; i < 20; i++) {
		int n = snprintf(want, sizeof(want), "#%u NOTE sip:a SIP/2.0\r\n\r\n", i);

		assert_true(flow_hop(known, &hop));
		send_from(i % 2, &hop, MESSAGE, &fate);
		peer_expect(fd, slice_of(want, (size_t)n));
	}
	peer_send(fd, SLICE("\r\n\r\n"));	/* a keep-alive is no message */
	peer_expect(fd, SLICE("\r\n"));
	close(fd);
	await(one.gone == 1);
	assert_int_equal(one.gone_on, flow_owner(known));
	rig_stop();
	assert_int_equal(one.gone, 1);
}

static void a_guard_may_let_pass_or_refuse(void **state)
{
	struct fate fate = { 0 }, good = { 0 };
	struct sip_hop hop;
	int fd;

	(void)state;
	reset();
	rig_start(1, guard_and_echo);
	fd = guarded_peer();
	assert_true(flow_hop(known, &hop));
	send_from(0, &hop, BARE, &good);
	peer_expect(fd, BARE);
	send_from(0, &hop, BROKEN, &fate);
	await(fate.told);
	assert_int_equal(fate.err, -EIO);
	send_from(0, &hop, MESSAGE, &good);
	peer_expect(fd, SLICE("#2 NOTE sip:a SIP/2.0\r\n\r\n"));
	assert_int_equal(good.told, 0);
	close(fd);
	rig_stop();
}

/* Three in one turn: what the guard keeps is asked about once, and leaves no gap. */
static void send_three(void *arg)
{
	const struct slice texts[] = { MESSAGE, KEPT, MESSAGE };
	const struct sip_hop *hop = arg;

	for (unsigned i = 0; i < 3; i++) {
		struct sip_out *out = sip_out_new();

		out->bytes = buf_new(64);
		buf_put(out->bytes, texts[i]);
		out->hop = *hop;
		net_send(&out);
	}
}

static void a_guard_may_keep_a_message(void **state)
{
	struct sip_hop hop;
	int fd;

	(void)state;
	reset();
	rig_start(1, guard_and_echo);
	fd = guarded_peer();
	assert_true(flow_hop(known, &hop));
	worker_post_fn(0, send_three, &hop);
	peer_expect(fd, SLICE("#2 NOTE sip:a SIP/2.0\r\n\r\n#3 NOTE sip:a SIP/2.0\r\n\r\n"));
	assert_int_equal(one.kept, 1);
	close(fd);
	rig_stop();
}

/* ---- another guard, set from elsewhere ---- */

static void set_two(flow_id id, void *arg)
{
	(void)arg;
	lcs_assert(flow_set_guard(id, &two.guard) == 0);
}

struct sending { struct sip_hop hop; _Atomic bool done; };

/* On the worker that does not own it: the guard is there before what is sent afterwards. */
static void set_and_send(void *arg)
{
	struct sending *s = arg;
	struct sip_out *out = sip_out_new();

	out->bytes = buf_new(64);
	buf_put(out->bytes, MESSAGE);
	out->hop = s->hop;
	flow_run(s->hop.flow, set_two, NULL);
	net_send(&out);
	s->done = true;
}

static void a_guard_comes_before_what_follows(void **state)
{
	struct sending s = { .done = false };
	int fd;

	(void)state;
	reset();
	rig_start(2, guard_and_echo);
	fd = guarded_peer();
	assert_true(flow_hop(known, &s.hop));
	worker_post_fn(1 - flow_owner(known), set_and_send, &s);
	peer_expect(fd, SLICE("#1 NOTE sip:a SIP/2.0\r\n\r\n"));
	await(s.done);
	assert_int_equal(one.gone, 1);
	assert_int_equal(two.gone, 0);
	close(fd);
	await(two.gone == 1);
	rig_stop();
}

static _Atomic int set_result;

static void set_late(flow_id id, void *arg)
{
	(void)arg;
	atomic_store(&set_result, flow_set_guard(id, &two.guard));
	lcs_assert(!flow_guard(id));
}

static void run_late(void *arg)
{
	(void)arg;
	flow_run(known, set_late, NULL);
}

static void a_connection_that_has_gone_takes_none(void **state)
{
	int fd;

	(void)state;
	reset();
	rig_start(2, guard_and_echo);
	fd = guarded_peer();
	close(fd);
	await(one.gone == 1);
	await(!flow_is_alive(known));
	worker_post_fn(0, run_late, NULL);
	await(set_result != 0);
	assert_int_equal(set_result, -ENOTCONN);
	rig_stop();
	assert_int_equal(two.gone, 0);
}

UNIT_MAIN(
	cmocka_unit_test(messages_of_all_workers_are_numbered_as_they_go),
	cmocka_unit_test(a_guard_may_let_pass_or_refuse),
	cmocka_unit_test(a_guard_may_keep_a_message),
	cmocka_unit_test(a_guard_comes_before_what_follows),
	cmocka_unit_test(a_connection_that_has_gone_takes_none),
)
