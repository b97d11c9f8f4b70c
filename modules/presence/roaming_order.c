/*
 * modules/presence/roaming_order.c - changes by administrators: begun by the control thread, carried
 * out by the lists' owners, and done when they are on disk.
 */
#include "modules/presence/roaming.h"

#include <errno.h>

struct ordered { struct await *await; struct roaming_answer *answer; };

/* On the owner; whoever ordered it may have given up, the room is there all the same. */
static void done(void *arg, const struct roaming_answer *answer)
{
	struct ordered *o = arg;

	*o->answer = *answer;
	await_end(o->await);
	free(o);
}

int roaming_order(struct roaming *r, struct slice aor, const void *changes, unsigned count,
    struct await *await, struct roaming_answer *answer)
{
	const struct roaming_request req = { .aor = aor, .by = SLICE("administrator") };
	struct ordered *o = malloc(sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	*o = (struct ordered){ await, answer };
	await_begin(await);
	err = roaming_change(r, &req, changes, count, done, o);
	if (err) {
		await_end(await);
		free(o);
	}
	return err;
}

int roaming_error(const struct roaming_answer *answer)
{
	switch (answer->result) {
	case ROAMING_OK: return 0;
	case ROAMING_NO_STORE: return -EIO;
	case ROAMING_NO_MEMORY: return -ENOMEM;
	default: return -EINVAL;
	}
}

int roaming_order_one(struct roaming *r, struct slice aor, const void *changes, unsigned count,
    struct roaming_answer *answer)
{
	struct await *await = await_new(sizeof(*answer));
	int err = await ? roaming_order(r, aor, changes, count, await, await_room(await)) : -ENOMEM;

	if (!err)
		err = await_all(await, AWAIT_MOST);
	if (!err) {
		*answer = *(struct roaming_answer *)await_room(await);
		err = roaming_error(answer);
	}
	await_unref(&await);
	return err;
}
