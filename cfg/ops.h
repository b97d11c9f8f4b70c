/*
 * cfg/ops.h - the operators on values: for constants at load and for the machine.
 */
#ifndef CFG_OPS_H
#define CFG_OPS_H

#include "cfg/ast.h"

/**
 * Apply an operator; types are looked at now.
 * @return NULL with *out set, or what is wrong ("division by zero"; static text)
 */
const char *ops_binary(struct arena *arena, enum expr_op op, struct value a, struct value b,
    struct value *out);
const char *ops_unary(enum expr_op op, struct value a, struct value *out);
/** n values as one text. .p NULL if memory is short. */
struct slice ops_concat(struct arena *arena, const struct value *v, size_t n);
/** Is item in a list, a network, an acl, or a key of a map? */
const char *ops_in(struct value item, struct value set, bool *out);
/** The item of a list, counted from the end if negative; null beyond. */
struct value ops_item(const struct value_list *list, int64_t index);
/** A text as address or network; false if it is none. */
bool ops_ip_of(struct value v, struct ip_addr *out);

#endif
