/*
 * cfg/guest.h - files that begin with #!KAMAILIO: their ways as notes, not errors
 * (language 5).
 *
 * Where a rule of the language would refuse what Kamailio allows, the checker asks here
 * first. What is different is written into the tree as calls of functions that no native
 * script can name, so that everything behind the checker knows one language.
 */
#ifndef CFG_GUEST_H
#define CFG_GUEST_H

#include "cfg/builtin.h"
#include "cfg/check.h"
#include "cfg/guest_note.h"

/* ---- what lcs has instead (guest_names.c) ---- */

enum guest_what { GUEST_MODULE, GUEST_FUNCTION, GUEST_VARIABLE, GUEST_SETTING, GUEST_PARAM,
	GUEST_EVENT };

struct guest_name {
	const char *name;		/* "ds_*": whatever begins so, but for the rows above it;
					 * "tls.config": of one module */
	const char *lcs;		/* the nearest thing, or "nothing: why" */
	bool        is_covered;		/* nothing is lost: a note, not an error (a parameter:
					 * not a warning) */
};

/** What stands for a name of Kamailio's; NULL if that is not known. */
const struct guest_name *guest_find(enum guest_what what, struct slice name);

/** A native script may have a name from there, too: say beside the marks what stands for it.
 *  module: of a parameter; NULL otherwise. @return false if nothing is known of it */
bool guest_hint(struct load *ld, struct diag_item *item, enum guest_what what,
    const char *module, struct slice name);

/* ---- names (guest.c) ---- */

/** Functions that only the guest's tree can name. */
extern const struct builtin_table builtin_guest;
/** Modules that the script's calls need, loaded without having been named; async routes. */
void guest_prepare(struct load *ld);
bool guest_module(struct load *ld, const struct module_item *item);
bool guest_param(struct load *ld, const struct loaded_module *m, const struct setting_item *item);
bool guest_modparam(struct load *ld, const struct modparam_item *item, struct slice module);
bool guest_setting(struct load *ld, const struct setting_item *item, struct slice key);
/** "Server: name" as a value of server_header becomes "name". */
void guest_header(struct load *ld, struct slice key, struct expr *value);
/** A listener without a transport is one for UDP and one for TCP: the second follows it. */
void guest_listener(struct load *ld, struct listen_item *item);
/** A setting that both have by this name, and whose value is for Kamailio alone. */
bool guest_is_foreign(struct slice key);
/** A route for an event that no module of ours has: the import leaves it out as a whole. */
void guest_event(struct load *ld, const struct route_decl *r);
/** A value that lcs does not take is passed over. @return false */
bool guest_value(struct load *ld, struct slice subject, struct cfg_span at, struct slice range);
bool guest_function(struct check *c, const struct expr *e);
/** Kamailio's function is not needed here: the call is true. */
bool guest_skips(struct check *c, struct expr *e);
/** A function in a route of a kind where lcs does not have it: the call is true. */
bool guest_place(struct check *c, struct expr *e, const struct sym_func *f, enum route_kind kind);
bool guest_variable(struct check *c, struct expr *e);
/** A call whose number or kind of arguments lcs does not know: said once, false then. */
bool guest_arity(struct check *c, const struct sym_func *f, struct cfg_span at);
bool guest_arming(struct check *c, const struct sym_func *f, const struct expr *arg);

/* ---- types (guest_expr.c) ---- */

/** src_ip, method, myself: as a variable; false if the word is none of those. */
bool guest_word(struct check *c, struct expr *e);
/** Make true or false of any checked value, the way Kamailio does. */
void guest_condition(struct check *c, struct expr *e);
/** e is !x, x is checked: true if it was made to mean what it means there. */
bool guest_not(struct check *c, struct expr *e);
/** Before and after the operands of == and != are checked; true: done. */
bool guest_myself(struct check *c, struct expr *e);
bool guest_equal(struct check *c, struct expr *e);
/** Make numbers of checked values; b may be NULL. */
void guest_numbers(struct check *c, struct expr *a, struct expr *b);
/** Operands are checked; true: e was made to mean what it means there. */
bool guest_arithmetic(struct check *c, struct expr *e);
bool guest_case(struct check *c, const struct expr *of, struct expr *v);
/** Make a checked value fit where want is asked for; false: it does already, or cannot. */
bool guest_adapt(struct check *c, struct expr *e, struct type want);
/** "$x" inside of plain quotes: Kamailio's functions replace it. */
void guest_format(struct check *c, struct expr **arg, const struct sym_param_decl *p);
/** The same node, but nobody's neighbour: for what stands under another or a second time. */
struct expr *guest_copy(struct load *ld, const struct expr *e);
/** The value of an assignment or return: what a function says is 1 or -1 when it is kept. */
void guest_keep(struct check *c, struct expr *v);

/* ---- statements (guest_stmt.c) ---- */

void guest_assign(struct check *c, struct stmt *s);
/** return(n): 0 ends the script. Replaces the statement if it has to be decided. */
bool guest_return(struct check *c, struct stmt *s);
/** A break outside of switch and while ends the route there: it becomes a return. */
void guest_break(struct check *c, struct stmt *s);
void guest_routes(struct load *ld);
void guest_drop(struct check *c, const struct stmt *s);
void guest_while(struct check *c, const struct stmt *s);
void guest_fallthrough(struct check *c, const struct switch_case *k);

#endif
