/*
 * cfg/test.h - the tests of a script, compiled: what each does, step by step.
 *
 * Only a load with cfg_host.with_tests has them. Expressions are routes of the program
 * that return their value.
 */
#ifndef CFG_TEST_H
#define CFG_TEST_H

#include "cfg/diag.h"
#include "cfg/sym.h"

enum test_kind { TEST_GIVEN, TEST_MOCK, TEST_CONST, TEST_ADVANCE, TEST_CALL, TEST_EXPECT };
enum expect_kind { EXPECT_REPLY, EXPECT_RELAYED, EXPECT_NOT_RELAYED, EXPECT_LOG, EXPECT_EXPR };
enum given_source { GIVEN_TEXT, GIVEN_FILE, GIVEN_ANY };

struct cfg_test_header { struct slice name; unsigned value; };	/* value: a route */

struct cfg_test_given {
	bool              is_reply;
	enum given_source source;
	struct slice      text;		/* "METHOD uri", "486 Busy Here", a file, a folder */
	const struct ip_net *from;	/* NULL: not said */
	uint16_t          port;		/* 0: not said */
	struct slice      transport, listener;	/* empty: not said */
	const struct cfg_test_header *headers;	unsigned header_count;
};

struct cfg_test_mock {
	const struct sym_func *func;
	const unsigned        *args;	unsigned argc;	/* routes; those that are given must match */
	int                    value;	/* a route; -1: null */
	struct slice           error;	/* word for $err; empty: none */
	bool                   is_suspended;
	bool                   has_literal;	/* lcs explain --mock: the value itself */
	struct value           literal;
};

struct cfg_test_expect {
	enum expect_kind kind;
	unsigned         status;
	struct slice     text;		/* empty: none was given */
	bool             has_text;
	int              value;		/* a route */
};

struct cfg_test_step {
	enum test_kind  kind;
	struct cfg_span at;
	union {
		struct cfg_test_given  given;
		struct cfg_test_mock   mock;
		usec_t                 advance;
		unsigned               call;	/* a route */
		struct cfg_test_expect expect;
	};
};

struct cfg_test {
	struct slice                name;
	struct cfg_span             at;
	const struct cfg_test_step *steps;	unsigned step_count;
	bool                        has_consts;	/* needs a load of its own: cfg_host.test_consts */
};

/* What only tests can ask. The program calls these like functions of the host, which knows
 * them by their place in this table. */
enum test_func {
	TEST_REPLIED, TEST_RELAYED, TEST_CHALLENGED, TEST_ARCHIVED, TEST_CALLS, TEST_COVERAGE,
	TEST_APP_STATE, TEST_SET_TIME, TEST_FUNCS
};
extern const struct sym_func cfg_test_funcs[TEST_FUNCS];

#endif
