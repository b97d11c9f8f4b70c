/*
 * core/lcsctl/words.c - from words to a method and its arguments.
 */
#include "core/lcsctl/lcsctl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FOLLOW_NS 300000000		/* between two looks at what has come */

/* The declared argument that "name=value" or "--name" means; NULL if none. */
static const json_t *named_arg(const json_t *args, const char *word, size_t len)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(args, i, arg) {
		const char *name = text_of(arg, "name");
		size_t k = 0;

		while (k < len && name[k] && (word[k] == name[k] || (word[k] == '-' && name[k] == '_')))
			k++;
		if (k == len && !name[k])
			return arg;
	}
	return NULL;
}

/* Whoever takes a cursor can be asked for what comes. */
static bool can_follow(const json_t *m)
{
	return named_arg(json_object_get(m, "args"), "after", 5) != NULL;
}

/* ---- help ---- */

static bool is_secret(const json_t *arg)
{
	return strcmp(text_of(arg, "name"), "password") == 0;
}

static bool is_type(const json_t *arg, const char *type)
{
	return strcmp(text_of(arg, "type"), type) == 0;
}

static const char *usage_form(const json_t *arg)
{
	if (is_type(arg, "bool"))
		return " [--%s]";
	return json_is_true(json_object_get(arg, "required")) && !is_secret(arg) ? " %s" : " [%s]";
}

static void print_usage(FILE *to, const json_t *m)
{
	const json_t *arg;
	size_t i;

	fprintf(to, "  %s", method_words(text_of(m, "method")));
	json_array_foreach(json_object_get(m, "args"), i, arg)
		fprintf(to, usage_form(arg), text_of(arg, "name"));
	if (can_follow(m))
		fputs(" [--follow]", to);
	fprintf(to, "\n      %s\n", text_of(m, "text"));
}

static void print_args(const json_t *m)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(json_object_get(m, "args"), i, arg)
		printf("      %-14s %s (%s)\n", text_of(arg, "name"), text_of(arg, "text"),
		    text_of(arg, "type"));
}

static enum exit_code unknown(struct session *s, int count, char *const *words);

enum exit_code print_help(struct session *s, int count, char *const *words)
{
	json_t *list = json_array();
	const json_t *m;
	size_t i;
	unsigned shown = 0;

	json_array_foreach(s->methods, i, m) {
		if (!name_behind(text_of(m, "method"), count, words))
			continue;
		shown++;
		if (s->json) {
			json_array_append(list, (json_t *)(size_t)m);
			continue;
		}
		print_usage(stdout, m);
		if (count)
			print_args(m);
	}
	if (shown && s->json)
		print_result(list, true);
	json_decref(list);
	if (shown)
		return EXIT_DONE;
	return unknown(s, count, words);
}

/* ---- arguments ---- */

static enum exit_code bad_value(const struct session *s, const json_t *arg, const char *text)
{
	if (!is_type(arg, "bool") && !is_type(arg, "int"))	/* the text stays out of a terminal */
		say_error(s, "%s is not UTF-8", text_of(arg, "name"));
	else
		say_error(s, "%s is %s, not \"%s\"", text_of(arg, "name"),
		    is_type(arg, "bool") ? "yes or no" : "a number", text);
	return EXIT_USAGE;
}

static json_t *value_of(const json_t *arg, const char *text)
{
	char *end;

	if (is_type(arg, "int")) {
		long long n = strtoll(text, &end, 10);

		return *text && !*end ? json_integer(n) : NULL;
	}
	if (is_type(arg, "bool")) {
		/* "stats show tm all" says it by the argument's own name. */
		if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 ||
		    strcmp(text, text_of(arg, "name")) == 0)
			return json_true();
		return strcmp(text, "no") == 0 || strcmp(text, "false") == 0 ? json_false() : NULL;
	}
	return json_string(text);
}

static const json_t *next_unset(const json_t *args, const json_t *params)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(args, i, arg)
		if (!json_object_get(params, text_of(arg, "name")))
			return arg;
	return NULL;
}

