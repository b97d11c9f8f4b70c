/*
 * modules/presence_xml/compose.c - which source decides, and what the user is then.
 *
 * The rule is that of LCS for everybody: highest availability, then highest activity, then
 * the most recent (LCS compares devices so; RFC 4479 leaves it to the server).
 */
#include "modules/presence_xml/state.h"

unsigned psource_availability(const struct psource *s)
{
	return s->doc ? s->doc->availability : AVAILABILITY_CONNECTED;
}

unsigned psource_activity(const struct psource *s)
{
	return s->doc ? s->doc->activity : ACTIVITY_ACTIVE;
}

static bool is_better(const struct psource *a, const struct psource *b)
{
	if (psource_availability(a) != psource_availability(b))
		return psource_availability(a) > psource_availability(b);
	if (psource_activity(a) != psource_activity(b))
		return psource_activity(a) > psource_activity(b);
	return a->changed > b->changed;
}

void pstate_init(struct pstate *st, struct slice aor, int64_t now)
{
	st->aor = aor;
	st->display_name = st->email = st->phone = st->note = st->user_info = SLICE("");
	st->availability = st->activity = 0;
	st->scale = SCALE_OFFLINE;
	st->now = now;
	st->count = 0;
}

bool pstate_add(struct pstate *st, const struct psource *s)
{
	bool fits = st->count < PSOURCES_MAX;
	unsigned at = fits ? st->count : PSOURCES_MAX - 1;

	if (!fits && !is_better(s, &st->sources[at]))
		return false;
	for (; at > 0 && is_better(s, &st->sources[at - 1]); at--)
		st->sources[at] = st->sources[at - 1];
	st->sources[at] = *s;
	st->count += fits;
	return fits;
}

/* The user's own words before those of a device, the best device before others. */
static struct slice note_of(const struct pstate *st, const struct puser_info *info)
{
	if (info && info->note.len)
		return info->note;
	for (unsigned i = 0; i < st->count; i++)
		if (st->sources[i].doc && st->sources[i].doc->note.len)
			return st->sources[i].doc->note;
	return SLICE("");
}

static struct slice name_of(const struct pstate *st)
{
	for (unsigned i = 0; i < st->count; i++)
		if (st->sources[i].doc && st->sources[i].doc->display_name.len)
			return st->sources[i].doc->display_name;
	return SLICE("");
}

/* A state in userInfo wins if it is less available than what the device says; it does not
 * bring anybody back who is not there. */
static unsigned scale_with(unsigned scale, const struct puser_info *info)
{
	if (scale == SCALE_OFFLINE || !info || info->scale <= scale)
		return scale;
	return info->scale < SCALE_OFFLINE ? info->scale : SCALE_OFFLINE;
}

void pstate_compose(struct pstate *st, const struct puser_info *info)
{
	if (st->count) {
		st->availability = psource_availability(&st->sources[0]);
		st->activity = psource_activity(&st->sources[0]);
	}
	st->scale = scale_with(scale_of(st->availability, st->activity), info);
	st->note = note_of(st, info);
	if (!st->display_name.len)
		st->display_name = name_of(st);
	if (info)
		st->user_info = info->xml;
}
