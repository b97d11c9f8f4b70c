/*
 * parser/defect.c - noting what is wrong with a message.
 */
#include "parser/defect.h"

#include <errno.h>

int sip_defect_status(struct sip_defect *why, struct slice where, uint16_t status,
    const char *reason)
{
	if (why)
		*why = (struct sip_defect){ .status = status, .reason = reason, .where = where };
	return -EBADMSG;
}

int sip_defect(struct sip_defect *why, struct slice where, const char *reason)
{
	return sip_defect_status(why, where, 400, reason);
}
