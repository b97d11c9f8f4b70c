/*
 * core/sip/ctx.h - inside struct lcs_ctx: one message, what the script made of it, its run.
 *
 * It lives in the arena of its message and holds a count of it. Made in the
 * flow room, it moves to the owner of the Call-ID and stays there.
 */
#ifndef CORE_SIP_CTX_H
#define CORE_SIP_CTX_H

#include "core/sip/plan.h"

enum run_state {
	RUN_NONE,
	RUN_ACTIVE,			/* vm_run() is on the C stack */
	RUN_WAITING			/* a function waits; that wait holds a count of the ctx */
};

struct within;

struct run {
	struct fiber      *fiber;
	lcs_route_done_fn *done;
	void              *arg;
	enum run_state     state;
	bool               early;	/* resumed before its function had returned: value is set */
	bool               stale;	/* a wait was abandoned; its resume is to be thrown away */
	struct value       value, posted;	/* posted: on its way from another worker */
	struct inbox_item  item;	/* the way back to the owner */
	struct within     *within;	/* open blocks with a deadline, inner ones first */
	/* A function that would have to wait while stale: called when that is over. */
	const struct sym_func *parked;
	const struct value    *parked_argv;
	unsigned               parked_argc;
};

struct lcs_ctx {
	struct ref             refs;
	uint8_t                kind;	/* enum route_kind */
	uint8_t                owner;	/* worker */
	bool                   answered;	/* stateless: answered, forwarded or dropped on purpose */
	bool                   in_flight;	/* net_message_done() is due */
	struct sip_msg        *msg;
	struct arena          *arena;	/* the message's, but for a look at what is being sent */
	const struct sip_edit *last;
	struct lcs_gen        *gen;
	struct lcs_bag        *bag;
	void                  *tx;
	struct slice           identity;	/* name@domain whose credentials were accepted */
	struct slice           tag;	/* lcs_stateless_tag(), made on demand */
	struct slice           loop_mark;	/* lcs_loop_mark(), the same */
	struct lcs_target      target;
	struct lcs_target     *targets;
	unsigned               target_count, target_room;
	struct run             run;
	struct inbox_item      item;	/* from the flow room to the call room */
	const struct sip_edit *uri_at;	/* uri is the Request-URI as of this edit */
	const struct sip_uri  *uri;
	bool                   uri_known;
	msec_t                 received_at;	/* clock of the loops */
	msec_t                 waited;	/* lcs_waited() */
	struct slice           response_lines;	/* lcs_append_to_response() */
	void                  *event_data;
	int                    event_route;	/* to be run by the owner */
};

/**
 * A ctx for a message that has just come in. Takes msg, also when it fails.
 * @return NULL if memory is short
 */
struct lcs_ctx *ctx_receive(struct sip_msg *msg);

/** A message without content for runs that have none (timers, events); NULL if memory is short. */
struct sip_msg *ctx_empty_msg(void);

/** Say in this worker's note which call it is busy with. */
void note_call(struct slice call_id);

static inline struct slice ctx_call_id(const struct lcs_ctx *ctx)
{
	return msg_call_id(ctx->msg);
}

static inline void ctx_note(const struct lcs_ctx *ctx) { note_call(ctx_call_id(ctx)); }

#endif
