/*
 * modules/presence_acl/acl.c - lists as one piece of memory, and what they say.
 */
#include "modules/presence_acl/acl.h"

#include "utils/xml_write.h"

#include <errno.h>
#include <stdlib.h>

struct acl_list {
	struct roaming_list l;		/* first */
	char                at[];	/* entries, AOR */
};

struct packed { uint16_t mask_len; uint8_t type, forced; struct acl_rights rights; };

/* ---- packing and walking ---- */

static char *put(char *at, const struct acl_entry *e)
{
	const struct packed head = { (uint16_t)e->mask.len, (uint8_t)e->type, e->forced, e->rights };

	memcpy(at, &head, sizeof(head));
	at += sizeof(head);
	if (e->mask.len)
		memcpy(at, e->mask.p, e->mask.len);
	return at + e->mask.len;
}

struct roaming_list *acl_make(struct slice aor, const struct roaming_draft *draft)
{
	const struct acl_draft *d = acl_draft_of(draft);
	size_t size = sizeof(struct acl_list) + aor.len;
	struct acl_list *l;
	char *at;

	for (unsigned i = 0; i < d->count; i++)
		size += d->rows[i].fate == ACL_GONE ? 0 : sizeof(struct packed) + d->rows[i].e.mask.len;
	l = malloc(size);
	if (!l)
		return NULL;
	roaming_begin(&l->l, size, draft->number, aor);
	at = l->at;
	for (unsigned i = 0; i < d->count; i++)
		if (d->rows[i].fate != ACL_GONE) {
			at = put(at, &d->rows[i].e);
			l->l.count++;
		}
	return &l->l;
}

struct acl_walk acl_entries(const struct roaming_list *l)
{
	return l ? (struct acl_walk){ container_of(l, const struct acl_list, l)->at, l->count } :
	    (struct acl_walk){ NULL, 0 };
}

bool acl_next(struct acl_walk *w, struct acl_entry *out)
{
	struct packed head;

	if (!w->left)
		return false;
	memcpy(&head, w->at, sizeof(head));
	w->at += sizeof(head);
	*out = (struct acl_entry){ (enum acl_type)head.type, slice_of(w->at, head.mask_len),
	    head.rights, head.forced };
	w->at += head.mask_len;
	w->left--;
	return true;
}

/* ---- asking ---- */

static struct slice host_of(struct slice who)
{
	size_t at = who.len;

	while (at > 0 && who.p[at - 1] != '@')
		at--;
	return slice_skip(who, at);
}

static bool covers(const struct acl_entry *e, struct slice who)
{
	switch (e->type) {
	case ACL_USER: return slice_eq_nocase(e->mask, who);
	case ACL_DOMAIN: return uri_host_is_below(host_of(who), e->mask);
	case ACL_ALL: return true;
	}
	return false;
}

/* How much an entry weighs: what is special wins, an administrator over all. */
static size_t weight(const struct acl_entry *e)
{
	size_t special = e->type == ACL_USER ? SIZE_MAX / 4 :
	    e->type == ACL_DOMAIN ? 1 + e->mask.len : 1;

	return special + (e->forced ? SIZE_MAX / 2 : 0);
}

void acl_decide(const struct roaming_list *l, struct slice who, struct acl_rights preset,
    struct acl_verdict *out)
{
	struct acl_walk w = acl_entries(l);
	struct acl_entry e;

	*out = (struct acl_verdict){ .rights = preset };
	while (acl_next(&w, &e)) {
		if (!covers(&e, who) || (out->has_entry && weight(&e) <= weight(&out->entry)))
			continue;
		out->has_entry = true;
		out->entry = e;
		out->rights = e.rights;
	}
}

struct slice acl_explain(struct arena *arena, const struct acl_verdict *v)
{
	static const char *const words[] = { "user", "domain", "all" };

	if (!v->has_entry)
		return arena_printf(arena, "default rights %c%c", v->rights.presence,
		    v->rights.communication);
	return arena_printf(arena, "%s: %s%s%.*s %c%c",
	    v->entry.forced ? "administrator's ACE" : "ACE", words[v->entry.type],
	    v->entry.mask.len ? " " : "", SLICE_ARG(v->entry.mask), v->rights.presence,
	    v->rights.communication);
}

/* ---- words ---- */

int acl_rights_parse(struct slice text, struct acl_rights *out)
{
	if (text.len != 2 || !memchr("APDB", text.p[0], 4) || !memchr("AD", text.p[1], 2))
		return -EINVAL;
	*out = (struct acl_rights){ text.p[0], text.p[1] };
	return 0;
}

static const char *const types[] = { "USER", "DOMAIN", "ALL" };

int acl_type_parse(struct slice text, enum acl_type *out)
{
	for (unsigned i = 0; i < 3; i++)
		if (slice_eq_nocase(text, slice_str(types[i]))) {
			*out = (enum acl_type)i;
			return 0;
		}
	return -EINVAL;
}

const char *acl_type_name(enum acl_type type) { return types[type]; }

/* ---- the document ---- */

static bool is_hidden(const struct roaming_list *l, const struct acl_entry *e)
{
	struct acl_walk w = acl_entries(l);
	struct acl_entry other;

	while (!e->forced && acl_next(&w, &other))
		if (other.forced && other.type == e->type && slice_eq_nocase(other.mask, e->mask))
			return true;
	return false;
}

static void put_mask(struct xml_writer *w, const struct acl_entry *e)
{
	if (e->type == ACL_USER)
		xml_put_attr_pair(w, "mask", SLICE("sip:"), e->mask);
	else if (e->type == ACL_DOMAIN)
		xml_put_attr(w, "mask", e->mask);
}

static void put_ace(struct xml_writer *w, const struct acl_entry *e)
{
	const char rights[2] = { e->rights.presence, e->rights.communication };

	xml_begin(w, "ace");
	xml_put_attr(w, "type", slice_str(types[e->type]));
	put_mask(w, e);
	xml_put_attr(w, "rights", slice_of(rights, 2));
	xml_end(w);
}

void acl_put_xml(struct buf *b, const struct roaming_list *l)
{
	struct acl_walk walk = acl_entries(l);
	struct acl_entry e;
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "ACLlist");
	xml_put_attr_u64(&w, "deltaNum", roaming_number(l));
	xml_begin(&w, "userACL");
	while (acl_next(&walk, &e))
		if (!is_hidden(l, &e))
			put_ace(&w, &e);
	xml_end(&w);
	xml_end(&w);
}
