/*
 * test/unit/core/sup/link_test.c - words and descriptors between server and supervisor.
 */
#include "test/unit.h"

#include "core/sup/link.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];

static int set_up(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static struct net_listener some_listener(void)
{
	struct net_listener l = { .transport = TRANSPORT_UDP, .name = "a" };

	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:5060"), &l.addr), 0);
	return l;
}

static void words_come_in_order_with_their_text(void **state)
{
	struct link_msg m;

	(void)state;
	assert_int_equal(link_say(ends[0], LINK_READY, NULL), 0);
	assert_int_equal(link_say(ends[0], LINK_NOTIFY, "STATUS=fine"), 0);
	assert_int_equal(link_receive(ends[1], &m, 1000), 0);
	assert_int_equal(m.kind, LINK_READY);
	assert_int_equal(link_receive(ends[1], &m, 1000), 0);
	assert_int_equal(m.kind, LINK_NOTIFY);
	assert_string_equal(m.text, "STATUS=fine");
	assert_int_equal(link_receive(ends[1], &m, 0), -EAGAIN);
	assert_int_equal(link_receive(ends[1], &m, 1), -ETIMEDOUT);
}

static void the_end_of_the_other_side_is_told(void **state)
{
	struct link_msg m;

	(void)state;
	close(ends[0]);
	assert_int_equal(link_receive(ends[1], &m, 1000), -EPIPE);
	assert_int_equal(link_say(ends[1], LINK_STOP, NULL), -EPIPE);
	ends[0] = dup(ends[1]);
}

static void what_is_no_word_is_refused(void **state)
{
	struct link_msg m = { .kind = LINK_OPEN };

	(void)state;
	assert_int_equal(send(ends[0], "R", 1, 0), 1);
	assert_int_equal(link_receive(ends[1], &m, 1000), -EBADMSG);
	memset(m.text, 'x', sizeof(m.text));
	assert_int_equal(link_send(ends[0], &m), 0);
	assert_int_equal(link_receive(ends[1], &m, 1000), -EBADMSG);
}

/* The answer has to be there before the question, in one thread. */
static void sockets_come_with_the_answer(void **state)
{
	struct link_msg answer = { .kind = LINK_OPEN, .fd_count = 2 }, asked;
	struct net_listener l = some_listener();
	char text[512] = "";
	int pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	memcpy(answer.fds, pipe_ends, sizeof(pipe_ends));
	assert_int_equal(link_send(ends[1], &answer), 0);
	assert_int_equal(link_open_listener(ends[0], &l, text), 0);
	assert_int_equal(l.fd_count, 2);
	assert_int_equal(write(l.fds[1], "z", 1), 1);
	assert_int_equal(read(pipe_ends[0], text, 1), 1);
	assert_int_equal(link_receive(ends[1], &asked, 1000), 0);
	assert_int_equal(asked.kind, LINK_OPEN);
	assert_true(sock_addr_eq(&asked.listener.addr, &l.addr));
	for (int i = 0; i < 2; i++) {
		close(pipe_ends[i]);
		close(l.fds[i]);
	}
}

static void a_refusal_brings_its_reason(void **state)
{
	struct link_msg answer = { .kind = LINK_OPEN, .err = -EADDRINUSE, .text = "taken" };
	struct net_listener l = some_listener();
	char text[512];

	(void)state;
	assert_int_equal(link_send(ends[1], &answer), 0);
	assert_int_equal(link_open_listener(ends[0], &l, text), -EADDRINUSE);
	assert_string_equal(text, "taken");
	assert_int_equal(l.fd_count, 0);
}

static void a_snapshot_of_any_size_is_handed_over(void **state)
{
	static char big[3 << 20];
	struct snapshot *s = snapshot_new(), *got;
	struct link_msg m;

	(void)state;
	memset(big, 'x', sizeof(big));
	snapshot_add(s, "lcs.cfg", slice_of(big, sizeof(big)));
	assert_int_equal(link_keep(ends[0], s), 0);
	assert_int_equal(link_receive(ends[1], &m, 1000), 0);
	assert_int_equal(m.kind, LINK_KEEP);
	got = link_read_kept(&m);
	assert_non_null(got);
	assert_true(slice_eq(got->texts[0].text, s->texts[0].text));
	snapshot_free(&got);
	snapshot_free(&s);
	/* The same word without anything is no snapshot. */
	assert_int_equal(link_say(ends[0], LINK_KEEP, NULL), 0);
	assert_int_equal(link_receive(ends[1], &m, 1000), 0);
	assert_null(link_read_kept(&m));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words_come_in_order_with_their_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_the_other_side_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_word_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sockets_come_with_the_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_brings_its_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_snapshot_of_any_size_is_handed_over, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
