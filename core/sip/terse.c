/*
 * core/sip/terse.c - see terse.h.
 */
#include "core/sip/terse.h"

#include "core/net/limit.h"
#include "core/sip/counters.h"
#include "core/sip/ctx.h"
#include "core/sip/flight.h"
#include "core/sip/tx.h"
#include "parser/glance.h"

/* The hook of the transactions is the one that this stands for. */
static bool is_seen(const struct sip_hop *from)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	return lcs_own_requests_are_seen() || gen->hooks[STAGE_RESPONSE].count != 1 ||
	    (from->flow && gen->hooks[STAGE_RECEIVED].count > 0);
}

/* Whatever failed is compared with the other branches, and wants to be read. */
static bool may_suffice(struct slice bytes)
{
	return slice_starts(bytes, SLICE("SIP/2.0 ")) && bytes.len > 8 && bytes.p[8] < '3';
}

bool terse_read(struct slice bytes, const struct sip_hop *from)
{
	const struct lcs_tx_ops *ops = tx_ops();
	struct sip_glance g;

	if (!may_suffice(bytes) || !ops || !ops->answered || is_seen(from) ||
	    !sip_glance(bytes, &net_limits()->msg, &g))
		return false;
	note_call(SLICE_NULL);
	if (!ops->answered(&g))
		return false;
	SIP_COUNT(responses);
	SIP_COUNT(taken_by_hook);
	flight_answer(from, &g);
	return true;
}
