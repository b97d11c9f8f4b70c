/*
 * core/sup/priv.h - who the server runs as, and giving up everything else.
 */
#ifndef CORE_SUP_PRIV_H
#define CORE_SUP_PRIV_H

#include "utils/slice.h"

#include <stdbool.h>
#include <sys/types.h>

struct identity { char name[64]; uid_t uid; gid_t gid; bool change; };

/**
 * Look up user and group (empty: as we are). Not root: nothing can be changed, and a user
 * other than our own is refused.
 * @return 0, or -errno with text
 */
int identity_find(struct slice user, struct slice group, struct identity *out, char text[512]);
/** -1 if the name is empty; else the group, or -ENOENT with text, which names the setting. */
int group_find(const char *setting, struct slice name, gid_t *out, char text[512]);

/** In the server: become that identity, no capabilities, no way back. 0 or -errno. */
int privileges_drop(const struct identity *id);

/** RLIMIT_NOFILE up to `wanted` if that is allowed, at least to the hard limit. */
void raise_open_files(unsigned wanted);

/** Make a directory of that owner if it is not there; 0 or -errno. */
int make_directory(struct slice path, mode_t mode, const struct identity *owner);

#endif
