/*
 * modules/presence_xml/read_lcs.c - setPresence of LCS clients: an endpoint's state, and what
 * belongs to the user.
 *
 * Attributes are prefixed in requests and bare in documents, and clients differ in the
 * namespaces of elements; so names alone are compared here, as clients do.
 */
#include "modules/presence_xml/doc.h"

#include "utils/xml_write.h"

#include <errno.h>

#define NUMBER_MAX 999u

static int bad(const char **why, const char *words)
{
	*why = words;
	return -EBADMSG;
}

static int read_number(const struct xml_node *n, unsigned *out)
{
	uint32_t v;

	if (slice_to_u32(slice_trim(xml_attr(n, XML_ANY_NS, SLICE("aggregate"))), &v) != 0 ||
	    v > NUMBER_MAX)
		return -EBADMSG;
	*out = v;
	return 0;
}

static bool is_ours(const struct xml_node *n)
{
	return slice_eq(n->name, SLICE("availability")) || slice_eq(n->name, SLICE("activity")) ||
	    slice_eq(n->name, SLICE("userInfo"));
}

static struct slice taken(struct arena *arena, struct buf **b)
{
	struct slice s = (*b)->failed ? SLICE_NULL : (*b)->len ? arena_dup(arena, buf_slice(*b)) :
	    SLICE("");

	buf_unref(b);
	return s;
}

/* What the server does not know is passed on as it came. */
static int keep_device(struct pdoc *doc, const struct xml_node *root, size_t limit, const char **why)
{
	struct buf *b = buf_new(512);
	const struct xml_node *n = xml_child(root, XML_ANY_NS, SLICE_NULL);
	struct xml_writer w;

	if (!b)
		return -ENOMEM;
	xml_write_init(&w, b);
	for (; n; n = xml_next(n, XML_ANY_NS, SLICE_NULL))
		if (!is_ours(n))
			xml_put_node(&w, n, SLICE(LCS_NS));
	if (b->len > limit) {
		buf_unref(&b);
		*why = "The state of the device is too long";
		return -E2BIG;
	}
	doc->device = taken(doc->arena, &b);
	return doc->device.p ? 0 : -ENOMEM;
}

/* ---- userInfo ---- */

static size_t count_chars(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* The first state says what the user wants to be; nil: nothing. */
static unsigned scale_in(const struct xml_node *user_info)
{
	const struct xml_node *states = xml_child(user_info, XML_ANY_NS, SLICE("states"));
	const struct xml_node *state = xml_child(states, XML_ANY_NS, SLICE("state"));
	bool nil;
	uint32_t v;

	if (xml_bool(xml_attr(state, XML_ANY_NS, SLICE("nil")), &nil) == 0 && nil)
		return SCALE_NONE;
	if (slice_to_u32(slice_trim(xml_attr(state, XML_ANY_NS, SLICE("avail"))), &v) != 0)
		return SCALE_NONE;
	return v;
}

static int read_info(struct pdoc *doc, const struct xml_node *element,
    const struct pdoc_limits *limits, const char **why)
{
	struct buf *b = buf_new(512);
	struct puser_info *info = &doc->info;
	struct xml_writer w;

	if (!b)
		return -ENOMEM;
	xml_write_init(&w, b);
	xml_put_node(&w, element, SLICE(LCS_NS));
	info->xml = taken(doc->arena, &b);
	if (!info->xml.p)
		return -ENOMEM;
	if (count_chars(info->xml) > limits->user_info_chars) {
		*why = "userInfo is too long";
		return -E2BIG;
	}
	info->note = slice_trim(xml_text(doc->arena, xml_child(element, XML_ANY_NS, SLICE("note"))));
	info->scale = scale_in(element);
	return 0;
}

int pdoc_read_user_info(struct pdoc *doc, const struct xml_node *root,
    const struct pdoc_limits *limits, const char **why)
{
	doc->kind = PDOC_USER_INFO;
	if (!slice_eq(root->name, SLICE("userInfo")))
		return bad(why, "Not a userInfo element");
	return read_info(doc, root, limits, why);
}

int pdoc_read_lcs(struct pdoc *doc, const struct xml_node *root,
    const struct pdoc_limits *limits, const char **why)
{
	const struct xml_node *availability = xml_child(root, XML_ANY_NS, SLICE("availability"));
	const struct xml_node *activity = xml_child(root, XML_ANY_NS, SLICE("activity"));
	const struct xml_node *user_info = xml_child(root, XML_ANY_NS, SLICE("userInfo"));
	int err = 0;

	doc->kind = PDOC_LCS;
	if (!slice_eq(root->name, SLICE("presentity")))
		return bad(why, "Not a presentity element");
	if (read_number(availability, &doc->availability) != 0)
		return bad(why, "The availability is no number from 0 to 999");
	if (read_number(activity, &doc->activity) != 0)
		return bad(why, "The activity is no number from 0 to 999");
	doc->availability_text = xml_attr(availability, XML_ANY_NS, SLICE("description"));
	doc->activity_text = xml_attr(activity, XML_ANY_NS, SLICE("description"));
	doc->note = xml_attr(activity, XML_ANY_NS, SLICE("note"));
	if (user_info)
		err = read_info(doc, user_info, limits, why);
	return err ? err : keep_device(doc, root, limits->device_bytes, why);
}
