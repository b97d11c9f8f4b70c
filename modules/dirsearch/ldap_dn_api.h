/*
 * modules/dirsearch/ldap_dn_api.h - names of entries (DN), spelled so that their ends can be compared.
 *
 * libldap reads and writes them (RFC 4514). All in this header, see ldap_api.h; does not block.
 */
#ifndef MODULES_DIRSEARCH_LDAP_DN_API_H
#define MODULES_DIRSEARCH_LDAP_DN_API_H

#include "core/lcs.h"

#define LDAP_DN_BYTES 1024u		/* a column of the store */

/** Is dn that of unit, or of something in it, however deep? Both are as ldap_dn_plain() makes them. */
static inline bool ldap_dn_is_in(struct slice dn, struct slice unit)
{
	size_t head = dn.len - unit.len;

	return unit.len && dn.len >= unit.len && slice_eq_nocase(slice_skip(dn, head), unit) &&
	    (!head || dn.p[head - 1] == ',');
}

#if __has_include(<ldap.h>)

#include <errno.h>
#include <ldap.h>
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

/* In a locale of UTF-8. */
static inline int ldap_dn_lower(char *text, size_t size, size_t *len)
{
	wchar_t wide[LDAP_DN_BYTES + 1];
	size_t n = mbstowcs(wide, text, LDAP_DN_BYTES + 1);

	if (n > LDAP_DN_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (wide[i] > 0x7f)
			wide[i] = (wchar_t)towlower((wint_t)wide[i]);
	n = wcstombs(text, wide, size);
	if (n >= size)
		return -E2BIG;
	*len = n;
	return 0;
}

/* Capitals beyond ASCII become small letters: who compares knows no others. *len: of the text, which
 * has room for size bytes. */
static inline int ldap_dn_fold(char *text, size_t size, size_t *len)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
	int err;

	if (!utf8)
		return 0;		/* then they count as they are written */
	before = uselocale(utf8);
	err = ldap_dn_lower(text, size, len);
	uselocale(before);
	freelocale(utf8);
	return err;
}

/* In the arena, with a NUL behind. */
static inline int ldap_dn_take(struct arena *arena, const char *text, struct slice *out)
{
	size_t len = strlen(text), size = len + LDAP_DN_BYTES / 2;
	bool is_ascii = true;
	char *copy;
	int err;

	if (!len || len > LDAP_DN_BYTES)
		return len ? -E2BIG : -EINVAL;
	copy = arena_bytes(arena, size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len + 1);
	for (size_t i = 0; i < len; i++)
		is_ascii &= (unsigned char)text[i] < 0x80;
	err = is_ascii ? 0 : ldap_dn_fold(copy, size, &len);
	if (!err && len > LDAP_DN_BYTES)
		err = -E2BIG;
	if (!err)
		*out = slice_of(copy, len);
	return err;
}

/**
 * A name in the one spelling of it that is compared: no blanks beside commas, each escape in the same
 * form (a comma that parts nothing is "\2C"), and capitals beyond ASCII as small letters.
 *
 * @param out  in the arena, with a NUL behind; not empty
 * @return 0; -EINVAL: it is none, or empty; -E2BIG: longer than LDAP_DN_BYTES; -ENOMEM
 */
static inline int ldap_dn_plain(struct arena *arena, struct slice text, struct slice *out)
{
	struct berval bv = { .bv_len = text.len, .bv_val = (char *)(uintptr_t)text.p };
	LDAPDN dn = NULL;
	char *plain = NULL;
	int code, err;

	if (!text.len || text.len > 4 * LDAP_DN_BYTES)
		return text.len ? -E2BIG : -EINVAL;
	code = ldap_bv2dn(&bv, &dn, LDAP_DN_FORMAT_LDAPV3);
	if (!code)
		code = ldap_dn2str(dn, &plain, LDAP_DN_FORMAT_LDAPV3 | LDAP_DN_PRETTY);
	err = code == LDAP_NO_MEMORY ? -ENOMEM : code || !plain ? -EINVAL :
	    ldap_dn_take(arena, plain, out);
	ldap_memfree(plain);
	ldap_dnfree(dn);
	return err;
}

#endif
#endif
