/*
 * core/mod/ask.h - what lcs -c answers about a configuration that has passed its check.
 */
#ifndef CORE_MOD_ASK_H
#define CORE_MOD_ASK_H

#include "core/mod/server.h"

struct ask {
	bool        dump, anonymous, code, calls, calls_dot, modules;
	const char *key;		/* of the hashes of anonymous; NULL: of chance */
	const char *diff;		/* another file; NULL: none */
};

/** The word behind an option: "calls", "dot" and so on; false if it knows none such. */
bool ask_calls_form(struct ask *a, const char *form);
/** Is anything asked? Then the line that says "ok" is left out. */
bool ask_is_asked(const struct ask *a);
/**
 * Write the answers to a stdio stream.
 * @param conf  as the configuration was loaded; the other one of diff is loaded alike
 * @param diag  receives what is wrong with the other one
 * @return 0, or what server_load() said about the other one
 */
int ask_answer(const struct ask *a, struct server *server, const struct server_conf *conf,
    struct diag *diag, void *file);

#endif
