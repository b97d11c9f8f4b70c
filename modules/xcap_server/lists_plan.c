/*
 * modules/xcap_server/lists_plan.c - from one list of contacts to another by the fewest changes.
 */
#include "modules/xcap_server/lists.h"

#include <errno.h>

struct making {
	struct arena           *arena;
	const struct xcap_book      *now, *wanted;
	struct contacts_change *changes;
	unsigned                count;
	unsigned                id_of[CONTACTS_GROUPS_MAX + 1];	/* by number in the document */
	bool                    is_short;
};

/* Texts of the server's list live until the next quiet point, the plan until it is done. */
static struct slice keep(struct making *m, struct slice s)
{
	struct slice copy = s.len ? arena_dup(m->arena, s) : SLICE("");

	m->is_short |= !copy.p;
	return copy;
}

static struct contacts_change *one_more(struct making *m, enum contacts_kind kind)
{
	struct contacts_change *c = &m->changes[m->count++];

	*c = (struct contacts_change){ .kind = kind };
	return c;
}

static void put_group(struct making *m, enum contacts_kind kind, unsigned id, struct slice name,
    struct slice external)
{
	one_more(m, kind)->group = (struct contacts_group){ id, keep(m, name), keep(m, external) };
}

static bool is_wanted(const struct making *m, unsigned i)
{
	return xcap_book_group(m->now, m->now->groups[i].name) == &m->now->groups[i] &&
	    xcap_book_group(m->wanted, m->now->groups[i].name);
}

static unsigned free_id(uint64_t *taken)
{
	for (unsigned id = CONTACTS_UNGROUPED + 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (!(*taken & xcap_group_bit(id))) {
			*taken |= xcap_group_bit(id);
			return id;
		}
	return 0;
}

/* A name that is new takes the place of one that goes: then it is that group with a new name,
 * and clients that show it need not move anybody. */
static void plan_groups(struct making *m)
{
	uint64_t taken = 0;
	unsigned spare = 1;

	for (unsigned i = 0; i < m->now->group_count; i++)
		taken |= xcap_group_bit(m->now->groups[i].id);
	for (unsigned i = 0; i < m->wanted->group_count; i++) {
		const struct contacts_group *g = &m->wanted->groups[i], *old =
		    xcap_book_group(m->now, g->name);

		while (!old && spare < m->now->group_count && is_wanted(m, spare))
			spare++;
		if (old) {
			m->id_of[g->id] = old->id;
		} else if (spare < m->now->group_count) {
			m->id_of[g->id] = m->now->groups[spare].id;
			put_group(m, CONTACTS_MODIFY_GROUP, m->id_of[g->id], g->name,
			    m->now->groups[spare++].external);
		} else {
			m->id_of[g->id] = free_id(&taken);
			put_group(m, CONTACTS_ADD_GROUP, m->id_of[g->id], g->name, SLICE(""));
		}
	}
}

static uint64_t used_ids(const struct making *m)
{
	uint64_t set = xcap_group_bit(CONTACTS_UNGROUPED);

	for (unsigned i = 0; i < m->wanted->group_count; i++)
		set |= xcap_group_bit(m->id_of[m->wanted->groups[i].id]);
	return set;
}

static uint64_t members(const struct making *m, uint64_t in_document)
{
	uint64_t set = 0;

	for (unsigned id = 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (in_document & xcap_group_bit(id))
			set |= xcap_group_bit(m->id_of[id]);
	return set;
}

static void plan_contact(struct making *m, const struct contacts_contact *wanted)
{
	const struct contacts_contact *old = xcap_book_contact(m->now, wanted->uri);
	struct contacts_contact c = *wanted;

	c.members = members(m, wanted->members);
	if (old && slice_eq(old->name, c.name) && old->members == c.members)
		return;
	if (old) {
		c.external = keep(m, old->external);
		c.extension = keep(m, old->extension);
		c.subscribed = old->subscribed;
	}
	one_more(m, CONTACTS_SET)->contact = c;
}

static int make_changes(struct making *m)
{
	const struct xcap_book *now = m->now, *wanted = m->wanted;
	uint64_t used;

	m->changes = arena_alloc(m->arena, (2 * CONTACTS_GROUPS_MAX + now->count + wanted->count + 1) *
	    sizeof(*m->changes));
	if (!m->changes)
		return -ENOMEM;
	for (unsigned i = 0; i < now->count; i++)
		if (!xcap_book_contact(wanted, now->contacts[i].uri))
			one_more(m, CONTACTS_DELETE)->contact.uri = keep(m, now->contacts[i].uri);
	plan_groups(m);
	for (unsigned i = 0; i < wanted->count; i++)
		plan_contact(m, &wanted->contacts[i]);
	used = used_ids(m);
	for (unsigned i = 0; i < now->group_count; i++)
		if (!(used & xcap_group_bit(now->groups[i].id)))
			one_more(m, CONTACTS_DELETE_GROUP)->group.id = now->groups[i].id;
	return m->is_short ? -ENOMEM : 0;
}

int xcap_book_compare(struct arena *arena, const struct xcap_book *now,
    const struct xcap_book *wanted, struct contacts_change **changes, unsigned *count)
{
	struct making m = { .arena = arena, .now = now, .wanted = wanted };
	int err = now->is_short || wanted->is_short ? -ENOMEM : make_changes(&m);

	*changes = m.changes;
	*count = m.count;
	return err;
}
