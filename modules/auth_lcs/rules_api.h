/*
 * modules/auth_lcs/rules_api.h - parameters of the form LEFT=right, several times: which account
 * or domain of a directory stands for which of ours.
 */
#ifndef MODULES_AUTH_LCS_RULES_API_H
#define MODULES_AUTH_LCS_RULES_API_H

#include "core/lcs.h"

static inline struct slice rule_split(struct slice rule, struct slice *right)
{
	struct slice left = slice_trim(slice_split(&rule, '='));

	*right = slice_trim(rule);
	return left;
}

/** Without regard to case. *right is borrowed from the rule. */
static inline bool rules_find(const struct lcs_strings *rules, struct slice left,
    struct slice *right)
{
	for (size_t i = 0; i < rules->count; i++)
		if (slice_eq_nocase(rule_split(rules->items[i], right), left))
			return true;
	return false;
}

/** Does a rule give this to somebody? Then it is nobody else's. */
static inline bool rules_give(const struct lcs_strings *rules, struct slice aor)
{
	struct slice right;

	for (size_t i = 0; i < rules->count; i++) {
		rule_split(rules->items[i], &right);
		if (slice_eq_nocase(right, aor))
			return true;
	}
	return false;
}

/** For check(): do all have their '='? */
static inline bool rules_are_whole(const struct lcs_strings *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (slice_find(rules->items[i], '=') == rules->items[i].len)
			return false;
	return true;
}

#endif
