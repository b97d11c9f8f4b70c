/*
 * table_test - every cell of the transaction table against what the RFCs say of it.
 *
 * The expectation is written in another form than the table: one line per cell
 * that does something, by name; all other cells must change nothing.
 */
#include "modules/tm/table.h"
#include "test/unit.h"

#include <string.h>

/* state, input, next state, actions, repeat timer, end timer */
static const struct {
	enum tm_state  state;
	enum tm_input  input;
	enum tm_state  next;
	unsigned       actions;
	enum tm_repeat repeat;
	enum tm_end    end;
	const char    *where;
} wanted[] = {
#define W(s, i, n, a, r, e, w) { TM_##s, TM_IN_##i, TM_##n, a, TM_REPEAT_##r, TM_END_##e, w }
	/* INVITE, server: RFC 3261 figure 7, with RFC 6026 figure 5 */
	W(IST_PROCEEDING, REQUEST,    IST_PROCEEDING, TM_DO_AGAIN, KEEP, KEEP, "17.2.1"),
	W(IST_PROCEEDING, SEND_1XX,   IST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP, "17.2.1"),
	W(IST_PROCEEDING, SEND_2XX,   IST_ACCEPTED, TM_DO_SEND, STOP, L, "6026 7.1"),
	W(IST_PROCEEDING, SEND_FINAL, IST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, START, H, "17.2.1: G, H"),
	W(IST_PROCEEDING, REPEAT,     IST_PROCEEDING, TM_DO_TRYING, STOP, KEEP, "17.2.1: 200 ms"),
	W(IST_PROCEEDING, ERROR,      IST_PROCEEDING, TM_DO_ERROR, KEEP, KEEP, "17.2.4"),
	W(IST_ACCEPTED, REQUEST,      IST_ACCEPTED, 0, KEEP, KEEP, "6026 7.1: absorbed"),
	W(IST_ACCEPTED, ACK,          IST_ACCEPTED, TM_DO_PASS, STOP, KEEP, "6026 7.1"),
	W(IST_ACCEPTED, SEND_2XX,     IST_ACCEPTED, TM_DO_SEND, KEEP, KEEP, "6026 7.1"),
	W(IST_ACCEPTED, REPEAT,       IST_ACCEPTED, TM_DO_AGAIN, NEXT, KEEP, "13.3.1.4"),
	W(IST_ACCEPTED, END,          TERMINATED, 0, STOP, NONE, "6026 7.1: L"),
	W(IST_ACCEPTED, ERROR,        IST_ACCEPTED, TM_DO_ERROR, KEEP, KEEP, "6026 7.1"),
	W(IST_COMPLETED, REQUEST,     IST_COMPLETED, TM_DO_AGAIN, KEEP, KEEP, "17.2.1"),
	W(IST_COMPLETED, ACK,         IST_CONFIRMED, TM_DO_CONFIRMED, STOP, I, "17.2.1: I"),
	W(IST_COMPLETED, REPEAT,      IST_COMPLETED, TM_DO_AGAIN, NEXT, KEEP, "17.2.1: G"),
	W(IST_COMPLETED, END,         TERMINATED, TM_DO_TIMEOUT, STOP, NONE, "17.2.1: H"),
	W(IST_COMPLETED, ERROR,       IST_COMPLETED, TM_DO_ERROR, KEEP, KEEP, "17.2.4"),
	W(IST_CONFIRMED, REQUEST,     IST_CONFIRMED, 0, KEEP, KEEP, "17.2.1"),
	W(IST_CONFIRMED, ACK,         IST_CONFIRMED, 0, KEEP, KEEP, "17.2.1: absorbed"),
	W(IST_CONFIRMED, END,         TERMINATED, 0, STOP, NONE, "17.2.1: I"),
	/* others, server: figure 8 */
	W(NIST_TRYING, SEND_1XX,      NIST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP, "17.2.2"),
	W(NIST_TRYING, SEND_2XX,      NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J, "17.2.2"),
	W(NIST_TRYING, SEND_FINAL,    NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J, "17.2.2"),
	W(NIST_TRYING, REPEAT,        NIST_TRYING, TM_DO_TRYING, STOP, KEEP, "4320 4.1"),
	W(NIST_TRYING, ERROR,         NIST_TRYING, TM_DO_ERROR, KEEP, KEEP, "17.2.4"),
	W(NIST_PROCEEDING, REQUEST,   NIST_PROCEEDING, TM_DO_AGAIN, KEEP, KEEP, "17.2.2"),
	W(NIST_PROCEEDING, SEND_1XX,  NIST_PROCEEDING, TM_DO_SEND | TM_DO_KEEP, STOP, KEEP, "17.2.2"),
	W(NIST_PROCEEDING, SEND_2XX,  NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J, "17.2.2"),
	W(NIST_PROCEEDING, SEND_FINAL, NIST_COMPLETED, TM_DO_SEND | TM_DO_KEEP, STOP, J, "17.2.2"),
	W(NIST_PROCEEDING, ERROR,     NIST_PROCEEDING, TM_DO_ERROR, KEEP, KEEP, "17.2.4"),
	W(NIST_COMPLETED, REQUEST,    NIST_COMPLETED, TM_DO_AGAIN, KEEP, KEEP, "17.2.2"),
	W(NIST_COMPLETED, END,        TERMINATED, 0, STOP, NONE, "17.2.2: J"),
	W(NIST_COMPLETED, ERROR,      NIST_COMPLETED, TM_DO_ERROR, KEEP, KEEP, "17.2.4"),
	/* INVITE, client: figure 5, with RFC 6026 figure 4 */
	W(ICT_CALLING, RECV_1XX,      ICT_PROCEEDING, TM_DO_TELL, STOP, C, "17.1.1.2; 16.6 item 11"),
	W(ICT_CALLING, RECV_2XX,      ICT_ACCEPTED, TM_DO_TELL, STOP, M, "6026 7.2"),
	W(ICT_CALLING, RECV_FINAL,    ICT_COMPLETED, TM_DO_TELL | TM_DO_ACK, STOP, D, "17.1.1.2"),
	W(ICT_CALLING, REPEAT,        ICT_CALLING, TM_DO_AGAIN, NEXT, KEEP, "17.1.1.2: A"),
	W(ICT_CALLING, END,           TERMINATED, TM_DO_TIMEOUT, STOP, NONE, "17.1.1.2: B"),
	W(ICT_CALLING, ERROR,         TERMINATED, TM_DO_ERROR, STOP, NONE, "17.1.4"),
	W(ICT_PROCEEDING, RECV_1XX,   ICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP, "17.1.1.2"),
	W(ICT_PROCEEDING, RECV_2XX,   ICT_ACCEPTED, TM_DO_TELL, STOP, M, "6026 7.2"),
	W(ICT_PROCEEDING, RECV_FINAL, ICT_COMPLETED, TM_DO_TELL | TM_DO_ACK, STOP, D, "17.1.1.2"),
	W(ICT_PROCEEDING, END,        ICT_PROCEEDING, TM_DO_TIMEOUT, KEEP, KEEP, "16.8: C"),
	W(ICT_PROCEEDING, ERROR,      TERMINATED, TM_DO_ERROR, STOP, NONE, "17.1.4"),
	W(ICT_ACCEPTED, RECV_2XX,     ICT_ACCEPTED, TM_DO_TELL, KEEP, KEEP, "6026 7.2"),
	W(ICT_ACCEPTED, END,          TERMINATED, 0, STOP, NONE, "6026 7.2: M"),
	W(ICT_COMPLETED, RECV_FINAL,  ICT_COMPLETED, TM_DO_ACK, KEEP, KEEP, "17.1.1.2"),
	W(ICT_COMPLETED, END,         TERMINATED, 0, STOP, NONE, "17.1.1.2: D"),
	W(ICT_COMPLETED, ERROR,       TERMINATED, 0, STOP, NONE, "17.1.4"),
	/* others, client: figure 6 */
	W(NICT_TRYING, RECV_1XX,      NICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP, "17.1.2.2"),
	W(NICT_TRYING, RECV_2XX,      NICT_COMPLETED, TM_DO_TELL, STOP, K, "17.1.2.2"),
	W(NICT_TRYING, RECV_FINAL,    NICT_COMPLETED, TM_DO_TELL, STOP, K, "17.1.2.2"),
	W(NICT_TRYING, REPEAT,        NICT_TRYING, TM_DO_AGAIN, NEXT, KEEP, "17.1.2.2: E"),
	W(NICT_TRYING, END,           TERMINATED, TM_DO_TIMEOUT, STOP, NONE, "17.1.2.2: F"),
	W(NICT_TRYING, ERROR,         TERMINATED, TM_DO_ERROR, STOP, NONE, "17.1.4"),
	W(NICT_PROCEEDING, RECV_1XX,  NICT_PROCEEDING, TM_DO_TELL, KEEP, KEEP, "17.1.2.2"),
	W(NICT_PROCEEDING, RECV_2XX,  NICT_COMPLETED, TM_DO_TELL, STOP, K, "17.1.2.2"),
	W(NICT_PROCEEDING, RECV_FINAL, NICT_COMPLETED, TM_DO_TELL, STOP, K, "17.1.2.2"),
	W(NICT_PROCEEDING, REPEAT,    NICT_PROCEEDING, TM_DO_AGAIN, NEXT, KEEP, "17.1.2.2: E at T2"),
	W(NICT_PROCEEDING, END,       TERMINATED, TM_DO_TIMEOUT, STOP, NONE, "17.1.2.2: F"),
	W(NICT_PROCEEDING, ERROR,     TERMINATED, TM_DO_ERROR, STOP, NONE, "17.1.4"),
	W(NICT_COMPLETED, END,        TERMINATED, 0, STOP, NONE, "17.1.2.2: K"),
#undef W
};

