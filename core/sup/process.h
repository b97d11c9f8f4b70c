/*
 * core/sup/process.h - the server process: its control thread, between fork and exit.
 */
#ifndef CORE_SUP_PROCESS_H
#define CORE_SUP_PROCESS_H

#include "core/mod/server.h"
#include "core/run/worker.h"
#include "core/sup/priv.h"

/* What a child inherits. */
struct process_conf {
	struct server             *server;
	const struct net_listener *listeners;
	unsigned                   listener_count;
	int                        control_fd;	/* bound control socket, -1: none */
	int                        status_fd;	/* to the supervisor: core/sup/link.h */
	int                        panic_fd;
	struct worker_heart       *hearts;	/* shared with the supervisor */
	struct identity            identity;
	pid_t                      supervisor;
	struct log_conf            log;
	bool                       foreground;
	const char                *last_end;	/* how the one before ended; NULL: it is the first */
};

/** Runs the server; returns its exit status. */
int process_run(const struct process_conf *conf);

#endif
