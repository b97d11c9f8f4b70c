/*
 * core/mod/server_room.h - struct server, for the files that make and change it.
 */
#ifndef CORE_MOD_SERVER_ROOM_H
#define CORE_MOD_SERVER_ROOM_H

#include "core/mod/generation.h"
#include "core/mod/server.h"
#include "core/mod/settings.h"
#include "core/mod/snapshot.h"

struct server {
	struct arena             *arena;
	const struct server_conf *conf;
	struct loader            *loader;
	const struct sym_module  *core;		/* symbols that need no module */
	const char               *profile_path;
	struct cfg               *cfg;	/* NULL once the generation has it */
	struct lcs_gen           *gen;	/* built; NULL once committed */
	const struct cfg         *shown;	/* the configuration it began with; until that retires */
	struct snapshot          *snapshot;	/* the files of that, as read */
	struct settings           settings;
	struct slice              summary;
	bool                      store_on, running;
};

/**
 * Read a configuration with the server's modules and symbols.
 * @param path  NULL: the server's own
 * @param from  texts to read instead of the disk's; NULL: the disk
 * @param into  receives what was read; may be NULL
 * @return as cfg_load()
 */
int server_read(struct server *s, const char *path, const struct snapshot *from,
    struct snapshot *into, struct diag *diag, struct cfg **out);

#endif
