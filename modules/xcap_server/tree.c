/*
 * modules/xcap_server/tree.c - see tree.h.
 */
#include "modules/xcap_server/tree.h"

#include "utils/xml_write.h"

#include <errno.h>

/* ---- finding ---- */

static bool has_name(const struct xml_node *n, const struct xcap_step *s)
{
	return xml_is_element(n) && (!s->name.p || xml_is(n, s->ns, s->name));
}

struct xml_attr *xcap_attr(struct xml_node *n, struct slice ns, struct slice name)
{
	struct xml_attr *a = n->attrs;

	while (a && !(slice_eq(a->name, name) && slice_eq(a->ns, ns)))
		a = a->next;
	return a;
}

static bool has_value(struct xml_node *n, const struct xcap_step *s)
{
	struct xml_attr *a = s->attr_name.p ? xcap_attr(n, s->attr_ns, s->attr_name) : NULL;

	return !s->attr_name.p || (a && slice_eq(a->value, s->attr_value));
}

/* Among siblings: the only one that the step fits. */
static struct xml_node *one_step(struct xml_node *first, const struct xcap_step *s)
{
	struct xml_node *found = NULL;
	unsigned position = 0;

	for (struct xml_node *n = first; n; n = n->next) {
		if (!has_name(n, s))
			continue;
		position++;
		if ((s->position && position != s->position) || !has_value(n, s))
			continue;
		if (found)
			return NULL;
		found = n;
	}
	return found;
}

unsigned xcap_reach(struct xml_node *root, const struct xcap_step *steps, unsigned count)
{
	struct xml_node *level = root;
	unsigned i = 0;

	while (i < count) {
		struct xml_node *n = one_step(level, &steps[i]);

		if (!n)
			return i;
		level = n->children;
		i++;
	}
	return i;
}

struct xml_node *xcap_select(struct xml_node *root, const struct xcap_step *steps, unsigned count)
{
	struct xml_node *n = NULL, *level = root;

	for (unsigned i = 0; i < count; i++) {
		n = one_step(level, &steps[i]);
		if (!n)
			return NULL;
		level = n->children;
	}
	return n;
}

/* ---- the element that was sent ---- */

static bool declares_above(const struct xml_node *at, const struct xml_node *from,
    struct slice prefix)
{
	for (const struct xml_node *n = from; n != at; n = n->parent)
		for (const struct xml_decl *d = n->decls; d; d = d->next)
			if (slice_eq(d->prefix, prefix))
				return true;
	return false;
}

/* Each prefix once: the nearest declaration counts. */
static void write_scope(struct buf *b, const struct xml_node *at)
{
	for (const struct xml_node *n = at; n; n = n->parent)
		for (const struct xml_decl *d = n->decls; d; d = d->next) {
			if (declares_above(n, at, d->prefix))
				continue;
			buf_put(b, d->prefix.len ? SLICE(" xmlns:") : SLICE(" xmlns"));
			buf_put(b, d->prefix);
			buf_put(b, SLICE("=\""));
			xml_escape(b, d->ns);
			buf_put_char(b, '"');
		}
}

static struct xml_node *only_element(struct xml_node *wrap)
{
	struct xml_node *found = NULL;

	for (struct xml_node *n = wrap->children; n; n = n->next) {
		if (!xml_is_element(n)) {
			if (slice_trim(n->text).len)
				return NULL;
			continue;
		}
		if (found)
			return NULL;
		found = n;
	}
	return found;
}

/* A fragment is read as if it stood where it is to go: inside an element that declares what
 * counts there. */
static int read_fragment(struct arena *arena, const struct xml_node *parent, struct slice body,
    const struct xml_limits *limits, struct xml_node **out, struct xcap_error *e)
{
	struct xml_limits with_wrap = { limits->bytes + 65536, limits->depth, limits->nodes };
	struct xml_defect why = { "not one element", 0 };
	struct buf *b = buf_new(body.len + 512);
	struct xml_node *wrap;
	int err = -ENOMEM;

	if (!b)
		return err;
	buf_put(b, SLICE("<in"));
	write_scope(b, parent);
	buf_put_char(b, '>');
	buf_put(b, body);
	buf_put(b, SLICE("</in>"));
	if (!b->failed)
		err = xml_read(arena, buf_slice(b), &with_wrap, &wrap, &why);
	buf_unref(&b);
	if (err == -ENOMEM)
		return err;
	*out = err ? NULL : only_element(wrap);
	if (*out)
		return 0;
	xcap_refuse(e, XCAP_NOT_XML_FRAG, "%s", why.reason);
	return -EBADMSG;
}

