/*
 * The ring between a thread and the log thread: what goes in comes out, or is counted.
 */
#include "utils/log_ring.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/rand.h"

#include <pthread.h>
#include <sched.h>

#define RECORDS 60000

/* The text of record n: its number and a tail whose length and bytes follow from it. */
static struct slice text_of(unsigned n, char buf[LOG_TEXT_MAX])
{
	size_t tail = n % 97 == 0 ? n * 7 % (LOG_TEXT_MAX - 20) : n % 150;
	int len = snprintf(buf, LOG_TEXT_MAX, "%u ", n);

	memset(buf + len, 'a' + (int)(n % 26), tail);
	return slice_of(buf, (size_t)len + tail);
}

static bool put(struct log_ring *ring, unsigned n)
{
	char buf[LOG_TEXT_MAX];
	struct log_record r = { .time_ns = n, .level = (enum log_level)(n % 5),
		.room = slice_first(SLICE("0123456789abcde"), n % 16),
		.thread = SLICE("worker"), .text = text_of(n, buf) };

	return log_ring_put(ring, &r);
}

static bool is_record(const struct log_record *r, unsigned n)
{
	char buf[LOG_TEXT_MAX];

	return r->time_ns == n && r->level == (enum log_level)(n % 5) &&
	    slice_eq(r->room, slice_first(SLICE("0123456789abcde"), n % 16)) &&
	    slice_eq(r->thread, SLICE("worker")) && slice_eq(r->text, text_of(n, buf));
}

static void comes_out_as_it_went_in(void **state)
{
	struct log_ring *ring = log_ring_new();
	struct log_record r;
	unsigned in = 0, out = 0;

	(void)state;
	assert_false(log_ring_peek(ring, &r));
	while (out < 20000) {
		for (unsigned i = in % 13 + 1; i > 0; i--)
			assert_true(put(ring, in++));
		while (out < in - in % 3) {
			assert_true(log_ring_peek(ring, &r));
			assert_true(log_ring_peek(ring, &r));
			assert_true(is_record(&r, out));
			log_ring_pop(ring);
			out++;
		}
	}
	assert_int_equal(log_ring_take_lost(ring), 0);
	log_ring_free(&ring);
}

static void full_ring_refuses_and_counts(void **state)
{
	struct log_ring *ring = log_ring_new();
	struct log_record r;
	unsigned kept = 0, lost = 0;

	(void)state;
	assert_false(log_ring_is_filling(ring));
	while (put(ring, kept)) {
		kept++;
		assert_true(log_ring_is_filling(ring) || kept * 100 < 64 * 1024);
	}
	lost = 1;
	for (unsigned i = 0; i < 50; i++)
		lost += !put(ring, 1 + i % 2);
	assert_true(log_ring_is_filling(ring));
	assert_int_equal(log_ring_take_lost(ring), lost);
	assert_int_equal(log_ring_take_lost(ring), 0);
	for (unsigned i = 0; i < kept; i++) {
		assert_true(log_ring_peek(ring, &r));
		assert_true(is_record(&r, i));
		log_ring_pop(ring);
	}
	while (log_ring_peek(ring, &r))
		log_ring_pop(ring);
	assert_true(put(ring, 5));
	assert_false(log_ring_is_filling(ring));
	log_ring_free(&ring);
}

/* As full as it can be all the time: a record that went in one byte too early
 * would spoil the oldest one. */
static void nearly_full_ring_keeps_every_byte(void **state)
{
	struct log_ring *ring = log_ring_new();
	unsigned waiting[8192], in = 0, out = 0;
	struct log_record r;

	(void)state;
	rand_seed_for_tests(6);
	for (unsigned n = 0; n < RECORDS; ) {
		if (put(ring, n)) {
			waiting[in++ % COUNT(waiting)] = n;
			n += 1 + rand_below(100);
			continue;
		}
		assert_true(log_ring_peek(ring, &r));
		assert_true(is_record(&r, waiting[out++ % COUNT(waiting)]));
		log_ring_pop(ring);
	}
	assert_true(out > 100);
	log_ring_free(&ring);
}

static void finished_when_closed_and_empty(void **state)
{
	struct log_ring *ring = log_ring_new();
	struct log_record r;

	(void)state;
	put(ring, 1);
	assert_false(log_ring_is_finished(ring));
	log_ring_close(ring);
	assert_false(log_ring_is_finished(ring));
	assert_true(log_ring_peek(ring, &r));
	log_ring_pop(ring);
	assert_true(log_ring_is_finished(ring));
	log_ring_free(&ring);
	assert_null(ring);
}

struct writer { struct log_ring *ring; unsigned lost; };

static void *write_records(void *arg)
{
	struct writer *w = arg;

	for (unsigned n = 0; n < RECORDS; n++) {
		w->lost += !put(w->ring, n);
		if (n % 100 == 0)
			sched_yield();
	}
	log_ring_close(w->ring);
	return NULL;
}

static void two_threads_lose_only_what_is_counted(void **state)
{
	struct writer w = { log_ring_new(), 0 };
	struct log_record r;
	pthread_t thread;
	unsigned got = 0, lost = 0, wrong = 0;
	int64_t last = -1;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, write_records, &w), 0);
	while (!log_ring_is_finished(w.ring)) {
		for (; log_ring_peek(w.ring, &r); log_ring_pop(w.ring)) {
			wrong += r.time_ns <= last || !is_record(&r, (unsigned)r.time_ns);
			last = r.time_ns;
			got++;
		}
		lost += log_ring_take_lost(w.ring);
	}
	pthread_join(thread, NULL);
	assert_int_equal(wrong, 0);
	assert_int_equal(lost, w.lost);
	assert_int_equal(got + lost, RECORDS);
	assert_true(got > 100);
	log_ring_free(&w.ring);
}

static void no_memory_no_ring(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct log_ring *ring = log_ring_new();

		assert_int_equal(ring == NULL, oom_hit());
		log_ring_free(&ring);
	}
}

UNIT_MAIN(
	cmocka_unit_test(comes_out_as_it_went_in),
	cmocka_unit_test(full_ring_refuses_and_counts),
	cmocka_unit_test(nearly_full_ring_keeps_every_byte),
	cmocka_unit_test(finished_when_closed_and_empty),
	cmocka_unit_test(two_threads_lose_only_what_is_counted),
	cmocka_unit_test(no_memory_no_ring))
