/*
 * modules/xcap_server/lists.c - resource-lists (RFC 4826): contacts in groups as a document.
 *
 * A list is a group, an entry a contact; who is in several groups stands in several lists. List
 * "~" is the group that is always there: contacts in no other.
 */
#include "modules/xcap_server/lists.h"

#include "modules/xcap_server/xcap.h"
#include "utils/xml_write.h"

#include <errno.h>

/* ---- what the server has ---- */

static void take_group(const struct contacts_group *g, void *arg)
{
	struct xcap_book *b = arg;

	if (b->group_count < CONTACTS_GROUPS_MAX)
		b->groups[b->group_count++] = *g;
}

static void take_contact(const struct contacts_contact *c, void *arg)
{
	struct contacts_contact *taken = xcap_book_add(arg, c);

	if (taken && !taken->members)
		taken->members = xcap_group_bit(CONTACTS_UNGROUPED);
}

static void read_server(struct xcap *x, struct slice aor, struct xcap_book *b, uint32_t *number)
{
	const struct roaming_list *l = x->contacts->find(x->contacts_state, aor);

	*number = roaming_number(l);
	if (l)
		x->contacts->each(l, take_group, take_contact, b);
}

/* ---- the document ---- */

/* All groups of that name: there may be two, a document cannot have them. */
static uint64_t groups_like(const struct xcap_book *b, unsigned index)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < b->group_count; i++)
		if (slice_eq(b->groups[i].name, b->groups[index].name))
			set |= xcap_group_bit(b->groups[i].id);
	return set;
}

static bool is_first_of_name(const struct xcap_book *b, unsigned index)
{
	return xcap_book_group(b, b->groups[index].name) == &b->groups[index];
}

static void put_entry(struct xml_writer *w, const struct contacts_contact *c)
{
	bool has_scheme = slice_find(c->uri, ':') < c->uri.len;

	xml_begin(w, "entry");
	xml_put_attr_pair(w, "uri", has_scheme ? SLICE("") : SLICE("sip:"), c->uri);
	if (c->name.len)
		xml_put_leaf(w, "display-name", c->name);
	xml_end(w);
}

static void put_list(struct xml_writer *w, const struct xcap_book *b, unsigned index)
{
	uint64_t set = groups_like(b, index);
	bool is_open = false;

	for (unsigned i = 0; i < b->count; i++) {
		if (!(b->contacts[i].members & set))
			continue;
		if (!is_open)
			xml_begin(w, "list");
		if (!is_open)
			xml_put_attr(w, "name", b->groups[index].name);
		is_open = true;
		put_entry(w, &b->contacts[i]);
	}
	if (!is_open && !index)
		return;			/* "~" is shown if somebody is in it */
	if (!is_open)
		xml_begin(w, "list");
	if (!is_open)
		xml_put_attr(w, "name", b->groups[index].name);
	xml_end(w);
}

static void put_book(struct buf *out, const struct xcap_book *b)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	xml_begin(&w, "resource-lists");
	xml_put_attr(&w, "xmlns", LISTS_NS);
	for (unsigned i = 0; i < b->group_count; i++)
		if (is_first_of_name(b, i))
			put_list(&w, b, i);
	xml_end(&w);
	out->failed |= b->is_short;
}

static bool write_lists(struct xcap *x, struct slice aor, struct buf *out, uint32_t *number)
{
	struct arena *arena = arena_new(0);
	bool exists = true;
	struct xcap_book b;

	xcap_book_init(&b, arena);
	if (arena) {
		read_server(x, aor, &b, number);
		exists = b.count || b.group_count > 1 || b.is_short;
		put_book(out, &b);
	}
	out->failed |= !arena;
	arena_free(&arena);
	return exists;
}

/* ---- changes ---- */

static int plan_lists(struct xcap *x, struct xcap_plan *p, struct xcap_error *e)
{
	struct xcap_book now, wanted;
	struct contacts_change *changes;
	uint32_t number;
	int err;

	xcap_book_init(&now, p->arena);
	xcap_book_init(&wanted, p->arena);
	if (p->root && !xcap_book_read(&wanted, p->root, e))
		return e->why == XCAP_WHY_COUNT ? -ENOMEM : -EBADMSG;
	read_server(x, p->aor, &now, &number);
	if (number != p->number)
		return -ESTALE;
	err = xcap_book_compare(p->arena, &now, &wanted, &changes, &p->count);
	p->changes = changes;
	return err;
}

/* ---- carrying it out ---- */

static int change_lists(struct xcap *x, const struct xcap_plan *p, roaming_done_fn *done, void *arg)
{
	const struct roaming_request req = { .aor = p->aor, .number = p->number };

	return x->contacts->change(x->contacts_state, &req, p->changes, p->count, done, arg);
}

static bool is_there(const struct xcap *x) { return x->contacts != NULL; }

static uint32_t number_of(struct xcap *x, struct slice aor)
{
	return roaming_number(x->contacts->find(x->contacts_state, aor));
}

const struct xcap_usage xcap_lists = {
	.auid = SLICE_INIT("resource-lists"),
	.ns = SLICE_INIT("urn:ietf:params:xml:ns:resource-lists"), .mime = SLICE_INIT("application/resource-lists+xml"),
	.root = "resource-lists", .stat = offsetof(struct xcap_local, lists),
	.is_there = is_there, .number = number_of, .write = write_lists, .plan = plan_lists,
	.change = change_lists,
};
