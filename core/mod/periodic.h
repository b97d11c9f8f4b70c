/*
 * core/mod/periodic.h - timer_route and startup_route.
 */
#ifndef CORE_MOD_PERIODIC_H
#define CORE_MOD_PERIODIC_H

/** Register the worker part that keeps the timers. Before workers_start(). */
void periodic_register(void);
/** Control thread, after a commit: every worker goes by the current generation's timers. */
void periodic_renew(void);
/** Control thread, once, after workers_start(): the first worker runs startup_route. */
void periodic_startup(void);

#endif
