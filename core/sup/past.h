/*
 * core/sup/past.h - what is written into the history of configurations, and found there.
 */
#ifndef CORE_SUP_PAST_H
#define CORE_SUP_PAST_H

#include "core/sup/history.h"
#include "core/mod/snapshot.h"

/** Were the same bytes read, in files of the same names? */
bool past_same_text(const struct snapshot *a, const struct snapshot *b);
/** One more entry by whoever asks now (control methods), its number. texts NULL: it was refused. */
unsigned past_record(const char *how, const struct snapshot *texts, const char *result,
    struct slice detail);
/** The server begins with these texts: the number of the entry that says so, a new one if the
 *  last that was committed had others. What waited for a confirmation is undone. */
unsigned past_record_start(const struct snapshot *texts, struct slice summary);
/** The newest committed entry before number (0: of all) with other texts than these, or 0. */
unsigned past_find_other(unsigned number, const struct snapshot *texts);
/** Are the files on the disk as they were read? */
bool past_is_on_disk(const struct snapshot *s);

#endif
