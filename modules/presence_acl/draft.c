/*
 * modules/presence_acl/draft.c - changes of an access list: what is allowed, and what becomes of it.
 */
#include "modules/presence_acl/acl.h"

#include <stdlib.h>

struct acl_draft *acl_draft_new(const struct acl_list *old, unsigned more)
{
	unsigned room = (old ? old->count : 0) + more;
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
	d->number = d->prev = old ? old->number : 1;
	while (acl_next(&w, &d->rows[d->count].e))
		d->count++;
	return d;
}

void acl_draft_free(struct acl_draft **d)
{
	if (*d)
		free((*d)->rows);
	free(*d);
	*d = NULL;
}

bool acl_load(struct acl_draft *d, const struct acl_entry *e)
{
	if (d->count == d->room || e->mask.len > UINT16_MAX || (e->type != ACL_ALL) != (e->mask.len > 0))
		return false;
	d->rows[d->count++] = (struct acl_row){ *e, ACL_STAYS };
	return true;
}

static enum acl_result refuse(enum acl_result result, const char *text, const char **why)
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
	if (slice_starts_nocase(mask, SLICE("sip:")))
		mask = slice_skip(mask, 4);
	if (e->type == ACL_DOMAIN && mask.len && mask.p[0] == '.')
		mask = slice_skip(mask, 1);
	return mask;
}

static enum acl_result check(const struct acl_limits *limits, const struct acl_entry *e,
    const char **why)
{
	if (e->mask.len > limits->mask_bytes)
		return refuse(ACL_TOO_LONG, "Mask too long", why);
	if (e->type == ACL_USER && !is_user(e->mask))
		return refuse(ACL_BAD, "The mask of a USER entry is a URI", why);
	if (e->type == ACL_DOMAIN && !is_domain(e->mask))
		return refuse(ACL_BAD, "The mask of a DOMAIN entry is a domain", why);
	return ACL_OK;
}

/* ---- changes ---- */

static enum acl_result set(struct acl_draft *d, const struct acl_limits *limits,
    const struct acl_entry *e, const char **why)
{
	struct acl_row *old = find(d, e);
	bool is_new = !old || old->fate == ACL_GONE;

	if (is_new && count_rows(d) >= limits->entries)
		return refuse(ACL_TOO_MANY, "Too many entries", why);
	if (old) {
		old->e.rights = e->rights;
		old->fate = ACL_WRITTEN;
		return ACL_OK;
	}
	lcs_assert(d->count < d->room);
	d->rows[d->count++] = (struct acl_row){ *e, ACL_WRITTEN };
	return ACL_OK;
}

static enum acl_result delete(struct acl_draft *d, const struct acl_entry *e, const char **why)
{
	struct acl_row *old = find(d, e);

	if (!old || old->fate == ACL_GONE)
		return refuse(ACL_UNKNOWN, "No such entry", why);
	old->fate = ACL_GONE;
	return ACL_OK;
}

static enum acl_result clear(struct acl_draft *d, bool forced)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->rows[i].e.forced == forced)
			d->rows[i].fate = ACL_GONE;
	return ACL_OK;
}

static enum acl_result apply_one(struct acl_draft *d, const struct acl_limits *limits,
    const struct acl_change *c, bool by_user, const char **why)
{
	struct acl_entry e = c->entry;
	enum acl_result result;

	if (c->kind == ACL_CLEAR)
		return clear(d, e.forced);
	e.mask = bare_mask(&e);
	result = check(limits, &e, why);
	if (result != ACL_OK)
		return result;
	if (by_user && is_forced(d, &e))
		return refuse(ACL_FORCED, "An administrator has set this entry", why);
	return c->kind == ACL_SET ? set(d, limits, &e, why) : delete(d, &e, why);
}

enum acl_result acl_apply(struct acl_draft *d, const struct acl_limits *limits,
    const struct acl_change *changes, unsigned count, bool by_user, const char **why)
{
	*why = "OK";
	for (unsigned i = 0; i < count; i++) {
		enum acl_result result = apply_one(d, limits, &changes[i], by_user, why);

		if (result != ACL_OK)
			return result;
	}
	d->number = d->prev == UINT32_MAX ? 1 : d->prev + 1;	/* 0 is never a number */
	return ACL_OK;
}
