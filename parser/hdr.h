/*
 * parser/hdr.h - header field names and the index entries of a message.
 */
#ifndef PARSER_HDR_H
#define PARSER_HDR_H

#include "parser/hdr_table.h"
#include "utils/slice.h"

enum hdr_id {
	HDR_OTHER,			/* a name that lcs does not know */
#define HDR(id, name, compact, kind) HDR_##id,
	HDR_TABLE(HDR)
#undef HDR
	HDR_KNOWN
};

#define HDR_TYPED (HDR_REPLY_TO + 1)	/* those below have a typed view */

enum hdr_kind {
	HDR_KIND_SINGLE,		/* one value, one line */
	HDR_KIND_LIST,			/* commas separate values; lines may repeat */
	HDR_KIND_MANY			/* lines repeat, commas belong to the value (RFC 3261 20.44) */
};

struct hdr {
	enum hdr_id  id;
	struct slice name;		/* as written */
	struct slice value;		/* trimmed; folds are still inside, LWS to every parser */
	struct slice line;		/* from the name to the last CRLF, inclusive */
};

/** By full name or compact form, case-blind; HDR_OTHER if unknown. */
enum hdr_id hdr_by_name(struct slice name);
/** The name as the RFC writes it; empty for HDR_OTHER. */
struct slice hdr_name(enum hdr_id id);
extern const uint8_t hdr_kinds[HDR_KNOWN];
/** Of an unknown header it is not known what a comma means: MANY (RFC 3261 7.3.1). */
static inline enum hdr_kind hdr_kind(enum hdr_id id)
{
	return (enum hdr_kind)hdr_kinds[id];
}
/** Does name (full or compact, any case) mean this header? For HDR_OTHER compare names. */
bool hdr_is(const struct hdr *h, struct slice name);

/**
 * Take the next value of a comma-separated list from *rest. Commas inside
 * quotes and angle brackets do not separate.
 * @return false when nothing is left; empty values are skipped (RFC 3261 7.3.1)
 */
bool hdr_next_value(struct slice *rest, struct slice *value);
/** The same for any header: what is no list is one value, commas included. */
bool hdr_take_value(enum hdr_id id, struct slice *rest, struct slice *value);

struct arena;
/**
 * The value on one line, as a script or a person wants to see it: each fold
 * with the white space around it becomes one space (RFC 3261 7.3.1).
 * @return value itself if nothing is folded; .p NULL if memory is short
 */
struct slice hdr_unfold(struct arena *a, struct slice value);

#endif
