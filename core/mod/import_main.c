/*
 * core/mod/import_main.c - lcs import --from kamailio FILE [-o OUT].
 *
 * The report goes to standard output, to standard error if the configuration itself is
 * printed.
 */
#include "core/mod/import_main.h"

#include "cfg/import.h"
#include "core/mod/loader.h"
#include "core/mod/places.h"
#include "core/mod/symbols.h"
#include "core/mod/text_file.h"
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct words { const char *from, *file, *out; };

static int help(void)
{
	fputs("usage: lcs import --from kamailio FILE [-o OUT]\n\n"
	    "  writes a native configuration, and a report of what has no counterpart\n", stdout);
	return VERB_FINE;
}

/* The value of an option that may stand behind "=" or be the next word; NULL: it is another. */
static const char *value_of(const char *option, int argc, char **argv, int *at)
{
	struct slice word = slice_str(argv[*at]), name = slice_str(option);

	if (slice_eq(word, name))
		return ++*at < argc ? argv[*at] : "";
	return slice_starts(word, name) && word.p[name.len] == '=' ? word.p + name.len + 1 : NULL;
}

static int read_words(struct words *w, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i], *value;

		if ((value = value_of("--from", argc, argv, &i)) != NULL)
			w->from = value;
		else if ((value = value_of("-o", argc, argv, &i)) != NULL)
			w->out = value;
		else if (word[0] == '-')
			return verb_misused("import", "import has no option %s", word);
		else if (w->file)
			return verb_misused("import", "import takes one file, and \"%s\" is another",
			    word);
		else
			w->file = word;
	}
	return VERB_FINE;
}

static int check_words(const struct words *w)
{
	if (!w->from)
		return verb_misused("import", "whose configuration is it? --from kamailio");
	if (!slice_eq(slice_str(w->from), SLICE("kamailio")))
		return verb_misused("import", "--from is kamailio, not \"%s\"", w->from);
	if (!w->file)
		return verb_misused("import", "import needs a file");
	if (w->out && !*w->out)
		return verb_misused("import", "-o needs the name of a file");
	return VERB_FINE;
}

/* ---- files ---- */

/* What is there already was somebody's work. */
static int write_file(const char *path, struct slice text)
{
	FILE *f = fopen(path, "wx");
	int err;

	if (!f)
		return -errno;
	err = fwrite(text.p, 1, text.len, f) == text.len ? 0 : -errno;
	if (fclose(f) != 0 && !err)
		err = -errno;
	if (err)
		unlink(path);		/* half of it would be in the way of the next attempt */
	return err;
}

/* ---- the report ---- */

static void show_list(FILE *to, const char *title, const struct import_line *l, unsigned count)
{
	if (!count)
		return;
	fprintf(to, "\n%s (%u):\n", title, count);
	for (; l; l = l->next) {
		fprintf(to, "  line %-5u %.*s", l->line, SLICE_ARG(l->text));
		if (l->nearest.len)
			fprintf(to, "; %.*s", SLICE_ARG(l->nearest));
		fprintf(to, "\n");
	}
}

static void show_report(FILE *to, const struct words *w, const struct import_report *r)
{
	fprintf(to, "%s: %u lines, %u changed, %u things put into comments\n", w->file, r->lines,
	    r->changed, r->dropped);
	show_list(to, "calls, variables and modules without counterpart", r->calls,
	    r->call_count);
	show_list(to, "settings and parameters without counterpart", r->params, r->param_count);
	show_list(to, "what is different natively", r->notes, r->note_count);
}

/* ---- the result is checked as any other ---- */

static int check(FILE *to, const struct words *w, struct slice text, const struct cfg_host *host)
{
	const char *name = w->out ? w->out : w->file;
	struct diag *diag = diag_new();
	struct cfg *cfg = NULL;
	int err = diag ? cfg_load_text(name, text, host, diag, &cfg) : -ENOMEM;

	if (err) {
		fprintf(to, "\n%s does not pass the check yet:\n\n", name);
		fflush(to);
		if (diag)
			diag_print(diag, DIAG_TEXT, to);
	} else {
		fprintf(to, "\n%s passes the check: lcs -c %s\n", name, name);
	}
	cfg_free(&cfg);
	diag_free(&diag);
	return err ? VERB_WRONG : VERB_FINE;
}

/* ---- all of it ---- */

static int deliver(const struct words *w, struct slice text, const struct import_report *r,
    const struct cfg_host *host)
{
	FILE *to = w->out ? stdout : stderr;
	int err = 0;

	if (w->out)
		err = write_file(w->out, text);
	else
		fwrite(text.p, 1, text.len, stdout);
	if (err) {
		fprintf(stderr, "lcs: cannot write %s: %s%s\n", w->out, err_text(err),
		    err == -EEXIST ? "; -o takes a new name" : "");
		return VERB_UNREADABLE;
	}
	show_report(to, w, r);
	return check(to, w, text, host);
}

static int convert(const struct words *w, struct arena *arena, struct diag *diag,
    const struct cfg_host *host)
{
	struct import_report report;
	struct slice old, text = SLICE_NULL;
	int err = text_file_read(arena, w->file, &old);

	if (err)
		return VERB_UNREADABLE;
	err = cfg_import(w->file, old, host, diag, arena, &text, &report);
	if (!err)
		return deliver(w, text, &report, host);
	diag_print(diag, DIAG_TEXT, stderr);
	return VERB_WRONG;
}

/* Without modules hardly a call would be known, and the result no work to begin with. */
static int need_modules(struct loader *l)
{
	const char *const *names = loader_names(l);

	if (names && names[0])
		return 0;
	fputs("lcs: no modules are found, and an import has to know their functions; LCS_MODULE_PATH "
	    "or \"lcs -m PATH import ...\" say where they are\n", stderr);
	return -ENOENT;
}

static int run(const struct words *w, const char *module_path, const struct verb_defines *defines)
{
	struct cfg_host host = { .defines = defines->list, .define_count = defines->count,
	    .include_dir = LCS_CONF_DIR };
	struct arena *arena = arena_new(0);
	struct loader *l = loader_new(module_path);
	struct diag *diag = diag_new();
	int status = VERB_WRONG;

	if (arena && l && diag && (host.core = symbols_of_core(arena)) &&
	    (host.profile_path = places_profiles(arena))) {
		loader_serve(l, &host);
		status = need_modules(l) != 0 ? VERB_UNREADABLE :
		    convert(w, arena, diag, &host);
	}
	diag_free(&diag);
	if (l)
		loader_free(&l);
	arena_free(&arena);
	return status;
}

int import_main(int argc, char **argv, const char *module_path,
    const struct verb_defines *defines)
{
	struct words w = { NULL, NULL, NULL };
	int status;

	if (argc > 0 && verb_wants_help(argv[0]))
		return help();
	status = read_words(&w, argc, argv);
	if (!status)
		status = check_words(&w);
	return status ? status : run(&w, module_path, defines);
}
