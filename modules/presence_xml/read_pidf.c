/*
 * modules/presence_xml/read_pidf.c - PIDF (RFC 3863), its data model (RFC 4479), RPID (RFC 4480).
 */
#include "modules/presence_xml/doc.h"

#include <errno.h>

static int bad(const char **why, const char *words)
{
	*why = words;
	return -EBADMSG;
}

static bool is_presence(const struct xml_node *n)
{
	return xml_is(n, SLICE(PIDF_NS), SLICE("presence")) ||
	    xml_is(n, SLICE(CPIM_NS), SLICE("presence"));
}

/* ---- tuples ---- */

static int read_basic(struct arena *arena, const struct xml_node *node, struct pdoc_tuple *t,
    const char **why)
{
	const struct xml_node *status = xml_child(node, node->ns, SLICE("status"));
	const struct xml_node *basic = xml_child(status, node->ns, SLICE("basic"));
	struct slice text = slice_trim(xml_text(arena, basic));

	if (!basic)
		return 0;
	t->has_basic = true;
	t->is_open = slice_eq(text, SLICE("open"));
	if (!t->is_open && !slice_eq(text, SLICE("closed")))
		return bad(why, "A basic status is neither open nor closed");
	return 0;
}

static int read_tuple(struct pdoc *doc, const struct xml_node *node, struct pdoc_tuple **out,
    const char **why)
{
	struct pdoc_tuple *t = arena_zalloc(doc->arena, sizeof(*t));
	const struct xml_node *contact = xml_child(node, node->ns, SLICE("contact"));

	if (!t)
		return -ENOMEM;
	t->node = node;
	t->id = xml_attr(node, SLICE(""), SLICE("id"));
	if (!t->id.len)
		return bad(why, "A tuple has no id");
	t->contact = slice_trim(xml_text(doc->arena, contact));
	t->priority = xml_attr(contact, SLICE(""), SLICE("priority"));
	*out = t;
	return read_basic(doc->arena, node, t, why);
}

static int read_tuples(struct pdoc *doc, const struct xml_node *root, const char **why)
{
	struct pdoc_tuple **end = &doc->tuples;
	const struct xml_node *n = xml_child(root, root->ns, SLICE("tuple"));
	int err = 0;

	for (; n && !err; n = xml_next(n, root->ns, SLICE("tuple"))) {
		err = read_tuple(doc, n, end, why);
		if (!err)
			end = &(*end)->next;
	}
	return err;
}

/* ---- activities ---- */

/* Drafts before RFC 4480 had <activity>busy</activity> in tuples. */
static struct slice activity_name(struct arena *arena, const struct xml_node *n)
{
	return slice_eq(n->name, SLICE("activity")) ? slice_trim(xml_text(arena, n)) : n->name;
}

static void take_activities(struct pdoc *doc, const struct xml_node *list, unsigned *best)
{
	const struct xml_node *n = xml_child(list, XML_ANY_NS, SLICE_NULL);

	doc->has_activities = true;
	for (; n; n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		unsigned rank, activity = activity_of_rpid(activity_name(doc->arena, n), &rank);

		if (!activity || rank >= *best)
			continue;
		*best = rank;
		doc->activity = activity;
	}
}

/* What the person does decides; else what is said in tuples. */
static void read_activities(struct pdoc *doc, const struct xml_node *top)
{
	unsigned best = UINT32_MAX;

	for (const struct xml_node *n = top; n; n = xml_below(n, top))
		if (xml_is(n, XML_ANY_NS, SLICE("activities")))
			take_activities(doc, n, &best);
}

/* ---- words ---- */

static struct slice note_below(struct pdoc *doc, const struct xml_node *n)
{
	return slice_trim(xml_text(doc->arena, xml_child(n, XML_ANY_NS, SLICE("note"))));
}

static void read_words(struct pdoc *doc, const struct xml_node *root)
{
	const struct xml_node *named = doc->person ? doc->person : root;

	doc->note = note_below(doc, doc->person);
	if (!doc->note.len)
		doc->note = note_below(doc, root);
	for (const struct pdoc_tuple *t = doc->tuples; t && !doc->note.len; t = t->next)
		doc->note = note_below(doc, t->node);
	for (const struct xml_node *n = named; n && !doc->display_name.len; n = xml_below(n, named))
		if (xml_is(n, XML_ANY_NS, SLICE("display-name")))
			doc->display_name = slice_trim(xml_text(doc->arena, n));
}

/* A document without any basic status is about a person who is there. */
static bool is_open(const struct pdoc *doc)
{
	bool any = false;

	for (const struct pdoc_tuple *t = doc->tuples; t; t = t->next) {
		if (t->is_open)
			return true;
		any |= t->has_basic;
	}
	return !any && doc->person;
}

int pdoc_read_pidf(struct pdoc *doc, const struct xml_node *root, const char **why)
{
	int err;

	if (!is_presence(root))
		return bad(why, "Not a presence element in the namespace of PIDF");
	if (!xml_attr(root, SLICE(""), SLICE("entity")).len)
		return bad(why, "The presence element names no entity");
	doc->kind = PDOC_PIDF;
	err = read_tuples(doc, root, why);
	if (err)
		return err;
	doc->person = xml_child(root, SLICE(MODEL_NS), SLICE("person"));
	doc->activity = ACTIVITY_ACTIVE;
	if (doc->person)
		read_activities(doc, doc->person);
	if (!doc->has_activities)
		read_activities(doc, root);
	read_words(doc, root);
	doc->availability = is_open(doc) ? AVAILABILITY_NEAR : 0;
	return 0;
}
