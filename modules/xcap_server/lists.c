/*
 * modules/xcap_server/lists.c - resource-lists (RFC 4826): contacts in groups as a document.
 *
 * A list is a group, an entry a contact; who is in several groups stands in several lists. List
 * "~" is the group that is always there: contacts in no other.
 */
#include "modules/xcap_server/shape.h"
#include "modules/xcap_server/xcap.h"

#include "utils/xml_write.h"

#include <errno.h>

#define NS   SLICE("urn:ietf:params:xml:ns:resource-lists")
#define TYPE "application/resource-lists+xml"
#define OPEN SLICE("~")

/* Contacts and groups, of the server or of a document. Texts are borrowed. */
struct book {
	struct arena            *arena;
	struct contacts_group    groups[CONTACTS_GROUPS_MAX];	/* the first is "~" */
	unsigned                 group_count;
	struct contacts_contact *contacts;
	unsigned                 count, room;
	bool                     is_short;	/* of memory */
};

static void book_init(struct book *b, struct arena *arena)
{
	*b = (struct book){ .arena = arena, .group_count = 1 };
	b->groups[0] = (struct contacts_group){ CONTACTS_UNGROUPED, OPEN, SLICE("") };
}

static uint64_t bit(unsigned id) { return (uint64_t)1 << (id - 1); }

static struct contacts_contact *add(struct book *b, const struct contacts_contact *c)
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

static const struct contacts_group *group_named(const struct book *b, struct slice name)
{
	for (unsigned i = 0; i < b->group_count; i++)
		if (slice_eq(b->groups[i].name, name))
			return &b->groups[i];
	return NULL;
}

static struct contacts_contact *contact_of(const struct book *b, struct slice uri)
{
	for (unsigned i = 0; i < b->count; i++)
		if (slice_eq_nocase(b->contacts[i].uri, uri))
			return &b->contacts[i];
	return NULL;
}

/* ---- what the server has ---- */

static void take_group(const struct contacts_group *g, void *arg)
{
	struct book *b = arg;

	if (b->group_count < CONTACTS_GROUPS_MAX)
		b->groups[b->group_count++] = *g;
}

static void take_contact(const struct contacts_contact *c, void *arg)
{
	struct contacts_contact *taken = add(arg, c);

	if (taken && !taken->members)
		taken->members = bit(CONTACTS_UNGROUPED);
}

static void read_server(struct xcap *x, struct slice aor, struct book *b, uint32_t *number)
{
	const struct roaming_list *l = x->contacts->find(x->contacts_state, aor);

	*number = roaming_number(l);
	if (l)
		x->contacts->each(l, take_group, take_contact, b);
}

/* ---- the document ---- */

/* All groups of that name: there may be two, a document cannot have them. */
static uint64_t groups_like(const struct book *b, unsigned index)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < b->group_count; i++)
		if (slice_eq(b->groups[i].name, b->groups[index].name))
			set |= bit(b->groups[i].id);
	return set;
}

static bool is_first_of_name(const struct book *b, unsigned index)
{
	return group_named(b, b->groups[index].name) == &b->groups[index];
}

static void put_entry(struct xml_writer *w, struct arena *arena, const struct contacts_contact *c)
{
	struct slice uri = slice_find(c->uri, ':') < c->uri.len ? c->uri :
	    arena_printf(arena, "sip:%.*s", SLICE_ARG(c->uri));

	xml_begin(w, "entry");
	xml_put_attr(w, "uri", uri);
	if (c->name.len)
		xml_put_leaf(w, "display-name", c->name);
	xml_end(w);
}

static void put_list(struct xml_writer *w, const struct book *b, unsigned index)
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
		put_entry(w, b->arena, &b->contacts[i]);
	}
	if (!is_open && !index)
		return;			/* "~" is shown if somebody is in it */
	if (!is_open)
		xml_begin(w, "list");
	if (!is_open)
		xml_put_attr(w, "name", b->groups[index].name);
	xml_end(w);
}

static void put_book(struct buf *out, const struct book *b)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	xml_begin(&w, "resource-lists");
	xml_put_attr(&w, "xmlns", NS);
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
	struct book b;

	book_init(&b, arena);
	if (arena) {
		read_server(x, aor, &b, number);
		exists = b.count || b.group_count > 1 || b.is_short;
		put_book(out, &b);
	}
	out->failed |= !arena;
	arena_free(&arena);
	return exists;
}

/* ---- reading a document ---- */

