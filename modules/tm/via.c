/*
 * modules/tm/via.c - see via.h.
 */
#include "modules/tm/via.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <endian.h>

#define HEAD VIA_COOKIE "t"		/* stateless branches of core/sip go on otherwise */

/* The worker is in the highest bits: tables go by the lowest. */
#define WORKER_SHIFT 58
_Static_assert(WORKERS_MAX <= 1u << (64 - WORKER_SHIFT), "a worker has six bits");

uint64_t tm_branch_fresh(unsigned worker)
{
	return (uint64_t)worker << WORKER_SHIFT | rand_u64() >> (64 - WORKER_SHIFT);
}

int tm_branch_worker(struct slice branch)
{
	uint64_t id;

	return tm_branch_id(branch, &id) ? (int)(id >> WORKER_SHIFT) : -1;
}

void tm_branch_text(uint64_t id, char text[TM_BRANCH_CHARS])
{
	memcpy(text, HEAD, sizeof(HEAD) - 1);
	id = htole64(id);
	hex_encode(text + sizeof(HEAD) - 1, &id, sizeof(id));
}

bool tm_branch_id(struct slice branch, uint64_t *id)
{
	bool has_mark = branch.len > TM_BRANCH_CHARS && branch.p[TM_BRANCH_CHARS] == '.';

	if ((branch.len != TM_BRANCH_CHARS && !has_mark) || memcmp(branch.p, HEAD, sizeof(HEAD) - 1) != 0)
		return false;
	branch = slice_first(branch, TM_BRANCH_CHARS);
	if (hex_decode(id, sizeof(*id), slice_skip(branch, sizeof(HEAD) - 1)) != 0)
		return false;
	*id = le64toh(*id);
	return true;
}

struct slice tm_branch_in(struct arena *a, uint64_t id, struct slice mark)
{
	char *text = arena_bytes(a, TM_BRANCH_CHARS + mark.len);

	if (!text)
		return SLICE_NULL;
	tm_branch_text(id, text);
	if (mark.len)
		memcpy(text + TM_BRANCH_CHARS, mark.p, mark.len);
	return slice_of(text, TM_BRANCH_CHARS + mark.len);
}
