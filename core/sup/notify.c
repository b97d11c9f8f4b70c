/*
 * core/sup/notify.c - one datagram to $NOTIFY_SOCKET.
 */
#include "core/sup/notify.h"

#include "utils/slice.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t fill_address(struct sockaddr_un *sa, const char *path)
{
	size_t len = strlen(path);

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(sa->sun_path))
		return 0;
	memcpy(sa->sun_path, path, len);
	if (path[0] == '@')		/* the abstract namespace */
		sa->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void send_to(const struct sockaddr_un *sa, socklen_t len, const char *text, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* Who asked to be told and does not listen misses it; nothing depends on that. */
	(void)!sendto(fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)sa, len);
	close(fd);
}

void notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa;
	socklen_t len = path ? fill_address(&sa, path) : 0;
	char text[512];
	va_list ap;
	int n;

	if (len == 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(text))
		send_to(&sa, len, text, (size_t)n);
}

static int env_number(const char *name, uint64_t *out)
{
	return slice_to_u64(slice_str(getenv(name)), out);
}

msec_t notify_watchdog(void)
{
	uint64_t usec, pid;

	if (env_number("WATCHDOG_USEC", &usec) != 0 || usec < 2000)
		return 0;
	if (getenv("WATCHDOG_PID") && (env_number("WATCHDOG_PID", &pid) != 0 ||
	    pid != (uint64_t)getpid()))
		return 0;
	return (msec_t)(usec / 1000 / 2);
}
