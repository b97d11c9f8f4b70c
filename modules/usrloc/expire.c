/*
 * modules/usrloc/expire.c - bindings that have run out go: from the table, and from the store.
 */
#include "modules/usrloc/usrloc.h"

static unsigned take_living(const struct record *r, int64_t now, struct record_part *parts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->pub.count; i++)
		if (record_binding(r, i)->expires > now)
			parts[n++] = (struct record_part){ .have = record_binding(r, i) };
	return n;
}

/* A row of what ran out is never read again. If it cannot go now, the next purge takes it. */
static void forget(struct usrloc *ul, struct slice aor, const struct binding *b)
{
	const struct usrloc_conf *conf = usrloc_conf_of(ul);

	if (store_is_on() && (conf->before || conf->after))
		journal_forget(ul, aor, b);
}

void usrloc_expire(struct usrloc *ul, struct record *old)
{
	struct slice aor = record_aor(old);
	uint64_t key = aor_key(aor);
	int64_t now = loop_wall(worker_loop());
	struct record_part parts[PLAN_MAX];
	unsigned n = take_living(old, now, parts);
	bool busy = usrloc_is_busy(ul, aor, key);
	struct record *next = n && !busy ? record_new(ul, aor, parts, n) : NULL;

	if (busy || (n && !next)) {
		due_add(usrloc_local_of(ul), old);
		return;
	}
	record_publish(ul, old, next, key);
	for (unsigned i = 0; i < old->pub.count; i++)
		if (record_binding(old, i)->expires <= now) {
			usrloc_local_of(ul)->expired++;
			forget(ul, record_aor(old), record_binding(old, i));
			usrloc_event_expired(ul, record_aor(old), record_binding(old, i));
		}
}
