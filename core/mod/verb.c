/*
 * core/mod/verb.c - see verb.h.
 */
#include "core/mod/verb.h"

#include "utils/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

bool verb_wants_help(const char *word)
{
	return slice_eq(slice_str(word), SLICE("-h")) || slice_eq(slice_str(word), SLICE("--help"));
}

int verb_hint(const char *verb)
{
	fprintf(stderr, "lcs: \"lcs %s%s--help\" shows what can be said\n", verb, *verb ? " " : "");
	return VERB_USAGE;
}

int verb_misused(const char *verb, const char *fmt, ...)
{
	va_list ap;

	fputs("lcs: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return verb_hint(verb);
}

/* "lcs fmt a > b && mv b a" must not end with an empty file. */
int verb_end(int status)
{
	bool failed = ferror(stdout);

	if (fflush(stdout) == 0 && !failed)
		return status;
	fprintf(stderr, "lcs: the output could not be written%s%s\n", failed ? "" : ": ",
	    failed ? "" : err_text(-errno));
	return VERB_UNREADABLE;
}

bool verb_define(struct verb_defines *d, char *text)
{
	char *tokens = strchr(text, '=');

	if (d->count == VERB_DEFINES_MAX) {
		fprintf(stderr, "lcs: more than %u times -A\n", VERB_DEFINES_MAX);
		return false;
	}
	if (tokens)
		*tokens++ = '\0';
	d->list[d->count++] = (struct cfg_define){ text, tokens ? tokens : "" };
	return true;
}
