/*
 * cfg/tape.c - see tape.h; the machine itself writes its steps in vm_step.h.
 */
#include "cfg/tape.h"

#include "cfg/fiber.h"
#include "cfg/source.h"

#define SHOWN_MAX 100u			/* bytes of a line of the script */

void tape_begin(struct tape *tape, struct fiber *f, uint32_t run, uint32_t *counts)
{
	f->tape = tape;
	f->run_number = run;
	f->counts = counts;
	counts[2 * f->program->code_count + f->frames[0].route]++;
}

void tape_note(struct fiber *f, enum tape_kind kind, unsigned detail, uint64_t value)
{
	struct tape *t = f ? f->tape : NULL;

	if (!t)
		return;
	t->steps[t->at++ & t->mask] = (struct tape_step){ f->run_number,
		(f->pc ? f->pc - 1 : 0) << 8 | (uint32_t)kind << 4 | detail, value };
}

void tape_note_text(struct fiber *f, struct slice text)
{
	bool is_cut = text.len > TAPE_TEXT_MAX;
	struct slice rest = is_cut ? slice_first(text, TAPE_TEXT_MAX - 3) : text;
	char bytes[TAPE_TEXT_MAX + 8] = "";
	size_t len = rest.len + (is_cut ? 3 : 0);

	if (!f || !f->tape)
		return;
	if (rest.len)
		memcpy(bytes, rest.p, rest.len);
	if (is_cut)
		memcpy(bytes + rest.len, "...", 3);
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t value;

		memcpy(&value, bytes + i, sizeof(value));
		tape_note(f, TAPE_TEXT, 0, value);
	}
}

/* ---- reading ---- */

struct slice tape_text(struct arena *arena, const struct tape *t, uint32_t at)
{
	const struct tape_step *first = &t->steps[at & t->mask], *s;
	char bytes[TAPE_TEXT_MAX + 1] = "";
	size_t len = 0;

	while (++at != t->at && len < TAPE_TEXT_MAX) {
		s = &t->steps[at & t->mask];
		if (s->run != first->run || step_kind(s) != TAPE_TEXT)
			break;
		memcpy(bytes + len, &s->value, sizeof(s->value));
		len += sizeof(s->value);
	}
	return arena_printf(arena, "%s", bytes);
}

static struct slice packed_text(struct arena *arena, uint64_t value)
{
	char bytes[sizeof(value)];
	size_t len = 0;

	memcpy(bytes, &value, sizeof(bytes));
	while (len < sizeof(bytes) && bytes[len])
		len++;
	return arena_printf(arena, "\"%.*s\"%s", (int)len, bytes, len == sizeof(bytes) ? "..." : "");
}

struct slice tape_value_text(struct arena *arena, const struct tape_step *s)
{
	switch ((enum value_type)step_detail(s)) {
	case VALUE_NULL:   return SLICE("null");
	case VALUE_BOOL:   return s->value ? SLICE("true") : SLICE("false");
	case VALUE_INT:    return arena_printf(arena, "%lld", (long long)s->value);
	case VALUE_STRING: return packed_text(arena, s->value);
	case VALUE_DURATION:
		return value_text(arena, value_duration((usec_t)s->value));
	default:
		return slice_str(value_type_name((enum value_type)step_detail(s)));
	}
}

/* "(a ?? 0) > 2" begins at "a": parentheses belong to no operand, but to who reads it. */
static void take_parentheses(struct slice line, size_t *from, size_t *to)
{
	int open = 0, missing = 0;

	for (size_t i = *from; i < *to; i++) {
		open += line.p[i] == '(' ? 1 : line.p[i] == ')' ? -1 : 0;
		if (-open > missing)
			missing = -open;
	}
	for (open += missing; missing > 0 && *from > 0 && line.p[*from - 1] == '('; missing--)
		--*from;
	for (; open > 0 && *to < line.len && line.p[*to] == ')'; open--)
		++*to;
}

struct slice tape_source_text(const struct program *p, const struct tape_step *s)
{
	struct cfg_span at = program_place(p, step_pc(s));
	struct slice line = at.source ? source_line(at.source, at.line) : SLICE_NULL;
	size_t from = at.column ? at.column - 1 : 0, to = line.len;

	if (at.end_line == at.line && at.end_column > at.column && at.end_column - 1 <= to) {
		to = at.end_column - 1;
		take_parentheses(line, &from, &to);
	}
	line = slice_trim(slice_skip(slice_first(line, to), from));
	return slice_first(line, SHOWN_MAX);
}

static enum op op_at(const struct program *p, uint32_t pc) { return op_of(p->code[pc]); }

bool tape_condition(const struct program *p, const struct tape_step *s)
{
	bool jumped = step_detail(s) != 0;

	switch (op_at(p, step_pc(s))) {
	case OPC_JF:
	case OPC_ITER:
	case OPC_COUNT: return !jumped;
	default:        return jumped;
	}
}

/* "if (f())": the call's own step says it. */
bool tape_is_echo(const struct program *p, const struct tape_step *before,
    const struct tape_step *s)
{
	return before && step_kind(s) == TAPE_BRANCH && step_kind(before) == TAPE_CALL &&
	    step_pc(before) + (uint32_t)op_table[op_at(p, step_pc(before))].words == step_pc(s);
}
