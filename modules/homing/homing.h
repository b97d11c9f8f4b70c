/*
 * modules/homing/homing.h - what the files of this module share.
 */
#ifndef MODULES_HOMING_HOMING_H
#define MODULES_HOMING_HOMING_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/homing/homes.h"
#include "modules/homing/homing_api.h"
#include "modules/homing/mesh.h"

struct homing {
	struct lcs_mod           *mod;
	struct homes              homes;
	struct mesh               mesh;
	const struct auth_db_api *auth_db;	/* NULL: not loaded */
	struct auth_db           *auth_db_state;
};

static inline struct homing *homing_of(struct lcs_mod *mod) { return lcs_shared(mod); }

/* ---- where.c ---- */

/** The server that a user lives on, if it is not this one; else empty. Any worker: borrowed until
 *  its next quiet point. aor: any case; gen: whose own names count. */
struct slice homing_elsewhere(struct homing *h, struct slice aor, const struct gen *gen);
/** Which rule says where he lives: "homes", "directory", "here", NULL: none. The same contract;
 *  *server is empty with the last two. */
const char *homing_rule(struct homing *h, struct slice aor, const struct gen *gen,
    struct slice *server);

typedef void homing_user_fn(struct slice aor, struct slice server, void *arg);
/** Control thread: all users of whom somebody said where they live, here or in the directory. */
void homing_each_user(struct homing *h, homing_user_fn *fn, void *arg);

/* ---- script.c, rpc.c, mesh_rpc.c ---- */

extern const struct lcs_func homing_funcs[];
extern const struct lcs_rpc homing_rpcs[];
int homing_rpc_mesh(struct lcs_rpc_call *call);

#endif
