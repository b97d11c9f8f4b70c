/*
 * utils/fd.h - file descriptors, for threads that may block.
 */
#ifndef UTILS_FD_H
#define UTILS_FD_H

#include "utils/slice.h"

/** Write all of s, however many calls that takes. May block. 0, or -errno of the first that
 *  failed; part of it may have been written then. */
int fd_write_all(int fd, struct slice s);

#endif
