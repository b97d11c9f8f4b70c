/*
 * core/sup/announce.h - telling the log and the service manager what becomes of a configuration.
 */
#ifndef CORE_SUP_ANNOUNCE_H
#define CORE_SUP_ANNOUNCE_H

#include "cfg/diag.h"

/** To whom: the supervisor's end, which knows the service manager. */
void announce_open(int link);
/** A line of status beside the state of sd_notify(3). */
void announce(const char *state, const char *text);
void announce_begin(void);
/** @param how  who wanted it: "commit", "signal", ... */
void announce_commit(const char *how, bool is_unconfirmed, const struct diag *diag,
    struct slice summary, struct slice warnings);
/** @param first  of why, what has room in a line */
void announce_refusal(const char *how, struct slice why, struct slice first);

#endif
