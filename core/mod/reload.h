/*
 * core/mod/reload.h - another configuration for a running server, step by step.
 *
 * reload_read() builds it aside, reload_prepare() asks the modules, and until
 * reload_commit(), which cannot fail, nothing that runs has changed. All on the
 * control thread.
 */
#ifndef CORE_MOD_RELOAD_H
#define CORE_MOD_RELOAD_H

#include "core/mod/server.h"
#include "core/mod/snapshot.h"

struct reload;				/* one on its way */

/**
 * Read, check, bind to modules; compare with what runs (core/mod/keep.h).
 *
 * @param path  another file than the server's own; NULL: that
 * @param from  an earlier state of it; NULL: as it is on the disk
 * @param diag  receives what is wrong, and what needs a restart
 * @param out   written on 0
 * @return 0, -EINVAL (see diag), -ENOENT / -EACCES (also in diag), -ENOMEM
 */
int reload_read(struct server *s, const char *path, const struct snapshot *from,
    struct diag *diag, struct reload **out);

/** What it was made of; lives as long as the reload, or is taken. */
struct snapshot *reload_snapshot(const struct reload *r);
struct snapshot *reload_take_snapshot(struct reload *r);
const struct server_setup *reload_setup(const struct reload *r);	/* its listeners */
const struct cfg *reload_cfg(const struct reload *r);
/** Rows of what takes effect at a restart only, as reload_diff() has them; borrowed. */
const json_t *reload_restart(const struct reload *r);
struct slice reload_summary(const struct reload *r);

/**
 * Modules that are new are loaded, all are asked. After a failure nothing has changed.
 * @param why  name of the module that refused; the module has logged its reason
 * @return 0 or -errno
 */
int reload_prepare(struct reload *r, const char **why);
/** The current generation from now on. Takes the reload. */
void reload_commit(struct reload **r);
/** Give it up; NULL is fine. */
void reload_drop(struct reload **r);

/* ---- what would change ---- */
/** A list of {what, name, from, to, when} between what runs and this; NULL if memory is short. */
json_t *reload_diff(const struct reload *r);

#endif