static void check_cell(enum tm_state s, enum tm_input i)
{
	const struct tm_cell *cell = tm_table(s, i);

	for (size_t w = 0; w < COUNT(wanted); w++) {
		if (wanted[w].state != s || wanted[w].input != i)
			continue;
		if (cell->next != wanted[w].next || cell->actions != wanted[w].actions ||
		    cell->repeat != wanted[w].repeat || cell->end != wanted[w].end)
			fail_msg("%s x %s: not as in %s", tm_state_name(s), tm_input_name(i),
			    wanted[w].where);
		return;
	}
	if (cell->next != s || cell->actions || cell->repeat != TM_REPEAT_KEEP ||
	    cell->end != TM_END_KEEP)
		fail_msg("%s x %s does something", tm_state_name(s), tm_input_name(i));
}

static void every_cell_is_as_the_rfcs_say(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TM_STATES; s++)
		for (unsigned i = 0; i < TM_INPUTS; i++)
			check_cell(s, i);
}

static enum tm_state side(enum tm_state s)
{
	const char *name = tm_state_name(s);

	return (enum tm_state)(name[0] == 'N' ? name[1] : name[0]) * 2 + (name[0] == 'N');
}

static void no_machine_turns_into_another(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TM_TERMINATED; s++)
		for (unsigned i = 0; i < TM_INPUTS; i++) {
			enum tm_state next = tm_table(s, i)->next;

			if (next != TM_TERMINATED && side(next) != side(s))
				fail_msg("%s x %s leads to %s", tm_state_name(s), tm_input_name(i),
				    tm_state_name(next));
		}
}

