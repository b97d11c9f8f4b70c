/*
 * core/mod/man_main.c - lcs module list, lcs module show NAME.
 */
#include "core/mod/loader.h"
#include "core/mod/man.h"

#include <stdio.h>

static int usage(void)
{
	fputs("usage: lcs module list\n"
	    "       lcs module show NAME [--json|--man|--markdown]    (NAME \"core\": the core)\n",
	    stderr);
	return 3;
}

static int list_all(struct loader *l)
{
	const char *const *names = loader_names(l);

	for (unsigned i = 0; names[i]; i++) {
		const char *why;
		const struct loaded *m = loader_open(l, names[i], &why);

		printf("%-16s %s\n", names[i], m ? m->desc->summary : why);
	}
	return 0;
}

static int show(struct loader *l, const char *name, enum man_format format)
{
	const char *why = NULL;
	const struct loaded *m = NULL;

	if (!slice_eq(slice_str(name), SLICE("core"))) {
		m = loader_open(l, name, &why);
		if (!m) {
			fprintf(stderr, "lcs: module \"%s\": %s\n", name, why);
			return 1;
		}
	}
	return man_write(m ? m->desc : NULL, format, stdout) == 0 ? 0 : 1;
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

static int run(struct loader *l, int argc, char **argv)
{
	enum man_format format = MAN_TEXT;
	const char *name = NULL;

	if (argc >= 1 && slice_eq(slice_str(argv[0]), SLICE("list")))
		return list_all(l);
	if (argc < 2 || !slice_eq(slice_str(argv[0]), SLICE("show")))
		return usage();
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-' && !name)
			name = argv[i];
		else if (!format_of(argv[i], &format))
			return usage();
	return name ? show(l, name, format) : usage();
}

int man_main(int argc, char **argv, const char *module_path)
{
	struct loader *l = loader_new(module_path);
	int status;

	if (!l) {
		fputs("lcs: memory is short\n", stderr);
		return 1;
	}
	status = run(l, argc, argv);
	loader_free(&l);
	return status;
}
