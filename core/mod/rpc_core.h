/*
 * core/mod/rpc_core.h - control methods of the core itself.
 */
#ifndef CORE_MOD_RPC_CORE_H
#define CORE_MOD_RPC_CORE_H

struct server;

/** For the server that has begun, which is the only one of its process. 0, -EEXIST, -ENOMEM. */
int rpc_core_register(struct server *s);

#endif
