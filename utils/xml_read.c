/*
 * utils/xml_read.c - libxml2's events become a tree of ours.
 *
 * Its own tree would bring entities and a document type along, which nothing here shall
 * have; and slices in an arena are what the rest of the server works with.
 */
#include "utils/xml_read.h"

#include "utils/buf.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>

#define DEPTH_MAX 200u			/* libxml2's own limit is 256 */

struct reading {
	struct arena            *arena;
	const struct xml_limits *limits;
	xmlParserCtxtPtr         parser;
	struct xml_node         *root, *here;		/* here: the open element */
	struct xml_node        **end;			/* where the next child goes */
	struct xml_node        **ends[DEPTH_MAX + 1];	/* of the open elements above */
	struct buf              *text;			/* gathered since the last tag */
	unsigned                 depth, nodes;
	int                      err;
	struct xml_defect       *why;
};

void xml_read_init(void)
{
	xmlInitParser();
}

/* ---- what is wrong ---- */

static char printable(char c)
{
	return c >= 0x20 && c < 0x7f ? c : '?';
}

static void say(struct xml_defect *why, struct slice reason, unsigned line)
{
	size_t n = reason.len < sizeof(why->reason) - 1 ? reason.len : sizeof(why->reason) - 1;

	for (size_t i = 0; i < n; i++)
		why->reason[i] = printable(reason.p[i]);
	why->reason[n] = '\0';
	why->line = line;
}

/* The first thing that is wrong ends the reading. */
static void stop(struct reading *r, int err, struct slice reason)
{
	if (!r->err) {
		r->err = err;
		say(r->why, reason, (unsigned)xmlSAX2GetLineNumber(r->parser));
	}
	xmlStopParser(r->parser);
}

static bool another(struct reading *r)
{
	if (++r->nodes > r->limits->nodes)
		stop(r, -E2BIG, SLICE("too many elements and attributes"));
	return !r->err;
}

static void *take(struct reading *r, size_t size)
{
	void *p = another(r) ? arena_zalloc(r->arena, size) : NULL;

	if (!p && !r->err)
		stop(r, -ENOMEM, SLICE("no memory"));
	return p;
}

static struct slice keep(struct reading *r, struct slice s)
{
	struct slice copy = s.len ? arena_dup(r->arena, s) : SLICE("");

	if (!copy.p)
		stop(r, -ENOMEM, SLICE("no memory"));
	return copy;
}

static struct slice keep_name(struct reading *r, const xmlChar *s)
{
	return keep(r, s ? slice_str((const char *)s) : SLICE(""));
}

/* ---- events ---- */

static void append(struct reading *r, struct xml_node *node)
{
	node->parent = r->here;
	*r->end = node;
	r->end = &node->next;
}

/* libxml2 gives text in pieces as it pleases; one stretch is one node. */
static void end_text(struct reading *r)
{
	struct xml_node *node;

	if (!r->text->len || !r->here || r->err)
		return;
	node = take(r, sizeof(*node));
	if (!node)
		return;
	node->text = keep(r, buf_slice(r->text));
	append(r, node);
	buf_clear(r->text);
}

static void on_text(void *arg, const xmlChar *s, int len)
{
	struct reading *r = arg;

	buf_put(r->text, slice_of((const char *)s, (size_t)len));
	if (r->text->failed)
		stop(r, -ENOMEM, SLICE("no memory"));
}

static void add_decls(struct reading *r, struct xml_node *node, int n, const xmlChar **pairs)
{
	struct xml_decl **end = &node->decls;

	for (int i = 0; i < n && !r->err; i++) {
		struct xml_decl *d = take(r, sizeof(*d));

		if (!d)
			return;
		d->prefix = keep_name(r, pairs[2 * i]);
		d->ns = keep_name(r, pairs[2 * i + 1]);
		*end = d;
		end = &d->next;
	}
}

/* libxml2 lays five pointers in a row: name, prefix, namespace, value's begin and end. */
static void add_attrs(struct reading *r, struct xml_node *node, int n, const xmlChar **fives)
{
	struct xml_attr **end = &node->attrs;

	for (int i = 0; i < n && !r->err; i++, fives += 5) {
		struct xml_attr *a = take(r, sizeof(*a));

		if (!a)
			return;
		a->name = keep_name(r, fives[0]);
		a->prefix = keep_name(r, fives[1]);
		a->ns = keep_name(r, fives[2]);
		a->value = keep(r, slice_between((const char *)fives[3], (const char *)fives[4]));
		*end = a;
		end = &a->next;
	}
}

