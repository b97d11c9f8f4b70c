/*
 * pike - keeps a flood from one address away from everything that costs.
 *
 * Requests are counted by source address in a table of fixed size that all
 * workers share: one address is one address, on whichever worker its requests
 * end up. An IPv6 host commands a whole network, so there the network counts.
 */
#include "core/lcs.h"
#include "utils/rate.h"

#include <errno.h>
#include <stdio.h>

struct pike_conf {
	msec_t  sampling_time_unit;
	int64_t reqs_density_per_unit, max_addresses, ipv6_prefix;
};

struct pike_local {
	uint64_t checked, blocked, addresses_blocked;
	msec_t   last_line;		/* of the log: one a second at most */
	uint64_t unsaid;
};

struct pike_shared { struct rate_table *table; };

/* ---- keys ---- */

struct source { char text[ADDR_TEXT_BYTES]; size_t len; };

static void mask(struct ip_addr *ip, unsigned bits)
{
	for (unsigned i = 0; i < sizeof ip->bytes; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;

		if (kept < 8)
			ip->bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
}

/* "192.0.2.1", or "2001:db8:1:2::/64". */
static struct source source_of(struct ip_addr ip, const struct pike_conf *conf)
{
	struct source s;

	if (ip.family == 6)
		mask(&ip, (unsigned)conf->ipv6_prefix);
	s.len = ip_format(&ip, s.text);
	if (ip.family == 6 && conf->ipv6_prefix < 128)
		s.len += (size_t)snprintf(s.text + s.len, sizeof s.text - s.len, "/%u",
		    (unsigned)conf->ipv6_prefix);
	return s;
}

static struct slice key_of(const struct source *s)
{
	return (struct slice){ s->text, s->len };
}

/* ---- deciding ---- */

static void say_blocked(struct lcs_call *call, struct slice source, uint32_t count)
{
	const struct pike_conf *conf = call->conf;
	struct pike_local *local = call->local;
	msec_t now = loop_now(worker_loop());

	if (local->last_line && now - local->last_line < 1000) {
		local->unsaid++;
		return;
	}
	log_notice(lcs_mod_name(call->mod),
	    "address blocked source=%.*s requests=%u window=%lldms others_unsaid=%llu",
	    SLICE_ARG(source), (unsigned)count, (long long)conf->sampling_time_unit,
	    (unsigned long long)local->unsaid);
	local->last_line = now;
	local->unsaid = 0;
}

static void *copy_source(struct arena *arena, const void *arg)
{
	struct slice *s = arena_alloc(arena, sizeof *s);

	if (s)
		*s = arena_dup(arena, *(const struct slice *)arg);
	return s;
}

/* Only the first request over the density makes a line and an event, as long as it lasts. */
static enum fn_status count(struct lcs_call *call, struct ip_addr ip)
{
	const struct pike_conf *conf = call->conf;
	struct pike_local *local = call->local;
	struct source source = source_of(ip, conf);
	struct slice key = key_of(&source);
	uint32_t n = rate_add(((struct pike_shared *)call->shared)->table, key,
	    loop_now(worker_loop()), conf->sampling_time_unit);

	lcs_count(&local->checked);
	call->ret = value_bool(n <= (uint64_t)conf->reqs_density_per_unit);
	if (call->ret.b)
		return FN_DONE;
	lcs_count(&local->blocked);
	if (n == (uint64_t)conf->reqs_density_per_unit + 1) {
		lcs_count(&local->addresses_blocked);
		say_blocked(call, key, n);
		lcs_event(call->mod, "pike:blocked", lcs_msg(call->ctx), copy_source, &key);
	}
	return FN_DONE;
}

static enum fn_status fn_pike_check_req(struct lcs_call *call)
{
	return count(call, lcs_from(call->ctx)->remote.ip);
}

static enum fn_status fn_pike_check_ip(struct lcs_call *call)
{
	struct ip_addr ip;

	if (call->argv[0].type == VALUE_IP)
		return count(call, call->argv[0].ip->addr);
	if (call->argv[0].type == VALUE_STRING && ip_parse(call->argv[0].s, &ip) == 0)
		return count(call, ip);
	lcs_set_err(call->ctx, "malformed");
	return fn_bool(call, false);
}

/* ---- variables ---- */

static enum fn_status get_source(struct lcs_call *call)
{
	const struct slice *source = lcs_event_data(call->ctx);

	if (source)
		call->ret = value_string(*source);
	return FN_DONE;
}

/* ---- lcsctl pike ---- */

struct listing { json_t *array; const struct pike_conf *conf; bool only_blocked; };

static void list_one(const struct rate_seen *seen, void *arg)
{
	struct listing *l = arg;
	bool blocked = seen->count > (uint64_t)l->conf->reqs_density_per_unit;

	if (seen->count == 0 || (l->only_blocked && !blocked))
		return;
	json_array_append_new(l->array, json_pack("{s:s%, s:I, s:b}",
	    "source", seen->label, seen->label_len,
	    "requests", (json_int_t)seen->count, "blocked", (int)blocked));
}

static const struct pike_conf *current(struct lcs_mod *mod)
{
	return lcs_conf(mod, gen_peek());
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct listing l = {
		.array = json_array(), .conf = current(call->mod),
		.only_blocked = !json_is_true(json_object_get(call->params, "all")),
	};

	if (!l.array)
		return -ENOMEM;
	rate_each(((struct pike_shared *)lcs_shared(call->mod))->table, clock_mono(),
	    l.conf->sampling_time_unit, list_one, &l);
	call->result = l.array;
	return 0;
}

static int rpc_forget(struct lcs_rpc_call *call)
{
	const char *word = json_string_value(json_object_get(call->params, "source"));
	struct slice text = slice_str(word);
	struct source source;
	struct ip_addr ip;

	if (ip_parse(slice_first(text, slice_find(text, '/')), &ip) != 0)
		return lcs_rpc_fail(call, -EINVAL, "\"%s\" is no address", word);
	source = source_of(ip, current(call->mod));
	if (!rate_forget(((struct pike_shared *)lcs_shared(call->mod))->table, key_of(&source)))
		return lcs_rpc_fail(call, -ENOENT, "no requests of %.*s are counted",
		    SLICE_ARG(key_of(&source)));
	return lcs_rpc_done(call, json_pack("{s:s%}", "forgotten", source.text, source.len));
}

static const struct lcs_rpc_arg list_args[] = {
	{ "all", VALUE_BOOL, false, "also those below the density" },
	{ 0 }
};
static const struct lcs_rpc_arg forget_args[] = {
	{ "source", VALUE_STRING, true, "IPv4 or IPv6 address" },
	{ 0 }
};
static const struct lcs_rpc rpcs[] = {
	{ "pike.list", RIGHT_READ, list_args, rpc_list,
	  "addresses that are blocked now, with their requests in the last unit" },
	{ "pike.forget", RIGHT_ADMIN, forget_args, rpc_forget,
	  "begin to count an address anew, so that it is not blocked" },
	{ 0 }
};

/* ---- life ---- */

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct pike_shared *shared = lcs_shared(mod);
	const struct pike_conf *c = conf;

	(void)next;
	if (!shared->table)
		shared->table = rate_new((size_t)c->max_addresses);
	return shared->table ? 0 : -ENOMEM;
}

