/*
 * modules/dirsync/dirsync.h - what the files of this module share.
 *
 * One thread of our own talks to the directory (follow.h). What it sees goes in batches to the
 * control thread, which writes users (take.c); a few batches may wait, then the thread does.
 */
#ifndef MODULES_DIRSYNC_DIRSYNC_H
#define MODULES_DIRSYNC_DIRSYNC_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_db/directory_api.h"
#include "modules/dirsearch/ldap_servers_api.h"
#include "modules/dirsync/gone.h"
#include "utils/rate.h"

#include <stdatomic.h>

#define DIRSYNC_ID_BYTES 16u
#define DIRSYNC_KEY_CHARS (2 * DIRSYNC_ID_BYTES)
#define DIRSYNC_BATCH    256u
#define DIRSYNC_POOL     "dirsync"
#define DOMAIN_MAX_BYTES 255u		/* a column of the store */
#define DIRSYNC_UNITS    "(objectClass=organizationalUnit)(objectClass=container)"

struct dirsync_conf {
	struct slice uri, base, bind_dn, password, ca, tls, filter, kind, keytab, principal;
	struct slice address, enabled, control, account, display_name, home, home_name;
	struct slice account_domain, nt_hash, ha1, service_group;
	msec_t       interval, timeout, retry_max, compare_every, return_after, lookup_again;
	msec_t       stays_gone;
	int64_t      max_gone;
};

enum dirsync_attr {
	ATTR_ADDRESS, ATTR_ENABLED, ATTR_CONTROL, ATTR_ACCOUNT, ATTR_NAME, ATTR_HOME, ATTR_NT_HASH,
	ATTR_HA1, ATTR_COUNT
};

/* The same for the thread, as C strings; all of it in the arena. */
struct dirsync_setup {
	struct arena     *arena;
	struct ldap_place place;
	const char       *base, *filter, *kind, *attr[ATTR_COUNT];	/* attr NULL: not asked for */
	const char       *with_units;	/* the filter, or a unit */
	const char       *home_name;	/* attribute; NULL: homes stay as they are there */
	const char       *account_domain;	/* NULL: that of the entry's name */
	const char       *service_group;	/* NULL: any account will do */
	struct slice      scope;	/* a cookie is good for the same one only */
	msec_t            interval, timeout, retry_max, compare_every, return_after;
};

/* Keys as they are in the directory: entryUUID, objectGUID. */
struct dirsync_ids {
	unsigned char (*id)[DIRSYNC_ID_BYTES];
	size_t          count, room;
	bool            sorted;
};

struct dirsync_batch {			/* from the thread to control; in its arena */
	struct dirsync_batch *next;
	struct arena         *arena;
	unsigned              session;
	uint64_t              server;	/* whose word it is: a hash of its URI */
	bool                  is_load;	/* of all there is, for the first time */
	uint64_t              ticket;	/* of a look-up; 0: it is of the thread */
	uint64_t              since;	/* of a look-up: news when it began to ask */
	unsigned              count;
	struct auth_db_entry  entries[DIRSYNC_BATCH];	/* aor: the address as it is there */
	bool                  has_ids;	/* whoever is not among ids is gone */
	struct dirsync_ids    ids;
	struct slice          cookie;	/* .p NULL: none with this one */
	int64_t               synced;	/* with it all is here that was there then; 0: not yet */
};

enum dirsync_state { STATE_OFF, STATE_CONNECTING, STATE_LOADING, STATE_FOLLOWING, STATE_LOST };

struct dirsync_local {
	uint64_t entries, lag, connected, refused, added, changed, deleted, resyncs, failures,
	         server, switches, lookups, lookups_found, lookups_spared, lookups_failed, kept_out;
};

struct dirsync {
	struct lcs_mod *mod;
	const struct auth_db_directory_api *users;
	const struct auth_db_api *auth_db;
	struct auth_db *db;
	struct watch    watch;		/* control waits for batches: kick */
	struct timer    each_second;	/* of worker 0: statistics */
	pthread_t       thread;
	bool            runs, loaded;
	int             wake, kick;	/* eventfds: for the thread, for control */
	struct ldap_servers servers;
	struct rate_table  *missing;	/* addresses that were asked for, and not found */
	pthread_cond_t      taken_more;	/* with lock */

