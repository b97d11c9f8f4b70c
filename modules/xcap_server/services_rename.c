/*
 * modules/xcap_server/services_rename.c - a rls-services document when a user gets another
 * address: his own services are called by the new one, entries that name him as well. Pure.
 */
#include "modules/xcap_server/services.h"

#include <errno.h>

struct renaming { struct arena *arena; struct slice from, to; unsigned changes; };

struct slice xcap_aor_of(struct arena *arena, struct slice uri)
{
	struct sip_uri parsed;

	if (sip_uri_parse(uri, &parsed, NULL) != 0 || !parsed.user.len ||
	    (parsed.scheme != URI_SIP && parsed.scheme != URI_SIPS))
		return SLICE_NULL;
	return sip_uri_aor(arena, &parsed);
}

bool xcap_is_service_of(struct slice service, struct slice owner)
{
	size_t name = slice_find(owner, '@');

	return service.len > owner.len + 1 && service.p[name] == '-' &&
	    slice_eq_nocase(slice_first(service, name), slice_first(owner, name)) &&
	    slice_eq_nocase(slice_skip(service, slice_find(service, '@')),
	        slice_skip(owner, name));
}

/* sip:alice-work@example.com: "-work" stays. */
static struct slice new_address(const struct renaming *r, struct slice aor)
{
	size_t was = slice_find(r->from, '@'), is = slice_find(r->to, '@');
	struct slice rest = slice_first(slice_skip(aor, was), slice_find(aor, '@') - was);

	return arena_printf(r->arena, "%.*s%.*s%.*s", SLICE_ARG(slice_first(r->to, is)),
	    SLICE_ARG(rest), SLICE_ARG(slice_skip(r->to, is)));
}

static int rename_uri(struct renaming *r, struct xml_node *n, bool is_service)
{
	struct xml_attr *a = n->attrs;
	struct slice aor;

	while (a && !(slice_eq(a->name, SLICE("uri")) && !a->ns.len))
		a = a->next;
	aor = a ? xcap_aor_of(r->arena, slice_trim(a->value)) : SLICE_NULL;
	if (!aor.p || !(is_service ? xcap_is_service_of(aor, r->from) :
	    slice_eq_nocase(aor, r->from)))
		return 0;
	aor = is_service ? new_address(r, aor) : r->to;
	aor = aor.p ? arena_printf(r->arena, "sip:%.*s", SLICE_ARG(aor)) : aor;
	a->value = aor;
	r->changes++;
	return aor.p ? 0 : -ENOMEM;
}

/* ".../resource-lists/users/sip:alice@example.com/index/~~/…": it is one of his own lists. */
static int rename_reference(struct renaming *r, struct xml_node *n)
{
	static const struct slice mark = SLICE_INIT("/resource-lists/users/");
	struct slice text = xml_text(r->arena, n);
	size_t at = slice_search(text, mark) + mark.len;

	if (!text.p)
		return -ENOMEM;
	if (at > text.len || !n->children)
		return 0;
	n->children->next = NULL;
	n->children->text = arena_printf(r->arena, "%.*ssip:%.*s%.*s",
	    SLICE_ARG(slice_first(text, at)), SLICE_ARG(r->to),
	    SLICE_ARG(slice_skip(text, at + slice_find(slice_skip(text, at), '/'))));
	r->changes++;
	return n->children->text.p ? 0 : -ENOMEM;
}

static int rename_element(struct renaming *r, struct xml_node *n, bool is_own)
{
	if (xml_is(n, XCAP_LISTS_NS, SLICE("entry")))
		return rename_uri(r, n, false);
	if (is_own && xml_is(n, XCAP_SERVICES_NS, SLICE("service")))
		return rename_uri(r, n, true);
	if (is_own && xml_is(n, XCAP_SERVICES_NS, SLICE("resource-list")))
		return rename_reference(r, n);
	return 0;
}

int xcap_services_rename(struct arena *arena, struct slice text, struct slice owner,
    struct slice from, struct slice to, struct slice *out)
{
	const struct xml_limits limits = { text.len + 1, 24, 16384 };
	struct renaming r = { arena, from, to, 0 };
	bool is_own = slice_eq_nocase(owner, from);
	struct xml_defect why;
	struct xml_node *root;
	struct buf *b;
	int err = xml_read(arena, text, &limits, &root, &why);

	for (const struct xml_node *n = err ? NULL : root; n && !err; n = xml_below(n, root))
		if (xml_is_element(n))
			err = rename_element(&r, (struct xml_node *)(uintptr_t)n, is_own);
	if (err || !r.changes)
		return err;
	b = buf_new(text.len + 512);
	if (!b)
		return -ENOMEM;
	xcap_write_document(b, root);
	*out = b->failed ? SLICE_NULL : arena_dup(arena, buf_slice(b));
	buf_unref(&b);
	return out->p ? (int)r.changes : -ENOMEM;
}
