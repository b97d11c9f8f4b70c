/*
 * core/mod/snapshot.h - the files of a configuration as they were read at one moment.
 *
 * What a generation was made of is kept, so that it can be made again: by undo,
 * and by the supervisor when the server has crashed.
 */
#ifndef CORE_MOD_SNAPSHOT_H
#define CORE_MOD_SNAPSHOT_H

#include "cfg/cfg.h"

#include <jansson.h>

#define SNAPSHOT_HASH_CHARS 12u

struct snapshot {
	struct arena    *arena;
	struct cfg_text *texts;		/* in order of reading */
	unsigned         count, room;
	bool             is_short;	/* memory was short: something is missing */
};

struct snapshot *snapshot_new(void);	/* NULL if memory is short */
void snapshot_free(struct snapshot **s);

/** As cfg_host.on_read: a file was read. One that is imported twice is kept once. */
void snapshot_add(void *snapshot, const char *path, struct slice text);

/** The same with a file of the disk; false if it cannot be read. */
bool snapshot_add_file(struct snapshot *s, const char *path);

/** Short name of the contents: hex digits over paths and texts, the same everywhere. */
void snapshot_hash(const struct snapshot *s, char out[SNAPSHOT_HASH_CHARS + 1]);

/** A list of {path, text}; a text that is not UTF-8 becomes base64. NULL if memory is short. */
json_t *snapshot_json(const struct snapshot *s);
/** NULL if it is none, or memory is short. */
struct snapshot *snapshot_of_json(const json_t *list);

#endif
