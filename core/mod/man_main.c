/*
 * core/mod/man_main.c - lcs module list, lcs module show NAME.
 */
#include "core/mod/loader.h"
#include "core/mod/man.h"
#include "core/mod/verb.h"

#include <stdio.h>

static int help(void)
{
	fputs("usage: lcs module list\n"
	    "       lcs module show NAME [--json|--man|--markdown]    (NAME \"core\": the core)\n",
	    stdout);
	return VERB_FINE;
}

static int list_all(struct loader *l)
{
	const char *const *names = loader_names(l);

	if (!names[0]) {
		fprintf(stderr, "lcs: there are no modules in %s; option -m or LCS_MODULE_PATH "
		    "names other directories\n", loader_path(l));
		return VERB_WRONG;
	}
	for (unsigned i = 0; names[i]; i++) {
		const char *why;
		const struct loaded *m = loader_open(l, names[i], &why);

		printf("%-16s %s\n", names[i], m ? m->desc->summary : why);
	}
	return VERB_FINE;
}

static int show(struct loader *l, const char *name, enum man_format format)
{
	const char *why = NULL;
	const struct loaded *m = NULL;

	if (!slice_eq(slice_str(name), SLICE("core"))) {
		m = loader_open(l, name, &why);
		if (!m) {
			fprintf(stderr, "lcs: module \"%s\": %s\n", name, why);
			return VERB_WRONG;
		}
	}
	return man_write(m ? m->desc : NULL, format, stdout) == 0 ? VERB_FINE : VERB_WRONG;
}

static bool format_of(const char *word, enum man_format *out)
{
	static const struct { const char *word; enum man_format format; } words[] = {
		{ "--json", MAN_JSON }, { "--man", MAN_ROFF }, { "--markdown", MAN_MARKDOWN },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(slice_str(word), slice_str(words[i].word))) {
			*out = words[i].format;
			return true;
		}
	return false;
}

static int run_show(struct loader *l, int argc, char **argv)
{
	enum man_format format = MAN_TEXT;
	const char *name = NULL;

	for (int i = 0; i < argc; i++)
		if (argv[i][0] != '-' && !name)
			name = argv[i];
		else if (argv[i][0] != '-')
			return verb_misused("module", "show takes one name, and \"%s\" is another",
			    argv[i]);
		else if (!format_of(argv[i], &format))
			return verb_misused("module", "show has no option %s", argv[i]);
	return name ? show(l, name, format) : verb_misused("module", "show needs the name of a "
	    "module, or \"core\"; \"lcs module list\" shows which there are");
}

static int run(struct loader *l, int argc, char **argv)
{
	struct slice word = slice_str(argc ? argv[0] : "");

	if (slice_eq(word, SLICE("list")))
		return argc == 1 ? list_all(l) :
		    verb_misused("module", "list takes no words, and there is \"%s\"", argv[1]);
	if (slice_eq(word, SLICE("show")))
		return run_show(l, argc - 1, argv + 1);
	return word.len ? verb_misused("module", "module knows list and show, not \"%s\"", argv[0]) :
	    verb_misused("module", "module needs list, or show and a name");
}

int man_main(int argc, char **argv, const char *module_path)
{
	struct loader *l;
	int status;

	if (argc > 0 && verb_wants_help(argv[0]))
		return help();
	l = loader_new(module_path);
	if (!l) {
		fputs("lcs: memory is short\n", stderr);
		return VERB_WRONG;
	}
	status = run(l, argc, argv);
	loader_free(&l);
	return status;
}
