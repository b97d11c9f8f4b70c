/*
 * core/sup/crash.c - see crash.h.
 */
#include "core/sup/crash.h"

#include "utils/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct slice crash_value(const struct crash_report *r, const char *key)
{
	struct slice rest = slice_of(r->text, r->len), name = slice_str(key);

	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		if (slice_starts(line, name) && slice_starts(slice_skip(line, name.len), SLICE(": ")))
			return slice_skip(line, name.len + 2);
	}
	return SLICE_NULL;
}

/* ---- old reports ---- */

static int is_report(const struct dirent *d)
{
	return strncmp(d->d_name, "crash-", 6) == 0;
}

/* Names begin with the time, so that their order is that of the events. */
static void drop_oldest(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_report, alphasort);

	for (int i = 0; i < n; i++) {
		char path[1024];

		if ((unsigned)(n - i) > CRASH_FILES_KEPT) {
			snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
			unlink(path);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* ---- a new one ---- */

static void name_file(const char *dir, pid_t pid, char path[512])
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(path, 512, "%s/crash-%s-%ld.txt", dir, stamp, (long)pid);
}

int crash_file(const struct crash_report *r, struct slice state_dir, char path[512])
{
	char dir[256];
	int fd, err;

	if (state_dir.len + sizeof("/crash") > sizeof(dir))
		return -ENAMETOOLONG;
	snprintf(dir, sizeof(dir), "%.*s/crash", SLICE_ARG(state_dir));
	if (mkdir(dir, 0750) != 0 && errno != EEXIST)
		return -errno;
	name_file(dir, r->pid, path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	err = fd_write_all(fd, slice_of(r->text, r->len));
	if (close(fd) != 0 && !err)
		err = -errno;
	drop_oldest(dir);
	return err;
}
