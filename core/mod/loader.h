/*
 * core/mod/loader.h - finding, opening and remembering modules.
 *
 * Opening reads a module's constant descriptor and runs nothing of it, so that
 * a check may do it. One loader per process; control thread only, but for what
 * a loaded module may ask with lcs_shared() and friends.
 */
#ifndef CORE_MOD_LOADER_H
#define CORE_MOD_LOADER_H

#include "core/lcs.h"
#include "core/sip/plan.h"

struct loader;

struct loaded {				/* one module that was opened */
	struct lcs_mod           mod;	/* first: struct lcs_mod * and struct loaded * are one */
	const struct lcs_module *desc;
	struct sym_module        sym;
	struct loader           *loader;
	bool                     is_loaded;	/* load() has run */
	unsigned                 generations;	/* committed, not retired, that it is part of */
	struct loaded           *next;	/* in order of opening */
};

/**
 * @param path  directories separated by ':'; NULL: LCS_MODULE_PATH of the environment, else
 *              what loader_set_path() says
 * @return NULL if memory is short
 */
struct loader *loader_new(const char *path);
/** The configuration's choice, which counts if neither -m nor the environment made one; empty:
 *  the directory chosen when lcs was built. */
void loader_set_path(struct loader *l, struct slice path);
/** Reasons and lists of names that were handed out until now are not needed any more. */
void loader_forget_texts(struct loader *l);
/** Runs unload() of what was loaded, last first. Shared objects stay mapped. */
void loader_free(struct loader **l);

/** By name, '-' and '_' alike, ".so" may be there. NULL with the reason in *why, good until
 *  loader_forget_texts(). The same module is opened once. */
struct loaded *loader_open(struct loader *l, const char *name, const char **why);
/** One that was opened, or NULL. */
struct loaded *loader_find(struct loader *l, const char *name);
struct loaded *loader_first(struct loader *l);
/** Highest lcs_mod.index in use. */
unsigned loader_count(const struct loader *l);

/** The directories that are looked into, with ":" between; borrowed. */
const char *loader_path(const struct loader *l);
/** All names that could be opened, sorted, NULL at the end; until loader_forget_texts(). */
const char *const *loader_names(struct loader *l);
/** Module that exports a function or variable, opening what was not opened yet; or NULL. */
const char *loader_who_exports(struct loader *l, const char *symbol, bool is_variable);

/** Fill the callbacks of a cfg_host; the rest of it is left alone. */
void loader_serve(struct loader *l, struct cfg_host *host);

#endif
