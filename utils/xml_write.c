/*
 * utils/xml_write.c - tags, escapes, and pieces of documents that were read.
 */
#include "utils/xml_write.h"

void xml_write_init(struct xml_writer *w, struct buf *out)
{
	*w = (struct xml_writer){ .out = out };
}

/* ---- characters ---- */

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t xml_char_len(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t code;

	if (s[0] < 0x80)
		return s[0] >= 0x20 || s[0] == '\t' || s[0] == '\n' || s[0] == '\r';
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
		return 0;
	code = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s[i]))
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ||
	    code == 0xfffe || code == 0xffff)
		return 0;
	return n;
}

#define REPLACEMENT SLICE("\xef\xbf\xbd")

/* What stands for an ASCII character; empty: itself. Blanks but the space would be changed
 * by who reads an attribute, so they are references; in content only the return would be. */
static struct slice escape_of(unsigned char c, bool in_content)
{
	if (in_content && (c == '\t' || c == '\n' || c == '"'))
		return SLICE("");
	switch (c) {
	case '&':  return SLICE("&amp;");
	case '<':  return SLICE("&lt;");
	case '>':  return SLICE("&gt;");
	case '"':  return SLICE("&quot;");
	case '\t': return SLICE("&#9;");
	case '\n': return SLICE("&#10;");
	case '\r': return SLICE("&#13;");
	default:   return c < 0x20 ? REPLACEMENT : SLICE("");
	}
}

static void escape(struct buf *out, struct slice text, bool in_content)
{
	const unsigned char *s = (const unsigned char *)text.p;
	size_t from = 0, i = 0;

	while (i < text.len) {
		size_t n = s[i] < 0x80 ? 1 : xml_char_len(s + i, text.len - i);
		struct slice instead = s[i] < 0x80 ? escape_of(s[i], in_content) : n ? SLICE("") : REPLACEMENT;

		if (instead.len) {
			buf_put(out, slice_of(text.p + from, i - from));
			buf_put(out, instead);
			from = i + (n ? n : 1);
		}
		i += n ? n : 1;
	}
	if (text.len > from)
		buf_put(out, slice_of(text.p + from, text.len - from));
}

void xml_escape(struct buf *out, struct slice text)
{
	escape(out, text, false);
}

/* ---- elements ---- */

static void close_tag(struct xml_writer *w)
{
	if (w->in_tag)
		buf_put_char(w->out, '>');
	w->in_tag = false;
}

