/*
 * htable - tables of the whole server: $sht(table=>key), with expiry and atomic counting.
 */
#include "modules/htable/htable.h"

#include "utils/list.h"

#include <errno.h>

#define MSEC 1000

/* ---- writing ---- */

static enum fn_status written(struct lcs_call *call, const struct table *t, int err)
{
	struct htable_local *local = call->local;

	if (err != -ENOSPC)
		return err == 0 ? FN_DONE : FN_FAILED;
	lcs_count(&local->refused);
	if (!local->said)
		log_error("htable", "a table is full table=%.*s items=%llu",
		    SLICE_ARG(table_name(t)), (unsigned long long)table_count(t));
	local->said = true;
	lcs_set_err(call->ctx, "limit");
	return FN_DONE;
}

static struct value storable(struct lcs_call *call, struct value v)
{
	switch (v.type) {
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_DURATION:
	case VALUE_STRING: return v;
	default:           return value_string(value_text(lcs_arena(call->ctx), v));
	}
}

static enum fn_status add(struct lcs_call *call, struct table *t, struct slice key, int64_t by)
{
	int64_t sum = 0;
	int err = table_add(t, key, by, loop_now(worker_loop()), &sum);

	call->ret = value_int(sum);
	return written(call, t, err);
}

/* ---- $sht and its relatives ---- */

static enum fn_status get_sht(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);

	if (!t)
		return FN_DONE;
	return table_get(t, key, loop_now(worker_loop()), lcs_arena(call->ctx), &call->ret) == 0 ?
	    FN_DONE : FN_FAILED;
}

static enum fn_status set_sht(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);
	struct value v;

	if (!t)
		return FN_FAILED;
	if (call->argc == 4)
		return add(call, t, key, call->argv[2].i);
	v = storable(call, call->argv[2]);
	if (v.type == VALUE_STRING && !v.s.p && v.s.len)
		return FN_FAILED;
	return written(call, t, table_set(t, key, v, loop_now(worker_loop())));
}

static enum fn_status get_inc(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);

	return t ? add(call, t, key, 1) : FN_FAILED;
}

static enum fn_status get_dec(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);

	return t ? add(call, t, key, -1) : FN_FAILED;
}

static enum fn_status get_expire(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);
	msec_t left = t ? table_time_left(t, key, loop_now(worker_loop())) : -1;

	if (left >= 0)
		call->ret = value_int((left + MSEC - 1) / MSEC);
	return FN_DONE;
}

static enum fn_status set_expire(struct lcs_call *call)
{
	struct slice key;
	struct table *t = htable_split(call, call->argv[0].s, &key);

	if (!t || call->argv[2].type != VALUE_INT)
		return FN_FAILED;
	table_set_time_left(t, key, call->argv[2].i * MSEC, loop_now(worker_loop()));
	return FN_DONE;
}

/* ---- functions on one table ---- */

static enum fn_status sht_rm(struct lcs_call *call)
{
	struct table *t = htable_find(call->shared, call->argv[0].s);

	return fn_bool(call, t && table_remove(t, call->argv[1].s));
}

static enum fn_status sht_reset(struct lcs_call *call)
{
	struct table *t = htable_find(call->shared, call->argv[0].s);

	if (t)
		table_clear(t);
	return fn_bool(call, t != NULL);
}

static enum fn_status sht_count(struct lcs_call *call)
{
	struct table *t = htable_find(call->shared, call->argv[0].s);

	call->ret = value_int(t ? (int64_t)table_count(t) : 0);
	return FN_DONE;
}

/* ---- expiry ---- */

struct record { struct slice table; struct table_item item; };

static void *copy_record(struct arena *arena, const void *arg)
{
	const struct record *from = arg;
	struct record *r = arena_alloc(arena, sizeof(*r));

	if (r) {
		r->table = arena_dup(arena, from->table);
		r->item.key = arena_dup(arena, from->item.key);
		r->item.value = value_copy(arena, from->item.value);
	}
	return r;
}

static enum fn_status get_record(struct lcs_call *call)
{
	const struct record *r = lcs_event_data(call->ctx);
	struct slice which = call->argv[0].s;

	if (!r)
		return FN_DONE;
	if (slice_eq(which, SLICE("key")))
		call->ret = value_string(r->item.key);
	else if (slice_eq(which, SLICE("value")))
		call->ret = r->item.value;
	else if (slice_eq(which, SLICE("table")))
		call->ret = value_string(r->table);
	return FN_DONE;
}

/* Tables are dealt out to the workers; the event runs when the stripes are free again. */
static void sweep_one(struct lcs_mod *mod, struct table *t)
{
	struct htable_local *local = lcs_local(mod);
	struct arena *arena = arena_new(0);
	struct table_items gone = { 0, NULL };

	if (!arena)
		return;
	if (table_sweep(t, loop_now(worker_loop()), arena, &gone) != 0)
		log_error("htable", "no memory to tell of what expired");
	for (size_t i = 0; i < gone.count; i++) {
		struct record r = { table_name(t), gone.items[i] };

		lcs_count(&local->expired);
		lcs_event(mod, "htable:expired", NULL, copy_record, &r);
	}
	arena_free(&arena);
}

