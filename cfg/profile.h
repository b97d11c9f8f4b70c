/*
 * cfg/profile.h - the rules of a role, profile = "home", as its file gives them.
 *
 * A role is a file NAME.profile: one rule a line, with the reason that a message
 * shows. Several roles on one server are several files; all their rules hold.
 */
#ifndef CFG_PROFILE_H
#define CFG_PROFILE_H

#include "cfg/check.h"

enum rule_kind {
	RULE_NO_LISTENER, RULE_NO_MODULE, RULE_NO_CALL, RULE_NO_REPLY,
	RULE_CERTIFICATE,		/* a listener of that name wants one of who comes */
	RULE_WANT_MODULE, RULE_WANT_CALL,
	RULE_MAY_MODULE, RULE_MAY_CALL,	/* what the role is for: nobody else's "no" fits it */
	/* One of these was called on every way to there: */
	RULE_BEFORE_RELAY, RULE_BEFORE_REPLY,
	RULE_KINDS
};

/** Rules of RULE_BEFORE_... that a script can have, of all its profiles together. */
#define PROFILE_BEFORE_MAX 16u

struct profile_rule {
	struct profile_rule *next;
	const struct profile *owner;
	enum rule_kind       kind;
	struct slice         names;	/* "a|b*": any of them */
	int64_t              min, max;	/* codes of RULE_NO_REPLY */
	struct slice         methods;	/* of RULE_BEFORE_..., as is_method() has them; empty: all */
	struct slice         with;	/* counts only where this module is loaded; empty: always */
	unsigned             bit;	/* of RULE_BEFORE_...: its place among them */
	struct slice         why;
};

struct profile {
	struct profile      *next;
	struct slice         name, about;
	struct profile_rule *first, **last;
};

struct profiles {			/* load.profiles; NULL: none was asked for */
	struct cfg_span at;		/* of the setting */
	struct profile *first, **last;
	unsigned        before_count;
};

/** Read the files that the setting names, into load.profiles; says what is wrong with them. */
void profile_settle(struct load *ld, const struct setting_item *item);
/** Is name one of "a|b*"? */
bool profile_names(struct slice names, struct slice name);
/** Is it one of RULE_BEFORE_...? They are told about together, by their bits. */
static inline bool rule_is_before(enum rule_kind kind)
{
	return kind == RULE_BEFORE_RELAY || kind == RULE_BEFORE_REPLY;
}
/** The next rule of a kind behind r (NULL: the first one) that counts in this script; or NULL. */
const struct profile_rule *profile_next(const struct load *ld, enum rule_kind kind,
    const struct profile_rule *r);
/** Set cfg->duties: what the profiles of a script are for and ask of it; none without one. */
void profile_duties(struct load *ld);

#endif
