/*
 * core/net/layer.c - what modules brought to put on a connected socket.
 */
#include "core/net/room.h"

#include <errno.h>

static struct layer layers[TRANSPORT_COUNT];

int net_stream_register(const struct stream_ops *ops, void *arg)
{
	struct layer *l = &layers[ops->transport];

	if (l->ops)
		return -EEXIST;
	*l = (struct layer){ ops, arg };
	return 0;
}

struct layer layer_of(enum sip_transport t)
{
	return layers[t];
}

bool layer_is_there(enum sip_transport t)
{
	return t == TRANSPORT_TCP || (transport_is_stream(t) && layers[t].ops);
}
