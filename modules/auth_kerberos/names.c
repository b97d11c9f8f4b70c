/*
 * modules/auth_kerberos/names.c - a principal and a SIP URI are two things: from one to the other.
 */
#include "modules/auth_kerberos/auth_kerberos.h"

#include "modules/auth_lcs/rules_api.h"

#include <errno.h>

/* Services (host/name) and names with escapes are nobody who signs in. */
static bool is_person(struct slice name)
{
	return name.len && slice_find(name, '/') == name.len && slice_find(name, '\\') == name.len &&
	    slice_find(name, '@') == name.len;
}

bool kerberos_rule(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice principal, struct slice *aor)
{
	if (!rules_find(&conf->principals, principal, aor))
		return false;
	*aor = arena_dup(arena, *aor);
	return true;
}

static struct slice plain_aor(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice name, struct slice realm, struct slice sip_domain)
{
	struct slice pieces[] = { name, SLICE("@"), sip_domain }, aor;

	if (!rules_find(&conf->realms, realm, &pieces[2]) && !slice_eq_nocase(realm, sip_domain))
		return SLICE_NULL;
	aor = arena_join(arena, pieces, 3);
	return rules_give(&conf->principals, aor) ? SLICE_NULL : aor;
}

int kerberos_account(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice principal, struct slice sip_domain, struct auth_db_account *out)
{
	struct slice realm = principal, name = slice_split(&realm, '@');

	if (!is_person(name) || !realm.len)
		return -EINVAL;
	*out = (struct auth_db_account){ .name = name, .domain = realm,
	    .plain = plain_aor(arena, conf, name, realm, sip_domain) };
	return 0;
}
