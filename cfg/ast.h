/*
 * cfg/ast.h - the tree of a configuration, as parsed and as the checker completes it.
 *
 * Everything lives in the arena of the load. The parser fills in what stands in
 * the text; fields under "checked" are the checker's. Nothing else changes them,
 * so that other readers (emit, a tree interpreter, a formatter) see one truth.
 */
#ifndef CFG_AST_H
#define CFG_AST_H

#include "cfg/cfg.h"
#include "cfg/test.h"
#include "cfg/token.h"
#include "cfg/type.h"

/* ---- expressions ---- */

enum expr_kind {
	EXPR_LITERAL,			/* number, text, address, duration, bool, null */
	EXPR_TEXT,			/* f"...": pieces put together */
	EXPR_NAME,			/* variable of the script, const, acl, map */
	EXPR_PV,			/* $name(arg)[index] */
	EXPR_FIELD,			/* of.name, of.name(args) */
	EXPR_TRANS,			/* of{class.op,args} */
	EXPR_INDEX,			/* of[index] */
	EXPR_CALL,			/* name(args), prefix.name(args) */
	EXPR_ROUTE,			/* route(NAME, args) */
	EXPR_UNARY,
	EXPR_BINARY,
	EXPR_LIST,			/* [a, b] */
	EXPR_BAD			/* was said to be wrong */
};

enum expr_op {
	OP_NONE,
	OP_OR, OP_AND, OP_NOT,
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH, OP_NOMATCH, OP_IN,
	OP_COALESCE,
	OP_BITOR, OP_BITXOR, OP_BITAND, OP_SHL, OP_SHR,
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
	OP_NEG, OP_BITNOT
};

/* A text as it stands in a file: needed again where "$x" is looked for inside. */
struct text_part {
	struct text_part *next;
	struct token      token;
};

struct decl;
struct const_decl;
struct acl_decl;
struct map_decl;
struct route_decl;
struct builtin;

enum pv_what {				/* who answers for a pseudo-variable */
	PV_UNKNOWN,
	PV_HOST,			/* sym */
	PV_VAR,				/* $var(x): slot */
	PV_RC, PV_ERR,
	PV_RE,				/* $re(n): slot is n */
	PV_CONST			/* $null, $cfg(...), $env(...): konst is set */
};

struct pv {
	struct slice          name;
	struct cfg_span       name_at;
	struct expr          *arg;	/* what is in the parentheses; NULL: no parentheses */
	enum { PV_INDEX_NONE, PV_INDEX_ONE, PV_INDEX_ALL } index_kind;
	struct expr          *index;
	/* checked */
	enum pv_what          what;
	const struct sym_var *sym;
	unsigned              slot;
};

struct expr {
	enum expr_kind      kind;
	unsigned            depth;	/* of the tree below: none deeper than EXPR_DEPTH_MAX */
	struct cfg_span     at;
	struct expr        *next;	/* in a list of arguments or items */
	struct slice        label;	/* name=expr in a call */
	struct cfg_span     label_at;
	struct slice        raw;	/* of a $variable with all behind it: as written */
	union {
		struct {
			struct value      value;
			struct text_part *parts;	/* of a text */
			bool              is_expanded;	/* had a ${...} */
			bool              is_word;	/* stood without quotes */
			bool              is_size;	/* 4k, 2G */
		} literal;
		struct { struct expr *pieces; struct text_part *parts; } text;	/* parts: as written */
		struct {
			struct slice             name;
			/* checked: one of these */
			const struct decl       *local;
			const struct const_decl *constant;
			const struct acl_decl   *acl;
			const struct map_decl   *map;
		} name;
		struct pv *pv;
		struct {			/* EXPR_FIELD, EXPR_TRANS */
			struct expr          *of;
			struct slice          name;
			struct cfg_span       name_at;
			struct expr          *args;
			bool                  has_args;
			const struct builtin *builtin;	/* checked */
			struct expr         **argv;
			unsigned              argc;
		} field;
		struct { struct expr *of, *index; } index;
		struct {
			struct slice           prefix, name;
			struct cfg_span        name_at;
			struct expr           *args;
			/* checked */
			const struct sym_func *func;	/* one of the host's, or */
			const struct builtin  *builtin;
			struct expr          **argv;	/* in the order of the parameters */
			unsigned               argc;
		} call;
		struct {
			struct slice             name;
			struct cfg_span          name_at;
			struct expr             *args;
			const struct route_decl *route;	/* checked */
			struct expr            **argv;
			unsigned                 argc;
		} route;
		struct { enum expr_op op; struct cfg_span op_at; struct expr *a, *b; } op;
		struct { struct expr *items; unsigned count; } list;
	};
	/* checked */
	struct type         type;
	const struct value *konst;	/* its value, if that is known at load */
	bool                is_narrowed;	/* plain by a test before: checked at run time */
	bool                is_tainted;	/* made of a secret */
	bool                is_checked;
};

/* ---- statements ---- */

