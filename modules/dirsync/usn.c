/*
 * modules/dirsync/usn.c - Active Directory, by the numbers of changes (uSNChanged).
 *
 * A domain controller numbers its changes. What was touched since a number is asked for twice: the
 * keys of everything in the domain, deleted or not, and after that who fits, with all attributes.
 * Who was touched and does not fit is gone, be it deleted, moved away or without an address. (DirSync
 * would want the right to replicate the domain, and shows attributes in pieces.) Numbers are those
 * of one controller and one life of its database: with another, everything is compared.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include "utils/hex.h"

#include <errno.h>
#include <stdlib.h>

#define KEY    "objectGUID"
#define DN_MAX 1024u

struct root {				/* of the controller that answers */
	char     domain[DN_MAX], settings[DN_MAX];
	uint64_t usn;			/* of its last change */
};

struct usn {
	struct follow *f;
	struct root    root;
	char           life[2 * DIRSYNC_ID_BYTES + 1];	/* invocationId, hex */
	uint64_t       next;		/* first number that was not looked at */
	struct dirsync_ids touched;
	msec_t         compared;
};

/* ---- the controller ---- */

static void copy_value(struct follow *f, LDAPMessage *entry, const char *attr, char *out, size_t size)
{
	struct berval **values = ldap_get_values_len(f->ld, entry, attr);

	if (values && values[0])
		snprintf(out, size, "%.*s", (int)values[0]->bv_len, values[0]->bv_val);
	ldap_value_free_len(values);
}

static int read_base(struct follow *f, const char *dn, char **attrs, LDAPMessage **res,
    LDAPMessage **entry)
{
	int code = ldap_search_ext_s(f->ld, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL, NULL,
	    NULL, 1, res);

	*entry = *res ? ldap_first_entry(f->ld, *res) : NULL;
	if (code || !*entry)
		return follow_failed(f, dn[0] ? "controller" : "root", code ? code :
		    LDAP_INSUFFICIENT_ACCESS);
	return 0;
}

static int read_root(struct follow *f, struct root *out)
{
	char *attrs[] = { (char *)(uintptr_t)"defaultNamingContext",
	    (char *)(uintptr_t)"dsServiceName", (char *)(uintptr_t)"highestCommittedUSN", NULL };
	LDAPMessage *res = NULL, *entry;
	char number[24] = "";
	int err = read_base(f, "", attrs, &res, &entry);

	if (!err) {
		copy_value(f, entry, attrs[0], out->domain, sizeof(out->domain));
		copy_value(f, entry, attrs[1], out->settings, sizeof(out->settings));
		copy_value(f, entry, attrs[2], number, sizeof(number));
		if (slice_to_u64(slice_str(number), &out->usn) != 0)
			err = follow_failed(f, "root", LDAP_NO_SUCH_ATTRIBUTE);
	}
	ldap_msgfree(res);
	return err;
}

static int read_life(struct usn *u)
{
	char *attrs[] = { (char *)(uintptr_t)"invocationId", NULL };
	LDAPMessage *res = NULL, *entry;
	unsigned char id[DIRSYNC_ID_BYTES];
	int err = read_base(u->f, u->root.settings, attrs, &res, &entry);

	if (!err && !follow_id(u->f, entry, attrs[0], id))
		err = follow_failed(u->f, "controller", LDAP_NO_SUCH_ATTRIBUTE);
	if (!err)
		hex_encode(u->life, id, sizeof(id));
	ldap_msgfree(res);
	return err;
}

/* ---- cookies: "usn:LIFE:NEXT" ---- */

static int read_cookie(struct usn *u)
{
	struct slice rest = slice_str(u->f->cookie), name = slice_split(&rest, ':');
	struct slice life = slice_split(&rest, ':');

	if (slice_eq(name, SLICE("usn")) && slice_eq(life, slice_str(u->life)) &&
	    slice_to_u64(rest, &u->next) == 0 && u->next <= u->root.usn + 1)
		return 0;
	snprintf(u->f->why, sizeof(u->f->why), "another controller, or another life of its database");
	return -ESTALE;
}

static int send_all(struct usn *u, int64_t synced, bool sweep)
{
	char text[80];

	snprintf(text, sizeof(text), "usn:%s:%llu", u->life, (unsigned long long)u->next);
	return follow_send(u->f, slice_str(text), synced, sweep);
}

/* ---- entries ---- */

static int take(struct follow *f, LDAPMessage *entry)
{
	unsigned char id[DIRSYNC_ID_BYTES];

	if (!follow_id(f, entry, KEY, id))
		return follow_failed(f, "an entry has no " KEY, LDAP_INSUFFICIENT_ACCESS);
	return ids_add(&f->seen, id) ? follow_entry(f, entry, id) : -ENOMEM;
}

