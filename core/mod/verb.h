/*
 * core/mod/verb.h - what the verbs of lcs have in common: exit statuses, words that are wrong, -A.
 */
#ifndef CORE_MOD_VERB_H
#define CORE_MOD_VERB_H

#include "cfg/cfg.h"

#define VERB_DEFINES_MAX 64u

enum verb_status {
	VERB_FINE,
	VERB_WRONG,			/* what was looked at has errors */
	VERB_WARNINGS,			/* --strict: it has warnings */
	VERB_UNREADABLE,		/* a file could not be read or written */
	VERB_USAGE = 64			/* the command line was wrong */
};

/** Is this word -h or --help? */
bool verb_wants_help(const char *word);
/** The command line is wrong, which getopt(3) has said: tell where it is told what it may be.
 *  verb: "fmt", or "" for lcs itself. VERB_USAGE. */
int  verb_hint(const char *verb);
/** The same, and say how it is wrong. */
int  verb_misused(const char *verb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The end of a program that prints: its exit status, or VERB_UNREADABLE, and that it is so,
 *  if standard output did not take all of it. */
int  verb_end(int status);

struct verb_defines { struct cfg_define list[VERB_DEFINES_MAX]; unsigned count; };
/** "NAME" or "NAME=TOKENS" behind -A: cut in two and kept by reference. False, which was said,
 *  if there are too many. */
bool verb_define(struct verb_defines *d, char *text);

#endif
