/*
 * modules/dirsync/gone.c - see gone.h.
 */
#include "modules/dirsync/gone.h"

#include "utils/hex.h"

#include <stdlib.h>
#include <string.h>

#define ID_BYTES 16u

struct gone_entry {
	unsigned char id[ID_BYTES];
	uint64_t      server;
	msec_t        until;
	bool          is_disabled;	/* else deleted */
	bool          is_kept_out;	/* another server has it */
};

void gone_free(struct gone *g)
{
	free(g->list);
	*g = (struct gone){ NULL, 0 };
}

static bool read_id(struct slice key, unsigned char id[ID_BYTES])
{
	return key.len == 2 * ID_BYTES && hex_decode(id, ID_BYTES, key) == 0;
}

static struct gone_entry *find(struct gone *g, struct slice key)
{
	unsigned char id[ID_BYTES];

	if (!g->count || !read_id(key, id))
		return NULL;
	for (unsigned i = 0; i < g->count; i++)
		if (memcmp(g->list[i].id, id, ID_BYTES) == 0)
			return &g->list[i];
	return NULL;
}

static void take_out(struct gone *g, struct gone_entry *e)
{
	size_t behind = (size_t)(g->list + --g->count - e);

	memmove(e, e + 1, behind * sizeof(*e));
}

void gone_note(struct gone *g, struct slice key, uint64_t server, bool is_disabled, msec_t until)
{
	struct gone_entry *old = find(g, key), new = { .server = server, .until = until,
	    .is_disabled = is_disabled };

	if (!read_id(key, new.id) || (old && old->is_disabled == is_disabled))
		return;
	if (!g->list)
		g->list = calloc(GONE_MAX, sizeof(*g->list));
	if (!g->list)
		return;
	if (old)
		take_out(g, old);
	else if (g->count == GONE_MAX)
		take_out(g, g->list);
	g->list[g->count++] = new;
}

void gone_forget(struct gone *g, struct slice key)
{
	struct gone_entry *e = find(g, key);

	if (e)
		take_out(g, e);
}

bool gone_again(struct gone *g, struct slice key, uint64_t server, bool is_disabled)
{
	struct gone_entry *e = find(g, key);

	if (!e || e->is_disabled != is_disabled)
		return false;
	e->server = server;
	return true;
}

enum gone_what gone_still(struct gone *g, struct slice key, uint64_t server, msec_t now, bool *is_new)
{
	struct gone_entry *e = find(g, key);

	*is_new = false;
	if (!e || e->until <= now)
		return GONE_NOT;
	if (e->server == server) {
		take_out(g, e);
		return GONE_NOT;
	}
	*is_new = !e->is_kept_out;
	e->is_kept_out = true;
	return e->is_disabled ? GONE_DISABLED : GONE_DELETED;
}

bool gone_is_over(struct gone *g, msec_t now)
{
	bool any = false;

	for (unsigned i = g->count; i-- > 0; ) {
		struct gone_entry *e = &g->list[i];

		if (e->until > now)
			continue;
		any |= e->is_kept_out;
		take_out(g, e);
	}
	return any;
}
