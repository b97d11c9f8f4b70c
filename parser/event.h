/*
 * parser/event.h - Event and Subscription-State (RFC 6665 8.2, 8.4).
 */
#ifndef PARSER_EVENT_H
#define PARSER_EVENT_H

#include "parser/defect.h"

struct sip_event {
	struct slice type;		/* "presence.winfo": package and templates */
	struct slice package;		/* "presence" */
	struct slice templates;		/* "winfo"; empty if there are none */
	struct slice params;		/* without the leading ';' */
	struct slice id;		/* empty if absent */
};

/** Value of Event, or of o as a short name; 0 or -EBADMSG with why. Slices point into s. */
int sip_event_parse(struct slice s, struct sip_event *out, struct sip_defect *why);
/** The same subscription within a dialog: type and id, byte by byte (RFC 6665 4.5.2, 8.2.1). */
bool sip_event_eq(const struct sip_event *a, const struct sip_event *b);

enum sub_state { SUB_STATE_OTHER, SUB_STATE_ACTIVE, SUB_STATE_PENDING, SUB_STATE_TERMINATED };

struct sip_sub_state {
	enum sub_state state;
	struct slice   state_text;
	struct slice   reason;		/* "deactivated", "timeout", …; empty if absent */
	int64_t        expires;		/* seconds; -1: absent */
	int64_t        retry_after;	/* seconds; -1: absent */
	struct slice   params;
};

/** Value of Subscription-State; 0 or -EBADMSG with why. Slices point into s. A state that is not
 *  known is no error (RFC 6665 8.4: extension-substate). */
int sip_sub_state_parse(struct slice s, struct sip_sub_state *out, struct sip_defect *why);
/** "active", …; empty for SUB_STATE_OTHER. */
struct slice sip_sub_state_name(enum sub_state state);

#endif
