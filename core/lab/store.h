/*
 * core/lab/store.h - the store without threads: SQLite in memory, answers in the next step.
 *
 * Takes the place of core/store at link time. Statements and schema steps of
 * the modules are the real ones.
 */
#ifndef CORE_LAB_STORE_H
#define CORE_LAB_STORE_H

#include "core/store/store.h"

/** From now on every write by a worker fails with this error (0: none), as on a full disk. */
void fake_store_fail(int err);
/** The same for those of the control thread; the schema is made all the same. */
void fake_store_fail_now(int err);
/** Answers wait until they are let go. */
void fake_store_hold(bool hold);
/** In memory instead of a file: quicker, and gone with store_stop(). Before the store starts. */
void fake_store_in_memory(bool on);
/** The database survives store_stop(), as a file would. */
void fake_store_keep(bool keep);

#endif
