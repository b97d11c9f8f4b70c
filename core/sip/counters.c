/*
 * core/sip/counters.c - see counters.h.
 */
#include "core/sip/counters.h"

#include "core/run/worker.h"

#define DEFECTS_MAX 128u		/* causes are constant texts of the parsers: about 80 */

/* The last slot is for threads that are no workers. */
#define SLOTS (WORKERS_MAX + 1)

struct slot {
	struct sip_counters counters;
	struct { const char *_Atomic reason; uint64_t n; } defects[DEFECTS_MAX];
} __attribute__((aligned(128)));	/* no two workers in one cache line pair */

static struct slot slots[SLOTS];

static struct slot *mine(void)
{
	int self = worker_self();

	return &slots[self < 0 ? WORKERS_MAX : self];
}

struct sip_counters *sip_counters_mine(void)
{
	return &mine()->counters;
}

void sip_counters_sum(struct sip_counters *sum)
{
	*sum = (struct sip_counters){ 0 };
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct sip_counters *c = &slots[i].counters;

#define COUNTER(field, doc) sum->field += count_read(&c->field);
		SIP_COUNTERS(COUNTER)
#undef COUNTER
	}
}

/* Causes beyond the table share its last row, so that none goes uncounted. */
void sip_count_defect(const char *reason)
{
	struct slot *s = mine();
	unsigned i = 0;

	while (i < DEFECTS_MAX - 1 && s->defects[i].reason && s->defects[i].reason != reason)
		i++;
	if (i == DEFECTS_MAX - 1)
		reason = "other";
	s->defects[i].reason = reason;
	count_by(&s->defects[i].n, 1);
}

static unsigned add_defect(struct defect_count *out, unsigned count, unsigned max,
    const char *reason, uint64_t n)
{
	for (unsigned i = 0; i < count && i < max; i++) {
		if (!slice_eq(slice_str(out[i].reason), slice_str(reason)))
			continue;
		out[i].n += n;
		return count;
	}
	if (count < max)
		out[count] = (struct defect_count){ reason, n };
	return count + 1;
}

unsigned sip_defects_sum(struct defect_count *out, unsigned max)
{
	unsigned count = 0;

	for (unsigned w = 0; w < SLOTS; w++) {
		for (unsigned i = 0; i < DEFECTS_MAX && slots[w].defects[i].reason; i++)
			count = add_defect(out, count, max, slots[w].defects[i].reason,
			    count_read(&slots[w].defects[i].n));
	}
	return count;
}
