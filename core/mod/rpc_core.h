/*
 * core/mod/rpc_core.h - control methods of the core itself.
 */
#ifndef CORE_MOD_RPC_CORE_H
#define CORE_MOD_RPC_CORE_H

#include "core/mod/loader.h"
#include "core/mod/server.h"

/** 0, -EEXIST, -ENOMEM. */
int rpc_core_register(struct server *s);

/* What those methods ask of the server. */
struct loader *server_loader(struct server *s);

#endif
