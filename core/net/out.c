/*
 * core/net/out.c - messages on their way out.
 */
#include "core/net/room.h"

#include "utils/err.h"
#include "utils/spare.h"

#include <errno.h>

struct sip_out *sip_out_new(void)
{
	struct sip_out *out = spare_get(sizeof(*out));

	if (!out)
		return NULL;
	*out = (struct sip_out){ .home = (unsigned)worker_self() };
	ref_init(&out->refs);
	return out;
}

struct sip_out *sip_out_ref(struct sip_out *out)
{
	ref_get(&out->refs);
	return out;
}

void sip_out_unref(struct sip_out **out)
{
	struct sip_out *o = *out;

	*out = NULL;
	if (!o || !ref_put(&o->refs))
		return;
	if (o->base)
		sip_msg_unref(&o->base);
	buf_unref(&o->bytes);
	buf_unref(&o->sealed);
	spare_put(o, sizeof(*o));
}

/* Late edits (Via, Record-Route) want to know what we send from. */
static void complete_hop(struct sip_hop *hop)
{
	if (hop->listener == 0)
		hop->listener = (uint16_t)net_listener_towards(hop);
}

#define ROOM_FOR_LATE  160u		/* a Via or Record-Route of ours */
#define ROOM_FOR_OTHER 24u		/* the name in front of a value, CRLF */

/* Near enough: what is small comes from the thread's free lists, and growing costs a copy. */
static size_t room_for(const struct sip_out *out)
{
	size_t room = out->base->raw.len + ROOM_FOR_OTHER;

	for (const struct sip_edit *e = out->last; e; e = e->before)
		room += e->kind == EDIT_LATE ? ROOM_FOR_LATE : e->text.len + ROOM_FOR_OTHER;
	return room;
}

static int write_now(struct sip_out *out)
{
	struct buf *buf;
	int err = 0;

	lcs_assert(out->base);
	complete_hop(&out->hop);
	if (net_above.sending)
		err = net_above.sending(out);
	if (err)
		return err;
	buf = buf_new(room_for(out));
	if (!buf)
		return -ENOMEM;
	err = sip_write(out->base, out->last, &out->hop, buf);
	if (err)
		buf_unref(&buf);
	out->bytes = buf;
	return err;
}

int sip_out_write(struct sip_out *out)
{
	return out->bytes ? 0 : write_now(out);
}

static void tell(struct inbox_item *item)
{
	struct sip_out *out = container_of(item, struct sip_out, item);

	atomic_store(&out->telling, false);
	out->failed(out, out->err);
	sip_out_unref(&out);
}

/* Never at once: who sends is not prepared to hear of it before net_send() returns. And not
 * while the room stops, when those who want to know are gone. */
void out_fail(struct sip_out *out, int err)
{
	atomic_store(&out->under_way, false);
	if (!out->failed || net_mine()->stopping || atomic_exchange(&out->telling, true)) {
		sip_out_unref(&out);
		return;
	}
	out->err = err;
	out->item.run = tell;
	worker_post(out->home, &out->item, INBOX_MUST);
}
