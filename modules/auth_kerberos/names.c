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

/* The AOR that the principal's own names make. */
static struct slice plain_aor(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice name, struct slice realm, struct slice sip_domain)
{
	struct slice pieces[] = { name, SLICE("@"), sip_domain };

	if (!rules_find(&conf->realms, realm, &pieces[2]) && !slice_eq_nocase(realm, sip_domain))
		return SLICE_NULL;
	return arena_join(arena, pieces, 3);
}

static int by_account(const struct auth_kerberos *krb, const struct auth_db_account *who,
    struct slice *aor)
{
	*aor = who->plain;
	if (krb->db)
		return krb->db->by_account(krb->db_state, who, aor);
	return aor->p ? 0 : -ENOENT;
}

int kerberos_whose(const struct auth_kerberos *krb, struct lcs_ctx *ctx, struct slice principal,
    struct slice sip_domain, struct slice *aor)
{
	const struct auth_kerberos_conf *conf = auth_kerberos_conf(krb, ctx);
	struct slice realm = principal, name = slice_split(&realm, '@');
	struct arena *arena = lcs_arena(ctx);
	struct auth_db_account who = { .name = name, .domain = realm };
	int err = 0;

	if (!rules_find(&conf->principals, principal, aor)) {
		if (!is_person(name) || !realm.len)
			return -ENOENT;
		who.plain = plain_aor(arena, conf, name, realm, sip_domain);
		err = by_account(krb, &who, aor);
		/* Whom a rule gives to another nobody else can be, whatever the directory says. */
		if (!err && rules_give(&conf->principals, *aor))
			err = -EPERM;
	}
	*aor = err ? SLICE_NULL : arena_dup(arena, *aor);
	return err ? err : aor->p ? 0 : -ENOMEM;
}
