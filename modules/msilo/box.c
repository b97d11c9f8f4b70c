/*
 * modules/msilo/box.c - which users have messages waiting, with their owners.
 */
#include "modules/msilo/msilo.h"

#include <errno.h>
#include <stdlib.h>

static bool same_aor(const struct htab_node *node, const void *key)
{
	return slice_eq_nocase(box_aor(container_of(node, const struct box, node)),
	    *(const struct slice *)key);
}

static struct box *box_new(struct msilo *m, struct slice aor)
{
	struct box *b = calloc(1, sizeof(*b) + aor.len);

	if (!b)
		return NULL;
	b->m = m;
	b->aor_len = aor.len;
	memcpy(b->aor, aor.p, aor.len);
	htab_insert(&msilo_local(m)->boxes, &b->node, lcs_user_key(aor));
	return b;
}

struct box *box_find(struct msilo *m, struct slice aor, bool make)
{
	struct htab_node *node = htab_find(&msilo_local(m)->boxes, lcs_user_key(aor), same_aor, &aor);

	if (node)
		return container_of(node, struct box, node);
	return make && aor.len ? box_new(m, aor) : NULL;
}

void box_settle(struct box *b)
{
	if (b->stored || b->storing || b->is_busy || b->sending)
		return;
	htab_remove(&msilo_local(b->m)->boxes, &b->node);
	free(b->heir);
	free(b);
}

/* What was in the store at the start. */
int boxes_start(struct msilo *m, struct msilo_local *local)
{
	if (htab_init(&local->boxes, 64) != 0)
		return -ENOMEM;
	for (const struct loaded_box *l = m->loaded; l; l = l->next) {
		struct slice aor = slice_of(l->aor, l->aor_len);
		struct box *b;

		if ((int)worker_of(lcs_user_key(aor)) != worker_self())
			continue;
		b = box_new(m, aor);
		if (!b)
			return -ENOMEM;
		b->stored = l->count;
		b->last_id = l->last_id;
		local->waiting += box_is_blind(b) ? 0 : l->count;
	}
	return 0;
}

static void drop(struct htab_node *node, void *arg)
{
	struct box *b = container_of(node, struct box, node);

	(void)arg;
	htab_remove(&msilo_local(b->m)->boxes, node);
	free(b->heir);
	free(b);
}

void boxes_stop(struct msilo_local *local)
{
	htab_each(&local->boxes, drop, NULL);
	htab_fini(&local->boxes);
}
