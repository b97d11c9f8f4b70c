/*
 * core/net/deliver.c - from bytes to a message for the next room.
 */
#include "core/net/room.h"

struct net_above net_above;

void undelivered(struct slice sent, const struct sock_addr *to, int err)
{
	NET_COUNT(udp_undelivered, 1);
	if (net_above.undelivered)
		net_above.undelivered(sent, to, err);
}

static bool hand_on(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	bool given = msg != NULL;

	if (err)
		NET_COUNT(parse_errors, 1);
	NET_COUNT(messages_in, 1);
	if (net_above.deliver) {
		net_above.deliver(msg, err, why, from);
		return given;
	}
	sip_msg_unref(&msg);
	return false;
}

static bool deliver_here(struct slice bytes, const struct sip_hop *from)
{
	struct sip_defect why = { 0 };
	struct sip_msg *msg = NULL;
	int err;

	if (net_above.read && net_above.read(bytes, from)) {
		NET_COUNT(messages_in, 1);
		return false;
	}
	err = sip_msg_parse(bytes, from, &net_limits()->msg, &msg, &why);
	return hand_on(msg, err, &why, from);
}

bool deliver(struct slice bytes, const struct sip_hop *from)
{
	return (net_above.take && net_above.take(bytes, from)) || deliver_here(bytes, from);
}

void net_deliver_taken(struct slice bytes, const struct sip_hop *from)
{
	if (!deliver_here(bytes, from))
		net_message_done(from->flow);
}

bool deliver_broken(struct slice head, const struct sip_hop *from, int err,
    const struct sip_defect *defect)
{
	struct sip_defect why = { 0 };
	struct sip_msg *msg = NULL;

	sip_msg_parse(head, from, &net_limits()->msg, &msg, &why);
	return hand_on(msg, err, defect, from);
}
