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

/** For check(): has each something on both sides, on the right a user, or else a domain? */
static inline bool rules_are_whole(const struct lcs_strings *rules, bool of_users)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct slice right, left = rule_split(rules->items[i], &right);
		size_t at = slice_find(right, '@');

		if (!left.len || !right.len || (at < right.len) != of_users)
			return false;
		if (of_users && (at == 0 || at + 1 == right.len))
			return false;
	}
	return true;
}

#endif
