/*
 * modules/dirsearch/search.c - see search.h.
 */
#include "modules/dirsearch/search.h"

#include "modules/service/service_api.h"
#include "utils/xml_write.h"

#include <errno.h>

static const struct { const char *ldap, *attr, *admin; } names[PERSON_COUNT] = {
#define F(id, ldap, attr, admin) [PERSON_##id] = { ldap, attr, admin },
	PERSON_FIELDS(F)
#undef F
};

const char *person_field_name(enum person_field f) { return names[f].admin; }
const char *person_field_ldap(enum person_field f) { return names[f].ldap; }

/* ---- what is asked for ---- */

static int find_field(struct slice name)
{
	for (int i = 0; i < PERSON_COUNT; i++)
		if (names[i].ldap[0] && slice_eq_nocase(name, slice_str(names[i].ldap)))
			return i;
	return -1;
}

/* The filter names its array: href="#id" and id="id". */
static const struct xml_node *find_array(const struct xml_node *operation,
    const struct xml_node *body)
{
	const struct xml_node *filter = xml_child(operation, SERVICE_NS, SLICE("filter"));
	struct slice href = xml_attr(filter, XML_ANY_NS, SLICE("href"));
	const struct xml_node *a = xml_child(body, SERVICE_NS, SLICE("Array"));

	if (!href.len || href.p[0] != '#')
		return NULL;
	for (; a; a = xml_next(a, SERVICE_NS, SLICE("Array")))
		if (slice_eq(xml_attr(a, XML_ANY_NS, SLICE("id")), slice_skip(href, 1)))
			return a;
	return NULL;
}

static int add_term(struct search *s, const struct xml_node *row, const char **why)
{
	int field = find_field(xml_attr(row, XML_ANY_NS, SLICE("attrib")));
	struct slice prefix = slice_trim(xml_attr(row, XML_ANY_NS, SLICE("value")));

	*why = "An attribute that cannot be searched";
	if (field < 0)
		return -EINVAL;
	if (field == PERSON_AOR && slice_starts_nocase(prefix, SLICE("sip:")))
		prefix = slice_skip(prefix, 4);
	if (!prefix.len)
		return 0;		/* says nothing */
	*why = "Too many attributes";
	if (s->count == SEARCH_TERMS_MAX)
		return -EINVAL;
	s->terms[s->count].field = (enum person_field)field;
	s->terms[s->count++].prefix = prefix;
	return 0;
}

static int read_wanted(struct arena *arena, const struct xml_node *operation, struct search *s,
    const char **why)
{
	const struct xml_node *n = xml_child(operation, SERVICE_NS, SLICE("maxResults"));
	struct slice text = n ? slice_trim(xml_text(arena, n)) : SLICE_NULL;

	if (!text.len || slice_to_u32(text, &s->wanted) == 0)
		return 0;
	*why = "maxResults is not a number";
	return -EINVAL;
}

int search_read(struct arena *arena, const struct xml_node *operation, const struct xml_node *body,
    struct search *out, const char **why)
{
	const struct xml_node *array = find_array(operation, body);
	int err = 0;

	*out = (struct search){ .wanted = 0 };
	*why = "A search without a filter";
	if (!array)
		return -EINVAL;
	for (const struct xml_node *row = xml_child(array, SERVICE_NS, SLICE("row")); row && !err;
	    row = xml_next(row, SERVICE_NS, SLICE("row")))
		err = add_term(out, row, why);
	if (!err)
		err = read_wanted(arena, operation, out, why);
	if (!err && !out->count) {
		*why = "Say whom you are looking for";
		err = -EINVAL;
	}
	return err;
}

bool search_matches(const struct search *s, const struct person_view *p)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!slice_starts_nocase(p->field[s->terms[i].field], s->terms[i].prefix))
			return false;
	return true;
}

/* ---- the first of them by name ---- */

static struct slice sort_key(const struct person_view *p)
{
	return p->field[PERSON_DISPLAY].len ? p->field[PERSON_DISPLAY] : p->field[PERSON_AOR];
}

static int order(const struct person_view *a, const struct person_view *b)
{
	int c = slice_cmp(sort_key(a), sort_key(b));

	return c ? c : slice_cmp(a->field[PERSON_AOR], b->field[PERSON_AOR]);
}

/* The answer does not depend on the order in which they come. */
void found_keep(struct found *f, const struct person_view *p)
{
	unsigned at = f->count;

	if (f->count == f->limit) {
		f->more = true;
		if (order(p, &f->people[f->count - 1]) >= 0)
			return;
		at--;
	} else {
		f->count++;
	}
	for (; at > 0 && order(p, &f->people[at - 1]) < 0; at--)
		f->people[at] = f->people[at - 1];
	f->people[at] = *p;
}

/* ---- the answer ---- */

static void put_person(struct xml_writer *w, const struct person_view *p)
{
	xml_begin(w, "m:row");
	xml_put_attr_pair(w, "m:uri", SLICE("sip:"), p->field[PERSON_AOR]);
	for (int i = PERSON_AOR + 1; i < PERSON_COUNT; i++)
		if (names[i].attr[0])
			xml_put_attr(w, names[i].attr, p->field[i]);
	xml_end(w);
}

void search_put(struct buf *b, const struct person_view *people, unsigned count, bool more)
{
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "m:directorySearch");
	xml_begin(&w, "m:value");
	xml_put_attr(&w, "m:href", SLICE("#searchArray"));
	xml_end(&w);
	xml_put_leaf(&w, "m:moreAvailable", more ? SLICE("true") : SLICE("false"));
	xml_end(&w);
	xml_begin(&w, "m:Array");
	xml_put_attr(&w, "m:id", SLICE("searchArray"));
	for (unsigned i = 0; i < count; i++)
		put_person(&w, &people[i]);
	xml_end(&w);
}

/* ---- rules ---- */

/* Is the unit this one or above it? "Sales" is above "Sales/North", not above "Salesmen". */
static bool is_at_or_above(struct slice ou, struct slice of)
{
	return ou.len == 0 || (slice_starts_nocase(of, ou) &&
	    (of.len == ou.len || of.p[ou.len] == '/'));
}

/* How special "who" is; 0: it does not mean the asker. */
static unsigned fits(struct slice who, struct slice asker)
{
	struct slice domain = slice_skip(asker, slice_find(asker, '@') + 1);

	if (slice_eq_nocase(who, asker))
		return 3;
	if (slice_eq_nocase(who, domain))
		return 2;
	return slice_eq(who, SLICE("all"));
}

bool rules_allow(const struct rule *rules, unsigned count, struct slice ou, struct slice asker)
{
	const struct rule *best = NULL;
	unsigned best_fit = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned fit = fits(rules[i].who, asker);

		if (!fit || !is_at_or_above(rules[i].ou, ou))
			continue;
		if (best && (rules[i].ou.len < best->ou.len ||
		    (rules[i].ou.len == best->ou.len && fit <= best_fit)))
			continue;
		best = &rules[i];
		best_fit = fit;
	}
	return !best || best->allowed;
}
