/*
 * core/sip/flags.c - see flags.h.
 *
 * Names are few and never go, so readers look through them without a lock; a name is
 * whole before the count says that it is there.
 */
#include "core/sip/flags.h"

#include "utils/lockorder.h"
#include "utils/log.h"

#include <stdatomic.h>

#define NUMBERED 32u
#define NAMED    32u
#define NAME_MAX_BYTES 47u

static struct { size_t len; char text[NAME_MAX_BYTES]; } names[NAMED];
static _Atomic unsigned count;
static struct lock adding = LOCK_INIT(LOCK_TABLE);

static uint64_t find(struct slice name)
{
	unsigned n = atomic_load_explicit(&count, memory_order_acquire);

	for (unsigned i = 0; i < n; i++)
		if (slice_eq(slice_of(names[i].text, names[i].len), name))
			return 1ull << (NUMBERED + i);
	return 0;
}

static uint64_t add_name(struct slice name)
{
	unsigned n = atomic_load_explicit(&count, memory_order_relaxed);

	if (n == NAMED || name.len > NAME_MAX_BYTES)
		return 0;
	memcpy(names[n].text, name.p, name.len);
	names[n].len = name.len;
	atomic_store_explicit(&count, n + 1, memory_order_release);
	return 1ull << (NUMBERED + n);
}

uint64_t branch_flag(struct slice name, bool add)
{
	uint64_t bit;
	uint32_t number;

	if (slice_to_u32(name, &number) == 0)
		return number < NUMBERED ? 1ull << number : 0;
	bit = name.len ? find(name) : 0;
	if (bit || !add || !name.len)
		return bit;
	lock_take(&adding);
	bit = find(name);
	if (!bit)
		bit = add_name(name);
	lock_drop(&adding);
	if (!bit)
		log_error("script", "no more names for branch flags name=%.*s", SLICE_ARG(name));
	return bit;
}
