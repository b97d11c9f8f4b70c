/*
 * modules/xcap_server/lists_book.c - see lists.h.
 */
#include "modules/xcap_server/lists.h"

void xcap_book_init(struct xcap_book *b, struct arena *arena)
{
	*b = (struct xcap_book){ .arena = arena, .group_count = 1 };
	b->groups[0] = (struct contacts_group){ CONTACTS_UNGROUPED, LISTS_OPEN, SLICE("") };
}

struct contacts_contact *xcap_book_add(struct xcap_book *b, const struct contacts_contact *c)
{
	if (b->count == b->room) {
		unsigned room = b->room ? 2 * b->room : 64;
		struct contacts_contact *more = arena_alloc(b->arena, room * sizeof(*more));

		if (!more) {
			b->is_short = true;
			return NULL;
		}
		if (b->count)
			memcpy(more, b->contacts, b->count * sizeof(*more));
		b->contacts = more;
		b->room = room;
	}
	b->contacts[b->count] = *c;
	return &b->contacts[b->count++];
}

const struct contacts_group *xcap_book_group(const struct xcap_book *b, struct slice name)
{
	for (unsigned i = 0; i < b->group_count; i++)
		if (slice_eq(b->groups[i].name, name))
			return &b->groups[i];
	return NULL;
}

struct contacts_contact *xcap_book_contact(const struct xcap_book *b, struct slice uri)
{
	for (unsigned i = 0; i < b->count; i++)
		if (slice_eq_nocase(b->contacts[i].uri, uri))
			return &b->contacts[i];
	return NULL;
}
