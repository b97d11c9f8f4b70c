/*
 * core/mod/former.h - scripts that ran before, as long as the flight recorder may tell of them.
 *
 * Who asks what happened to a message asks later, maybe after a reload. The steps that were
 * recorded mean something only beside the script that took them, so the last few scripts outlive
 * their generations. Control thread.
 */
#ifndef CORE_MOD_FORMER_H
#define CORE_MOD_FORMER_H

#include "cfg/cfg.h"

struct former { uint64_t number; const struct program *program; };

/** What a generation that is retired was made from; taken, and freed when others have come or all
 *  of them are larger than 8 MB. */
void former_keep(uint64_t number, struct cfg *cfg);
/** The scripts of generations that live, the current one among them, and those that are kept. They
 *  stay until the control thread's next turn. @return how many were written, the oldest first */
unsigned former_list(struct former *out, unsigned room);
/** The server ends. */
void former_forget(void);

#endif
