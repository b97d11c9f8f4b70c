/*
 * core/net/deliver.c - from bytes to a message for the next room.
 */
#include "core/net/room.h"

static net_deliver_fn *deliver_fn;
static net_undelivered_fn *undelivered_fn;
static net_taker_fn *taker;
static net_reader_fn *reader;

void net_set_deliver(net_deliver_fn *fn)
{
	deliver_fn = fn;
}

void net_set_taker(net_taker_fn *fn)
{
	taker = fn;
}

void net_set_reader(net_reader_fn *fn)
{
	reader = fn;
}

void net_set_undelivered(net_undelivered_fn *fn)
{
	undelivered_fn = fn;
}

void undelivered(struct slice sent, const struct sock_addr *to, int err)
{
	NET_COUNT(udp_undelivered, 1);
	if (undelivered_fn)
		undelivered_fn(sent, to, err);
}

static bool hand_on(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	bool given = msg != NULL;

	if (err)
		NET_COUNT(parse_errors, 1);
	NET_COUNT(messages_in, 1);
	if (deliver_fn) {
		deliver_fn(msg, err, why, from);
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

	if (reader && reader(bytes, from)) {
		NET_COUNT(messages_in, 1);
		return false;
	}
	err = sip_msg_parse(bytes, from, &net_limits()->msg, &msg, &why);
	return hand_on(msg, err, &why, from);
}

bool deliver(struct slice bytes, const struct sip_hop *from)
{
	return (taker && taker(bytes, from)) || deliver_here(bytes, from);
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
