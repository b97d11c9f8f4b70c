/*
 * core/mod/rpc.h - methods of the control socket: those of the core, of the supervisor
 * and of loaded modules, in one list that core/sup reads.
 */
#ifndef CORE_MOD_RPC_H
#define CORE_MOD_RPC_H

#include "core/lcs.h"

/**
 * Add a table; its entries end with method NULL. Control thread, before requests are served.
 * @param mod  handed to run(); NULL for the core's own
 * @return 0, -EEXIST (a method of that name is there), -ENOMEM
 */
int rpc_register(const struct lcs_rpc *table, struct lcs_mod *mod);
/** Methods of a module that goes. */
void rpc_unregister(const struct lcs_mod *mod);
void rpc_unregister_all(void);

/** Control thread, while a method runs: the user who asked; (unsigned)-1: nobody did. */
unsigned rpc_caller(void);
void rpc_set_caller(unsigned uid);

struct rpc_entry { const struct lcs_rpc *rpc; struct lcs_mod *mod; };
/** All methods, ordered by name. */
unsigned rpc_list(const struct rpc_entry **out);
/** NULL if there is none of that name. */
const struct rpc_entry *rpc_find(struct slice method);

enum rpc_fault {
	RPC_OK,
	RPC_NO_METHOD,			/* JSON-RPC -32601 */
	RPC_BAD_PARAMS,			/* -32602 */
	RPC_FORBIDDEN,			/* the caller's right does not reach */
	RPC_FAILED			/* run() said so */
};

/**
 * Find, check params against the method's arguments and run. Control thread; may block.
 *
 * @param params  object, array (by position) or NULL; borrowed
 * @param right   what the caller may do
 * @param result  a new reference on RPC_OK (never NULL then)
 * @param error   text in the arena otherwise
 * @param code    with RPC_FAILED: run()'s negative code
 */
enum rpc_fault rpc_call(struct slice method, const json_t *params, enum lcs_right right,
    struct arena *arena, json_t **result, struct slice *error, int *code);

#endif
