/*
 * modules/auth_kerberos/names.c - a principal and a SIP URI are two things: from one to the other.
 */
#include "modules/auth_kerberos/auth_kerberos.h"

/* "LEFT=right" */
static bool maps(struct slice rule, struct slice left, struct slice *right)
{
	struct slice name = slice_trim(slice_split(&rule, '='));

	*right = slice_trim(rule);
	return slice_eq_nocase(name, left);
}

static bool find_rule(const struct lcs_strings *rules, struct slice left, struct slice *right)
{
	for (size_t i = 0; i < rules->count; i++)
		if (maps(rules->items[i], left, right))
			return true;
	return false;
}

/* Services (host/name) and names with escapes are nobody who signs in. */
static bool is_person(struct slice name)
{
	return name.len && slice_find(name, '/') == name.len && slice_find(name, '\\') == name.len &&
	    slice_find(name, '@') == name.len;
}

struct slice kerberos_aor(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice principal, struct slice sip_domain)
{
	struct slice realm = principal, name, domain, aor;

	if (find_rule(&conf->principals, principal, &aor))
		return arena_dup(arena, aor);
	name = slice_split(&realm, '@');
	if (!is_person(name) || !realm.len)
		return SLICE_NULL;
	if (!find_rule(&conf->realms, realm, &domain)) {
		if (!slice_eq_nocase(realm, sip_domain))
			return SLICE_NULL;
		domain = sip_domain;
	}
	const struct slice pieces[] = { name, SLICE("@"), domain };

	return arena_join(arena, pieces, 3);
}
