/*
 * modules/dirsync/compare.c - a directory that cannot say what has changed: all of it, now and then.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include <errno.h>

static int take(struct follow *f, LDAPMessage *entry)
{
	unsigned char id[DIRSYNC_ID_BYTES];

	if (!follow_id(f, entry, "entryUUID", id))
		return follow_failed(f, "an entry has no entryUUID", LDAP_NO_SUCH_ATTRIBUTE);
	return ids_add(&f->seen, id) ? follow_entry(f, entry, id) : -ENOMEM;
}

int follow_compare(struct follow *f)
{
	char *attrs[FOLLOW_ATTRS];
	int err;

	follow_attrs(f, "entryUUID", attrs);
	do {
		int64_t begun = clock_wall();

		err = follow_search(f, f->setup->base, f->setup->filter, attrs, false, take);
		if (!err)
			err = follow_send(f, SLICE_NULL, begun, true);
		f->is_load = false;
		if (!err)
			err = follow_wait(f, -1, f->setup->interval);
	} while (!err);
	return err;
}

#endif
