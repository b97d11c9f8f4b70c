/*
 * Inboxes: order, the limit, and that no wake-up is lost or made for nothing.
 */
#include "utils/inbox.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/list.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

struct mail {
	struct inbox_item item;
	unsigned          writer, number;
};

static char ran[64];
static size_t ran_len;

static void note_run(struct inbox_item *item)
{
	ran[ran_len++] = (char)container_of(item, struct mail, item)->number;
}

static struct mail *letter(struct mail *m, char name)
{
	m->item.run = note_run;
	m->number = (unsigned char)name;
	return m;
}

static void check_ran(const char *names)
{
	assert_slice(slice_of(ran, ran_len), names);
	ran_len = 0;
}

/* Has somebody written since this was asked last? */
static bool was_woken(struct inbox *in)
{
	uint64_t writes;

	return read(inbox_fd(in), &writes, sizeof(writes)) == sizeof(writes);
}

static void come_out_in_order(void **state)
{
	struct inbox *in = inbox_new(100);
	struct mail m[6];

	(void)state;
	assert_false(inbox_drain(in, 10));
	for (int i = 0; i < 4; i++)
		assert_int_equal(inbox_post(in, &letter(&m[i], (char)('a' + i))->item,
		    INBOX_MAY_REFUSE), 0);
	assert_int_equal(inbox_depth(in), 4);
	assert_true(inbox_drain(in, 0));
	assert_true(inbox_drain(in, 3));
	check_ran("abc");
	assert_int_equal(inbox_depth(in), 1);
	for (int i = 4; i < 6; i++)
		inbox_post(in, &letter(&m[i], (char)('a' + i))->item, INBOX_MAY_REFUSE);
	assert_false(inbox_drain(in, 3));
	check_ran("def");
	assert_int_equal(inbox_depth(in), 0);
	inbox_free(&in);
	assert_null(in);
	inbox_free(&in);
}

