/*
 * utils/wheel.c - where a timer waits, and how time passes.
 *
 * A timer that is due within 256 ticks waits in level 0, in the slot of its very
 * tick. One that is further away waits in a coarser level, and is dealt out to
 * a finer one when the wheel gets there. Slots of level n span 256^n ticks.
 * Time does not step through empty ticks: the maps tell where to go next.
 */
#include "utils/wheel.h"

#define SLOT_BITS 8
#define MAP_BITS  64

static uint64_t tick_at_or_before(msec_t now)
{
	return now < 0 ? 0 : (uint64_t)now / WHEEL_TICK_MS;
}

static uint64_t tick_at_or_after(msec_t when)
{
	return when < 0 ? 0 : ((uint64_t)when + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
}

void wheel_init(struct wheel *w, msec_t now)
{
	w->tick = tick_at_or_before(now);
	w->count = 0;
	for (int level = 0; level < WHEEL_LEVELS; level++) {
		for (int i = 0; i < WHEEL_SLOTS / MAP_BITS; i++)
			w->map[level][i] = 0;
		for (int i = 0; i < WHEEL_SLOTS; i++)
			list_init(&w->slot[level][i]);
	}
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	list_init(&t->node);
	t->due = 0;
	t->fire = fire;
}

/* What is further away than the wheel reaches waits in the last slot of all and
 * is dealt out again from there, as often as it takes. */
static void place(struct wheel *w, struct timer *t)
{
	const uint64_t reach = ((uint64_t)1 << SLOT_BITS * WHEEL_LEVELS) - 1;
	uint64_t distance = t->due - w->tick;
	uint64_t at = distance > reach ? w->tick + reach : t->due;
	unsigned level = 0, slot;

	while (level < WHEEL_LEVELS - 1 && distance >> SLOT_BITS * (level + 1) != 0)
		level++;
	slot = at >> SLOT_BITS * level & (WHEEL_SLOTS - 1);
	list_push_back(&w->slot[level][slot], &t->node);
	w->map[level][slot / MAP_BITS] |= (uint64_t)1 << slot % MAP_BITS;
}

/* Take out of its slot, or out of the batch that is just being fired. The map
 * forgets a slot with its last timer: then both neighbours are the slot. */
static void unlink_timer(struct wheel *w, struct timer *t)
{
	struct list *neighbour = t->node.next;
	bool is_last = neighbour == t->node.prev;
	uintptr_t offset = (uintptr_t)neighbour - (uintptr_t)w->slot;

	list_remove(&t->node);
	if (is_last && offset < sizeof(w->slot)) {
		size_t i = offset / sizeof(struct list);

		w->map[i / WHEEL_SLOTS][i % WHEEL_SLOTS / MAP_BITS] &=
		    ~((uint64_t)1 << i % MAP_BITS);
	}
}

void wheel_stop(struct wheel *w, struct timer *t)
{
	if (!timer_is_running(t))
		return;
	unlink_timer(w, t);
	w->count--;
}

void wheel_start(struct wheel *w, struct timer *t, msec_t now, msec_t delay)
{
	wheel_stop(w, t);
	t->due = tick_at_or_after(delay > 0 ? now + delay : now);
	if (t->due <= w->tick)
		t->due = w->tick + 1;
	place(w, t);
	w->count++;
}

/* How many slots behind slot `from` of that level the next used one is, 1 to 256;
 * 0 if the level is empty. */
static unsigned steps_to_used(const uint64_t *map, unsigned from)
{
	unsigned begin = (from + 1) % WHEEL_SLOTS;
	unsigned word = begin / MAP_BITS;
	uint64_t bits = map[word] & ~(uint64_t)0 << begin % MAP_BITS;

	/* The fifth turn looks at the first word again, now at its lower part too. */
	for (unsigned i = 0; i <= WHEEL_SLOTS / MAP_BITS; i++) {
		if (bits != 0) {
			unsigned slot = word * MAP_BITS + (unsigned)__builtin_ctzll(bits);

			return (slot - begin) % WHEEL_SLOTS + 1;
		}
		word = (word + 1) % (WHEEL_SLOTS / MAP_BITS);
		bits = map[word];
	}
	return 0;
}

/* The next tick at which a timer fires or a slot is dealt out; UINT64_MAX: none. */
static uint64_t next_event(const struct wheel *w)
{
	uint64_t first = UINT64_MAX;

	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		uint64_t here = w->tick >> SLOT_BITS * level;
		unsigned steps = steps_to_used(w->map[level], here & (WHEEL_SLOTS - 1));
		uint64_t at = (here + steps) << SLOT_BITS * level;

		if (steps != 0 && at < first)
			first = at;
	}
	return first;
}

/* Empty the slot into batch, so that what is started meanwhile is not in it. */
static void take_slot(struct wheel *w, unsigned level, unsigned slot, struct list *batch)
{
	struct list *head = &w->slot[level][slot];

	list_init(batch);
	if (list_is_empty(head))
		return;
	list_insert_after(head, batch);
	list_remove(head);
	w->map[level][slot / MAP_BITS] &= ~((uint64_t)1 << slot % MAP_BITS);
}

static void deal_out(struct wheel *w, unsigned level)
{
	struct list batch, *node;

	take_slot(w, level, w->tick >> SLOT_BITS * level & (WHEEL_SLOTS - 1), &batch);
	while ((node = list_pop_front(&batch)))
		place(w, container_of(node, struct timer, node));
}

static void fire_slot(struct wheel *w)
{
	struct list batch, *node;

	take_slot(w, 0, w->tick & (WHEEL_SLOTS - 1), &batch);
	while ((node = list_pop_front(&batch))) {
		struct timer *t = container_of(node, struct timer, node);

		w->count--;
		t->fire(t);
	}
}

/* What is dealt out may be due at once; it never goes to another slot of now. */
static void run_tick(struct wheel *w, uint64_t tick)
{
	w->tick = tick;
	for (unsigned level = 1; level < WHEEL_LEVELS; level++)
		if ((tick & (((uint64_t)1 << SLOT_BITS * level) - 1)) == 0)
			deal_out(w, level);
	fire_slot(w);
}

void wheel_advance(struct wheel *w, msec_t now)
{
	uint64_t target = tick_at_or_before(now), next;

	while (w->tick < target) {
		next = next_event(w);
		if (next > target) {
			w->tick = target;
			return;
		}
		run_tick(w, next);
	}
}

msec_t wheel_sleep(const struct wheel *w, msec_t now)
{
	msec_t next;

	if (w->count == 0)
		return -1;
	next = (msec_t)next_event(w) * WHEEL_TICK_MS;
	return next > now ? next - now : 0;
}
