/*
 * modules/auth_ntlm/away.c - see away.h.
 */
#include "modules/auth_ntlm/away.h"

#include <string.h>

void away_init(struct away *a)
{
	*a = (struct away){ .count = 1 };
	lock_init(&a->lock, LOCK_TABLE);
}

void away_fini(struct away *a) { lock_fini(&a->lock); }

static msec_t last_said(const struct away_domain *d)
{
	return d->said[true] > d->said[false] ? d->said[true] : d->said[false];
}

/* Names that somebody made up never answer, and are not to keep the places of those that are real.
 * Only after a minute: so much can be said in one, and no more. NULL: none is old enough. */
static struct away_domain *oldest(struct away *a, msec_t now)
{
	struct away_domain *best = NULL;

	for (unsigned i = 1; i < a->count; i++) {
		struct away_domain *d = &a->list[i];

		if (now - last_said(d) < AWAY_SAY_MS)
			continue;
		if (!best || d->is_away < best->is_away ||
		    (d->is_away == best->is_away && last_said(d) < last_said(best)))
			best = d;
	}
	return best;
}

/* A name is the client's choice, so one that answers takes no place: nothing is to be said of it. */
static struct away_domain *place_of(struct away *a, struct slice domain, bool is_away,
    msec_t now)
{
	struct away_domain *d;

	if (!domain.len || domain.len > AWAY_NAME_BYTES)
		return &a->list[0];
	for (unsigned i = 1; i < a->count; i++)
		if (slice_eq_nocase(domain, slice_of(a->list[i].name, a->list[i].len)))
			return &a->list[i];
	if (!is_away)
		return a->count == AWAY_DOMAINS ? &a->list[0] : NULL;
	d = a->count < AWAY_DOMAINS ? &a->list[a->count++] : oldest(a, now);
	if (!d)
		return &a->list[0];
	*d = (struct away_domain){ .len = (unsigned char)domain.len };
	memcpy(d->name, domain.p, domain.len);
	return d;
}

static bool is_to_be_said(struct away_domain *d, bool is_away, msec_t now)
{
	if (d->is_away == is_away || (d->was_said[is_away] && now - d->said[is_away] < AWAY_SAY_MS))
		return false;
	d->is_away = is_away;
	d->was_said[is_away] = true;
	d->said[is_away] = now;
	return true;
}

bool away_note(struct away *a, struct slice domain, bool is_away, msec_t now)
{
	struct away_domain *d;
	bool say;

	lock_take(&a->lock);
	d = place_of(a, domain, is_away, now);
	say = d && is_to_be_said(d, is_away, now);
	lock_drop(&a->lock);
	return say;
}
