/*
 * core/sup/link.c - see link.h.
 */
#include "core/sup/link.h"

#include "utils/err.h"
#include "utils/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_WAIT_MS 10000

union control {
	struct cmsghdr align;
	char           bytes[CMSG_SPACE(64 * sizeof(int))];
};

/* ---- one datagram ---- */

static void attach(struct msghdr *h, union control *control, const struct link_msg *m)
{
	struct cmsghdr *c;

	if (m->fd_count == 0)
		return;
	memset(control, 0, sizeof(*control));
	h->msg_control = control->bytes;
	h->msg_controllen = CMSG_SPACE(m->fd_count * sizeof(int));
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(m->fd_count * sizeof(int));
	memcpy(CMSG_DATA(c), m->fds, m->fd_count * sizeof(int));
}

int link_send(int fd, const struct link_msg *m)
{
	struct iovec iov = { (void *)(uintptr_t)m, sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	ssize_t n;

	attach(&h, &control, m);
	do
		n = sendmsg(fd, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*m) ? 0 : n < 0 ? -errno : -EMSGSIZE;
}

static void close_all(struct link_msg *m)
{
	for (unsigned i = 0; i < m->fd_count; i++)
		close(m->fds[i]);
	m->fd_count = 0;
}

/* What the sender wrote as descriptors means nothing here. */
static void take_descriptors(struct msghdr *h, struct link_msg *m)
{
	m->fd_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		m->fd_count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(m->fds, CMSG_DATA(c), m->fd_count * sizeof(int));
	}
}

static bool is_sound(const struct link_msg *m)
{
	return memchr(m->text, '\0', sizeof(m->text)) &&
	    memchr(m->listener.name, '\0', sizeof(m->listener.name)) &&
	    memchr(m->listener.advertise_host, '\0', sizeof(m->listener.advertise_host));
}

int link_receive(int fd, struct link_msg *m, int wait)
{
	struct iovec iov = { m, sizeof(*m) };
	union control control;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	if (wait > 0 && poll(&p, 1, wait) == 0)
		return -ETIMEDOUT;
	n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	take_descriptors(&h, m);
	if (n == (ssize_t)sizeof(*m) && is_sound(m))
		return 0;
	close_all(m);
	return -EBADMSG;
}

/* ---- the server's side ---- */

int link_say(int fd, enum link_kind kind, const char *text)
{
	struct link_msg m = { .kind = kind };

	snprintf(m.text, sizeof(m.text), "%s", text ? text : "");
	return link_send(fd, &m);
}

static int ask(int fd, struct link_msg *m)
{
	int err = link_send(fd, m);

	return err ? err : link_receive(fd, m, OPEN_WAIT_MS);
}

int link_open_listener(int fd, struct net_listener *l, char text[512])
{
	struct link_msg m = { .kind = LINK_OPEN, .listener = *l };
	int err = ask(fd, &m);

	if (err) {
		snprintf(text, 512, "the supervisor does not answer: %s", err_text(err));
		return err;
	}
	if (m.err) {
		memcpy(text, m.text, sizeof(m.text));
		close_all(&m);
		return m.err;
	}
	memcpy(l->fds, m.fds, m.fd_count * sizeof(int));
	l->fd_count = m.fd_count;
	return 0;
}

int link_forget_listener(int fd, const struct net_listener *l)
{
	struct link_msg m = { .kind = LINK_GONE, .listener = *l };

	return link_send(fd, &m);
}

int link_keep(int fd, const struct snapshot *texts)
{
	struct link_msg m = { .kind = LINK_KEEP, .fd_count = 1 };
	json_t *list = snapshot_json(texts);
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
	int err = -ENOMEM;

	json_decref(list);
	m.fds[0] = text ? memfd_create("lcs.cfg", MFD_CLOEXEC) : -1;
	if (m.fds[0] >= 0) {
		err = fd_write_all(m.fds[0], slice_str(text));
		if (!err)
			err = link_send(fd, &m);
		close(m.fds[0]);
	}
	free(text);
	return err;
}

/* ---- the supervisor's side ---- */

struct snapshot *link_read_kept(struct link_msg *m)
{
	struct snapshot *s = NULL;
	struct stat st;
	void *p;

	if (m->fd_count == 1 && fstat(m->fds[0], &st) == 0 && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, m->fds[0], 0);
		if (p != MAP_FAILED) {
			json_t *list = json_loadb(p, (size_t)st.st_size, 0, NULL);

			s = snapshot_of_json(list);
			json_decref(list);
			munmap(p, (size_t)st.st_size);
		}
	}
	close_all(m);
	return s;
}
