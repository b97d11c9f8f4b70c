/*
 * core/lab/words.c - see words.h.
 */
#include "core/lab/words.h"

#include "core/mod/snapshot.h"

#include <stdlib.h>

#define DEFINES_MAX 64u
#define LETTERS     "f:A:m:h"

static bool add_define(struct server_conf *conf, char *text)
{
	static struct cfg_define defines[DEFINES_MAX];
	char *tokens = strchr(text, '=');

	if (conf->define_count == DEFINES_MAX) {
		fprintf(stderr, "lcs: more than %u times -A\n", DEFINES_MAX);
		return false;
	}
	if (tokens)
		*tokens++ = '\0';
	defines[conf->define_count++] = (struct cfg_define){ text, tokens ? tokens : "" };
	conf->defines = defines;
	return true;
}

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

static bool read_one(const struct lab_words *w, struct server_conf *conf, int letter)
{
	switch (letter) {
	case 'f': conf->path = optarg; return true;
	case 'm': conf->module_path = optarg; return true;
	case 'A': return add_define(conf, optarg);
	case LAB_WORD_TEXTS: return read_texts(conf, optarg);
	default: return w->read(letter);
	}
}

int lab_read_words(const struct lab_words *w, struct server_conf *conf, int argc, char **argv)
{
	char letters[32];
	int letter;

	snprintf(letters, sizeof(letters), LETTERS "%s", w->letters);
	while ((letter = getopt_long(argc, argv, letters, w->longs, NULL)) != -1) {
		if (letter == 'h')
			return w->usage(stdout, 0) + 1;
		if (!read_one(w, conf, letter))
			return w->usage(stderr, LAB_EXIT_USAGE) + 1;
	}
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
