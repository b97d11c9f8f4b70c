/*
 * The control socket: many clients, lines cut anywhere, and clients that do not read.
 */
#include "test/unit.h"

#include "core/mod/rpc.h"
#include "core/sup/bind.h"
#include "core/sup/ctl.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char path[64];
static struct loop *loop;
static struct ctl *ctl;

static int run_big(struct lcs_rpc_call *call)
{
	size_t size = (size_t)json_integer_value(json_object_get(call->params, "size"));
	char *text = malloc(size);

	if (!text)
		return -ENOMEM;
	memset(text, 'x', size);
	call->result = json_stringn(text, size);
	free(text);
	return 0;
}

static const struct lcs_rpc_arg size_args[] = { { "size", VALUE_INT, true, "bytes" }, { 0 } };
static const struct lcs_rpc table[] = {
	{ "test.big", RIGHT_READ, size_args, run_big, "a long answer" }, { 0 }
};

static int set_up(void **state)
{
	char text[512];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/lcs-ctl-test-%ld.sock", (long)getpid());
	assert_int_equal(rpc_register(table, NULL), 0);
	loop = loop_new();
	assert_non_null(loop);
	fd = bind_control(slice_str(path), (uid_t)-1, (gid_t)-1, text);
	assert_true(fd >= 0);
	assert_int_equal(ctl_open(loop, fd, &ctl), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ctl_close(&ctl);
	assert_null(ctl);
	ctl_close(&ctl);
	loop_free(&loop);
	rpc_unregister_all();
	unlink(path);
	return 0;
}

static int client(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(sa.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Turn the loop until a line is there. */
static void expect_line(int fd, const char *want)
{
	char got[4096];
	size_t len = 0;

	for (int turns = 0; turns < 30000; turns++) {
		ssize_t n = recv(fd, got + len, 1, 0);

		if (n == 1 && got[len++] == '\n') {
			assert_slice(slice_of(got, len - 1), want);
			return;
		}
		assert_true(n != 0 && len < sizeof(got));
		if (n < 0)
			loop_turn(loop, 1);
	}
	fail_msg("no line came");
}

static void expect_end(int fd)
{
	char c;

	for (int turns = 0; turns < 30000; turns++) {
		if (recv(fd, &c, 1, 0) == 0)
			return;
		loop_turn(loop, 1);
	}
	fail_msg("no end came");
}

#define ASK  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.big\",\"params\":[3]}"
#define TELL "{\"jsonrpc\":\"2.0\",\"result\":\"xxx\",\"id\":1}"

static void only_the_owner_and_the_group_may_open_it(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
}

static void a_line_may_be_cut_anywhere(void **state)
{
	static const char text[] = ASK "\n";
	int fd = client();

	(void)state;
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		assert_int_equal(send(fd, text, cut, 0), cut);
		for (int i = 0; i < 3; i++)
			loop_turn(loop, 0);
		say(fd, text + cut);
		expect_line(fd, TELL);
	}
	close(fd);
	loop_turn(loop, 10);
}

static void many_lines_at_once_are_answered_in_order(void **state)
{
	char text[16384] = "";
	size_t len = 0;
	int fd = client();

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"test.big\",\"params\":[1]}\n%s", i,
		    i % 7 ? "" : "\n \r\n");
	say(fd, text);
	for (int i = 0; i < 100; i++) {
		char want[64];

		snprintf(want, sizeof(want), "{\"jsonrpc\":\"2.0\",\"result\":\"x\",\"id\":%d}", i);
		expect_line(fd, want);
	}
	close(fd);
}

static void clients_do_not_disturb_each_other(void **state)
{
	enum { MANY = 20 };
	int fd[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fd[i] = client();
		say(fd[i], "{\"jsonrpc\":\"2.0\",\"id\":1,");
	}
	loop_turn(loop, 10);
	for (int i = 0; i < MANY; i += 2)
		close(fd[i]);
	for (int i = 1; i < MANY; i += 2) {
		say(fd[i], "\"method\":\"test.big\",\"params\":[3]}\n");
		expect_line(fd[i], TELL);
		close(fd[i]);
	}
}

static void there_may_be_so_many_clients_and_no_more(void **state)
{
	int fd[CTL_CLIENTS_MAX + 1], again;

	(void)state;
	for (unsigned i = 0; i < CTL_CLIENTS_MAX; i++) {
		fd[i] = client();
		say(fd[i], ASK "\n");
		expect_line(fd[i], TELL);
	}
	fd[CTL_CLIENTS_MAX] = client();
	expect_end(fd[CTL_CLIENTS_MAX]);
	close(fd[0]);
	for (int i = 0; i < 10; i++)
		loop_turn(loop, 1);
	again = client();
	say(again, ASK "\n");
	expect_line(again, TELL);
	close(again);
	for (unsigned i = 1; i <= CTL_CLIENTS_MAX; i++)
		close(fd[i]);
}

static void a_line_without_end_is_refused(void **state)
{
	static char junk[CTL_LINE_MAX + 100000];
	size_t sent = 0;
	int fd = client();

	(void)state;
	memset(junk, 'x', sizeof(junk));
	while (sent < sizeof(junk)) {
		ssize_t n = send(fd, junk + sent, sizeof(junk) - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		loop_turn(loop, 0);
	}
	expect_line(fd, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"
	    "\"a request may have 1048576 bytes\"},\"id\":null}");
	expect_end(fd);
	close(fd);
}

/* It asks and asks, and reads nothing: its questions stay in the socket, not in memory. */
static void a_client_that_does_not_read_is_not_read(void **state)
{
	static const char big[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.big\","
	    "\"params\":[100000]}\n";
	struct pollfd writable;
	char got[65536];
	size_t sent = 0, want = 0, len = 0, lines = 0;
	int fd = client();

	(void)state;
	writable = (struct pollfd){ .fd = fd, .events = POLLOUT };
	while (sent < 3000) {
		ssize_t n = send(fd, big, sizeof(big) - 1, MSG_NOSIGNAL);

		if (n == (ssize_t)(sizeof(big) - 1)) {
			sent++;
			continue;
		}
		assert_true(n < 0 && errno == EAGAIN);
		for (int i = 0; i < 100; i++)
			loop_turn(loop, 0);
		/* Nobody takes them any more. */
		if (poll(&writable, 1, 0) == 0)
			break;
	}
	assert_in_range(sent, 100, 2999);
	want = sent;
	for (int turns = 0; turns < 1000000 && lines < want; turns++) {
		ssize_t n = recv(fd, got, sizeof(got), 0);

		if (n < 0)
			loop_turn(loop, 1);
		for (ssize_t i = 0; i < n; i++)
			lines += got[i] == '\n';
		len += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(lines, want);
	assert_true(len > want * 100000);
	close(fd);
}

static void what_was_asked_before_the_end_is_answered(void **state)
{
	int fd = client();

	(void)state;
	say(fd, ASK "\n" ASK "\n");
	shutdown(fd, SHUT_WR);
	expect_line(fd, TELL);
	expect_line(fd, TELL);
	expect_end(fd);
	close(fd);
}

static void closing_ends_all_clients(void **state)
{
	int one = client(), two = client();

	(void)state;
	loop_turn(loop, 10);
	say(two, "{\"jsonrpc\"");
	loop_turn(loop, 10);
	ctl_close(&ctl);
	assert_int_equal(recv(one, &(char){ 0 }, 1, 0), 0);
	assert_true(recv(two, &(char){ 0 }, 1, 0) <= 0);
	close(one);
	close(two);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

UNIT_MAIN(
	TEST(only_the_owner_and_the_group_may_open_it),
	TEST(a_line_may_be_cut_anywhere),
	TEST(many_lines_at_once_are_answered_in_order),
	TEST(clients_do_not_disturb_each_other),
	TEST(there_may_be_so_many_clients_and_no_more),
	TEST(a_line_without_end_is_refused),
	TEST(a_client_that_does_not_read_is_not_read),
	TEST(what_was_asked_before_the_end_is_answered),
	TEST(closing_ends_all_clients))
