/*
 * cfg/load.h - what the steps of reading one configuration share.
 */
#ifndef CFG_LOAD_H
#define CFG_LOAD_H

#include "cfg/cfg.h"
#include "cfg/mem.h"
#include "cfg/source.h"

struct ast;
struct names;
struct macro;
struct guest_subst;
struct guest_edit;
struct profiles;

struct load {
	struct mem             mem;
	const struct cfg_host *host;
	struct diag           *diag;
	struct cfg            *cfg;
	struct ast            *ast;
	struct names          *names;
	struct dict            macros;		/* struct macro by name */
	struct macro          *first_macro;
	unsigned               sources, lines, calls;
	unsigned               syntax_errors;
	bool                   is_garbled;	/* a token was bad: what follows from it is not said */
	bool                   is_partial;	/* some of the text is not in the tree */
	bool                   gave_up;		/* after SYNTAX_ERRORS_MAX */
	bool                   is_guest;	/* written for Kamailio: see guest.h */
	struct guest_subst    *substs;
	struct guest_edit     *edits;		/* last one first */
	struct dict            guest_said;
	struct profiles       *profiles;	/* cfg/profile.h; NULL: none */
};

/**
 * What one reading has in common. It lives in the arena, like all that will come of it.
 *
 * @param host, diag  borrowed until the reading ends
 *
 * @return NULL if memory is short; else the caller marks mem.begin (cfg/mem.h) before it goes on
 */
struct load *load_new(const struct cfg_host *host, struct diag *diag, struct arena *arena);
/** Read the first file, and what it imports, into ld->ast; 0, or -EINVAL with what is wrong in
 *  the diag. Goes to mem.begin when memory is short. */
int load_parse(struct load *ld, struct cfg_source *source);

/** More than this many help nobody; errors of meaning are not limited. */
#define SYNTAX_ERRORS_MAX 20u

#define load_error(ld, code, at, ...) \
	diag_add((ld)->diag, DIAG_ERROR, (code), (at), __VA_ARGS__)
#define load_warning(ld, code, at, ...) \
	diag_add((ld)->diag, DIAG_WARNING, (code), (at), __VA_ARGS__)
#define load_note(ld, code, at, ...) \
	diag_add((ld)->diag, DIAG_NOTE, (code), (at), __VA_ARGS__)

/** An error of syntax: the same, and counted; the parser stops at the limit. */
struct diag_item *syntax_error(struct load *ld, unsigned code, struct cfg_span at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/**
 * Replace the ${...} forms of a text of settings (language 3.3).
 * @param tainted  set to true if a file or credential went into the result
 * @return false if something was wrong (said in the diag)
 */
bool env_expand(struct load *ld, struct slice text, struct cfg_span at, struct slice *out,
    bool *tainted);

#endif
