/*
 * modules/presence_xml/write_pidf.c - a state as PIDF (RFC 3863, 4479, 4480), as the draft
 * before it (CPIM) and as XPIDF.
 *
 * Tuples and the person of PIDF sources are passed on as they came; what LCS endpoints say
 * is told in the same words. The best source stands first: simple clients look no further.
 */
#include "modules/presence_xml/state.h"

#include "utils/xml_write.h"

#include <stdio.h>
#include <time.h>

static void put_time(struct xml_writer *w, const char *name, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	if (seconds <= 0 || !gmtime_r(&t, &tm))
		return;
	xml_put_leaf(w, name, slice_of(text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

static void put_uri_leaf(struct xml_writer *w, const char *name, struct slice aor)
{
	xml_begin(w, name);
	xml_put_text(w, SLICE("sip:"));
	xml_put_text(w, aor);
	xml_end(w);
}

/* ---- ids: names of XML (RFC 3863's schema), one of a kind ---- */

static bool is_name_char(char c)
{
	return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* What a source calls its tuple, made fit; the source's place makes it unique. */
static void put_id(struct xml_writer *w, const char *kind, struct slice key, unsigned place)
{
	char text[96];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s%u-", kind, place);

	for (size_t i = 0; i < key.len && n < sizeof(text); i++)
		if (is_name_char(key.p[i]))
			text[n++] = key.p[i];
	xml_put_attr(w, "id", slice_of(text, n));
}

/* A tuple keeps its id from notice to notice as long as nobody else has the same. */
static bool is_taken(const struct pstate *st, unsigned source, const struct pdoc_tuple *tuple)
{
	for (unsigned i = 0; i <= source; i++) {
		const struct pdoc_tuple *t = st->sources[i].doc ? st->sources[i].doc->tuples : NULL;

		for (; t && t != tuple; t = t->next)
			if (slice_eq(t->id, tuple->id))
				return true;
	}
	return false;
}

static bool is_ncname(struct slice s)
{
	bool ok = s.len > 0 && (is_alpha(s.p[0]) || s.p[0] == '_');

	for (size_t i = 0; i < s.len; i++)
		ok = ok && is_name_char(s.p[i]);
	return ok;
}

static void put_tuple_id(struct xml_writer *w, const struct pstate *st, unsigned source,
    const struct pdoc_tuple *t, unsigned place)
{
	if (is_ncname(t->id) && !is_taken(st, source, t))
		xml_put_attr(w, "id", t->id);
	else
		put_id(w, "t", t->id, place);
}

/* ---- tuples ---- */

static void put_status(struct xml_writer *w, bool is_open)
{
	xml_begin(w, "status");
	xml_put_leaf(w, "basic", is_open ? SLICE("open") : SLICE("closed"));
	xml_end(w);
}

static void put_children(struct xml_writer *w, const struct xml_node *n, struct slice ns)
{
	for (n = n->children; n; n = n->next)
		if (xml_is_element(n) || slice_trim(n->text).len)
			xml_put_node(w, n, ns);
}

static void put_own_tuple(struct xml_writer *w, const struct pstate *st, unsigned i)
{
	const struct psource *s = &st->sources[i];

	xml_begin(w, "tuple");
	put_id(w, s->doc ? "e" : "r", s->key, i);
	put_status(w, psource_availability(s) >= AVAILABILITY_ONLINE && pstate_is_online(st));
	put_uri_leaf(w, "contact", st->aor);
	put_time(w, "timestamp", s->changed);
	xml_end(w);
}

/* PIDF's own elements go under the namespace of this document, others keep theirs. */
static void put_tuple_plain(struct xml_writer *w, const struct pdoc_tuple *t)
{
	if (t->has_basic)
		put_status(w, t->is_open);
	if (!t->contact.len)
		return;
	xml_begin(w, "contact");
	if (t->priority.len)
		xml_put_attr(w, "priority", t->priority);
	xml_put_text(w, t->contact);
	xml_end(w);
}

static void put_tuples(struct xml_writer *w, const struct pstate *st, unsigned source,
    struct slice ns, unsigned *place)
{
	const struct pdoc_tuple *t = st->sources[source].doc->tuples;

	for (; t; t = t->next) {
		xml_begin(w, "tuple");
		put_tuple_id(w, st, source, t, (*place)++);
		if (slice_eq(t->node->ns, ns))
			put_children(w, t->node, ns);
		else
			put_tuple_plain(w, t);
		xml_end(w);
	}
}

static bool has_tuples(const struct psource *s)
{
	return s->doc && s->doc->kind == PDOC_PIDF;
}

static void put_all_tuples(struct xml_writer *w, const struct pstate *st, struct slice ns)
{
	unsigned place = 0, written = 0;

	for (unsigned i = 0; i < st->count; i++) {
		if (has_tuples(&st->sources[i])) {
			put_tuples(w, st, i, ns, &place);
			written += st->sources[i].doc->tuples != NULL;
		} else {
			put_own_tuple(w, st, i);
			written++;
		}
	}
	if (written)
		return;
	xml_begin(w, "tuple");
	xml_put_attr(w, "id", SLICE("user"));
	put_status(w, pstate_is_online(st));
	xml_end(w);
}

/* ---- the person ---- */

static const struct pdoc *person_of(const struct pstate *st)
{
	for (unsigned i = 0; i < st->count; i++)
		if (has_tuples(&st->sources[i]) && st->sources[i].doc->person)
			return st->sources[i].doc;
	return NULL;
}

static void put_activities(struct xml_writer *w, const struct pstate *st)
{
	const char *name = rpid_of_scale(st->scale, st->activity);
	const char *words = words_of_scale(st->scale, st->activity);

	if (!pstate_is_online(st) || !name)
		return;
	xml_begin(w, "rpid:activities");
	if (words)
		xml_put_leaf(w, "rpid:note", slice_str(words));
	xml_begin(w, name);
	xml_end(w);
	xml_end(w);
}

static void put_own_person(struct xml_writer *w, const struct pstate *st)
{
	put_activities(w, st);
	if (st->display_name.len) {
		xml_begin(w, "c:display-name");
		xml_put_attr(w, "xmlns:c", SLICE(CIPID_NS));
		xml_put_text(w, st->display_name);
		xml_end(w);
	}
	if (st->note.len)
		xml_put_leaf(w, "dm:note", st->note);
	put_time(w, "dm:timestamp", st->count ? st->sources[0].changed : 0);
}

/* The best source speaks for the person: a PIDF one in its own words. */
static void put_person(struct xml_writer *w, const struct pstate *st)
{
	const struct pdoc *best = st->count ? st->sources[0].doc : NULL;
	const struct pdoc *person = !best || best->kind == PDOC_PIDF ? person_of(st) : NULL;

	if (!st->count && !st->note.len && !st->display_name.len)
		return;
	xml_begin(w, "dm:person");
	xml_put_attr(w, "id", SLICE("person"));
	if (person)
		put_children(w, person->person, SLICE(PIDF_NS));
	else
		put_own_person(w, st);
	xml_end(w);
}

static void put_devices(struct xml_writer *w, const struct pstate *st)
{
	unsigned place = 0;

	for (unsigned i = 0; i < st->count; i++) {
		const struct xml_node *d;

		if (!has_tuples(&st->sources[i]))
			continue;
		d = xml_child(st->sources[i].doc->root, SLICE(MODEL_NS), SLICE("device"));
		for (; d; d = xml_next(d, SLICE(MODEL_NS), SLICE("device"))) {
			xml_begin(w, "dm:device");
			put_id(w, "d", xml_attr(d, SLICE(""), SLICE("id")), place++);
			put_children(w, d, SLICE(PIDF_NS));
			xml_end(w);
		}
	}
}

/* ---- documents ---- */

void pstate_put_pidf(const struct pstate *st, struct buf *out)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	xml_begin(&w, "presence");
	xml_put_attr(&w, "xmlns", SLICE(PIDF_NS));
	xml_put_attr(&w, "xmlns:dm", SLICE(MODEL_NS));
	xml_put_attr(&w, "xmlns:rpid", SLICE(RPID_NS));
	xml_put_attr_pair(&w, "entity", SLICE("sip:"), st->aor);
	put_all_tuples(&w, st, SLICE(PIDF_NS));
	if (st->note.len)
		xml_put_leaf(&w, "note", st->note);
	put_person(&w, st);
	put_devices(&w, st);
	xml_end(&w);
	buf_put(out, SLICE("\r\n"));
}

void pstate_put_cpim(const struct pstate *st, struct buf *out)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	xml_begin(&w, "presence");
	xml_put_attr(&w, "xmlns", SLICE(CPIM_NS));
	xml_put_attr_pair(&w, "entity", SLICE("sip:"), st->aor);
	put_all_tuples(&w, st, SLICE(CPIM_NS));
	if (st->note.len)
		xml_put_leaf(&w, "note", st->note);
	xml_end(&w);
	buf_put(out, SLICE("\r\n"));
}

static const char *xpidf_status(const struct pstate *st)
{
	if (!pstate_is_online(st))
		return "closed";
	return scale_of(st->availability, st->activity) == SCALE_AVAILABLE ? "open" : "inuse";
}

void pstate_put_xpidf(const struct pstate *st, struct buf *out)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	buf_put(out, SLICE("<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" "
	    "\"xpidf.dtd\">\r\n"));
	xml_begin(&w, "presence");
	xml_begin(&w, "presentity");
	xml_put_attr_pair(&w, "uri", SLICE("sip:"), st->aor);
	xml_end(&w);
	xml_begin(&w, "atom");
	xml_put_attr(&w, "id", SLICE("a1"));
	xml_begin(&w, "address");
	xml_put_attr_pair(&w, "uri", SLICE("sip:"), st->aor);
	xml_put_attr(&w, "priority", SLICE("0.8"));
	xml_begin(&w, "status");
	xml_put_attr(&w, "status", slice_str(xpidf_status(st)));
	xml_end(&w);
	xml_begin(&w, "msnsubstatus");
	xml_put_attr(&w, "substatus", slice_str(pstate_is_online(st) ?
	    substatus_of(st->scale, st->activity) : "unknown"));
	xml_end(&w);
	xml_end(&w);
	xml_end(&w);
	xml_end(&w);
	buf_put(out, SLICE("\r\n"));
}
