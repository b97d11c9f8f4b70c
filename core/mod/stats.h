/*
 * core/mod/stats.h - all counters of the process under one roof: "group.name".
 *
 * Counters are per worker and added up when somebody looks, while their owners
 * go on; so a sum is right for a moment that nobody can name.
 */
#ifndef CORE_MOD_STATS_H
#define CORE_MOD_STATS_H

#include "core/lcs.h"

struct stat_shown { const char *group, *name; enum lcs_stat_kind kind; uint64_t value; const char *doc; };

/** Visit all: the core's rooms and the modules of the current generation. Any thread that
 *  may use gen_peek(). */
void stats_each(void (*fn)(void *arg, const struct stat_shown *s), void *arg);

/** Control thread: how often the configuration was exchanged since start. */
struct reload_counts { uint64_t commits, refused, undone; };
void stats_reloads(const struct reload_counts *counts);

#endif