static void full_refuses_but_for_what_must_pass(void **state)
{
	struct inbox *in = inbox_new(2);
	struct mail m[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		letter(&m[i], (char)('a' + i));
	assert_int_equal(inbox_post(in, &m[0].item, INBOX_MAY_REFUSE), 0);
	assert_int_equal(inbox_post(in, &m[1].item, INBOX_MAY_REFUSE), 0);
	assert_int_equal(inbox_post(in, &m[2].item, INBOX_MAY_REFUSE), -EAGAIN);
	assert_int_equal(inbox_post(in, &m[3].item, INBOX_MUST), 0);
	assert_int_equal(inbox_depth(in), 3);
	assert_true(inbox_drain(in, 1));
	assert_int_equal(inbox_post(in, &m[2].item, INBOX_MAY_REFUSE), -EAGAIN);
	assert_true(inbox_drain(in, 1));
	assert_int_equal(inbox_post(in, &m[2].item, INBOX_MAY_REFUSE), 0);
	inbox_free(&in);		/* runs the rest */
	check_ran("abdc");
}

static void only_an_armed_inbox_wakes(void **state)
{
	struct inbox *in = inbox_new(10);
	struct mail m[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		letter(&m[i], (char)('a' + i));
	inbox_post(in, &m[0].item, INBOX_MUST);
	assert_false(was_woken(in));
	assert_false(inbox_arm(in));	/* there is something */
	inbox_drain(in, 10);
	assert_true(inbox_arm(in));
	assert_true(inbox_arm(in));
	assert_false(was_woken(in));
	inbox_post(in, &m[1].item, INBOX_MUST);
	inbox_post(in, &m[2].item, INBOX_MUST);
	assert_true(was_woken(in));
	assert_false(inbox_arm(in));
	inbox_disarm(in);
	assert_true(inbox_drain(in, 1));
	assert_false(inbox_arm(in));	/* one was taken and has not run yet */
	assert_false(inbox_drain(in, 10));
	check_ran("abc");

	/* Woken by something else: armed no more, so nobody writes. */
	assert_true(inbox_arm(in));
	inbox_disarm(in);
	inbox_post(in, &m[3].item, INBOX_MUST);
	assert_false(was_woken(in));
	inbox_drain(in, 10);

	/* Drained while armed, as a worker does at the end of a turn. */
	assert_true(inbox_arm(in));
	inbox_drain(in, 10);
	inbox_post(in, &m[3].item, INBOX_MUST);
	assert_true(was_woken(in));
	assert_false(inbox_drain(in, 10));
	inbox_disarm(in);
	assert_false(was_woken(in));
	check_ran("dd");
	inbox_free(&in);
}

static void a_batch_wakes_once(void **state)
{
	struct inbox *in = inbox_new(3);
	struct inbox_batch batch = { 0 };
	struct mail m[6];
	uint64_t writes;

	(void)state;
	assert_true(inbox_arm(in));
	inbox_post_batch(in, &batch);	/* nothing */
	for (int i = 0; i < 4; i++)
		assert_int_equal(inbox_collect(in, &batch, &letter(&m[i], (char)('a' + i))->item,
		    i < 3 ? INBOX_MAY_REFUSE : INBOX_MUST), 0);
	assert_int_equal(inbox_collect(in, &batch, &letter(&m[4], 'x')->item,
	    INBOX_MAY_REFUSE), -EAGAIN);
	assert_int_equal(inbox_depth(in), 0);
	inbox_post_batch(in, &batch);
	assert_int_equal(inbox_depth(in), 4);
	assert_int_equal(read(inbox_fd(in), &writes, sizeof(writes)), sizeof(writes));
	assert_int_equal(writes, 1);
	inbox_disarm(in);
	inbox_post(in, &letter(&m[4], 'e')->item, INBOX_MUST);
	inbox_collect(in, &batch, &letter(&m[5], 'f')->item, INBOX_MUST);
	inbox_post_batch(in, &batch);
	assert_false(was_woken(in));
	assert_false(inbox_drain(in, 10));
	check_ran("abcdef");
	inbox_free(&in);
}

static struct inbox *again_in;
static struct mail again_mail[3];

static void post_again(struct inbox_item *item)
{
	struct mail *m = container_of(item, struct mail, item);
	struct mail *next = m + 1;

	note_run(item);
	if (m->number == 'c')
		return;
	letter(next, (char)(m->number + 1))->item.run = post_again;
	inbox_post(again_in, &next->item, INBOX_MUST);
}

static void items_may_post_items(void **state)
{
	(void)state;
	for (int by_free = 0; by_free < 2; by_free++) {
		again_in = inbox_new(1);
		letter(&again_mail[0], 'a')->item.run = post_again;
		inbox_post(again_in, &again_mail[0].item, INBOX_MUST);
		if (!by_free)
			assert_false(inbox_drain(again_in, 10));
		inbox_free(&again_in);
		check_ran("abc");
	}
}

static void no_memory_no_inbox(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct inbox *in = inbox_new(1);

		assert_int_equal(in == NULL, oom_hit());
		inbox_free(&in);
	}
}

static void no_descriptor_no_inbox(void **state)
{
	struct rlimit limit, none;
	struct inbox *in;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ 0, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	in = inbox_new(1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_null(in);
}

/* ---- several writers ---------------------------------------------------- */

#define WRITERS 4
#define MAILS   30000

static struct mail mails[WRITERS][MAILS];
static unsigned next_number[WRITERS], arrived, out_of_order;

static void take_mail(struct inbox_item *item)
{
	struct mail *m = container_of(item, struct mail, item);

	out_of_order += m->number != next_number[m->writer];
	next_number[m->writer]++;
	arrived++;
}

struct writer { struct inbox *in; unsigned id; unsigned refused; };

/* Pauses now and then, so that the reader runs dry and sleeps. */
static void *write_all(void *arg)
{
	struct writer *w = arg;

	for (unsigned i = 0; i < MAILS; i++) {
		struct mail *m = &mails[w->id][i];

		*m = (struct mail){ .item.run = take_mail, .writer = w->id, .number = i };
		while (inbox_post(w->in, &m->item, i % 3 ? INBOX_MAY_REFUSE : INBOX_MUST) != 0) {
			w->refused++;
			sched_yield();
		}
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

/* A worker's loop. Returns how often it slept; fails if nothing wakes it. */
static unsigned read_all(struct inbox *in, bool *woke_in_time)
{
	struct pollfd fd = { inbox_fd(in), POLLIN, 0 };
	unsigned sleeps = 0;

	while (arrived < WRITERS * MAILS && *woke_in_time) {
		if (inbox_drain(in, 50))
			continue;
		if (arrived == WRITERS * MAILS || !inbox_arm(in))
			continue;
		sleeps++;
		*woke_in_time = poll(&fd, 1, 30000) == 1;
		inbox_disarm(in);
		was_woken(in);		/* epoll would see the edge; poll() has to see the level fall */
	}
	return sleeps;
}

static void many_writers_lose_nothing(void **state)
{
	struct inbox *in = inbox_new(200);
	struct writer w[WRITERS];
	pthread_t threads[WRITERS];
	bool woke_in_time = true;

	(void)state;
	for (unsigned i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ in, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, write_all, &w[i]), 0);
	}
	print_message("# slept %u times\n", read_all(in, &woke_in_time));
	assert_true(woke_in_time);
	for (unsigned i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next_number[i], MAILS);
	}
	assert_int_equal(out_of_order, 0);
	assert_int_equal(inbox_depth(in), 0);
	inbox_free(&in);
	assert_int_equal(arrived, WRITERS * MAILS);
}

/* Nobody reads; all together must not get in more than the limit. */
static void *write_until_full(void *arg)
{
	struct writer *w = arg;
	unsigned in_a_row = 0;

	for (unsigned i = 0; i < MAILS && in_a_row < 1000; ) {
		struct mail *m = &mails[w->id][i];

		*m = (struct mail){ .item.run = take_mail, .writer = w->id, .number = i };
		if (inbox_post(w->in, &m->item, INBOX_MAY_REFUSE) == 0) {
			i++;
			in_a_row = 0;
		} else {
			in_a_row++;
		}
	}
	return NULL;
}

static void limit_holds_against_many(void **state)
{
	struct inbox *in = inbox_new(5000);
	struct writer w[WRITERS];
	pthread_t threads[WRITERS];

	(void)state;
	arrived = 0;
	for (unsigned i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ in, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, write_until_full, &w[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	inbox_free(&in);
	assert_int_equal(arrived, 5000);
}

UNIT_MAIN(
	cmocka_unit_test(come_out_in_order),
	cmocka_unit_test(full_refuses_but_for_what_must_pass),
	cmocka_unit_test(only_an_armed_inbox_wakes),
	cmocka_unit_test(a_batch_wakes_once),
	cmocka_unit_test(items_may_post_items),
	cmocka_unit_test(no_memory_no_inbox),
	cmocka_unit_test(no_descriptor_no_inbox),
	cmocka_unit_test(many_writers_lose_nothing),
	cmocka_unit_test(limit_holds_against_many))
