/*
 * core/net/limit.c - the bounds in force, and what the room counted.
 */
#include "core/net/limit.h"

#include "core/run/worker.h"
#include "utils/count.h"
#include "utils/epoch.h"
#include "utils/err.h"

#include <stdlib.h>

const struct net_limits net_limits_preset = {
	.msg = { .max_bytes = 65536, .max_hdrs = 256, .arena_bytes = 1048576 },
	.connections = 100000,
	.connections_per_address = 1000,
	.in_flight_per_connection = 200,
	.send_queue_bytes = 4194304,
	.idle_timeout = 3600000,
	.half_message_timeout = 30000,
	.connect_timeout = 5000,
};

struct limits_held { struct net_limits limits; struct epoch_item grave; };

static const struct net_limits *_Atomic current = &net_limits_preset;
static struct net_counters counters[WORKERS_MAX];

const struct net_limits *net_limits(void)
{
	return atomic_load_explicit(&current, memory_order_acquire);
}

static void drop(struct epoch_item *item)
{
	free((char *)item - offsetof(struct limits_held, grave));
}

/* Short of memory the old bounds stay, which is safe; the next setting tries again. */
void net_set_limits(const struct net_limits *limits)
{
	struct limits_held *held = malloc(sizeof(*held));
	const struct net_limits *old;

	if (!held)
		return;
	held->limits = *limits;
	old = atomic_exchange_explicit(&current, &held->limits, memory_order_acq_rel);
	if (old != &net_limits_preset)
		epoch_defer(&((struct limits_held *)(void *)(uintptr_t)old)->grave, drop);
}

struct net_counters *net_counters_mine(void)
{
	int self = worker_self();

	lcs_assert(self >= 0);
	return &counters[self];
}

void net_counters(struct net_counters *sum)
{
	uint64_t *to = (uint64_t *)sum;

	*sum = (struct net_counters){ 0 };
	for (unsigned w = 0; w < WORKERS_MAX; w++) {
		const uint64_t *from = (const uint64_t *)&counters[w];

		for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
			to[i] += count_read(&from[i]);
	}
}
