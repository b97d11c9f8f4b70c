/*
 * core/lcsctl/methods.c - names of methods as words: "users.add" is "users add".
 */
#include "core/lcsctl/lcsctl.h"

#include <stdio.h>
#include <string.h>

const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

const char *method_words(const char *method)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s", method);
	for (char *p = text; *p; p++)
		if (*p == '.')
			*p = ' ';
	return text;
}

static bool is_word(const char *word, const char *p, size_t len)
{
	return strlen(word) == len && memcmp(word, p, len) == 0;
}

const char *name_behind(const char *method, int count, char *const *words)
{
	for (int i = 0; i < count; i++) {
		size_t len = strcspn(method, ".");

		if (len == 0 || !is_word(words[i], method, len))
			return NULL;
		method += len + (method[len] == '.');
	}
	return method;
}

int name_taken(const char *method, int count, char *const *words)
{
	for (int n = 1; n <= count; n++) {
		const char *rest = name_behind(method, n, words);

		if (!rest)
			return 0;
		if (!*rest)
			return n;
	}
	return 0;
}

/* "stats" alone means "stats show", "connections" means "connections list". */
static bool is_implied(const char *method, const char *word)
{
	size_t len = strcspn(method, ".");

	return is_word(word, method, len) &&
	    (strcmp(method + len, ".list") == 0 || strcmp(method + len, ".show") == 0);
}

/* As verbs are written, and no address. */
static bool is_like_verb(const char *word)
{
	return strspn(word, "abcdefghijklmnopqrstuvwxyz-") == strlen(word);
}

/* Of a list that may be had without: "users list frobnicate" says that it is meant. */
static bool is_list_of_all(const json_t *method)
{
	const char *name = strchr(text_of(method, "method"), '.');
	const json_t *arg = json_array_get(json_object_get(method, "args"), 0);

	return name && strcmp(name, ".list") == 0 && !json_is_true(json_object_get(arg, "required"));
}

/* "users frobnicate" is a mistake, "endpoints alice@example.com" has an argument of the list. */
static bool may_be_argument(const struct session *s, const json_t *implied, int count,
    char *const *words)
{
	if (count == 1 || strchr(words[1], '=') || words[1][0] == '-')
		return true;
	if (is_list_of_all(implied) && is_like_verb(words[1]))
		return false;
	return json_array_size(json_object_get(implied, "args")) > 0 &&
	    !nearest_in_group(s, words[0], words[1]);
}

const json_t *find_method(const struct session *s, int count, char *const *words, int *taken)
{
	const json_t *best = NULL, *implied = NULL, *m;
	size_t i;

	*taken = 0;
	json_array_foreach(s->methods, i, m) {
		int n = name_taken(text_of(m, "method"), count, words);

		if (n > *taken) {
			*taken = n;
			best = m;
		}
		if (!implied && is_implied(text_of(m, "method"), words[0]))
			implied = m;
	}
	if (best || !implied || !may_be_argument(s, implied, count, words))
		return best;
	*taken = 1;
	return implied;
}
