/*
 * modules/dirsync/follow.h - the thread's own: one connection to the directory, and what is seen
 * by it. Only where libldap is.
 */
#ifndef MODULES_DIRSYNC_FOLLOW_H
#define MODULES_DIRSYNC_FOLLOW_H

#include "modules/dirsync/dirsync.h"

#ifdef HAVE_LIBLDAP

struct follow {
	struct dirsync       *d;
	struct dirsync_setup *setup;
	LDAP                 *ld;
	unsigned              session;
	struct dirsync_batch *batch;	/* that is being filled; may be NULL */
	struct dirsync_ids    seen;	/* in a load */
	bool                  is_load, was_synced, no_hash_told;
	json_t               *homes;	/* of this session: objects and their hosts; may be NULL */
	json_t               *domains;	/* the same: domains and their NetBIOS names */
	json_t               *units;	/* usn.c: names of those that were touched last; may be NULL */
	unsigned char         unit[DIRSYNC_ID_BYTES];	/* sync.c: that is being read, */
	bool                  unit_fits;	/* and was among those in it: a user, too */
	char                 *cookie;	/* to begin with, as in the store; NULL: none */
	char                  why[160];
	char                  uri[LDAP_URI_BYTES];	/* of the server that is followed */
	msec_t                return_at;	/* look for the first one then; 0: this is it */
};

/** Read of entries; 0 or a negative error. */
typedef int follow_entry_fn(struct follow *f, LDAPMessage *entry);

/* All of these: 0, -ECANCELED (to end, or to begin anew), -EIO (control could not write). */

/** Wait for the descriptor to be readable (-1: for none) or for so many ms, which is no error. */
int follow_wait(struct follow *f, int fd, msec_t ms);
/** One entry, whose key is id. */
int follow_entry(struct follow *f, LDAPMessage *entry, const unsigned char *id);
/** unit.c: the entry's name in the spelling that is compared, in f->batch's arena; empty if it is too
 *  long. 0 or -ENOMEM. */
int follow_dn(struct follow *f, LDAPMessage *entry, struct slice *out);
/** unit.c: what users are in, of a kind that moves with all of them and is told of alone. */
bool follow_is_unit(struct follow *f, LDAPMessage *entry);
/** unit.c: fn for whoever fits in the unit of that name, if it is there and in base; attribute key is
 *  read, too. 0 or as follow_search(). */
int follow_unit(struct follow *f, const char *dn, const char *key, follow_entry_fn *fn);
/** home_name.c: a home that is the name of an object becomes that of its host, in f->batch's
 *  arena; what has none stays as it is. */
int follow_home(struct follow *f, struct slice *home);
/** account.c: of which domain the entry's account is, and its secrets. 0 or as the next. */
int follow_account(struct follow *f, LDAPMessage *entry, struct auth_db_entry *e);
/** netbios.c: what Active Directory calls a domain ("lcs.test") by NetBIOS; empty: it does not say.
 *  Until the end of the session. 0, -ENOMEM or an error of the connection. */
int follow_netbios(struct follow *f, struct slice domain, struct slice *out);
/** group.c: 0 if the account that we sign in with is in service_group, or none is wanted. */
int follow_group(struct follow *f);
/** An entry that is not there any more, or does not fit any more. */
int follow_gone(struct follow *f, const unsigned char *id);
/** To control with what was gathered. cookie .p NULL: none. synced: all is here that was there
 *  then, unix seconds; 0: not yet. sweep: whoever was not seen is gone. */
int follow_send(struct follow *f, struct slice cookie, int64_t synced, bool sweep);

/** What failed, for the log; the code as an error. */
static inline int follow_failed(struct follow *f, const char *step, int code)
{
	return ldap_note(f->ld, step, code, f->why, sizeof(f->why));
}
/** A load of everything begins: the cookie is of no use. */
void follow_load(struct follow *f);

/** All entries that fit, page by page. show_deleted: those of Active Directory, too. */
int follow_search(struct follow *f, const char *base, const char *filter, char **attrs,
    bool show_deleted, follow_entry_fn *fn);
/** The attributes of an entry that are read, and the one with its key; ends with NULL. */
#define FOLLOW_ATTRS (ATTR_COUNT + 2)
void follow_attrs(const struct follow *f, const char *key, char *out[FOLLOW_ATTRS]);
/** The key of an entry: 16 bytes, or a UUID as text. false: it has none. */
bool follow_id(const struct follow *f, LDAPMessage *entry, const char *attr, unsigned char *id);

/* ---- the ways; each returns when it is at its end: -ESTALE (the cookie is refused) or why ---- */
int follow_sync(struct follow *f);	/* sync.c: RFC 4533 */
int follow_usn(struct follow *f);	/* usn.c: Active Directory */
int follow_compare(struct follow *f);	/* compare.c: everything, now and then */

#endif
#endif
