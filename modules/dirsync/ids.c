/*
 * modules/dirsync/ids.c - a set of entries' keys: filled first, asked then.
 */
#include "modules/dirsync/dirsync.h"

#include <stdlib.h>

bool ids_add(struct dirsync_ids *ids, const unsigned char *id)
{
	if (ids->count == ids->room) {
		size_t room = ids->room ? 2 * ids->room : 256;
		void *more = realloc(ids->id, room * sizeof(*ids->id));

		if (!more)
			return false;
		ids->id = more;
		ids->room = room;
	}
	memcpy(ids->id[ids->count++], id, DIRSYNC_ID_BYTES);
	ids->sorted = false;
	return true;
}

static int order(const void *a, const void *b) { return memcmp(a, b, DIRSYNC_ID_BYTES); }

bool ids_have(struct dirsync_ids *ids, const unsigned char *id)
{
	if (!ids->count)
		return false;
	if (!ids->sorted)
		qsort(ids->id, ids->count, sizeof(*ids->id), order);
	ids->sorted = true;
	return bsearch(id, ids->id, ids->count, sizeof(*ids->id), order) != NULL;
}

void ids_free(struct dirsync_ids *ids)
{
	free(ids->id);
	*ids = (struct dirsync_ids){ 0 };
}
