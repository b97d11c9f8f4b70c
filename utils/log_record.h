/*
 * utils/log_record.h - one log line on its way; private to utils/log*.c.
 */
#ifndef UTILS_LOG_RECORD_H
#define UTILS_LOG_RECORD_H

#include "utils/log.h"

#define LOG_NAME_MAX 15		/* bytes of a room's or a thread's name */
#define LOG_TEXT_MAX 4000	/* bytes of the event text */

struct log_record {
	int64_t        time_ns;		/* since 1970 */
	enum log_level level;
	struct slice   room, thread, text;	/* as they came: not escaped yet */
};

#endif
