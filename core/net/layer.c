/*
 * core/net/layer.c - what modules brought to put on a connected socket.
 */
#include "core/net/room.h"

#include <errno.h>

static struct layer layers[TRANSPORT_COUNT];

int net_stream_register(const struct stream_ops *ops, void *arg)
{
	struct layer *l = &layers[ops->transport];

	if (layer_is_there(ops->transport) && ops->transport != TRANSPORT_TCP)
		return -EEXIST;
	/* A module may come while workers run: who sees ops sees arg. */
	l->arg = arg;
	__atomic_store_n(&l->ops, ops, __ATOMIC_RELEASE);
	return 0;
}

struct layer layer_of(enum sip_transport t)
{
	const struct stream_ops *ops = __atomic_load_n(&layers[t].ops, __ATOMIC_ACQUIRE);

	return ops ? (struct layer){ ops, layers[t].arg } : (struct layer){ NULL, NULL };
}

bool layer_is_there(enum sip_transport t)
{
	return t == TRANSPORT_TCP || (transport_is_stream(t) && layer_of(t).ops);
}