enum stmt_kind {
	STMT_EMPTY, STMT_BLOCK, STMT_IF, STMT_WHILE, STMT_FOREACH, STMT_SWITCH, STMT_WITHIN,
	STMT_DEFER, STMT_VAR, STMT_ASSIGN, STMT_CALL, STMT_EXIT, STMT_DROP, STMT_BREAK,
	STMT_CONTINUE, STMT_FALLTHROUGH, STMT_RETURN
};

struct decl {				/* a variable of the script, or a parameter */
	struct slice    name;
	struct cfg_span at;
	struct type     type;
	bool            has_type;
	struct expr    *preset;		/* of a parameter */
	struct decl    *next;		/* parameters */
	struct decl    *outer;		/* checked: the one before it in its scope */
	/* checked */
	unsigned        slot;
	bool            is_read;
};

struct switch_case {
	struct switch_case *next;
	struct cfg_span     at;
	struct expr        *value;	/* NULL: default, or a pattern */
	struct expr        *pattern;	/* case =~ "..." */
	struct stmt        *body;
};

struct stmt {
	enum stmt_kind  kind;
	struct cfg_span at, word_at;	/* the whole; its first word */
	struct stmt    *next;
	union {
		struct stmt *block;
		struct { struct expr *cond; struct stmt *then, *other; } branch;
		struct { struct expr *cond; struct stmt *body; } loop;
		struct {
			struct decl *local;	/* one of local and pv */
			struct expr *pv;
			struct expr *in;
			struct stmt *body;
			unsigned     slot;	/* checked: two slots of its own */
		} each;
		struct { struct expr *value; struct switch_case *cases; unsigned slot; } cases;
		struct { usec_t limit; struct stmt *body, *other; } within;
		struct { struct stmt *body; unsigned slot; } defer;
		struct { struct decl *decl; struct expr *value; } var;
		struct { struct expr *to, *value; bool is_add; } assign;
		struct expr *call;
		struct expr *value;	/* return, exit, drop; NULL if none */
	};
};

/* ---- what a file consists of ---- */

struct setting_item {			/* key = value; a parameter; an option of listen */
	struct setting_item *next;
	struct slice         key, group;	/* group.key */
	struct cfg_span      key_at;
	struct expr         *value;
	bool                 is_secret;		/* checked: made of a file or credential */
	uint16_t             port;		/* from ADDRESS:PORT in a test; 0: none */
};

struct listen_item {
	struct listen_item  *next;
	struct cfg_span      at, address_at;
	struct slice         address;		/* "tls:0.0.0.0:5061", as written */
	struct setting_item *options;
};

struct module_item {			/* loadmodule, module block */
	struct module_item  *next;
	struct slice         name;		/* as written */
	struct cfg_span      at, name_at;
	struct slice         prefix;
	struct setting_item *params;
	bool                 is_block;
	bool                 is_implied;	/* nobody named it; a guest's calls need it */
};

struct modparam_item {
	struct modparam_item *next;
	struct slice          modules;		/* "a|b" */
	struct cfg_span       at, modules_at;
	struct setting_item  *param;
};

struct acl_row { struct acl_row *next; struct cfg_span at; bool is_not; struct ip_net net;
	struct slice name; };			/* name: another acl */
struct acl_decl {
	struct acl_decl *next;
	struct slice     name;
	struct cfg_span  at;
	struct acl_row  *rows;
	/* checked */
	const struct cfg_acl *acl;
	enum { ACL_NEW, ACL_OPEN, ACL_DONE } state;
	bool             is_used;
};

struct map_row { struct map_row *next; struct cfg_span at; struct expr *key, *value; };
struct map_decl {
	struct map_decl *next;
	struct slice     name;
	struct cfg_span  at;
	struct map_row  *rows;
	/* checked */
	const struct cfg_map *map;
	struct type      key_type, item_type;
	bool             is_used;
};

struct const_decl {
	struct const_decl *next;
	struct slice       name;
	struct cfg_span    at;
	struct expr       *value;
	enum { CONST_NEW, CONST_OPEN, CONST_DONE } state;	/* checked */
};

struct app_item {
	struct app_item     *next;
	struct slice         name;
	struct cfg_span      at, name_at;
	struct setting_item *options;
};

struct name_at { struct name_at *next; struct slice name; struct cfg_span at; bool is_duration;
	int64_t num; };

struct call_edge {			/* route(NAME) in a route's body */
	struct call_edge  *next;
	struct expr       *call;
	struct route_decl *to;
};

struct route_decl {
	struct route_decl *next;
	enum route_kind    kind;
	struct slice       name;		/* "" if it has none */
	struct cfg_span    at, name_at;
	struct name_at    *more;		/* second and further names in the brackets */
	struct decl       *params;
	unsigned           param_count;
	bool               is_typed;		/* says what it returns */
	struct type        ret;
	struct stmt       *body;
	/* checked */
	unsigned           id;
	usec_t             interval;
	unsigned           contexts;		/* route kinds it can run under, as bits */
	struct route_via { const struct route_decl *caller; struct cfg_span at; }
	                   via[ROUTE_KINDS];	/* a call that brings it there */
	struct call_edge  *calls;		/* routes that it calls */
	enum { ROUTE_NEW, ROUTE_OPEN, ROUTE_DONE, ROUTE_ORDERED } visit;
	unsigned           slots;		/* values it needs for its variables */
	bool               gives_code;		/* at its end: what the last function gave */
	bool               is_used;
	struct flow_sum   *flow;		/* what the paths through it do */
};

