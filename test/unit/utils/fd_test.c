/*
 * Writing everything: through a pipe that takes it in pieces, to nobody, and nothing.
 */
#include "utils/fd.h"

#include "test/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define BYTES 1000000u

static void *read_all(void *arg)
{
	static char got[4096];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(*(int *)arg, got, sizeof got)) > 0)
		sum += (size_t)n;
	return (void *)sum;
}

static void more_than_a_pipe_holds(void **state)
{
	char *text = malloc(BYTES);
	pthread_t reader;
	void *sum;
	int ends[2];

	(void)state;
	assert_non_null(text);
	memset(text, 'x', BYTES);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_all, &ends[0]), 0);
	assert_int_equal(fd_write_all(ends[1], slice_of(text, BYTES)), 0);
	close(ends[1]);
	pthread_join(reader, &sum);
	assert_int_equal((size_t)sum, BYTES);
	close(ends[0]);
	free(text);
}

static void the_reason_is_told(void **state)
{
	int full = open("/dev/full", O_WRONLY), ends[2];

	(void)state;
	assert_int_equal(fd_write_all(full, SLICE("x")), -ENOSPC);
	assert_int_equal(fd_write_all(full, SLICE_NULL), 0);
	close(full);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(fd_write_all(ends[1], SLICE("x")), -EPIPE);
	close(ends[1]);
	assert_int_equal(fd_write_all(-1, SLICE("x")), -EBADF);
}

UNIT_MAIN(
	cmocka_unit_test(more_than_a_pipe_holds),
	cmocka_unit_test(the_reason_is_told))
