/*
 * utils/log_sink.c - files and standard error by the block, sockets by the line.
 *
 * A sink that fails costs lines, which are counted, and nothing else: nobody
 * waits for longer than SEND_TIMEOUT_MS, and the next line is a new attempt.
 */
#include "utils/log_sink.h"

#include "utils/log_text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define BLOCK_BYTES     (2 * LOG_LINE_BYTES)
#define SEND_TIMEOUT_MS 1000

static const char *const system_paths[] = {
	[LOG_SINK_SYSLOG] = "/dev/log",
	[LOG_SINK_JOURNAL] = "/run/systemd/journal/socket",
};

struct log_sink_state {
	enum log_sink   kind;
	enum log_format format;
	char           *path;		/* NULL for standard error */
	int             fd;
	bool            is_failing;	/* as of the last attempt */
	bool            is_mid_line;	/* a write failed behind the beginning of a line */
	int             err;		/* why the last of the lost ones was lost */
	unsigned        lost;
	unsigned        lines;		/* in block */
	size_t          len;
	char            block[BLOCK_BYTES];
};

/* ---- opening ------------------------------------------------------------ */

static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	return fd < 0 ? -errno : fd;
}

static int connect_socket(const char *path)
{
	const struct timeval patience = { SEND_TIMEOUT_MS / 1000, 0 };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, err = 0;

	if (len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static bool is_socket(const struct log_sink_state *s)
{
	return s->kind == LOG_SINK_SYSLOG || s->kind == LOG_SINK_JOURNAL;
}

static int open_kind(const struct log_sink_state *s)
{
	if (s->kind == LOG_SINK_STDERR)
		return STDERR_FILENO;
	return is_socket(s) ? connect_socket(s->path) : open_file(s->path);
}

static char *path_of(const struct log_conf *conf)
{
	const char *path = conf->path ? conf->path : system_paths[conf->sink];

	return strdup(path);
}

int log_sink_open(const struct log_conf *conf, struct log_sink_state **out)
{
	struct log_sink_state *s;
	int err;

	if (conf->sink == LOG_SINK_FILE && !conf->path)
		return -EINVAL;
	s = malloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	memset(s, 0, offsetof(struct log_sink_state, block));
	s->kind = conf->sink;
	s->format = conf->format;
	s->path = s->kind == LOG_SINK_STDERR ? NULL : path_of(conf);
	s->fd = s->path || s->kind == LOG_SINK_STDERR ? open_kind(s) : -ENOMEM;
	err = s->fd < 0 ? s->fd : 0;
	if (err)
		log_sink_abandon(&s);
	else
		*out = s;
	return err;
}

void log_sink_abandon(struct log_sink_state **s)
{
	if (!*s)
		return;
	if ((*s)->fd >= 0 && (*s)->kind != LOG_SINK_STDERR)
		close((*s)->fd);
	free((*s)->path);
	free(*s);
	*s = NULL;
}

void log_sink_close(struct log_sink_state **s)
{
	if (*s)
		log_sink_flush(*s);
	log_sink_abandon(s);
}

int log_sink_reopen(struct log_sink_state *s)
{
	int fd;

	if (s->kind == LOG_SINK_STDERR)
		return 0;
	log_sink_flush(s);
	fd = open_kind(s);
	if (fd < 0)
		return fd;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	s->is_mid_line = false;
	return 0;
}

/* ---- blocks ------------------------------------------------------------- */

/* 0, or -errno; *done is what was written all the same. */
static int write_all(int fd, struct slice s, size_t *done)
{
	struct pollfd writable = { fd, POLLOUT, 0 };

	*done = 0;
	while (*done < s.len) {
		ssize_t n = write(fd, s.p + *done, s.len - *done);

		if (n >= 0)
			*done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
		else if (errno == EAGAIN && poll(&writable, 1, SEND_TIMEOUT_MS) == 0)
			return -EAGAIN;
	}
	return 0;
}

static unsigned count_lines(struct slice s)
{
	unsigned lines = 0;

	for (size_t i = 0; i < s.len; i++)
		lines += s.p[i] == '\n';
	return lines;
}

/* A line that stopped in its middle is lost; the next one begins on its own. */
static void note_failure(struct log_sink_state *s, struct slice block, size_t done, int err)
{
	s->lost += s->lines - count_lines(slice_first(block, done));
	s->err = err;
	if (done > 0)
		s->is_mid_line = block.p[done - 1] != '\n';
}

void log_sink_flush(struct log_sink_state *s)
{
	struct slice block = slice_of(s->block, s->len);
	size_t done = 0;
	int err = 0;

	if (s->len == 0)
		return;
	if (s->is_mid_line)
		err = write_all(s->fd, SLICE("\n"), &done);
	if (!err) {
		s->is_mid_line = false;
		err = write_all(s->fd, block, &done);
	} else {
		done = 0;
	}
	if (err)
		note_failure(s, block, done, err);
	s->is_failing = err != 0;
	s->len = 0;
	s->lines = 0;
}

static void put_line(struct log_sink_state *s, const struct log_record *r)
{
	char *p;

	if (sizeof(s->block) - s->len < LOG_LINE_BYTES)
		log_sink_flush(s);
	p = s->block + s->len;
	s->len += s->format == LOG_FORMAT_JSON ? log_text_json(p, r) : log_text_line(p, r);
	s->lines++;
}

/* ---- datagrams ---------------------------------------------------------- */

static int send_once(struct log_sink_state *s, size_t len)
{
	if (s->fd < 0)
		return -ENOTCONN;
	return send(s->fd, s->block, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The daemon behind the socket may have been started anew: its socket is another. */
static void send_line(struct log_sink_state *s, const struct log_record *r)
{
	size_t len = s->kind == LOG_SINK_JOURNAL ? log_text_journal(s->block, r) :
	    log_text_syslog(s->block, r, s->format);
	int err = send_once(s, len);

	if (err == -ECONNREFUSED || err == -ENOTCONN || err == -ECONNRESET || err == -EPIPE) {
		err = log_sink_reopen(s);
		if (!err)
			err = send_once(s, len);
	}
	s->is_failing = err != 0;
	if (err) {
		s->lost++;
		s->err = err;
	}
}

void log_sink_put(struct log_sink_state *s, const struct log_record *r)
{
	if (is_socket(s))
		send_line(s, r);
	else
		put_line(s, r);
}

unsigned log_sink_take_lost(struct log_sink_state *s, int *err)
{
	unsigned lost = s->is_failing ? 0 : s->lost;

	s->lost -= lost;
	*err = s->err;
	return lost;
}
