/*
 * core/lab/steps.c - see steps.h.
 */
#include "core/lab/steps.h"

#include "cfg/program.h"
#include "core/lab/lab.h"
#include "core/lab/run.h"

#define NOTES 131072u			/* a power of two, at least the tape's length */
#define VALUE_SHOWN 60u

struct note { uint32_t at; bool is_set; const char *text; };
static struct note notes[NOTES];

/* ---- the recorder of the only worker that runs anything here ---- */

struct look { struct flight_view view; };

static void look_here(void *arg) { ((struct look *)arg)->view = flight_view(); }

static struct flight_view view(void)
{
	struct look look = { .view = { .runs = NULL } };

	if (worker_self() >= 0)
		return flight_view();
	if (worker_count() > 0)
		fake_as_worker(0, look_here, &look);
	return look.view;
}

uint32_t steps_now(void)
{
	struct flight_view v = view();

	return v.runs ? v.tape->at : 0;
}

/* ---- notes ---- */

static void add_note(const char *text)
{
	uint32_t at = steps_now();
	struct note *n = &notes[at & (NOTES - 1)];

	if (n->is_set && n->at == at)
		text = lab_text("%s, %s", n->text, text);
	*n = (struct note){ at, true, text };
}

/* Who asks for credentials must not find them in a log of a test. */
static bool is_secret(const struct sym_var *v, struct value key)
{
	return slice_eq(slice_str(v->name), SLICE("hdr")) && key.type == VALUE_STRING &&
	    slice_search(key.s, SLICE("uthorization")) < key.s.len;
}

static const char *shown(struct value value)
{
	struct slice s = value_text(lab.arena, value);

	if (value.type == VALUE_NULL)
		return "null";
	if (value.type != VALUE_STRING)
		return lab_text("%.*s", SLICE_ARG(s));
	return lab_text("\"%.*s\"%s", SLICE_ARG(slice_first(s, VALUE_SHOWN)),
	    s.len > VALUE_SHOWN ? "..." : "");
}

void steps_note_get(const struct sym_var *v, struct value key, struct value value)
{
	const char *name = key.type == VALUE_STRING ? lab_text("$%s(%.*s)", v->name,
	    SLICE_ARG(key.s)) : lab_text("$%s", v->name);

	add_note(lab_text("%s = %s", name, is_secret(v, key) ? "(hidden)" : shown(value)));
}

void steps_note_mock(bool matched) { add_note(matched ? "(mocked)" : "(no mock matched)"); }

const char *steps_note(uint32_t at)
{
	const struct note *n = &notes[at & (NOTES - 1)];

	return n->is_set && n->at == at ? n->text : "";
}

/* ---- looking back ---- */

const struct flight_run *steps_run_at(uint32_t at)
{
	struct flight_view v = view();
	const struct tape_step *s;

	if (!v.runs || at == 0)
		return NULL;
	s = &v.tape->steps[(at - 1) & v.tape->mask];
	return v.runs[s->run & v.mask].number == s->run ? &v.runs[s->run & v.mask] : NULL;
}

void steps_each(const struct flight_run *r, uint32_t before, enum trace_level level,
    steps_each_fn *fn, void *arg)
{
	const struct program *p = plan_of(gen_peek())->program;
	const struct tape_step *last_call = NULL;
	struct flight_view v = view();

	for (uint32_t at = r->first_step; v.runs && at < before; at++) {
		const struct tape_step *s = flight_step(&v, r, at);
		struct trace_line l;

		if (s && trace_step(p, v.tape, at, last_call, level, lab.arena, &l))
			fn(at, s, &l, arg);
		if (s && step_kind(s) == TAPE_CALL)
			last_call = s;
	}
}

/* ---- counters ---- */

static void add_counts(unsigned index, void *arg)
{
	(void)index;
	flight_add_counts(plan_of(gen_peek()), arg);
}

const uint64_t *steps_counts(struct arena *arena)
{
	const struct program *p = plan_of(gen_peek())->program;
	uint64_t *sum = arena_zalloc(arena, tape_counters(p->code_count, p->route_count) *
	    sizeof(*sum));

	if (sum && worker_self() >= 0)
		add_counts(0, sum);
	else if (sum)
		worker_on_each(add_counts, sum);
	return sum;
}
