/*
 * cfg/check.h - the rules of the language, in the order in which they are applied.
 *
 * Every rule says its own mistake and nothing that follows from it: what was wrong
 * gets the type "bad", and nothing is said about that again.
 */
#ifndef CFG_CHECK_H
#define CFG_CHECK_H

#include "cfg/ast.h"
#include "cfg/load.h"
#include "cfg/names.h"
#include "cfg/sym.h"

struct scope;
struct fact;

struct check {
	struct load             *ld;
	const struct route_decl *route;		/* NULL outside */
	unsigned                 contexts;	/* route kinds that this code may run under */
	struct scope            *scope;
	struct fact             *facts;		/* what tests before have shown not to be null */
	unsigned                 slots;		/* given out in this route */
	unsigned                 loops, switches;
	bool                     in_defer, in_test;
	const char              *only_constant;	/* "a parameter": nothing of a run may stand here */
	bool                     in_text;	/* inside f"..." or a format */
	bool                     may_be_format;	/* argument of nobody knows what */
	bool                     may_be_pattern;	/* a "\." in it may be meant for PCRE */
	bool                     null_is_asked;	/* inside ??, == null: reading unset is meant */
};

/* ---- in this order (check.c) ---- */
void check_modules(struct load *ld);		/* loadmodule, module: opens them */
void check_declarations(struct load *ld);	/* const, acl, map: names and values */
void check_settings(struct load *ld);		/* settings, parameters */
void check_listeners(struct load *ld);		/* listeners, aliases */
void check_routes(struct load *ld);		/* names of routes, events, intervals */
void check_graph(struct load *ld);		/* who calls whom, contexts, circles */
void check_bodies(struct load *ld);		/* names, calls, types in every route */
void check_flow(struct load *ld);		/* paths: answers, relays, what is unset */
void check_tests(struct load *ld);
/** Give the consts the values that the test of cfg_host.test_consts wants. */
void check_test_consts(struct load *ld);
void check_unused(struct load *ld);		/* routes, modules */
void check_profile_rules(struct load *ld);	/* profile = "..." (profile.c) */
/** All of them; of half a text not what needs the whole: ways without answer, what is unused. */
void check_all(struct load *ld);

/* ---- expressions (check_expr.c) ---- */
/** Sets type and konst of e and all below; says what is wrong once. */
void check_expr(struct check *c, struct expr *e);
/** e must be of a type: says so if not. what: "a condition", "the value of X" */
bool check_want(struct check *c, struct expr *e, struct type want, unsigned code,
    const char *what);
/** A backslash in a text that is no pattern and stands for itself is one too many, or one too few. */
void check_escapes(struct check *c, const struct text_part *parts, bool is_format,
    struct cfg_span at);
/** e stands where a truth is asked for. */
void check_condition(struct check *c, struct expr *e);
/** A function without a value stands where one is needed: says so and returns true. */
bool check_say_void(struct check *c, struct expr *e);
/** An expression whose value must be known at load; NULL after an error. */
const struct value *check_constant(struct load *ld, struct expr *e, const char *what);
/** A nullable expression where a plain value is needed: the two ways out. */
void check_say_nullable(struct check *c, struct expr *e);
/** Replace a literal text by a URI, an int text by … where to asks for one. */
void check_adapt(struct check *c, struct expr *e, struct type want);
/** A pattern that is known now must compile. */
void check_regex(struct check *c, struct expr *pattern);
void check_const(struct check *c, struct const_decl *d);

/* ---- operators (check_op.c): for check_expr(), as all up to the calls ---- */
/* Each sets the type of its e, "bad" after an error. */
void check_unary(struct check *c, struct expr *e);
void check_binary(struct check *c, struct expr *e);

/* ---- pseudo-variables (check_pv.c) ---- */
/** Read, and written: may it be, here, with what is in its parentheses? */
void check_pv(struct check *c, struct expr *e);
void check_pv_assign(struct check *c, struct expr *e);

/* ---- those of the language itself (check_own.c) ---- */
/** False: e is none of them. */
bool check_own(struct check *c, struct expr *e);
bool check_own_assign(struct check *c, struct expr *e);
void check_own_names(struct candidates *out);
/** What is in the variable's parentheses is wrong: "$x WHAT". e's type is bad then. */
void check_say_arg(struct check *c, struct expr *e, const char *what);
void check_say_read_only(struct check *c, struct expr *e);

/* ---- transformations and fields (check_trans.c) ---- */
/** x.field and $x{transformation}. */
void check_field(struct check *c, struct expr *e);
void check_trans(struct check *c, struct expr *e);

