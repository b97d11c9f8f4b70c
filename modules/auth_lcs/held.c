/*
 * modules/auth_lcs/held.c - messages that wait while a client makes new keys.
 *
 * When it signs in anew it takes the new keys into use before we can have them, and would
 * hang up on what is signed with the old ones. That lasts one way to it and back.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include <errno.h>
#include <stdlib.h>

#define HELD_MOST    256u		/* messages */
#define HELD_LONGEST 10000		/* ms; a client that does not answer is not waited for */

struct held { struct list node; struct buf *bytes; };

void held_begin(struct sa *sa)
{
	sa->held_since = loop_now(worker_loop());
}

static bool is_holding(const struct sa *sa)
{
	return sa->held_since && loop_now(worker_loop()) - sa->held_since < HELD_LONGEST &&
	    sa->held_count < HELD_MOST;
}

static struct buf *copy_of(struct slice message)
{
	struct buf *b = buf_new(message.len);

	if (!b)
		return NULL;
	buf_put(b, message);
	if (b->failed)
		buf_unref(&b);
	return b;
}

int held_keep(struct sa *sa, struct slice message)
{
	struct held *h;

	if (!is_holding(sa)) {
		if (sa->held_since)
			held_release(sa);
		return 0;
	}
	h = malloc(sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->bytes = copy_of(message);
	if (!h->bytes) {
		free(h);
		return -ENOMEM;
	}
	list_push_back(&sa->held, &h->node);
	sa->held_count++;
	return -EINPROGRESS;
}

static struct buf *take(struct sa *sa)
{
	struct list *node = list_pop_front(&sa->held);
	struct held *h = node ? container_of(node, struct held, node) : NULL;
	struct buf *bytes = h ? h->bytes : NULL;

	free(h);
	if (bytes)
		sa->held_count--;
	return bytes;
}

static void send_copy(flow_id flow, struct buf *bytes)
{
	struct sip_out *out = sip_out_new();

	if (!out || !flow_hop(flow, &out->hop)) {
		buf_unref(&bytes);
		sip_out_unref(&out);
		return;
	}
	out->bytes = bytes;
	net_send(&out);
}

void held_release(struct sa *sa)
{
	struct buf *bytes;

	sa->held_since = 0;
	while ((bytes = take(sa)))
		send_copy(sa->flow, bytes);
}

void held_drop(struct sa *sa)
{
	struct buf *bytes;

	while ((bytes = take(sa)))
		buf_unref(&bytes);
}
