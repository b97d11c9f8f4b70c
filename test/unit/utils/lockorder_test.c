/*
 * Locks with ranks: the right order works, a wrong one stops the program at once.
 */
#include "utils/lockorder.h"

#include "test/unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct lock config = LOCK_INIT(LOCK_CONFIG);
static struct lock stats = LOCK_INIT(LOCK_STATS);
static struct lock stats2 = LOCK_INIT(LOCK_STATS);
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void good(void)
{
	lock_take(&config);
	lock_take(&stats);
	lock_drop(&stats);
	lock_take(&stats2);
	lock_drop(&config);		/* order of dropping is free */
	lock_drop(&stats2);
	lock_take(&config);
	lock_drop(&config);
}

static void later_before_earlier(void)
{
	lock_take(&stats);
	lock_take(&config);
}

static void two_of_a_rank(void)
{
	lock_take(&stats);
	lock_take(&stats2);
}

static void dropping_what_is_not_held(void)
{
	lock_drop(&stats);
}

static void waiting_under_a_later_lock(void)
{
	lock_take(&config);
	lock_take(&stats);
	lock_wait(&config, &cond, 0);
}

static void waiting_without_the_lock(void)
{
	lock_wait(&config, &cond, 0);
}

static int signal_of(void (*fn)(void))
{
	static const struct rlimit no_core = { 0, 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void orders(void **state)
{
	static const struct { void (*fn)(void); int sig; } cases[] = {
		{ good, 0 }, { later_before_earlier, SIGABRT }, { two_of_a_rank, SIGABRT },
		{ dropping_what_is_not_held, SIGABRT }, { waiting_under_a_later_lock, SIGABRT },
		{ waiting_without_the_lock, SIGABRT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(signal_of(cases[i].fn), cases[i].sig);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void waiting_times_out(void **state)
{
	static const int64_t timeouts[] = { 0, 5, 30 };

	(void)state;
	lock_take(&config);
	for (size_t i = 0; i < COUNT(timeouts); i++) {
		int64_t begin = now_ms();
		int err = 0;

		while (!err)		/* a condition may wake for no reason */
			err = lock_wait(&config, &cond, timeouts[i]);
		assert_int_equal(err, -ETIMEDOUT);
		assert_true(now_ms() - begin >= timeouts[i]);
	}
	lock_drop(&config);
}

static unsigned sum, rounds;

static void *add_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		lock_take(&stats);
		sum++;
		lock_drop(&stats);
	}
	lock_take(&config);
	rounds++;
	pthread_cond_signal(&cond);
	lock_drop(&config);
	return NULL;
}

static void excludes_and_wakes(void **state)
{
	pthread_t threads[4];
	struct lock own;

	(void)state;
	lock_init(&own, LOCK_LOG);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_up, NULL), 0);
	lock_take(&config);
	while (rounds < 4)
		assert_int_equal(lock_wait(&config, &cond, rounds % 2 ? -1 : 60000), 0);
	lock_drop(&config);
	lock_take(&stats);
	lock_take(&own);
	assert_int_equal(sum, 80000);
	lock_drop(&own);
	lock_drop(&stats);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	lock_fini(&own);
}

UNIT_MAIN(
	cmocka_unit_test(orders),
	cmocka_unit_test(waiting_times_out),
	cmocka_unit_test(excludes_and_wakes))
