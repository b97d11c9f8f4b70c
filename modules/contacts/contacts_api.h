/*
 * modules/contacts/contacts_api.h - roaming contact lists (interface "contacts", version 1).
 *
 * Truth is in memory, owned by the user's owner, journalled through the store. Reading is
 * lock-free from every worker; changing goes to the owner, all of a change or nothing.
 */
#ifndef MODULES_CONTACTS_CONTACTS_API_H
#define MODULES_CONTACTS_CONTACTS_API_H

#include "core/lcs.h"

#define CONTACTS_GROUPS_MAX 63u		/* groups are numbered 1 to 63; 1 is "~" and always there */
#define CONTACTS_UNGROUPED  1u

struct contacts;			/* the module's state */
struct contacts_list;			/* one user's; immutable */

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
	CONTACTS_CLEAR			/* delete all contacts and groups */
};

struct contacts_change {
	enum contacts_kind      kind;
	struct contacts_contact contact;
	struct contacts_group   group;
};

enum contacts_result {
	CONTACTS_OK,
	CONTACTS_OUT_OF_STEP,		/* another delta number is current */
	CONTACTS_UNKNOWN,		/* no such contact or group */
	CONTACTS_EXISTS,		/* a group of that number is there */
	CONTACTS_NOT_EMPTY,		/* the group still has contacts */
	CONTACTS_RESERVED,		/* group 1 stays as it is */
	CONTACTS_TOO_MANY,
	CONTACTS_TOO_LONG,
	CONTACTS_BAD,			/* not an address, not XML text, no such group number */
	CONTACTS_NO_STORE,		/* could not be made durable: nothing changed */
	CONTACTS_NO_MEMORY
};

/* What is asked of the owner. */
struct contacts_request {
	struct slice                  aor;	/* whose list: user@host */
	const struct contacts_change *changes;	/* in order */
	unsigned                      count;
	uint32_t                      number;	/* must be current; 0: whatever is current */
	struct slice                  by;	/* who asks, for the log; empty: the user */
};

/* On the calling worker, once. number: the current one afterwards; group: given by the last
 * ADD_GROUP; why: what to tell who asked when it is not OK. */
struct contacts_answer { enum contacts_result result; uint32_t number; unsigned group; const char *why; };
typedef void contacts_done_fn(void *arg, const struct contacts_answer *answer);

struct contacts_api {
	/** Any worker; borrowed until its next quiet point. NULL: never changed, thus empty. */
	const struct contacts_list *(*find)(struct contacts *c, struct slice aor);
	uint32_t (*number)(const struct contacts_list *l);	/* NULL: 1 */
	/** Call fn for each group but group 1, then for each contact; any may be NULL. */
	void (*each)(const struct contacts_list *l,
	    void (*group)(const struct contacts_group *g, void *arg),
	    void (*contact)(const struct contacts_contact *c, void *arg), void *arg);
	/** All texts are copied before return. 0 or -ENOMEM (done never runs then); done never
	 *  runs before return. */
	int (*change)(struct contacts *c, const struct contacts_request *req,
	    contacts_done_fn *done, void *arg);
};

#endif
