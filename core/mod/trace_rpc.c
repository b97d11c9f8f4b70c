/*
 * core/mod/trace_rpc.c - asking all workers what they remember (lcsctl trace, coverage).
 */
#include "core/mod/former.h"
#include "core/mod/trace.h"

#include "cfg/cover.h"
#include "cfg/program.h"
#include "cfg/source.h"
#include "utils/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_PRESET 20
#define COUNT_MAX    1000
#define STEPS_SHOWN  500u
#define SCRIPTS_MAX  32u

struct question {
	struct slice     user, call_id;
	bool             has_source;
	struct ip_net    source;
	uint16_t         source_port;		/* 0: any */
	unsigned         status_from, status_to;	/* 0, 0: any */
	msec_t           slower_ms;
	enum trace_level level;
	unsigned         count;
	bool             follows;		/* only what came after the cursor */
	uint32_t         after[WORKERS_MAX], next[WORKERS_MAX];
	struct former    scripts[SCRIPTS_MAX];	/* those that may have taken the steps */
	unsigned         script_count;
	struct arena    *arena;
	json_t          *found;			/* array, the latest first per worker */
	bool             is_short;
};

/* ---- which ---- */

static struct slice name_of(const struct flight_name *n) { return slice_of(n->text, n->len); }

static bool has(const struct flight_name *n, struct slice wanted)
{
	struct slice s = name_of(n);

	if (n->is_cut && wanted.len > s.len)
		wanted = slice_first(wanted, s.len);
	return s.len && slice_search(s, wanted) < s.len;
}

static bool is_from(const struct flight_run *r, const struct question *q)
{
	return ip_net_covers(&q->source, &r->from.ip) &&
	    (!q->source_port || q->source_port == r->from.port);
}

static bool is_wanted(const struct question *q, const struct flight_run *r)
{
	if (q->user.len && !has(&r->caller, q->user) && !has(&r->callee, q->user) &&
	    !has(&r->uri, q->user))
		return false;
	if (q->call_id.len && !has(&r->call_id, q->call_id))
		return false;
	if (q->has_source && !is_from(r, q))
		return false;
	if (q->status_to && (r->status < q->status_from || r->status > q->status_to))
		return false;
	return q->slower_ms == 0 || r->took >= q->slower_ms;
}

/* ---- one run ---- */

static json_t *step_json(const struct trace_line *l)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o}", "file", l->file, "line",
	    (json_int_t)l->line, "column", (json_int_t)l->column, "text", json_slice(l->text),
	    "value", json_slice(l->value));
}

static void put_line(const struct question *q, json_t *lines, const struct trace_line *l)
{
	struct slice place = trace_place(q->arena, l);
	struct slice s = arena_printf(q->arena, " %-20.*s  %-48.*s  %.*s", SLICE_ARG(place),
	    SLICE_ARG(l->text), SLICE_ARG(l->value));

	while (s.len && s.p[s.len - 1] == ' ')
		s.len--;
	json_array_append_new(lines, json_slice(s));
}

/* A script that is gone cannot be shown; what it decided, can. */
static const struct program *program_of(const struct question *q, const struct flight_run *r)
{
	for (unsigned i = q->script_count; i-- > 0; )
		if ((uint32_t)q->scripts[i].number == r->generation)
			return q->scripts[i].program;
	return NULL;
}

static unsigned add_steps(const struct question *q, const struct flight_view *v,
    const struct flight_run *r, json_t *steps, json_t *lines)
{
	const struct program *p = program_of(q, r);
	const struct tape_step *last_call = NULL;
	uint32_t end = r->is_over ? r->last_step : v->tape->at;
	struct trace_line l;
	unsigned n = 0;

	for (uint32_t at = r->first_step; p && at != end && n < STEPS_SHOWN; at++) {
		const struct tape_step *s = flight_step(v, r, at);

		if (s && trace_step(p, v->tape, at, last_call, q->level, q->arena, &l)) {
			json_array_append_new(steps, step_json(&l));
			put_line(q, lines, &l);
			n++;
		}
		if (s && step_kind(s) == TAPE_CALL)
			last_call = s;
	}
	if (!p && r->route >= 0)
		json_array_append_new(lines, json_string(" (by a configuration that is gone)"));
	return n;
}

