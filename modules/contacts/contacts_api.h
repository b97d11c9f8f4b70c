/*
 * modules/contacts/contacts_api.h - roaming contact lists (interface "contacts", version 1).
 *
 * Truth is in memory, owned by the user's owner, journalled through the store. Reading is
 * lock-free from every worker; changing goes to the owner, all of a change or nothing.
 */
#ifndef MODULES_CONTACTS_CONTACTS_API_H
#define MODULES_CONTACTS_CONTACTS_API_H

#include "modules/presence/roaming_api.h"

#define CONTACTS_GROUPS_MAX 63u		/* groups are numbered 1 to 63; 1 is "~" and always there */
#define CONTACTS_UNGROUPED  1u

struct contacts;			/* the module's state */

struct contacts_group { unsigned id; struct slice name, external; };
struct contacts_contact {
	struct slice uri;		/* user@host; schemes other than sip with the scheme */
	struct slice name;		/* empty: show the person's own */
	struct slice external, extension;	/* extension: XML, kept as it is */
	uint64_t     members;		/* bit n - 1: in group n; 0 means group 1 */
	bool         subscribed;
};

struct contacts_limits {
	unsigned contacts, groups;	/* groups: with group 1 */
	size_t   name_bytes, uri_bytes, external_bytes, extension_bytes;
};

enum contacts_kind {
	CONTACTS_SET,			/* contact: add it, or put it in the place of what is there */
	CONTACTS_DELETE,		/* contact.uri */
	CONTACTS_ADD_GROUP,		/* group; id 0: the next free number */
	CONTACTS_MODIFY_GROUP,
	CONTACTS_DELETE_GROUP,		/* group.id; must be empty */
	CONTACTS_CLEAR			/* delete all contacts and groups; what follows is all there is */
};

struct contacts_change {
	enum contacts_kind      kind;
	struct contacts_contact contact;
	struct contacts_group   group;
	bool                    name_is_one;	/* refused if another group has the group's name */
};

struct contacts_api {
	/** Any worker; borrowed until its next quiet point. NULL: never changed, thus empty. Its
	 *  version: roaming_number(). */
	const struct roaming_list *(*find)(struct contacts *c, struct slice aor);
	/** Call fn for each group but group 1, then for each contact; any may be NULL. */
	void (*each)(const struct roaming_list *l,
	    void (*group)(const struct contacts_group *g, void *arg),
	    void (*contact)(const struct contacts_contact *c, void *arg), void *arg);
	/** Changes in order, all or none, with one number: roaming_api.change(). To put another
	 *  list in the place of the one with number N: req->number N and CONTACTS_CLEAR first. */
	int (*change)(struct contacts *c, const struct roaming_request *req,
	    const struct contacts_change *changes, unsigned count, roaming_done_fn *done, void *arg);
};

#endif
