/*
 * modules/contacts/draft.c - changes of a list: what is allowed, and what becomes of it.
 */
#include "modules/contacts/list.h"

#include <stdlib.h>

/* ---- drafts ---- */

static struct list_draft *change_of(struct roaming_draft *d)
{
	return container_of(d, struct list_draft, d);
}

static void copy_list(struct list_draft *d, const struct roaming_list *old)
{
	struct list_walk groups = list_groups(old), contacts = list_contacts(old);

	while (list_next_group(&groups, &d->groups[d->group_count].g))
		d->group_count++;
	while (list_next_contact(&contacts, &d->contacts[d->contact_count].c))
		d->contact_count++;
}

struct roaming_draft *draft_new(const struct roaming_list *old, unsigned more)
{
	unsigned room = roaming_count(old) + more;
	struct list_draft *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->contacts = calloc(room + 1, sizeof(*d->contacts));
	if (!d->contacts) {
		free(d);
		return NULL;
	}
	d->contact_room = room;
	d->d.prev = d->d.number = roaming_number(old);
	copy_list(d, old);
	return &d->d;
}

void draft_free(struct roaming_draft **d)
{
	if (*d) {
		free(change_of(*d)->contacts);
		free(change_of(*d));
	}
	*d = NULL;
}

bool draft_load_group(struct roaming_draft *draft, const struct contacts_group *g)
{
	struct list_draft *d = change_of(draft);

	if (d->group_count == CONTACTS_GROUPS_MAX || g->id <= CONTACTS_UNGROUPED ||
	    g->id > CONTACTS_GROUPS_MAX || g->name.len > UINT16_MAX || g->external.len > UINT16_MAX)
		return false;
	d->groups[d->group_count++] = (struct draft_group){ *g, FATE_STAYS };
	return true;
}

bool draft_load_contact(struct roaming_draft *draft, const struct contacts_contact *c)
{
	struct list_draft *d = change_of(draft);
	void *contacts = d->contacts;
	bool has_room = roaming_make_room(&contacts, d->contact_count, &d->contact_room,
	    sizeof(*d->contacts));

	d->contacts = contacts;
	if (!has_room || !c->uri.len || c->uri.len > UINT16_MAX ||
	    c->name.len > UINT16_MAX || c->external.len > UINT16_MAX ||
	    c->extension.len > UINT16_MAX)
		return false;
	d->contacts[d->contact_count++] = (struct draft_contact){ *c, FATE_STAYS };
	return true;
}

/* ---- looking ---- */

static bool is_there(enum list_fate fate)
{
	return fate != FATE_DELETED && fate != FATE_NEVER_WAS;
}

static struct draft_group *find_group(struct list_draft *d, unsigned id)
{
	for (unsigned i = 0; i < d->group_count; i++)
		if (d->groups[i].g.id == id)
			return &d->groups[i];
	return NULL;
}

static bool has_group(struct list_draft *d, unsigned id)
{
	const struct draft_group *g = find_group(d, id);

	return id == CONTACTS_UNGROUPED || (g && is_there(g->fate));
}

static struct draft_contact *find_contact(struct list_draft *d, struct slice uri)
{
	for (unsigned i = 0; i < d->contact_count; i++)
		if (slice_eq_nocase(d->contacts[i].c.uri, uri))
			return &d->contacts[i];
	return NULL;
}

static unsigned count_contacts(const struct list_draft *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->contact_count; i++)
		n += is_there(d->contacts[i].fate);
	return n;
}

static unsigned count_groups(const struct list_draft *d)
{
	unsigned n = 1;			/* "~" */

	for (unsigned i = 0; i < d->group_count; i++)
		n += is_there(d->groups[i].fate);
	return n;
}

/* ---- what happens to an entry ---- */

static enum list_fate changed(enum list_fate fate)
{
	return fate == FATE_ADDED || fate == FATE_NEVER_WAS ? FATE_ADDED : FATE_MODIFIED;
}

static enum list_fate deleted(enum list_fate fate)
{
	return fate == FATE_ADDED || fate == FATE_NEVER_WAS ? FATE_NEVER_WAS : FATE_DELETED;
}

/* ---- contacts ---- */

