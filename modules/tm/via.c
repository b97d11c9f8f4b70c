/*
 * modules/tm/via.c - see via.h.
 */
#include "modules/tm/via.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <endian.h>
#include <errno.h>

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

struct via {
	struct sip_hop hop;
	char           branch[TM_BRANCH_CHARS];
	struct slice   mark;
};

void tm_put_via(struct buf *out, const struct sip_hop *hop, struct slice branch)
{
	char text[300];

	buf_put(out, SLICE("Via: SIP/2.0/"));
	buf_put(out, transport_via_name(hop->transport));
	buf_put_char(out, ' ');
	buf_put(out, net_sent_by(hop, text));
	if (hop->transport == TRANSPORT_UDP)
		buf_put(out, SLICE(";rport"));
	buf_put(out, SLICE(";branch="));
	buf_put(out, branch);
}

static void write_via(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	const struct via *via = edit->arg;

	(void)hop;
	tm_put_via(out, &via->hop, slice_of(via->branch, sizeof(via->branch)));
	buf_put(out, via->mark);
	buf_put(out, SLICE("\r\n"));
}

int tm_add_via(struct arena *a, const struct sip_edit **last, uint64_t id,
    struct slice mark, const struct sip_hop *hop)
{
	struct via *via = arena_alloc(a, sizeof(*via));

	if (!via)
		return -ENOMEM;
	via->hop = *hop;
	via->mark = mark;
	tm_branch_text(id, via->branch);
	return edit_late(a, last, EDIT_AT_TOP, write_via, via);
}
