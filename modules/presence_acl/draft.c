/*
 * modules/presence_acl/draft.c - changes of an access list: what is allowed, and what becomes of it.
 */
#include "modules/presence_acl/acl.h"

#include <stdlib.h>

static struct acl_draft *change_of(struct roaming_draft *d)
{
	return container_of(d, struct acl_draft, d);
}

struct roaming_draft *acl_draft_new(const struct roaming_list *old, unsigned more)
{
	unsigned room = roaming_count(old) + more;
	struct acl_draft *d = calloc(1, sizeof(*d));
	struct acl_walk w = acl_entries(old);

	if (!d)
		return NULL;
	d->rows = calloc(room + 1, sizeof(*d->rows));
	if (!d->rows) {
		free(d);
		return NULL;
	}
	d->room = room;
	d->d.number = d->d.prev = roaming_number(old);
	while (acl_next(&w, &d->rows[d->count].e))
		d->count++;
	return &d->d;
}

void acl_draft_free(struct roaming_draft **d)
{
	if (*d) {
		free(change_of(*d)->rows);
		free(change_of(*d));
	}
	*d = NULL;
}

bool acl_load(struct roaming_draft *draft, const struct acl_entry *e)
{
	struct acl_draft *d = change_of(draft);
	void *rows = d->rows;
	bool has_room = roaming_make_room(&rows, d->count, &d->room, sizeof(*d->rows));

	d->rows = rows;
	if (!has_room || e->mask.len > UINT16_MAX || (e->type != ACL_ALL) != (e->mask.len > 0))
		return false;
	d->rows[d->count++] = (struct acl_row){ *e, ACL_STAYS };
	return true;
}

static enum roaming_result refuse(enum roaming_result result, const char *text, const char **why)
{
	*why = text;
	return result;
}

static struct acl_row *find(struct acl_draft *d, const struct acl_entry *e)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->rows[i].e.type == e->type && d->rows[i].e.forced == e->forced &&
		    slice_eq_nocase(d->rows[i].e.mask, e->mask))
			return &d->rows[i];
	return NULL;
}

static bool is_forced(struct acl_draft *d, const struct acl_entry *e)
{
	const struct acl_entry forced = { e->type, e->mask, e->rights, true };
	const struct acl_row *r = find(d, &forced);

	return r && r->fate != ACL_GONE;
}

static unsigned count_rows(const struct acl_draft *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->count; i++)
		n += d->rows[i].fate != ACL_GONE;
	return n;
}

/* ---- masks ---- */

static bool is_user(struct slice mask)
{
	char text[4 + 1024];
	struct sip_uri uri;

	if (mask.len > 1024)
		return false;
	memcpy(text, "sip:", 4);
	memcpy(text + 4, mask.p, mask.len);
	return sip_uri_parse(slice_of(text, 4 + mask.len), &uri, NULL) == 0 && uri.user.len &&
	    !uri.password.len && !uri.params.len && !uri.headers.len && !uri.port;
}

static bool is_domain_char(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_';
}

static bool is_domain(struct slice mask)
{
	struct slice rest = mask;

	slice_take_while(&rest, is_domain_char);
	return mask.len && !rest.len && mask.p[0] != '.' && mask.p[mask.len - 1] != '.';
}

/* As it is kept: without "sip:", a domain also without the dot some write before it. */
static struct slice bare_mask(const struct acl_entry *e)
{
	struct slice mask = slice_trim(e->mask);

	if (e->type == ACL_ALL)
		return SLICE_NULL;
	mask = sip_text_bare(mask);
	if (e->type == ACL_DOMAIN && mask.len && mask.p[0] == '.')
		mask = slice_skip(mask, 1);
	return mask;
}

static enum roaming_result check(const struct acl_limits *limits, const struct acl_entry *e,
    const char **why)
{
	if (e->mask.len > limits->mask_bytes)
		return refuse(ROAMING_TOO_LONG, "Mask too long", why);
	if (e->type == ACL_USER && !is_user(e->mask))
		return refuse(ROAMING_BAD, "The mask of a USER entry is a URI", why);
	if (e->type == ACL_DOMAIN && !is_domain(e->mask))
		return refuse(ROAMING_BAD, "The mask of a DOMAIN entry is a domain", why);
	return ROAMING_OK;
}

/* ---- changes ---- */

static enum roaming_result set(struct acl_draft *d, const struct acl_limits *limits,
    const struct acl_entry *e, const char **why)
{
	struct acl_row *old = find(d, e);
	bool is_new = !old || old->fate == ACL_GONE;

	if (is_new && count_rows(d) >= limits->entries)
		return refuse(ROAMING_TOO_MANY, "Too many entries", why);
	if (old) {
		old->e.rights = e->rights;
		old->fate = ACL_WRITTEN;
		return ROAMING_OK;
	}
	lcs_assert(d->count < d->room);
	d->rows[d->count++] = (struct acl_row){ *e, ACL_WRITTEN };
	return ROAMING_OK;
}

static enum roaming_result delete(struct acl_draft *d, const struct acl_entry *e, const char **why)
{
	struct acl_row *old = find(d, e);

	if (!old || old->fate == ACL_GONE)
		return refuse(ROAMING_UNKNOWN, "No such entry", why);
	old->fate = ACL_GONE;
	return ROAMING_OK;
}

static enum roaming_result clear(struct acl_draft *d, bool forced)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->rows[i].e.forced == forced)
			d->rows[i].fate = ACL_GONE;
	return ROAMING_OK;
}

static enum roaming_result apply_one(struct acl_draft *d, const struct acl_limits *limits,
    const struct acl_change *c, bool by_user, const char **why)
{
	struct acl_entry e = c->entry;
	enum roaming_result result;

	if (c->kind == ACL_CLEAR)
		return clear(d, e.forced);
	e.mask = bare_mask(&e);
	result = check(limits, &e, why);
	if (result != ROAMING_OK)
		return result;
	if (by_user && is_forced(d, &e))
		return refuse(ROAMING_FORCED, "An administrator has set this entry", why);
	return c->kind == ACL_SET ? set(d, limits, &e, why) : delete(d, &e, why);
}

enum roaming_result acl_apply(struct roaming_draft *draft, const struct acl_limits *limits,
    const struct acl_change *changes, unsigned count, bool by_user, const char **why)
{
	struct acl_draft *d = change_of(draft);

	*why = "OK";
	for (unsigned i = 0; i < count; i++) {
		enum roaming_result result = apply_one(d, limits, &changes[i], by_user, why);

		if (result != ROAMING_OK)
			return result;
	}
	draft->number = roaming_next(draft->prev);
	draft->rows = d->count;
	return ROAMING_OK;
}
