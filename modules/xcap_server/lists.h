/*
 * modules/xcap_server/lists.h - contacts in groups, of the server or of a document.
 *
 * Pure. Texts are borrowed from where they were read.
 */
#ifndef MODULES_XCAP_SERVER_LISTS_H
#define MODULES_XCAP_SERVER_LISTS_H

#include "modules/contacts/contacts_api.h"
#include "modules/xcap_server/error.h"
#include "utils/xml.h"

#define LISTS_NS   SLICE("urn:ietf:params:xml:ns:resource-lists")
#define LISTS_OPEN SLICE("~")		/* the group that is always there */

struct xcap_book {
	struct arena            *arena;
	struct contacts_group    groups[CONTACTS_GROUPS_MAX];	/* the first is "~" */
	unsigned                 group_count;
	struct contacts_contact *contacts;
	unsigned                 count, room;
	bool                     is_short;	/* of memory */
};

/* ---- lists_book.c ---- */
void xcap_book_init(struct xcap_book *b, struct arena *arena);
/** One more contact; NULL if memory is short, which the book remembers. */
struct contacts_contact *xcap_book_add(struct xcap_book *b, const struct contacts_contact *c);
/** The first of that name; NULL if there is none. */
const struct contacts_group *xcap_book_group(const struct xcap_book *b, struct slice name);
struct contacts_contact *xcap_book_contact(const struct xcap_book *b, struct slice uri);
static inline uint64_t xcap_group_bit(unsigned id) { return (uint64_t)1 << (id - 1); }

/* ---- lists_read.c ---- */
/** Read a document; groups get numbers in its order. False: *e says why not; its .why is
 *  XCAP_WHY_COUNT if memory is short. */
bool xcap_book_read(struct xcap_book *b, const struct xml_node *root, struct xcap_error *e);

/* ---- lists_plan.c ---- */
/**
 * What has to change to make wanted of now.
 *
 * @param arena    holds the changes and those texts that are now's
 * @return 0 or -ENOMEM
 */
int xcap_book_compare(struct arena *arena, const struct xcap_book *now,
    const struct xcap_book *wanted, struct contacts_change **changes, unsigned *count);

#endif
