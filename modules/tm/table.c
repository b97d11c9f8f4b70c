/*
 * modules/tm/table.c - see table.h.
 *
 * A row per state. What stands in no row is absorbed: the state stays, nothing
 * is done. So a second final response of the user, for one, goes nowhere
 * (RFC 3261 17.2.1).
 */
#include "modules/tm/table.h"

#define GO(state, actions, repeat, end) \
	{ (actions), TM_##state, TM_REPEAT_##repeat, TM_END_##end, 1 }
#define ABSORB(state) GO(state, 0, KEEP, KEEP)

static const struct tm_cell cells[TM_STATES][TM_INPUTS] = {
	/* 17.2.1; the wait of 200 ms for a 100 is timer "repeat" of this state. */
	[TM_IST_PROCEEDING] = {
		[TM_IN_REQUEST]    = GO(IST_PROCEEDING, TM_DO_AGAIN, KEEP, KEEP),
		[TM_IN_SEND_1XX]   = GO(IST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP),
		[TM_IN_SEND_2XX]   = GO(IST_ACCEPTED, TM_DO_SEND, STOP, L),
		[TM_IN_SEND_FINAL] = GO(IST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, START, H),
		[TM_IN_REPEAT]     = GO(IST_PROCEEDING, TM_DO_TRYING, STOP, KEEP),
		[TM_IN_ERROR]      = GO(IST_PROCEEDING, TM_DO_ERROR, KEEP, KEEP),
	},
	/* RFC 6026 7.1: copies of the INVITE end here, every 2xx and every ACK passes. */
	[TM_IST_ACCEPTED] = {
		[TM_IN_REQUEST]    = ABSORB(IST_ACCEPTED),
		[TM_IN_ACK]        = GO(IST_ACCEPTED, TM_DO_PASS, STOP, KEEP),
		[TM_IN_SEND_2XX]   = GO(IST_ACCEPTED, TM_DO_SEND, KEEP, KEEP),
		[TM_IN_REPEAT]     = GO(IST_ACCEPTED, TM_DO_AGAIN, NEXT, KEEP),
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
		[TM_IN_ERROR]      = GO(IST_ACCEPTED, TM_DO_ERROR, KEEP, KEEP),
	},
	[TM_IST_COMPLETED] = {
		[TM_IN_REQUEST]    = GO(IST_COMPLETED, TM_DO_AGAIN, KEEP, KEEP),
		[TM_IN_ACK]        = GO(IST_CONFIRMED, TM_DO_CONFIRMED, STOP, I),
		[TM_IN_REPEAT]     = GO(IST_COMPLETED, TM_DO_AGAIN, NEXT, KEEP),
		[TM_IN_END]        = GO(TERMINATED, TM_DO_TIMEOUT, STOP, NONE),
		[TM_IN_ERROR]      = GO(IST_COMPLETED, TM_DO_ERROR, KEEP, KEEP),
	},
	[TM_IST_CONFIRMED] = {
		[TM_IN_REQUEST]    = ABSORB(IST_CONFIRMED),
		[TM_IN_ACK]        = ABSORB(IST_CONFIRMED),
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
	},
	/* 17.2.2; the wait for a 100 is that of RFC 4320 4.1. */
	[TM_NIST_TRYING] = {
		[TM_IN_REQUEST]    = ABSORB(NIST_TRYING),
		[TM_IN_SEND_1XX]   = GO(NIST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP),
		[TM_IN_SEND_2XX]   = GO(NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J),
		[TM_IN_SEND_FINAL] = GO(NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J),
		[TM_IN_REPEAT]     = GO(NIST_TRYING, TM_DO_TRYING, STOP, KEEP),
		[TM_IN_ERROR]      = GO(NIST_TRYING, TM_DO_ERROR, KEEP, KEEP),
	},
	[TM_NIST_PROCEEDING] = {
		[TM_IN_REQUEST]    = GO(NIST_PROCEEDING, TM_DO_AGAIN, KEEP, KEEP),
		[TM_IN_SEND_1XX]   = GO(NIST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP),
		[TM_IN_SEND_2XX]   = GO(NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J),
		[TM_IN_SEND_FINAL] = GO(NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J),
		[TM_IN_ERROR]      = GO(NIST_PROCEEDING, TM_DO_ERROR, KEEP, KEEP),
	},
	[TM_NIST_COMPLETED] = {
		[TM_IN_REQUEST]    = GO(NIST_COMPLETED, TM_DO_AGAIN, KEEP, KEEP),
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
		[TM_IN_ERROR]      = GO(NIST_COMPLETED, TM_DO_ERROR, KEEP, KEEP),
	},
	/* 17.1.1 */
	[TM_ICT_CALLING] = {
		[TM_IN_RECV_1XX]   = GO(ICT_PROCEEDING, TM_DO_TELL, STOP, C),
		[TM_IN_RECV_2XX]   = GO(ICT_ACCEPTED, TM_DO_TELL, STOP, M),
		[TM_IN_RECV_FINAL] = GO(ICT_COMPLETED, TM_DO_TELL | TM_DO_ACK, STOP, D),
		[TM_IN_REPEAT]     = GO(ICT_CALLING, TM_DO_AGAIN, NEXT, KEEP),
		[TM_IN_END]        = GO(TERMINATED, TM_DO_TIMEOUT, STOP, NONE),
		[TM_IN_ERROR]      = GO(TERMINATED, TM_DO_ERROR, STOP, NONE),
	},
	/* Timer C (16.6, item 11) is the user's, who cancels; the machine goes on waiting. */
	[TM_ICT_PROCEEDING] = {
		[TM_IN_RECV_1XX]   = GO(ICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP),
		[TM_IN_RECV_2XX]   = GO(ICT_ACCEPTED, TM_DO_TELL, STOP, M),
		[TM_IN_RECV_FINAL] = GO(ICT_COMPLETED, TM_DO_TELL | TM_DO_ACK, STOP, D),
		[TM_IN_END]        = GO(ICT_PROCEEDING, TM_DO_TIMEOUT, KEEP, KEEP),
		[TM_IN_ERROR]      = GO(TERMINATED, TM_DO_ERROR, STOP, NONE),
	},
	/* RFC 6026 7.2 */
	[TM_ICT_ACCEPTED] = {
		[TM_IN_RECV_2XX]   = GO(ICT_ACCEPTED, TM_DO_TELL, KEEP, KEEP),
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
	},
	[TM_ICT_COMPLETED] = {
		[TM_IN_RECV_FINAL] = GO(ICT_COMPLETED, TM_DO_ACK, KEEP, KEEP),
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
		[TM_IN_ERROR]      = GO(TERMINATED, 0, STOP, NONE),
	},
	/* 17.1.2 */
	[TM_NICT_TRYING] = {
		[TM_IN_RECV_1XX]   = GO(NICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP),
		[TM_IN_RECV_2XX]   = GO(NICT_COMPLETED, TM_DO_TELL, STOP, K),
		[TM_IN_RECV_FINAL] = GO(NICT_COMPLETED, TM_DO_TELL, STOP, K),
		[TM_IN_REPEAT]     = GO(NICT_TRYING, TM_DO_AGAIN, NEXT, KEEP),
		[TM_IN_END]        = GO(TERMINATED, TM_DO_TIMEOUT, STOP, NONE),
		[TM_IN_ERROR]      = GO(TERMINATED, TM_DO_ERROR, STOP, NONE),
	},
	[TM_NICT_PROCEEDING] = {
		[TM_IN_RECV_1XX]   = GO(NICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP),
		[TM_IN_RECV_2XX]   = GO(NICT_COMPLETED, TM_DO_TELL, STOP, K),
		[TM_IN_RECV_FINAL] = GO(NICT_COMPLETED, TM_DO_TELL, STOP, K),
		[TM_IN_REPEAT]     = GO(NICT_PROCEEDING, TM_DO_AGAIN, NEXT, KEEP),
		[TM_IN_END]        = GO(TERMINATED, TM_DO_TIMEOUT, STOP, NONE),
		[TM_IN_ERROR]      = GO(TERMINATED, TM_DO_ERROR, STOP, NONE),
	},
	[TM_NICT_COMPLETED] = {
		[TM_IN_END]        = GO(TERMINATED, 0, STOP, NONE),
	},
};

static const struct tm_cell absorbed[TM_STATES] = {
#define STATE(name) [TM_##name] = { 0, TM_##name, TM_REPEAT_KEEP, TM_END_KEEP, 0 },
	TM_STATE_TABLE(STATE)
#undef STATE
};

static const struct tm_cell beginnings[TM_STATES] = {
	[TM_IST_PROCEEDING] = GO(IST_PROCEEDING, 0, START, NONE),
	[TM_NIST_TRYING]    = GO(NIST_TRYING, 0, START, NONE),
	[TM_ICT_CALLING]    = GO(ICT_CALLING, 0, START, B),
	[TM_NICT_TRYING]    = GO(NICT_TRYING, 0, START, F),
};

const struct tm_cell *tm_table(enum tm_state state, enum tm_input input)
{
	const struct tm_cell *cell = &cells[state][input];

	return cell->is_written ? cell : &absorbed[state];
}

const struct tm_cell *tm_table_begin(enum tm_state first) { return &beginnings[first]; }

const char *tm_state_name(enum tm_state state)
{
	static const char *const names[TM_STATES] = {
#define STATE(name) [TM_##name] = #name,
		TM_STATE_TABLE(STATE)
#undef STATE
	};

	return names[state];
}

const char *tm_input_name(enum tm_input input)
{
	static const char *const names[TM_INPUTS] = {
#define INPUT(name) [TM_IN_##name] = #name,
		TM_INPUT_TABLE(INPUT)
#undef INPUT
	};

	return names[input];
}
