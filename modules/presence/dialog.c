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

struct presence_sub *sub_by_tag(const struct presence *p, struct slice tag)
{
	const struct dialog_ref *ref = find_ref(p, tag);

	return ref ? ref->sub : NULL;
}

bool sub_key(const struct presence *p, struct slice tag, uint64_t *key)
{
	const struct dialog_ref *ref = find_ref(p, tag);

	if (ref)
		*key = ref->user_key;
	return ref != NULL;
}

void dialog_enter(struct presence_sub *sub)
{
	struct dialog_ref *ref = &sub->dialog->ref;

	ref->user_key = sub->user->key;
	ref->sub = sub;
	sub->dialog->is_linked = true;
	rtab_insert(sub->user->p->dialogs, &ref->node, tag_hash(sub->info.id));
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
