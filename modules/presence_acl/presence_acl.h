/*
 * modules/presence_acl/presence_acl.h - what the files of this module share.
 */
#ifndef MODULES_PRESENCE_ACL_PRESENCE_ACL_H
#define MODULES_PRESENCE_ACL_PRESENCE_ACL_H

#include "modules/presence_acl/acl.h"

struct acl_conf {
	struct roaming_conf roaming;	/* first */
	struct slice        default_rights;
	struct acl_rights   rights;	/* of it, by prepare */
	int64_t             max_entries, max_mask;
};

struct acl_local {
	struct roaming_local roaming;	/* first */
	uint64_t             communication_allowed, communication_denied;
};

struct presence_acl {
	struct roaming         lists;
	struct presence_policy policy;
	const struct presence_api *presence;
};

/** What a user's list (NULL: none) says, with the current configuration's default. */
static inline void acl_ask(struct presence_acl *p, const struct roaming_list *l, struct slice who,
    struct acl_verdict *out)
{
	const struct acl_conf *conf = lcs_conf(p->lists.mod, gen_peek());

	acl_decide(l, who, conf->rights, out);
}

/* ---- journal.c ---- */
extern const struct store_schema acl_schema;
/* row, load, import_count and import of struct roaming_kind. */
bool acl_row(const struct roaming_draft *d, unsigned i, struct slice aor, struct roaming_row *out);
bool acl_load_row(struct roaming_draft *d, struct arena *arena, const struct value *c);

/* ---- soap.c ---- */
extern const struct roaming_operation acl_operations[];

/* ---- script.c ---- */
extern const struct lcs_func acl_funcs[];

/* ---- rpc.c ---- */
extern const struct lcs_rpc acl_rpcs[];
size_t acl_import_count(const json_t *list);
int    acl_import(const json_t *list, void *changes);

#endif
