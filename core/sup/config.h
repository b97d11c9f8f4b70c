/*
 * core/sup/config.h - one configuration for another while the server runs: check, commit,
 * confirm, undo, history. Control thread.
 */
#ifndef CORE_SUP_CONFIG_H
#define CORE_SUP_CONFIG_H

#include "core/mod/server.h"
#include "core/run/loop.h"

/**
 * After server_start().
 * @param link     to the supervisor
 * @param is_again a server before this one ended: what runs is what it had committed
 * @return 0, -EEXIST (control methods), -ENOMEM
 */
int  config_open(struct server *s, struct loop *loop, int link, bool is_again);
void config_close(void);

/** SIGHUP: check and commit the file on the disk. */
void config_signal(void);
/** Now and then. */
void config_tick(void);

#endif