static void sweep(struct timer *timer)
{
	struct htable_local *local = container_of(timer, struct htable_local, sweep);
	struct lcs_mod *mod = local->mod;
	struct htable_shared *shared = lcs_shared(mod);
	const struct htable_conf *conf = lcs_conf(mod, gen_peek());
	unsigned count = shared->count;

	for (unsigned i = (unsigned)worker_self(); i < count; i += worker_count())
		sweep_one(mod, shared->tables[i]);
	timer_start(&local->sweep, conf ? conf->timer_interval : 20000);
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	struct htable_local *l = local;
	const struct htable_conf *conf = lcs_conf(mod, gen_peek());

	l->mod = mod;
	timer_init(&l->sweep, sweep);
	timer_start(&l->sweep, conf ? conf->timer_interval : 20000);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	struct htable_local *l = local;

	(void)mod;
	timer_stop(&l->sweep);
	iterators_free(l);
}

/* ---- life ---- */

static bool has_table(const void *conf, struct slice table)
{
	const struct htable_conf *c = conf;
	struct table_spec spec;

	for (size_t i = 0; i < c->htable.count; i++)
		if (!spec_read(c->htable.items[i], &spec) && slice_eq(spec.name, table))
			return true;
	return false;
}

static int check(const void *conf, struct diag *diag)
{
	const struct htable_conf *c = conf;
	struct table_spec spec, other;

	for (size_t i = 0; i < c->htable.count; i++) {
		const char *why = spec_read(c->htable.items[i], &spec);

		if (why)
			return diag_error(diag, "htable", "\"%.*s\": %s",
			    SLICE_ARG(c->htable.items[i]), why);
		for (size_t n = 0; n < i; n++)
			if (!spec_read(c->htable.items[n], &other) && slice_eq(other.name, spec.name))
				return diag_error(diag, "htable", "table \"%.*s\" is there twice",
				    SLICE_ARG(spec.name));
	}
	if (c->htable.count > TABLES_MAX)
		return diag_error(diag, "htable", "more than %u tables", TABLES_MAX);
	return 0;
}

/* What a new configuration leaves out stays, so that an undo finds it again. */
static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct htable_shared *shared = lcs_shared(mod);
	const struct htable_conf *c = conf;

	(void)next;
	for (size_t i = 0; i < c->htable.count; i++) {
		struct table_spec spec;

		if (spec_read(c->htable.items[i], &spec) || htable_find(shared, spec.name))
			continue;
		if (shared->count == TABLES_MAX)
			return -ENOSPC;
		shared->tables[shared->count] = table_new(&spec);
		if (!shared->tables[shared->count])
			return -ENOMEM;
		shared->count++;
	}
	return 0;
}

static void commit(struct lcs_mod *mod, struct gen *next)
{
	const struct htable_conf *c = lcs_conf(mod, next);
	struct htable_shared *shared = lcs_shared(mod);
	struct table_spec spec;

	for (size_t i = 0; i < c->htable.count; i++) {
		struct table *t = spec_read(c->htable.items[i], &spec) ? NULL :
		    htable_find(shared, spec.name);

		if (t)
			table_configure(t, &spec);
	}
}