static int note_unit(struct follow *f, LDAPMessage *entry)
{
	char *dn = ldap_get_dn(f->ld, entry);
	int err = dn && json_array_append_new(f->units, json_string_nocheck(dn)) == 0 ? 0 : -ENOMEM;

	ldap_memfree(dn);
	return err;
}

/* Only its key: kept where those that fit are found later. Of a unit its name, too. */
static int take_touched(struct follow *f, LDAPMessage *entry)
{
	unsigned char id[DIRSYNC_ID_BYTES];

	if (!follow_id(f, entry, KEY, id))
		return 0;		/* not for our eyes, so no user either */
	if (!ids_add(&f->seen, id))
		return -ENOMEM;
	return follow_is_unit(f, entry) ? note_unit(f, entry) : 0;
}

static int load_all(struct usn *u)
{
	char *attrs[FOLLOW_ATTRS];
	int64_t begun = clock_wall();
	int err;

	follow_attrs(u->f, KEY, attrs);
	u->next = u->root.usn + 1;
	err = follow_search(u->f, u->f->setup->base, u->f->setup->filter, attrs, false, take);
	if (!err)
		err = send_all(u, begun, true);
	u->f->is_load = false;
	u->compared = clock_mono();
	return err;
}

/* In this order: who is changed between the two is at worst seen twice. */
static int read_touched(struct usn *u)
{
	char *attrs[] = { (char *)(uintptr_t)KEY, (char *)(uintptr_t)"objectClass", NULL }, filter[80];
	int err;

	snprintf(filter, sizeof(filter), "(uSNChanged>=%llu)", (unsigned long long)u->next);
	ids_free(&u->f->seen);
	json_decref(u->f->units);
	u->f->units = json_array();
	if (!u->f->units)
		return -ENOMEM;
	err = follow_search(u->f, u->root.domain, filter, attrs, true, take_touched);
	u->touched = u->f->seen;
	u->f->seen = (struct dirsync_ids){ 0 };
	return err;
}

static int read_fitting(struct usn *u)
{
	char *attrs[FOLLOW_ATTRS], *filter;
	size_t size = strlen(u->f->setup->filter) + 80;
	int err = -ENOMEM;

	follow_attrs(u->f, KEY, attrs);
	filter = malloc(size);
	if (!filter)
		return err;
	snprintf(filter, size, "(&%s(uSNChanged>=%llu))", u->f->setup->filter,
	    (unsigned long long)u->next);
	err = follow_search(u->f, u->f->setup->base, filter, attrs, false, take);
	free(filter);
	return err;
}

/* Who is in a unit that was touched was perhaps not touched himself, and has another name all the
 * same. */
static int read_units(struct usn *u)
{
	size_t count = json_array_size(u->f->units);
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = follow_unit(u->f, json_string_value(json_array_get(u->f->units, i)), KEY, take);
	return err;
}

static int read_changes(struct usn *u)
{
	int64_t begun = clock_wall();
	int err = read_touched(u);

	if (!err && u->touched.count)
		err = read_fitting(u);
	if (!err)
		err = read_units(u);
	for (size_t i = 0; i < u->touched.count && !err; i++)
		if (!ids_have(&u->f->seen, u->touched.id[i]))
			err = follow_gone(u->f, u->touched.id[i]);
	ids_free(&u->touched);
	ids_free(&u->f->seen);
	u->next = u->root.usn + 1;
	return err ? err : send_all(u, begun, false);
}

static int look_again(struct usn *u)
{
	int64_t begun = clock_wall();
	int err = read_root(u->f, &u->root);

	if (err)
		return err;
	if (u->root.usn + 1 < u->next) {
		snprintf(u->f->why, sizeof(u->f->why), "numbers of changes went back");
		return -ESTALE;
	}
	if (clock_mono() - u->compared >= u->f->setup->compare_every) {
		ids_free(&u->f->seen);
		return load_all(u);
	}
	return u->root.usn + 1 > u->next ? read_changes(u) :
	    follow_send(u->f, SLICE_NULL, begun, false);
}

int follow_usn(struct follow *f)
{
	struct usn u = { .f = f, .compared = clock_mono() };
	int err = read_root(f, &u.root);

	if (!err)
		err = read_life(&u);
	if (!err && f->cookie)
		err = read_cookie(&u);
	if (!err)
		err = f->cookie ? read_changes(&u) : load_all(&u);
	while (!err) {
		err = follow_wait(f, -1, f->setup->interval);
		if (!err)
			err = look_again(&u);
	}
	return err;
}

#endif
