/*
 * core/sup/reclaim.c - see reclaim.h.
 */
#include "core/sup/reclaim.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define EVERY_MS  15000
#define SLACK_MIN ((size_t)24 << 20)	/* code, stacks, caches: always resident */
#define SLACK_PART 32			/* and so much of what is in use */
#define STEP_BYTES ((size_t)16 << 20)	/* more than what could not be given back last time */
#define FADE_PART  8			/* of that, each time: what lay between may be free now */

bool reclaim_is_worth(size_t resident, size_t in_use, size_t stuck)
{
	size_t slack = resident > in_use ? resident - in_use : 0;

	return slack > SLACK_MIN + in_use / SLACK_PART && slack > stuck + STEP_BYTES;
}

/* The second number of /proc/self/statm, in pages. 0: not known. */
static size_t resident_bytes(void)
{
	char text[128], *at;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	strtoul(text, &at, 10);
	return strtoul(at, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

#ifdef __GLIBC__
static void look(struct reclaim *r)
{
	struct mallinfo2 info = mallinfo2();
	size_t in_use = info.uordblks + info.hblkhd, left;

	r->stuck -= r->stuck / FADE_PART;
	if (!reclaim_is_worth(resident_bytes(), in_use, r->stuck))
		return;
	malloc_trim(0);
	left = resident_bytes();
	r->stuck = left > in_use ? left - in_use : 0;
}
#else
static void look(struct reclaim *r)
{
	(void)r;
	(void)resident_bytes;
}
#endif

void reclaim_tick(struct reclaim *r, msec_t now)
{
	if (now < r->next)
		return;
	r->next = now + EVERY_MS;
	look(r);
}
