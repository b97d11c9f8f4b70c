/*
 * core/sup/supervisor.h - the parent: binds, forks the server, restarts it, files its reports.
 *
 * It parses no traffic. What it holds for the server (sockets, the loaded
 * configuration) survives the server's crash.
 */
#ifndef CORE_SUP_SUPERVISOR_H
#define CORE_SUP_SUPERVISOR_H

#include "core/mod/server.h"

struct sup_conf {
	struct server *server;		/* loaded; freed by supervisor_run() */
	bool           foreground;	/* stay attached to the terminal, log to standard error */
	const char    *pid_file;	/* NULL: none */
};

/**
 * Run the server until a signal or lcsctl ends it.
 * @return exit status: 0 after a stop that was asked for, 1 if it could not start
 */
int supervisor_run(const struct sup_conf *conf);

#endif
