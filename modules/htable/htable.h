/*
 * modules/htable/htable.h - what the module's parts share.
 */
#ifndef MODULES_HTABLE_HTABLE_H
#define MODULES_HTABLE_HTABLE_H

#include "core/lcs.h"
#include "modules/htable/table.h"

#define TABLES_MAX 256u

struct htable_conf { struct lcs_strings htable; msec_t timer_interval; };

struct htable_shared {			/* tables come under prepare() and stay until the end */
	struct table     *tables[TABLES_MAX];
	_Atomic unsigned  count;
};

struct iterator;

struct htable_local {
	uint64_t         expired, refused;
	struct timer     sweep;
	struct lcs_mod  *mod;
	struct iterator *iterators;
	bool             said;		/* that a table is full */
};

/* ---- parameters (spec.c) ---- */
/** "name=>size=12;autoexpire=7200;". NULL, or what is wrong with it (static text). */
const char *spec_read(struct slice text, struct table_spec *out);

/* ---- finding (find.c) ---- */
/** NULL if there is none of that name. Any thread. */
struct table *htable_find(const struct htable_shared *shared, struct slice name);
/** The table of "table=>key", and the key; NULL if there is no such table, which was logged. */
struct table *htable_split(struct lcs_call *call, struct slice text, struct slice *key);

/* ---- going through a table (walk.c) ---- */
lcs_fn sht_rm_name_re, sht_rm_value_re, sht_rm_name, sht_rm_value, sht_has_name,
    sht_has_value, sht_match_name, sht_keys, sht_iterator_start, sht_iterator_next,
    sht_iterator_end, sht_iterator_rm, get_count_names, get_iterator_key, get_iterator_value;
void iterators_free(struct htable_local *local);

/* ---- lcsctl (rpc.c) ---- */
extern const struct lcs_rpc htable_rpcs[];

#endif
