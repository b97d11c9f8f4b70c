/*
 * modules/dirsearch/dirsearch.h - what the files of this module share.
 */
#ifndef MODULES_DIRSEARCH_DIRSEARCH_H
#define MODULES_DIRSEARCH_DIRSEARCH_H

#include "modules/dirsearch/ldap_servers_api.h"
#include "modules/dirsearch/search.h"
#include "modules/presence_xml/presence_xml_api.h"
#include "modules/service/service_api.h"
#include "utils/rate.h"
#include "utils/rtab.h"

struct dirsearch_conf {
	int64_t      max_results, max_per_minute;
	bool         foreigners;
	struct slice people;		/* "store" or "ldap" */
	struct slice ldap_uri, ldap_base, ldap_bind_dn, ldap_password, ldap_ca, ldap_tls,
	             ldap_filter, ldap_rights;
	msec_t       ldap_timeout;
};

struct dirsearch_local {
	uint64_t searches, found, too_many, too_often, forbidden, bad,
	         ldap_down, ldap_late, ldap_refused, ldap_busy, ldap_server, ldap_switches;
};

struct person {				/* immutable once it is in the table */
	struct rtab_node  node;		/* first */
	struct epoch_item item;
	uint16_t          len[PERSON_COUNT];
	char              text[];
};

struct rules {				/* immutable; replaced as a whole */
	struct epoch_item item;
	struct arena     *arena;
	unsigned          count;
	struct rule      *rule;
};

struct dirsearch {
	struct lcs_mod           *mod;
	const struct service_api *service;
	struct service           *service_state;
	struct service_operation  operation;
	struct rtab              *people;	/* struct person by AOR */
	struct rules *_Atomic     rules;
	struct rate_table        *rate;
	bool                      loaded;
	struct ldap_servers       servers;
};

/* ---- people.c ---- */
extern const struct store_schema dirsearch_schema;
/** Borrowed until the next quiet point. */
void person_view(const struct person *p, struct person_view *out);
const struct person *people_find(const struct dirsearch *d, struct slice aor);
/* Control thread: the store first, then memory. 0 or -errno. */
int  people_load(struct dirsearch *d);
int  people_put(struct dirsearch *d, const struct person_view *p);
int  people_delete(struct dirsearch *d, struct slice aor);
void people_free(struct dirsearch *d);
/** What is known of a user is known of the new name, too, until one of them is deleted; rules that
 *  name him are the new name's. */
int  people_rename(struct dirsearch *d, struct slice from, struct slice to);
int  rules_load(struct dirsearch *d);
/** allowed: 1, 0, or -1: no rule any more. */
int  rules_put(struct dirsearch *d, struct slice ou, struct slice who, int allowed);

/* ---- ask.c ---- */
void dirsearch_run(struct service_request *req, const struct service_asked *asked, void *arg);

/* ---- answer.c ---- */
/** Room for as many people as this search may find. false: memory is short. */
bool dirsearch_room(const struct dirsearch_conf *conf, struct arena *arena, const struct search *s,
    struct found *out);
/** Answer a search, and count it. */
void dirsearch_answer(struct dirsearch *d, struct service_request *req, const struct found *f);
/** It may be tried again in half a minute. */
void dirsearch_refuse(struct dirsearch *d, struct service_request *req, uint16_t status,
    const char *reason);

/* ---- remote.c: people are in a directory server ---- */
#define DIRSEARCH_POOL "dirsearch"
int  remote_check(const struct dirsearch_conf *conf, struct diag *diag);
void remote_run(struct dirsearch *d, struct service_request *req, const struct service_asked *asked,
    const struct search *s);

extern const struct lcs_rpc dirsearch_rpcs[];

#endif
