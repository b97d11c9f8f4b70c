/*
 * test/fuzz/slow.h - the index of a message once more, byte by byte and without a thought for
 * speed: what parser/msg.c has to find.
 */
#ifndef TEST_FUZZ_SLOW_H
#define TEST_FUZZ_SLOW_H

#include "parser/msg.h"

struct slow_index {
	const char     *reason;		/* of the first defect, or NULL */
	uint16_t        status;		/* of it */
	bool            is_request, is_untidy;
	uint16_t        code;		/* status of a response */
	struct slice    method, uri, version, phrase, first_line, body;
	struct hdr      hdrs[MSG_MAX_HDRS];
	uint16_t        hdr_count, duplicate;
};

/** All slices lie in raw, where the bytes of the message are. */
void slow_index(struct slice raw, uint16_t max_hdrs, struct slow_index *out);

/** Is what sip_msg_parse() said of these bytes what the slow index says? Else the program stops. */
void slow_compare(struct slice raw, const struct sip_msg *msg, int err,
    const struct sip_defect *why, uint16_t max_hdrs);

/** A value of Via, an address, a Contact, a URI, a CSeq and parameters: the short way against the long one. */
void slow_compare_values(struct slice s);

#endif