static struct slice shown_name(const struct question *q, const struct flight_name *n)
{
	return n->is_cut ? arena_printf(q->arena, "%.*s...", SLICE_ARG(name_of(n))) : name_of(n);
}

static struct slice what_of(const struct question *q, const struct flight_run *r)
{
	const struct program *p = program_of(q, r);
	char peer[ADDR_TEXT_BYTES];
	struct slice method = sip_method_name((enum sip_method)r->method);

	sock_addr_format(&r->from, peer);
	if (!r->is_request)
		return arena_printf(q->arena, "%u to %.*s from %s/%.*s", r->status,
		    SLICE_ARG(method), peer,
		    SLICE_ARG(transport_uri_name((enum sip_transport)r->transport)));
	return arena_printf(q->arena, "%.*s %.*s from %s/%.*s in %.*s", SLICE_ARG(method),
	    SLICE_ARG(shown_name(q, &r->uri)), peer,
	    SLICE_ARG(transport_uri_name((enum sip_transport)r->transport)),
	    SLICE_ARG(p && r->route >= 0 ? p->routes[r->route].name : SLICE("a script")));
}

static struct slice outcome_of(const struct question *q, const struct flight_run *r)
{
	if (!r->is_over)
		return SLICE("=> waits");
	if (r->is_request && r->status)
		return arena_printf(q->arena, "=> replied %u, %u ms", r->status, r->took);
	return arena_printf(q->arena, "=> %u ms", r->took);
}

static void add_run(struct question *q, const struct flight_view *v, const struct flight_run *r)
{
	json_t *steps = json_array(), *lines = json_array(), *run;
	int64_t age = loop_now(worker_loop()) - r->begin;
	int64_t when = clock_wall() - age / 1000;
	struct slice what = what_of(q, r), outcome = outcome_of(q, r);

	json_array_append_new(lines, json_slice(arena_printf(q->arena, "%.*s  call-id %.*s, %lld.%03lld s ago",
	    SLICE_ARG(what), SLICE_ARG(shown_name(q, &r->call_id)), (long long)age / 1000,
	    (long long)age % 1000)));
	add_steps(q, v, r, steps, lines);
	if (r->is_request)
		json_array_append_new(lines, json_slice(outcome));
	run = json_pack("{s:I, s:I, s:i, s:o, s:o, s:o, s:o, s:o, s:i, s:I, s:b, s:o, s:o}",
	    "time", (json_int_t)when, "age_ms", (json_int_t)age, "worker", worker_self(),
	    "what", json_slice(what), "uri", json_slice(name_of(&r->uri)), "from",
	    json_slice(name_of(&r->caller)),
	    "to", json_slice(name_of(&r->callee)), "call_id", json_slice(name_of(&r->call_id)),
	    "status", (int)r->status, "took_ms", (json_int_t)r->took, "is_over", r->is_over,
	    "steps", steps, "lines", lines);
	if (!run || json_array_append_new(q->found, run) != 0)
		q->is_short = true;
}

/* ---- one worker ---- */

static void ask_worker(unsigned index, void *arg)
{
	struct question *q = arg;
	struct flight_view v = flight_view();
	uint32_t oldest;
	unsigned n = 0;

	if (!v.runs)
		return;
	oldest = v.next > v.mask ? v.next - v.mask - 1 : 0;
	if (q->follows && q->after[index] - oldest <= v.next - oldest)
		oldest = q->after[index];
	q->next[index] = v.next;
	for (uint32_t i = v.next; i != oldest && n < q->count; i--) {
		const struct flight_run *r = &v.runs[(i - 1) & v.mask];

		if (r->number != i - 1 || !is_wanted(q, r))
			continue;
		add_run(q, &v, r);
		n++;
	}
}

