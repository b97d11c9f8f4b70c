/*
 * core/lab/mock.c - a host between machine and core: answers for functions that a test mocks,
 * and no way out into the world for those that it does not.
 */
#include "cfg/ast.h"
#include "cfg/cover.h"
#include "cfg/program.h"
#include "core/lab/lab.h"
#include "core/lab/run.h"
#include "core/lab/steps.h"
#include "core/sip/route.h"

#include <time.h>

#define COUNTED_MAX 1024u

struct mocked {
	struct mocked             *next;	/* the latest first: it wins */
	const struct cfg_test_mock *mock;
	struct cfg_span            at;
};
static struct mocked *mocks;
static const struct cfg_test_mock *current;	/* what stand_in() answers for */

static struct { const struct sym_func *func; unsigned count; } counted[COUNTED_MAX];

void lab_mock(const struct cfg_test_mock *mock, struct cfg_span at)
{
	struct mocked *m = arena_zalloc(lab.arena, sizeof(*m));

	if (!m)
		return;
	*m = (struct mocked){ mocks, mock, at };
	mocks = m;
}

/* ---- counting ---- */

static void count(const struct sym_func *f)
{
	unsigned i = 0;

	while (i < COUNTED_MAX - 1 && counted[i].func && counted[i].func != f)
		i++;
	counted[i].func = f;
	counted[i].count++;
}

unsigned lab_calls(struct slice function)
{
	unsigned n = 0;

	for (unsigned i = 0; i < COUNTED_MAX && counted[i].func; i++)
		if (slice_eq(slice_str(counted[i].func->name), function))
			n += counted[i].count;
	return n;
}

/* ---- mocks ---- */

/* Arguments that the test names must be those of the call; the others may be anything. */
static bool is_meant(const struct cfg_test_mock *m, const struct sym_func *f,
    const struct value *argv, unsigned argc)
{
	struct slice given, wanted;

	if (m->func != f || m->argc > argc)
		return false;
	for (unsigned i = 0; i < m->argc; i++) {
		given = value_text(lab.arena, argv[i]);
		wanted = value_text(lab.arena, lab_ask(m->args[i], NULL));
		if (!slice_eq(given, wanted))
			return false;
	}
	return true;
}

/* *is_mocked: there are mocks of this function, whether one fits or not. */
static const struct cfg_test_mock *mock_for(const struct sym_func *f, const struct value *argv,
    unsigned argc, bool *is_mocked)
{
	*is_mocked = false;
	for (const struct mocked *m = mocks; m; m = m->next) {
		*is_mocked |= m->mock->func == f;
		if (is_meant(m->mock, f, argv, argc))
			return m->mock;
	}
	return NULL;
}

/* Nothing at all where the declared type has something: what a failed function gives. */
static struct value nothing_of(const struct sym_func *f)
{
	return f->ret == VALUE_BOOL ? value_bool(false) : value_null();
}

/* In place of what the module brought. */
static enum fn_status stand_in(struct lcs_call *call)
{
	if (current->is_suspended)
		return FN_SUSPENDED;
	if (current->error.len)
		lcs_set_err(call->ctx, lab_text("%.*s", SLICE_ARG(current->error)));
	if (current->has_literal) {
		call->ret = current->literal;
		return FN_DONE;
	}
	call->ret = current->value < 0 ? nothing_of(current->func) :
	    value_copy(lcs_arena(call->ctx), lab_ask((unsigned)current->value, NULL));
	return FN_DONE;
}

/* ---- what only tests ask ---- */

static enum fn_status say_no_apps(struct value *ret)
{
	lab_fail((struct cfg_span){ 0 }, "app_state(): this server has no applications");
	*ret = value_bool(false);
	return FN_DONE;
}

/* A name may be that of routes of several kinds: route[X] comes first. */
static int coverage_of(const uint64_t *counts, struct slice route)
{
	int percent = -1;

	for (unsigned kind = 0; counts && percent < 0 && kind < ROUTE_KINDS; kind++) {
		struct slice name = slice_str(lab_text("%s[%.*s]",
		    route_kind_text((enum route_kind)kind), SLICE_ARG(route)));

		percent = cover_route(plan_of(gen_peek())->program, counts, name, lab.arena);
	}
	return percent;
}

