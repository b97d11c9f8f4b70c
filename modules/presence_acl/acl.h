/*
 * modules/presence_acl/acl.h - one user's access list: packed, asked, changed.
 *
 * Pure: touches no table, no store and no wire. A list is immutable and one piece of
 * memory; a change makes the next one. Its number counts accepted changes, one each.
 */
#ifndef MODULES_PRESENCE_ACL_ACL_H
#define MODULES_PRESENCE_ACL_ACL_H

#include "modules/presence_acl/presence_acl_api.h"

struct acl_walk { const char *at; uint32_t left; };
struct acl_walk acl_entries(const struct roaming_list *l);	/* l may be NULL */
bool acl_next(struct acl_walk *w, struct acl_entry *out);

/**
 * The entry that decides about somebody: an administrator's before the user's own; of these
 * USER before the longest DOMAIN (sub-domains are covered) before ALL.
 */
void acl_decide(const struct roaming_list *l, struct slice who, struct acl_rights preset,
    struct acl_verdict *out);
/** "administrator's ACE: domain example.org BD", "default rights AA"; in the arena. */
struct slice acl_explain(struct arena *arena, const struct acl_verdict *v);

/* ---- changes ---- */

enum acl_fate { ACL_STAYS, ACL_WRITTEN, ACL_GONE };
struct acl_row { struct acl_entry e; enum acl_fate fate; };

struct acl_draft {			/* texts borrowed from the old list and the changes */
	struct roaming_draft d;		/* first */
	unsigned             count, room;
	struct acl_row      *rows;
};

struct acl_limits { unsigned entries; size_t mask_bytes; };

/** more: so many entries may be added at most. NULL if memory is short. */
struct roaming_draft *acl_draft_new(const struct roaming_list *old, unsigned more);
void acl_draft_free(struct roaming_draft **d);
static inline const struct acl_draft *acl_draft_of(const struct roaming_draft *d)
{
	return container_of(d, const struct acl_draft, d);
}
/** by_user: entries of an administrator are out of reach. why is set to a text. */
enum roaming_result acl_apply(struct roaming_draft *d, const struct acl_limits *limits,
    const struct acl_change *changes, unsigned count, bool by_user, const char **why);
/** For reading from the store. false: no such entry can be. */
bool acl_load(struct roaming_draft *d, const struct acl_entry *e);
/** malloc'd; NULL if memory is short. */
struct roaming_list *acl_make(struct slice aor, const struct roaming_draft *d);

/* ---- words ---- */

/** "AA", "BD", ...: 0 or -EINVAL. */
int acl_rights_parse(struct slice text, struct acl_rights *out);
/** "USER", "DOMAIN", "ALL", in any case: 0 or -EINVAL. */
int acl_type_parse(struct slice text, enum acl_type *out);
const char *acl_type_name(enum acl_type type);

/** <ACLlist>: all of it; l NULL: of somebody without one. */
void acl_put_xml(struct buf *b, const struct roaming_list *l);

#endif
