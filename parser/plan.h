/*
 * parser/plan.h - inside the parser: where each edit takes effect.
 *
 * All edits of one place get one key; keys are in the order of writing. What is
 * added at the top comes in reverse, so that the last added is the first.
 */
#ifndef PARSER_PLAN_H
#define PARSER_PLAN_H

#include "parser/edit.h"

static inline uint64_t edit_key_received(uint16_t at)
{
	return (uint64_t)at << 33 | (uint64_t)1 << 32;
}

static inline bool edit_key_is_received(uint64_t key) { return (key >> 32 & 1) != 0; }
static inline uint16_t edit_key_at(uint64_t key) { return (uint16_t)(key >> 33); }

/** Of an ADD or LATE. */
static inline uint64_t edit_key_added(const struct sip_edit *e)
{
	return (uint64_t)e->at << 33 | (e->at == EDIT_AT_TOP ? UINT32_MAX - e->depth : e->depth);
}

/** Does a body edit make headers of that kind, older than itself, go away? */
static inline bool edit_body_hides(const struct sip_edit *e, enum hdr_id id)
{
	switch (id) {
	case HDR_CONTENT_LENGTH:
		return true;
	case HDR_CONTENT_TYPE:
	case HDR_CONTENT_ENCODING:
	case HDR_CONTENT_DISPOSITION:
	case HDR_CONTENT_LANGUAGE:
		return e->number != 0;
	default:
		return false;
	}
}

struct step {
	uint64_t               key;
	const struct sip_edit *edit;
};

#define PLAN_STEPS_INSIDE 48		/* more than a proxied request ever has */

struct plan {
	const struct sip_edit *uri, *status, *body;	/* the last of each, or NULL */
	struct step           *steps;			/* by key, then by age */
	size_t                 count;
	struct step           *room;			/* the steps are at its end */
	struct step            inside[PLAN_STEPS_INSIDE];
};

/** @return 0 or -ENOMEM; only then plan_fini() is not needed */
int  plan_init(struct plan *p, const struct sip_msg *msg, const struct sip_edit *last);
void plan_fini(struct plan *p);

#endif