	struct lock            lock;	/* from here on */
	struct dirsync_batch  *first, **last;
	unsigned               waiting;
	uint64_t               tickets, taken;	/* look-ups handed over, and done with */
	uint64_t               news;	/* batches of the thread that said something */
	char                   uri[LDAP_URI_BYTES];	/* of the server that is followed */
	struct dirsync_setup  *next_setup;	/* the thread takes it when it begins anew */
	bool                   must_end, must_restart, must_compare, stops;
	unsigned               session;
	char                  *cookie;	/* as it is in the store; NULL: none */
	enum dirsync_state     state;
	char                   why[200], kind[16];

	unsigned               broken;	/* batches of sessions up to this one come to nothing */

	/* control's */
	struct slice    scope;		/* malloc'ed: of the cookie in the store */
	json_t         *problems;	/* by key: { user, why, clash } */
	bool            freed, allow_gone;
	msec_t          stays_gone;
	struct gone     gone, fresh;	/* fresh: who was added */

	_Atomic int64_t  synced;	/* unix seconds; 0: never */
	_Atomic int64_t  started;
	_Atomic uint64_t entries, refused, added, changed, deleted, resyncs, failures;
	_Atomic bool     is_well, is_ad;	/* it is followed; by numbers of changes */
	_Atomic int64_t  lookups_until;		/* none before that, by clock_mono() */
	_Atomic uint64_t lookups, lookups_found, lookups_spared, lookups_failed, kept_out;
};

/* ---- ids.c ---- */
bool ids_add(struct dirsync_ids *ids, const unsigned char *id);	/* false: memory is short */
bool ids_have(struct dirsync_ids *ids, const unsigned char *id);
void ids_free(struct dirsync_ids *ids);

/* ---- batch.c ---- */
struct dirsync_batch *batch_new(void);		/* NULL if memory is short */
void batch_free(struct dirsync_batch **b);
/** To control, behind the others; with the lock held. It is to be kicked after. */
void batch_append(struct dirsync *d, struct dirsync_batch *b);
/** There is something for control. 0 or -errno. */
int  batch_kick(struct dirsync *d);

/* ---- state.c: how far we are, and what the store knows of it; control thread ---- */
extern const struct store_schema dirsync_schema;
/** Cookie and time of the last run, if that was for this scope. 0 or -errno. */
int  state_load(struct dirsync *d, struct slice scope);
/** cookie .p NULL: from now on there is none. 0 or -errno. */
int  state_keep(struct dirsync *d, struct slice cookie);
/** Seconds since all was here that was there; of the start, if it never was. Any thread. */
int64_t dirsync_lag(const struct dirsync *d);

/* ---- setup.c ---- */
struct dirsync_setup *setup_new(const struct dirsync_conf *conf);
void setup_free(struct dirsync_setup **s);

/* ---- take.c: control thread ---- */
void take_ready(struct watch *w, uint32_t events);
/** The same for one batch; 0 or -errno of the store. */
int  take_batch(struct dirsync *d, struct dirsync_batch *b);
/** All is to be compared; with_force: even if most are gone. */
void take_compare(struct dirsync *d, bool with_force);
/** Users who come from the directory. */
unsigned take_count(struct dirsync *d);
/** An address is free: of a user who was deleted, whoever did it. */
void take_freed(void *dirsync, struct slice aor, bool deleted);

/* ---- secrets.c ---- */
/** For check(): may nt_hash and ha1 be read in this way? */
int  secrets_check(const struct dirsync_conf *conf, struct diag *diag);

/* ---- lookup.c ---- */
/** Script: directory_lookup(). */
enum fn_status lookup_fn(struct lcs_call *call);
/** Control thread: a look-up's batch was taken, or left. */
void lookup_taken(struct dirsync *d, uint64_t ticket);
/** Control thread: has the thread said nothing since? What it says is newer than what was found. */
bool lookup_is_fresh(struct dirsync *d, const struct dirsync_batch *b);
/** Control thread: the thread's batch is taken next. */
void lookup_news(struct dirsync *d);
/** Nobody waits for control any more. */
void lookup_stopping(struct lcs_mod *mod);

/* ---- entry.c ---- */
/** What an entry's address says: name@domain within it; why: of one that is none. 0 or -EINVAL. */
int  entry_aor(struct slice address, struct slice *aor, const char **why);

/* ---- kerberos.c: the thread ---- */
bool kerberos_is_built(void);
int  kerberos_sign_in(struct ldap *ld, const struct ldap_place *place);

/* ---- follow.c ---- */
bool  dirsync_is_built(void);
void *follow_thread(void *dirsync);
/** Something for the thread to look at. Any thread. */
void  follow_wake(struct dirsync *d);

extern const struct lcs_rpc dirsync_rpcs[];

#endif
