/*
 * core/net/train.h - datagrams to one peer go to the kernel coupled, and are cut apart there.
 *
 * Most of what a datagram costs its sender is the way through the kernel's layers. What is
 * coupled (UDP_SEGMENT, Linux 4.18) takes that way once: all of one size, the last may be
 * shorter. Peers that many messages go to at a time are proxies and trunks.
 */
#ifndef CORE_NET_TRAIN_H
#define CORE_NET_TRAIN_H

#include "core/net/flow.h"

#define TRAIN_OUTS 64u			/* at most so many are coupled at a time */

struct train { unsigned first, count; };

/**
 * Sort outs so that each train stands together. What goes to one peer stays in order.
 *
 * @param count   at most TRAIN_OUTS; their bytes are written
 * @param trains  room for `count` of them
 * @return how many trains there are
 */
unsigned train_couple(struct sip_out **outs, unsigned count, struct train *trains);

/** Can the kernel cut what that socket sends? */
bool train_is_possible(int fd);

#endif