/* From every state the end can be reached by time alone, or the user decides. */
static void nothing_waits_for_ever(void **state)
{
	(void)state;
	for (unsigned s = 0; s < TM_TERMINATED; s++) {
		bool is_users = s == TM_IST_PROCEEDING || s == TM_NIST_TRYING ||
		    s == TM_NIST_PROCEEDING || s == TM_ICT_PROCEEDING;

		if (!is_users)
			assert_int_equal(tm_table(s, TM_IN_END)->next, TM_TERMINATED);
	}
}

static void only_requests_of_ours_begin_with_an_end_in_sight(void **state)
{
	(void)state;
	assert_int_equal(tm_table_begin(TM_ICT_CALLING)->end, TM_END_B);
	assert_int_equal(tm_table_begin(TM_NICT_TRYING)->end, TM_END_F);
	assert_int_equal(tm_table_begin(TM_IST_PROCEEDING)->end, TM_END_NONE);
	assert_int_equal(tm_table_begin(TM_NIST_TRYING)->end, TM_END_NONE);
}

static void a_status_is_the_right_input(void **state)
{
	(void)state;
	for (uint16_t status = 100; status < 700; status++) {
		enum tm_input send = tm_input_send(status), recv = tm_input_recv(status);

		assert_int_equal(send, status < 200 ? TM_IN_SEND_1XX :
		    status < 300 ? TM_IN_SEND_2XX : TM_IN_SEND_FINAL);
		assert_int_equal(recv - TM_IN_RECV_1XX, send - TM_IN_SEND_1XX);
	}
}

static void names_are_those_of_the_enumerators(void **state)
{
	(void)state;
	assert_string_equal(tm_state_name(TM_IST_PROCEEDING), "IST_PROCEEDING");
	assert_string_equal(tm_state_name(TM_TERMINATED), "TERMINATED");
	assert_string_equal(tm_input_name(TM_IN_REQUEST), "REQUEST");
	assert_string_equal(tm_input_name(TM_IN_ERROR), "ERROR");
}

UNIT_MAIN(
	cmocka_unit_test(every_cell_is_as_the_rfcs_say),
	cmocka_unit_test(no_machine_turns_into_another),
	cmocka_unit_test(nothing_waits_for_ever),
	cmocka_unit_test(only_requests_of_ours_begin_with_an_end_in_sight),
	cmocka_unit_test(a_status_is_the_right_input),
	cmocka_unit_test(names_are_those_of_the_enumerators))
