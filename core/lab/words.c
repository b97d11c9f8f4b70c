/*
 * core/lab/words.c - see words.h.
 */
#include "core/lab/words.h"

#include "core/mod/snapshot.h"

#include <stdlib.h>

#define LETTERS     "f:A:m:h"

/* The files of a configuration as a server has read them, in place of the disk's. */
static bool read_texts(struct server_conf *conf, const char *path)
{
	bool is_input = strcmp(path, "-") == 0;
	json_t *list = is_input ? json_loadf(stdin, 0, NULL) : json_load_file(path, 0, NULL);

	conf->texts = list ? snapshot_of_json(list) : NULL;
	json_decref(list);
	if (!conf->texts)
		fprintf(stderr, "lcs: --texts: there are no files of a configuration in %s\n", path);
	return conf->texts != NULL;
}

static struct verb_defines defines;	/* the server keeps a reference */

static bool read_one(const struct lab_words *w, struct server_conf *conf, int letter)
{
	switch (letter) {
	case 'f': conf->path = optarg; return true;
	case 'm': conf->module_path = optarg; return true;
	case 'A': return verb_define(&defines, optarg);
	case LAB_WORD_TEXTS: return read_texts(conf, optarg);
	default: return w->read(letter);
	}
}

/* getopt(3) begins what it says with the first word. */
static void name_verb(const struct lab_words *w, char **argv)
{
	static char name[32];

	snprintf(name, sizeof(name), "lcs %s", w->verb);
	argv[0] = name;
}

int lab_read_words(const struct lab_words *w, struct server_conf *conf, int argc, char **argv)
{
	char letters[32];
	int letter;

	snprintf(letters, sizeof(letters), LETTERS "%s", w->letters);
	name_verb(w, argv);
	while ((letter = getopt_long(argc, argv, letters, w->longs, NULL)) != -1) {
		if (letter == 'h') {
			fputs(w->help, stdout);
			return VERB_FINE + 1;
		}
		if (letter == '?')
			return verb_hint(w->verb) + 1;
		if (!read_one(w, conf, letter))
			return VERB_USAGE + 1;
	}
	conf->defines = defines.list;
	conf->define_count = defines.count;
	return 0;
}

int lab_choose(const char *option, const char *word, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (slice_eq(slice_str(word), slice_str(words[i])))
			return (int)i;
	fprintf(stderr, "lcs: %s is ", option);
	for (unsigned i = 0; i < count; i++)
		fprintf(stderr, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
	fprintf(stderr, ", not \"%s\"\n", word);
	return -1;
}