/* What another lcsctl has printed fits through a pipe: "contacts import USER -". */
static json_t *piped_list(void)
{
	json_t *list = json_loadf(stdin, JSON_DECODE_ANY, NULL), *value;
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;

	value = text ? json_string(text) : NULL;
	free(text);
	json_decref(list);
	return value;
}

static enum exit_code set_arg(const struct session *s, json_t *params, const json_t *arg,
    const char *text)
{
	bool is_piped = strcmp(text_of(arg, "name"), "list") == 0 && strcmp(text, "-") == 0;
	json_t *value = is_piped ? piped_list() : value_of(arg, text);

	if (!value && is_piped) {
		say_error(s, "what came on standard input is no JSON");
		return EXIT_USAGE;
	}

	if (!value)
		return bad_value(s, arg, text);
	json_object_set_new(params, text_of(arg, "name"), value);
	return EXIT_DONE;
}

/* "password-stdin" says what "--password -" means. */
static const json_t *stdin_arg(const json_t *args, const char *word, size_t len)
{
	static const char end[] = "-stdin";
	size_t n = sizeof(end) - 1;

	return len > n && memcmp(word + len - n, end, n) == 0 ? named_arg(args, word, len - n) : NULL;
}

static enum exit_code bad_word(const struct session *s, const json_t *m, const char *word,
    bool is_named)
{
	const char *verb = method_words(text_of(m, "method"));

	if (is_named)
		say_error(s, "\"%s\" has no argument %.*s", verb, (int)strcspn(word, "="), word);
	else
		say_error(s, "\"%s\" is one word too many for \"%s\"", word, verb);
	print_usage(stderr, m);
	return EXIT_USAGE;
}

/* "--name=value", "--name value", "--name" of a bool, "--name-stdin". */
static enum exit_code take_option(const struct session *s, const json_t *m, json_t *params,
    int count, char *const *words, int *at)
{
	const json_t *args = json_object_get(m, "args");
	const char *word = words[*at] + 2, *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const json_t *arg = named_arg(args, word, len);

	if (arg && equals)
		return set_arg(s, params, arg, equals + 1);
	if (arg && is_type(arg, "bool"))
		return set_arg(s, params, arg, "yes");
	if (arg && *at + 1 < count)
		return set_arg(s, params, arg, words[++*at]);
	if (arg) {
		say_error(s, "%s needs a value: %s", words[*at], text_of(arg, "text"));
		return EXIT_USAGE;
	}
	arg = equals ? NULL : stdin_arg(args, word, len);
	return arg ? set_arg(s, params, arg, "-") : bad_word(s, m, words[*at], true);
}

/* One argument of the command line; *at may move on by a second word. */
static enum exit_code take_arg(const struct session *s, const json_t *m, json_t *params, int count,
    char *const *words, int *at)
{
	const json_t *args = json_object_get(m, "args"), *arg = NULL;
	const char *word = words[*at], *equals = strchr(word, '=');

	if (strncmp(word, "--", 2) == 0 && word[2])
		return take_option(s, m, params, count, words, at);
	if (equals)
		arg = named_arg(args, word, (size_t)(equals - word));
	if (arg)
		return set_arg(s, params, arg, equals + 1);
	arg = next_unset(args, params);
	return arg ? set_arg(s, params, arg, word) : bad_word(s, m, word, false);
}

/* What JSON cannot hold is refused: the "-" in its place would be the password. */
static enum exit_code take_secret(const struct session *s, json_t *params, const char *name)
{
	char *secret = ask_secret(s, name);
	json_t *value;

	if (!secret)
		return EXIT_USAGE;
	value = json_string(secret);
	explicit_bzero(secret, strlen(secret));
	free(secret);
	if (value && json_object_set_new(params, name, value) == 0)
		return EXIT_DONE;
	say_error(s, "%s is not UTF-8", name);
	return EXIT_USAGE;
}

/* Passwords are asked for when they are left out, or given as "-" (standard input). */
static enum exit_code ask_missing(const struct session *s, const json_t *m, json_t *params)
{
	const json_t *arg;
	size_t i;

