/*
 * core/lab/ask.c - expressions of a test, run by the machine like the script itself.
 */
#include "core/lab/draft.h"
#include "core/lab/lab.h"
#include "core/lab/run.h"
#include "core/sip/flight.h"

static unsigned asking;

struct question { unsigned route; struct sip_msg *about; struct value answer; };

bool lab_is_asking(void) { return asking > 0; }

static void answered(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	struct question *q = arg;

	if (status == VM_DONE)
		q->answer = value_copy(lab.arena, vm_result(lcs_fiber(ctx)));
}

static void ask(void *arg)
{
	struct question *q = arg;
	struct lcs_ctx *ctx = lcs_ctx_new(q->about, NULL, NULL, gen_peek(),
	    q->about->is_request ? ROUTE_REQUEST : ROUTE_REPLY);

	if (!ctx)
		return;
	flight_pause(true);
	lcs_route_run(ctx, (int)q->route, answered, q);
	flight_pause(false);
	lcs_ctx_unref(&ctx);
}

/* Where there is no message yet, variables of one are null. */
static struct sip_msg *nothing(void)
{
	return draft_parsed(SLICE("OPTIONS sip:nobody.invalid SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP nobody.invalid;branch=z9hG4bK0\r\nMax-Forwards: 70\r\n"
	    "From: <sip:nobody.invalid>;tag=0\r\nTo: <sip:nobody.invalid>\r\n"
	    "Call-ID: 0\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"));
}

struct value lab_ask(unsigned route, struct sip_msg *about)
{
	struct sip_msg *made = about ? NULL : nothing();
	struct question q = { route, about ? about : made, value_null() };

	asking++;
	if (q.about)
		fake_as_worker(0, ask, &q);
	asking--;
	sip_msg_unref(&made);
	return q.answer;
}
