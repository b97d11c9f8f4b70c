/*
 * core/store/private.c - see private.h.
 */
#include "core/store/private.h"

#include "utils/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOR_OTHERS 077u

/* What cannot be looked at or changed for another reason SQLite will speak of. */
static int tighten(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & FOR_OTHERS))
		return 0;
	if (chmod(path, st.st_mode & 07777u & ~FOR_OTHERS) != 0)
		return errno == EPERM ? -EPERM : 0;
	log_warning("store", "others could read this file, or write it; not any more "
	    "path=%s mode_was=%04o: if they may have, give users new passwords", path,
	    (unsigned)(st.st_mode & 07777u));
	return 0;
}

static int tighten_all(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[4096];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int len = snprintf(name, sizeof(name), "%s%s", path, ends[i]);

		if (len > 0 && (size_t)len < sizeof(name) && tighten(name) != 0)
			return -EPERM;
	}
	return 0;
}

int store_make_private(const char *path, const char **why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (tighten_all(path) == 0)
		return 0;
	*why = "others may read the database, in which there are secrets of users, and its owner is "
	    "another user: give it and the files beside it to the server's user (chown), with mode "
	    "0600";
	return -EPERM;
}
