/*
 * machine_test - when the machines repeat and end, on a clock that the test moves.
 */
#include "modules/tm/machine.h"
#include "core/lab/run.h"
#include "test/unit.h"

static const struct tm_times times = { 500, 4000, 5000, 32000, 185000, 32000 };

/* What happened: times of repetitions, time of the end. */
static struct {
	struct tm_machine m;
	msec_t began, repeated[64], ended;
	unsigned count;
} seen;

static void fire(struct timer *t)
{
	enum tm_input due = tm_machine_due(&seen.m);

	(void)t;
	if (due == TM_IN_REPEAT && seen.count < COUNT(seen.repeated))
		seen.repeated[seen.count++] = fake_now() - seen.began;
	tm_machine_step(&seen.m, due, &times);
	if (seen.m.state == TM_TERMINATED)
		seen.ended = fake_now() - seen.began;
}

struct beginning { enum tm_state first; bool reliable; };

static void begin(void *arg)
{
	const struct beginning *b = arg;

	seen.count = 0;
	seen.ended = 0;
	seen.began = fake_now();
	tm_machine_begin(&seen.m, b->first, b->reliable, &times, fire);
}

static void start(enum tm_state first, bool reliable)
{
	struct beginning b = { first, reliable };

	fake_as_worker(0, begin, &b);
}

static void do_input(void *arg)
{
	tm_machine_step(&seen.m, *(enum tm_input *)arg, &times);
}

static void input(enum tm_input in)
{
	fake_as_worker(0, do_input, &in);
}

static void advance(msec_t ms)
{
	fake_advance_to(fake_now() + ms);
}

static void was_repeated_at(const msec_t *when, unsigned count)
{
	assert_int_equal(seen.count, count);
	for (unsigned i = 0; i < count; i++)
		assert_in_range(seen.repeated[i], when[i], when[i] + 20 * (i + 1));
}

static void timer_a_doubles_and_timer_b_ends(void **state)
{
	static const msec_t a[] = { 500, 1500, 3500, 7500, 15500, 31500 };

	(void)state;
	start(TM_ICT_CALLING, false);
	advance(40000);
	was_repeated_at(a, COUNT(a));
	assert_in_range(seen.ended, 32000, 32020);
}

static void timer_e_doubles_up_to_t2(void **state)
{
	static const msec_t e[] = { 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };

	(void)state;
	start(TM_NICT_TRYING, false);
	advance(40000);
	was_repeated_at(e, COUNT(e));
	assert_in_range(seen.ended, 32000, 32020);
}

static void timer_e_is_t2_once_something_came(void **state)
{
	static const msec_t e[] = { 500, 4500, 8500 };

	(void)state;
	start(TM_NICT_TRYING, false);
	advance(200);
	input(TM_IN_RECV_1XX);
	advance(9000);
	was_repeated_at(e, COUNT(e));
}

static void reliable_transports_do_not_repeat(void **state)
{
	(void)state;
	start(TM_ICT_CALLING, true);
	advance(31900);
	assert_int_equal(seen.count, 0);
	assert_int_equal(seen.ended, 0);
	advance(200);
	assert_in_range(seen.ended, 32000, 32020);
}

static void a_provisional_response_brings_timer_c(void **state)
{
	(void)state;
	start(TM_ICT_CALLING, false);
	advance(100);
	input(TM_IN_RECV_1XX);
	advance(184000);
	assert_int_equal(seen.count, 0);
	assert_true(timer_is_running(&seen.m.timer));
	input(TM_IN_RECV_FINAL);
	assert_int_equal(seen.m.state, TM_ICT_COMPLETED);
	advance(31900);
	assert_int_equal(seen.m.state, TM_ICT_COMPLETED);
	advance(200);
	assert_int_equal(seen.m.state, TM_TERMINATED);	/* D */
}

static void timer_g_repeats_up_to_t2_until_h(void **state)
{
	static const msec_t g[] = { 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };

	(void)state;
	start(TM_IST_PROCEEDING, false);
	input(TM_IN_SEND_FINAL);
	advance(40000);
	was_repeated_at(g, COUNT(g));
	assert_in_range(seen.ended, 32000, 32020);
}

