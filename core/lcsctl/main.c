/*
 * lcsctl - talk to a running server.
 */
#include "core/lcsctl/lcsctl.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_PRESET 30
#define TIMEOUT_MAX    86400

static const char usage[] =
    "usage: lcsctl [-s SOCKET] [-o table|json] [-t SECONDS] [VERB ... [ARGUMENT ...]]\n"
    "\n"
    "  -s, --socket SOCKET    control socket (LCS_CTL; else the installed server's)\n"
    "  -o, --output FORMAT    table for people (default), json for programs\n"
    "      --json             the same as -o json\n"
    "  -t, --timeout SECONDS  how long to wait for an answer (30)\n"
    "  -V, --version          version of lcsctl\n"
    "  -h, --help             this text; \"lcsctl help\" shows what the server can do\n"
    "      --complete         for shells: what the last WORD may become\n"
    "\n"
    "Without a verb lcsctl asks for lines at a terminal, and reads them from standard input\n"
    "elsewhere. Passwords that are left out are asked for; \"-\" reads one from standard input.\n"
    "Exit status: 0 done, 1 refused by the server, 2 wrong command line, 3 no server,\n"
    "4 the output could not be written.\n";

static const struct option options[] = {
	{ "socket", required_argument, NULL, 's' }, { "output", required_argument, NULL, 'o' },
	{ "timeout", required_argument, NULL, 't' }, { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' }, { "json", no_argument, NULL, 'J' }, { "complete", no_argument, NULL, 'C' }, { 0 }
};

static int bad_option(const char *what, const char *value)
{
	fprintf(stderr, "lcsctl: %s, not \"%s\"; see \"lcsctl --help\"\n", what, value);
	return EXIT_USAGE;
}

/* 0: not a whole number of seconds up to a day. */
static int seconds_of(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end == '\0' && n > 0 && n <= TIMEOUT_MAX ? (int)n : 0;
}

/* -1: go on; else the exit code. */
static int take_option(struct session *s, int opt)
{
	switch (opt) {
	case 's':
		s->socket_path = optarg;
		return -1;
	case 'o':
		s->json = strcmp(optarg, "json") == 0;
		return s->json || strcmp(optarg, "table") == 0 ? -1 :
		    bad_option("-o is table or json", optarg);
	case 'J':
		s->json = true;
		return -1;
	case 't':
		s->timeout = seconds_of(optarg);
		return s->timeout > 0 ? -1 : bad_option("-t is a number of seconds, up to 86400", optarg);
	case 'C':
		s->completes = true;
		return -1;
	case 'V':
		puts("lcsctl " PACKAGE_VERSION);
		return EXIT_DONE;
	case 'h':
		fputs(usage, stdout);
		return EXIT_DONE;
	default:
		fputs("lcsctl: see \"lcsctl --help\"\n", stderr);
		return EXIT_USAGE;
	}
}

static enum exit_code serve(struct session *s, int count, char *const *words)
{
	json_t *nothing = json_object();
	enum exit_code code = session_call(s, "rpc.describe", nothing, &s->methods);

	json_decref(nothing);
	if (code != EXIT_DONE)
		return code;
	if (s->completes) {
		print_completions(s, count, words);
		return EXIT_DONE;
	}
	if (count)
		return run_words(s, count, words);
	return isatty(STDIN_FILENO) ? run_interactive(s) : run_lines(s);
}

/* What was asked for may be a backup: it is not done when the disk is full. */
static int end_output(int code)
{
	bool failed = ferror(stdout);

	if (fflush(stdout) == 0 && !failed)
		return code;
	fprintf(stderr, "lcsctl: the output could not be written%s%s\n", failed ? "" : ": ",
	    failed ? "" : strerror(errno));
	return EXIT_OUTPUT;
}

/* The server's socket must not take the place of a stream that is closed. */
static void fill_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0)
			exit(EXIT_OUTPUT);
}

int main(int argc, char **argv)
{
	const char *from_env = getenv("LCS_CTL");
	struct session s = { .fd = -1, .timeout = TIMEOUT_PRESET,
	    .socket_path = from_env ? from_env : LCS_RUN_DIR "/control.sock" };
	enum exit_code code;
	static char name[] = "lcsctl";		/* as getopt(3) calls us, wherever we lie */
	int opt;

	if (argc > 0)
		argv[0] = name;
	fill_streams();
	while ((opt = getopt_long(argc, argv, "+s:o:t:Vh", options, NULL)) != -1) {
		int end = take_option(&s, opt);

		if (end >= 0)
			return end_output(end);
	}
	if (session_open(&s) != 0)
		return EXIT_NO_SERVER;
	code = serve(&s, argc - optind, argv + optind);
	json_decref(s.methods);
	session_close(&s);
	return end_output((int)code);
}