static void on_begin(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns,
    int n_decls, const xmlChar **decls, int n_attrs, int n_defaulted, const xmlChar **attrs)
{
	struct reading *r = arg;
	struct xml_node *node;

	(void)n_defaulted;
	if (r->err)
		return;
	end_text(r);
	if (r->depth >= r->limits->depth || r->depth >= DEPTH_MAX) {
		stop(r, -E2BIG, SLICE("elements inside each other too deep"));
		return;
	}
	node = take(r, sizeof(*node));
	if (!node)
		return;
	node->name = keep_name(r, name);
	node->prefix = keep_name(r, prefix);
	node->ns = keep_name(r, ns);
	add_decls(r, node, n_decls, decls);
	add_attrs(r, node, n_attrs, attrs);
	append(r, node);
	r->ends[r->depth++] = r->end;
	r->here = node;
	r->end = &node->children;
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct reading *r = arg;

	(void)name;
	(void)prefix;
	(void)ns;
	if (r->err || !r->depth)
		return;
	end_text(r);
	r->end = r->ends[--r->depth];
	r->here = r->here->parent;
}

static void on_doctype(void *arg, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
	(void)name;
	(void)id;
	(void)system;
	stop(arg, -EBADMSG, SLICE("a document type is not allowed"));
}

/* libxml2's words end with a line feed. */
static void on_error(void *arg, xmlErrorPtr e)
{
	struct reading *r = arg;
	struct slice text = slice_trim(slice_str(e->message));

	if (e->level < XML_ERR_ERROR || r->err)
		return;
	r->err = e->code == XML_ERR_NO_MEMORY ? -ENOMEM : -EBADMSG;
	say(r->why, text.len ? text : SLICE("not well-formed"), (unsigned)e->line);
	xmlStopParser(r->parser);
}

static const xmlSAXHandler events = {
	.initialized = XML_SAX2_MAGIC,
	.internalSubset = on_doctype,
	.startElementNs = on_begin,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.serror = on_error,
};

/* ---- the text's encoding ---- */

static bool is_utf8_name(struct slice name)
{
	return slice_eq_nocase(name, SLICE("UTF-8")) || slice_eq_nocase(name, SLICE("UTF8")) ||
	    slice_eq_nocase(name, SLICE("US-ASCII"));
}

/* What <?xml ... encoding="X"?> says; empty if it says nothing. */
static struct slice declared(struct slice text)
{
	struct slice head;
	size_t at;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_skip(text, 3);
	if (!slice_starts(text, SLICE("<?xml")))
		return SLICE("");
	head = slice_first(text, slice_search(text, SLICE("?>")));
	at = slice_search(head, SLICE("encoding"));
	head = slice_skip(head, at + 8);
	slice_skip_lws(&head);
	if (head.len < 2 || head.p[0] != '=')
		return SLICE("");
	head = slice_skip(head, 1);
	slice_skip_lws(&head);
	if (!head.len || (head.p[0] != '"' && head.p[0] != '\''))
		return SLICE("");
	at = slice_find(slice_skip(head, 1), head.p[0]);
	return slice_first(slice_skip(head, 1), at);
}

static int check_text(struct slice text, const struct xml_limits *limits, struct xml_defect *why)
{
	struct slice encoding = declared(text);

	if (text.len > limits->bytes) {
		say(why, SLICE("the document is too long"), 0);
		return -E2BIG;
	}
	if (!slice_trim(text).len) {
		say(why, SLICE("there is no document"), 0);
		return -EBADMSG;
	}
	/* UTF-16 and UTF-32 have zeros in every document. */
	if ((encoding.len && !is_utf8_name(encoding)) || memchr(text.p, 0, text.len)) {
		say(why, SLICE("the encoding is not UTF-8"), 0);
		return -EBADMSG;
	}
	return 0;
}

/* ---- reading ---- */

static int parse(struct reading *r, struct slice text)
{
	xmlParserCtxtPtr p = xmlCreateMemoryParserCtxt(text.p, (int)text.len);

	if (!p)
		return -ENOMEM;
	*p->sax = events;
	p->userData = r;
	r->parser = p;
	/* What it declares has been looked at; it is UTF-8 now or an error. There are no entities
	 * to put in but the five of XML: without NOENT "&amp;" in attributes would come as "&#38;". */
	xmlCtxtUseOptions(p, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
	if (xmlSwitchEncoding(p, XML_CHAR_ENCODING_UTF8) == 0)
		xmlParseDocument(p);
	if (!r->err && (!p->wellFormed || !p->nsWellFormed || !r->root)) {
		r->err = -EBADMSG;
		say(r->why, SLICE("not well-formed"), 0);
	}
	if (p->myDoc)
		xmlFreeDoc(p->myDoc);
	p->myDoc = NULL;
	xmlFreeParserCtxt(p);
	return r->err;
}

int xml_read(struct arena *arena, struct slice text, const struct xml_limits *limits,
    struct xml_node **root, struct xml_defect *why)
{
	struct reading r = { .arena = arena, .limits = limits, .why = why };
	int err = check_text(text, limits, why);

	if (err)
		return err;
	r.end = &r.root;
	r.text = buf_new(256);
	if (!r.text)
		return -ENOMEM;
	err = parse(&r, text);
	buf_unref(&r.text);
	if (!err)
		*root = r.root;
	return err;
}
