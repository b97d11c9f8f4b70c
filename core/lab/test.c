/*
 * core/lab/test.c - lcs test: the tests of a script, each in a process of its own.
 */
#include "core/lab/cover.h"
#include "core/lab/lab.h"
#include "core/lab/report.h"
#include "core/lab/tell.h"
#include "core/lab/update.h"
#include "core/lab/words.h"
#include "utils/err.h"
#include "utils/rand.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES_MAX  100000u

static struct lab_options options = { .limit_s = 20 };

/* ---- which ---- */

static struct case_list cases;
static struct cover_sum *covered;

static void add_case(const struct cfg_test *t, unsigned number, const char *file)
{
	struct test_case *c = arena_zalloc(lab.arena, sizeof(*c));

	if (!c)
		abort();
	c->test = t;
	c->number = number;
	c->file = file;
	c->name = file ? lab_text("%.*s [%s]", SLICE_ARG(t->name), file) :
	    lab_text("%.*s", SLICE_ARG(t->name));
	if (options.only && slice_search(slice_str(c->name), slice_str(options.only)) >=
	    strlen(c->name))
		return;
	*(cases.end ? cases.end : &cases.first) = c;
	cases.end = &c->next;
	cases.count++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return slice_cmp(slice_str((*a)->d_name), slice_str((*b)->d_name));
}

static int is_shown(const struct dirent *e) { return e->d_name[0] != '.'; }

/* One case for each file of the folder. */
static bool add_folder(const struct cfg_test *t, unsigned number, const struct cfg_test_step *s)
{
	const char *folder = lab_text("%.*s", SLICE_ARG(lab_beside(s->at, s->given.text)));
	struct dirent **found;
	int n = scandir(folder, &found, is_shown, by_name);

	if (n <= 0) {
		fprintf(stderr, "lcs: %s: %s: %s\n", tell_place(s->at), folder,
		    n < 0 ? err_text(-errno) : "there is no file in it");
		return false;
	}
	for (int i = 0; i < n; i++) {
		add_case(t, number, lab_text("%.*s/%s", SLICE_ARG(s->given.text), found[i]->d_name));
		free(found[i]);
	}
	free(found);
	return true;
}

static const struct cfg_test_step *any_step(const struct cfg_test *t)
{
	for (unsigned i = 0; i < t->step_count; i++)
		if (t->steps[i].kind == TEST_GIVEN && t->steps[i].given.source == GIVEN_ANY)
			return &t->steps[i];
	return NULL;
}

static bool list_cases(void)
{
	bool fine = true;

	for (unsigned i = 0; i < lab.cfg->tests; i++) {
		const struct cfg_test *t = &lab.cfg->test_list[i];

		if (any_step(t))
			fine &= add_folder(t, i + 1, any_step(t));
		else
			add_case(t, i + 1, NULL);
	}
	return fine;
}

/* ---- one after the other ---- */

/* Consts are folded into the program: with other values it is another one. */
static const struct cfg_test *load_again(unsigned number)
{
	static struct server_conf conf;

	conf = options.conf;
	conf.test_consts = number;
	server_free(&lab.server);
	if (lab_load(&conf) != 0)
		return NULL;
	return &lab.cfg->test_list[number - 1];
}

static _Noreturn void play_here(const struct test_case *c, struct lab_result *r)
{
	const struct cfg_test *t = c->test;

	alarm(options.limit_s);
	if (t->has_consts)
		t = load_again(c->number);
	if (t)
		lab_play(t, c->file, r);
	if (t && gen_peek())
		cover_add(covered);
	fflush(NULL);
	_exit(t ? 0 : 1);
}

/* The child's places as ours: its files were read by us too. */
static struct cfg_span better_place(const struct cfg_test *t, const struct lab_result *r)
{
	return (struct cfg_span){ t->at.source, r->line, r->column, r->end_line, r->end_column };
}

static void judge(struct test_case *c, const struct lab_result *r, int status)
{
	c->ms = r->ms;
	c->has_failed = !r->is_done || r->has_failed;
	if (r->better[0]) {
		c->better = lab_text("%s", r->better);
		c->better_at = better_place(c->test, r);
	}
	if (r->is_done)
		c->why = lab_text("%s", r->text);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		c->why = lab_text("%s: takes more than %u s (--limit)", tell_place(c->test->at),
		    options.limit_s);
	else if (WIFSIGNALED(status))
		c->why = lab_text("%s: the server died by signal %d", tell_place(c->test->at),
		    WTERMSIG(status));
	else
		c->why = lab_text("%s: the script does not load with these consts",
		    tell_place(c->test->at));
}

static int play_apart(struct test_case *c, struct lab_result *r)
{
	int status = 0;
	pid_t pid;

	memset(r, 0, sizeof(*r));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		play_here(c, r);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	judge(c, r, status);
	return 0;
}

