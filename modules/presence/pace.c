/*
 * modules/presence/pace.c - the adaptive least rate of notices (RFC 6446 7).
 *
 *     wait = count / (rate * rate * period)
 *
 * count is what was sent in the last period. Who was told often waits longer than 1/rate, who
 * was not is told sooner: over a period the rate is what was asked for.
 */
#include "modules/presence/pace.h"

#include <errno.h>
#include <stdlib.h>

#define PERIOD_GAPS 8			/* the period, in 1/rate: "several times larger" */
#define SENT_MAX    64u			/* then wait is a whole period: more need not be counted */

struct pace {
	msec_t   gap;
	unsigned at;			/* of the oldest; the next one goes there */
	msec_t   sent[SENT_MAX];
};

static void add(struct pace *pace, msec_t when)
{
	pace->sent[pace->at] = when;
	pace->at = (pace->at + 1) % SENT_MAX;
}

/* RFC 6446 7.2: the history begins as one of the rate itself. */
static void begin(struct pace *pace, msec_t gap, msec_t now)
{
	pace->gap = gap;
	for (unsigned i = SENT_MAX; i > 0; i--)
		add(pace, now - (msec_t)i * gap);
}

int pace_set(struct pace **pace, msec_t gap, msec_t now)
{
	struct pace *p = *pace;

	if (gap == pace_gap(p))
		return 0;
	if (!gap) {
		pace_free(pace);
		return 0;
	}
	if (!p)
		p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	begin(p, gap, now);
	*pace = p;
	return 0;
}

msec_t pace_gap(const struct pace *pace)
{
	return pace ? pace->gap : 0;
}

static unsigned count_since(const struct pace *pace, msec_t begin)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SENT_MAX; i++)
		n += pace->sent[i] > begin;
	return n;
}

/* With 1/rate = gap and period = PERIOD_GAPS * gap, the formula is count * gap / PERIOD_GAPS. */
msec_t pace_sent(struct pace *pace, msec_t now)
{
	add(pace, now);
	return (msec_t)count_since(pace, now - PERIOD_GAPS * pace->gap) * pace->gap / PERIOD_GAPS;
}

void pace_free(struct pace **pace)
{
	free(*pace);
	*pace = NULL;
}
