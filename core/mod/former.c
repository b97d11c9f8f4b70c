/*
 * core/mod/former.c - see former.h.
 */
#include "core/mod/former.h"

#include "core/sip/plan.h"

/* A reload that was a mistake, its undo, and the one that was right. */
#define KEPT_MAX       3u
/* A script takes some hundred kB; a map of forty thousand numbers is not kept three times. */
#define KEPT_BYTES_MAX (8u << 20)

static struct { uint64_t number; struct cfg *cfg; } kept[KEPT_MAX];	/* the oldest first */
static unsigned count;

static size_t bytes_kept(void)
{
	size_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += arena_used(kept[i].cfg->arena);
	return sum;
}

static void forget_oldest(void)
{
	cfg_free(&kept[0].cfg);
	memmove(kept, kept + 1, --count * sizeof(kept[0]));
}

void former_keep(uint64_t number, struct cfg *cfg)
{
	if (count == KEPT_MAX)
		forget_oldest();
	kept[count].number = number;
	kept[count++].cfg = cfg;
	while (count > 0 && bytes_kept() > KEPT_BYTES_MAX)
		forget_oldest();
}

struct list_of { struct former *out; unsigned count, room; };

static void add(struct list_of *l, uint64_t number, const struct program *program)
{
	if (l->count == l->room)
		memmove(l->out, l->out + 1, --l->count * sizeof(*l->out));
	l->out[l->count++] = (struct former){ number, program };
}

static void add_living(const struct gen *gen, bool is_current, void *arg)
{
	const struct lcs_gen *g = plan_of((struct gen *)(uintptr_t)gen);

	(void)is_current;
	add(arg, gen->number, g->program);
}

unsigned former_list(struct former *out, unsigned room)
{
	struct list_of l = { out, 0, room };

	for (unsigned i = 0; i < count; i++)
		add(&l, kept[i].number, kept[i].cfg->program);
	gen_each(add_living, &l);
	return l.count;
}

void former_forget(void)
{
	while (count > 0)
		cfg_free(&kept[--count].cfg);
}
