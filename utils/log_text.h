/*
 * utils/log_text.h - how a log line looks for each sink; private to utils/log*.c.
 *
 * All of these write at most LOG_LINE_BYTES and return how many; no NUL.
 */
#ifndef UTILS_LOG_TEXT_H
#define UTILS_LOG_TEXT_H

#include "utils/log_record.h"

/* A byte becomes six at most (\u001f), with room for all that stands around. */
#define LOG_LINE_BYTES (6 * (LOG_TEXT_MAX + 2 * LOG_NAME_MAX) + 256)

/** "2026-11-21T09:00:00.123Z notice tm [worker 1] event key=value" and newline. */
size_t log_text_line(char *out, const struct log_record *r);
/** An object with ts, level, room, thread and msg, and newline. */
size_t log_text_json(char *out, const struct log_record *r);
/** A datagram for /dev/log (RFC 3164), the message by format. */
size_t log_text_syslog(char *out, const struct log_record *r, enum log_format format);
/** A datagram for journald: fields, one per line. */
size_t log_text_journal(char *out, const struct log_record *r);

#endif
