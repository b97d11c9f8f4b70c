/*
 * core/lcsctl/complete.c - words that were begun, and words that were misspelt.
 */
#include "core/lcsctl/lcsctl.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 63u
#define FAR      3u		/* more mistakes than two are another word */

/* ---- for a shell ---- */

static void offer(json_t *set, const char *p, size_t len, const char *begun)
{
	char word[WORD_MAX + 1];

	if (len > WORD_MAX || strncmp(p, begun, strlen(begun)) != 0)
		return;
	memcpy(word, p, len);
	word[len] = '\0';
	json_object_set_new(set, word, json_true());
}

static void offer_args(json_t *set, const json_t *method, const char *begun)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(json_object_get(method, "args"), i, arg) {
		const char *name = json_string_value(json_object_get(arg, "name"));
		char word[WORD_MAX + 1];
		int len = snprintf(word, sizeof(word), "--%s", name ? name : "");

		if (len > 2 && (size_t)len < sizeof(word))
			offer(set, word, (size_t)len, begun);
	}
}

void print_completions(const struct session *s, int count, char *const *words)
{
	const char *begun = count ? words[count - 1] : "", *rest, *word;
	int given = count ? count - 1 : 0, taken;
	json_t *set = json_object(), *value;
	const json_t *m;
	size_t i;

	if (given == 0)
		offer(set, "help", 4, begun);
	else if (strcmp(words[0], "help") == 0)
		words++, given--;
	json_array_foreach(s->methods, i, m) {
		rest = name_behind(text_of(m, "method"), given, words);
		if (rest && *rest)
			offer(set, rest, strcspn(rest, "."), begun);
		else if (name_taken(text_of(m, "method"), given, words))
			offer_args(set, m, begun);
	}
	/* "trace --user": the word between may be left out. */
	if (given > 0 && begun[0] == '-' && json_object_size(set) == 0) {
		m = find_method(s, given, words, &taken);
		if (m)
			offer_args(set, m, begun);
	}
	json_object_foreach(set, word, value)
		puts(word);
	json_decref(set);
}

/* ---- did you mean ---- */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Letters to be changed, put in or left out. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 2];
	size_t nb = strlen(b);

	if (nb > WORD_MAX)
		return WORD_MAX;
	for (size_t k = 0; k <= nb; k++)
		row[k] = (unsigned)k;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t k = 1; k <= nb; k++) {
			unsigned above = row[k];

			row[k] = least(above + 1, row[k - 1] + 1, diagonal + (a[i] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

static unsigned distance_to(const char *method, int count, char *const *words)
{
	char given[2 * WORD_MAX];
	unsigned parts = 1;

	for (const char *p = method; *p; p++)
		parts += *p == '.';
	snprintf(given, sizeof(given), "%.60s%s%.60s", words[0], parts > 1 && count > 1 ? " " : "",
	    parts > 1 && count > 1 ? words[1] : "");
	return distance(given, method_words(method));
}

static bool is_group(const struct session *s, char *const *words)
{
	const json_t *m;
	size_t i;

	json_array_foreach(s->methods, i, m)
		if (name_behind(text_of(m, "method"), 1, words))
			return true;
	return false;
}

const char *nearest_verb(const struct session *s, int count, char *const *words)
{
	bool in_group = is_group(s, words);	/* of "stats shwo" the second word is wrong */
	unsigned best = FAR;
	const char *found = NULL;
	const json_t *m;
	size_t i;

	json_array_foreach(s->methods, i, m) {
		const char *method = text_of(m, "method");
		unsigned n = distance_to(method, count, words);

		if (n < best && (!in_group || name_behind(method, 1, words))) {
			best = n;
			found = method;
		}
	}
	return found ? method_words(found) : NULL;
}

const char *nearest_in_group(const struct session *s, const char *group, const char *second)
{
	char *words[] = { (char *)(size_t)group };
	const json_t *m;
	size_t i;

	json_array_foreach(s->methods, i, m) {
		const char *rest = name_behind(text_of(m, "method"), 1, words);

		if (rest && *rest && distance(second, rest) < FAR)
			return text_of(m, "method");
	}
	return NULL;
}

const char *nearest_group(const struct session *s, const char *word)
{
	static char group[WORD_MAX + 1];
	const json_t *m;
	size_t i;

	json_array_foreach(s->methods, i, m) {
		const char *method = text_of(m, "method");

		snprintf(group, sizeof(group), "%.*s", (int)strcspn(method, "."), method);
		if (distance(word, group) < FAR)
			return group;
	}
	return NULL;
}
