/*
 * core/sup/relisten.h - from the listeners that there are to those that a configuration wants.
 *
 * New ones are bound by the supervisor. One that is not wanted any more stops
 * taking connections at once; a UDP socket is read until the last generation
 * that knew it is gone, because answers to what it sent still come there.
 */
#ifndef CORE_SUP_RELISTEN_H
#define CORE_SUP_RELISTEN_H

#include "core/mod/server.h"

struct relisten;			/* a plan, under way */

/**
 * Open what is new; nobody reads it yet.
 * @param link  to the supervisor
 * @param out   the plan, written on 0
 * @return 0, or -errno with text; then everything is as before
 */
int relisten_prepare(int link, const struct server_setup *want, struct relisten **out,
    char text[512]);
/** The new ones serve, names and options change. Those not wanted go when relisten_release()
 *  says so. Takes the plan. */
void relisten_commit(struct relisten **plan);
/** The commit is final: what it does not want may go. */
void relisten_release(int link);
/** Give the plan up; NULL is fine. */
void relisten_drop(int link, struct relisten **plan);
/** Now and then: close what nobody needs any more. */
void relisten_tick(int link);

#endif
