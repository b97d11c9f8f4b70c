/*
 * parser/date.h - the Date header (RFC 3261 20.17, 25.1: RFC 1123 dates, GMT only).
 */
#ifndef PARSER_DATE_H
#define PARSER_DATE_H

#include "utils/slice.h"

#define SIP_DATE_BYTES 30	/* "Sat, 13 Nov 2010 23:29:00 GMT" and NUL */

/** Seconds since 1970-01-01 00:00 UTC. 0 or -EINVAL; the day of the week is not compared. */
int sip_date_parse(struct slice s, int64_t *seconds);

/** Years 0 to 9999; returns the length, 0 for others. */
size_t sip_date_format(int64_t seconds, char text[SIP_DATE_BYTES]);

#endif