	json_array_foreach(json_object_get(m, "args"), i, arg) {
		const char *name = text_of(arg, "name");
		const json_t *value = json_object_get(params, name);
		const char *given = json_string_value(value);
		bool is_asked = is_secret(arg) && (!value || (given && strcmp(given, "-") == 0));

		if (is_asked && !s->reads_lines) {
			enum exit_code code = take_secret(s, params, name);

			if (code != EXIT_DONE)
				return code;
		} else if (is_asked || (!value && json_is_true(json_object_get(arg, "required")))) {
			say_error(s, "%s is missing", name);
			print_usage(stderr, m);
			return EXIT_USAGE;
		}
	}
	return EXIT_DONE;
}

/* What is laid out by the server itself, and there is nothing of it. */
static bool is_empty(const json_t *result)
{
	const json_t *runs = json_object_get(result, "runs");

	return json_is_array(runs) && json_array_size(runs) == 0;
}

/* *cursor (may be NULL): where the next answer is to go on. */
static enum exit_code call_method(struct session *s, const json_t *m, json_t *params,
    json_t **cursor)
{
	json_t *result = NULL;
	enum exit_code code = session_call(s, text_of(m, "method"), params, &result);

	if (code == EXIT_DONE)
		print_result(result, s->json);
	if (is_empty(result) && !s->json && !cursor)
		puts("(none)");
	if (json_is_false(json_object_get(result, "ok")))
		code = EXIT_REFUSED;		/* it was looked at, and is not in order */
	if (code == EXIT_DONE && cursor)
		*cursor = json_incref(json_object_get(result, "cursor"));
	json_decref(result);
	return code;
}

/* Again and again from where the last answer ended, until somebody stops it. */
static enum exit_code follow_method(struct session *s, const json_t *m, json_t *params)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_NS };
	enum exit_code code;

	for (;;) {
		json_t *cursor = NULL;

		code = call_method(s, m, params, &cursor);
		if (code != EXIT_DONE || !cursor)
			return code;
		if (fflush(stdout) != 0) {	/* who reads along waits for it */
			json_decref(cursor);
			return code;
		}
		json_object_set_new(params, "after", cursor);
		nanosleep(&pause, NULL);
	}
}

static enum exit_code unknown(struct session *s, int count, char *const *words)
{
	const char *group = nearest_group(s, words[0]), *near = nearest_verb(s, count, words);
	char *group_word[] = { (char *)(size_t)(group ? group : words[0]) };
	const json_t *m;
	size_t i;

	if (!near && group && strcmp(group, words[0]) != 0)
		near = group;
	say_error(s, "the server knows no \"%s%s%s\"; %s%s%s", words[0], count > 1 ? " " : "",
	    count > 1 ? words[1] : "", near ? "did you mean \"" : group ? "\"lcsctl help\" lists "
	    "what it knows" : "\"lcsctl help\" lists what it knows: verbs come with the modules that "
	    "its configuration loads", near ? near : "", near ? "\"?" : "");
	json_array_foreach(s->methods, i, m)
		if (name_behind(text_of(m, "method"), 1, group_word))
			print_usage(stderr, m);
	return EXIT_USAGE;
}

/* "users add --help" asks as "help users add" does. */
static bool asks_help(int count, char *const *words)
{
	return strcmp(words[count - 1], "--help") == 0 || strcmp(words[count - 1], "-h") == 0;
}

enum exit_code run_words(struct session *s, int count, char *const *words)
{
	enum exit_code code = EXIT_DONE;
	bool follows = false;
	json_t *params;
	const json_t *m;
	int at;

	if (strcmp(words[0], "help") == 0)
		return print_help(s, count - 1, words + 1);
	if (count > 1 && asks_help(count, words))
		return print_help(s, count - 1, words);
	m = find_method(s, count, words, &at);
	if (!m)
		return unknown(s, count, words);
	params = json_object();
	for (; at < count && code == EXIT_DONE; at++) {
		if (can_follow(m) && strcmp(words[at], "--follow") == 0)
			follows = true;
		else
			code = take_arg(s, m, params, count, words, &at);
	}
	if (code == EXIT_DONE)
		code = ask_missing(s, m, params);
	if (code == EXIT_DONE)
		code = follows ? follow_method(s, m, params) : call_method(s, m, params, NULL);
	json_decref(params);
	return code;
}
