/*
 * core/lab/main.c - the program lcs-lab: what lcs does with a script without a server.
 *
 * It is started by lcs (lcs test, lcs explain) with that command's own arguments.
 */
#include "core/lab/lab.h"
#include "core/mod/verb.h"

#include <stdlib.h>

static const struct { const char *name; int (*run)(int argc, char **argv); } verbs[] = {
	{ "test", lab_test }, { "explain", lab_explain },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_eq(slice_str(argv[1]), slice_str(verbs[i].name)))
			return verb_end(verbs[i].run(argc - 1, argv + 1));
	fputs("lcs-lab: started by lcs test and lcs explain\n", stderr);
	return VERB_USAGE;
}
