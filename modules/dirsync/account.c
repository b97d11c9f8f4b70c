/*
 * modules/dirsync/account.c - of which domain an entry's account is, and the secrets that the entry has.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include "utils/hex.h"

#include <errno.h>

#define NT_HASH_BYTES 16u

/* Both names, if the directory says the other one: then no name is guessed. */
static int put_names(struct follow *f, struct slice domain, struct slice *out)
{
	struct slice netbios;
	int err = follow_netbios(f, domain, &netbios);

	if (err)
		return err;
	*out = netbios.len && domain.len + 1 + netbios.len <= DOMAIN_MAX_BYTES ?
	    arena_printf(f->batch->arena, "%.*s %.*s", SLICE_ARG(domain), SLICE_ARG(netbios)) :
	    arena_dup(f->batch->arena, slice_first(domain, DOMAIN_MAX_BYTES));
	return out->p ? 0 : -ENOMEM;
}

/* An entry below "DC=lcs,DC=test" is of the domain lcs.test, as Active Directory has it. */
static int read_domain(struct follow *f, LDAPMessage *entry, struct slice *out)
{
	char *dn = ldap_get_dn(f->ld, entry), *domain = NULL;
	int err = -ENOMEM;

	if (dn && ldap_dn2domain(dn, &domain) == 0 && domain)
		err = put_names(f, slice_str(domain), out);
	ldap_memfree(domain);
	ldap_memfree(dn);
	return err;
}

/* Digits as they are stored, in the batch; wiped with it. 0, -ENOMEM or -EINVAL: these are none. */
static int take_digits(struct follow *f, struct slice text, size_t size, struct slice *out)
{
	unsigned char bytes[DIGEST_MAX_BYTES];
	char digits[2 * DIGEST_MAX_BYTES];
	int err = hex_decode(bytes, size, text) == 0 ? 0 : -EINVAL;

	if (!err) {
		struct slice secret;

		hex_encode(digits, bytes, size);
		secret = arena_dup_secret(f->batch->arena, slice_of(digits, 2 * size));
		err = secret.p ? 0 : -ENOMEM;
		*out = secret;
	}
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(digits, sizeof(digits));
	return err;
}

static int take_value(struct follow *f, enum dirsync_attr attr, struct slice text,
    struct auth_db_entry *e)
{
	if (attr == ATTR_NT_HASH)
		return take_digits(f, text, NT_HASH_BYTES, &e->nt_hash);
	for (int alg = DIGEST_MD5; alg <= DIGEST_SHA256; alg++)
		if (text.len == 2 * digest_size((enum digest_alg)alg))
			return take_digits(f, text, digest_size((enum digest_alg)alg), &e->ha1[alg]);
	return -EINVAL;
}

/* Once in a session: with some ways all entries are read again and again. */
static void note_no_hash(struct follow *f, enum dirsync_attr attr, const struct auth_db_entry *e)
{
	if (f->no_hash_told)
		return;
	f->no_hash_told = true;
	log_warning("dirsync", "value is no hash in hex and does not count, here and maybe in others "
	    "attribute=%s key=%.*s", f->setup->attr[attr], SLICE_ARG(e->key));
}

/* What is no hash (Samba has a text there for accounts without one) is none; it is not shown. */
static int read_secret(struct follow *f, LDAPMessage *entry, enum dirsync_attr attr,
    struct auth_db_entry *e)
{
	struct berval **values = f->setup->attr[attr] ? ldap_get_values_len(f->ld, entry,
	    f->setup->attr[attr]) : NULL;
	int err = 0;

	for (int i = 0; values && values[i]; i++) {
		struct slice text = slice_trim(slice_of(values[i]->bv_val, values[i]->bv_len));
		int bad = take_value(f, attr, text, e);

		if (bad == -EINVAL)
			note_no_hash(f, attr, e);
		else if (bad)
			err = bad;
		explicit_bzero(values[i]->bv_val, values[i]->bv_len);
	}
	ldap_value_free_len(values);
	return err;
}

int follow_account(struct follow *f, LDAPMessage *entry, struct auth_db_entry *e)
{
	int err = read_secret(f, entry, ATTR_NT_HASH, e);

	if (!err)
		err = read_secret(f, entry, ATTR_HA1, e);
	if (err)
		return err;
	e->account_domain = slice_str(f->setup->account_domain ? f->setup->account_domain : "");
	if (!f->setup->account_domain)
		return e->account.len ? read_domain(f, entry, &e->account_domain) : 0;
	e->account_domain = arena_dup(f->batch->arena, e->account_domain);
	return e->account_domain.p ? 0 : -ENOMEM;
}

#endif
