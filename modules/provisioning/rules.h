/*
 * modules/provisioning/rules.h - the rules of the configuration: who may do what.
 *
 * "WHO allow|deny FEATURE,...". Immutable once read: any thread.
 */
#ifndef MODULES_PROVISIONING_RULES_H
#define MODULES_PROVISIONING_RULES_H

#include "core/lcs.h"

enum rule_level { RULE_ALL, RULE_DOMAIN, RULE_UNIT, RULE_USER };	/* the higher one decides */

struct rule {
	enum rule_level level;
	struct slice    who;		/* a unit's name as ldap_dn_plain() makes it */
	struct slice    text;		/* as it was written */
	struct slice    features;	/* of that */
	unsigned        names;		/* a bit for each feature */
	bool            allows;
};

struct rules {
	struct arena *arena;		/* all of it */
	struct rule  *list;
	size_t        count;
	bool          has_units;
};

struct rule_user { struct slice aor, dn; };	/* dn: empty if there is none */

/* What can be allowed or not; the name clients of LCS know the policy by, if they know one. */
struct rule_feature { const char *name, *policy; };
#define RULE_FEATURES 8u
extern const struct rule_feature rule_features[RULE_FEATURES];

/** Its bit; that of anything else if it is none of them. */
unsigned rule_feature_bit(struct slice name);
/** all, domain, unit, user. */
const char *rule_level_word(enum rule_level level);

/** Texts are borrowed. *why, if NULL comes back: what is wrong with *bad. */
struct rules *rules_read(const struct lcs_strings *texts, struct slice *bad, const char **why);
void          rules_free(struct rules **r);	/* NULL is fine */

/** Written alike, one by one. */
bool          rules_are_alike(const struct rules *a, const struct rules *b);

/** Is the rule for him? */
bool rule_fits(const struct rule *rule, const struct rule_user *user);
/** The rule that decides: of those that fit and name the feature the most special one, of equal
 *  ones the last. NULL: there is none, and all is allowed. */
const struct rule *rules_find(const struct rules *r, const struct rule_user *user, unsigned feature);

static inline bool rules_allow(const struct rules *r, const struct rule_user *user, unsigned feature)
{
	const struct rule *rule = rules_find(r, user, feature);

	return !rule || rule->allows;
}

#endif
