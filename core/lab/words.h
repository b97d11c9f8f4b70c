/*
 * core/lab/words.h - reading the command lines of lcs test and lcs explain.
 */
#ifndef CORE_LAB_WORDS_H
#define CORE_LAB_WORDS_H

#include "core/lab/lab.h"
#include "core/mod/verb.h"

#include <getopt.h>

/* What both verbs know, for their tables of long options. */
#define LAB_WORDS \
	{ "file", required_argument, NULL, 'f' }, \
	{ "define", required_argument, NULL, 'A' }, \
	{ "modules", required_argument, NULL, 'm' }, \
	{ "texts", required_argument, NULL, LAB_WORD_TEXTS }, \
	{ "help", no_argument, NULL, 'h' }
enum { LAB_WORD_TEXTS = 200 };		/* a verb's own begin at 256 */

struct lab_words {
	const char          *verb;
	const char          *letters;	/* of the verb alone, as getopt(3) has them */
	const struct option *longs;
	bool               (*read)(int letter);	/* false: it is wrong, and that was said */
	const char          *help;
};

/** Read the options into conf and by w->read. 0 with the first other word at optind, or an exit
 *  status of the end + 1. */
int lab_read_words(const struct lab_words *w, struct server_conf *conf, int argc, char **argv);

/** Which of the words is it? -1 after telling which there are ("--format is tap or json, ..."). */
int lab_choose(const char *option, const char *word, const char *const *words, unsigned count);

#endif
