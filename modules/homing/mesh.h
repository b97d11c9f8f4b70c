/*
 * modules/homing/mesh.h - the other home servers: does each of them answer, and how fast.
 *
 * There is no server in the middle, so each asks each of the others now and then by OPTIONS, over
 * the same connection that requests of users take. All of it is worker 0's.
 */
#ifndef MODULES_HOMING_MESH_H
#define MODULES_HOMING_MESH_H

#include "modules/tm/tm_api.h"

#define MESH_NAME_BYTES 256u

struct homing_conf {
	struct lcs_strings server;
	int64_t            port;
	msec_t             probe_every, probe_timeout;
};

struct homing_local {
	uint64_t elsewhere, spoken_for, not_spoken_for;
	uint64_t homes, homes_up, slowest, probes, probes_failed;
};

enum mesh_state { MESH_UNKNOWN, MESH_UP, MESH_DOWN };

struct mesh_peer {
	struct mesh    *mesh;
	char            name[MESH_NAME_BYTES];
	enum mesh_state state;
	int64_t         since;		/* unix seconds: in this state; 0: never asked */
	int64_t         round_trip;	/* of the last answer, in microseconds; 0: none yet */
	char            why[80];	/* of the last failure */
	/* private */
	msec_t          due;		/* to be asked, or waited for no longer */
	int64_t         asked;		/* clock_mono_us() */
	bool            is_waiting;	/* for an answer */
	bool            is_told;	/* tm will still tell of the last request */
	struct tm_uac  *uac;		/* of it */
};

struct mesh {
	struct lcs_mod      *mod;
	const struct tm_api *tm;	/* NULL: not loaded, nobody is asked */
	struct tm           *tm_state;
	struct timer         tick;
	struct mesh_peer   **peers;
	unsigned             count;
	uint64_t             gen;	/* whose names these are; 0: none yet */
};

/** In load(): nothing can fail that matters here. */
void mesh_init(struct mesh *m, struct lcs_mod *mod);
/** On worker 0, with the worker. */
void mesh_start(struct mesh *m);
void mesh_stop(struct mesh *m);
/** Can these be the names of servers? 0 or -EINVAL. */
int  mesh_check(const struct homing_conf *conf, struct diag *diag);

#endif
