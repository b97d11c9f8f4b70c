/*
 * core/main.c - the command lcs: options, then check, a verb, or the server.
 *
 * Exit status: core/mod/verb.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cfg/cfg.h"
#include "core/mod/ask.h"
#include "core/mod/explain.h"
#include "core/mod/fmt_main.h"
#include "core/mod/import_main.h"
#include "core/mod/look.h"
#include "core/mod/man.h"
#include "core/mod/places.h"
#include "core/mod/server.h"
#include "core/mod/verb.h"
#include "core/sup/supervisor.h"
#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif
#define DEFAULT_FILE LCS_CONF_DIR "/lcs.cfg"

struct options {
	const char         *file;
	const char         *module_path;
	const char         *pid_file;
	struct verb_defines defines;
	struct ask          ask;
	bool                check, foreground, strict, json, resolve;
};

/* ---- verbs: everything that needs no running server ---- */

struct verb {
	const char *name, *text;
	int       (*run)(int argc, char **argv, const struct options *o);
};

static int run_module(int argc, char **argv, const struct options *o)
{
	return man_main(argc - 1, argv + 1, o->module_path);
}

static int run_fmt(int argc, char **argv, const struct options *o)
{
	return fmt_main(argc - 1, argv + 1, &o->defines);
}

static int run_import(int argc, char **argv, const struct options *o)
{
	return import_main(argc - 1, argv + 1, o->module_path, &o->defines);
}

static int run_version(int argc, char **argv, const struct options *o)
{
	(void)argc;
	(void)argv;
	(void)o;
	printf("lcs %s\n", PACKAGE_VERSION);
	return VERB_FINE;
}

/* The lab is a program of its own: this one has no switch for a virtual clock (core/lab). */
static int run_lab(int argc, char **argv, const struct options *o)
{
	char path[PATH_MAX];

	(void)argc;
	if (o->file || o->module_path || o->defines.count) {
		fprintf(stderr, "lcs: options of \"%s\" stand behind that word\n", argv[0]);
		return VERB_USAGE;
	}
	places_lab(path, sizeof(path));
	execv(path, argv - 1);
	fprintf(stderr, "lcs: cannot start %s: %s\n", path, err_text(-errno));
	return VERB_UNREADABLE;
}

/* "lcs explain E0201" asks about a message, "lcs explain -f lcs.cfg x.sip" about a script. */
static int run_explain(int argc, char **argv, const struct options *o)
{
	if (argc > 1 && (explain_is_code(argv[1]) || slice_eq(slice_str(argv[1]), SLICE("--all"))))
		return explain_main(argc - 1, argv + 1);
	return run_lab(argc, argv, o);
}

static const struct verb verbs[] = {
	{ "fmt", "lay out configurations (fmt [-w] [--check] FILE...)", run_fmt },
	{ "explain", "what a script does with a message, line by line (explain --help), or what "
	  "a message of the check means (explain E0201)", run_explain },
	{ "test", "run the tests of a script (test FILE; test --help)", run_lab },
	{ "import", "a native configuration out of another server's "
	  "(import --from kamailio FILE -o OUT)", run_import },
	{ "module", "list modules, or show the manual of one (module list, module show NAME)",
	  run_module },
	{ "version", "the version", run_version },
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int run_verb(int argc, char **argv, const struct options *o)
{
	const char *names[VERBS], *near;

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (slice_eq(slice_str(argv[0]), slice_str(names[i])))
			return verbs[i].run(argc, argv, o);
	}
	near = diag_nearest(slice_str(argv[0]), names, VERBS);
	fprintf(stderr, "lcs: there is no verb \"%s\"", argv[0]);
	if (near)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fprintf(stderr, "\nlcs: \"lcs -h\" lists them; a configuration is named with -f FILE\n");
	return VERB_USAGE;
}

/* ---- the command line ---- */

enum long_option { OPTION_FORMAT = 256, OPTION_STRICT, OPTION_DUMP, OPTION_ANONYMOUS, OPTION_CODE,
	OPTION_CALLS, OPTION_MODULES, OPTION_DIFF, OPTION_RESOLVE };

