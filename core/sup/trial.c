/*
 * core/sup/trial.c - see trial.h.
 */
#include "core/sup/trial.h"

#include "core/mod/places.h"
#include "utils/err.h"
#include "utils/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX     (2 * 64 + 16)
#define OUTPUT_MAX    (8u << 20)
#define NAMED_MAX     5u		/* failed tests whose names are told */
#define SPAWN_FLAGS \
	(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)

extern char **environ;

struct trial {
	struct arena *arena;
	char         *words[WORDS_MAX];
	unsigned      count;
	int           in, out, err;	/* files in memory: a pipe could fill up */
	pid_t         pid;
	int           status;
};

/* ---- the command ---- */

static void add_word(struct trial *t, const char *word)
{
	if (t->count < WORDS_MAX - 1)
		t->words[t->count++] = (char *)word;
}

static void add_words(struct trial *t, const struct server_conf *conf, msec_t limit)
{
	char *seconds = arena_dup_cstr(t->arena, arena_printf(t->arena, "%lld",
	    (long long)((limit + 999) / 1000)));

	add_word(t, "lcs");
	add_word(t, "test");
	add_word(t, "--format=json");
	add_word(t, "--texts=-");
	add_word(t, "--limit");
	add_word(t, seconds ? seconds : "20");
	if (conf->module_path) {
		add_word(t, "-m");
		add_word(t, conf->module_path);
	}
	for (unsigned i = 0; i < conf->define_count; i++) {
		char *define = arena_dup_cstr(t->arena, arena_printf(t->arena, "%s=%s",
		    conf->defines[i].name, conf->defines[i].tokens));

		if (!define)
			continue;
		add_word(t, "-A");
		add_word(t, define);
	}
	add_word(t, "-f");
	add_word(t, conf->path);
}

static int fill_input(int fd, const struct snapshot *texts)
{
	json_t *list = snapshot_json(texts);
	char *bytes = list ? json_dumps(list, JSON_COMPACT) : NULL;
	int err = bytes ? fd_write_all(fd, slice_str(bytes)) : -ENOMEM;

	free(bytes);
	json_decref(list);
	return err ? err : lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int open_files(struct trial *t, const struct snapshot *texts)
{
	t->in = memfd_create("lcs-trial-in", MFD_CLOEXEC);
	t->out = memfd_create("lcs-trial-out", MFD_CLOEXEC);
	t->err = memfd_create("lcs-trial-err", MFD_CLOEXEC);
	if (t->in < 0 || t->out < 0 || t->err < 0)
		return -errno;
	return fill_input(t->in, texts);
}

static void close_files(struct trial *t)
{
	const int fds[] = { t->in, t->out, t->err };

	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A group of its own: each test is a child of lcs-lab, and ends with it. */
static int start(struct trial *t)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char path[PATH_MAX];
	int err;

	places_lab(path, sizeof(path));
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, SPAWN_FLAGS);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_adddup2(&files, t->in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, t->out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, t->err, STDERR_FILENO);
	err = posix_spawn(&t->pid, path, &files, &attr, t->words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

/* ---- its end ---- */

static int await_end(struct trial *t, msec_t limit)
{
	struct pollfd p = { .fd = pidfd_open(t->pid, 0), .events = POLLIN };
	int n;

	do
		n = p.fd < 0 ? -1 : poll(&p, 1, (int)limit);
	while (n < 0 && p.fd >= 0 && errno == EINTR);
	if (n != 1)
		kill(-t->pid, SIGKILL);
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(t->pid, &t->status, 0) < 0 && errno == EINTR)
		;
	return n == 1 ? 0 : -ETIMEDOUT;
}

static struct slice read_back(struct trial *t, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t room = size < 0 ? 0 : size < (off_t)OUTPUT_MAX ? (size_t)size : OUTPUT_MAX;
	char *bytes = arena_bytes(t->arena, room + 1);
	ssize_t n = bytes ? pread(fd, bytes, room, 0) : -1;

	return slice_of(bytes, n > 0 ? (size_t)n : 0);
}

/* ---- what came of it ---- */

/* The name and the first line of the reason. */
static struct slice describe(struct trial *t, const json_t *test)
{
	const char *name = json_string_value(json_object_get(test, "name"));
	const char *reason = json_string_value(json_object_get(test, "why"));
	struct slice line = slice_str(reason ? reason : "");

	line = slice_first(line, slice_find(line, '\n'));
	return arena_printf(t->arena, "\"%s\": %.*s", name ? name : "?", SLICE_ARG(line));
}

static struct slice name_failed(struct trial *t, const json_t *tests, unsigned *failed)
{
	struct slice text = SLICE("");
	const json_t *test;
	size_t i;

	*failed = 0;
	json_array_foreach(tests, i, test) {
		if (json_is_true(json_object_get(test, "passed")) || ++*failed > NAMED_MAX)
			continue;
		text = arena_printf(t->arena, "%.*s\n%.*s", SLICE_ARG(text),
		    SLICE_ARG(describe(t, test)));
	}
	return text;
}

/* What it says where it gave no results: errors of loading, or a crash. */
static int judge_trouble(struct trial *t, struct slice *why)
{
	struct slice said = slice_trim(read_back(t, t->err));

	*why = arena_printf(t->arena, "the tests of the script cannot be run (%s %d)%s%.*s",
	    WIFSIGNALED(t->status) ? "signal" : "exit status",
	    WIFSIGNALED(t->status) ? WTERMSIG(t->status) : WEXITSTATUS(t->status),
	    said.len ? ":\n" : "", SLICE_ARG(said));
	return -EINVAL;
}

static int judge(struct trial *t, struct slice *why)
{
	struct slice out = read_back(t, t->out), names;
	json_t *root = json_loadb(out.p ? out.p : "", out.len, 0, NULL);
	const json_t *tests = json_object_get(root, "tests");
	unsigned failed = 0;
	int err = 0;

	if (!json_is_array(tests)) {
		err = judge_trouble(t, why);
	} else {
		names = name_failed(t, tests, &failed);
		*why = arena_printf(t->arena, "%u of %zu tests of the script %s "
		    "(reload_requires_tests):%.*s%s", failed, json_array_size(tests),
		    failed == 1 ? "fails" : "fail", SLICE_ARG(names),
		    failed > NAMED_MAX ? "\n..." : "");
		err = failed ? -EINVAL : 0;
	}
	json_decref(root);
	return err;
}

int trial_run(const struct server_conf *conf, const struct snapshot *texts, msec_t limit,
    struct arena *arena, struct slice *why)
{
	struct trial t = { .arena = arena, .in = -1, .out = -1, .err = -1 };
	int err = open_files(&t, texts);

	add_words(&t, conf, limit);
	if (!err)
		err = start(&t);
	if (err) {
		*why = arena_printf(arena, "the tests of the script cannot be started: %s",
		    err_text(err));
	} else if (await_end(&t, limit) != 0) {
		err = -ETIMEDOUT;
		*why = arena_printf(arena, "the tests of the script take longer than %lld ms "
		    "(reload_tests_limit)", (long long)limit);
	} else {
		err = judge(&t, why);
	}
	close_files(&t);
	return err;
}
