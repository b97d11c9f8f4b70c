/*
 * cfg/table.h - acl and map: made row by row while a configuration is read, then only read
 * (value.h has what looks things up in them).
 */
#ifndef CFG_TABLE_H
#define CFG_TABLE_H

#include "cfg/mem.h"
#include "cfg/value.h"

enum acl_word { ACL_NOTHING, ACL_IN, ACL_OUT };

struct cfg_acl *acl_new(struct mem *mem);
/** @return false if that network had a row, which is replaced */
bool acl_put(struct mem *mem, struct cfg_acl *acl, const struct ip_net *net, enum acl_word row);
/** What the rows of larger networks say of this one. */
enum acl_word acl_around(const struct cfg_acl *acl, const struct ip_net *net);
/** Rows of from where to has none, turned round if is_not. */
void acl_merge(struct mem *mem, struct cfg_acl *to, const struct cfg_acl *from, bool is_not);

/** For at most so many rows. */
struct cfg_map *map_new(struct mem *mem, unsigned rows);
/** @return false if that key has a row, which stays */
bool map_put(struct cfg_map *map, struct value key, struct value value);
/** Does a pattern that was put before fit the text? */
bool map_covers(const struct cfg_map *map, struct slice text, struct slice *by);

#endif
