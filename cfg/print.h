/*
 * cfg/print.h - a configuration as it is after imports and defines, as text again.
 *
 * Comments, layout and test blocks are gone; what is left means the same. Secrets are never shown:
 * what came from a file or credential, or goes into a secret parameter, is "(secret)".
 */
#ifndef CFG_PRINT_H
#define CFG_PRINT_H

#include "cfg/ast.h"
#include "utils/buf.h"
#include "utils/siphash.h"

struct print {
	struct buf         *out;
	const struct cfg   *cfg;	/* for which parameters are secret; may be NULL */
	bool                anonymous;	/* names, addresses and texts become hashes */
	struct siphash_key  key;	/* of those hashes */
	unsigned            depth;	/* of blocks */
};

/** A hash key out of a word, so that two outputs can be compared; empty: of chance. */
struct siphash_key print_key(struct slice word);

/** The whole configuration. Errors stay in out (buf.h). */
void print_cfg(struct print *p);

/* ---- parts of it ---- */
void print_expr(struct print *p, const struct expr *e);
/** The block of a route, from "{" to "}". */
void print_block(struct print *p, const struct stmt *body);
/** "route[X](a: str = \"\") -> int" */
void print_route_head(struct print *p, const struct route_decl *r);
/** The rows of a table, one line. */
void print_acl_rows(struct print *p, const struct acl_decl *d);
void print_map_rows(struct print *p, const struct map_decl *d);
/** The options of an app or module block: "{ a = 1; b = 2; }" on lines of their own. */
void print_options(struct print *p, const struct setting_item *first);
/** A value as the check understood it, as one would write it. */
void print_value(struct print *p, struct value v);

/* ---- for the printers alone ---- */
void print_text(struct print *p, struct slice s);	/* between double quotes */
void print_name(struct print *p, struct slice name);	/* of a route, acl, map, const, app */
void print_route_word(struct print *p, struct slice name);	/* with quotes if it needs them */
void print_hash(struct print *p, struct slice s);

#endif