static void unload(struct lcs_mod *mod)
{
	rate_free(&((struct pike_shared *)lcs_shared(mod))->table);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_DURATION(struct pike_conf, sampling_time_unit, "2s", 100, 3600000, "s",
	    "the unit of time in which requests are counted"),
	PARAM_INT(struct pike_conf, reqs_density_per_unit, "30", 1, 1000000,
	    "so many requests of one address in a unit are let through"),
	PARAM_INT(struct pike_conf, ipv6_prefix, "64", 16, 128,
	    "addresses with so many leading bits in common count as one"),
	{ .name = "max_addresses", .type = VALUE_INT,
	  .offset = LCS_AT(struct pike_conf, max_addresses, int64_t), .preset = "65536",
	  .min = 64, .max = 16777216, .flags = PARAM_NEEDS_RESTART,
	  .doc = "addresses that are remembered, 64 bytes each" },
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "pike_check_req() -> bool", fn_pike_check_req, IN_REQUEST, FUNC_MUST_CHECK,
	  "count the request for the address it came from; false if there are too many" },
	{ "pike_check_ip(address: any) -> bool", fn_pike_check_ip, IN_ANY, FUNC_MUST_CHECK,
	  "the same for another address, such as that of a client behind a trusted proxy" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "pike_source", VALUE_STRING, true, VAR_ARG_NONE, false, IN_EVENT, 0, get_source, NULL,
	  "in event_route[pike:blocked]: the address or network that is blocked" },
	{ 0 }
};

static const struct lcs_event_decl events[] = {
	{ "pike:blocked", "an address has just sent more than it may; the message is the first "
	  "one too many, $pike_source the address" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct pike_local, checked, STAT_COUNTER, "requests counted"),
	LCS_STAT(struct pike_local, blocked, STAT_COUNTER, "requests that were too many"),
	LCS_STAT(struct pike_local, addresses_blocked, STAT_COUNTER,
	    "times that an address began to send too many"),
	{ 0 }
};

LCS_MODULE(pike,
	.summary = "flood detection by source address",
	.conf_size = sizeof(struct pike_conf),
	.local_size = sizeof(struct pike_local),
	.shared_size = sizeof(struct pike_shared),
	.params = params,
	.funcs = funcs,
	.vars = vars,
	.events = events,
	.stats = stats,
	.rpcs = rpcs,
	.prepare = prepare,
	.unload = unload,
	.manual =
	    "Refused requests count as well: an address stays blocked for as long as it goes on,\n"
	    "and is free again when it has sent less than `reqs_density_per_unit` in one unit.\n"
	    "\n"
	    "The table never grows. When it is full, a new address takes the place of one of the\n"
	    "quietest, so forged addresses without number do not push out one that floods.\n"
	    "\n"
	    "    if (!pike_check_req()) {\n"
	    "        xwarn(f\"flood from $si\");\n"
	    "        drop;                      # no answer: it would only be more traffic\n"
	    "    }\n"
	    "\n"
	    "Over UDP anybody can forge an address and so get it blocked. Let trusted peers pass\n"
	    "before the check: `if (!allow_source_address() && !pike_check_req()) drop;`\n",
);
