/*
 * cfg/cfg.h - from the text of lcs.cfg to a checked program and its settings.
 *
 * The host (the core, lcs -c, the tests) hands in its symbols and opens modules;
 * cfg reads, checks and compiles. Nothing is global: several configurations may
 * be built at once.
 */
#ifndef CFG_CFG_H
#define CFG_CFG_H

#include "cfg/diag.h"
#include "cfg/sym.h"

struct program;				/* cfg/vm.h */
struct cfg_test;			/* cfg/test.h */

struct cfg_define { const char *name, *tokens; };	/* -A NAME[=tokens] */

struct cfg_text { const char *path; struct slice text; };	/* one file as it was read */

struct cfg_host {
	void *arg;
	/* Symbols that need no module. */
	const struct sym_module *core;
	/* The setting module_path, before the first module is opened; may be NULL. */
	void (*set_module_path)(void *arg, struct slice path);
	/* Open a module (name without ".so", '-' and '_' alike): its symbols, or NULL
	 * with the reason in *why (static text). Called once per name. */
	const struct sym_module *(*open_module)(void *arg, const char *name, const char **why);
	/* All names that exist, for suggestions; NULL-terminated. */
	const char *const *(*module_names)(void *arg);
	/* The module that exports a function / variable without its being loaded, or NULL. */
	const char *(*who_exports)(void *arg, const char *symbol, bool is_variable);
	const struct cfg_define *defines;
	unsigned                 define_count;
	const char              *include_dir;	/* second place for imports */
	const char              *profile_path;	/* directories of *.profile, separated by ':';
						 * NULL: profiles are not looked at */
	bool                     with_tests;	/* compile the test blocks too: cfg.test_list */
	unsigned                 test_consts;	/* the nth test's values of consts count; 0: none's */
	/* Read these files instead of the disk's: a configuration as it once was. What settings
	 * name (certificates, lists, ${file:}) still comes from the disk. NULL: the disk. */
	const struct cfg_text   *texts;
	unsigned                 text_count;
	/* Told of each file of the configuration as it was read; path and text are borrowed for
	 * the call. May be NULL; must not jump. */
	void (*on_read)(void *arg, const char *path, struct slice text);
	void                    *on_read_arg;
};

struct cfg_value_at {
	const struct sym_setting *decl;
	struct value              value;
	struct cfg_span           at;
	bool                      is_preset;
	bool                      is_secret;	/* declared so, or made of ${file:} or ${cred:} */
	bool                      has_failed;	/* wrong, and said so */
};

struct cfg_listener {
	struct cfg_span at;
	struct slice    proto;		/* "udp", "tcp", "tls" */
	struct slice    host;		/* address, name, interface or "*" */
	uint16_t        port;		/* 0: the transport's */
	struct slice    name;		/* label for $sck(name) */
	struct slice    advertise_host;
	uint16_t        advertise_port;
	const struct cfg_listener_opt { struct slice key; struct value value; struct cfg_span at; } *opts;
	unsigned        opt_count;
};

struct cfg_module {
	const struct sym_module   *sym;
	const char                *prefix;	/* loadmodule … as prefix; NULL */
	struct cfg_span            at;
	const struct cfg_value_at *params;	/* one per declared parameter, presets filled in;
						 * VALUE_LIST collects repetitions */
	unsigned                   param_count;
};

struct cfg_route { struct slice name; enum route_kind kind; unsigned id; struct cfg_span at; usec_t interval; };

struct cfg {				/* everything lives in its arena */
	struct arena              *arena;
	const struct cfg_value_at *settings;	/* one per declared core setting, in the order of host->core */
	unsigned                   setting_count;
	const struct cfg_listener *listeners;	unsigned listener_count;
	const struct slice        *aliases;	unsigned alias_count;
	const struct cfg_module   *modules;	unsigned module_count;	/* load order: needs first */
	const struct cfg_route    *routes;	unsigned route_count;
	struct program            *program;
	const char                *name;	/* of the file that was asked for */
	const struct ast          *ast;		/* checked: for those who show or walk it (cfg/ast.h) */
	unsigned                   files, lines, checked_calls, tests;
	const struct slice        *duties;	unsigned duty_count;	/* lines, for people */
	const struct cfg_test     *test_list;	/* cfg/test.h; NULL without with_tests */
};

/**
 * Read and check a configuration. Control thread; may block on files.
 * @param diag  receives everything that is wrong, all at once
 * @param out   set if there is no error; else NULL
 * @return 0, -EINVAL (see diag), -ENOENT / -EACCES (file; also in diag), -ENOMEM
 */
int  cfg_load(const char *path, const struct cfg_host *host, struct diag *diag, struct cfg **out);
/** The same from text in memory (tests, fuzzing); name stands for the file name. */
int  cfg_load_text(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct cfg **out);
void cfg_free(struct cfg **cfg);

/** Value of a core setting by name; asserts that it is declared. */
const struct value *cfg_setting(const struct cfg *cfg, const char *name);
/** id for vm_start, or -1. name empty: the one of that kind without a name. */
int  cfg_route_id(const struct cfg *cfg, enum route_kind kind, struct slice name);
/** Where a parameter was set, for diag_error() in a module's check(): the caller brackets
 *  the check with diag_set_module(d, m) and diag_set_module(d, NULL). */
void diag_set_module(struct diag *d, const struct cfg_module *m);
/** Whose names diag_own_names() tells; NULL when the check has ended. */
void diag_set_cfg(struct diag *d, const struct cfg *cfg);

/* The functions that belong to the language, for the manual. */
struct cfg_builtin {
	const char *sig;		/* "substr(s: str, offset: int, length: int = 0) -> str" */
	const char *trans;		/* as transformation: "s.substr"; NULL if it is none */
	const char *doc;
};
/** The nth, from 0; false behind the last. */
bool cfg_builtin(unsigned n, struct cfg_builtin *out);

/* The variables that belong to the language. */
struct cfg_own_var { const char *form, *facts, *doc; };	/* "$var(x)" */
bool cfg_own_var(unsigned n, struct cfg_own_var *out);
/** What a listen line says about `key`; NULL: nothing. */
const struct cfg_listener_opt *cfg_listener_opt(const struct cfg_listener *l, struct slice key);
/** Is that who comes to it: "clients", "peers"? */
bool cfg_listener_faces(const struct cfg_listener *l, struct slice who);
/** The options of a listener that belong to the language; NULL behind the last. */
const struct sym_setting *cfg_listen_option(unsigned n);

/** "lcs.cfg: ok - 4 files, 212 lines, …" */
struct slice cfg_summary(const struct cfg *cfg, struct arena *arena);
/** Listing of the bytecode with source lines. */
void cfg_dump_code(const struct cfg *cfg, void *file);

#endif
