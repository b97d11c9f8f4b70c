/*
 * core/lcsctl/prompt.c - many lines: at a terminal with editing and completion, or from a file.
 */
#include "core/lcsctl/lcsctl.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- completion ---- */

static struct session *completing;	/* libedit's callbacks take the EditLine alone */

static unsigned print_matches(const char *begin, size_t len, char *rest, size_t room)
{
	unsigned hits = 0;
	json_t *m;
	size_t i;

	json_array_foreach(completing->methods, i, m) {
		const char *words = method_words(text_of(m, "method"));

		if (strncmp(words, begin, len) != 0)
			continue;
		if (hits == 0) {
			snprintf(rest, room, "%s ", words + len);
		} else {
			size_t same = 0;

			while (rest[same] && rest[same] == words[len + same])
				same++;
			rest[same] = '\0';
		}
		hits++;
	}
	return hits;
}

static unsigned char complete(EditLine *el, int ch)
{
	const LineInfo *line = el_line(el);
	char rest[128];

	(void)ch;
	if (!print_matches(line->buffer, (size_t)(line->cursor - line->buffer), rest, sizeof(rest)) ||
	    !rest[0])
		return CC_ERROR;
	return el_insertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

/* ---- the loop ---- */

static char *prompt(EditLine *el)
{
	static char text[] = "lcs> ";

	(void)el;
	return text;
}

static bool run_line(struct session *s, Tokenizer *tok, const char *line, enum exit_code *code)
{
	const char **words;
	int count;

	tok_reset(tok);
	if (tok_str(tok, line, &count, &words) != 0) {
		say_error(s, "a quote in this line is not closed, or it ends with a backslash");
		*code = EXIT_USAGE;
		return true;
	}
	if (count == 0)
		return true;
	if (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0)
		return false;
	*code = run_words(s, count, (char *const *)(size_t)words);
	return true;
}

/* A line that fails is named and the others are carried out; the exit status is the first failure's. */
enum exit_code run_lines(struct session *s)
{
	Tokenizer *tok = tok_init(NULL);
	enum exit_code first = EXIT_DONE;
	unsigned long number = 0;
	char *line = NULL;
	size_t room = 0;

	s->reads_lines = true;
	while (getline(&line, &room, stdin) > 0) {
		enum exit_code code = EXIT_DONE;

		number++;
		if (line[0] == '#')
			continue;
		if (!run_line(s, tok, line, &code))
			break;
		if (code != EXIT_DONE)
			fprintf(stderr, "lcsctl: that was line %lu\n", number);
		if (first == EXIT_DONE)
			first = code;
	}
	if (line)
		explicit_bzero(line, room);	/* it may hold a password */
	free(line);
	tok_end(tok);
	return first;
}

enum exit_code run_interactive(struct session *s)
{
	EditLine *el = el_init("lcsctl", stdin, stdout, stderr);
	History *past = history_init();
	Tokenizer *tok = tok_init(NULL);
	enum exit_code code;
	const char *line;
	HistEvent ev;
	int len;

	completing = s;
	history(past, &ev, H_SETSIZE, 500);
	el_set(el, EL_PROMPT, prompt);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, past);
	el_set(el, EL_ADDFN, "complete", "complete a verb", complete);
	el_set(el, EL_BIND, "^I", "complete", NULL);
	puts("\"help\" shows what can be asked, \"quit\" ends.");
	while ((line = el_gets(el, &len)) && len > 0) {
		history(past, &ev, H_ENTER, line);
		if (!run_line(s, tok, line, &code))
			break;
	}
	tok_end(tok);
	history_end(past);
	el_end(el);
	return EXIT_DONE;
}
