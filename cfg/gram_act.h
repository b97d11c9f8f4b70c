/*
 * cfg/gram_act.h - what the grammar's rules do: lists and nodes of the tree.
 */
#ifndef CFG_GRAM_ACT_H
#define CFG_GRAM_ACT_H

#include "cfg/ast.h"
#include "cfg/load.h"

struct gram;				/* one run of the parser */

struct stmt_list  { struct stmt *first, *last; };
struct expr_list  { struct expr *first, *last; unsigned count; };
struct item_list  { struct setting_item *first, *last; };
struct name_list  { struct name_at *first, *last; };
struct param_list { struct decl *first, *last; unsigned count; };
struct case_list  { struct switch_case *first, *last; };
struct acl_list   { struct acl_row *first, *last; };
struct map_list   { struct map_row *first, *last; };
struct test_list  { struct test_stmt *first, *last; };

struct load *gram_load(struct gram *g);

struct stmt_list stmt_append(struct stmt_list list, struct stmt *s);
struct expr_list expr_append(struct expr_list list, struct expr *e);
struct item_list item_append(struct item_list list, struct setting_item *i);
struct name_list names_add(struct name_list list, struct name_list one);
struct case_list case_append(struct case_list list, struct switch_case *c);
struct test_list test_append(struct test_list list, struct test_stmt *t);
struct acl_list acl_append(struct gram *g, struct acl_list list, bool is_not,
    const struct token *t, struct cfg_span at);
struct map_list map_append(struct gram *g, struct map_list list, struct expr *key,
    struct expr *value);
struct param_list param_add(struct gram *g, struct param_list list, const struct token *name,
    const struct type *type, struct expr *preset);

/* ---- names ---- */
struct name_list name_one(struct gram *g, const struct token *t);
struct name_list name_join(struct gram *g, struct name_list list, const char *sep,
    const struct token *t);
const struct token *act_joined(struct gram *g, const struct token *a, const char *sep,
    const struct token *b);
struct token act_star(struct cfg_span at);
struct type act_type(struct gram *g, const struct token *t, bool nullable);

/* ---- items ---- */
struct setting_item *act_key(struct gram *g, const struct token *group,
    const struct token *key, struct expr *value);
struct setting_item *act_flag(struct gram *g, const struct token *key);
struct setting_item *act_header(struct gram *g, const struct token *word,
    const struct token *name, struct expr *value);
struct setting_item *act_given_port(struct gram *g, const struct token *key,
    const struct token *ip, const struct token *port);
void act_setting(struct gram *g, struct setting_item *i);
void act_listen(struct gram *g, const struct token *word, const struct token *address,
    struct cfg_span address_at, struct item_list options, struct cfg_span at);
void act_alias(struct gram *g, const struct token *word, struct expr *value);
void act_module(struct gram *g, const struct token *name, const struct token *prefix,
    const struct item_list *params, struct cfg_span at);
void act_prefix(struct gram *g, const struct token *prefix);	/* of the module before */
void act_modparam(struct gram *g, const struct token *modules, const struct token *name,
    struct expr *value, struct cfg_span at);
void act_acl(struct gram *g, const struct token *name, struct acl_list rows);
void act_map(struct gram *g, const struct token *name, struct map_list rows);
void act_const(struct gram *g, const struct token *name, struct expr *value);
void act_app(struct gram *g, const struct token *name, struct item_list options);
void act_route(struct gram *g, const struct token *kind, const struct name_list *names,
    struct stmt *body, struct cfg_span at);
void act_named(struct gram *g, const struct name_list *name, struct param_list params,
    struct type ret, struct stmt *body, struct cfg_span at);
void act_test(struct gram *g, const struct token *name, struct test_list body);

/* ---- statements ---- */
struct stmt *act_if(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *cond, struct stmt *then, struct stmt *other);
struct stmt *act_while(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *cond, struct stmt *body);
struct stmt *act_foreach(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *name, struct expr *pv, struct expr *in, struct stmt *body);
struct stmt *act_switch(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *value, struct case_list cases);
struct stmt *act_within(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *limit, struct stmt *body, struct stmt *other);
struct stmt *act_var(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *name, const struct type *type, struct expr *value);
struct stmt *act_assign(struct gram *g, struct cfg_span op, struct cfg_span at,
    struct expr *to, struct expr *value, bool is_add);
struct stmt *act_jump(struct gram *g, enum stmt_kind kind, struct cfg_span word,
    struct cfg_span at, struct expr *value);
struct switch_case *act_case(struct gram *g, struct cfg_span at, struct expr *value,
    struct expr *pattern, struct stmt *body);

/* ---- expressions ---- */
struct expr *act_minus(struct gram *g, const struct token *t, struct cfg_span at);
struct expr *act_call(struct gram *g, const struct token *prefix, const struct token *name,
    struct expr_list args, struct cfg_span at);
struct expr *act_route_call(struct gram *g, const struct name_list *name,
    struct expr_list args, struct cfg_span at, struct cfg_span name_at);
/** (int)x, (str)x of a guest: the function of that name. */
struct expr *act_cast(struct gram *g, const struct token *to, struct expr *of, struct cfg_span at);
struct expr *act_defined(struct gram *g, struct cfg_span word_at, struct expr *of);
struct expr *act_route_by_value(struct gram *g, struct cfg_span at);
struct expr *act_field(struct gram *g, struct expr *of, const struct token *name,
    const struct expr_list *args, struct cfg_span at);
struct expr *act_index(struct gram *g, struct expr *of, struct expr *index,
    struct cfg_span at);
struct expr *act_list(struct gram *g, struct expr_list items, struct cfg_span at);
struct expr *act_assign_in_cond(struct gram *g, struct cfg_span op_at, struct expr *a,
    struct expr *b);

/* ---- tests ---- */
struct test_stmt *act_given(struct gram *g, struct cfg_span at, struct name_list words,
    struct expr *text, struct item_list options, struct item_list headers);
struct test_stmt *act_mock(struct gram *g, struct cfg_span at, struct expr *call,
    struct expr *value, const struct token *error);
struct test_stmt *act_mock_error(struct gram *g, struct cfg_span at, struct expr *call,
    const struct token *word, const struct token *error);
struct test_stmt *act_test_const(struct gram *g, struct cfg_span at, const struct token *name,
    struct expr *value);
struct test_stmt *act_advance(struct gram *g, struct cfg_span at, const struct token *t);
struct test_stmt *act_test_call(struct gram *g, struct cfg_span at, struct expr *call);
struct test_stmt *act_expect(struct gram *g, struct cfg_span at, enum expect_kind kind,
    const struct token *code, struct expr *text, struct expr *value);

/* ---- for the parser itself (parse.c) ---- */
void gram_report(struct gram *g, struct cfg_span at, const char *const *want, unsigned n);

#endif
