/*
 * utils/log_sink.h - where log lines end up; private to utils/log*.c.
 *
 * Used by the log thread only, between opening and closing.
 */
#ifndef UTILS_LOG_SINK_H
#define UTILS_LOG_SINK_H

#include "utils/log_record.h"

struct log_sink_state;

/** 0, or -errno of opening; conf is borrowed for the call. */
int  log_sink_open(const struct log_conf *conf, struct log_sink_state **out);
/** Flushed first. NULL is fine; *s is NULL after. */
void log_sink_close(struct log_sink_state **s);
/** In a child process: without flushing what is the parent's to write. */
void log_sink_abandon(struct log_sink_state **s);

/** May stay in memory until the flush. */
void log_sink_put(struct log_sink_state *s, const struct log_record *r);
void log_sink_flush(struct log_sink_state *s);
/** Open a file again by its name; 0, or -errno and the old one is kept. */
int  log_sink_reopen(struct log_sink_state *s);
/** How many lines could not be written since this was last told, and why the last
 *  of them. 0 as long as nothing can be written: nobody would read it. */
unsigned log_sink_take_lost(struct log_sink_state *s, int *err);

#endif
