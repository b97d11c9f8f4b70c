/*
 * core/mod/fmt_main.c - lcs fmt [-w] [--check] FILE...
 *
 * A file with errors of syntax is left alone. What is written back replaces the file in
 * one step, so that a full disk costs nothing.
 */
#include "core/mod/fmt_main.h"

#include "cfg/fmt.h"
#include "core/mod/text_file.h"
#include "utils/err.h"
#include "utils/fd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	bool            write, check;
	struct cfg_host host;
};

static int help(void)
{
	fputs("usage: lcs fmt [-w] [--check] FILE...\n\n"
	    "  without options the new text is printed\n"
	    "  -w        write it back into the file\n"
	    "  --check   print the names of files whose layout is another, and exit with 1\n", stdout);
	return VERB_FINE;
}

/* ---- files ---- */

static int write_beside(int fd, const char *temporary, const char *path, struct slice text)
{
	struct stat st;
	int err = stat(path, &st) != 0 ? -errno : 0;

	if (!err && (fchmod(fd, st.st_mode & 07777) != 0 ||
	    (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) != 0)))
		err = -errno;
	if (!err)
		err = fd_write_all(fd, text);
	if (!err && fsync(fd) != 0)
		err = -errno;
	if (!err && rename(temporary, path) != 0)
		err = -errno;
	return err;
}

/* A link stays a link: what it points to is replaced. */
static int replace(struct arena *arena, const char *name, struct slice text)
{
	char *path = realpath(name, NULL), *temporary;
	int fd, err = path ? 0 : -errno;

	if (err)
		return err;
	temporary = arena_dup_cstr(arena, arena_printf(arena, "%s.XX" "XXXX", path));
	fd = temporary ? mkstemp(temporary) : -1;
	if (fd < 0) {
		err = temporary ? -errno : -ENOMEM;
	} else {
		err = write_beside(fd, temporary, path, text);
		close(fd);
		if (err)
			unlink(temporary);
	}
	free(path);
	return err;
}

/* ---- one file ---- */

static unsigned first_difference(struct slice a, struct slice b)
{
	unsigned line = 1;

	for (size_t i = 0; i < a.len && i < b.len && a.p[i] == b.p[i]; i++)
		line += a.p[i] == '\n';
	return line;
}

static int show(const struct job *j, struct arena *arena, const char *name, struct slice old,
    struct slice text)
{
	int err = 0;

	if (j->check && !slice_eq(old, text)) {
		printf("%s:%u: not laid out as lcs fmt does it\n", name,
		    first_difference(old, text));
		if (!j->write)
			return VERB_WRONG;
	}
	if (j->write && !slice_eq(old, text))
		err = replace(arena, name, text);
	else if (!j->write && !j->check)
		fwrite(text.p, 1, text.len, stdout);
	if (err)
		fprintf(stderr, "lcs: %s: %s\n", name, err_text(err));
	return err ? VERB_UNREADABLE : VERB_FINE;
}

static int format(const struct job *j, struct arena *arena, struct diag *diag, const char *name)
{
	struct slice old, text = SLICE_NULL;
	int err = text_file_read(arena, name, &old);

	if (err)
		return VERB_UNREADABLE;
	err = cfg_fmt(name, old, &j->host, diag, arena, &text);
	if (!err)
		return show(j, arena, name, old, text);
	diag_print(diag, isatty(STDERR_FILENO) && !getenv("NO_COLOR") ? DIAG_TEXT_COLOUR :
	    DIAG_TEXT, stderr);
	if (err == -ENOMEM)
		fprintf(stderr, "lcs: %s: %s\n", name, err_text(err));
	return VERB_WRONG;
}

static int format_file(const struct job *j, const char *name)
{
	struct arena *arena = arena_new(0);
	struct diag *diag = diag_new();
	int status = arena && diag ? format(j, arena, diag, name) : VERB_UNREADABLE;

	diag_free(&diag);
	arena_free(&arena);
	return status;
}

static bool take_option(struct job *j, const char *word)
{
	struct slice s = slice_str(word);

	if (slice_eq(s, SLICE("-w")))
		j->write = true;
	else if (slice_eq(s, SLICE("--check")))
		j->check = true;
	else
		return false;
	return true;
}

int fmt_main(int argc, char **argv, const struct verb_defines *defines)
{
	struct job j = { .host = { .defines = defines->list, .define_count = defines->count,
	    .include_dir = LCS_CONF_DIR } };
	int status = VERB_FINE, files = 0;

	/* Options may also stand behind the files. */
	for (int i = 0; i < argc; i++) {
		if (verb_wants_help(argv[i]))
			return help();
		if (argv[i][0] != '-')
			argv[files++] = argv[i];
		else if (!take_option(&j, argv[i]))
			return verb_misused("fmt", "fmt has no option %s", argv[i]);
	}
	if (files == 0)
		return verb_misused("fmt", "fmt needs a file");
	for (int i = 0; i < files; i++) {
		int one = format_file(&j, argv[i]);

		status = one > status ? one : status;
	}
	return status;
}
