/*
 * core/mod/store_rpc.h - lcsctl store: the store and its mirror.
 */
#ifndef CORE_MOD_STORE_RPC_H
#define CORE_MOD_STORE_RPC_H

#include "core/lcs.h"

extern const struct lcs_rpc store_rpcs[];

#endif
