/*
 * modules/presence_acl/presence_acl_api.h - who may see whom and write to whom (interface
 * "presence_acl", version 1).
 *
 * One list of entries per user. Truth is in memory, owned by the user's owner, journalled
 * through the store. Reading is lock-free from every worker; changing goes to the owner.
 */
#ifndef MODULES_PRESENCE_ACL_PRESENCE_ACL_API_H
#define MODULES_PRESENCE_ACL_PRESENCE_ACL_API_H

#include "modules/presence/roaming_api.h"

struct presence_acl;			/* the module's state */

enum acl_type { ACL_USER, ACL_DOMAIN, ACL_ALL };

/* presence: 'A' allow, 'P' ask the user, 'B' block politely, 'D' deny; communication: 'A', 'D'. */
struct acl_rights { char presence, communication; };

struct acl_entry {
	enum acl_type     type;
	struct slice      mask;		/* user@host, a domain, or empty */
	struct acl_rights rights;
	bool              forced;	/* an administrator's: comes before all of the user's own */
};

/* What the list says about somebody, and why. */
struct acl_verdict {
	struct acl_rights rights;
	bool              has_entry;	/* false: no entry fits, the default counts */
	struct acl_entry  entry;	/* the one that decides; borrowed from the list */
};

/* CLEAR: all with entry.forced as given; what follows is all there is of them. */
enum acl_kind { ACL_SET, ACL_DELETE, ACL_CLEAR };

struct acl_change { enum acl_kind kind; struct acl_entry entry; };

struct presence_acl_api {
	/** Any worker; borrowed until its next quiet point. NULL: never changed, thus empty. Its
	 *  version: roaming_number(). */
	const struct roaming_list *(*find)(struct presence_acl *p, struct slice aor);
	void (*each)(const struct roaming_list *l, void (*fn)(const struct acl_entry *e, void *arg),
	    void *arg);
	/** What user's list (NULL: none) says about who (user@host), with the default rights of
	 *  the current configuration. */
	void (*decide)(struct presence_acl *p, const struct roaming_list *l, struct slice who,
	    struct acl_verdict *out);
	/** Changes in order, all or none, with one number: roaming_api.change(). To put other
	 *  entries of the user's own in the place of those of number N: req->number N and
	 *  ACL_CLEAR first. */
	int (*change)(struct presence_acl *p, const struct roaming_request *req,
	    const struct acl_change *changes, unsigned count, roaming_done_fn *done, void *arg);
};

#endif
