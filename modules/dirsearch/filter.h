/*
 * modules/dirsearch/filter.h - a search as a filter for LDAP (RFC 4515). Only where libldap is.
 *
 * Whatever a client writes is a value in it and never a part of its form.
 */
#ifndef MODULES_DIRSEARCH_FILTER_H
#define MODULES_DIRSEARCH_FILTER_H

#include "modules/dirsearch/search.h"

/** (&(has an address)EXTRA(attribute=beginning*)...); extra: a filter of the administrator's, or
 *  empty. In the arena; NULL if memory is short. */
const char *filter_of_search(struct arena *arena, const struct search *s, struct slice extra);
/** That which finds the user himself. In the arena; NULL if memory is short. */
const char *filter_of_user(struct arena *arena, struct slice aor);

#endif
