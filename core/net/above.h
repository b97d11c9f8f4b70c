/*
 * core/net/above.h - what core/net asks of the room above it.
 *
 * Bytes that came go up, and reports of what became of those that went.
 */
#ifndef CORE_NET_ABOVE_H
#define CORE_NET_ABOVE_H

#include "parser/msg.h"

struct sip_out;

/* A message has come; takes msg, NULL if nothing could be made of the bytes. err: 0, or what
 * sip_msg_parse() or framing said, with *why. Of a stream that cannot be framed any more it is
 * -EBADMSG with why->status 400 (Content-Length missing or no number), or -EMSGSIZE with 513;
 * nothing more is read then, and the connection is closed when its messages are dealt with
 * (net_message_done()) and written. */
typedef void net_deliver_fn(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from);
/* Before a message is parsed. true: the bytes, which are borrowed, were copied, and
 * net_deliver_taken() is called once for them on some worker. What needs the messages of a flow
 * in the order of the wire has to see to them before. */
typedef bool net_take_fn(struct slice bytes, const struct sip_hop *from);
/* Before a message is parsed where it would be delivered. true: the bytes were all that was
 * needed, and there will be no message. */
typedef bool net_read_fn(struct slice bytes, const struct sip_hop *from);
/* On the owner of the way out, once, before a message with base is written: may add to
 * out->last. 0, or a negative error: the message fails with it. */
typedef int net_sending_fn(struct sip_out *out);
/* The network says that a datagram of ours did not arrive (RFC 3261 18.4). On any worker, whose
 * socket the kernel chose among those that share the port; perhaps more than once, and not from
 * net_send(). sent: the beginning of what was sent, borrowed; how much of it came back is up to
 * who reported. Anybody can forge a report, but not what was sent. */
typedef void net_undelivered_fn(struct slice sent, const struct sock_addr *to, int err);
/* A connection by which something went that wants to know (sip_out.failed) has ended, or its
 * peer says nothing more on it (RFC 3261 18.4). Once on each worker from which such a thing went
 * there, after all that came by it was delivered; what was not written yet is failed before, or
 * written all the same if only the peer's side has ended. If memory is short it does not come,
 * and who waits has a timer. */
typedef void net_ended_fn(flow_id id, const struct sock_addr *remote);

/* Set before workers_start(). What is NULL is not called. */
struct net_above {
	net_deliver_fn     *deliver;	/* on the flow's owner, like take and read */
	net_take_fn        *take;
	net_read_fn        *read;
	net_sending_fn     *sending;
	net_undelivered_fn *undelivered;
	net_ended_fn       *ended;
};
extern struct net_above net_above;

/** Deliver bytes that were taken, on whatever worker they are now. */
void net_deliver_taken(struct slice bytes, const struct sip_hop *from);

#endif
