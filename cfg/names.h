/*
 * cfg/names.h - every name a configuration may use, and the nearest one to a wrong name.
 */
#ifndef CFG_NAMES_H
#define CFG_NAMES_H

#include "cfg/ast.h"
#include "cfg/builtin.h"
#include "cfg/load.h"

struct loaded_module {
	struct loaded_module      *next;
	const struct sym_module   *sym;
	const struct module_item  *item;	/* NULL: the core */
	struct slice               key;		/* name with '_' for '-' */
	struct slice               prefix;
	struct cfg_value_at       *params;
	bool                       is_used;
	bool                       is_listed;	/* in load order already */
};

struct func_entry {			/* one exporter of a function's name */
	struct func_entry     *next;
	const struct sym_func *func;
	struct loaded_module  *module;
};

struct var_entry {
	const struct sym_var  *var;
	struct loaded_module  *module;
};

struct builtin_entry {
	const struct builtin *def;
	struct sym_func       func;	/* its signature, read */
};

struct names {
	struct dict           modules;		/* struct loaded_module by key */
	struct loaded_module *first_module, *core;
	unsigned              module_count;
	bool                  is_incomplete;	/* a module could not be opened: what it would
						 * have brought nobody knows */
	struct dict           funcs, vars, events;
	struct dict           builtins;		/* struct builtin_entry by function name */
	struct dict           transformations;	/* the same by "s.len" */
	struct dict           routes[ROUTE_KINDS];
	struct dict           consts, acls, maps;
	struct dict           slots;		/* $var(x): number + 1 */
	const struct slice   *slot_names;
	unsigned              slot_count, slot_room;
};

/** Tables of the language and of the core; modules come with names_add_module(). */
void names_init(struct load *ld);
struct loaded_module *names_add_module(struct load *ld, const struct sym_module *sym,
    const struct module_item *item, struct slice key);
/** "static-route.so" and "a/static_route" alike: "static_route". */
struct slice names_module_key(struct load *ld, struct slice written);
struct loaded_module *names_module(struct load *ld, struct slice written);
/** Does the script load a module of this name, whether that worked or not? */
bool names_was_asked_for(struct load *ld, const char *name);
/** The number of $var(name), given out on first use. */
unsigned names_slot(struct load *ld, struct slice name);

/* A list of candidates for "did you mean". */
struct candidates {
	struct load *ld;
	const char **names;
	unsigned     count, room;
};
void candidates_add(struct candidates *c, struct slice name);
void candidates_add_dict(struct candidates *c, const struct dict *d);
/** Say the nearest one beside the marks and offer it as replacement of range. */
const char *candidates_say(struct candidates *c, struct slice word, struct diag_item *item,
    struct cfg_span range, const char *before, const char *after);

#endif
