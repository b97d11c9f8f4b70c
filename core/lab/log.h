/*
 * core/lab/log.h - log lines kept for the test to look at.
 *
 * Takes the place of utils/log.c at link time.
 */
#ifndef CORE_LAB_LOG_H
#define CORE_LAB_LOG_H

#include "utils/log.h"

/** Has a line been written that contains text, since the last fake_log_forget()? */
bool fake_log_has(struct slice text);
/** The latest line of level error since then; empty if there is none. Borrowed until the next. */
struct slice fake_log_last_error(void);
void fake_log_forget(void);
/** Also to standard error, for looking at a test that fails. */
void fake_log_show(bool show);

#endif
