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

enum { FINE, WRONG, UNREADABLE = 3, USAGE = 64 };

struct words { const char *from, *file, *out; };

static int usage(void)
{
	fputs("usage: lcs import --from kamailio FILE [-o OUT]\n\n"
	    "  writes a native configuration, and a report of what has no counterpart\n", stderr);
	return USAGE;
}

static bool read_words(struct words *w, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct slice s = slice_str(argv[i]);

		if (slice_eq(s, SLICE("--from")) && i + 1 < argc)
			w->from = argv[++i];
		else if (slice_starts(s, SLICE("--from=")))
			w->from = argv[i] + 7;
		else if (slice_eq(s, SLICE("-o")) && i + 1 < argc)
			w->out = argv[++i];
		else if (argv[i][0] != '-' && !w->file)
			w->file = argv[i];
		else
			return false;
	}
	return w->from && w->file && slice_eq(slice_str(w->from), SLICE("kamailio"));
}

/* ---- files ---- */

/* What is there already was somebody's work. */
static int write_file(const char *path, struct slice text)
{
	FILE *f = fopen(path, "wx");
	int err;

	if (!f)
		return -errno;
	err = fwrite(text.p, 1, text.len, f) == text.len ? 0 : -EIO;
	if (fclose(f) != 0 && !err)
		err = -errno;
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
	return err ? WRONG : FINE;
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
		fprintf(stderr, "lcs: %s: %s\n", w->out, err_text(err));
		return UNREADABLE;
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
		return UNREADABLE;
	err = cfg_import(w->file, old, host, diag, arena, &text, &report);
	if (!err)
		return deliver(w, text, &report, host);
	diag_print(diag, DIAG_TEXT, stderr);
	return WRONG;
}

int import_main(int argc, char **argv, const char *module_path,
    const struct cfg_define *defines, unsigned define_count)
{
	struct cfg_host host = { .defines = defines, .define_count = define_count,
	    .include_dir = LCS_CONF_DIR };
	struct words w = { NULL, NULL, NULL };
	struct arena *arena = arena_new(0);
	struct loader *l = loader_new(module_path);
	struct diag *diag = diag_new();
	int status = WRONG;

	if (!read_words(&w, argc, argv)) {
		status = usage();
	} else if (arena && l && diag && (host.core = symbols_of_core(arena)) &&
	    (host.profile_path = places_profiles(arena))) {
		loader_serve(l, &host);
		status = convert(&w, arena, diag, &host);
	}
	diag_free(&diag);
	if (l)
		loader_free(&l);
	arena_free(&arena);
	return status;
}
