/*
 * modules/rls/rls.h - what the files of this module share.
 *
 * A list belongs to one subscription and is touched by the owner of whom that watches alone:
 * he asked for the watches, so their notices come to him.
 */
#ifndef MODULES_RLS_RLS_H
#define MODULES_RLS_RLS_H

#include "modules/contacts/contacts_api.h"
#include "modules/homing/homing_api.h"
#include "modules/presence_xml/presence_xml_api.h"
#include "modules/xcap_server/xcap_api.h"
#include "utils/list.h"
#include "utils/xml_read.h"

#define ADRL_NS    SLICE("urn:ietf:params:xml:ns:adrl")
#define LISTS_NS   SLICE("urn:ietf:params:xml:ns:resource-lists")
#define ADRL_TYPE  SLICE("application/adrl+xml")
#define LISTS_TYPE SLICE("application/resource-lists+xml")

struct rls_conf {
	int64_t      max_resources;
	struct slice list_suffix, list_server, plain_agents;
};

struct rls_local { uint64_t lists, resources, bodies, refused; };

struct rls {
	struct lcs_mod                *mod;
	const struct presence_api     *presence;
	struct presence               *presence_state;
	const struct presence_xml_api *documents;
	struct presence_xml           *documents_state;
	const struct contacts_api     *contacts;	/* NULL: not loaded */
	struct contacts               *contacts_state;
	const struct xcap_api         *xcap;		/* NULL: not loaded */
	struct xcap                   *xcap_state;
	const struct homing_api       *homing;		/* NULL: not loaded */
	struct homing                 *homing_state;
	presence_notice_fn            *heard;		/* by the watches on resources: rls_heard() */
};

enum rls_state { RLS_UNKNOWN, RLS_ACTIVE, RLS_PENDING, RLS_TERMINATED, RLS_ELSEWHERE };

struct rls_entry {
	struct list            node;
	struct rls_list       *list;
	struct slice           uri, aor;	/* as asked for; canonical; behind this struct */
	struct presence_watch *watch;
	struct presence_body  *body;		/* counted; NULL: none */
	enum rls_state         state;
	const char            *reason;		/* with TERMINATED */
	bool                   is_changed;	/* since the last body of the list */
	bool                   is_wanted, is_new;	/* while the list is being changed */
};

struct rls_list {
	struct rls          *r;
	struct presence_sub *sub;
	struct slice         watcher, uri;	/* copies */
	struct slice         format;		/* content type of the parts; the package's text */
	const struct presence_package *package;
	struct presence_watch *contacts;	/* tells when the contact list has changed */
	struct slice         owner;		/* whose contacts; empty: the list was given */
	bool                 is_service;	/* of the owner's rls-services, not all contacts */
	bool                 is_lcs;
	bool                 is_plain;	/* Content-IDs without angle brackets: LCS, linphone */
	uint32_t             version;		/* of the next body */
	unsigned             count, unknown;	/* entries; those not heard of yet */
	struct timer         patience;
	bool                 is_late;		/* tell what is known, whoever is missing */
	bool                 is_cut;		/* entries went unasked: a full notice says so */
	struct list          entries;
};

/* What a body asks for. */
enum rls_step { RLS_CREATE, RLS_ADD, RLS_DELETE };
typedef int rls_resource_fn(void *arg, enum rls_step step, struct slice uri);

/* ---- read.c ---- */
/**
 * Read an adhoclist or a resource list (RFC 5367) and name its resources, each step with one
 * call without uri before them.
 * @return 0, -EBADMSG, -EMEDIUMTYPE (neither of them), -EOPNOTSUPP (it points to entries that
 *         are elsewhere), -ENOMEM, or what fn returned
 */
int rls_read(struct arena *arena, struct slice content_type, struct slice body,
    rls_resource_fn *fn, void *arg);

/* ---- entry.c ---- */
/** Among those of the list, not watched yet; NULL if memory is short. aor empty: no user. */
struct rls_entry *rls_entry_new(struct rls_list *l, struct slice uri, struct slice aor);
struct rls_entry *rls_entry_find(struct rls_list *l, struct slice uri, struct slice aor);
void rls_entry_free(struct rls_entry *e);
/** Hear of it from now on, if it is a user of this server. 0 or -errno. */
int  rls_entry_watch(struct rls_entry *e);
/** The same, if it was no user before; else nothing: who is refused is watched on, and heard of when
 *  he is not any more. */
int  rls_entry_watch_again(struct rls_entry *e);
/** State and document are those of a notice. */
void rls_entry_update(struct rls_entry *e, const struct presence_notice *n);

/* ---- list.c ---- */
struct rls_list *rls_list_new(struct rls *r, struct presence_sub *sub,
    const struct presence_request *req, bool is_lcs);
void rls_list_free(struct rls_list *l);
/** What a client wrote, step by step; 0, -E2BIG, -ENOMEM, or as rls_read(). */
int  rls_list_apply(struct rls_list *l, struct slice content_type, struct slice body);
/** Its client goes on: those who were no users are asked for again. 0 or -ENOMEM. */
int  rls_list_renew(struct rls_list *l);
/** Its client is told what is new, unless there is yet to be heard of somebody. */
void rls_list_tell(struct rls_list *l);

/* A change of who is in a list: all of it, or nothing. */
struct rls_change { struct rls_list *list; struct arena *arena; };
/** all_stay: those in it stay, named or not. 0, or -ENOMEM: nothing was begun. */
int  rls_change_begin(struct rls_change *c, struct rls_list *l, bool all_stay);
/** 0, -E2BIG, -ENOMEM. */
int  rls_change_add(struct rls_change *c, struct slice uri);
/** Its place is the other one's, so there is room; old is gone if that is 0. 0 or -ENOMEM. */
int  rls_change_replace(struct rls_change *c, struct rls_entry *old, struct slice uri);
/** ok: keep it, else take it back. true: somebody has gone. */
bool rls_change_end(struct rls_change *c, bool ok);

/* ---- follow.c ---- */
/** The resources are the owner's contacts, or those of a service, now and whenever the contacts
 *  change; once more: as they are now. 0, -E2BIG, -ENOMEM. */
int  rls_list_follow(struct rls_list *l);
/** A presence_notice_fn; arg is an entry. */
void rls_heard(void *arg, const struct presence_notice *n);

/* ---- body.c ---- */
/** The body that would make the list as it is, and its type; nothing for contacts. */
struct slice rls_list_write(const struct rls_list *l, struct buf *out);
/** The list and its parts. *out NULL: nothing to say. 0, -EAGAIN (some are not known yet, and
 *  it is worth a moment to wait for them), -ENOMEM. */
int  rls_body(struct rls_list *l, bool full, struct presence_body **out);

static inline struct rls_local *rls_local(const struct rls *r) { return lcs_local(r->mod); }
static inline const struct rls_conf *rls_conf(const struct rls *r)
{
	return lcs_conf(r->mod, gen_peek());
}

#endif
