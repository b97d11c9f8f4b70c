/*
 * modules/xcap_server/path.c - see path.h: the document's part, and percent signs.
 */
#include "modules/xcap_server/path.h"

#include "utils/hex.h"
#include "utils/xml_write.h"

#include <errno.h>

bool xcap_is_xml_text(struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = xml_char_len((const unsigned char *)s.p + i, s.len - i);

		if (!n)
			return false;
		i += n;
	}
	return true;
}

int xcap_decode(struct arena *arena, struct slice raw, struct slice *out)
{
	char *to = arena_bytes(arena, raw.len + 1);
	size_t n = 0;

	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.p[i] != '%') {
			to[n++] = raw.p[i];
			continue;
		}
		if (raw.len - i < 3 ||
		    hex_decode((unsigned char *)to + n, 1, slice_of(raw.p + i + 1, 2)) != 0)
			return -EBADMSG;
		n++;
		i += 2;
	}
	*out = slice_of(to, n);
	return xcap_is_xml_text(*out) ? 0 : -EBADMSG;
}

/* ---- the document ---- */

/* One piece between slashes; what climbs or is empty leads nowhere. */
static int next_part(struct arena *arena, struct slice *rest, struct slice *out)
{
	int err = xcap_decode(arena, slice_split(rest, '/'), out);

	if (err)
		return err;
	return !out->len || slice_eq(*out, SLICE(".")) || slice_eq(*out, SLICE("..")) ? -ENOENT : 0;
}

static int document_parse(struct arena *arena, struct slice rest, struct xcap_path *out)
{
	struct slice tree;
	int err = next_part(arena, &rest, &out->auid);

	if (!err)
		err = next_part(arena, &rest, &tree);
	if (err)
		return err;
	out->is_global = slice_eq(tree, SLICE("global"));
	if (!out->is_global && !slice_eq(tree, SLICE("users")))
		return -ENOENT;
	if (!out->is_global)
		err = next_part(arena, &rest, &out->user);
	if (!err)
		err = next_part(arena, &rest, &out->document);
	return err ? err : rest.len ? -ENOENT : 0;
}

/* "~~" stands between the document and what is in it; some write the tildes as %7E. */
static struct slice cut_node(struct slice *document)
{
	static const struct slice marks[] = { SLICE_INIT("/~~/"), SLICE_INIT("/%7E%7E/"),
	    SLICE_INIT("/%7e%7e/") };
	struct slice all = *document;

	for (unsigned i = 0; i < 3; i++) {
		size_t at = slice_search(all, marks[i]);

		if (at < all.len) {
			*document = slice_first(all, at);
			return slice_skip(all, at + marks[i].len);
		}
	}
	return SLICE_NULL;
}

int xcap_path_parse(struct arena *arena, struct slice target, struct slice root,
    struct xcap_path *out)
{
	struct slice document = slice_first(target, slice_find(target, '?'));

	*out = (struct xcap_path){ .query = slice_skip(target, document.len + 1) };
	if (!slice_starts(document, root) || document.len == root.len ||
	    document.p[root.len] != '/')
		return -ENOENT;
	out->node = cut_node(&document);
	return document_parse(arena, slice_skip(document, root.len + 1), out);
}
