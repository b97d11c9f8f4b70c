/*
 * modules/presence_xml/numbers.c - RPID's words and LCS's numbers, both ways.
 *
 * LCS compares devices by two numbers, later clients by one scale; RPID has words for what a
 * person does. Only words that change what others should do are told apart.
 */
#include "modules/presence_xml/doc.h"

/* Of several activities the first here decides: in a call beats away, away beats busy. */
static const struct { const char *name; unsigned activity; } activities[] = {
	{ "on-the-phone", ACTIVITY_IN_CALL },
	{ "lunch", ACTIVITY_LUNCH }, { "breakfast", ACTIVITY_LUNCH },
	{ "dinner", ACTIVITY_LUNCH }, { "meal", ACTIVITY_LUNCH },
	{ "away", ACTIVITY_AWAY }, { "permanent-absence", ACTIVITY_AWAY },
	{ "vacation", ACTIVITY_AWAY }, { "holiday", ACTIVITY_AWAY },
	{ "sleeping", ACTIVITY_AWAY }, { "travel", ACTIVITY_AWAY },
	{ "in-transit", ACTIVITY_AWAY }, { "shopping", ACTIVITY_AWAY },
	{ "worship", ACTIVITY_AWAY }, { "steering", ACTIVITY_BUSY },
	{ "busy", ACTIVITY_BUSY }, { "meeting", ACTIVITY_BUSY },
	{ "appointment", ACTIVITY_BUSY }, { "presentation", ACTIVITY_BUSY },
	{ "performance", ACTIVITY_BUSY },
};

unsigned activity_of_rpid(struct slice name, unsigned *rank)
{
	for (unsigned i = 0; i < sizeof(activities) / sizeof(activities[0]); i++) {
		if (!slice_eq(name, slice_str(activities[i].name)))
			continue;
		*rank = i;
		return activities[i].activity;
	}
	return 0;
}

/* Up to which activity, what later clients call it, how RPID and XPIDF say it. */
static const struct { unsigned below; unsigned scale; const char *rpid, *words, *sub; } steps[] = {
	{ ACTIVITY_AWAY, SCALE_AWAY, "rpid:unknown", NULL, "unknown" },
	{ ACTIVITY_LUNCH, SCALE_AWAY, "rpid:away", NULL, "away" },
	{ ACTIVITY_IDLE, SCALE_AWAY, "rpid:lunch", NULL, "outtolunch" },
	{ ACTIVITY_BACK_SOON, SCALE_AWAY, "rpid:away", "Idle", "idle" },
	{ ACTIVITY_ACTIVE, SCALE_BACK_SOON, "rpid:away", "Be right back", "berightback" },
	{ ACTIVITY_IN_CALL, SCALE_AVAILABLE, NULL, NULL, "online" },
	{ ACTIVITY_BUSY, SCALE_BUSY, "rpid:on-the-phone", NULL, "onthephone" },
	{ 700, SCALE_BUSY, "rpid:busy", NULL, "busy" },
	{ 800, SCALE_AWAY, "rpid:away", NULL, "away" },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))
#define STEP_AVAILABLE 5u

static unsigned step_of(unsigned activity)
{
	for (unsigned i = 0; i < STEPS; i++)
		if (activity < steps[i].below)
			return i;
	return STEP_AVAILABLE;
}

unsigned scale_of(unsigned availability, unsigned activity)
{
	if (availability < AVAILABILITY_ONLINE)
		return SCALE_OFFLINE;
	return steps[step_of(activity)].scale;
}

/* What a state of userInfo says in place of the activity. */
static unsigned activity_of_scale(unsigned scale)
{
	if (scale < SCALE_BUSY)
		return ACTIVITY_ACTIVE;
	if (scale < SCALE_BACK_SOON)
		return ACTIVITY_BUSY;
	return scale < SCALE_AWAY ? ACTIVITY_BACK_SOON : ACTIVITY_AWAY;
}

/* The activity is finer than the scale, so it counts while it stands for the same. */
static unsigned step_for(unsigned scale, unsigned activity)
{
	unsigned step = step_of(activity);

	return steps[step].scale == scale ? step : step_of(activity_of_scale(scale));
}

unsigned activity_with(unsigned scale, unsigned activity)
{
	return steps[step_of(activity)].scale == scale ? activity : activity_of_scale(scale);
}

const char *rpid_of_scale(unsigned scale, unsigned activity)
{
	return steps[step_for(scale, activity)].rpid;
}

static bool is_dnd(unsigned scale)
{
	return scale >= SCALE_DND && scale < SCALE_BACK_SOON;
}

const char *words_of_scale(unsigned scale, unsigned activity)
{
	if (is_dnd(scale))
		return "Do not disturb";
	return steps[step_for(scale, activity)].words;
}

const char *substatus_of(unsigned scale, unsigned activity)
{
	return steps[step_for(scale, activity)].sub;
}

const char *state_of_scale(unsigned scale, unsigned activity)
{
	if (scale >= SCALE_OFFLINE)
		return "offline";
	return is_dnd(scale) ? "do-not-disturb" : substatus_of(scale, activity);
}
