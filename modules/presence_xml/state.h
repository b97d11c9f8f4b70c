/*
 * modules/presence_xml/state.h - several sources of one user become one state, and documents of it.
 */
#ifndef MODULES_PRESENCE_XML_STATE_H
#define MODULES_PRESENCE_XML_STATE_H

#include "modules/presence_xml/doc.h"
#include "utils/buf.h"

#define PSOURCES_MAX 64u

struct psource {
	const struct pdoc *doc;		/* NULL: registered, and says nothing else */
	struct slice       key;		/* epid, entity tag: unique within the user */
	int64_t            changed;	/* unix seconds */
};

struct pstate {				/* all borrowed */
	struct slice   aor;		/* "bob@example.com" */
	struct slice   display_name, email, phone;	/* from the directory; may be empty */
	struct slice   note;		/* what others shall read; may be empty */
	struct slice   user_info;	/* XML; empty: none */
	unsigned       availability, activity, scale;	/* the user's, by the rules of LCS */
	int64_t        now;
	unsigned       count;
	struct psource sources[PSOURCES_MAX];	/* best first */
};

/** Availability and activity of one source. */
unsigned psource_availability(const struct psource *s);
unsigned psource_activity(const struct psource *s);

/** An empty state: nobody is there. */
void pstate_init(struct pstate *st, struct slice aor, int64_t now);
/** One more source. false: there are PSOURCES_MAX already; the worst is left out. */
bool pstate_add(struct pstate *st, const struct psource *s);
/** When all are in: what they say together. info may be NULL. */
void pstate_compose(struct pstate *st, const struct puser_info *info);
static inline bool pstate_is_online(const struct pstate *st) { return st->scale != SCALE_OFFLINE; }

/* Documents; the buffer fails if memory is short or its limit is reached. */
void pstate_put_pidf(const struct pstate *st, struct buf *out);
void pstate_put_cpim(const struct pstate *st, struct buf *out);
void pstate_put_xpidf(const struct pstate *st, struct buf *out);
void pstate_put_lcs(const struct pstate *st, struct buf *out);

/** The renderer for a content type; NULL if there is none. */
typedef void pstate_put_fn(const struct pstate *st, struct buf *out);
pstate_put_fn *pstate_writer(struct slice content_type);

#endif
