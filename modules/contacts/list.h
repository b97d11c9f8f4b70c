/*
 * modules/contacts/list.h - one user's groups and contacts, and what a change makes of them.
 *
 * Pure: touches no table, no store and no wire. A list is immutable and one piece of
 * memory; a change makes the next one. Its number counts accepted changes, one each.
 */
#ifndef MODULES_CONTACTS_LIST_H
#define MODULES_CONTACTS_LIST_H

#include "modules/contacts/contacts_api.h"

/* Walk: groups by number, contacts in the order they came. */
struct list_walk { const char *at; uint32_t left; };
/* l may be NULL. */
struct list_walk list_groups(const struct roaming_list *l);
struct list_walk list_contacts(const struct roaming_list *l);
bool list_next_group(struct list_walk *w, struct contacts_group *out);
bool list_next_contact(struct list_walk *w, struct contacts_contact *out);

/* What became of an entry in a change. */
enum list_fate { FATE_STAYS, FATE_ADDED, FATE_MODIFIED, FATE_DELETED, FATE_NEVER_WAS };

struct draft_group { struct contacts_group g; enum list_fate fate; };
struct draft_contact { struct contacts_contact c; enum list_fate fate; };

/* A list being changed; texts are borrowed from the old list and the changes. */
struct list_draft {
	struct roaming_draft  d;	/* given: by the last ADD_GROUP */
	unsigned              group_count, contact_count, contact_room;
	struct draft_group    groups[CONTACTS_GROUPS_MAX];
	struct draft_contact *contacts;
};

/**
 * Begin a change of a list.
 *
 * @param old   NULL: the user has none yet
 * @param more  so many contacts may be added at most
 * @return NULL if memory is short; draft_free() it
 */
struct roaming_draft *draft_new(const struct roaming_list *old, unsigned more);
void draft_free(struct roaming_draft **d);
static inline const struct list_draft *draft_of(const struct roaming_draft *d)
{
	return container_of(d, const struct list_draft, d);
}

/**
 * Carry out changes, in order, all or none: one number for all of them.
 *
 * @param why  set to a text for the answer when refused
 */
enum roaming_result draft_apply(struct roaming_draft *d, const struct contacts_limits *limits,
    const struct contacts_change *changes, unsigned count, const char **why);

/** For reading a list row by row (draft_new(NULL)): entries as they are stored. */
bool draft_load_group(struct roaming_draft *d, const struct contacts_group *g);
bool draft_load_contact(struct roaming_draft *d, const struct contacts_contact *c);

/** The list that a draft has become; malloc'd, NULL if memory is short. */
struct roaming_list *list_make(struct slice aor, const struct roaming_draft *d);

#define LIST_URI_BYTES 1019u		/* no URI may be configured to be longer */
/** Does it begin with a scheme, so that no "sip:" is to be put before it? */
bool list_has_scheme(struct slice uri);
/** Is it an address a list can hold? With or without "sip:". */
bool list_is_address(struct slice uri);
/** "1 2 13" as a set (bit n - 1 for group n), empty: group 1. -EINVAL. */
int  list_members_parse(struct slice text, uint64_t *out);
/** The reverse; room for every group. Bytes written. */
#define LIST_MEMBERS_BYTES 256u
size_t list_members_format(uint64_t members, char text[LIST_MEMBERS_BYTES]);

/* ---- xml.c: documents ---- */
/** <contactList>: all; l NULL: the list of somebody without one. */
void contacts_put_full(struct buf *b, const struct roaming_list *l);
/** <contactDelta>: what a draft changed. */
void contacts_put_delta(struct buf *b, const struct roaming_draft *d);

#endif
