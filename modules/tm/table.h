/*
 * modules/tm/table.h - the four transaction machines as one table (RFC 3261 17, RFC 6026).
 *
 * state x input -> actions, next state. Nothing here knows a message, a clock
 * or a socket; machine.c keeps the time, server.c and client.c carry out the
 * actions.
 */
#ifndef MODULES_TM_TABLE_H
#define MODULES_TM_TABLE_H

#include <stdint.h>

/* IST, NIST: server side of INVITE and of everything else; ICT, NICT: client side. */
#define TM_STATE_TABLE(STATE)                                               \
	STATE(IST_PROCEEDING)                                               \
	STATE(IST_ACCEPTED)                                                 \
	STATE(IST_COMPLETED)                                                \
	STATE(IST_CONFIRMED)                                                \
	STATE(NIST_TRYING)                                                  \
	STATE(NIST_PROCEEDING)                                              \
	STATE(NIST_COMPLETED)                                               \
	STATE(ICT_CALLING)                                                  \
	STATE(ICT_PROCEEDING)                                               \
	STATE(ICT_ACCEPTED)                                                 \
	STATE(ICT_COMPLETED)                                                \
	STATE(NICT_TRYING)                                                  \
	STATE(NICT_PROCEEDING)                                              \
	STATE(NICT_COMPLETED)                                               \
	STATE(TERMINATED)

enum tm_state {
#define STATE(name) TM_##name,
	TM_STATE_TABLE(STATE)
#undef STATE
	TM_STATES
};

#define TM_INPUT_TABLE(INPUT)                                               \
	INPUT(REQUEST)		/* a copy of the request */                 \
	INPUT(ACK)		/* for a non-2xx, or of the same branch */  \
	INPUT(SEND_1XX)		/* the user has a response: 100..199 */     \
	INPUT(SEND_2XX)                                                     \
	INPUT(SEND_FINAL)	/* 300..699 */                              \
	INPUT(RECV_1XX)                                                     \
	INPUT(RECV_2XX)                                                     \
	INPUT(RECV_FINAL)	/* 300..699 */                              \
	INPUT(REPEAT)		/* timers A, E, G; the server's wait for a 100 */ \
	INPUT(END)		/* timers B, C, D, F, H, I, J, K, L, M */   \
	INPUT(ERROR)		/* the transport could not send */

enum tm_input {
#define INPUT(name) TM_IN_##name,
	TM_INPUT_TABLE(INPUT)
#undef INPUT
	TM_INPUTS
};

#define TM_DO_SEND        0x001u	/* the user's response goes out */
#define TM_DO_KEEP        0x002u	/* and is kept for copies of the request */
#define TM_DO_AGAIN       0x004u	/* what was sent last goes out again */
#define TM_DO_ACK         0x008u	/* an ACK for the response goes out; again, if it is a copy */
#define TM_DO_TELL        0x010u	/* the response is the user's */
#define TM_DO_TIMEOUT     0x020u	/* the user learns that nothing came */
#define TM_DO_ERROR       0x040u	/* the user learns that the transport failed */
#define TM_DO_PASS        0x080u	/* the ACK is no business of ours: to the script */
#define TM_DO_TRYING      0x100u	/* the user is slow: 100 goes out */
#define TM_DO_CONFIRMED   0x200u	/* the user learns that its non-2xx has arrived */

/* What becomes of the timer that repeats. */
enum tm_repeat { TM_REPEAT_KEEP, TM_REPEAT_START, TM_REPEAT_NEXT, TM_REPEAT_STOP };

/* Which timer ends the new state; TM_END_KEEP: the one that runs. */
enum tm_end {
	TM_END_KEEP, TM_END_NONE,
	TM_END_B, TM_END_C, TM_END_D, TM_END_F, TM_END_H, TM_END_I, TM_END_J, TM_END_K,
	TM_END_L, TM_END_M, TM_ENDS
};

struct tm_cell {
	uint16_t actions;
	uint8_t  next;			/* enum tm_state */
	uint8_t  repeat;		/* enum tm_repeat */
	uint8_t  end;			/* enum tm_end */
	uint8_t  is_written;		/* the table says something here */
};

/** Never NULL. An input that the RFCs do not foresee changes nothing and does nothing. */
const struct tm_cell *tm_table(enum tm_state state, enum tm_input input);

/** How a machine begins: its first state, its timers. */
const struct tm_cell *tm_table_begin(enum tm_state first);

/** For tests and logs; static texts. */
const char *tm_state_name(enum tm_state state);
const char *tm_input_name(enum tm_input input);

/** Which input a response is: sent by the server side, received by the client side. */
static inline enum tm_input tm_input_send(uint16_t status)
{
	return status < 200 ? TM_IN_SEND_1XX : status < 300 ? TM_IN_SEND_2XX : TM_IN_SEND_FINAL;
}
static inline enum tm_input tm_input_recv(uint16_t status)
{
	return status < 200 ? TM_IN_RECV_1XX : status < 300 ? TM_IN_RECV_2XX : TM_IN_RECV_FINAL;
}

#endif
