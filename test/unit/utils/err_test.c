/*
 * Error texts, and the assertion that stops the server.
 */
#include "utils/err.h"

#include "test/unit.h"

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void texts(void **state)
{
	static const struct { int err; const char *text; } cases[] = {
		{ 0, "no error" },
		{ -ECONNREFUSED, "connection refused" },
		{ ECONNREFUSED, "connection refused" },
		{ -ENOMEM, "out of memory" },
		{ -100000, "unknown error" },
		{ INT_MIN, "unknown error" },
		{ INT_MAX, "unknown error" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(err_text(cases[i].err), cases[i].text);
	for (int err = -300; err < 300; err++)
		assert_non_null(err_text(err));
}

static void fail_in_child(int to)
{
	static const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGABRT, SIG_DFL);
	dup2(to, STDERR_FILENO);
	lcs_assert(1 + 1 == 2);
	lcs_assert(1 + 1 == 3);
	_exit(0);
}

static void assertion_says_where_and_aborts(void **state)
{
	char text[1024] = "";
	int ends[2], status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		fail_in_child(ends[1]);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "1 + 1 == 3"));
	assert_non_null(strstr(text, "err_test.c:"));
}

UNIT_MAIN(
	cmocka_unit_test(texts),
	cmocka_unit_test(assertion_says_where_and_aborts))