/* entry empty: there are two lists of that name. */
static bool not_twice(struct book *b, struct slice list, struct slice entry, struct xcap_error *e)
{
	xcap_refuse(e, XCAP_UNIQUENESS_FAILURE, "%s", entry.len ? "it is in that list already" :
	    "a list of that name is there already");
	e->field = entry.len ? arena_printf(b->arena,
	    "resource-lists/list[@name=\"%.*s\"]/entry[@uri=\"%.*s\"]/@uri", SLICE_ARG(list),
	    SLICE_ARG(entry)) :
	    arena_printf(b->arena, "resource-lists/list[@name=\"%.*s\"]/@name", SLICE_ARG(list));
	return false;
}

static struct slice bare(struct slice uri)
{
	return slice_starts_nocase(uri, SLICE("sip:")) ? slice_skip(uri, 4) : uri;
}

static bool read_entry_name(struct book *b, const struct xml_node *entry, struct slice *name,
    struct xcap_error *e)
{
	*name = SLICE("");
	for (const struct xml_node *n = xml_child(entry, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		if (!xml_is(n, NS, SLICE("display-name")) || name->len)
			return shape_refuse(n, NS, e);
		if (!shape_attrs(n, "", e))
			return false;
		*name = shape_text(b->arena, n, e);
		if (!name->p)
			return false;
	}
	return true;
}

static bool join(struct book *b, struct contacts_contact *old, struct slice name, unsigned id,
    struct slice list, struct slice uri, struct xcap_error *e)
{
	if (old->members & bit(id))
		return not_twice(b, list, uri, e);
	if (!slice_eq(old->name, name))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s has another display-name in another list", SLICE_ARG(uri));
	old->members |= bit(id);
	return true;
}

static bool read_entry(struct book *b, const struct xml_node *n, const struct contacts_group *g,
    struct xcap_error *e)
{
	struct contacts_contact c = { .members = bit(g->id), .subscribed = true,
	    .external = SLICE(""), .extension = SLICE("") };
	struct slice uri = shape_need(n, "uri", e);
	struct contacts_contact *old;

	if (!uri.p || !shape_attrs(n, "uri", e) || !shape_no_text(n, e) ||
	    !read_entry_name(b, n, &c.name, e))
		return false;
	c.uri = bare(uri);
	old = contact_of(b, c.uri);
	if (old)
		return join(b, old, c.name, g->id, g->name, uri, e);
	if (add(b, &c))
		return true;
	return xcap_refuse(e, XCAP_WHY_COUNT, "%s", "");
}

static bool read_list_name(struct book *b, const struct xml_node *n,
    const struct contacts_group *g, struct xcap_error *e)
{
	struct slice text = shape_text(b->arena, n, e);

	if (!text.p || !shape_attrs(n, "", e))
		return false;
	return slice_eq(text, g->name) || xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
	    "the display-name of a list is its name here, which is \"%.*s\"", SLICE_ARG(g->name));
}

static bool read_in_list(struct book *b, const struct xml_node *n, const struct contacts_group *g,
    struct xcap_error *e)
{
	if (xml_is(n, NS, SLICE("entry")))
		return read_entry(b, n, g, e);
	if (xml_is(n, NS, SLICE("display-name")))
		return read_list_name(b, n, g, e);
	if (xml_is(n, NS, SLICE("list")))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "groups of contacts cannot be inside each other");
	if (xml_is(n, NS, SLICE("external")) || xml_is(n, NS, SLICE("entry-ref")))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s: only entries can be in a list", SLICE_ARG(n->name));
	return shape_refuse(n, NS, e);
}

/* Numbers are given for now in the order of the document. */
static const struct contacts_group *new_group(struct book *b, const struct xml_node *n,
    struct xcap_error *e)
{
	struct slice name = slice_trim(xml_attr(n, SLICE(""), SLICE("name")));

	if (!name.len || !shape_attrs(n, "name", e)) {
		if (!name.len)
			xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "a list needs a name here");
		return NULL;
	}
	if (slice_eq(name, OPEN))
		return &b->groups[0];
	if (group_named(b, name)) {
		not_twice(b, name, SLICE(""), e);
		return NULL;
	}
	if (b->group_count == CONTACTS_GROUPS_MAX) {
		xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "too many lists");
		return NULL;
	}
	b->groups[b->group_count] = (struct contacts_group){ b->group_count + 1, name, SLICE("") };
	return &b->groups[b->group_count++];
}

