/*
 * modules/dirsync/netbios.c - what a domain of Active Directory is called by NetBIOS.
 *
 * Accounts sign in as that, too, and it need not be the first part of the domain's other name: the
 * forest has both side by side (MS-ADTS 6.1.1.2.1.1).
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include <errno.h>

#define DN_MAX 1024u

static int search(struct follow *f, const char *base, int scope, const char *filter, char **attrs,
    LDAPMessage **res)
{
	struct timeval tv = { .tv_sec = f->setup->timeout / 1000 + 1 };
	int code = ldap_search_ext_s(f->ld, base, scope, filter, attrs, 0, NULL, NULL, &tv, LDAP_NO_LIMIT,
	    res);

	/* What we may not read is not there; without a connection nothing is. */
	return LDAP_API_ERROR(code) ? follow_failed(f, "domains", code) : 0;
}

static struct berval **values_of(struct follow *f, LDAPMessage *entry, const char *attr)
{
	return entry ? ldap_get_values_len(f->ld, entry, attr) : NULL;
}

static struct slice first_of(struct berval **values)
{
	return values && values[0] ? slice_trim(slice_of(values[0]->bv_val, values[0]->bv_len)) :
	    SLICE("");
}

/* What several names have between them is in none. */
static bool is_name(struct slice s)
{
	return s.len && slice_find(s, ' ') == s.len;
}

static void take_domain(struct follow *f, LDAPMessage *entry)
{
	struct berval **dns = values_of(f, entry, "dnsRoot");
	struct berval **netbios = values_of(f, entry, "nETBIOSName");
	struct slice name = first_of(dns), other = first_of(netbios);

	if (is_name(name) && is_name(other))
		json_object_setn_new(f->domains, name.p, name.len, json_slice(other));
	ldap_value_free_len(dns);
	ldap_value_free_len(netbios);
}

static int read_partitions(struct follow *f, const char *settings)
{
	char *attrs[] = { (char *)(uintptr_t)"dnsRoot", (char *)(uintptr_t)"nETBIOSName", NULL };
	char base[DN_MAX + 32];
	LDAPMessage *res = NULL;
	int err;

	snprintf(base, sizeof(base), "CN=Partitions,%s", settings);
	err = search(f, base, LDAP_SCOPE_ONELEVEL, "(nETBIOSName=*)", attrs, &res);
	for (LDAPMessage *e = ldap_first_entry(f->ld, res); e && !err; e = ldap_next_entry(f->ld, e))
		take_domain(f, e);
	ldap_msgfree(res);
	return err;
}

/* Once in a session. */
static int read_domains(struct follow *f)
{
	char *attrs[] = { (char *)(uintptr_t)"configurationNamingContext", NULL }, dn[DN_MAX];
	struct berval **values = NULL;
	LDAPMessage *res = NULL;
	int err = search(f, "", LDAP_SCOPE_BASE, "(objectClass=*)", attrs, &res);

	f->domains = json_object();
	if (!f->domains)
		err = -ENOMEM;
	if (!err && res)
		values = values_of(f, ldap_first_entry(f->ld, res), attrs[0]);
	snprintf(dn, sizeof(dn), "%.*s", SLICE_ARG(first_of(values)));
	ldap_value_free_len(values);
	ldap_msgfree(res);
	return err || !dn[0] ? err : read_partitions(f, dn);
}

int follow_netbios(struct follow *f, struct slice domain, struct slice *out)
{
	int err = f->domains || !atomic_load(&f->d->is_ad) ? 0 : read_domains(f);
	const char *name;
	json_t *v;

	if (err)
		return err;
	*out = SLICE("");
	json_object_foreach(f->domains, name, v)
		if (slice_eq_nocase(slice_str(name), domain))
			*out = slice_str(json_string_value(v));
	return 0;
}

#endif
