/*
 * core/sup/room.c - the supervisor's state, and what all its files ask of it.
 */
#include "core/sup/room.h"

#include <time.h>

struct sup sup;

msec_t sup_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct server *sup_server_now(void)
{
	return sup.adopted ? sup.adopted->server : sup.conf->server;
}