static enum fn_status answer_coverage(struct slice route, struct value *ret)
{
	int percent = coverage_of(steps_counts(lab.arena), route);

	*ret = value_int(percent < 0 ? 0 : percent);
	return FN_DONE;
}

/* "2026-11-21 08:30" or "2026-11-21 08:30:00", UTC; or seconds since 1970. */
static bool read_wall(struct value v, int64_t *out)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *text, *end;

	if (v.type == VALUE_INT) {
		*out = v.i;
		return true;
	}
	if (v.type != VALUE_STRING)
		return false;
	text = lab_text("%.*s", SLICE_ARG(v.s));
	end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	if (!end)
		end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	*out = timegm(&tm);
	return end && !*end;
}

static enum fn_status set_time(struct value when, struct value *ret)
{
	int64_t wall = 0;
	bool fine = read_wall(when, &wall);

	if (fine)
		fake_set_wall(wall);
	else
		lab_fail((struct cfg_span){ 0 }, "set_time() takes \"2026-11-21 08:30\" (UTC)");
	*ret = value_bool(fine);
	return FN_DONE;
}

static enum fn_status answer_test(unsigned which, const struct value *argv, struct value *ret)
{
	switch ((enum test_func)which) {
	case TEST_REPLIED:    *ret = value_bool(lab_has_replied()); break;
	case TEST_RELAYED:    *ret = value_bool(lab_has_relayed()); break;
	case TEST_CHALLENGED: *ret = value_bool(lab_was_challenged()); break;
	case TEST_ARCHIVED:   *ret = value_bool(lab_calls(SLICE("archive")) > 0); break;
	case TEST_CALLS:      *ret = value_int(lab_calls(argv[0].s)); break;
	case TEST_COVERAGE:   return answer_coverage(argv[0].s, ret);
	case TEST_SET_TIME:   return set_time(argv[0], ret);
	case TEST_APP_STATE:
	case TEST_FUNCS:      return say_no_apps(ret);
	}
	return FN_DONE;
}

/* ---- the host ---- */

static bool is_test_func(const struct sym_func *f)
{
	return f >= cfg_test_funcs && f < cfg_test_funcs + TEST_FUNCS;
}

/* A test that asked the real world would be one thing today and another tomorrow. */
static void refuse_world(struct lcs_ctx *ctx, const struct sym_func *f, struct value *ret)
{
	lab_fail(vm_where(lcs_fiber(ctx)), "%s() would touch the world and is not mocked", f->name);
	*ret = nothing_of(f);
}

static enum fn_status call(void *arg, const struct sym_func *f, const struct value *argv,
    unsigned argc, struct value *ret)
{
	const struct cfg_test_mock *mock;
	struct lcs_ctx *ctx = arg;
	bool is_mocked;

	if (is_test_func(f))
		return answer_test((unsigned)(f - cfg_test_funcs), argv, ret);
	if (!lab_is_asking())
		count(f);
	mock = mock_for(f, argv, argc, &is_mocked);
	if (is_mocked)
		steps_note_mock(mock != NULL);
	if (mock) {
		current = mock;
		return host_call_as(ctx, f, stand_in, argv, argc, ret);
	}
	if (f->flags & FUNC_TOUCHES_WORLD) {
		refuse_world(ctx, f, ret);
		return FN_DONE;
	}
	return route_host.call(arg, f, argv, argc, ret);
}

static enum fn_status get(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value *out)
{
	enum fn_status status = route_host.get(arg, v, key, index, out);

	if (status == FN_DONE && !lab_is_asking())
		steps_note_get(v, key, *out);
	return status;
}

void lab_mock_begin(void)
{
	static struct vm_host host;

	host = route_host;
	host.call = call;
	host.get = get;
	route_set_host(&host);
}
