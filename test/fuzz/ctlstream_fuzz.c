/*
 * test/fuzz/ctlstream_fuzz.c - a client of the control socket, its bytes cut anywhere: it gets the
 * answers that its lines would get one by one, in their order, and a line too long for any request
 * ends it.
 *
 * The first byte says into how many bytes the rest is cut. A byte of 0x01 in it stands for as
 * many zero bytes as the next byte says times 8192: a small input can be a huge line.
 */
#include "core/mod/rpc.h"
#include "core/sup/ctl.h"
#include "utils/buf.h"
#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INPUT_MAX  (3u << 20)
#define BLANKS     8192u
#define IDLE_TURNS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_echo(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, json_deep_copy(call->params));
}

static const struct lcs_rpc_arg echo_args[] = {
	{ "text", VALUE_STRING, false, "" }, { "list", VALUE_LIST, false, "" }, { 0 }
};
static const struct lcs_rpc table[] = {
	{ "t.echo", RIGHT_READ, echo_args, run_echo, "" }, { 0 }
};

static struct { struct loop *loop; struct ctl *ctl; struct sockaddr_un at; socklen_t at_len; } room;

/* An address that the kernel chooses: fuzzers run beside each other. */
static void open_once(void)
{
	int fd;

	if (room.loop)
		return;
	log_set_level(LOG_LEVEL_ERROR);
	lcs_assert(rpc_register(table, NULL) == 0);
	room.loop = loop_new();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	room.at.sun_family = AF_UNIX;
	room.at_len = sizeof(room.at);
	lcs_assert(room.loop && fd >= 0);
	lcs_assert(bind(fd, (struct sockaddr *)&room.at, sizeof(sa_family_t)) == 0);
	lcs_assert(getsockname(fd, (struct sockaddr *)&room.at, &room.at_len) == 0);
	lcs_assert(listen(fd, 8) == 0 && ctl_open(room.loop, fd, &room.ctl) == 0);
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	lcs_assert(fd >= 0);
	lcs_assert(connect(fd, (struct sockaddr *)&room.at, room.at_len) == 0);
	return fd;
}

/* ---- the input ---- */

static void unpack(const uint8_t *data, size_t size, struct buf *out)
{
	static const char blanks[BLANKS];

	for (size_t i = 0; i < size && out->len < INPUT_MAX; i++) {
		if (data[i] != 1) {
			buf_put_char(out, (char)data[i]);
			continue;
		}
		for (unsigned n = ++i < size ? data[i] : 0; n > 0; n--)
			buf_put(out, slice_of(blanks, BLANKS));
	}
}

/* ---- what has to come ---- */

/* Answers of the lines that end, up to the first that is too long; true if there was one. */
static bool expect(struct slice text, struct buf *out)
{
	const struct ctl_peer peer = { RIGHT_ADMIN, geteuid() };
	size_t at, len;
	char *answer;

	while ((at = slice_find(text, '\n')) < text.len) {
		struct slice line = slice_first(text, at);

		if (line.len > CTL_LINE_MAX)
			return true;
		answer = slice_trim(line).len ? ctl_answer(line, &peer, &len) : NULL;
		if (answer)
			buf_put(out, slice_of(answer, len));
		free(answer);
		text = slice_skip(text, at + 1);
	}
	return text.len > CTL_LINE_MAX;
}

/* ---- what comes ---- */

/* False at its end. */
static bool receive(int fd, struct buf *got, bool *any)
{
	char bytes[65536];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		buf_put(got, slice_of(bytes, (size_t)n));
		*any = true;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool is_all_read(int fd)
{
	int waiting = 0;

	return ioctl(fd, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

/* Until nothing moves any more. */
static void talk(int fd, struct slice text, size_t piece, struct buf *got)
{
	unsigned idle = 0;
	bool open = true;

	while (open && idle < IDLE_TURNS) {
		struct slice next = slice_first(text, piece);
		ssize_t n = next.len ? send(fd, next.p, next.len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
		bool any = n > 0;

		if (n > 0)
			text = slice_skip(text, (size_t)n);
		loop_turn(room.loop, 0);
		open = receive(fd, got, &any);
		idle = any || !is_all_read(fd) ? 0 : idle + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf *text = buf_new(4096), *want = buf_new(4096), *got = buf_new(4096);
	size_t piece = size ? data[0] + 1u : 1;
	bool too_long;
	int fd;

	open_once();
	lcs_assert(text && want && got);
	if (size)
		unpack(data + 1, size - 1, text);
	if (text->len > 65536)
		piece *= 4096;		/* or it would take the whole day */
	too_long = expect(buf_slice(text), want);
	fd = client();
	talk(fd, buf_slice(text), piece, got);
	close(fd);
	for (unsigned i = 0; i < 2; i++)
		loop_turn(room.loop, 0);
	lcs_assert(!got->failed && !want->failed && !text->failed);
	if (too_long)
		lcs_assert(slice_starts(buf_slice(got), buf_slice(want)) &&
		    slice_search(buf_slice(got), SLICE("may have 1048576 bytes")) < got->len);
	else
		lcs_assert(slice_eq(buf_slice(got), buf_slice(want)));
	buf_unref(&text);
	buf_unref(&want);
	buf_unref(&got);
	return 0;
}
