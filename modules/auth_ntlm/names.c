/*
 * modules/auth_ntlm/names.c - an account's name and a SIP URI are two things: from one to the
 * other.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

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

/* "EXAMPLE=example.com" */
static bool maps(struct slice rule, struct slice domain, struct slice *sip_domain)
{
	struct slice left = slice_trim(slice_split(&rule, '='));

	*sip_domain = slice_trim(rule);
	return slice_eq_nocase(left, domain);
}

/* Which SIP domain has its accounts in that one. */
static struct slice sip_domain_of(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice wanted)
{
	struct slice mapped;

	for (size_t i = 0; i < conf->domains.count; i++)
		if (maps(conf->domains.items[i], domain, &mapped))
			return mapped;
	if (!domain.len || slice_eq_nocase(domain, wanted) ||
	    slice_eq_nocase(domain, conf->netbios_domain) ||
	    slice_eq_nocase(domain, ntlm_netbios(arena, wanted)))
		return wanted;
	return SLICE_NULL;
}

struct slice ntlm_aor(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice user, struct slice wanted)
{
	size_t at = slice_find(user, '@');
	struct slice pieces[] = { user, SLICE("@"), SLICE_NULL };

	if (!user.len)
		return SLICE_NULL;
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
