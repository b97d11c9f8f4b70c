/*
 * modules/contacts/contacts.h - what the files of this module share.
 */
#ifndef MODULES_CONTACTS_CONTACTS_H
#define MODULES_CONTACTS_CONTACTS_H

#include "modules/contacts/list.h"

struct contacts_conf {
	struct roaming_conf roaming;	/* first */
	int64_t max_contacts, max_groups, max_name, max_uri, max_external, max_extension;
};

struct contacts { struct roaming lists; };

/* ---- journal.c ---- */
extern const struct store_schema contacts_schema;
/* For struct roaming_kind: row, load_row. */
bool contacts_row(const struct roaming_draft *d, unsigned i, struct slice aor,
    struct roaming_row *out);
bool contacts_load_row(struct roaming_draft *d, struct arena *arena, const struct value *c);

/* ---- soap.c ---- */
extern const struct roaming_operation contacts_operations[];

/* ---- rpc.c ---- */
extern const struct lcs_rpc contacts_rpcs[];
/* For struct roaming_kind: import_count, import. */
size_t contacts_import_count(const json_t *list);
int    contacts_import(const json_t *list, void *changes);

#endif
