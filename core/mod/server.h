/*
 * core/mod/server.h - the server process: from a configuration file to running workers and back.
 *
 * The supervisor loads and checks (server_load), binds what server_setup() asks
 * for, forks; the child goes on with the same object: server_start(), then
 * server_tick() now and then on its control thread, server_stop() at the end.
 * A restart after a crash forks again from the parent's untouched object.
 */
#ifndef CORE_MOD_SERVER_H
#define CORE_MOD_SERVER_H

#include "cfg/cfg.h"
#include "core/net/listen.h"
#include "utils/log.h"
#include "utils/wheel.h"

struct loader;				/* core/mod/loader.h */
struct server;
struct snapshot;			/* core/mod/snapshot.h */

struct server_conf {
	const char              *path;		/* lcs.cfg */
	const char              *module_path;	/* -m: directories separated by ':'; NULL: the
						 * environment's LCS_MODULE_PATH, else LCS_MODULE_DIR */
	const struct cfg_define *defines;	/* -A */
	unsigned                 define_count;
	bool                     with_tests;	/* compile the test blocks (core/lab) */
	unsigned                 test_consts;	/* as in struct cfg_host */
	unsigned                 workers;	/* instead of the file's; 0: the file's */
	size_t                   trace_memory;	/* at least so much, whatever the file says */
	const struct snapshot   *texts;		/* instead of the disk's files; NULL: those */
};

/**
 * Read and check a configuration: everything start-up does, but for sockets, the store and
 * the modules' load() and prepare(). Control thread or supervisor; may block on files.
 *
 * @param conf  borrowed until server_stop() or server_free()
 * @param diag  receives all that is wrong
 * @return 0, -EINVAL (see diag), -ENOENT / -EACCES (file; also in diag), -ENOMEM
 */
int  server_load(const struct server_conf *conf, struct diag *diag, struct server **out);
/** Give up what was loaded and not started. */
void server_free(struct server **s);

/* What the supervisor does with its privileges before the server runs; texts live as long
 * as the server object, empty ones are not set. */
struct server_setup {
	unsigned            workers;
	struct net_listener listeners[LISTENERS_MAX];	/* fds not open yet; "*" is the any address */
	unsigned            listener_count;
	struct slice        server_name, user, group, run_dir, state_dir, control_socket;
	struct slice        control_socket_group;
	unsigned            open_files;			/* RLIMIT_NOFILE, 0: leave it */
	struct log_conf     log;
	msec_t              stop_timeout;		/* transactions under way have so long when we end */
	msec_t              watchdog;			/* a worker without a turn for so long is stuck */
};
/** What the supervisor has to see to; borrowed, as long as s. */
const struct server_setup *server_setup(const struct server *s);

/** "lcs.cfg: ok - 4 files, …" in the server's memory. */
struct slice server_summary(const struct server *s);
const struct server_conf *server_conf_of(const struct server *s);
/** Where its modules come from; the server's. */
struct loader *server_loader(struct server *s);
/** While it was not started. */
const struct cfg *server_cfg(const struct server *s);
/** The files it was read from, as they were. */
const struct snapshot *server_snapshot(const struct server *s);
/** Take the settings that need a restart from another server object, which must outlive this
 *  one; the listeners stay. Before server_start(). */
void server_keep_settings(struct server *s, const struct server *first);

/**
 * In the server process, on its control thread: load() modules, open the store, prepare and
 * commit the generation, start pools and workers.
 *
 * @param listeners  bound; kept by reference
 * @param why        the reason of a failure, in the server's memory
 * @return 0 or -errno; then nothing runs
 */
int  server_start(struct server *s, const struct net_listener *listeners, unsigned count,
    struct slice *why);
/** Now and then (a second is fine): retire generations that nobody holds. */
void server_tick(struct server *s);
/** Begin to end: nothing new is taken (dispatch_refuse_new()), modules say what they have to say
 *  (stopping()). Control thread, once. */
void server_begin_end(struct server *s);
/** How many transactions wait for their answer. */
uint64_t server_under_way(struct server *s);
/** Stop workers, pools and store, unload. Waits; *s is NULL after. */
void server_stop(struct server **s);

#endif
