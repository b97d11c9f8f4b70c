/*
 * modules/presence_acl/presence_acl.h - what the files of this module share.
 */
#ifndef MODULES_PRESENCE_ACL_PRESENCE_ACL_H
#define MODULES_PRESENCE_ACL_PRESENCE_ACL_H

#include "modules/presence_acl/acl.h"
#include "modules/presence/presence_api.h"
#include "modules/service/service_api.h"

#define ACL_OPERATIONS 2u

struct acl_conf {
	struct slice      default_rights;
	struct acl_rights rights;	/* of it, by prepare */
	int64_t           max_entries, max_mask;
	bool              resync;
};

struct acl_local {
	uint64_t lists, entries, changes, admin_changes, refused, out_of_step, store_failures,
		 communication_allowed, communication_denied;
};

struct presence_acl {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *engine;
	struct presence_package    package;
	struct presence_policy     policy;
	const struct service_api  *service;	/* NULL: nobody reads SERVICE requests */
	struct service            *service_state;
	struct service_operation   operations[ACL_OPERATIONS];
	struct rtab               *table;	/* struct acl_list by AOR */
	bool                       loaded;
};

/* ---- presence_acl.c ---- */
/** Any worker, or the control thread; borrowed until the next quiet point. */
const struct acl_list *acl_find(struct presence_acl *p, struct slice aor);
/** With the current configuration's default. */
void acl_ask(struct presence_acl *p, const struct acl_list *l, struct slice who,
    struct acl_verdict *out);
/** The list as a body; NULL if memory is short. */
struct presence_body *acl_body(const struct acl_list *l);

/* ---- change.c ---- */
int acl_change(struct presence_acl *p, const struct acl_request *req, acl_done_fn *done, void *arg);
/** On the owner of req->aor. early is set before return unless another change has to be
 *  finished first: what will come of it if the store takes it. 0 or -ENOMEM. */
int acl_change_here(struct presence_acl *p, const struct acl_request *req,
    struct acl_answer *early, bool *is_early);

/* ---- journal.c ---- */
extern const struct store_schema acl_schema;
/** Write what a draft changed; the same contract as store_run_all(). */
int acl_journal_write(struct slice aor, const struct acl_draft *d, store_done_fn *done, void *arg);
/** Control thread, at start: all lists into the table. Count or error. */
int acl_journal_load(struct presence_acl *p);

/* ---- soap.c ---- */
/** In load(). 0 or -errno. */
int acl_add_operations(struct presence_acl *p);

/* ---- script.c ---- */
extern const struct lcs_func acl_funcs[];

extern const struct lcs_rpc acl_rpcs[];

#endif