/* ---- changing ---- */

/* The link that points to n; NULL if it is none of these. */
static struct xml_node **link_of(struct xml_node **first, const struct xml_node *n)
{
	while (*first && *first != n)
		first = &(*first)->next;
	return *first ? first : NULL;
}

/* Before which sibling a new element of this step goes: at its position, else behind the last
 * of its name, else at the end (RFC 4825 8.2.3). NULL: no element can get that position. */
static struct xml_node **place_for(struct xml_node *parent, const struct xcap_step *s)
{
	struct xml_node **last = NULL, **at = &parent->children;
	unsigned position = 0;

	for (; *at; at = &(*at)->next) {
		if (!has_name(*at, s))
			continue;
		if (++position == s->position)
			return at;
		last = &(*at)->next;
	}
	if (s->position && s->position != position + 1)
		return NULL;
	return last ? last : at;
}

static bool insert(struct xml_node *parent, const struct xcap_step *s, struct xml_node *fresh)
{
	struct xml_node **at = place_for(parent, s);

	if (!at)
		return false;
	fresh->parent = parent;
	fresh->next = *at;
	*at = fresh;
	return true;
}

static enum xcap_tree put_element(struct arena *arena, struct xml_node **root,
    const struct xcap_node *where, struct slice body, const struct xml_limits *limits,
    struct xcap_error *e)
{
	struct xml_node *old = xcap_select(*root, where->steps, where->count), *fresh;
	struct xml_node *parent = old ? old->parent :
	    xcap_select(*root, where->steps, where->count - 1);
	int err = read_fragment(arena, parent, body, limits, &fresh, e);

	if (err)
		return err == -ENOMEM ? XCAP_TREE_NO_MEMORY : XCAP_TREE_REFUSED;
	if (old) {
		struct xml_node **at = parent ? link_of(&parent->children, old) : root;

		fresh->parent = parent;
		fresh->next = old->next;
		*at = fresh;
	}
	if ((old || insert(parent, &where->steps[where->count - 1], fresh)) &&
	    xcap_select(*root, where->steps, where->count) == fresh)
		return old ? XCAP_TREE_REPLACED : XCAP_TREE_CREATED;
	xcap_refuse(e, XCAP_CANNOT_INSERT, "the selector would not lead to this element");
	return XCAP_TREE_REFUSED;
}

/* A value as it stands between quotes: read it as one. */
static int read_value(struct arena *arena, struct slice body, struct slice *out)
{
	static const struct xml_limits limits = { 65536, 1, 3 };
	char quote = slice_find(body, '"') < body.len ? '\'' : '"';
	struct buf *b = buf_new(body.len + 16);
	struct xml_defect why;
	struct xml_node *n;
	int err = -ENOMEM;

	if (!b)
		return err;
	buf_put(b, SLICE("<a b="));
	buf_put_char(b, quote);
	buf_put(b, body);
	buf_put_char(b, quote);
	buf_put(b, SLICE("/>"));
	if (!b->failed)
		err = slice_find(body, quote) < body.len ? -EBADMSG :
		    xml_read(arena, buf_slice(b), &limits, &n, &why);
	buf_unref(&b);
	if (!err)
		*out = n->attrs->value;
	return err;
}

