/*
 * core/net/relisten.c - listeners that come and go while the workers run.
 *
 * A number means one listener until that is gone; numbers that were never used
 * are taken first, so that what is still on its way by an old one does not find
 * another.
 */
#include "core/net/room.h"

#include <errno.h>
#include <stdlib.h>

struct late_listener { struct net_listener l; struct epoch_item grave; };

static bool is_late[LISTENERS_MAX];	/* made here, not by who started the room */

static void bury(struct epoch_item *item)
{
	free(container_of(item, struct late_listener, grave));
}

/* Takes the number's listener out of sight; workers may be looking at it for a moment. */
static void replace(unsigned number, struct late_listener *by)
{
	const struct net_listener *old = net_listener(number);
	bool was_late = is_late[number - 1];

	local_put(number, by ? &by->l : NULL);
	is_late[number - 1] = by != NULL;
	if (old && was_late)
		epoch_defer(&((struct late_listener *)(uintptr_t)old)->grave, bury);
}

static unsigned free_number(void)
{
	unsigned count = net_listener_count();

	if (count < LISTENERS_MAX)
		return count + 1;
	for (unsigned n = 1; n <= LISTENERS_MAX; n++)
		if (!net_listener(n))
			return n;
	return 0;
}

static struct late_listener *copy_of(const struct net_listener *l)
{
	struct late_listener *late = calloc(1, sizeof(*late));

	if (late)
		late->l = *l;
	return late;
}

/* ---- on each worker ---- */

struct visit { unsigned number; int err; };

static void open_here(unsigned index, void *arg)
{
	struct visit *v = arg;
	struct net_worker *net = net_mine();

	(void)index;
	if (!v->err)
		v->err = net_listener_is_stream(net_listener(v->number)) ?
		    accept_open(net, v->number) : udp_open(net, v->number);
}

static void serve_here(unsigned index, void *arg)
{
	const struct visit *v = arg;

	(void)index;
	udp_serve(net_mine(), v->number);
	accept_serve(net_mine(), v->number);
}

static void renew_here(unsigned index, void *arg)
{
	const struct visit *v = arg;

	(void)index;
	udp_renew(net_mine(), v->number);
	accept_renew(net_mine(), v->number);
}

static void close_here(unsigned index, void *arg)
{
	const struct visit *v = arg;

	(void)index;
	udp_close(net_mine(), v->number);
	accept_close(net_mine(), v->number);
}

/* ---- control thread ---- */

int net_listener_add(const struct net_listener *l, unsigned *number)
{
	struct visit v = { .number = free_number() };
	struct late_listener *late = v.number ? copy_of(l) : NULL;

	if (!late)
		return v.number ? -ENOMEM : -ENOSPC;
	replace(v.number, late);
	worker_on_each(open_here, &v);
	if (v.err) {
		worker_on_each(close_here, &v);
		replace(v.number, NULL);
		return v.err;
	}
	*number = v.number;
	return 0;
}

void net_listener_serve(unsigned number)
{
	struct visit v = { .number = number };

	worker_on_each(serve_here, &v);
}

int net_listener_change(unsigned number, const struct net_listener *l)
{
	struct late_listener *late = copy_of(l);
	const struct net_listener *old = net_listener(number);
	struct visit v = { .number = number };

	if (!late)
		return -ENOMEM;
	memcpy(late->l.fds, old->fds, sizeof(late->l.fds));
	late->l.fd_count = old->fd_count;
	replace(number, late);
	worker_on_each(renew_here, &v);
	return 0;
}

void net_listener_remove(unsigned number)
{
	struct net_listener gone = *net_listener(number);
	struct visit v = { .number = number };

	worker_on_each(close_here, &v);
	replace(number, NULL);
	listener_close(&gone);
}
