/*
 * modules/dirsync/group.c - is the account that we sign in with a member of the group of services?
 *
 * Who it is the directory says (RFC 4532), as a distinguished name or, in Active Directory, as
 * "u:DOMAIN\name"; with a name the entry is looked for.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include <errno.h>
#include <stdlib.h>

/* Members of members, too, where that is known (MS-ADTS 3.1.1.3.4.4.3). */
#define MEMBER "(|(member=%s)(uniqueMember=%s)(member:1.2.840.113556.1.4.1941:=%s))"
#define PERSON "(|(sAMAccountName=%s)(uid=%s)(userPrincipalName=%s))"

/* value stands in it three times; in parentheses, malloc'ed. */
static char *make_filter(const char *format, const char *value)
{
	struct berval in = { .bv_len = strlen(value), .bv_val = (char *)(uintptr_t)value }, out = { 0 };
	size_t size;
	char *text;

	if (ldap_bv2escaped_filter_value(&in, &out) != 0)
		return NULL;
	size = strlen(format) + 3 * out.bv_len + 1;
	text = malloc(size);
	if (text)
		snprintf(text, size, format, out.bv_val, out.bv_val, out.bv_val);
	ber_memfree(out.bv_val);
	return text;
}

/* How many fit, or a negative error; dn, if not NULL: of the one, libldap's. */
static int count(struct follow *f, const char *base, int scope, char *filter, char **dn)
{
	struct timeval tv = { .tv_sec = f->setup->timeout / 1000 + 1 };
	char *attrs[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL };
	LDAPMessage *res = NULL;
	int code = !filter ? LDAP_NO_MEMORY : ldap_search_ext_s(f->ld, base, scope, filter, attrs, 1, NULL,
	    NULL, &tv, 2, &res), n;

	n = code ? follow_failed(f, "service_group", code) : ldap_count_entries(f->ld, res);
	if (n == 1 && dn)
		*dn = ldap_get_dn(f->ld, ldap_first_entry(f->ld, res));
	ldap_msgfree(res);
	free(filter);
	return n;
}

/* *out: libldap's; NULL: the directory does not say, and we do not know. 0 or a negative error. */
static int own_dn(struct follow *f, char **out)
{
	struct berval *id = NULL;
	char *dn = NULL, *text = NULL;
	int n = 0;

	if (ldap_whoami_s(f->ld, &id, NULL, NULL) == 0 && id)
		text = strndup(id->bv_val, id->bv_len);
	ber_bvfree(id);
	if (text && slice_starts_nocase(slice_str(text), SLICE("dn:"))) {
		dn = ldap_strdup(text + 3);
	} else if (text && slice_starts_nocase(slice_str(text), SLICE("u:"))) {
		const char *slash = strchr(text, '\\');

		n = count(f, f->setup->base, LDAP_SCOPE_SUBTREE,
		    make_filter(PERSON, slash ? slash + 1 : text + 2), &dn);
	}
	free(text);
	if (!dn && f->setup->place.bind_dn)
		dn = ldap_strdup(f->setup->place.bind_dn);
	*out = dn;
	return n < 0 && (!dn || ldap_is_away(n)) ? n : 0;
}

int follow_group(struct follow *f)
{
	char *dn = NULL;
	int n;

	if (!f->setup->service_group)
		return 0;
	n = own_dn(f, &dn);
	if (n == 0 && dn && dn[0])
		n = count(f, f->setup->service_group, LDAP_SCOPE_BASE, make_filter(MEMBER, dn), NULL);
	if (n == 0)
		snprintf(f->why, sizeof(f->why), "service_group: the account %s is no member",
		    dn ? dn : "that we sign in with");
	ldap_memfree(dn);
	return n > 0 ? 0 : n < 0 ? n : -EACCES;
}

#endif
