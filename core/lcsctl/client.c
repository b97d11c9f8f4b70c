/*
 * core/lcsctl/client.c - JSON-RPC 2.0 over the control socket, one object per line.
 */
#include "core/lcsctl/lcsctl.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20)

static void print_error(const json_t *error)
{
	json_t *all = json_pack("{s:O}", "error", error);

	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

void say_error(const struct session *s, const char *fmt, ...)
{
	char text[1024];
	json_t *error;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "lcsctl: %s\n", text);
	if (!s->json)
		return;
	error = json_pack("{s:s}", "message", text);
	print_error(error);
	json_decref(error);
}

/* A file of another kind refuses a connection as a socket does that nobody serves. */
static const char *advice(const char *path, int err)
{
	struct stat st;

	if (err == ECONNREFUSED && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return "; that is no socket. \"-s SOCKET\" or LCS_CTL name the server's";
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "; is it running? \"-s SOCKET\" or LCS_CTL name another socket";
	case EACCES:
		return "; only root and the socket's group may use it";
	case ENAMETOOLONG:
		return "; a socket's path has 107 bytes at most";
	default:
		return "";
	}
}

static int no_server(const struct session *s, int err)
{
	say_error(s, "cannot reach the server at %s: %s%s", s->socket_path, strerror(err),
	    advice(s->socket_path, err));
	return -1;
}

int session_open(struct session *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(s->socket_path) >= sizeof(addr.sun_path))
		return no_server(s, ENAMETOOLONG);
	memcpy(addr.sun_path, s->socket_path, strlen(s->socket_path) + 1);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd >= 0 && connect(s->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return 0;
	no_server(s, errno);
	session_close(s);
	return -1;
}

void session_close(struct session *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* One line, malloc'ed; NULL with errno. */
static char *read_line(const struct session *s)
{
	size_t len = 0, room = 65536;
	char *line = malloc(room + 1);

	while (line) {
		struct pollfd p = { s->fd, POLLIN, 0 };
		ssize_t n = 0;

		errno = ETIMEDOUT;
		if (poll(&p, 1, s->timeout * 1000) == 1)
			n = recv(s->fd, line + len, room - len, 0);
		if (n <= 0) {
			if (n == 0 && errno != ETIMEDOUT)
				errno = ECONNRESET;
			break;
		}
		len += (size_t)n;
		line[len] = '\0';
		if (line[len - 1] == '\n')
			return line;
		if (len == room) {
			char *more = room < ANSWER_MAX ? realloc(line, 2 * room + 1) : NULL;

			if (!more)
				break;
			line = more;
			room *= 2;
		}
	}
	free(line);
	return NULL;
}

static enum exit_code take_answer(const struct session *s, const char *line, json_t **result)
{
	json_error_t where;
	json_t *answer = json_loads(line, JSON_DECODE_ANY, &where), *error;

	if (!answer) {
		say_error(s, "the server's answer is no JSON");
		return EXIT_NO_SERVER;
	}
	error = json_object_get(answer, "error");
	if (error) {
		char *text = for_terminal(json_string_value(json_object_get(error, "message")), true);

		fprintf(stderr, "lcsctl: %s\n", text ? text : "the server refused");
		free(text);
		if (s->json)
			print_error(error);
		json_decref(answer);
		return EXIT_REFUSED;
	}
	*result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	return EXIT_DONE;
}

static void no_answer(const struct session *s)
{
	if (errno == ETIMEDOUT)
		say_error(s, "the server has not answered within %d s; \"-t SECONDS\" waits longer",
		    s->timeout);
	else
		say_error(s, "no answer from the server: %s", strerror(errno));
}

enum exit_code session_call(struct session *s, const char *method, json_t *params, json_t **result)
{
	json_t *call = json_pack("{s:s, s:i, s:s, s:O}", "jsonrpc", "2.0", "id", 1, "method", method,
	    "params", params);
	char *text = call ? json_dumps(call, JSON_COMPACT) : NULL, *line = NULL;
	enum exit_code code = EXIT_NO_SERVER;

	json_decref(call);
	/* A server that refuses a request before it is whole has said why. */
	if (text && ((send_all(s->fd, text, strlen(text)) && send_all(s->fd, "\n", 1)) ||
	    errno == EPIPE))
		line = read_line(s);
	if (line)
		code = take_answer(s, line, result);
	else
		no_answer(s);
	if (text)
		explicit_bzero(text, strlen(text));	/* it may hold a password */
	free(text);
	free(line);
	return code;
}
