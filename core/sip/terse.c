/*
 * core/sip/terse.c - see terse.h.
 */
#include "core/sip/terse.h"

#include "core/sip/counters.h"
#include "core/sip/flight.h"
#include "core/sip/plan.h"
#include "core/sip/steer.h"
#include "core/sip/tx.h"

#define OK      SLICE("SIP/2.0 200 ")
#define BRANCH  SLICE(";branch=")

/* The hook of the transactions is the one that this stands for. */
static bool is_seen(const struct sip_hop *from)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	return lcs_own_requests_are_seen() || gen->hooks[STAGE_RESPONSE].count != 1 ||
	    (from->flow && gen->hooks[STAGE_RECEIVED].count > 0);
}

/* The first value of the topmost Via, which has to be the first header in its usual form. */
static bool find_branch(struct slice bytes, struct slice *branch)
{
	struct slice line = slice_skip(bytes, slice_find(bytes, '\n') + 1);

	if (!slice_starts(line, SLICE("Via: ")))
		return false;
	line = slice_first(line, slice_find(line, '\r'));
	if (slice_find(line, ',') < line.len)
		return false;
	while (line.len > 0 && !slice_starts(line, BRANCH))
		line = slice_skip(line, 1 + slice_find(slice_skip(line, 1), ';'));
	line = slice_skip(line, BRANCH.len);
	*branch = slice_first(line, slice_find(line, ';'));
	return branch->len > 0;
}

static bool find_method(struct slice bytes, enum sip_method *method)
{
	struct slice cseq;

	if (!steer_find(bytes, SLICE("CSeq:"), &cseq))
		return false;
	slice_take_while(&cseq, is_digit);
	slice_skip_lws(&cseq);
	*method = sip_method_parse(cseq);
	return *method != METHOD_OTHER;
}

static void record(struct slice bytes, const struct sip_hop *from, enum sip_method method)
{
	struct slice call_id = SLICE_NULL;

	steer_find(bytes, SLICE("Call-ID:"), &call_id);
	flight_answer(from, call_id, method, 200);
}

bool terse_read(struct slice bytes, const struct sip_hop *from)
{
	const struct lcs_tx_ops *ops = tx_ops();
	enum sip_method method;
	struct slice branch;

	if (!slice_starts(bytes, OK) || !ops || !ops->answered || is_seen(from) ||
	    !find_branch(bytes, &branch) || !ops->is_own(branch) || !find_method(bytes, &method) ||
	    !ops->answered(branch, method))
		return false;
	SIP_COUNT(responses);
	SIP_COUNT(taken_by_hook);
	if (flight_is_on())
		record(bytes, from, method);
	return true;
}
