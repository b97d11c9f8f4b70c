/*
 * modules/auth_kerberos/names.c - a principal and a SIP URI are two things: from one to the other.
 */
#include "modules/auth_kerberos/auth_kerberos.h"

#include "modules/auth_lcs/rules_api.h"

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

	if (rules_find(&conf->principals, principal, &aor))
		return arena_dup(arena, aor);
	name = slice_split(&realm, '@');
	if (!is_person(name) || !realm.len)
		return SLICE_NULL;
	if (!rules_find(&conf->realms, realm, &domain)) {
		if (!slice_eq_nocase(realm, sip_domain))
			return SLICE_NULL;
		domain = sip_domain;
	}
	const struct slice pieces[] = { name, SLICE("@"), domain };

	aor = arena_join(arena, pieces, 3);
	return rules_give(&conf->principals, aor) ? SLICE_NULL : aor;
}
