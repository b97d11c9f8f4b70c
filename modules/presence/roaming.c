/*
 * modules/presence/roaming.c - roaming lists of one kind: their table, their event package,
 * from start to end.
 */
#include "modules/presence/roaming.h"

#include <errno.h>

/* ---- the event package ---- */

static int build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	const struct roaming *r = arg;

	(void)view;
	(void)one;
	*out = roaming_body(r, roaming_find(r, user_aor(u)));
	return *out ? 0 : -ENOMEM;
}

static int join_engine(struct roaming *r)
{
	r->formats[0] = (struct presence_format){ slice_str(r->kind->content_type), build };
	r->package = (struct presence_package){
		.name = slice_str(r->kind->package), .formats = r->formats,
		.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED | PRESENCE_NO_POLICY,
		.default_expires = 28800, .min_expires = 60, .max_expires = 86400,
	};
	return package_add(r->p, &r->package, r);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod, struct roaming *r, const struct roaming_kind *kind)
{
	void *shared;
	int err;

	r->api = &presence_roaming;
	r->kind = kind;
	r->mod = mod;
	lcs_import(mod, "presence", &shared);
	r->p = shared;
	r->service = lcs_import(mod, "service", &shared);
	r->service_state = shared;
	r->table = rtab_new(1024);
	if (!r->table)
		return -ENOMEM;
	err = join_engine(r);
	if (!err)
		err = roaming_follow_names(r);
	return err || !r->service ? err : roaming_add_operations(r);
}

static int prepare(struct roaming *r)
{
	int n;

	if (r->loaded || !store_is_on())
		return 0;
	n = roaming_read_all(r);
	if (n < 0)
		return n;
	r->loaded = true;
	log_info(r->kind->log, "%s read count=%d", r->kind->lists, n);
	return 0;
}

static void count_list(const struct rtab_node *node, void *arg)
{
	const struct roaming_list *l = container_of(node, const struct roaming_list, node);
	struct roaming_local *local = arg;

	if ((int)worker_of(lcs_user_key(roaming_aor(l))) != worker_self())
		return;
	local->lists++;
	local->entries += l->count;
}

static int worker_start(struct roaming *r)
{
	rtab_each(r->table, count_list, lcs_local(r->mod));
	return 0;
}

static void free_list(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

static void unload(struct roaming *r)
{
	if (!r->table)
		return;
	rtab_each(r->table, free_list, NULL);
	rtab_free(&r->table);
}

const struct roaming_api presence_roaming = {
	load, prepare, worker_start, unload, roaming_change, roaming_serve, roaming_rpc_find,
	roaming_rpc_change, roaming_rpc_import
};
