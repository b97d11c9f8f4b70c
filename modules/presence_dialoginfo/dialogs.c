/*
 * modules/presence_dialoginfo/dialogs.c - what phones say about their calls, in one document.
 */
#include "modules/presence_dialoginfo/dialogs.h"

#include "utils/xml_write.h"

#include <errno.h>

#define NS "urn:ietf:params:xml:ns:dialog-info"

static int bad(const char **why, const char *words)
{
	*why = words;
	return -EBADMSG;
}

static bool is_state(struct slice s)
{
	static const char *const states[] = { "trying", "proceeding", "early", "confirmed",
	    "terminated" };

	for (unsigned i = 0; i < 5; i++)
		if (slice_eq(s, slice_str(states[i])))
			return true;
	return false;
}

static int check_dialog(struct arena *arena, const struct xml_node *dialog, const char **why)
{
	const struct xml_node *state = xml_child(dialog, SLICE(NS), SLICE("state"));

	if (!xml_attr(dialog, SLICE(""), SLICE("id")).len)
		return bad(why, "A dialog has no id");
	if (!is_state(slice_trim(xml_text(arena, state))))
		return bad(why, "A dialog is in no state that RFC 4235 knows");
	return 0;
}

static int check(struct arena *arena, const struct xml_node *root, const char **why)
{
	const struct xml_node *n;
	int err = 0;

	if (!xml_is(root, SLICE(NS), SLICE("dialog-info")))
		return bad(why, "Not a dialog-info element in its namespace");
	if (!xml_attr(root, SLICE(""), SLICE("entity")).len)
		return bad(why, "The dialog-info element names no entity");
	/* A part of what was said before: to whom it was said is not known here. */
	if (!slice_eq(xml_attr(root, SLICE(""), SLICE("state")), SLICE("full")))
		return bad(why, "Only full state can be published");
	n = xml_child(root, SLICE(NS), SLICE("dialog"));
	for (; n && !err; n = xml_next(n, SLICE(NS), SLICE("dialog")))
		err = check_dialog(arena, n, why);
	return err;
}

static int read_xml(struct dialogs *d, struct slice body, const struct xml_limits *limits,
    const char **why)
{
	struct xml_defect defect;
	struct xml_node *root;
	int err = xml_read(d->arena, body, limits, &root, &defect);

	if (err == -E2BIG)
		*why = "The XML is too long, too deep or has too many elements";
	else if (err == -EBADMSG)
		*why = "The XML is not well-formed UTF-8 without a document type";
	if (err)
		return err;
	d->root = root;
	return check(d->arena, root, why);
}

int dialogs_read(struct slice body, const struct xml_limits *limits, struct dialogs **out,
    const char **why)
{
	struct arena *arena = arena_new(0);
	struct dialogs *d = arena ? arena_zalloc(arena, sizeof(*d)) : NULL;
	int err;

	if (!d) {
		arena_free(&arena);
		return -ENOMEM;
	}
	d->arena = arena;
	err = read_xml(d, body, limits, why);
	if (err)
		dialogs_free(&d);
	else
		*out = d;
	return err;
}

void dialogs_free(struct dialogs **d)
{
	struct arena *arena = *d ? (*d)->arena : NULL;

	*d = NULL;
	arena_free(&arena);
}

/* ---- writing ---- */

void dialogs_begin(struct buf *out, struct slice aor, uint32_t version)
{
	buf_put(out, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<dialog-info xmlns=\"" NS
	    "\" version=\""));
	buf_put_u64(out, version);
	buf_put(out, SLICE("\" state=\"full\" entity=\"sip:"));
	xml_escape(out, aor);
	buf_put(out, SLICE("\">"));
}

/* The source's place keeps ids of several phones apart, and the same from notice to notice
 * as long as no source before it goes. */
static void put_attrs(struct xml_writer *w, const struct xml_node *n, unsigned place)
{
	for (const struct xml_attr *a = n->attrs; a; a = a->next) {
		static const char *const known[] = { "call-id", "local-tag", "remote-tag", "direction" };

		for (unsigned i = 0; i < 4 && !a->ns.len; i++)
			if (slice_eq(a->name, slice_str(known[i])))
				xml_put_attr(w, known[i], a->value);
	}
	buf_put(w->out, SLICE(" id=\""));
	xml_escape(w->out, xml_attr(n, SLICE(""), SLICE("id")));
	buf_put_char(w->out, '.');
	buf_put_u64(w->out, place);
	buf_put_char(w->out, '"');
}

void dialogs_put(struct buf *out, const struct dialogs *d, unsigned place)
{
	const struct xml_node *n = xml_child(d->root, SLICE(NS), SLICE("dialog"));
	struct xml_writer w;

	xml_write_init(&w, out);
	for (; n; n = xml_next(n, SLICE(NS), SLICE("dialog"))) {
		xml_begin(&w, "dialog");
		put_attrs(&w, n, place);
		for (const struct xml_node *c = n->children; c; c = c->next)
			if (xml_is_element(c))
				xml_put_node(&w, c, SLICE(NS));
		xml_end(&w);
	}
}

void dialogs_end(struct buf *out)
{
	buf_put(out, SLICE("</dialog-info>\r\n"));
}
