/*
 * core/net/start.c - opening and closing the room on each worker.
 */
#include "core/net/room.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define EPOCH_2020 1577836800

/*
 * Numbers of connections outlive the process in stored bindings, and must not
 * mean another connection after a restart: they go on from the time of day.
 */
static uint64_t first_serial(void)
{
	return (uint64_t)(time(NULL) - EPOCH_2020) << 24;
}

static int start(unsigned index, void *arg)
{
	struct net_worker *net = net_mine();
	int err;

	(void)arg;
	*net = (struct net_worker){ .index = index, .loop = worker_loop(),
				    .last_serial = first_serial() };
	list_init(&net->conns);
	conn_flush_init(net);
	conn_read_later_init(net);
	net->scratch = malloc(SCRATCH_BYTES);
	if (!net->scratch)
		return -ENOMEM;
	err = udp_start(net);
	return err ? err : accept_start(net);
}

static void stop(unsigned index, void *arg)
{
	struct net_worker *net = net_mine();

	(void)index;
	(void)arg;
	net->stopping = true;
	accept_stop(net);
	udp_stop(net);
	list_for_each_safe(it, &net->conns)
		conn_close(container_of(it, struct conn, node), 0, "the server stops");
	list_remove(&net->flush.node);
	free(net->scratch);
	net->scratch = NULL;
}

void net_set_listeners(const struct net_listener *list, unsigned count)
{
	static const struct worker_part part = { "net", start, stop, NULL };

	local_set(list, count);
	lcs_assert(registry_start() == 0 && conn_pong_init() == 0);
	worker_register(&part);
}