static int play_all(void)
{
	struct lab_result *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err = 0;

	if (r == MAP_FAILED)
		return -errno;
	for (struct test_case *c = cases.first; c && !err; c = c->next) {
		err = play_apart(c, r);
		if (!err)
			report_case(&cases, c, options.format);
	}
	munmap(r, sizeof(*r));
	return err;
}

/* ---- the command line ---- */

enum long_option { OPTION_FORMAT = 256, OPTION_LIMIT, OPTION_COVERAGE, OPTION_UPDATE, OPTION_YES };

static const struct option long_options[] = {
	LAB_WORDS,
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "coverage", required_argument, NULL, OPTION_COVERAGE },
	{ "update", no_argument, NULL, OPTION_UPDATE },
	{ "yes", no_argument, NULL, OPTION_YES },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
    "usage: lcs test FILE [-A NAME[=TOKENS]]... [-m PATH] [-k TEXT]\n"
    "                [--format=tap|junit|json] [--coverage=lcov[:FILE]]\n"
    "                [--update [--yes]] [--limit SECONDS] [--texts FILE]\n\n"
    "  -k TEXT           only tests with that in their name\n"
    "  --format=WORD     tap (the default), junit or json\n"
    "  --coverage=lcov   write lcov.info, or the FILE behind a colon\n"
    "  --update          put what came into the failed expectations, after asking\n"
    "                    for each; with --yes without asking\n"
    "  --limit SECONDS   real time that one test may take (20)\n"
    "  --texts FILE      the configuration's files as lcsctl -o json config show has\n"
    "                    them, in place of the disk's; - for standard input\n";

static bool set_format(const char *word)
{
	static const char *const words[] = { "tap", "junit", "json" };
	int n = lab_choose("--format", word, words, 3);

	if (n >= 0)
		options.format = (enum lab_format)n;
	return n >= 0;
}

static bool set_coverage(const char *word)
{
	struct slice rest = slice_str(word), form = slice_split(&rest, ':');

	options.lcov = rest.len ? rest.p : "lcov.info";
	if (slice_eq(form, SLICE("lcov")))
		return true;
	fprintf(stderr, "lcs: --coverage is lcov or lcov:FILE, not \"%s\"\n", word);
	return false;
}

static bool set_limit(const char *word)
{
	if (slice_to_u32(slice_str(word), &options.limit_s) == 0 && options.limit_s > 0)
		return true;
	fprintf(stderr, "lcs: --limit is a number of seconds, not \"%s\"\n", word);
	return false;
}

static bool read_option(int letter)
{
	switch (letter) {
	case 'k': options.only = optarg; return true;
	case OPTION_FORMAT: return set_format(optarg);
	case OPTION_LIMIT: return set_limit(optarg);
	case OPTION_COVERAGE: return set_coverage(optarg);
	case OPTION_UPDATE: options.update = true; return true;
	case OPTION_YES: options.yes = true; return true;
	default: return false;
	}
}

static int say_failed(const char *what, int err)
{
	fprintf(stderr, "lcs: %s: %s\n", what, err_text(err));
	return 3;
}

static int play_and_report(void)
{
	int err;

	covered = cover_new();
	if (!covered)
		return say_failed("coverage", -ENOMEM);
	report_begin(&cases, options.format);
	err = play_all();
	if (err)
		return say_failed("tests", err);
	report_end(&cases, options.format, options.conf.path, cover_text(covered));
	if (options.lcov)
		err = cover_write_lcov(covered, options.lcov);
	if (err)
		return say_failed(options.lcov, err);
	if (options.update)
		err = update_files(&cases, options.yes);
	return err ? say_failed("--update", err) : 0;
}

static int run(void)
{
	int status = lab_load(&options.conf);

	if (status)
		return status;
	status = list_cases() ? 0 : 3;
	if (!status && options.only && !cases.count) {
		fprintf(stderr, "lcs: no test has \"%s\" in its name\n", options.only);
		status = 1;
	}
	if (!status)
		status = play_and_report();
	server_free(&lab.server);
	arena_free(&lab.arena);
	return status ? status : cases.failed > 0;
}

static const struct lab_words words = { "test", "k:", long_options, read_option, help };

int lab_test(int argc, char **argv)
{
	int end;

	options.conf.with_tests = true;
	end = lab_read_words(&words, &options.conf, argc, argv);
	if (end)
		return end - 1;
	if (optind < argc && !options.conf.path)
		options.conf.path = argv[optind++];
	if (!options.conf.path)
		return verb_misused("test", "test needs a configuration");
	if (optind < argc)
		return verb_misused("test", "test takes one configuration, and \"%s\" is another",
		    argv[optind]);
	return run();
}