static enum xcap_tree put_attribute(struct arena *arena, struct xml_node *root,
    const struct xcap_node *where, struct slice body, struct xcap_error *e)
{
	struct xml_node *n = xcap_select(root, where->steps, where->count);
	struct xml_attr *a = xcap_attr(n, where->attr_ns, where->attr_name);
	bool is_new = !a;
	struct slice value;
	int err = read_value(arena, body, &value);

	if (err && err != -ENOMEM)
		xcap_refuse(e, XCAP_NOT_XML_ATT_VALUE, "no value of an attribute");
	if (!a && !err)
		a = arena_zalloc(arena, sizeof(*a));
	if (err || !a)
		return err && err != -ENOMEM ? XCAP_TREE_REFUSED : XCAP_TREE_NO_MEMORY;
	a->value = value;
	if (is_new && where->attr_ns.len) {
		xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "no attributes of other namespaces are kept");
		return XCAP_TREE_REFUSED;
	}
	if (is_new) {
		a->prefix = a->ns = SLICE("");
		a->name = where->attr_name;
		a->next = n->attrs;
		n->attrs = a;
	}
	/* The steps may ask for this very attribute. */
	if (xcap_select(root, where->steps, where->count) == n)
		return is_new ? XCAP_TREE_CREATED : XCAP_TREE_REPLACED;
	xcap_refuse(e, XCAP_CANNOT_INSERT, "the selector would not lead to this attribute");
	return XCAP_TREE_REFUSED;
}

enum xcap_tree xcap_put(struct arena *arena, struct xml_node **root, const struct xcap_node *where,
    struct slice body, const struct xml_limits *limits, struct xcap_error *e)
{
	unsigned parents = where->count - (where->target == XCAP_ELEMENT);

	if (xcap_reach(*root, where->steps, parents) < parents ||
	    (!parents && !xcap_select(*root, where->steps, 1))) {
		xcap_refuse(e, XCAP_NO_PARENT, "there is nothing to put it in");
		return XCAP_TREE_REFUSED;
	}
	if (!xcap_is_xml_text(body)) {
		xcap_refuse(e, XCAP_NOT_UTF_8, "not UTF-8");
		return XCAP_TREE_REFUSED;
	}
	return where->target == XCAP_ELEMENT ? put_element(arena, root, where, body, limits, e) :
	    put_attribute(arena, *root, where, body, e);
}

static enum xcap_tree delete_attribute(struct xml_node *n, const struct xcap_node *where)
{
	struct xml_attr *gone = xcap_attr(n, where->attr_ns, where->attr_name);
	struct xml_attr **at = &n->attrs;

	if (!gone)
		return XCAP_TREE_ABSENT;
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	return XCAP_TREE_DELETED;
}

enum xcap_tree xcap_delete(struct xml_node *root, const struct xcap_node *where,
    struct xcap_error *e)
{
	struct xml_node *n = xcap_select(root, where->steps, where->count);

	if (!n)
		return XCAP_TREE_ABSENT;
	if (where->target == XCAP_ATTRIBUTE)
		return delete_attribute(n, where);
	if (n->parent) {
		*link_of(&n->parent->children, n) = n->next;
		if (!xcap_select(root, where->steps, where->count))
			return XCAP_TREE_DELETED;
	}
	xcap_refuse(e, XCAP_CANNOT_DELETE, n->parent ? "the selector would lead to another element" :
	    "a document has a root: delete the document");
	return XCAP_TREE_REFUSED;
}

/* ---- writing ---- */

void xcap_write_document(struct buf *b, const struct xml_node *root)
{
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_write_head(&w);
	xml_put_node(&w, root, SLICE(""));
}

static void write_namespaces(struct buf *b, const struct xml_node *n)
{
	buf_put_char(b, '<');
	if (n->prefix.len) {
		buf_put(b, n->prefix);
		buf_put_char(b, ':');
	}
	buf_put(b, n->name);
	write_scope(b, n);
	buf_put(b, SLICE("/>"));
}

bool xcap_write_piece(struct buf *b, struct xml_node *n, const struct xcap_node *where)
{
	struct xml_writer w;
	struct xml_attr *a;

	if (where->target == XCAP_NAMESPACES) {
		write_namespaces(b, n);
	} else if (where->target == XCAP_ATTRIBUTE) {
		a = xcap_attr(n, where->attr_ns, where->attr_name);
		if (a)
			xml_escape(b, a->value);
		return a != NULL;
	} else {
		struct slice outer = n->parent ? xml_ns_of(n->parent, SLICE("")) : SLICE("");

		xml_write_init(&w, b);
		xml_put_node(&w, n, outer);
	}
	return true;
}
