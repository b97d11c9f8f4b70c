/*
 * core/lcsctl/secret.c - a secret that is no word of the command line, where a process list shows it.
 */
#include "core/lcsctl/lcsctl.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Ctrl-C and the like must not leave a terminal behind that shows nothing. */
static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

static char *read_secret(const struct session *s, const char *what)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len = getline(&line, &room, stdin);

	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len > 0)
		return line;
	free(line);
	if (!caught)
		say_error(s, "no %s was given", what);
	return NULL;
}

static char *prompt_secret(const struct session *s, const char *text, const char *what)
{
	struct sigaction note = { .sa_handler = catch_signal }, before[SIGNALS];
	struct termios old, quiet;
	char *secret;

	caught = 0;
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &note, &before[i]);
	fputs(text, stderr);
	tcgetattr(STDIN_FILENO, &old);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	secret = read_secret(s, what);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	if (caught)
		raise(caught);
	return secret;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

char *ask_secret(const struct session *s, const char *what)
{
	char text[64], *first, *again;

	if (!isatty(STDIN_FILENO))
		return read_secret(s, what);
	snprintf(text, sizeof(text), "%s: ", what);
	first = prompt_secret(s, text, what);
	again = first ? prompt_secret(s, "once more: ", what) : NULL;
	if (first && again && strcmp(first, again) == 0) {
		forget(again);
		return first;
	}
	if (first && again)
		say_error(s, "they differ");
	forget(first);
	forget(again);
	return NULL;
}
