/*
 * cfg/sym.h - what the script may name: functions, variables, parameters, settings, events.
 *
 * cfg knows nothing of the core: everything is handed in through these tables,
 * filled by the loader from module descriptors and by the core for built-ins.
 * impl pointers are opaque here; the VM passes them back to the host.
 */
#ifndef CFG_SYM_H
#define CFG_SYM_H

#include "cfg/value.h"

/* Route kinds as bits: where something may be used. */
enum route_kind {
	ROUTE_REQUEST, ROUTE_NAMED, ROUTE_BRANCH, ROUTE_FAILURE, ROUTE_REPLY, ROUTE_ONSEND,
	ROUTE_LOCAL, ROUTE_EVENT, ROUTE_TIMER, ROUTE_STARTUP, ROUTE_KINDS
};
#define IN_REQUEST  (1u << ROUTE_REQUEST)
#define IN_BRANCH   (1u << ROUTE_BRANCH)
#define IN_FAILURE  (1u << ROUTE_FAILURE)
#define IN_RESPONSE (1u << ROUTE_REPLY)
#define IN_ONSEND   (1u << ROUTE_ONSEND)
#define IN_LOCAL    (1u << ROUTE_LOCAL)
#define IN_EVENT    (1u << ROUTE_EVENT)
#define IN_TIMER    (1u << ROUTE_TIMER)
#define IN_STARTUP  (1u << ROUTE_STARTUP)
#define IN_ANY      (~0u)
#define IN_MESSAGE  (IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_RESPONSE | IN_ONSEND | IN_LOCAL)

/* Attributes of functions. */
#define FUNC_MAY_SUSPEND 0x01u		/* may wait: then a transaction absorbs copies */
#define FUNC_MAY_FAIL    0x02u		/* the world may fail: sets $err */
#define FUNC_MUST_CHECK  0x04u		/* ignoring the result is worth a warning */
#define FUNC_PURE        0x08u		/* same arguments, same result: may be folded */
#define FUNC_ENDS        0x10u		/* counts as an answer: replies, relays or drops (W0502) */
#define FUNC_RELAYS      0x20u		/* for E0504, E0506 */
#define FUNC_REPLIES     0x40u
#define FUNC_ARMS        0x80u		/* first argument names a route of arms_kind, which the
					 * checker has seen; "" takes the arming back */
#define FUNC_LOGS        0x200u		/* writes a log line: exit behind it is meant (W0502) */
#define FUNC_BEARS_COPIES 0x400u	/* may wait without one: to run it for a copy of the
					 * request, too, is harmless and answers the same */
#define FUNC_VARARGS     0x100u		/* the last parameter may be repeated */
#define FUNC_ASKS_METHOD 0x1000u	/* its one argument is "A|B": is the method one of them? */
#define FUNC_NO_ENDS     0x2000u	/* false means that it has dealt with the request, and */
#define FUNC_YES_ENDS    0x4000u	/* true means so: exit behind it loses nothing (W0502) */
#define FUNC_TOUCHES_WORLD 0x800u	/* asks something outside this server: lcs test wants it mocked */

struct sym_param_decl {			/* one parameter of a function, from its signature */
	const char     *name;
	enum value_type type;
	bool            nullable, is_fmt;	/* fmt: "..." interpolates here */
	bool            has_default;
	struct value    preset;
	bool            has_range;
	int64_t         min, max;
};

struct sym_func {
	const char            *name;	/* "t_relay" */
	const char            *module;	/* NULL: built in */
	const char            *sig;	/* as declared, for messages */
	struct sym_param_decl *params;
	unsigned               param_count, required;
	enum value_type        ret;
	bool                   ret_nullable;
	unsigned               where, flags;
	enum route_kind        arms_kind;	/* with FUNC_ARMS */
	const char            *doc;
	const void            *impl;	/* the host's */
	unsigned               mod_index;	/* the host's */
};

/* What stands in the parentheses of $name(…). */
enum var_arg { VAR_ARG_NONE, VAR_ARG_NAME, VAR_ARG_OPTIONAL, VAR_ARG_KEYED /* t=>key */ };

struct sym_var {
	const char     *name;		/* "rU" */
	const char     *module;
	enum value_type type;
	bool            nullable;
	enum var_arg    arg;
	bool            indexable;	/* $(name(x)[n]) */
	bool            counts;		/* incr() is one step of the host's; else get and set */
	unsigned        read, write;	/* route kinds; write 0: read only */
	const char     *doc;
	const void     *impl;
	unsigned        mod_index;
};

enum param_when { PARAM_NOW, PARAM_RELOAD, PARAM_RESTART };

/* A setting of the core or a parameter of a module. */
struct sym_setting {
	const char     *name;
	enum value_type type;		/* VALUE_LIST: may be given several times */
	const char     *preset;		/* as one would write it; NULL: must be set */
	int64_t         min, max;	/* ints and durations (in us); strings: length */
	const char     *legacy_unit;	/* unit of a bare number where Kamailio had one: "ms", "s" */
	enum param_when when;
	bool            secret;
	const char     *words;		/* "text|json": allowed words of an enumeration; NULL: any */
	const char     *doc;
	const char     *deprecated;	/* the new name, NULL: current */
	size_t          offset;		/* the host's: into the conf struct */
	bool            is_file;	/* names a file that must be readable (E0701) */
};

struct sym_event { const char *name, *module, *doc; };	/* "usrloc:contact-expired" */

struct sym_module {			/* what one module brings */
	const char               *name;
	const struct sym_func    *funcs;	unsigned func_count;
	const struct sym_var     *vars;		unsigned var_count;
	const struct sym_setting *params;	unsigned param_count;
	const struct sym_event   *events;	unsigned event_count;
	const char *const        *needs;	/* names, NULL at the end; NULL: none */
	const char *const        *conflicts;	/* the same: cannot be loaded beside it */
	const void               *impl;
	unsigned                  index;
	bool                      is_passive;	/* works by being loaded: no W0411 */
	/* Of the core: what may stand behind a listen besides name, advertise, as, virtual,
	 * anycast, tos, require_client_certificate and faces. */
	const struct sym_setting *listen_options;	unsigned listen_option_count;
};

/**
 * Parse a declared signature: "lookup(domain: str = \"location\") -> bool?",
 * parameter types bool int str fmt ip dur uri list any, "?" for nullable,
 * "= preset", "lo..hi" behind int for the range, "..." behind the last
 * parameter for repetition.
 * Params and name go into the arena. 0, -EINVAL (a defect of the module), -ENOMEM.
 */
int sym_func_parse(struct arena *arena, const char *sig, struct sym_func *out);

#endif