static enum roaming_result refuse(enum roaming_result result, const char *text, const char **why)
{
	*why = text;
	return result;
}

static enum roaming_result check_texts(const struct contacts_limits *limits, struct slice name,
    struct slice external, const char **why)
{
	if (name.len > limits->name_bytes)
		return refuse(ROAMING_TOO_LONG, "Name too long", why);
	if (external.len > limits->external_bytes)
		return refuse(ROAMING_TOO_LONG, "externalURI too long", why);
	return ROAMING_OK;
}

static enum roaming_result check_contact(struct list_draft *d, const struct contacts_limits *limits,
    const struct contacts_contact *c, const char **why)
{
	if (c->uri.len > limits->uri_bytes)
		return refuse(ROAMING_TOO_LONG, "URI too long", why);
	if (!list_is_address(c->uri))
		return refuse(ROAMING_BAD, "Not a URI of a person", why);
	if (c->extension.len > limits->extension_bytes)
		return refuse(ROAMING_TOO_LONG, "contactExtension too long", why);
	for (unsigned id = 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (c->members >> (id - 1) & 1 && !has_group(d, id))
			return refuse(ROAMING_UNKNOWN, "No such group", why);
	if (c->members >> CONTACTS_GROUPS_MAX)
		return refuse(ROAMING_BAD, "No such group", why);
	return check_texts(limits, c->name, c->external, why);
}

static enum roaming_result set_contact(struct list_draft *d, const struct contacts_limits *limits,
    const struct contacts_contact *wanted, const char **why)
{
	struct contacts_contact c = *wanted;
	struct draft_contact *old;
	enum roaming_result result;

	c.uri = sip_text_bare(c.uri);
	if (!c.members)
		c.members = 1;
	result = check_contact(d, limits, &c, why);
	if (result != ROAMING_OK)
		return result;
	old = find_contact(d, c.uri);
	if ((!old || !is_there(old->fate)) && count_contacts(d) >= limits->contacts)
		return refuse(ROAMING_TOO_MANY, "Too many contacts", why);
	if (old) {
		c.uri = old->c.uri;	/* as it is written in the store */
		*old = (struct draft_contact){ c, changed(old->fate) };
		return ROAMING_OK;
	}
	lcs_assert(d->contact_count < d->contact_room);
	d->contacts[d->contact_count++] = (struct draft_contact){ c, FATE_ADDED };
	return ROAMING_OK;
}

static enum roaming_result delete_contact(struct list_draft *d, struct slice uri, const char **why)
{
	struct draft_contact *c = find_contact(d, sip_text_bare(uri));

	if (!c || !is_there(c->fate))
		return refuse(ROAMING_UNKNOWN, "No such contact", why);
	c->fate = deleted(c->fate);
	return ROAMING_OK;
}

/* ---- groups ---- */

static unsigned free_number(struct list_draft *d)
{
	for (unsigned id = CONTACTS_UNGROUPED + 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (!has_group(d, id))
			return id;
	return 0;
}

/* Groups stand in the order of their numbers. */
static void insert_group(struct list_draft *d, const struct contacts_group *g)
{
	unsigned at = d->group_count++;

	for (; at > 0 && d->groups[at - 1].g.id > g->id; at--)
		d->groups[at] = d->groups[at - 1];
	d->groups[at] = (struct draft_group){ *g, FATE_ADDED };
}

/* A client's group is known by its number, an administrator's by its name alone. */
static bool has_name(const struct list_draft *d, const struct contacts_group *g)
{
	for (unsigned i = 0; i < d->group_count; i++)
		if (is_there(d->groups[i].fate) && d->groups[i].g.id != g->id &&
		    slice_eq(d->groups[i].g.name, g->name))
			return true;
	return slice_eq(g->name, SLICE("~"));
}

static enum roaming_result check_group(const struct contacts_limits *limits,
    const struct contacts_group *g, const char **why)
{
	if (g->id > CONTACTS_GROUPS_MAX)
		return refuse(ROAMING_BAD, "No such group number", why);
	if (g->id == CONTACTS_UNGROUPED)
		return refuse(ROAMING_RESERVED, "Group 1 stays as it is", why);
	if (!g->name.len)
		return refuse(ROAMING_BAD, "A group needs a name", why);
	return check_texts(limits, g->name, g->external, why);
}

static enum roaming_result add_group(struct list_draft *d, const struct contacts_limits *limits,
    const struct contacts_group *wanted, const char **why)
{
	struct contacts_group g = *wanted;
	enum roaming_result result = check_group(limits, &g, why);
	struct draft_group *old;

	if (result != ROAMING_OK)
		return result;
	if (count_groups(d) >= limits->groups || (!g.id && !free_number(d)))
		return refuse(ROAMING_TOO_MANY, "Too many groups", why);
	g.id = g.id ? g.id : free_number(d);
	if (has_group(d, g.id))
		return refuse(ROAMING_EXISTS, "A group of that number exists", why);
	d->d.given = g.id;
	old = find_group(d, g.id);
	if (old)
		*old = (struct draft_group){ g, changed(old->fate) };
	else
		insert_group(d, &g);
	return ROAMING_OK;
}

static enum roaming_result modify_group(struct list_draft *d,
    const struct contacts_limits *limits, const struct contacts_group *g, const char **why)
{
	enum roaming_result result = check_group(limits, g, why);
	struct draft_group *old;

	if (result != ROAMING_OK)
		return result;
	old = find_group(d, g->id);
	if (!old || !is_there(old->fate))
		return refuse(ROAMING_UNKNOWN, "No such group", why);
	*old = (struct draft_group){ *g, changed(old->fate) };
	return ROAMING_OK;
}

static bool is_empty(const struct list_draft *d, unsigned id)
{
	for (unsigned i = 0; i < d->contact_count; i++)
		if (is_there(d->contacts[i].fate) && d->contacts[i].c.members >> (id - 1) & 1)
			return false;
	return true;
}

static enum roaming_result delete_group(struct list_draft *d, unsigned id, const char **why)
{
	struct draft_group *g = find_group(d, id);

	if (id == CONTACTS_UNGROUPED)
		return refuse(ROAMING_RESERVED, "Group 1 stays as it is", why);
	if (!g || !is_there(g->fate))
		return refuse(ROAMING_UNKNOWN, "No such group", why);
	if (!is_empty(d, id))
		return refuse(ROAMING_NOT_EMPTY, "The group is not empty", why);
	g->fate = deleted(g->fate);
	return ROAMING_OK;
}

static enum roaming_result clear(struct list_draft *d)
{
	for (unsigned i = 0; i < d->contact_count; i++)
		d->contacts[i].fate = deleted(d->contacts[i].fate);
	for (unsigned i = 0; i < d->group_count; i++)
		d->groups[i].fate = deleted(d->groups[i].fate);
	return ROAMING_OK;
}

/* ---- changes ---- */

static enum roaming_result apply_one(struct list_draft *d, const struct contacts_limits *limits,
    const struct contacts_change *c, const char **why)
{
	if (c->name_is_one && has_name(d, &c->group))
		return refuse(ROAMING_EXISTS, "A group of that name exists", why);
	switch (c->kind) {
	case CONTACTS_SET:
		return set_contact(d, limits, &c->contact, why);
	case CONTACTS_DELETE:
		return delete_contact(d, c->contact.uri, why);
	case CONTACTS_ADD_GROUP:
		return add_group(d, limits, &c->group, why);
	case CONTACTS_MODIFY_GROUP:
		return modify_group(d, limits, &c->group, why);
	case CONTACTS_DELETE_GROUP:
		return delete_group(d, c->group.id, why);
	case CONTACTS_CLEAR:
		return clear(d);
	}
	return refuse(ROAMING_BAD, "Unknown change", why);
}

enum roaming_result draft_apply(struct roaming_draft *draft, const struct contacts_limits *limits,
    const struct contacts_change *changes, unsigned count, const char **why)
{
	struct list_draft *d = change_of(draft);

	*why = "OK";
	for (unsigned i = 0; i < count; i++) {
		enum roaming_result result = apply_one(d, limits, &changes[i], why);

		if (result != ROAMING_OK)
			return result;
	}
	draft->number = roaming_next(draft->prev);
	draft->rows = d->group_count + d->contact_count;
	return ROAMING_OK;
}
