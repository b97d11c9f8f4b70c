/*
 * test/unit/parser/parse.h - messages for tests, from text.
 */
#ifndef TEST_UNIT_PARSER_PARSE_H
#define TEST_UNIT_PARSER_PARSE_H

#include "parser/build.h"
#include "parser/msg.h"
#include "parser/write.h"
#include "test/unit.h"

extern const struct msg_limits parse_limits;	/* generous */

/** A hop from "10.0.0.1:5060". */
struct sip_hop hop_from(enum sip_transport t, const char *remote);

/** Parse what has to be fine; fails the test otherwise. */
struct sip_msg *parse_ok(const char *text);

/** The reason why it is not, "" if it is; *status gets what it deserves. */
const char *parse_reason(struct slice text, uint16_t *status);

/** A usual INVITE: 11 headers, body of ten bytes. */
extern const char parse_invite[];
extern const char parse_ringing[];

/** sip_write() to a slice that lives until the next call. */
struct slice written(const struct sip_msg *msg, const struct sip_edit *last, enum sip_transport t);

#endif
