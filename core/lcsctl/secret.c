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

/* They come in while wait_for_typing() waits and at no other moment, or one could come just before it
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

/* Not always a whole line: Ctrl-D sends what is there. false: a signal came. */
static bool wait_for_typing(const struct habits *before)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!caught && ppoll(&terminal, 1, NULL, &before->mask) < 0 && errno == EINTR)
		;
	return !caught;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* The line without its end, if there is anything in it. Takes it. */
static char *take_line(const struct session *s, char *line, ssize_t len, const char *what)
{
	if (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len > 0)
		return line;
	free(line);
	say_error(s, "no %s was given", what);
	return NULL;
}

static char *read_secret(const struct session *s, const char *what)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len = getline(&line, &room, stdin);

	return take_line(s, line, len, what);
}

#define TYPED_MAX 4096u			/* a terminal's lines are no longer */

/* NULL, too, if a signal came; nothing is said then. */
static char *read_typed(const struct session *s, const struct habits *before, const char *what)
{
	char *line = calloc(1, TYPED_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	while (line && n > 0 && len < TYPED_MAX && (len == 0 || line[len - 1] != '\n') &&
	    wait_for_typing(before)) {
		n = read(STDIN_FILENO, line + len, TYPED_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (line && !caught)
		return take_line(s, line, (ssize_t)len, what);
	forget(line);
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
	secret = read_typed(s, &before, what);
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