static const struct option long_options[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'D' },
	{ "define", required_argument, NULL, 'A' },
	{ "module-path", required_argument, NULL, 'm' },
	{ "pid-file", required_argument, NULL, 'P' },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "dump", no_argument, NULL, OPTION_DUMP },
	{ "anonymous", optional_argument, NULL, OPTION_ANONYMOUS },
	{ "code", no_argument, NULL, OPTION_CODE },
	{ "calls", optional_argument, NULL, OPTION_CALLS },
	{ "modules", no_argument, NULL, OPTION_MODULES },
	{ "diff", required_argument, NULL, OPTION_DIFF },
	{ "resolve", no_argument, NULL, OPTION_RESOLVE },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int help(void)
{
	printf("usage: lcs [-D] [-f FILE] [-A NAME[=TOKENS]]... [-m PATH] [-P FILE]\n"
	       "       lcs -c [FILE] [--strict] [--resolve] [--format=json] [QUESTION]...\n"
	       "       lcs VERB [ARGS]\n\n"
	       "  -f FILE           configuration (%s)\n"
	       "  -c [FILE]         check it as start-up would, and start nothing\n"
	       "  -D                stay in the foreground\n"
	       "  -A NAME[=TOKENS]  as #!define in the configuration; repeatable\n"
	       "  -m PATH           directories of modules, separated by ':'\n"
	       "  -P FILE           write the supervisor's process id\n"
	       "      --strict      exit with 2 if there are warnings\n"
	       "      --resolve     ask DNS for the names in it, which the check alone does not\n"
	       "      --format=json messages for programs, on standard output; with a question on\n"
	       "                    standard error\n"
	       "  -V, --version     the version\n"
	       "  -h, --help        this text\n\nquestions to -c:\n"
	       "      --dump        the configuration after imports and defines, secrets hidden\n"
	       "      --anonymous[=WORD]  the same for strangers: names, addresses, texts hashed\n"
	       "      --calls[=dot] which route calls or arms which\n"
	       "      --modules     what is loaded, and what for\n"
	       "      --diff FILE   what FILE means that this one does not\n"
	       "      --code        the compiled script\n\nverbs:\n", DEFAULT_FILE);
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-17s %s\n", verbs[i].name, verbs[i].text);
	printf("\nA running server is asked with lcsctl.\n");
	return VERB_FINE;
}

static int set_format(struct options *o, const char *word)
{
	o->json = slice_eq(slice_str(word), SLICE("json"));
	if (o->json || slice_eq(slice_str(word), SLICE("text")))
		return 0;
	fprintf(stderr, "lcs: --format is text or json, not \"%s\"\n", word);
	return -EINVAL;
}

static int set_calls(struct options *o, const char *form)
{
	if (ask_calls_form(&o->ask, form))
		return 0;
	fprintf(stderr, "lcs: --calls is text or dot, not \"%s\"\n", form);
	return -EINVAL;
}

/* 0 to go on, an exit status + 1 to end. */
static int read_option(struct options *o, int letter)
{
	switch (letter) {
	case 'f': o->file = optarg; return 0;
	case 'c': o->check = true; return 0;
	case 'D': o->foreground = true; return 0;
	case 'm': o->module_path = optarg; return 0;
	case 'P': o->pid_file = optarg; return 0;
	case 'A': return verb_define(&o->defines, optarg) ? 0 : VERB_USAGE + 1;
	case 'V': return run_version(0, NULL, o) + 1;
	case 'h': return help() + 1;
	case OPTION_FORMAT: return set_format(o, optarg) ? VERB_USAGE + 1 : 0;
	case OPTION_STRICT: o->strict = true; return 0;
	case OPTION_RESOLVE: o->resolve = true; return 0;
	case OPTION_DUMP: o->ask.dump = true; return 0;
	case OPTION_CODE: o->ask.code = true; return 0;
	case OPTION_MODULES: o->ask.modules = true; return 0;
	case OPTION_DIFF: o->ask.diff = optarg; return 0;
	case OPTION_CALLS: return set_calls(o, optarg) ? VERB_USAGE + 1 : 0;
	case OPTION_ANONYMOUS:
		o->ask.anonymous = true;
		o->ask.key = optarg;
		return 0;
	default:
		return verb_hint("") + 1;
	}
}

/* ---- check and run ---- */

static enum diag_format diag_format(const struct options *o)
{
	if (o->json)
		return DIAG_JSON;
	return isatty(STDERR_FILENO) && !getenv("NO_COLOR") ? DIAG_TEXT_COLOUR : DIAG_TEXT;
}

static int status_of(int err, const struct diag *diag, const struct options *o)
{
	if (err == -ENOENT || err == -EACCES)
		return VERB_UNREADABLE;
	if (err)
		return VERB_WRONG;
	return o->strict && diag_warnings(diag) > 0 ? VERB_WARNINGS : VERB_FINE;
}

