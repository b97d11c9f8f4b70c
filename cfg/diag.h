/*
 * cfg/diag.h - messages about a configuration, each with place, excerpt and advice.
 *
 * Shape and rules: the language description, "Error messages". All of a run
 * are collected; who reads them decides how to show them.
 */
#ifndef CFG_DIAG_H
#define CFG_DIAG_H

#include "utils/arena.h"

struct cfg_source;			/* one file as read, with its import chain */

struct cfg_span {			/* a range in a file; line and column from 1 */
	const struct cfg_source *source;
	uint32_t line, column, end_line, end_column;	/* end is exclusive */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag;				/* the collection */
struct diag_item;			/* one message, open for notes */

/** The caller's; NULL if memory is short. One thread at a time. */
struct diag *diag_new(void);
/** With all its messages; NULL is fine. */
void diag_free(struct diag **d);

/** code: 201 for E0201 / W0201. The text is copied. Returns the item for notes; never NULL. */
struct diag_item *diag_add(struct diag *d, enum diag_level level, unsigned code,
    struct cfg_span at, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** What stands beside the marks: "did you mean …". */
void diag_beside(struct diag_item *item, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** A "= …" line below the excerpt. */
void diag_help(struct diag_item *item, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** "(lcs.cfg:40)": another place that matters. */
void diag_see(struct diag_item *item, struct cfg_span also);
/** Replace the range by text: for programs (--format=json). */
void diag_fix(struct diag_item *item, struct cfg_span range, const char *text);

/** How many there are of that level. */
unsigned diag_errors(const struct diag *d);
unsigned diag_warnings(const struct diag *d);

/* ---- for a module's check(conf, diag): the place is known by parameter name ---- */
/** @return -EINVAL, so that check() can return it */
int diag_error(struct diag *d, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warning(struct diag *d, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** The same about what is in the file that the parameter names: E0701. */
int diag_file_error(struct diag *d, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_file_warning(struct diag *d, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** Names by which the server of this configuration is known: server_name, domains, what its
 *  listeners advertise. They live as long as the configuration. @return how many, 0 for none */
unsigned diag_own_names(const struct diag *d, struct slice *names, unsigned max);
/** Does a listener of this configuration face them: "clients", "peers"? */
bool diag_has_listener_facing(const struct diag *d, struct slice who);
/** Does this configuration load the module, where it is needed for some parameters only? */
bool diag_has_module(const struct diag *d, const char *name);

enum diag_format { DIAG_TEXT, DIAG_TEXT_COLOUR, DIAG_LOG /* text without notes */, DIAG_JSON };
/** All messages in file order to a stdio stream. */
void diag_print(const struct diag *d, enum diag_format format, void *file);
/** The same as text in an arena (control socket, log). */
struct slice diag_text(const struct diag *d, enum diag_format format, struct arena *arena);

/** Nearest of n names by edit distance, or NULL if none is near. */
const char *diag_nearest(struct slice word, const char *const *names, size_t n);
/** The same, but no more than one letter may be wrong. */
const char *diag_misspelt(struct slice word, const char *const *names, size_t n);

#endif
