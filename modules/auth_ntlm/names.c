/*
 * modules/auth_ntlm/names.c - an account's name and a SIP URI are two things: from one to the
 * other.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include "modules/auth_lcs/rules_api.h"

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
}

struct slice ntlm_netbios(struct arena *arena, struct slice dns)
{
	struct slice label = slice_first(dns, slice_find(dns, '.'));
	char *text = arena_bytes(arena, label.len + 1);

	if (!text)
		return SLICE_NULL;
	for (size_t i = 0; i < label.len; i++)
		text[i] = upper(label.p[i]);
	return slice_of(text, label.len);
}

/* Which SIP domain has its accounts in that one. */
static struct slice sip_domain_of(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice wanted)
{
	struct slice mapped;

	if (rules_find(&conf->domains, domain, &mapped))
		return mapped;
	if (!domain.len || slice_eq_nocase(domain, wanted) ||
	    slice_eq_nocase(domain, conf->netbios_domain) ||
	    slice_eq_nocase(domain, ntlm_netbios(arena, wanted)))
		return wanted;
	return SLICE_NULL;
}

struct slice ntlm_login(struct arena *arena, struct slice domain, struct slice user)
{
	const struct slice pieces[] = { domain, SLICE("\\"), user };

	return domain.len ? arena_join(arena, pieces, 3) : user;
}

/* The address that the names themselves make. */
static struct slice plain_aor(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice user, struct slice wanted)
{
	size_t at = slice_find(user, '@');
	struct slice pieces[] = { user, SLICE("@"), SLICE_NULL };

	/* What was typed is an address already, or the account's name with its own domain. */
	if (at < user.len) {
		pieces[0] = slice_first(user, at);
		domain = slice_skip(user, at + 1);
	}
	pieces[2] = sip_domain_of(arena, conf, domain, slice_skip(wanted, slice_find(wanted, '@') + 1));
	if (!pieces[2].p && at < user.len)
		pieces[2] = domain;
	return pieces[2].p ? arena_join(arena, pieces, 3) : SLICE_NULL;
}

bool ntlm_rule(struct arena *arena, const struct auth_ntlm_conf *conf, struct slice domain,
    struct slice user, struct slice *aor)
{
	if (!rules_find(&conf->logins, ntlm_login(arena, domain, user), aor))
		return false;
	*aor = arena_dup(arena, *aor);
	return true;
}

struct auth_db_account ntlm_account(struct slice domain, struct slice user)
{
	size_t at = slice_find(user, '@');

	return (struct auth_db_account){ .name = slice_first(user, at),
	    .domain = at < user.len ? slice_skip(user, at + 1) : domain, .is_short = at == user.len };
}

struct slice ntlm_aor(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice user, struct slice wanted)
{
	struct slice aor = user.len ? plain_aor(arena, conf, domain, user, wanted) : SLICE_NULL;

	return rules_give(&conf->logins, aor) ? SLICE_NULL : aor;
}
