/*
 * modules/dirsync/home_name.c - a home that the directory names by an object, as the name of a host.
 *
 * Active Directory has there the service of a server or of a pool; the host's name is an attribute
 * of what that service stands in, or of itself.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include <errno.h>

#define LEVELS 3			/* the service, its container, the server or pool */

/* Empty: it has none, or may not be read. 0, or a negative error of the connection. */
static int read_host(struct follow *f, const char *dn, json_t **host)
{
	char *attrs[] = { (char *)(uintptr_t)f->setup->home_name, NULL };
	struct timeval tv = { .tv_sec = f->setup->timeout / 1000 + 1 };
	LDAPMessage *res = NULL, *entry;
	struct berval **values;
	int code = ldap_search_ext_s(f->ld, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL,
	    NULL, &tv, 1, &res);

	entry = code ? NULL : ldap_first_entry(f->ld, res);
	values = entry ? ldap_get_values_len(f->ld, entry, attrs[0]) : NULL;
	if (values && values[0] && values[0]->bv_len)
		*host = json_slice(slice_trim(slice_of(values[0]->bv_val, values[0]->bv_len)));
	ldap_value_free_len(values);
	ldap_msgfree(res);
	return LDAP_API_ERROR(code) ? follow_failed(f, "home", code) : 0;
}

static int climb(struct follow *f, LDAPDN dn, json_t **host)
{
	int err = 0;

	for (int i = 0; i < LEVELS && dn[i] && !*host && !err; i++) {
		char *text = NULL;
		int code = ldap_dn2str(dn + i, &text, LDAP_DN_FORMAT_LDAPV3);

		err = code ? follow_failed(f, "home", code) : read_host(f, text, host);
		ldap_memfree(text);
	}
	return err;
}

/* A session asks once for each object: it is one of few. */
static int look_up(struct follow *f, struct slice name, LDAPDN dn, json_t **out)
{
	json_t *host = NULL;
	int err;

	if (!f->homes)
		f->homes = json_object();
	*out = json_object_getn(f->homes, name.p, name.len);
	if (*out)
		return 0;
	err = climb(f, dn, &host);
	if (err)
		return err;
	if (!host) {
		log_warning("dirsync", "where users live cannot be told: the object has no name of a host "
		    "that we may read. \"lcsctl dirsync resync\" looks again attribute=%s object=\"%.*s\"",
		    f->setup->home_name, SLICE_ARG(name));
		host = json_string("");
	}
	*out = host;
	/* A name that is not UTF-8 is one as well. */
	return json_object_setn_new_nocheck(f->homes, name.p, name.len, host) == 0 ? 0 : -ENOMEM;
}

int follow_home(struct follow *f, struct slice *home)
{
	struct berval bv = { .bv_len = home->len, .bv_val = (char *)(uintptr_t)home->p };
	LDAPDN dn = NULL;
	json_t *host = NULL;
	int err = 0;

	/* What is no distinguished name is the name of a host already. */
	if (!f->setup->home_name || slice_find(*home, '=') == home->len ||
	    ldap_bv2dn(&bv, &dn, LDAP_DN_FORMAT_LDAPV3) != 0)
		return 0;
	err = look_up(f, *home, dn, &host);
	ldap_dnfree(dn);
	if (!err && json_string_length(host))
		*home = arena_dup(f->batch->arena, slice_str(json_string_value(host)));
	return err ? err : home->p ? 0 : -ENOMEM;
}

#endif