/* ---- what is asked ---- */

/* "503" or "5xx" */
static bool read_status(struct slice s, struct question *q)
{
	uint32_t n;

	if (s.len == 0)
		return true;
	if (s.len == 3 && is_digit(s.p[0]) && slice_eq_nocase(slice_skip(s, 1), SLICE("xx"))) {
		q->status_from = (unsigned)(s.p[0] - '0') * 100;
		q->status_to = q->status_from + 99;
		return q->status_from >= 100 && q->status_from <= 600;
	}
	if (slice_to_u32(s, &n) != 0 || n < 100 || n > 699)
		return false;
	q->status_from = q->status_to = n;
	return true;
}

/* "192.0.2.1", "[2001:db8::1]:5060", "10.0.0.0/8" */
static bool read_source(struct slice s, struct question *q)
{
	struct sock_addr addr;

	q->has_source = s.len > 0;
	if (s.len == 0 || ip_net_parse(s, &q->source) == 0)
		return true;
	if (sock_addr_parse(s, &addr) != 0)
		return false;
	q->source = (struct ip_net){ addr.ip, addr.ip.family == 4 ? 32 : 128 };
	q->source_port = addr.port;
	return true;
}

static bool read_level(struct slice s, struct question *q)
{
	static const char *const words[] = { "decisions", "calls", "values" };

	q->level = TRACE_CALLS;
	for (unsigned i = 0; i < 3; i++)
		if (slice_eq(s, slice_str(words[i]))) {
			q->level = (enum trace_level)i;
			return true;
		}
	return s.len == 0;
}

static bool read_cursor(struct slice s, struct question *q)
{
	q->follows = s.len > 0;
	for (unsigned i = 0; s.len && i < WORKERS_MAX; i++)
		if (slice_to_u32(slice_split(&s, '.'), &q->after[i]) != 0)
			return false;
	return true;
}

static const char *read_question(const json_t *params, struct question *q)
{
	const json_t *count = json_object_get(params, "count");

	q->user = json_text(params, "user");
	q->call_id = json_text(params, "call_id");
	q->count = COUNT_PRESET;
	if (count && (json_integer_value(count) < 1 || json_integer_value(count) > COUNT_MAX))
		return "count is 1 to 1000";
	if (count)
		q->count = (unsigned)json_integer_value(count);
	if (!read_status(json_text(params, "status"), q))
		return "status is a number like 503, or a class like 5xx";
	if (!read_source(json_text(params, "source"), q))
		return "source is an address, with or without port, or a network";
	if (!read_level(json_text(params, "level"), q))
		return "levels are decisions, calls, values";
	return read_cursor(json_text(params, "after"), q) ? NULL : "this is no cursor";
}

/* ---- the answer ---- */

static int by_age(const void *a, const void *b)
{
	json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "age_ms"));
	json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "age_ms"));

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The oldest first, as it happened; of all workers' the latest. */
static json_t *in_order(const struct question *q)
{
	size_t n = json_array_size(q->found), skip = n > q->count ? n - q->count : 0;
	json_t **list = arena_alloc(q->arena, (n + 1) * sizeof(*list));
	json_t *out = json_array();

	/* Each worker gave the latest first. */
	for (size_t i = 0; list && i < n; i++)
		list[i] = json_array_get(q->found, n - 1 - i);
	if (list)
		qsort(list, n, sizeof(*list), by_age);
	for (size_t i = skip; list && i < n; i++)
		json_array_append(out, list[i]);
	return out;
}

static struct slice cursor(const struct question *q)
{
	struct slice s = SLICE_NULL;

