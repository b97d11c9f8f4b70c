/*
 * modules/presence_acl/presence_acl_api.h - who may see whom and write to whom (interface
 * "presence_acl", version 1).
 *
 * One list of entries per user. Truth is in memory, owned by the user's owner, journalled
 * through the store. Reading is lock-free from every worker; changing goes to the owner.
 */
#ifndef MODULES_PRESENCE_ACL_PRESENCE_ACL_API_H
#define MODULES_PRESENCE_ACL_PRESENCE_ACL_API_H

#include "core/lcs.h"

struct presence_acl;			/* the module's state */
struct acl_list;			/* one user's; immutable */

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

enum acl_kind { ACL_SET, ACL_DELETE, ACL_CLEAR };	/* CLEAR: all with entry.forced as given */

struct acl_change { enum acl_kind kind; struct acl_entry entry; };

enum acl_result {
	ACL_OK,
	ACL_OUT_OF_STEP,		/* another delta number is current */
	ACL_UNKNOWN,			/* no such entry */
	ACL_FORCED,			/* an administrator has set this entry */
	ACL_TOO_MANY,
	ACL_TOO_LONG,
	ACL_BAD,			/* no address, domain or rights */
	ACL_NO_STORE,			/* could not be made durable: nothing changed */
	ACL_NO_MEMORY
};

struct acl_request {
	struct slice             aor;	/* whose list: user@host */
	const struct acl_change *changes;	/* in order, all or none */
	unsigned                 count;
	uint32_t                 number;	/* must be current; 0: whatever is current */
	struct slice             by;	/* who asks, for the log; empty: the user */
};

struct acl_answer { enum acl_result result; uint32_t number; const char *why; };
typedef void acl_done_fn(void *arg, const struct acl_answer *answer);	/* calling worker, once */

struct presence_acl_api {
	/** Any worker; borrowed until its next quiet point. NULL: never changed, thus empty. */
	const struct acl_list *(*find)(struct presence_acl *p, struct slice aor);
	uint32_t (*number)(const struct acl_list *l);	/* NULL: 1 */
	void (*each)(const struct acl_list *l, void (*fn)(const struct acl_entry *e, void *arg),
	    void *arg);
	/** What user's list (NULL: none) says about who (user@host), with the default rights of
	 *  the current configuration. */
	void (*decide)(struct presence_acl *p, const struct acl_list *l, struct slice who,
	    struct acl_verdict *out);
	/** All texts are copied before return. 0 or -ENOMEM (done never runs then); done never
	 *  runs before return. */
	int (*change)(struct presence_acl *p, const struct acl_request *req, acl_done_fn *done,
	    void *arg);
};

#endif
