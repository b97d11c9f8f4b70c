/*
 * modules/contacts/list.c - lists as one piece of memory: packed, walked, unpacked.
 */
#include "modules/contacts/list.h"

#include <errno.h>
#include <stdlib.h>

struct contacts_list {
	struct roaming_list l;		/* first; count: of contacts */
	uint32_t            group_count;	/* without group 1 */
	char                at[];	/* groups, contacts, AOR */
};

struct packed_group { uint16_t len[2]; uint8_t id; };
struct packed_contact { uint64_t members; uint16_t len[4]; uint8_t subscribed; };

/* ---- packing ---- */

static char *put_bytes(char *at, const void *bytes, size_t len)
{
	if (len)
		memcpy(at, bytes, len);
	return at + len;
}

static char *put_group(char *at, const struct contacts_group *g)
{
	const struct packed_group head = { { (uint16_t)g->name.len, (uint16_t)g->external.len },
	    (uint8_t)g->id };

	at = put_bytes(at, &head, sizeof(head));
	at = put_bytes(at, g->name.p, g->name.len);
	return put_bytes(at, g->external.p, g->external.len);
}

static char *put_contact(char *at, const struct contacts_contact *c)
{
	const struct packed_contact head = { c->members, { (uint16_t)c->uri.len,
	    (uint16_t)c->name.len, (uint16_t)c->external.len, (uint16_t)c->extension.len },
	    c->subscribed };

	at = put_bytes(at, &head, sizeof(head));
	at = put_bytes(at, c->uri.p, c->uri.len);
	at = put_bytes(at, c->name.p, c->name.len);
	at = put_bytes(at, c->external.p, c->external.len);
	return put_bytes(at, c->extension.p, c->extension.len);
}

static bool remains(enum list_fate fate)
{
	return fate != FATE_DELETED && fate != FATE_NEVER_WAS;
}

static size_t packed_size(struct slice aor, const struct list_draft *d)
{
	size_t size = sizeof(struct contacts_list) + aor.len;

	for (unsigned i = 0; i < d->group_count; i++)
		if (remains(d->groups[i].fate))
			size += sizeof(struct packed_group) + d->groups[i].g.name.len +
			    d->groups[i].g.external.len;
	for (unsigned i = 0; i < d->contact_count; i++) {
		const struct contacts_contact *c = &d->contacts[i].c;

		if (remains(d->contacts[i].fate))
			size += sizeof(struct packed_contact) + c->uri.len + c->name.len +
			    c->external.len + c->extension.len;
	}
	return size;
}

struct roaming_list *list_make(struct slice aor, const struct roaming_draft *draft)
{
	const struct list_draft *d = draft_of(draft);
	size_t size = packed_size(aor, d);
	struct contacts_list *l = malloc(size);
	char *at = l ? l->at : NULL;

	if (!l)
		return NULL;
	l->group_count = 0;
	roaming_begin(&l->l, size, draft->number, aor);
	for (unsigned i = 0; i < d->group_count; i++)
		if (remains(d->groups[i].fate)) {
			at = put_group(at, &d->groups[i].g);
			l->group_count++;
		}
	for (unsigned i = 0; i < d->contact_count; i++)
		if (remains(d->contacts[i].fate)) {
			at = put_contact(at, &d->contacts[i].c);
			l->l.count++;
		}
	return &l->l;
}

/* ---- walking ---- */

static struct slice take(const char **at, size_t len)
{
	struct slice s = slice_of(*at, len);

	*at += len;
	return s;
}

struct list_walk list_groups(const struct roaming_list *list)
{
	const struct contacts_list *l;

	if (!list)
		return (struct list_walk){ NULL, 0 };
	l = container_of(list, const struct contacts_list, l);
	return (struct list_walk){ l->at, l->group_count };
}

bool list_next_group(struct list_walk *w, struct contacts_group *out)
{
	struct packed_group head;

	if (!w->left)
		return false;
	memcpy(&head, w->at, sizeof(head));
	w->at += sizeof(head);
	out->id = head.id;
	out->name = take(&w->at, head.len[0]);
	out->external = take(&w->at, head.len[1]);
	w->left--;
	return true;
}

struct list_walk list_contacts(const struct roaming_list *l)
{
	struct list_walk w = list_groups(l);
	struct contacts_group unused;

	while (list_next_group(&w, &unused))
		continue;
	w.left = roaming_count(l);
	return w;
}

bool list_next_contact(struct list_walk *w, struct contacts_contact *out)
{
	struct packed_contact head;

	if (!w->left)
		return false;
	memcpy(&head, w->at, sizeof(head));
	w->at += sizeof(head);
	out->members = head.members;
	out->subscribed = head.subscribed;
	out->uri = take(&w->at, head.len[0]);
	out->name = take(&w->at, head.len[1]);
	out->external = take(&w->at, head.len[2]);
	out->extension = take(&w->at, head.len[3]);
	w->left--;
	return true;
}

/* ---- texts ---- */

bool list_has_scheme(struct slice uri)
{
	struct slice rest = uri, head = slice_take_while(&rest, is_alnum);

	return head.len && rest.len && rest.p[0] == ':';
}

/* "alice:secret@host" is not an address either: what looks like a scheme must be one. */
bool list_is_address(struct slice uri)
{
	char text[LIST_URI_BYTES + 4];
	struct sip_uri parsed;

	if (!list_has_scheme(uri)) {
		if (uri.len > LIST_URI_BYTES)
			return false;
		memcpy(text, "sip:", 4);
		memcpy(text + 4, uri.p, uri.len);
		uri = slice_of(text, uri.len + 4);
	}
	if (sip_uri_parse(uri, &parsed, NULL) != 0 || !parsed.user.len || parsed.headers.len)
		return false;
	return parsed.scheme == URI_TEL || (parsed.scheme != URI_OTHER && parsed.host.len &&
	    !parsed.password.len);
}

int list_members_parse(struct slice text, uint64_t *out)
{
	uint64_t set = 0;

	for (slice_skip_lws(&text); text.len; slice_skip_lws(&text)) {
		struct slice number = slice_take_while(&text, is_digit);
		uint32_t id;

		if (slice_to_u32(number, &id) != 0 || !id || id > CONTACTS_GROUPS_MAX)
			return -EINVAL;
		if (text.len && !is_lws(text.p[0]))
			return -EINVAL;
		set |= UINT64_C(1) << (id - 1);
	}
	*out = set ? set : 1;
	return 0;
}

size_t list_members_format(uint64_t members, char text[LIST_MEMBERS_BYTES])
{
	size_t n = 0;

	for (unsigned id = 1; id <= CONTACTS_GROUPS_MAX; id++) {
		if (!(members >> (id - 1) & 1))
			continue;
		if (n)
			text[n++] = ' ';
		if (id >= 10)
			text[n++] = (char)('0' + id / 10);
		text[n++] = (char)('0' + id % 10);
	}
	return n;
}