	for (unsigned i = 0; i < worker_count(); i++)
		s = i ? arena_printf(q->arena, "%.*s.%u", SLICE_ARG(s), q->next[i]) :
		    arena_printf(q->arena, "%u", q->next[i]);
	return s;
}

static int run_trace(struct lcs_rpc_call *call)
{
	struct question *q = arena_zalloc(call->arena, sizeof(*q));
	const char *wrong;
	int err;

	if (!q)
		return -ENOMEM;
	q->arena = call->arena;
	err = lcs_rpc_time(call, "slower", 1, &q->slower_ms);
	if (err < 0)
		return err;
	wrong = read_question(call->params, q);
	if (wrong)
		return lcs_rpc_fail(call, -EINVAL, "%s", wrong);
	q->script_count = former_list(q->scripts, SCRIPTS_MAX);
	q->found = json_array();
	if (q->found)
		worker_on_each(ask_worker, q);
	call->result = json_pack("{s:o, s:o}", "cursor", json_slice(cursor(q)), "runs", in_order(q));
	json_decref(q->found);
	return q->is_short || !call->result ? -ENOMEM : 0;
}

/* ---- coverage ---- */

struct counting { const struct lcs_gen *gen; uint64_t *sum; };

static void add_counts(unsigned index, void *arg)
{
	const struct counting *c = arg;

	(void)index;
	flight_add_counts(c->gen, c->sum);
}

static int run_coverage(struct lcs_rpc_call *call)
{
	struct counting c = { plan_of(gen_peek()), NULL };
	bool unused = json_is_true(json_object_get(call->params, "unused"));
	struct cover_line *lines;
	unsigned n;

	if (!c.gen)
		return lcs_rpc_fail(call, -ENOENT, "there is no configuration");
	c.sum = arena_zalloc(call->arena, tape_counters(c.gen->program->code_count,
	    c.gen->program->route_count) * sizeof(*c.sum));
	call->result = json_array();
	if (!c.sum || !call->result)
		return -ENOMEM;
	worker_on_each(add_counts, &c);
	n = cover_lines(c.gen->program, c.sum, call->arena, &lines);
	for (unsigned i = 0; i < n; i++)
		if (!unused || lines[i].count == 0)
			json_array_append_new(call->result, json_pack("{s:o, s:I, s:o}", "place",
			    json_slice(arena_printf(call->arena, "%s:%u", lines[i].source->name,
			    lines[i].line)),
			    "count", (json_int_t)lines[i].count, "text",
			    json_slice(slice_trim(source_line(lines[i].source, lines[i].line)))));
	return 0;
}

/* ---- the table ---- */

static const struct lcs_rpc_arg trace_args[] = {
	{ "user", VALUE_STRING, false, "part of From, To or Request-URI: alice@example.com" },
	{ "call_id", VALUE_STRING, false, "Call-ID" },
	{ "source", VALUE_STRING, false, "address it came from, with or without port, or a network: 10.0.0.0/8" },
	{ "status", VALUE_STRING, false, "503, or 5xx: as answered, or of a response" },
	{ "slower", VALUE_DURATION, false, "100ms, 2s: those that took longer until their final response" },
	{ "level", VALUE_STRING, false, "decisions, calls (preset), values" },
	{ "count", VALUE_INT, false, "at most so many, the latest (20)" },
	{ "after", VALUE_STRING, false, "the cursor of an answer before: only what came since" },
	{ 0 }
};
static const struct lcs_rpc_arg coverage_args[] = {
	{ "unused", VALUE_BOOL, false, "only lines that have not run" }, { 0 }
};

const struct lcs_rpc trace_rpcs[] = {
	{ "trace.show", RIGHT_READ, trace_args, run_trace,
	  "what happened to the last messages, and which line decided it" },
	{ "coverage.show", RIGHT_READ, coverage_args, run_coverage,
	  "how often each line of the script ran since it was loaded" },
	{ 0 }
};
