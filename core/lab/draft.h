/*
 * core/lab/draft.h - a message being put together, line by line.
 *
 * Whoever writes it owns the texts; nothing is copied before draft_bytes().
 */
#ifndef CORE_LAB_DRAFT_H
#define CORE_LAB_DRAFT_H

#include "parser/msg.h"
#include "utils/arena.h"

#define DRAFT_LINES_MAX 64u

struct draft {
	struct slice head, body;
	struct slice lines[DRAFT_LINES_MAX];
	unsigned     count;
	bool         own_length;	/* somebody else says what Content-Length says */
};

/** One more line at the end; beyond DRAFT_LINES_MAX it is an assertion. */
void draft_line(struct draft *d, struct slice line);
/** Is this line a header of that name, long or short? */
bool draft_is(struct slice line, struct slice name);
/** "Name: value" replaces, "+Name: value" adds, "^Name: value" adds above all, "-Name" removes. */
void draft_change(struct draft *d, struct slice text);
/** All copies of a header from a message that has come in, as they stand there. */
void draft_copy(struct draft *d, const struct sip_msg *msg, enum hdr_id id);
/** Start line, headers but Content-Length, and body of a message that is there as bytes. */
void draft_read(struct draft *d, struct slice bytes);
/** The whole message; .p NULL if memory is short. */
struct slice draft_bytes(const struct draft *d, struct arena *arena);
/** Parse it as if it had come from nowhere: counted, the caller's; NULL if it does not parse. */
struct sip_msg *draft_parsed(struct slice bytes);

#endif
