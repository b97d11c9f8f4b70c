/*
 * modules/provisioning/rules.c - see rules.h.
 */
#include "config.h"
#include "modules/provisioning/rules.h"

#include "modules/dirsearch/ldap_dn_api.h"

#include <errno.h>

const struct rule_feature rule_features[RULE_FEATURES] = {
	{ "im", "DisableIM" }, { "file-transfer", "DisableFileTransfer" },
	{ "audio", "DisablePC2PCAudio" }, { "video", "DisableVideo" },
	{ "application-sharing", "DisableApplicationSharing" }, { "whiteboard", "DisableWhiteboard" },
	{ "remote-assistance", "DisableRemoteAssistance" }, { "multiparty", "DisableMultiparty" },
};

#define ANYTHING_ELSE (1u << RULE_FEATURES)

unsigned rule_feature_bit(struct slice name)
{
	for (unsigned i = 0; i < RULE_FEATURES; i++)
		if (slice_eq(name, slice_str(rule_features[i].name)))
			return 1u << i;
	return ANYTHING_ELSE;
}

const char *rule_level_word(enum rule_level level)
{
	static const char *const words[] = { "all", "domain", "unit", "user" };

	return words[level];
}

/* ---- reading ---- */

#define FORM "is not of the form WHO allow|deny FEATURE,FEATURE: who is name@domain, a unit of the " \
	"directory as \"OU=Sales,DC=example,DC=com\", a domain or all, and no group; features are im, file-transfer, " \
	"audio, video, application-sharing, whiteboard, remote-assistance, multiparty, all"

/* Who may be of several words, so it is the last of these two that counts. */
static bool cut(struct rule *rule)
{
	struct slice rest = rule->text;
	bool found = false;

	while (rest.len) {
		struct slice word = slice_split(&rest, ' ');
		bool allows = slice_eq(word, SLICE("allow"));

		if (!allows && !slice_eq(word, SLICE("deny")))
			continue;
		rule->who = slice_trim(slice_between(rule->text.p, word.p));
		rule->features = slice_trim(rest);
		rule->allows = allows;
		found = true;
	}
	return found && rule->who.len && rule->features.len;
}

static bool read_features(struct rule *rule)
{
	struct slice list = rule->features;

	while (list.len) {
		struct slice word = slice_trim(slice_split(&list, ','));
		unsigned bit = rule_feature_bit(word);

		if (slice_eq(word, SLICE("all")))
			rule->names = ~0u;
		else if (bit == ANYTHING_ELSE)
			return false;
		rule->names |= bit;
	}
	return true;
}

static bool is_word(struct slice s)
{
	return s.len && slice_find(s, ' ') == s.len && slice_find(s, ',') == s.len &&
	    slice_find(s, '=') == s.len && (slice_find(s, ':') == s.len || s.p[0] == '[');
}

/* The name of an entry may have an @ in it, and that of a user a "=". */
static bool is_user(struct slice who)
{
	size_t at = slice_find(who, '@');

	return at > 0 && at < who.len && slice_find(who, ' ') == who.len && slice_find(who, ':') > at &&
	    is_word(slice_skip(who, at + 1));
}

static const char *read_unit(struct arena *arena, struct rule *rule)
{
#ifdef HAVE_LIBLDAP
	switch (ldap_dn_plain(arena, rule->who, &rule->who)) {
	case 0:
		return NULL;
	case -E2BIG:
		return "names a unit by more than 1024 bytes";
	case -ENOMEM:
		return "cannot be read: memory is short";
	default:
		return "does not name a unit as directories write it (RFC 4514), "
		    "\"OU=Sales,DC=example,DC=com\": a comma within a name is \"\\2C\", here \"\\\\2C\"";
	}
#else
	(void)arena;
	(void)rule;
	return "names a unit: this lcs was built without libldap";
#endif
}

static const char *read_who(struct arena *arena, struct rule *rule)
{
	rule->level = slice_eq(rule->who, SLICE("all")) ? RULE_ALL : is_user(rule->who) ? RULE_USER :
	    slice_find(rule->who, '=') < rule->who.len ? RULE_UNIT : RULE_DOMAIN;
	if (rule->level == RULE_UNIT)
		return read_unit(arena, rule);
	return rule->level == RULE_DOMAIN && !is_word(rule->who) ? FORM : NULL;
}

static const char *read_rule(struct arena *arena, struct rule *rule)
{
	return cut(rule) && read_features(rule) ? read_who(arena, rule) : FORM;
}

struct rules *rules_read(const struct lcs_strings *texts, struct slice *bad, const char **why)
{
	struct arena *arena = arena_new(0);
	struct rules *r = arena ? arena_zalloc(arena, sizeof(*r)) : NULL;

	*bad = SLICE("");
	*why = "memory is short";
	if (r) {
		r->arena = arena;
		r->list = arena_zalloc(arena, (texts->count + 1) * sizeof(*r->list));
	}
	for (size_t i = 0; r && r->list && i < texts->count; i++) {
		r->list[i].text = *bad = slice_trim(texts->items[i]);
		*why = read_rule(arena, &r->list[i]);
		if (*why)
			break;
		r->has_units |= r->list[i].level == RULE_UNIT;
		r->count++;
	}
	if (r && r->list && r->count == texts->count)
		return r;
	arena_free(&arena);
	return NULL;
}

void rules_free(struct rules **r)
{
	struct arena *arena = *r ? (*r)->arena : NULL;

	*r = NULL;
	arena_free(&arena);
}

bool rules_are_alike(const struct rules *a, const struct rules *b)
{
	for (size_t i = 0; i < a->count && a->count == b->count; i++)
		if (!slice_eq(a->list[i].text, b->list[i].text))
			return false;
	return a->count == b->count;
}

/* ---- asking ---- */

bool rule_fits(const struct rule *rule, const struct rule_user *user)
{
	switch (rule->level) {
	case RULE_USER:
		return slice_eq_nocase(rule->who, user->aor);
	case RULE_UNIT:
		return ldap_dn_is_in(user->dn, rule->who);
	case RULE_DOMAIN:
		return uri_host_is_below(slice_skip(user->aor, slice_find(user->aor, '@') + 1),
		    rule->who);
	default:
		return true;
	}
}

/* Units that somebody is in, and domains, stand in each other: the longer name is the nearer one. */
static bool is_as_special(const struct rule *rule, const struct rule *than)
{
	if (!than || rule->level != than->level)
		return !than || rule->level > than->level;
	return rule->who.len >= than->who.len;
}

const struct rule *rules_find(const struct rules *r, const struct rule_user *user, unsigned feature)
{
	const struct rule *best = NULL;

	for (size_t i = 0; i < r->count; i++)
		if ((r->list[i].names & feature) && is_as_special(&r->list[i], best) &&
		    rule_fits(&r->list[i], user))
			best = &r->list[i];
	return best;
}
