/*
 * core/sip/counters.h - what the rooms did with messages, counted per worker.
 *
 * A worker writes only its own; whoever shows them adds up while they go on.
 */
#ifndef CORE_SIP_COUNTERS_H
#define CORE_SIP_COUNTERS_H

#include "utils/count.h"
#include "utils/slice.h"

/* COUNTER(field, text): the field's name is the statistic's name, in group "core". */
#define SIP_COUNTERS(COUNTER)                                                              \
	COUNTER(requests, "requests received")                                             \
	COUNTER(responses, "responses received")                                           \
	COUNTER(handed_over, "messages that went to another worker")                       \
	COUNTER(malformed_answered, "malformed requests answered")                         \
	COUNTER(malformed_dropped, "malformed messages dropped")                           \
	COUNTER(refused_overload, "new requests refused with 503, a worker was behind")    \
	COUNTER(refused_stopping, "new requests refused with 503, the server is about to end") \
	COUNTER(no_memory, "messages lost or refused because memory was short")            \
	COUNTER(taken_by_hook, "messages dealt with by a module before the script")        \
	COUNTER(scripts_run, "runs of request_route")                                      \
	COUNTER(scripts_failed, "runs that ended in a run-time error")                     \
	COUNTER(scripts_suspended, "times a script waited")                                \
	COUNTER(scripts_cancelled, "waiting scripts ended because their transaction died") \
	COUNTER(unanswered, "requests whose script ended without answer")                  \
	COUNTER(responses_sent, "stateless responses sent")                                \
	COUNTER(responses_failed, "stateless responses that could not be made")            \
	COUNTER(acks_absorbed, "ACKs for stateless responses")                             \
	COUNTER(requests_forwarded, "requests forwarded statelessly")                      \
	COUNTER(responses_forwarded, "responses forwarded statelessly")                    \
	COUNTER(responses_dropped, "responses without a way to go, or dropped by script")  \
	COUNTER(forward_failed, "forwards that failed: no hop, no memory")

struct sip_counters {
#define COUNTER(field, doc) uint64_t field;
	SIP_COUNTERS(COUNTER)
#undef COUNTER
};

/** The calling thread's own: only it counts there. */
struct sip_counters *sip_counters_mine(void);
/** Of all workers, read without stopping them. */
void sip_counters_sum(struct sip_counters *sum);

#define SIP_COUNT(field) count_by(&sip_counters_mine()->field, 1)

/* ---- malformed messages, by cause ---- */
struct defect_count { const char *reason; uint64_t n; };
/** reason: constant text. */
void sip_count_defect(const char *reason);
/** Sum over all workers into out, at most max; returns how many causes there are. */
unsigned sip_defects_sum(struct defect_count *out, unsigned max);

#endif
