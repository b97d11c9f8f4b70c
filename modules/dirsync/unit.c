/*
 * modules/dirsync/unit.c - where in the directory an entry is, and units that move with all in them.
 *
 * An entry's name ends with those of the units (OU) it is in. When a unit is renamed or moved the
 * directory tells of the unit alone, and so does whoever only looks at what was changed: who is in it
 * is then read anew.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include "modules/dirsearch/ldap_dn_api.h"

#include <errno.h>

int follow_dn(struct follow *f, LDAPMessage *entry, struct slice *out)
{
	char *dn = ldap_get_dn(f->ld, entry);
	int err = dn ? ldap_dn_plain(f->batch->arena, slice_str(dn), out) : -ENOMEM;

	if (err == -E2BIG || err == -EINVAL) {
		log_warning("dirsync", "name of an entry is too long or cannot be read: no rule for a unit is "
		    "for it bytes=%zu", strlen(dn));
		*out = SLICE("");
		err = 0;
	}
	ldap_memfree(dn);
	return err;
}

bool follow_is_unit(struct follow *f, LDAPMessage *entry)
{
	struct berval **values = ldap_get_values_len(f->ld, entry, "objectClass");
	bool found = false;

	for (int i = 0; values && values[i]; i++) {
		struct slice name = slice_of(values[i]->bv_val, values[i]->bv_len);

		found |= slice_eq_nocase(name, SLICE("organizationalUnit")) ||
		    slice_eq_nocase(name, SLICE("container"));
	}
	ldap_value_free_len(values);
	return found;
}

/* A change of one that has nothing to do with us is none for our users. */
static bool is_in_base(struct follow *f, const char *dn)
{
	struct arena *arena = arena_new(0);
	struct slice unit, base;
	bool is_in = arena && ldap_dn_plain(arena, slice_str(dn), &unit) == 0 &&
	    ldap_dn_plain(arena, slice_str(f->setup->base), &base) == 0 && ldap_dn_is_in(unit, base);

	arena_free(&arena);
	return is_in;
}

int follow_unit(struct follow *f, const char *dn, const char *key, follow_entry_fn *fn)
{
	char *attrs[FOLLOW_ATTRS];
	int err, code = 0;

	if (!is_in_base(f, dn))
		return 0;
	follow_attrs(f, key, attrs);
	log_info("dirsync", "a unit was changed: who is in it is read dn=\"%s\"", dn);
	err = follow_search(f, dn, f->setup->filter, attrs, false, fn);
	if (err == -EIO)
		ldap_get_option(f->ld, LDAP_OPT_RESULT_CODE, &code);
	return code == LDAP_NO_SUCH_OBJECT ? 0 : err;	/* gone meanwhile, as will be told */
}

#endif
