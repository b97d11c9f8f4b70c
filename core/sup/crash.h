/*
 * core/sup/crash.h - the supervisor files what a dying server wrote.
 */
#ifndef CORE_SUP_CRASH_H
#define CORE_SUP_CRASH_H

#include "utils/slice.h"

#include <sys/types.h>

#define CRASH_FILES_KEPT 32u

struct crash_report {
	pid_t  pid;
	size_t len;
	char   text[16384];
};

/** Value of a "key: value" line of a report; empty if there is none. */
struct slice crash_value(const struct crash_report *r, const char *key);

/**
 * Write it to crash/ in the state directory, and drop the oldest beyond CRASH_FILES_KEPT.
 * @param path  receives the file's name
 * @return 0 or -errno
 */
int crash_file(const struct crash_report *r, struct slice state_dir, char path[512]);

#endif
