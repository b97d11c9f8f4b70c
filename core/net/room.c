/*
 * core/net/room.c - the room on each worker.
 */
#include "core/net/room.h"

#include "utils/err.h"

static struct net_worker rooms[WORKERS_MAX];

struct net_worker *net_mine(void)
{
	int self = worker_self();

	lcs_assert(self >= 0);
	return &rooms[self];
}