static void an_ack_ends_g_and_i_ends_the_rest(void **state)
{
	(void)state;
	start(TM_IST_PROCEEDING, false);
	input(TM_IN_SEND_FINAL);
	advance(600);
	assert_int_equal(seen.count, 1);
	input(TM_IN_ACK);
	assert_int_equal(seen.m.state, TM_IST_CONFIRMED);
	advance(4900);
	assert_int_equal(seen.m.state, TM_IST_CONFIRMED);
	advance(200);
	assert_int_equal(seen.m.state, TM_TERMINATED);
	assert_int_equal(seen.count, 1);
}

static void a_server_waits_200_ms_with_its_100(void **state)
{
	(void)state;
	start(TM_IST_PROCEEDING, true);
	advance(190);
	assert_int_equal(seen.count, 0);
	advance(30);
	assert_int_equal(seen.count, 1);
	advance(100000);
	assert_int_equal(seen.count, 1);
}

static void others_wait_until_timer_e_is_t2(void **state)
{
	static const msec_t when[] = { 3500 };

	(void)state;
	assert_int_equal(tm_patience(&times), 3500);
	start(TM_NIST_TRYING, false);
	advance(100000);
	was_repeated_at(when, 1);
}

/* The state is passed through, its actions count. */
static void what_a_stream_needs_not_is_passed_through(void **state)
{
	static const struct { enum tm_state first; enum tm_input input; unsigned action; } cases[] = {
		{ TM_ICT_CALLING, TM_IN_RECV_FINAL, TM_DO_ACK },
		{ TM_NICT_TRYING, TM_IN_RECV_2XX, TM_DO_TELL },
		{ TM_NIST_TRYING, TM_IN_SEND_2XX, TM_DO_SEND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		start(cases[i].first, true);
		assert_true(tm_table(cases[i].first, cases[i].input)->actions & cases[i].action);
		input(cases[i].input);
		assert_int_equal(seen.m.state, TM_TERMINATED);
		assert_false(timer_is_running(&seen.m.timer));
	}
}

static void lengths_are_those_of_the_rfcs(void **state)
{
	static const struct { enum tm_end end; msec_t datagram, stream; } lengths[] = {
		{ TM_END_B, 32000, 32000 }, { TM_END_C, 185000, 185000 }, { TM_END_D, 32000, 0 },
		{ TM_END_F, 32000, 32000 }, { TM_END_H, 32000, 32000 }, { TM_END_I, 5000, 0 },
		{ TM_END_J, 32000, 0 }, { TM_END_K, 0, 0 }, { TM_END_L, 32000, 32000 },
		{ TM_END_M, 32000, 32000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_int_equal(tm_end_length(lengths[i].end, false, &times), lengths[i].datagram);
		assert_int_equal(tm_end_length(lengths[i].end, true, &times), lengths[i].stream);
	}
}

static void stop(void *arg)
{
	(void)arg;
	tm_machine_stop(&seen.m);
}

static int set_up(void **state)
{
	const struct worker_conf conf = { .count = 1, .inbox_limit = 100 };

	(void)state;
	return workers_start(&conf);
}

static int tear_down(void **state)
{
	(void)state;
	fake_as_worker(0, stop, NULL);
	workers_stop();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

UNIT_MAIN(
	TEST(timer_a_doubles_and_timer_b_ends),
	TEST(timer_e_doubles_up_to_t2),
	TEST(timer_e_is_t2_once_something_came),
	TEST(reliable_transports_do_not_repeat),
	TEST(a_provisional_response_brings_timer_c),
	TEST(timer_g_repeats_up_to_t2_until_h),
	TEST(an_ack_ends_g_and_i_ends_the_rest),
	TEST(a_server_waits_200_ms_with_its_100),
	TEST(others_wait_until_timer_e_is_t2),
	TEST(what_a_stream_needs_not_is_passed_through),
	TEST(lengths_are_those_of_the_rfcs))
