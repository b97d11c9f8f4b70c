/*
 * modules/contacts/xml.c - lists and deltas as the clients read them.
 *
 * In the full list a contact's URI stands without "sip:", in a delta with it: clients of
 * this protocol compare them so.
 */
#include "modules/contacts/list.h"

#include "utils/xml_write.h"

static void put_group(struct xml_writer *w, const char *element, const struct contacts_group *g)
{
	xml_begin(w, element);
	xml_put_attr_u64(w, "id", g->id);
	xml_put_attr(w, "name", g->name);
	xml_put_attr(w, "externalURI", g->external);
	xml_end(w);
}

static void put_uri(struct xml_writer *w, struct slice uri, bool full)
{
	xml_put_attr_pair(w, "uri", full && !list_has_scheme(uri) ? SLICE("sip:") : SLICE(""), uri);
}

static void put_contact(struct xml_writer *w, const char *element,
    const struct contacts_contact *c, bool full_uri)
{
	char members[LIST_MEMBERS_BYTES];

	xml_begin(w, element);
	put_uri(w, c->uri, full_uri);
	xml_put_attr(w, "name", c->name);
	xml_put_attr(w, "groups", slice_of(members, list_members_format(c->members, members)));
	xml_put_attr(w, "subscribed", c->subscribed ? SLICE("true") : SLICE("false"));
	xml_put_attr(w, "externalURI", c->external);
	if (c->extension.len) {
		xml_begin(w, "contactExtension");
		xml_put_raw(w, c->extension);
		xml_end(w);
	}
	xml_end(w);
}

void contacts_put_full(struct buf *b, const struct roaming_list *l)
{
	static const struct contacts_group others = { CONTACTS_UNGROUPED, { "~", 1 }, { "", 0 } };
	struct list_walk groups = list_groups(l), contacts = list_contacts(l);
	struct contacts_contact c;
	struct contacts_group g;
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "contactList");
	xml_put_attr_u64(&w, "deltaNum", roaming_number(l));
	put_group(&w, "group", &others);
	while (list_next_group(&groups, &g))
		put_group(&w, "group", &g);
	while (list_next_contact(&contacts, &c))
		put_contact(&w, "contact", &c, false);
	xml_end(&w);
}

/* ---- deltas: added and modified groups, contacts likewise, then what went ---- */

static void put_groups(struct xml_writer *w, const struct list_draft *d, enum list_fate fate,
    const char *element)
{
	for (unsigned i = 0; i < d->group_count; i++)
		if (d->groups[i].fate == fate)
			put_group(w, element, &d->groups[i].g);
}

static void put_contacts(struct xml_writer *w, const struct list_draft *d, enum list_fate fate,
    const char *element)
{
	for (unsigned i = 0; i < d->contact_count; i++)
		if (d->contacts[i].fate == fate)
			put_contact(w, element, &d->contacts[i].c, true);
}

static void put_deleted(struct xml_writer *w, const struct list_draft *d)
{
	for (unsigned i = 0; i < d->group_count; i++)
		if (d->groups[i].fate == FATE_DELETED) {
			xml_begin(w, "deletedGroup");
			xml_put_attr_u64(w, "id", d->groups[i].g.id);
			xml_end(w);
		}
	for (unsigned i = 0; i < d->contact_count; i++)
		if (d->contacts[i].fate == FATE_DELETED) {
			xml_begin(w, "deletedContact");
			put_uri(w, d->contacts[i].c.uri, true);
			xml_end(w);
		}
}

void contacts_put_delta(struct buf *b, const struct roaming_draft *draft)
{
	const struct list_draft *d = draft_of(draft);
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "contactDelta");
	xml_put_attr_u64(&w, "deltaNum", draft->number);
	xml_put_attr_u64(&w, "prevDeltaNum", draft->prev);
	put_groups(&w, d, FATE_ADDED, "addedGroup");
	put_groups(&w, d, FATE_MODIFIED, "modifiedGroup");
	put_contacts(&w, d, FATE_ADDED, "addedContact");
	put_contacts(&w, d, FATE_MODIFIED, "modifiedContact");
	put_deleted(&w, d);
	xml_end(&w);
}
