/*
 * core/sup/sockets.c - listeners that come and go while servers do.
 */
#include "core/sup/room.h"

#include "core/sup/bind.h"
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct net_listener *sup_socket_of(const struct net_listener *l)
{
	for (unsigned i = 0; i < sup.listener_count; i++)
		if (net_listener_is_stream(&sup.listeners[i]) == net_listener_is_stream(l) &&
		    sock_addr_eq(&sup.listeners[i].addr, &l->addr))
			return &sup.listeners[i];
	return NULL;
}

void sup_forget_listener(struct net_listener *l)
{
	listener_close(l);
	*l = sup.listeners[--sup.listener_count];
}

/* 0 or -errno with text. */
static int have_listener(const struct net_listener *want, struct net_listener **out,
    char text[512])
{
	struct net_listener *l = sup_socket_of(want);
	int err;

	if (!l) {
		if (sup.listener_count == LISTENERS_MAX) {
			snprintf(text, 512, "more than %d listeners", LISTENERS_MAX);
			return -ENOSPC;
		}
		l = &sup.listeners[sup.listener_count];
		*l = *want;
		l->fd_count = 0;
		err = bind_listeners(l, 1, sup.setup->workers, text);
		if (err)
			return err;
		sup.listener_count++;
	}
	*out = l;
	return 0;
}

void sup_open_listener(const struct link_msg *asked)
{
	struct link_msg answer = { .kind = LINK_OPEN };
	struct net_listener *l;

	answer.err = have_listener(&asked->listener, &l, answer.text);
	if (!answer.err) {
		answer.fd_count = l->fd_count;
		memcpy(answer.fds, l->fds, l->fd_count * sizeof(int));
	}
	link_send(sup.child.status, &answer);
}

void sup_settle_listeners(void)
{
	const struct server_setup *setup = server_setup(sup_server_now());
	const struct net_listener *want = sup.adopted ? setup->listeners : sup.first;
	unsigned count = sup.adopted ? setup->listener_count : sup.first_count;
	bool is_wanted[LISTENERS_MAX] = { false };
	struct net_listener *l;
	char text[512];

	for (unsigned i = 0; i < count; i++) {
		struct net_listener words = want[i];

		if (have_listener(&words, &l, text) != 0) {
			SAY(error, "%s", text);
			continue;
		}
		memcpy(words.fds, l->fds, sizeof(words.fds));
		words.fd_count = l->fd_count;
		*l = words;
		is_wanted[l - sup.listeners] = true;
	}
	for (unsigned i = sup.listener_count; i-- > 0;)
		if (!is_wanted[i])
			sup_forget_listener(&sup.listeners[i]);
}
