/*
 * core/sip/bag.h - values and flags that live as long as the transaction.
 *
 * A bag belongs to the owner of the call; all of a transaction's ctxs share it.
 * Texts are copied into its own arena, because it outlives the message that
 * wrote them.
 */
#ifndef CORE_SIP_BAG_H
#define CORE_SIP_BAG_H

#include "cfg/value.h"
#include "core/sip/api.h"

/** @param max_bytes  cap of all values together; NULL if memory is short */
struct lcs_bag *bag_new(size_t max_bytes);

/** Number of values of $avp(name). */
unsigned bag_count(const struct lcs_bag *bag, struct slice name);
/** nth value, 0 is the latest, -1 the oldest; NULL type if there is none. */
struct value bag_get(const struct lcs_bag *bag, struct slice name, int64_t nth);
/** All values, latest first, as a list in the arena; NULL type if memory is short. */
struct value bag_list(const struct lcs_bag *bag, struct slice name, struct arena *arena);
/** Replace all values by this one; a null removes them. 0 or -ENOMEM. */
int bag_set(struct lcs_bag *bag, struct slice name, struct value value);
/** Put a value before the others. 0 or -ENOMEM. */
int bag_push(struct lcs_bag *bag, struct slice name, struct value value);

/* ---- $xavp(name=>field): named groups of named values ---- */
/** nth group of that name: 0 is the latest, -1 the oldest. */
struct value bag_field(const struct lcs_bag *bag, struct slice name, int64_t nth,
    struct slice field);
/** A null removes the field; the latest group is made if there is none. 0, -ENOMEM, -ENOENT. */
int bag_set_field(struct lcs_bag *bag, struct slice name, int64_t nth, struct slice field,
    struct value value);
/** A new group before the others, with one field. 0 or -ENOMEM. */
int bag_push_field(struct lcs_bag *bag, struct slice name, struct slice field, struct value value);

/* ---- flags by number, 0 to 63; by name: api.h, where "5" is flag 5 ---- */
/** All of them, flag 0 in the lowest bit. */
uint64_t bag_flag_bits(const struct lcs_bag *bag);
void bag_set_flag_bits(struct lcs_bag *bag, uint64_t bits);

#endif
