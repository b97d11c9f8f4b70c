/*
 * utils/log.h - structured log lines from any thread, never blocking.
 *
 * A line is an event text and key=value pairs. Each thread writes into a ring
 * of its own; one log thread drains the rings to the sink. When a ring is full
 * the line is dropped and counted, and the next line says how many were lost.
 * Before log_start() lines go to standard error directly, and so they do in a
 * child process until it calls log_start() itself.
 *
 * Levels have a fixed meaning: error - the operator must act; warning - will
 * become an error; notice - state of the server changed; info - one line per
 * noteworthy transaction; debug - a peer did wrong, and details.
 */
#ifndef UTILS_LOG_H
#define UTILS_LOG_H

#include "utils/slice.h"

enum log_level {
	LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG
};
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum log_sink { LOG_SINK_STDERR, LOG_SINK_FILE, LOG_SINK_SYSLOG, LOG_SINK_JOURNAL };

struct log_conf {
	enum log_level  level;
	enum log_format format;
	enum log_sink   sink;
	const char     *path;		/* LOG_SINK_FILE: appended, reopened by log_reopen();
					 * SYSLOG, JOURNAL: another socket than the system's */
};

/**
 * Start the log thread. conf is borrowed for the call.
 *
 * @return 0, -EALREADY if it runs, -errno of opening the sink or starting the thread
 */
int  log_start(const struct log_conf *conf);
/** Drain what other threads have logged so far and stop; standard error again. */
void log_stop(void);
/** After rotation: the log thread opens the file again before it goes on. */
void log_reopen(void);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/** Names this thread in its lines ("worker 1"); text is copied, at most 15 bytes. */
void log_thread_name(const char *name);

/** room: "net", "tm", …, at most 15 bytes; fmt makes the event text with its key=value
 *  pairs. Text beyond 4000 bytes ends in "[cut]". Control characters and what is not
 *  UTF-8 are escaped, so wire data cannot forge lines. errno is kept. */
void log_line(enum log_level level, const char *room, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

extern _Atomic int log_level_now;		/* read by the macros only */
#define log_at(level, room, ...)                                           \
	do {                                                               \
		if ((int)(level) <= log_level_now)                         \
			log_line((level), (room), __VA_ARGS__);            \
	} while (0)
#define log_error(room, ...)   log_at(LOG_LEVEL_ERROR, room, __VA_ARGS__)
#define log_warning(room, ...) log_at(LOG_LEVEL_WARNING, room, __VA_ARGS__)
#define log_notice(room, ...)  log_at(LOG_LEVEL_NOTICE, room, __VA_ARGS__)
#define log_info(room, ...)    log_at(LOG_LEVEL_INFO, room, __VA_ARGS__)
#define log_debug(room, ...)   log_at(LOG_LEVEL_DEBUG, room, __VA_ARGS__)

#endif
