/*
 * core/sip/vars.c - see vars.h.
 */
#include "core/sip/vars.h"

static const struct lcs_var *const tables[] = {
	vars_request, vars_address, vars_header, vars_net, vars_auth, vars_bag, vars_time,
};

static unsigned count(const struct lcs_var *table)
{
	unsigned n = 0;

	while (table[n].name)
		n++;
	return n;
}

const struct lcs_var *core_vars(struct arena *arena)
{
	const size_t table_count = sizeof(tables) / sizeof(tables[0]);
	struct lcs_var *all;
	unsigned n = 0;

	for (size_t i = 0; i < table_count; i++)
		n += count(tables[i]);
	all = arena_zalloc(arena, (n + 1) * sizeof(*all));
	if (!all)
		return NULL;
	n = 0;
	for (size_t i = 0; i < table_count; i++) {
		memcpy(all + n, tables[i], count(tables[i]) * sizeof(*all));
		n += count(tables[i]);
	}
	return all;
}

static const struct { const char *name; lcs_fn *push; } pushes[] = {
	{ "avp", push_avp }, { "hdr", push_hdr }, { "xavp", push_xavp },
};

lcs_fn *var_push(const struct lcs_var *v)
{
	for (size_t i = 0; i < sizeof(pushes) / sizeof(pushes[0]); i++)
		if (slice_eq(slice_str(v->name), slice_str(pushes[i].name)))
			return pushes[i].push;
	return NULL;
}
