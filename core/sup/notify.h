/*
 * core/sup/notify.h - tell the service manager how we are (sd_notify(3)'s datagrams).
 */
#ifndef CORE_SUP_NOTIFY_H
#define CORE_SUP_NOTIFY_H

#include "utils/wheel.h"

/** Lines like "READY=1\nSTATUS=..."; silent if nobody asked to be told. */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** How often it wants WATCHDOG=1, in ms; 0: not at all. */
msec_t notify_watchdog(void);

#endif
