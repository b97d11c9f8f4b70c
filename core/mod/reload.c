/*
 * core/mod/reload.c - see reload.h.
 */
#include "core/mod/reload.h"

#include "core/mod/keep.h"
#include "core/mod/lifecycle.h"
#include "core/mod/periodic.h"
#include "core/mod/server_room.h"

#include <errno.h>
#include <stdlib.h>

struct reload {
	struct server   *server;
	struct cfg      *cfg;		/* NULL once the generation has it */
	struct lcs_gen  *gen;
	struct snapshot *snapshot;
	struct settings  settings;	/* texts in cfg's arena */
	struct slice     summary;
	json_t          *restart;	/* rows of what waits for a restart */
	bool             is_late;	/* modules were loaded for it */
};

static const struct cfg *running_cfg(void) { return plan_of(gen_peek())->cfg; }

static int build(struct reload *r, struct diag *diag)
{
	int err = keep_running(r->cfg, running_cfg(), diag, r->restart), later;

	if (err)
		return err;
	r->summary = cfg_summary(r->cfg, r->cfg->arena);
	err = settings_read(r->cfg, r->cfg->arena, diag, &r->settings);
	later = generation_build(r->server->loader, r->cfg, diag, &r->gen);
	if (later == 0)
		r->cfg = NULL;
	err = err ? err : later;
	return err ? err : diag_errors(diag) > 0 ? -EINVAL : 0;
}

int reload_read(struct server *s, const char *path, const struct snapshot *from,
    struct diag *diag, struct reload **out)
{
	struct reload *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (r) {
		r->server = s;
		r->snapshot = snapshot_new();
		r->restart = json_array();
	}
	if (r && r->snapshot && r->restart)
		err = server_read(s, path, from, r->snapshot, diag, &r->cfg);
	if (!err)
		err = r->snapshot->is_short ? -ENOMEM : build(r, diag);
	loader_forget_texts(s->loader);
	if (err)
		reload_drop(&r);
	else
		*out = r;
	return err;
}

struct snapshot *reload_snapshot(const struct reload *r) { return r->snapshot; }
const struct server_setup *reload_setup(const struct reload *r) { return &r->settings.setup; }
const struct cfg *reload_cfg(const struct reload *r) { return r->gen->cfg; }
const json_t *reload_restart(const struct reload *r) { return r->restart; }
struct slice reload_summary(const struct reload *r) { return r->summary; }

struct snapshot *reload_take_snapshot(struct reload *r)
{
	struct snapshot *s = r->snapshot;

	r->snapshot = NULL;
	return s;
}

int reload_prepare(struct reload *r, const char **why)
{
	int err;

	r->is_late = true;
	err = modules_load_late(r->gen, why);
	return err ? err : generation_prepare(r->gen, why);
}

/* Only a change moves it: "lcsctl log level" stays until the file says something else. */
static void apply_log_level(const struct server_setup *now, const struct server_setup *next)
{
	if (now->log.level != next->log.level)
		log_set_level(next->log.level);
}

void reload_commit(struct reload **p)
{
	struct reload *r = *p;
	struct server *s = r->server;

	apply_log_level(&s->settings.setup, &r->settings.setup);
	s->settings.setup.log.level = r->settings.setup.log.level;
	s->settings.setup.stop_timeout = r->settings.setup.stop_timeout;
	generation_commit(&r->gen);
	periodic_renew();
	r->is_late = false;
	reload_drop(p);
}

void reload_drop(struct reload **p)
{
	struct reload *r = *p;

	*p = NULL;
	if (!r)
		return;
	generation_drop(&r->gen);
	cfg_free(&r->cfg);
	snapshot_free(&r->snapshot);
	json_decref(r->restart);
	if (r->is_late)
		modules_unload_unused();
	free(r);
}
