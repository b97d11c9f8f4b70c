/*
 * core/lcsctl/lcsctl.h - what the files of lcsctl share.
 *
 * lcsctl knows no verbs of its own: rpc.describe tells it what the running
 * server can do, and words on the command line are matched to that.
 */
#ifndef CORE_LCSCTL_LCSCTL_H
#define CORE_LCSCTL_LCSCTL_H

#include <jansson.h>
#include <stdbool.h>

enum exit_code { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_NO_SERVER, EXIT_OUTPUT };

struct session {
	int         fd;			/* -1: not connected */
	const char *socket_path;
	int         timeout;		/* seconds for one answer */
	bool        json;		/* print for programs */
	bool        reads_lines;	/* standard input is lines of verbs, so no secret stands there */
	bool        completes;	/* the words are for a shell's completion */
	json_t     *methods;		/* rpc.describe */
};

/* ---- client.c ---- */
/** 0, or -1 with the reason on standard error. */
int  session_open(struct session *s);
void session_close(struct session *s);
/** One call: EXIT_DONE with *result (a new reference), or the code; errors are printed. */
enum exit_code session_call(struct session *s, const char *method, json_t *params, json_t **result);

/** With -o json a program gets the reason on standard output, as {"error": {"message": ...}};
 *  a person gets it on standard error. */
void say_error(const struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- methods.c ---- */
/** A text of an object from the server; "" if there is none. */
const char *text_of(const json_t *object, const char *key);
/** "users.add" as "users add"; static buffer. */
const char *method_words(const char *method);
/** The words of a method's name behind those given; NULL if they are not its first ones. */
const char *name_behind(const char *method, int count, char *const *words);
/** How many of the words are the method's name: all of it, or 0. */
int name_taken(const char *method, int count, char *const *words);
/** The method that words begin with, *taken of them; NULL if there is none. */
const json_t *find_method(const struct session *s, int count, char *const *words, int *taken);

/* ---- complete.c ---- */
/** For a shell: what the last word, begun, may become; one candidate a line. */
void print_completions(const struct session *s, int count, char *const *words);
/** The verb of the server that these words come nearest to; NULL if none is near. Static. */
const char *nearest_verb(const struct session *s, int count, char *const *words);
/** Of the verbs that begin with this word exactly, the one whose second word is near; else NULL. */
const char *nearest_in_group(const struct session *s, const char *group, const char *second);
/** A first word of verbs that is near to this one, or it itself; NULL. Static. */
const char *nearest_group(const struct session *s, const char *word);

/* ---- words.c ---- */
/** Carry out words: find the method, make its arguments, call it, print the answer. */
enum exit_code run_words(struct session *s, int count, char *const *words);
/** Methods whose words begin like these, as lines of help. */
enum exit_code print_help(struct session *s, int count, char *const *words);

/* ---- table.c ---- */
/** An array of objects as a table, an object as lines, anything else as JSON. */
void print_result(const json_t *result, bool as_json);
/** What came from a server, without what would steer the terminal; malloc'ed, NULL of NULL.
 *  lines: line ends and tabs stay. */
char *for_terminal(const char *text, bool lines);

/* ---- prompt.c ---- */
/** Lines at a terminal until its end: the last one's code. */
enum exit_code run_interactive(struct session *s);
/** Lines of standard input, one verb each; the first failure's code. "#" begins a comment line. */
enum exit_code run_lines(struct session *s);

/* ---- secret.c ---- */
/** A secret from the terminal without echo, twice; or one line of standard input if that is
 *  no terminal. NULL: none came, and that was said. The caller wipes and frees it. */
char *ask_secret(const struct session *s, const char *what);

#endif
