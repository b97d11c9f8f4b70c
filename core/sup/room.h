/*
 * core/sup/room.h - the supervisor's state, and what its files ask of each other.
 *
 * One process has one supervisor, of one thread.
 */
#ifndef CORE_SUP_ROOM_H
#define CORE_SUP_ROOM_H

#include "core/run/worker.h"
#include "core/sup/link.h"
#include "core/sup/priv.h"
#include "core/sup/supervisor.h"
#include "utils/log.h"

#include <sys/types.h>

#define SUP_TICK_MS        1000
#define SUP_BACKOFF_MAX_MS 30000	/* between two servers */

struct child {
	pid_t  pid;			/* 0: none */
	int    status, panic;		/* our ends */
	bool   ready;
	msec_t started;
	msec_t kill_at;			/* 0: not to be killed */
	struct { uint64_t beat; unsigned ticks; } watched[WORKERS_MAX];
};

/* What the running server has committed since it began. */
struct adopted { struct server_conf conf; struct snapshot *texts; struct server *server; };

struct sup {
	const struct sup_conf     *conf;
	const struct server_setup *setup;	/* of the first configuration */
	struct adopted            *adopted;	/* NULL: none */
	struct snapshot           *told;	/* committed, not loaded here yet; or NULL */
	struct identity            identity;
	struct log_conf            log;
	struct net_listener        listeners[LISTENERS_MAX];	/* sockets that there are */
	unsigned                   listener_count;
	struct net_listener        first[LISTENERS_MAX];	/* of the first configuration, as bound */
	unsigned                   first_count;
	int                        control;
	int                        signals;
	int                        waiting_parent;	/* of a daemon: told when we are ready */
	struct worker_heart       *hearts;
	pid_t                      pid;		/* ours */
	struct child               child;
	unsigned                   quick_crashes;
	msec_t                     restart_at;	/* 0: no restart is due */
	msec_t                     notified_at;
	char                       last_end[512];
	bool                       ever_ready, stopping;
	int                        exit_status;
};
extern struct sup sup;

/* ---- of all of them (room.c) ---- */
/** Monotonic milliseconds. */
msec_t sup_now(void);
/** What a server that begins now begins with. */
struct server *sup_server_now(void);

/*
 * The log has a thread of its own, which a fork() must not meet: it is started
 * for the few lines that the supervisor has to say, and stopped again.
 */
#define SAY(level, ...)                                                     \
	do {                                                                \
		bool logs = log_start(&sup.log) == 0;                       \
		log_##level("sup", __VA_ARGS__);                            \
		if (logs)                                                   \
			log_stop();                                         \
	} while (0)

/* ---- before the first server (prepare.c) ---- */
/** Directories, sockets, shared memory, signals; -errno with text. */
int  sup_prepare(char text[512]);
/** As the options have it; the process that was started waits until a server is ready. */
void sup_become_daemon(void);
void sup_release_parent(void);
void sup_write_pid_file(void);

/* ---- the server's process (child.c) ---- */
/** Fork the server, with the sockets as they are. 0 or -errno. */
int  sup_start_child(void);
/** It has said all it will say. File its report, plan the next one.
 *  asked: we had told it to end. */
void sup_child_ended(int status, bool asked);
/** One tick: end a server of which a worker is stuck. */
void sup_watch_workers(void);

/* ---- sockets (sockets.c) ---- */
/** The one of ours that is bound to the same address and port, of streams or of datagrams as it;
 *  NULL: none is. */
struct net_listener *sup_socket_of(const struct net_listener *l);
void sup_forget_listener(struct net_listener *l);
/** The server asks for one: opened, and answered with descriptors or why not. */
void sup_open_listener(const struct link_msg *asked);
/** Sockets and words as the next server wants them; what cannot be had is left out. */
void sup_settle_listeners(void);

/* ---- what was committed (adopt.c) ---- */
/** Load what the server has told, so that a restart needs neither the disk nor time. */
void sup_adopt(void);
void sup_drop_adopted(struct adopted **a);

#endif
