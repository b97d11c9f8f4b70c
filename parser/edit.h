/*
 * parser/edit.h - what we will send instead of what we received.
 *
 * Edits form a list that points backwards, so branches share their common past.
 * They live in an arena and are immutable once linked. A view is a message read
 * through its edits: a script sees at once what it did.
 */
#ifndef PARSER_EDIT_H
#define PARSER_EDIT_H

#include "parser/msg.h"
#include "utils/buf.h"

enum edit_kind {
	EDIT_REQUEST_URI,		/* text: the new Request-URI */
	EDIT_STATUS,			/* number and text: new status and reason of a response */
	EDIT_DROP,			/* target: the header goes */
	EDIT_VALUE,			/* target: header keeps its name, value becomes text */
	EDIT_ADD,			/* text: whole lines with CRLF; at: before which received header */
	EDIT_BODY,			/* text: the new body; Content-Length follows by itself */
	EDIT_LATE			/* like ADD, but late() writes the lines when the hop is known */
};

struct sip_edit;
typedef void edit_late_fn(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop);

struct sip_edit {
	const struct sip_edit *before;
	uint32_t               depth;	/* how many edits there are up to this one */
	enum edit_kind         kind;
	uint16_t               at;	/* DROP, VALUE: received header; ADD, LATE: insert before it */
	uint16_t               number;	/* STATUS: the status; BODY: 1 if its description goes too */
	const struct sip_edit *added;	/* DROP, VALUE: the target is this ADD instead of at */
	enum hdr_id            id;	/* ADD, DROP, VALUE: its header */
	uint64_t               touched;	/* edit_bit() of what this one and those before changed */
	bool                   has_body;	/* this one or one before is a BODY */
	struct slice           text;
	edit_late_fn          *late;
	const void            *arg;	/* late()'s, in the same arena */
};

/** The bit of a header in touched; some share one. */
static inline uint64_t edit_bit(enum hdr_id id) { return (uint64_t)1 << ((unsigned)id % 64); }

#define EDIT_AT_TOP 0u
#define EDIT_AT_END UINT16_MAX

struct sip_view { struct sip_msg *msg; const struct sip_edit *last; };

/* One header as seen through the edits. */
struct hdr_ref {
	enum hdr_id            id;
	struct slice           name, value;
	uint16_t               at;	/* received header, or its place if added */
	const struct sip_edit *added;
};

/* ---- making edits: *last moves on; 0 or -ENOMEM (nothing changed then) ----
 *
 * Texts are copied. What would break the message apart is refused with -EINVAL: a name that
 * is no token, a line end that is no fold, a NUL that is not quoted, white space in a URI. */
int edit_request_uri(struct arena *a, const struct sip_edit **last, struct slice uri);
/** The same without a look or a copy: one that was parsed, in the arena already. */
int edit_request_uri_in_arena(struct arena *a, const struct sip_edit **last, struct slice uri);
int edit_status(struct arena *a, const struct sip_edit **last, uint16_t status, struct slice reason);
/** name: value, copied; at EDIT_AT_TOP puts it before all, EDIT_AT_END behind all. */
int edit_add(struct arena *a, const struct sip_edit **last, uint16_t at,
    struct slice name, struct slice value);
/** Lines that late writes once the hop is known; at as for edit_add(). arg is not copied: it lives
 *  as long as the arena. */
int edit_late(struct arena *a, const struct sip_edit **last, uint16_t at,
    edit_late_fn *late, const void *arg);
/** A header goes, as a view found it: received, or added by an edit before. */
int edit_drop(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h);
/** It keeps its name and place, and has another value. */
int edit_value(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h, struct slice value);
/** The same without a look or a copy: one line without blanks around it, in the arena already. */
int edit_value_in_arena(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h,
    struct slice value);
/** Content-Length follows. With a content_type, or when the body becomes empty, the headers
 *  that told about the old body go: Content-Type, -Encoding, -Disposition, -Language. */
int edit_body(struct arena *a, const struct sip_edit **last, struct slice body, struct slice content_type);
/** Drop the first value of a list header (top Via, first Route): the line if it was alone. */
int edit_drop_first_value(struct arena *a, struct sip_view *view, enum hdr_id id);
/** Drop all headers of that id (HDR_OTHER: of that name); returns how many, or -ENOMEM. */
int edit_drop_all(struct arena *a, struct sip_view *view, enum hdr_id id, struct slice name);

/* ---- reading through ---- */
/** Can there be a header of that id, HDR_OTHER apart? No is certain. */
static inline bool view_may_have(const struct sip_view *v, enum hdr_id id)
{
	return msg_hdr(v->msg, id) || (v->last && (v->last->touched & edit_bit(id)) != 0);
}
/** As the last edit left them; borrowed, as long as message and edits are there. Empty or 0 where
 *  there is none: in the other kind of message, or without a body. */
struct slice view_request_uri(const struct sip_view *v);
uint16_t     view_status(const struct sip_view *v);
struct slice view_reason(const struct sip_view *v);
struct slice view_body(const struct sip_view *v);
/** Walk headers of one id (HDR_OTHER with name: by name; HDR_OTHER with empty name: all) in
 *  the order they will be written. Start with *h zeroed; false at the end. */
bool view_next_hdr(const struct sip_view *v, enum hdr_id id, struct slice name, struct hdr_ref *h);
/** nth (0 first, -1 last) header of that id or name; false if there is none. */
bool view_hdr(const struct sip_view *v, enum hdr_id id, struct slice name, int nth, struct hdr_ref *h);
/** Walk the values over all lines of a list header, as if it were one. Start with *w zeroed;
 *  false at the end. */
struct value_walk { struct hdr_ref h; struct slice rest; };
bool view_next_value(const struct sip_view *v, enum hdr_id id, struct value_walk *w,
    struct slice *value);
/** The nth of them (0 first, -1 last); false if none. Not for loops: each call begins in front. */
bool view_value(const struct sip_view *v, enum hdr_id id, int nth, struct slice *value);
/** How many values there are in all lines of a list header. */
size_t view_value_count(const struct sip_view *v, enum hdr_id id);

/* Typed: the message's own remembered view if no edit touches the header, else parsed
 * into the arena. NULL if absent or malformed. */
const struct sip_uri   *view_uri(struct arena *a, const struct sip_view *v);
const struct name_addr *view_name_addr(struct arena *a, const struct sip_view *v, enum hdr_id id);

#endif
