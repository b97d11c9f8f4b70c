/*
 * modules/presence/dialog.c - the table of dialogs: who has only the tag finds the subscription,
 * and the user whom it lives with.
 */
#include "modules/presence/sub.h"

#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/siphash.h"

void tag_make(char tag[TAG_CHARS])
{
	unsigned char bytes[TAG_CHARS / 2];

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(tag, bytes, sizeof(bytes));
}

static uint64_t tag_hash(struct slice tag)
{
	return siphash_quick(siphash_boot_key(), tag);
}

static bool same_tag(const struct rtab_node *node, const void *key)
{
	const struct dialog_ref *ref = (const void *)node;

	return slice_eq(slice_of(ref->sub->tag, TAG_CHARS), *(const struct slice *)key);
}

static const struct dialog_ref *find_ref(const struct presence *p, struct slice tag)
{
	return (const void *)rtab_find(p->dialogs, tag_hash(tag), same_tag, &tag);
}

/* Of what somebody else owns, only who that is may be looked at. */
enum dialog_place dialog_find(const struct presence *p, struct slice tag,
    struct presence_sub **sub, unsigned *worker)
{
	const struct dialog_ref *ref = find_ref(p, tag);

	if (!ref)
		return DIALOG_NOWHERE;
	*worker = worker_of(ref->user_key);
	if ((int)*worker != worker_self())
		return DIALOG_THERE;
	if (ref->sub->dialog->gone_to) {
		*worker = ref->sub->dialog->gone_to - 1u;
		return DIALOG_THERE;
	}
	*sub = ref->sub;
	return DIALOG_HERE;
}

bool dialog_is_known(const struct presence *p, struct slice tag)
{
	return find_ref(p, tag) != NULL;
}

static struct dialog_ref *make_ref(struct presence_sub *sub)
{
	struct dialog_ref *ref = &sub->dialog->ref;

	ref->user_key = sub->user->key;
	ref->sub = sub;
	sub->dialog->is_linked = true;
	return ref;
}

void dialog_enter(struct presence_sub *sub)
{
	rtab_insert(sub->user->p->dialogs, &make_ref(sub)->node, tag_hash(sub->info.id));
}

static void ref_drop(struct epoch_item *item)
{
	free(container_of(item, struct dialog_ref, item)->sub);
}

void dialog_leave(struct presence_sub *sub)
{
	rtab_remove(sub->user->p->dialogs, &sub->dialog->ref.node);
	epoch_defer(&sub->dialog->ref.item, ref_drop);
}

/* ---- from one worker to another ---- */

void dialog_depart(struct presence_sub *sub, unsigned worker)
{
	sub->dialog->gone_to = (uint16_t)(worker + 1);
}

void dialog_arrive(struct presence *p, struct dialog_ref *old, struct presence_sub *sub)
{
	if (sub)
		rtab_replace(p->dialogs, &old->node, &make_ref(sub)->node);
	else
		rtab_remove(p->dialogs, &old->node);
	epoch_defer(&old->item, ref_drop);
}