void xml_write_head(struct xml_writer *w)
{
	buf_put(w->out, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"));
}

void xml_begin(struct xml_writer *w, const char *name)
{
	close_tag(w);
	if (w->depth < XML_WRITE_DEPTH)
		w->open[w->depth] = name;
	else
		w->out->failed = true;
	w->depth++;
	buf_put_char(w->out, '<');
	buf_put(w->out, slice_str(name));
	w->in_tag = true;
}

void xml_end(struct xml_writer *w)
{
	if (!w->depth)
		return;
	w->depth--;
	if (w->in_tag) {
		buf_put(w->out, SLICE("/>"));
	} else if (w->depth < XML_WRITE_DEPTH) {
		buf_put(w->out, SLICE("</"));
		buf_put(w->out, slice_str(w->open[w->depth]));
		buf_put_char(w->out, '>');
	}
	w->in_tag = false;
}

static void put_pair(struct buf *out, struct slice prefix, struct slice name, struct slice value)
{
	buf_put_char(out, ' ');
	if (prefix.len) {
		buf_put(out, prefix);
		buf_put_char(out, ':');
	}
	buf_put(out, name);
	buf_put(out, SLICE("=\""));
	xml_escape(out, value);
	buf_put_char(out, '"');
}

void xml_put_attr(struct xml_writer *w, const char *name, struct slice value)
{
	put_pair(w->out, SLICE(""), slice_str(name), value);
}

void xml_put_attr_pair(struct xml_writer *w, const char *name, struct slice first,
    struct slice second)
{
	buf_put_char(w->out, ' ');
	buf_put(w->out, slice_str(name));
	buf_put(w->out, SLICE("=\""));
	xml_escape(w->out, first);
	xml_escape(w->out, second);
	buf_put_char(w->out, '"');
}

void xml_put_attr_u64(struct xml_writer *w, const char *name, uint64_t value)
{
	buf_put_char(w->out, ' ');
	buf_put(w->out, slice_str(name));
	buf_put(w->out, SLICE("=\""));
	buf_put_u64(w->out, value);
	buf_put_char(w->out, '"');
}

void xml_put_text(struct xml_writer *w, struct slice text)
{
	if (!text.len)
		return;
	close_tag(w);
	xml_escape(w->out, text);
}

void xml_put_leaf(struct xml_writer *w, const char *name, struct slice text)
{
	xml_begin(w, name);
	xml_put_text(w, text);
	xml_end(w);
}

void xml_put_raw(struct xml_writer *w, struct slice xml)
{
	if (!xml.len)
		return;
	close_tag(w);
	buf_put(w->out, xml);
}

/* ---- pieces of what was read ---- */

struct piece {
	struct buf            *out;
	const struct xml_node *top;		/* its own parent is not written */
	struct slice           default_ns;
};

/* Declarations that this element writes: its own, or one that was added. */
static bool declares(const struct piece *p, const struct xml_node *n, struct slice prefix,
    struct slice ns, bool *other);

/* Is prefix bound to ns in what has been written, at n's parent? */
static bool is_bound(const struct piece *p, const struct xml_node *n, struct slice prefix,
    struct slice ns)
{
	bool other = false;

	while (n != p->top) {
		n = n->parent;
		if (declares(p, n, prefix, ns, &other))
			return true;
		if (other)
			return false;
	}
	return !prefix.len && slice_eq(p->default_ns, ns);
}

static bool uses(const struct xml_node *n, struct slice prefix)
{
	if (slice_eq(n->prefix, prefix))
		return true;
	if (!prefix.len)		/* an attribute without prefix has no namespace */
		return false;
	for (const struct xml_attr *a = n->attrs; a; a = a->next)
		if (slice_eq(a->prefix, prefix))
			return true;
	return false;
}

/* One prefix means one thing at one element, so whoever uses it had it declared there. */
static bool declares(const struct piece *p, const struct xml_node *n, struct slice prefix,
    struct slice ns, bool *other)
{
	for (const struct xml_decl *d = n->decls; d; d = d->next) {
		if (!slice_eq(d->prefix, prefix))
			continue;
		*other = !slice_eq(d->ns, ns);
		return !*other;
	}
	(void)p;
	return uses(n, prefix) && slice_eq(prefix.len ? xml_ns_of(n, prefix) : n->ns, ns);
}

static bool has_own_decl(const struct xml_node *n, struct slice prefix)
{
	for (const struct xml_decl *d = n->decls; d; d = d->next)
		if (slice_eq(d->prefix, prefix))
			return true;
	return false;
}

static bool is_before(const struct xml_node *n, const struct xml_attr *last, struct slice prefix)
{
	if (slice_eq(n->prefix, prefix))
		return true;
	for (const struct xml_attr *a = n->attrs; a != last; a = a->next)
		if (slice_eq(a->prefix, prefix))
			return true;
	return false;
}

static void declare(struct buf *out, struct slice prefix, struct slice ns)
{
	if (prefix.len)
		put_pair(out, SLICE("xmlns"), prefix, ns);
	else
		put_pair(out, SLICE(""), SLICE("xmlns"), ns);
}

static void declare_if_needed(const struct piece *p, const struct xml_node *n, struct slice prefix,
    struct slice ns)
{
	if (slice_eq(prefix, SLICE("xml")) || has_own_decl(n, prefix) || is_bound(p, n, prefix, ns))
		return;
	declare(p->out, prefix, ns);
}

static void put_name(struct buf *out, const struct xml_node *n)
{
	if (n->prefix.len) {
		buf_put(out, n->prefix);
		buf_put_char(out, ':');
	}
	buf_put(out, n->name);
}

static void put_begin(const struct piece *p, const struct xml_node *n)
{
	buf_put_char(p->out, '<');
	put_name(p->out, n);
	for (const struct xml_decl *d = n->decls; d; d = d->next)
		declare(p->out, d->prefix, d->ns);
	declare_if_needed(p, n, n->prefix, n->ns);
	for (const struct xml_attr *a = n->attrs; a; a = a->next) {
		if (a->prefix.len && !is_before(n, a, a->prefix))
			declare_if_needed(p, n, a->prefix, a->ns);
		put_pair(p->out, a->prefix, a->name, a->value);
	}
	buf_put(p->out, n->children ? SLICE(">") : SLICE("/>"));
}

static void put_end(const struct piece *p, const struct xml_node *n)
{
	buf_put(p->out, SLICE("</"));
	put_name(p->out, n);
	buf_put_char(p->out, '>');
}

static void put_one(const struct piece *p, const struct xml_node *n)
{
	if (xml_is_element(n))
		put_begin(p, n);
	else
		escape(p->out, n->text, true);
}

void xml_put_node(struct xml_writer *w, const struct xml_node *node, struct slice default_ns)
{
	const struct piece p = { w->out, node, default_ns };
	const struct xml_node *n = node;

	close_tag(w);
	for (;;) {
		put_one(&p, n);
		if (n->children) {
			n = n->children;
			continue;
		}
		while (n != node && !n->next) {
			n = n->parent;
			put_end(&p, n);
		}
		if (n == node)
			return;
		n = n->next;
	}
}
