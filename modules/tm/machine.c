/*
 * modules/tm/machine.c - see machine.h.
 */
#include "modules/tm/machine.h"

#define TRYING_AFTER 200		/* RFC 3261 17.2.1 */

static msec_t now_ms(void) { return loop_now(worker_loop()); }

msec_t tm_end_length(enum tm_end end, bool reliable, const struct tm_times *times)
{
	switch (end) {
	case TM_END_B:
	case TM_END_F:
		return times->answer;
	case TM_END_C:
		return times->ring;
	case TM_END_D:
	case TM_END_J:
		return reliable ? 0 : times->linger;
	case TM_END_H:
	case TM_END_L:
	case TM_END_M:
		return times->linger;
	case TM_END_I:
		return reliable ? 0 : times->t4;
	case TM_END_K:
		/* It would keep the transaction to absorb copies of the response. They are
		 * known by the form of our branch (via.h) and absorbed without it. */
		return 0;
	default:
		return 0;
	}
}

msec_t tm_patience(const struct tm_times *times)
{
	msec_t interval = times->t1, sum = 0;

	for (; interval < times->t2; interval *= 2)
		sum += interval;
	return sum;
}

/* ---- the one timer ---- */

static void set_timer(struct tm_machine *m, msec_t now)
{
	msec_t due = m->end_at;

	if (m->repeat_at && (!due || m->repeat_at < due))
		due = m->repeat_at;
	if (due)
		timer_start(&m->timer, due - now);
	else
		timer_stop(&m->timer);
}

enum tm_input tm_machine_due(const struct tm_machine *m)
{
	return m->end_at && now_ms() >= m->end_at ? TM_IN_END : TM_IN_REPEAT;
}

/* ---- repeating ---- */

static msec_t first_interval(const struct tm_machine *m, const struct tm_times *times)
{
	switch (m->state) {
	case TM_IST_PROCEEDING:
		return TRYING_AFTER;
	case TM_NIST_TRYING:
		return tm_patience(times);
	default:
		return m->reliable ? 0 : times->t1;
	}
}

static msec_t next_interval(const struct tm_machine *m, const struct tm_times *times)
{
	msec_t twice = 2 * (msec_t)m->interval;

	if (m->state == TM_ICT_CALLING)
		return twice;		/* timer A knows no upper end */
	if (m->state == TM_NICT_PROCEEDING || twice > times->t2)
		return times->t2;
	return twice;
}

static void repeat_in(struct tm_machine *m, msec_t now, msec_t interval)
{
	m->interval = (uint32_t)interval;
	m->repeat_at = interval ? now + interval : 0;
}

static void set_repeat(struct tm_machine *m, enum tm_repeat repeat, msec_t now,
    const struct tm_times *times)
{
	if (repeat == TM_REPEAT_START)
		repeat_in(m, now, first_interval(m, times));
	else if (repeat == TM_REPEAT_NEXT)
		repeat_in(m, now, next_interval(m, times));
	else if (repeat == TM_REPEAT_STOP)
		m->repeat_at = 0;
}

/* ---- stepping ---- */

static void enter(struct tm_machine *m, const struct tm_cell *cell, const struct tm_times *times)
{
	msec_t now = now_ms(), length;

	m->state = cell->next;
	set_repeat(m, cell->repeat, now, times);
	if (cell->end != TM_END_KEEP) {
		length = tm_end_length(cell->end, m->reliable, times);
		if (length == 0 && cell->end != TM_END_NONE)
			m->state = TM_TERMINATED;
		m->end_at = length ? now + length : 0;
	}
	if (m->state == TM_TERMINATED)
		tm_machine_stop(m);
	else
		set_timer(m, now);
}

void tm_machine_begin(struct tm_machine *m, enum tm_state first, bool reliable,
    const struct tm_times *times, void (*fire)(struct timer *t))
{
	*m = (struct tm_machine){ .state = (uint8_t)first, .reliable = reliable };
	timer_init(&m->timer, fire);
	enter(m, tm_table_begin(first), times);
}

const struct tm_cell *tm_machine_step(struct tm_machine *m, enum tm_input input,
    const struct tm_times *times)
{
	const struct tm_cell *cell = tm_table(m->state, input);

	if (cell->is_written)
		enter(m, cell, times);
	return cell;
}

void tm_machine_wait_on(struct tm_machine *m)
{
	m->repeat_at = 0;
	set_timer(m, now_ms());
}

void tm_machine_look_in(struct tm_machine *m, msec_t delay)
{
	msec_t now = now_ms();

	m->repeat_at = now + delay;
	set_timer(m, now);
}

void tm_machine_end_in(struct tm_machine *m, msec_t delay)
{
	msec_t now = now_ms();

	m->end_at = now + delay;
	set_timer(m, now);
}

void tm_machine_repeat(struct tm_machine *m, const struct tm_times *times)
{
	msec_t now = now_ms();

	repeat_in(m, now, times->t1);
	set_timer(m, now);
}

void tm_machine_stop(struct tm_machine *m)
{
	m->repeat_at = m->end_at = 0;
	timer_stop(&m->timer);
}
