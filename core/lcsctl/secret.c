/*
 * core/lcsctl/secret.c - a secret that is no word of the command line, where a process list shows it.
 */
#include "core/lcsctl/lcsctl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Ctrl-C and the like must not leave a terminal behind that shows nothing. */
static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

struct habits { struct sigaction actions[SIGNALS]; sigset_t mask; };

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

/* They come in while wait_for_line() waits and at no other moment, or one could come just before it
 * and be seen a line late. Whoever began us with one ignored (nohup) wants it ignored. */
static void hold_signals(struct habits *before)
{
	struct sigaction note = { .sa_handler = catch_signal };
	sigset_t held;

	caught = 0;
	sigemptyset(&held);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&held, signals[i]);
	sigprocmask(SIG_BLOCK, &held, &before->mask);
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &before->actions[i]);
		if (before->actions[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &note, NULL);
	}
}

static void release_signals(const struct habits *before)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* A terminal has something to read when a line is complete. */
static void wait_for_line(const struct habits *before)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	while (ppoll(&terminal, 1, NULL, &before->mask) < 0 && errno == EINTR && !caught)
		;
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
	say_error(s, "no %s was given", what);
	return NULL;
}

static char *prompt_once(const struct session *s, const char *text, const char *what)
{
	struct termios old, quiet;
	struct habits before;
	char *secret;

	hold_signals(&before);
	tcgetattr(STDIN_FILENO, &old);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);	/* forgets what was typed before it asks */
	fputs(text, stderr);
	wait_for_line(&before);
	secret = caught ? NULL : read_secret(s, what);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	release_signals(&before);
	return secret;
}

/* Stopped with the terminal as it was; who comes back (fg) is asked anew. */
static char *prompt_secret(const struct session *s, const char *text, const char *what)
{
	char *secret;

	do {
		secret = prompt_once(s, text, what);
		if (caught)
			raise(caught);
	} while (caught == SIGTSTP);
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
