/*
 * modules/dirsearch/directory.h - one search in a directory server, by libldap.
 *
 * It blocks: for threads of a pool. Nothing here is shared between two searches, and each has a
 * connection of its own, so that a server that was away is there again with the next one.
 */
#ifndef MODULES_DIRSEARCH_DIRECTORY_H
#define MODULES_DIRSEARCH_DIRECTORY_H

#include "modules/dirsearch/ldap_servers_api.h"
#include "modules/dirsearch/search.h"

struct directory_query {
	struct ldap_servers *servers;
	struct ldap_place place;	/* as whom; its uri does not count */
	const char  *base;
	const struct search *search;
	struct slice extra;		/* filter of the administrator, or empty */
	struct slice as_user;		/* the search has this one's rights; empty: ours */
	msec_t       timeout;
	/* who may be found; pure. NULL: everybody */
	bool       (*takes)(void *arg, const struct person_view *p);
	void        *arg;
	struct arena *arena;		/* of the answer; nobody else's meanwhile */
	struct found found;
	char         why[160];		/* for the log, where it failed */
	char         uri[LDAP_URI_BYTES];	/* of the server that was asked last */
};

/** Was libldap there when this was built? */
bool directory_is_built(void);

/**
 * Search; found.limit says how many are wanted.
 * @return 0; -EHOSTUNREACH: nobody answers there, or not as wanted (TLS); -EACCES: it refuses us;
 *         -ENOENT: it does not know the asker; -ETIME, -ENOMEM, -EIO
 */
int directory_search(struct directory_query *q);

#endif
