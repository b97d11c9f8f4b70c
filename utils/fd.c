/*
 * utils/fd.c - see fd.h.
 */
#include "utils/fd.h"

#include <errno.h>
#include <unistd.h>

int fd_write_all(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			s = slice_skip(s, (size_t)n);
	}
	return 0;
}
