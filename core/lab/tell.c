/*
 * core/lab/tell.c - see tell.h.
 */
#include "core/lab/tell.h"

#include "cfg/source.h"
#include "core/lab/log.h"
#include "core/lab/steps.h"

#define TOLD_STEPS 3u

const char *tell_place(struct cfg_span at)
{
	if (!at.source)
		return "?";
	return lab_text("%s:%u:%u", at.source->name, at.line, at.column);
}

struct slice tell_source(struct cfg_span at)
{
	struct slice line = at.source ? source_line(at.source, at.line) : SLICE_NULL;

	if (!line.len)
		return SLICE("?");
	if (at.end_line == at.line && at.end_column > at.column)
		line = slice_first(line, at.end_column - 1);
	return slice_trim(slice_skip(line, at.column - 1));
}

/* ---- what led there ---- */

struct told { const char *lines[TOLD_STEPS]; unsigned count; };

static void keep(struct told *t, const char *line)
{
	if (t->count == TOLD_STEPS) {
		for (unsigned i = 1; i < TOLD_STEPS; i++)
			t->lines[i - 1] = t->lines[i];
		t->count--;
	}
	t->lines[t->count++] = line;
}

/* Decisions and what they were made of; an answer itself is no reason for it. */
static void consider(uint32_t at, const struct tape_step *s, const struct trace_line *l, void *arg)
{
	const char *note = steps_note(at);

	if (step_kind(s) != TAPE_CALL && step_kind(s) != TAPE_BRANCH && step_kind(s) != TAPE_LATE)
		return;
	keep(arg, lab_text("%s:%u:%u  %.*s -> %.*s%s%s", l->file, l->line, l->column,
	    SLICE_ARG(l->text), SLICE_ARG(l->value), *note ? "   " : "", note));
}

static const char *reasons(const struct lab_out *o)
{
	uint32_t before = o ? o->step : steps_now();
	const struct flight_run *r = steps_run_at(before);
	struct told told = { .count = 0 };
	const char *text = "";

	if (!r)
		return "\n(no line of the script has run)";
	steps_each(r, before, TRACE_CALLS, consider, &told);
	for (unsigned i = told.count; i > 0; i--)
		text = lab_text("%s\n%s %s", text, i == told.count ? "decided at" : "          ",
		    told.lines[i - 1]);
	return text;
}

void tell_miss(struct cfg_span at, const struct lab_out *o, const char *fmt, ...)
{
	struct slice why, error = fake_log_last_error();
	va_list ap;

	va_start(ap, fmt);
	why = arena_vprintf(lab.arena, fmt, ap);
	va_end(ap);
	lab_fail(at, "%.*s%s%s%.*s", SLICE_ARG(why), reasons(o), error.len ? "\nlogged: " : "",
	    SLICE_ARG(error));
}
