/*
 * core/sip/flags.h - flags of a branch, which have names as well as numbers.
 */
#ifndef CORE_SIP_FLAGS_H
#define CORE_SIP_FLAGS_H

#include "utils/slice.h"

/**
 * The bit of a branch flag. "0" to "31" are the bits of that number; a name gets one of the
 * upper 32 when it is first set, and keeps it as long as the process lives. Any thread.
 *
 * @param add  give a new name a bit
 * @return 0 if it has none, or there are no more
 */
uint64_t branch_flag(struct slice name, bool add);

#endif