/* What was said to the server's object is printed while that lives. */
static int load(const struct server_conf *conf, const struct options *o, struct diag *diag,
    struct server **out)
{
	bool is_asked = o->check && ask_is_asked(&o->ask);
	int err = server_load(conf, diag, out), status;

	if (!err && o->check && o->resolve)
		err = look_up_names(server_cfg(*out), diag);
	status = status_of(err, diag, o);
	/* An answer to a question has standard output for itself; what it says joins the document. */
	if (!o->json || !is_asked || status != VERB_FINE)
		diag_print(diag, diag_format(o), o->json && !is_asked ? stdout : stderr);
	if (err && diag_errors(diag) == 0)
		fprintf(stderr, "lcs: %s: %s\n", conf->path, err_text(err));
	if (status == VERB_UNREADABLE && !o->file)
		fprintf(stderr, "lcs: \"-f FILE\" names another configuration\n");
	return status;
}

/* said: what load() has not printed, for JSON. */
static int answer(struct server *server, const struct server_conf *conf, const struct options *o,
    struct diag *said)
{
	struct diag *own = o->json ? NULL : diag_new(), *diag = own ? own : said;
	int err = ask_answer(&o->ask, server, conf, diag, stdout);

	diag_print(diag, diag_format(o), stderr);
	if (err && diag_errors(diag) == 0)
		fprintf(stderr, "lcs: %s\n", err_text(err));
	diag_free(&own);
	return err == -ENOENT || err == -EACCES ? VERB_UNREADABLE : err ? VERB_WRONG : VERB_FINE;
}

/* A script that has roles is told what they ask of it. */
static void print_summary(const struct server *server)
{
	const struct cfg *cfg = server_cfg(server);

	printf("%.*s\n", SLICE_ARG(server_summary(server)));
	for (unsigned i = 0; i < cfg->duty_count; i++)
		printf("%.*s\n", SLICE_ARG(cfg->duties[i]));
}

static int check(struct server *server, const struct server_conf *conf, const struct options *o,
    struct diag *said)
{
	int status = VERB_FINE;

	if (ask_is_asked(&o->ask))
		status = answer(server, conf, o, said);
	else if (!o->json)
		print_summary(server);
	server_free(&server);
	return status;
}

static int run(struct server *server, const struct options *o)
{
	const struct sup_conf conf = { .server = server, .foreground = o->foreground,
				       .pid_file = o->pid_file };

	fflush(NULL);
	return supervisor_run(&conf);
}

static int load_and_go(const struct options *o)
{
	const struct server_conf conf = {
		.path = o->file ? o->file : DEFAULT_FILE, .module_path = o->module_path,
		.defines = o->defines.list, .define_count = o->defines.count,
	};
	struct server *server = NULL;
	struct diag *diag = diag_new();
	int status;

	if (!diag) {
		fprintf(stderr, "lcs: no memory\n");
		return VERB_WRONG;
	}
	status = load(&conf, o, diag, &server);
	if (status == VERB_FINE && o->check)
		status = check(server, &conf, o, diag);
	else if (status != VERB_FINE)
		server_free(&server);
	diag_free(&diag);
	return status == VERB_FINE && !o->check ? run(server, o) : status;
}

/* A descriptor below 3 that is free would become a socket, and printf() would write to it. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int do_words(int argc, char **argv)
{
	struct options o = { .file = NULL };
	int letter, end;

	/* "+": a verb has options of its own. */
	while ((letter = getopt_long(argc, argv, "+f:cDA:m:P:Vh", long_options, NULL)) != -1) {
		end = read_option(&o, letter);
		if (end)
			return end - 1;
	}
	if (o.check && optind < argc && !o.file)
		o.file = argv[optind++];
	/* Options may also stand behind the file. */
	while (o.check && (letter = getopt_long(argc, argv, "+A:m:", long_options, NULL)) != -1) {
		end = read_option(&o, letter);
		if (end)
			return end - 1;
	}
	if (o.check && optind < argc)
		return verb_misused("", "-c checks one configuration, and \"%s\" is one word too many",
		    argv[optind]);
	if (optind < argc)
		return run_verb(argc - optind, argv + optind, &o);
	return load_and_go(&o);
}

int main(int argc, char **argv)
{
	static char name[] = "lcs";		/* as getopt(3) calls us, wherever we lie */

	fill_standard_descriptors();
	argv[0] = name;
	return verb_end(do_words(argc, argv));
}