static void unload(struct lcs_mod *mod)
{
	struct htable_shared *shared = lcs_shared(mod);

	while (shared->count > 0)
		table_free(&shared->tables[--shared->count]);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct htable_conf, htable,
	    "a table: \"name=>size=12;autoexpire=7200;updateexpire=0;initval=0;maxitems=100000;\". "
	    "size is a power of two of slots (default 8), autoexpire seconds (default: never), "
	    "updateexpire whether writing again begins the time anew (default 1), initval the "
	    "number that a key reads as before it is written, maxitems the most it may hold "
	    "(default 1000000)"),
	PARAM_DURATION(struct htable_conf, timer_interval, "20s", 100, 3600000, "s",
	    "how often expired items are looked for; nobody sees them after their time anyway"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "sht_rm(table: str, key: str) -> bool", sht_rm, IN_ANY, 0,
	  "remove an item; false if there was none" },
	{ "sht_reset(table: str) -> bool", sht_reset, IN_ANY, 0,
	  "remove all items; false if there is no such table" },
	{ "sht_count(table: str) -> int", sht_count, IN_ANY, 0,
	  "how many items there are, those included that expired since the last look" },
	{ "sht_keys(table: str) -> list", sht_keys, IN_ANY, 0,
	  "the keys, in no order: foreach (k in sht_keys(\"calls\")) ..." },
	{ "sht_rm_name_re(where: str) -> int", sht_rm_name_re, IN_ANY, 0,
	  "remove what has a key that a regular expression matches: \"calls=>^gw1-\"; how many" },
	{ "sht_rm_value_re(where: str) -> int", sht_rm_value_re, IN_ANY, 0,
	  "remove what has a value that a regular expression matches: \"calls=>^busy$\"; how many" },
	{ "sht_rm_name(table: str, op: str, pattern: str) -> int", sht_rm_name, IN_ANY, 0,
	  "remove by key; op is eq, ne, sw (starts with), ew (ends with), in (contains) or re; how "
	  "many" },
	{ "sht_rm_value(table: str, op: str, pattern: str) -> int", sht_rm_value, IN_ANY, 0,
	  "the same by value" },
	{ "sht_has_name(table: str, op: str, pattern: str) -> bool", sht_has_name, IN_ANY, 0,
	  "is there an item whose key fits?" },
	{ "sht_has_str_value(table: str, op: str, pattern: str) -> bool", sht_has_value, IN_ANY, 0,
	  "is there an item whose value, as text, fits?" },
	{ "sht_match_name(table: str, op: str, pattern: str) -> bool", sht_match_name, IN_ANY, 0,
	  "the same as sht_has_name()" },
	{ "sht_iterator_start(iterator: str, table: str) -> bool", sht_iterator_start, IN_ANY, 0,
	  "begin to go through a table as it is now; false if there is no such table" },
	{ "sht_iterator_next(iterator: str) -> bool", sht_iterator_next, IN_ANY, 0,
	  "go to the next item, at first to the first; false behind the last" },
	{ "sht_iterator_rm(iterator: str) -> bool", sht_iterator_rm, IN_ANY, 0,
	  "remove the item that the iterator stands at" },
	{ "sht_iterator_end(iterator: str) -> bool", sht_iterator_end, IN_ANY, 0,
	  "forget an iterator; otherwise it goes with the message" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "sht", VALUE_ANY, true, VAR_ARG_KEYED, VAR_COUNTS, IN_ANY, IN_ANY, get_sht, set_sht,
	  "an item of a table: $sht(calls=>$ci); null if there is none, assigning null removes it. "
	  "incr($sht(calls=>$ci)) counts in one step" },
	{ "shtex", VALUE_INT, true, VAR_ARG_KEYED, false, IN_ANY, IN_ANY, get_expire, set_expire,
	  "seconds until an item expires, 0: never; null if there is none" },
	{ "shtinc", VALUE_INT, false, VAR_ARG_KEYED, false, IN_ANY, 0, get_inc, NULL,
	  "one more, in one step; the sum" },
	{ "shtdec", VALUE_INT, false, VAR_ARG_KEYED, false, IN_ANY, 0, get_dec, NULL,
	  "one less, in one step; the sum" },
	{ "shtcn", VALUE_INT, false, VAR_ARG_KEYED, false, IN_ANY, 0, get_count_names, NULL,
	  "how many keys a regular expression matches: $shtcn(calls=>^gw1-)" },
	{ "shtitkey", VALUE_STRING, true, VAR_ARG_NAME, false, IN_ANY, 0, get_iterator_key, NULL,
	  "key that an iterator stands at" },
	{ "shtitval", VALUE_ANY, true, VAR_ARG_NAME, false, IN_ANY, 0, get_iterator_value, NULL,
	  "value that an iterator stands at" },
	{ "shtrecord", VALUE_ANY, true, VAR_ARG_NAME, false, IN_EVENT, 0, get_record, NULL,
	  "in event_route[htable:expired]: key, value or table of what has expired" },
	{ 0 }
};

static const struct lcs_event_decl events[] = {
	{ "htable:expired", "an item has expired: $shtrecord(table), $shtrecord(key), "
	  "$shtrecord(value); at the latest timer_interval after its time" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct htable_local, expired, STAT_COUNTER, "items that expired"),
	LCS_STAT(struct htable_local, refused, STAT_COUNTER, "writes to tables that were full"),
	{ 0 }
};

LCS_MODULE(htable,
	.summary = "tables of the whole server, $sht(table=>key)",
	.conf_size = sizeof(struct htable_conf),
	.local_size = sizeof(struct htable_local),
	.shared_size = sizeof(struct htable_shared),
	.params = params,
	.funcs = funcs,
	.vars = vars,
	.events = events,
	.stats = stats,
	.rpcs = htable_rpcs,
	.check = check,
	.has_table = has_table,
	.prepare = prepare,
	.commit = commit,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "    modparam(\"htable\", \"htable\", \"calls=>size=12;autoexpire=7200;\")\n"
	    "    ...\n"
	    "    if (incr($sht(calls=>$fU)) > 10) {\n"
	    "        sl_send_reply(486, \"Too many calls\");\n"
	    "        exit;\n"
	    "    }\n"
	    "\n"
	    "What one worker has written all others read at once. Values are numbers, truth values,\n"
	    "durations or texts; anything else is kept as text. Tables live as long as the process:\n"
	    "a reload keeps what is in them, and takes over a new expiry, initial value and limit; a\n"
	    "new size needs a restart.\n",
);
