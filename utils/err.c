/*
 * utils/err.c - error codes as words, and the last words of a server.
 */
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Ours rather than strerror()'s: the same in every locale, and fit to stand in
 * the middle of a line. What is not here has no word that an operator knows. */
static const char *const words[] = {
	[0] = "no error",
	[EPERM] = "operation not permitted",
	[ENOENT] = "no such file or directory",
	[ESRCH] = "no such process",
	[EINTR] = "interrupted",
	[EIO] = "input/output error",
	[ENXIO] = "no such device or address",
	[E2BIG] = "too much at once",
	[EBADF] = "bad file descriptor",
	[ECHILD] = "no child process",
	[EAGAIN] = "busy, try again",
	[ENOMEM] = "out of memory",
	[EACCES] = "permission denied",
	[EBUSY] = "in use",
	[EEXIST] = "exists already",
	[ENODEV] = "no such device",
	[ENOTDIR] = "not a directory",
	[EISDIR] = "is a directory",
	[EINVAL] = "invalid",
	[ENFILE] = "too many open files in the system",
	[EMFILE] = "too many open files",
	[EFBIG] = "file too large",
	[ENOSPC] = "no space left",
	[ESPIPE] = "cannot seek",
	[EROFS] = "read-only file system",
	[EPIPE] = "broken pipe",
	[EDOM] = "outside the domain",
	[ERANGE] = "out of range",
	[EDEADLK] = "would deadlock",
	[ENAMETOOLONG] = "name too long",
	[ENOSYS] = "not supported by the system",
	[ENOTEMPTY] = "directory not empty",
	[ELOOP] = "too many symbolic links",
	[ENODATA] = "no data",
	[ETIME] = "timer expired",
	[EPROTO] = "protocol error",
	[EBADMSG] = "malformed message",
	[EOVERFLOW] = "too large a value",
	[EILSEQ] = "invalid characters",
	[ENOTSOCK] = "not a socket",
	[EDESTADDRREQ] = "destination missing",
	[EMSGSIZE] = "message too long",
	[EPROTOTYPE] = "wrong kind of socket",
	[ENOPROTOOPT] = "no such protocol option",
	[EPROTONOSUPPORT] = "protocol not supported",
	[EOPNOTSUPP] = "operation not supported",
	[EAFNOSUPPORT] = "address family not supported",
	[EADDRINUSE] = "address already in use",
	[EADDRNOTAVAIL] = "no such address here",
	[ENETDOWN] = "network is down",
	[ENETUNREACH] = "network unreachable",
	[ECONNABORTED] = "connection aborted",
	[ECONNRESET] = "connection reset",
	[ENOBUFS] = "no buffer space",
	[EISCONN] = "already connected",
	[ENOTCONN] = "not connected",
	[ETIMEDOUT] = "timed out",
	[ECONNREFUSED] = "connection refused",
	[EHOSTDOWN] = "host is down",
	[EHOSTUNREACH] = "no route to host",
	[EALREADY] = "already under way",
	[EINPROGRESS] = "in progress",
	[ESTALE] = "stale handle",
	[EDQUOT] = "quota exceeded",
	[ECANCELED] = "cancelled",
	[EKEYEXPIRED] = "key expired",
	[EKEYREJECTED] = "key rejected",
};

const char *err_text(int err)
{
	/* Not -err: that has no value for INT_MIN. */
	unsigned code = err < 0 ? 0u - (unsigned)err : (unsigned)err;

	if (code >= sizeof(words) / sizeof(words[0]) || !words[code])
		return "unknown error";
	return words[code];
}

void lcs_assert_failed(const char *what, const char *file, int line)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "lcs: assertion failed: %s (%s:%d)\n",
	    what, file, line);

	/* One write, and not through the log thread: it may be what is broken. */
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
		abort();
	abort();
}