static bool read_list(struct book *b, const struct xml_node *list, struct xcap_error *e)
{
	const struct contacts_group *g = new_group(b, list, e);
	unsigned before = b->count;

	if (!g || !shape_no_text(list, e))
		return false;
	for (const struct xml_node *n = xml_child(list, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL))
		if (!read_in_list(b, n, g, e))
			return false;
	if (g->id == CONTACTS_UNGROUPED && b->count == before)
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "the list \"~\" is there when there is an entry in it");
	return true;
}

static bool read_root(struct book *b, const struct xml_node *root, struct xcap_error *e)
{
	if (!xml_is(root, NS, SLICE("resource-lists")))
		return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR,
		    "the root is resource-lists in its namespace");
	if (!shape_attrs(root, "", e) || !shape_no_text(root, e))
		return false;
	for (const struct xml_node *n = xml_child(root, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		if (!xml_is(n, NS, SLICE("list")))
			return shape_refuse(n, NS, e);
		if (!read_list(b, n, e))
			return false;
	}
	return true;
}

/* ---- from one to the other ---- */

struct making {
	struct arena           *arena;
	const struct book      *now, *wanted;
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
	return is_first_of_name(m->now, i) && group_named(m->wanted, m->now->groups[i].name);
}

static unsigned free_id(uint64_t *taken)
{
	for (unsigned id = CONTACTS_UNGROUPED + 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (!(*taken & bit(id))) {
			*taken |= bit(id);
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
		taken |= bit(m->now->groups[i].id);
	for (unsigned i = 0; i < m->wanted->group_count; i++) {
		const struct contacts_group *g = &m->wanted->groups[i], *old =
		    group_named(m->now, g->name);

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
	uint64_t set = bit(CONTACTS_UNGROUPED);

	for (unsigned i = 0; i < m->wanted->group_count; i++)
		set |= bit(m->id_of[m->wanted->groups[i].id]);
	return set;
}

static uint64_t members(const struct making *m, uint64_t in_document)
{
	uint64_t set = 0;

	for (unsigned id = 1; id <= CONTACTS_GROUPS_MAX; id++)
		if (in_document & bit(id))
			set |= bit(m->id_of[id]);
	return set;
}

static void plan_contact(struct making *m, const struct contacts_contact *wanted)
{
	const struct contacts_contact *old = contact_of(m->now, wanted->uri);
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
	const struct book *now = m->now, *wanted = m->wanted;
	uint64_t used;

	m->changes = arena_alloc(m->arena, (2 * CONTACTS_GROUPS_MAX + now->count + wanted->count + 1) *
	    sizeof(*m->changes));
	if (!m->changes)
		return -ENOMEM;
	for (unsigned i = 0; i < now->count; i++)
		if (!contact_of(wanted, now->contacts[i].uri))
			one_more(m, CONTACTS_DELETE)->contact.uri = keep(m, now->contacts[i].uri);
	plan_groups(m);
	for (unsigned i = 0; i < wanted->count; i++)
		plan_contact(m, &wanted->contacts[i]);
	used = used_ids(m);
	for (unsigned i = 0; i < now->group_count; i++)
		if (!(used & bit(now->groups[i].id)))
			one_more(m, CONTACTS_DELETE_GROUP)->group.id = now->groups[i].id;
	return m->is_short ? -ENOMEM : 0;
}

static int plan_lists(struct xcap *x, struct xcap_plan *p, struct xcap_error *e)
{
	struct book now, wanted;
	struct making m = { .arena = p->arena, .now = &now, .wanted = &wanted };
	uint32_t number;
	int err;

	book_init(&now, p->arena);
	book_init(&wanted, p->arena);
	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (p->root && !read_root(&wanted, p->root, e))
		return e->why == XCAP_WHY_COUNT ? -ENOMEM : -EBADMSG;
	read_server(x, p->aor, &now, &number);
	if (number != p->number)
		return -ESTALE;
	if (now.is_short || wanted.is_short)
		return -ENOMEM;
	err = make_changes(&m);
	p->changes = m.changes;
	p->count = m.count;
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
	.ns = SLICE_INIT("urn:ietf:params:xml:ns:resource-lists"), .mime = SLICE_INIT(TYPE),
	.root = "resource-lists", .stat = offsetof(struct xcap_local, lists),
	.is_there = is_there, .number = number_of, .write = write_lists, .plan = plan_lists,
	.change = change_lists,
};
