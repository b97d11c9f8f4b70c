/*
 * modules/dirsync/read.c - searches page by page, and the keys of entries.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include "utils/hex.h"

#include <errno.h>

#define PAGE_ENTRIES 500
#define UUID_CHARS   36u

void follow_attrs(const struct follow *f, const char *key, char *out[FOLLOW_ATTRS])
{
	unsigned n = 0;

	for (int i = 0; i < ATTR_COUNT; i++)
		if (f->setup->attr[i])
			out[n++] = (char *)(uintptr_t)f->setup->attr[i];
	if (key)
		out[n++] = (char *)(uintptr_t)key;
	out[n] = NULL;
}

/* "550e8400-e29b-41d4-a716-446655440000" */
static bool read_uuid(struct slice text, unsigned char *id)
{
	char digits[DIRSYNC_KEY_CHARS];
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < sizeof(digits); i++)
		if (text.p[i] != '-')
			digits[n++] = text.p[i];
	return hex_decode(id, DIRSYNC_ID_BYTES, slice_of(digits, n)) == 0;
}

bool follow_id(const struct follow *f, LDAPMessage *entry, const char *attr, unsigned char *id)
{
	struct berval **values = ldap_get_values_len(f->ld, entry, attr);
	struct slice value = values && values[0] ? slice_of(values[0]->bv_val, values[0]->bv_len) :
	    SLICE("");
	bool good = value.len == DIRSYNC_ID_BYTES;

	if (good)
		memcpy(id, value.p, DIRSYNC_ID_BYTES);
	else if (value.len == UUID_CHARS)
		good = read_uuid(value, id);
	ldap_value_free_len(values);
	return good;
}

static int take_page(struct follow *f, LDAPMessage *res, follow_entry_fn *fn)
{
	int err = 0;

	for (LDAPMessage *e = ldap_first_entry(f->ld, res); e && !err; e = ldap_next_entry(f->ld, e))
		err = fn(f, e);
	return err;
}

struct asked { const char *base, *filter; char **attrs; LDAPControl *deleted; };

static int read_page(struct follow *f, const struct asked *a, struct berval *cookie,
    follow_entry_fn *fn)
{
	LDAPControl *page = NULL, *controls[3] = { NULL };
	struct timeval tv = { .tv_sec = f->setup->timeout / 1000 + 1 };
	LDAPMessage *res = NULL;
	int code = ldap_create_page_control(f->ld, PAGE_ENTRIES, cookie, 0, &page), err;

	controls[0] = page;
	controls[1] = a->deleted;
	if (!code)
		code = ldap_search_ext_s(f->ld, a->base, LDAP_SCOPE_SUBTREE, a->filter, a->attrs, 0,
		    controls, NULL, &tv, LDAP_NO_LIMIT, &res);
	err = code ? follow_failed(f, "search", code) : take_page(f, res, fn);
	if (!err && (code = ldap_page_cookie(f->ld, res, cookie)) != 0)
		err = follow_failed(f, "page", code);
	ldap_msgfree(res);
	ldap_control_free(page);
	return err;
}

int follow_search(struct follow *f, const char *base, const char *filter, char **attrs,
    bool show_deleted, follow_entry_fn *fn)
{
	struct asked a = { base, filter, attrs, NULL };
	struct berval cookie = { 0 };
	int err = 0;

	if (show_deleted && ldap_control_create(LDAP_CONTROL_X_SHOW_DELETED, 1, NULL, 0, &a.deleted))
		return -ENOMEM;
	do {
		err = read_page(f, &a, &cookie, fn);
		if (!err)
			err = follow_wait(f, -1, 0);	/* is it to end? */
	} while (!err && cookie.bv_len);
	ber_memfree(cookie.bv_val);
	ldap_control_free(a.deleted);
	return err;
}

#endif
