/*
 * core/sup/bind.c - see bind.h.
 */
#include "core/sup/bind.h"

#include "utils/err.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_BACKLOG 64

static const char *advice(int err, uint16_t port, char *text, size_t room)
{
	switch (err) {
	case -EADDRINUSE:
		snprintf(text, room, "another program has it; \"ss -lntup sport = :%u\" shows which. "
		    "Stop that one, or choose another port in the listen line", port);
		return text;
	case -EACCES:
		return "ports below 1024 want root, or CAP_NET_BIND_SERVICE";
	case -EADDRNOTAVAIL:
		return "this machine has no such address; \"ip address\" shows those it has";
	case -EMFILE:
		return "raise the limit of open files (LimitNOFILE=, ulimit -n)";
	default:
		return "see the listen line";
	}
}

static void explain(const struct net_listener *l, int err, const char *what, char text[512])
{
	char addr[ADDR_TEXT_BYTES], hint[200];
	struct slice proto = transport_uri_name(l->transport);

	sock_addr_format(&l->addr, addr);
	snprintf(text, 512, "cannot listen on %.*s:%s: %s: %s: %s", SLICE_ARG(proto), addr, what,
	    err_text(err), advice(err, l->addr.port, hint, sizeof(hint)));
}

int bind_listeners(struct net_listener *list, unsigned count, unsigned workers, char text[512])
{
	for (unsigned i = 0; i < count; i++) {
		const char *what;
		int err = listener_open(&list[i], workers, &what);

		if (!err)
			continue;
		explain(&list[i], err, what, text);
		close_listeners(list, i);
		return err;
	}
	return 0;
}

void close_listeners(struct net_listener *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		listener_close(&list[i]);
}

/* ---- the control socket ---- */

static bool is_answered(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;
	close(fd);
	return yes;
}

static int remove_leftover(const struct sockaddr_un *sa)
{
	struct stat st;

	if (lstat(sa->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	if (is_answered(sa))
		return -EADDRINUSE;
	return unlink(sa->sun_path) == 0 ? 0 : -errno;
}

/* The mask is narrowed before bind(), so the socket is never open to all. */
static int bind_at(int fd, const struct sockaddr_un *sa, uid_t uid, gid_t gid)
{
	mode_t old = umask(0117);
	int err = bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ? 0 : -errno;

	umask(old);
	if (err)
		return err;
	if (chown(sa->sun_path, uid, gid) != 0 && geteuid() == 0)
		return -errno;
	return listen(fd, CONTROL_BACKLOG) == 0 ? 0 : -errno;
}

static int open_control(const struct sockaddr_un *sa, uid_t uid, gid_t gid)
{
	int err = remove_leftover(sa), fd;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = bind_at(fd, sa, uid, gid);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static const char *control_advice(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "a server is running with it; stop that one, or set control_socket";
	case -ENAMETOOLONG:
		return "set control_socket or run_dir to a shorter path";
	default:
		return "set control_socket or run_dir to where this user may write";
	}
}

int bind_control(struct slice path, uid_t uid, gid_t gid, char text[512])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = -ENAMETOOLONG;

	if (path.len < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path.p, path.len);
		fd = open_control(&sa, uid, gid);
	}
	if (fd < 0)
		snprintf(text, 512, "cannot open the control socket %.*s: %s: %s", SLICE_ARG(path),
		    err_text(fd), control_advice(fd));
	return fd;
}
