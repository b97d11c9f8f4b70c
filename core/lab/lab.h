/*
 * core/lab/lab.h - a script under test: what was given to it, what came of it.
 *
 * One process plays one test, so everything here may be global. All texts live in
 * lab.arena, which goes with the process.
 */
#ifndef CORE_LAB_LAB_H
#define CORE_LAB_LAB_H

#include "cfg/cfg.h"
#include "cfg/test.h"
#include "core/mod/server.h"
#include "core/sip/api.h"

#include <stdio.h>

#define LAB_TRACE_BYTES (2u << 20)	/* of the recorder: 65536 steps */

/* ---- what the command line says ---- */

enum lab_format { LAB_TAP, LAB_JUNIT, LAB_JSON };

struct lab_options {
	struct server_conf conf;
	enum lab_format    format;
	const char        *only;		/* -k: part of a test's name */
	const char        *lcov;		/* --coverage=lcov[:FILE]; NULL: none */
	bool               update, yes;
	unsigned           limit_s;		/* real seconds that one test may take */
};

int lab_test(int argc, char **argv);		/* test.c; exit status */
int lab_explain(int argc, char **argv);		/* explain.c */

/* ---- one test: what there is of it ---- */

struct lab_out {				/* a message that the server has sent */
	struct lab_out *next;
	struct sip_hop  hop;
	struct slice    bytes;
	struct sip_msg *msg;			/* NULL: it does not parse */
	bool            is_copy;		/* bytes that were sent before */
	bool            is_hop_ack;		/* for a refused INVITE (17.1.1.3): nobody relayed it */
	bool            is_seen;		/* an expectation was met by it */
	msec_t          at;
	uint32_t        step;			/* of the run: what was decided before it */
};

struct lab {
	struct arena     *arena;
	struct server    *server;
	const struct cfg *cfg;
	struct lab_out   *out, **out_end;
	const char       *failed;		/* why the test has failed; NULL: it has not */
	struct cfg_span   failed_at;
	const char       *better;		/* what the failed expectation could say instead */
};
extern struct lab lab;

/* ---- of all of it (lab.c) ---- */

/** The test has failed; only the first reason counts. */
void lab_fail(struct cfg_span at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** In lab.arena; ends the process when memory is short. */
char *lab_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- the server that a test has for itself (world.c) ---- */

/** Load with tests; what is wrong goes to standard error. Exit status, 0: lab.server is there. */
int  lab_load(const struct server_conf *conf);
/** Start it on made-up addresses. False with the reason in lab.failed. */
bool lab_start(void);
void lab_stop(void);

/* ---- asking the script (ask.c) ---- */

/** Value of an expression of a test, about a message or about nothing. */
struct value lab_ask(unsigned route, struct sip_msg *about);
/** Is an expression being looked at, and no message? */
bool lab_is_asking(void);

/* ---- what is given (given.c) ---- */

/** Put the message together and deliver it; false: the test has failed. */
bool lab_give(const struct cfg_test_given *given, struct cfg_span at, const char *file);
/** Path of a file that a script names: beside that script. */
struct slice lab_beside(struct cfg_span at, struct slice name);
/** The bytes of a file beside the one that names it; .p NULL with the reason in lab.failed. */
struct slice lab_read_file(struct cfg_span at, struct slice name);

/* ---- functions with another answer (mock.c) ---- */

/** From now on calls that it means are answered by it; the latest mock wins. */
void lab_mock(const struct cfg_test_mock *mock, struct cfg_span at);
/** How often the script has called it, mocked or not. */
unsigned lab_calls(struct slice function);
/** From now on the lab's host stands between machine and core. */
void lab_mock_begin(void);

/* ---- what is expected (expect.c) ---- */

/** The test has failed unless it is met. */
void lab_expect(const struct cfg_test_expect *expect, struct cfg_span at);
/** Has a 401 or 407 been sent that says how to prove who one is? */
bool lab_was_challenged(void);
/** Is there a final or provisional response, but 100, or a relayed request, that no expectation
 *  has used up? */
bool lab_has_replied(void);
bool lab_has_relayed(void);
/** The last message that the server has sent, or NULL. */
struct lab_out *lab_last_out(void);

/* ---- one test (play.c) ---- */

struct lab_result {				/* in memory that parent and child share */
	bool   is_done, has_failed;
	double ms;
	char   text[8192];			/* lines of a failure */
	char   better[512];			/* the statement that failed as it would be met; "": unknown */
	uint32_t line, column, end_line, end_column;	/* of that statement */
};
/** In a process of its own. file: of "given any", or NULL. */
void lab_play(const struct cfg_test *test, const char *file, struct lab_result *result);

#endif