/* ---- calls (check_call.c) ---- */
/** f(...), and route(...). */
void check_call(struct check *c, struct expr *e);
void check_route_call(struct check *c, struct expr *e);

/* ---- which function is meant (check_func.c) ---- */
/** The function that a call means, as far as the symbols say. */
const struct func_entry *check_find_func(struct check *c, const struct expr *e, bool say);
/** Beside an error about a name: the module that has it. */
void check_say_unloaded(struct diag_item *item, const char *module);

/* ---- arguments (check_args.c) ---- */
/** Put arguments into the order of the parameters; false after an error. */
bool check_arrange(struct check *c, const struct sym_func *f, struct expr *args,
    struct expr ***argv, unsigned *argc, struct cfg_span at);
/** An argument against parameter i; a text for a format is taken apart, so *arg may change. */
void check_param(struct check *c, const struct sym_func *f, unsigned i, struct expr **arg);
/** The same for all that check_arrange() has placed. */
void check_args(struct check *c, const struct sym_func *f, struct expr **argv, unsigned argc);

/* ---- kinds of route (check_place.c) ---- */
/** May the function that e calls stand, and wait, in every route that runs this code? */
void check_place(struct check *c, struct expr *e, const struct sym_func *f);
/** The same of a variable. doing: "read", "written" */
void check_where(struct check *c, struct expr *e, unsigned where, const char *doing);

/* ---- test blocks (check_test.c) ---- */
/** Functions that only tests have: true if e calls one. */
bool check_test_call(struct check *c, struct expr *e);

/* ---- scopes and facts (check_scope.c) ---- */
/** A block of its own begins, and ends: its variables go. */
void scope_open(struct check *c);
void scope_close(struct check *c);
/** Gives it a slot; warns if it hides another one. */
void scope_add(struct check *c, struct decl *d);
/** From the innermost block outwards; NULL: none is visible. */
struct decl *scope_find(const struct check *c, struct slice name);
/** All that are visible, for "did you mean". */
void scope_candidates(const struct check *c, struct candidates *out);
/** A variable as it is looked at: two uses with one key mean the same value as long as nobody
 * writes it. Empty if that cannot be told. */
struct slice fact_key(struct check *c, const struct expr *pv);
void fact_add(struct check *c, struct slice key);
void fact_remove(struct check *c, struct slice key);
bool fact_holds(const struct check *c, struct slice key);
/** Add what is known when cond turned out to be value. */
void facts_of_condition(struct check *c, const struct expr *cond, bool value);
struct fact *facts_mark(const struct check *c);
/** Forget what came after mark. */
void facts_restore(struct check *c, struct fact *mark);
/** The same, but what was lost since then stays lost. */
void facts_merge(struct check *c, struct fact *mark);

/* ---- statements (check_stmt.c) ---- */
/** All statements of a route, each in the order of the text. */
void check_body(struct check *c, struct stmt *body);

/* ---- constants (fold.c) ---- */
/** Set e->konst if its value is known now. Operands are checked and folded. */
void fold_expr(struct check *c, struct expr *e);
/** v is the value of e, whose type fits. */
void fold_set(struct load *ld, struct expr *e, struct value v);

/* ---- walking a tree (walk.c) ---- */
struct walk {
	void (*expr)(struct walk *w, struct expr *e);	/* before what is below it */
	void (*stmt)(struct walk *w, struct stmt *s);
	void *arg;
};
/** e and all below; s, those behind it and all below. Order: as written. */
void walk_expr(struct walk *w, struct expr *e);
void walk_stmts(struct walk *w, struct stmt *first);

/* ---- tables (check_table.c) ---- */
/** Make what a run looks things up in, and say what stands twice or is covered by other entries. */
void table_acls(struct load *ld);
void table_maps(struct load *ld);

/* ---- ${...} (env.c) ---- */
/** Expand it in every text between double quotes. */
void env_settle(struct load *ld, struct expr *e);

/* ---- settings and parameters (conf.c) ---- */
/** The declaration of that name; NULL if there is none. */
const struct sym_setting *setting_find(const struct sym_setting *list, unsigned count,
    struct slice name);
/** Is it one of the words that the value may be? */
bool setting_has_word(const struct sym_setting *decl, struct slice s);

/* ---- words of an enumeration, values of settings (convert.c) ---- */
/**
 * A value for a declared setting or parameter.
 * @return false after an error
 */
bool convert_setting(struct load *ld, const struct sym_setting *decl, const char *owner,
    struct setting_item *item, struct value *out);
/** A preset, "as one would write it". */
struct value convert_preset(struct load *ld, const struct sym_setting *decl);
/** "1ms .. 10m, default 30s": what may be written. */
struct slice convert_range_text(struct load *ld, const struct sym_setting *decl);

#endif