struct test_stmt {
	struct test_stmt *next;
	enum test_kind    kind;
	struct cfg_span   at;
	union {
		struct {
			struct name_at      *words;	/* request, reply, any request from … */
			struct expr         *text;
			struct setting_item *options;	/* from, over */
			struct setting_item *headers;
		} given;
		struct { struct expr *call, *value; struct slice error; bool is_suspended; } mock;
		struct const_decl *constant;
		usec_t             advance;
		struct expr       *call;
		struct {
			enum expect_kind kind;
			int64_t          code;
			struct expr     *text, *value;
			struct cfg_span  code_at;
		} expect;
	};
};

struct test_decl {
	struct test_decl *next;
	struct slice      name;
	struct cfg_span   at;
	struct test_stmt *body;
};

/* Lists keep the order of the text; the parser appends at last. */
#define AST_LIST(type) struct { struct type *first, **last; unsigned count; }

struct ast {
	struct cfg_span         start;		/* of the first file */
	AST_LIST(setting_item)  settings;
	AST_LIST(listen_item)   listens;
	AST_LIST(setting_item)  aliases;
	AST_LIST(module_item)   modules;
	AST_LIST(modparam_item) modparams;
	AST_LIST(acl_decl)      acls;
	AST_LIST(map_decl)      maps;
	AST_LIST(const_decl)    consts;
	AST_LIST(app_item)      apps;
	AST_LIST(route_decl)    routes;
	AST_LIST(test_decl)     tests;
};

#define ast_append(list, item)                                             \
	do {                                                               \
		if (!(list)->last)                                         \
			(list)->last = &(list)->first;                     \
		*(list)->last = (item);                                    \
		(list)->last = &(item)->next;                              \
		(list)->count++;                                           \
	} while (0)

/* Later steps walk the tree by recursion; a script nests a dozen deep. */
#define EXPR_DEPTH_MAX 1000u
#define PV_DEPTH_MAX   20u

/* ---- making nodes (ast.c) ---- */
/** Note that below, a list, hangs under e; a tree that gets too deep is said and cut. */
void expr_hang(struct load *ld, struct expr *e, const struct expr *below);
struct expr *expr_new(struct load *ld, enum expr_kind kind, struct cfg_span at);
struct expr *expr_value(struct load *ld, struct cfg_span at, struct value v);
struct expr *expr_bad(struct load *ld, struct cfg_span at);
struct expr *expr_token(struct load *ld, const struct token *t);	/* NUM, IP, BOOL, … */
struct expr *expr_text(struct load *ld, struct expr *before, const struct token *t);
struct expr *expr_word(struct load *ld, const struct token *t);	/* a text without quotes */
struct expr *expr_fstring(struct load *ld, const struct token *t);
struct expr *expr_pv(struct load *ld, const struct token *t);
struct expr *expr_name(struct load *ld, const struct token *t);
struct expr *expr_unary(struct load *ld, enum expr_op op, struct cfg_span op_at, struct expr *a);
struct expr *expr_binary(struct load *ld, enum expr_op op, struct cfg_span op_at,
    struct expr *a, struct expr *b);
struct stmt *stmt_new(struct load *ld, enum stmt_kind kind, struct cfg_span at,
    struct cfg_span word_at);
const char *expr_op_text(enum expr_op op);
/* Where control goes (ends.c). */
/** Does control never get behind s? break counts for loops and switches around. */
bool stmt_never_ends(const struct stmt *s);
bool stmts_never_end(const struct stmt *first);
/** "request_route", "route[X]" as the script writes it. */
const char *route_kind_text(enum route_kind kind);
struct slice route_text(struct load *ld, const struct route_decl *r);

/* ---- inside texts and pseudo-variables (pv.c) ---- */
/** Bytes with their escapes resolved, as between double quotes. */
struct slice text_unescape(struct load *ld, struct slice raw, bool is_format);
/** What a text in quotes says: its escapes are resolved where its quotes have any. */
struct slice text_value(struct load *ld, const struct token *t);
/**
 * The pieces of a text in which "$x" is replaced, as EXPR_TEXT, or a literal
 * if there is no variable in it. @param code of errors inside
 */
struct expr *text_pieces(struct load *ld, const struct text_part *parts, struct cfg_span at);
/** Does a plain text look as if somebody expected its "$x" to be replaced? (text.c) */
bool text_looks_formatted(const struct text_part *parts, struct slice *word);
/** Has it a backslash that stands for itself? The first, with what is behind it. (text.c) */
bool text_has_stray_escape(const struct text_part *parts, bool is_format, struct slice *escape);

/** What stands in the parentheses of a variable, if it is a text and not empty. */
bool pv_plain_arg(const struct pv *pv, struct slice *out);

/** 0, or -1 after an error that ended everything. */
int ast_parse(struct load *ld, const struct cfg_source *source);

#endif
