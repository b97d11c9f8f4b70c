/*
 * modules/contacts/contacts.h - what the files of this module share.
 */
#ifndef MODULES_CONTACTS_CONTACTS_H
#define MODULES_CONTACTS_CONTACTS_H

#include "modules/contacts/list.h"
#include "modules/presence/presence_api.h"
#include "modules/service/service_api.h"

#define CONTACTS_OPERATIONS 5u

struct contacts_conf {
	int64_t max_contacts, max_groups, max_name, max_uri, max_external, max_extension;
	bool    resync;
};

struct contacts_local {
	uint64_t lists, contacts, changes, refused, out_of_step, too_many, admin_changes,
		 store_failures;
};

struct contacts {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *engine;
	const struct service_api  *service;	/* NULL: nobody reads SERVICE requests */
	struct service            *service_state;
	struct service_operation   operations[CONTACTS_OPERATIONS];
	struct presence_package    package;
	struct rtab               *table;	/* struct contacts_list by AOR */
	bool                       loaded;
};

/* ---- contacts.c ---- */
/** Any worker, or the control thread; borrowed until the next quiet point. */
const struct contacts_list *contacts_find(struct contacts *c, struct slice aor);
void contacts_limits(const struct contacts *c, struct contacts_limits *out);
/** The full list as a body; NULL if memory is short. */
struct presence_body *contacts_full_body(const struct contacts_list *l);

/* ---- change.c ---- */
int contacts_change(struct contacts *c, const struct contacts_request *req,
    contacts_done_fn *done, void *arg);
/**
 * On the owner of req->aor. early (may be NULL) is set before return unless another change
 * has to be finished first: what will come of it if the store takes it.
 *
 * @return 0 or -ENOMEM
 */
int contacts_change_here(struct contacts *c, const struct contacts_request *req,
    struct contacts_answer *early, bool *is_early);

/* ---- journal.c ---- */
extern const struct store_schema contacts_schema;
/** Write what a draft changed; aor as the rows have it. The same contract as store_run_all(). */
int contacts_journal_write(struct slice aor, const struct list_draft *d, store_done_fn *done, void *arg);
/** Control thread, at start: all lists into the table. Count or error. */
int contacts_journal_load(struct contacts *c);

/* ---- soap.c ---- */
/** In load(). 0 or -errno. */
int contacts_add_operations(struct contacts *c);

extern const struct lcs_rpc contacts_rpcs[];

#endif
