/*
 * parser/defect.h - what is wrong with a message, as data.
 *
 * Parsers note place and reason here and return -EBADMSG; who decides makes a
 * response of it, counts it by cause and logs it once.
 */
#ifndef PARSER_DEFECT_H
#define PARSER_DEFECT_H

#include "utils/slice.h"

struct sip_defect {
	uint16_t     status;		/* the response it deserves: 400, 505, 416, …; 0: none */
	const char  *reason;		/* constant text, names the field; fits a reason phrase */
	struct slice where;		/* in the message; may be empty */
};

/** Fill *why (may be NULL) with a 400 and return -EBADMSG. */
int sip_defect(struct sip_defect *why, struct slice where, const char *reason);
int sip_defect_status(struct sip_defect *why, struct slice where, uint16_t status,
    const char *reason);

#endif
