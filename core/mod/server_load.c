/*
 * core/mod/server_load.c - a configuration file becomes a server that could be started.
 */
#include "core/mod/places.h"
#include "core/mod/server_room.h"
#include "core/mod/symbols.h"

#include <errno.h>

static int build(struct server *s, struct diag *diag)
{
	int err = settings_read(s->cfg, s->arena, diag, &s->settings);
	int later = generation_build(s->loader, s->cfg, diag, &s->gen);

	if (s->conf->workers)
		s->settings.setup.workers = s->conf->workers;
	if (later == 0)
		s->cfg = NULL;
	err = err ? err : later;
	return err ? err : diag_errors(diag) > 0 ? -EINVAL : 0;
}

int server_read(struct server *s, const char *path, const struct snapshot *from,
    struct snapshot *into, struct diag *diag, struct cfg **out)
{
	struct cfg_host host = {
		.core = s->core,
		.defines = s->conf->defines, .define_count = s->conf->define_count,
		.include_dir = LCS_CONF_DIR,
		.profile_path = s->profile_path,
		.with_tests = s->conf->with_tests,
		.test_consts = s->conf->test_consts,
		.texts = from ? from->texts : NULL, .text_count = from ? from->count : 0,
		.on_read = into ? snapshot_add : NULL, .on_read_arg = into,
	};

	loader_serve(s->loader, &host);
	return cfg_load(path ? path : s->conf->path, &host, diag, out);
}

static int load(struct server *s, const struct server_conf *conf, struct diag *diag)
{
	int err = server_read(s, NULL, conf->texts, s->snapshot, diag, &s->cfg);

	if (!err && s->snapshot->is_short)
		err = -ENOMEM;
	if (err)
		return err;
	s->shown = s->cfg;
	s->summary = cfg_summary(s->cfg, s->arena);
	return build(s, diag);
}

int server_load(const struct server_conf *conf, struct diag *diag, struct server **out)
{
	struct arena *arena = arena_new(0);
	struct server *s = arena ? arena_zalloc(arena, sizeof(*s)) : NULL;
	int err;

	if (!s) {
		arena_free(&arena);
		return -ENOMEM;
	}
	s->arena = arena;
	s->conf = conf;
	s->loader = loader_new(conf->module_path);
	s->core = symbols_of_core(arena);
	s->profile_path = places_profiles(arena);
	s->snapshot = snapshot_new();
	err = s->loader && s->core && s->profile_path && s->snapshot ? load(s, conf, diag) : -ENOMEM;
	if (s->loader)
		loader_forget_texts(s->loader);
	if (err)
		server_free(&s);
	else
		*out = s;
	return err;
}

void server_free(struct server **p)
{
	struct server *s = *p;
	struct arena *arena;

	*p = NULL;
	if (!s)
		return;
	generation_drop(&s->gen);
	cfg_free(&s->cfg);
	loader_free(&s->loader);
	snapshot_free(&s->snapshot);
	arena = s->arena;
	arena_free(&arena);
}

const struct server_setup *server_setup(const struct server *s) { return &s->settings.setup; }
struct slice server_summary(const struct server *s) { return s->summary; }
const struct cfg *server_cfg(const struct server *s) { return s->shown; }
const struct snapshot *server_snapshot(const struct server *s) { return s->snapshot; }
const struct server_conf *server_conf_of(const struct server *s) { return s->conf; }
struct loader *server_loader(struct server *s) { return s->loader; }

void server_keep_settings(struct server *s, const struct server *first)
{
	struct settings own = s->settings;

	s->settings = first->settings;
	memcpy(s->settings.setup.listeners, own.setup.listeners, sizeof(own.setup.listeners));
	s->settings.setup.listener_count = own.setup.listener_count;
	s->settings.setup.log.level = own.setup.log.level;
	s->settings.setup.stop_timeout = own.setup.stop_timeout;
}
