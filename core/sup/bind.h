/*
 * core/sup/bind.h - the sockets that outlive the server process.
 */
#ifndef CORE_SUP_BIND_H
#define CORE_SUP_BIND_H

#include "core/net/listen.h"
#include "utils/slice.h"

/**
 * Bind all listeners. @return 0, or -errno with text: which one, why, and what to do
 */
int  bind_listeners(struct net_listener *list, unsigned count, unsigned workers, char text[512]);
void close_listeners(struct net_listener *list, unsigned count);

/**
 * The control socket: mode 0660, of the group that may use it (gid -1: leave it). One that a
 * dead server left behind is replaced; one that is answered is not.
 * @return descriptor, or -errno with text
 */
int bind_control(struct slice path, uid_t uid, gid_t gid, char text[512]);

#endif
