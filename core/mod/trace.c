/*
 * core/mod/trace.c - steps of a run in words.
 */
#include "core/mod/trace.h"

#include "cfg/program.h"
#include "cfg/source.h"

#define STATUS_WORDS_MAX 5u

static bool is_branch_word(enum op op)
{
	return op == OPC_JF || op == OPC_JT;
}

static struct slice end_text(unsigned status)
{
	static const char *const words[STATUS_WORDS_MAX] = {
		"end", "exit", "drop", "waits", "run-time error"
	};

	return slice_str(status < STATUS_WORDS_MAX ? words[status] : "end");
}

static struct slice hop_text(struct arena *arena, const struct tape_step *s)
{
	struct sock_addr a = { .ip.family = 4, .port = (uint16_t)(s->value >> 32) };
	uint32_t ip = (uint32_t)s->value;
	char text[ADDR_TEXT_BYTES];

	if (step_detail(s) == 0)
		return SLICE("next hop by DNS");
	memcpy(a.ip.bytes, &ip, sizeof(ip));
	sock_addr_format(&a, text);
	return arena_printf(arena, "to %s/%.*s", text,
	    SLICE_ARG(transport_uri_name((enum sip_transport)(s->value >> 56))));
}

static bool branch(const struct program *p, const struct tape_step *s,
    const struct tape_step *last_call, struct trace_line *out)
{
	enum op op = op_of(p->code[step_pc(s)]);

	if (!is_branch_word(op) || tape_is_echo(p, last_call, s))
		return false;		/* "??" and loops show by what follows them */
	out->value = tape_condition(p, s) ? SLICE("true") : SLICE("false");
	return true;
}

/* Whether a condition turned on this call. */
static bool decides(const struct program *p, const struct tape_step *s)
{
	uint32_t next = step_pc(s) + 2;

	return next < p->code_count && is_branch_word(op_of(p->code[next]));
}

/* With $err behind the value, if the function set it: "false (wrong)". */
static bool call(const struct program *p, const struct tape *tape, uint32_t step,
    enum trace_level level, struct arena *arena, struct trace_line *out)
{
	const struct tape_step *s = &tape->steps[step & tape->mask];
	struct slice why;

	if (level == TRACE_DECISIONS && !decides(p, s))
		return false;
	if (level == TRACE_VALUES || step_detail(s) != VALUE_STRING)
		out->value = tape_value_text(arena, s);
	else
		out->value = SLICE("a text");
	why = tape_text(arena, tape, step);
	if (why.len)
		out->value = arena_printf(arena, "%.*s (%.*s)", SLICE_ARG(out->value),
		    SLICE_ARG(why));
	return true;
}

static struct slice answer_text(struct arena *arena, uint16_t status, struct slice said)
{
	struct slice phrase = said.len ? said : sip_reason(status);

	return arena_printf(arena, "%u %.*s", status, SLICE_ARG(phrase));
}

struct slice trace_place(struct arena *arena, const struct trace_line *l)
{
	const char *base = strrchr(l->file, '/');

	return arena_printf(arena, "%s:%u", base ? base + 1 : l->file, l->line);
}

bool trace_step(const struct program *p, const struct tape *tape, uint32_t step,
    const struct tape_step *last_call, enum trace_level level, struct arena *arena,
    struct trace_line *out)
{
	const struct tape_step *s = &tape->steps[step & tape->mask];
	struct cfg_span at = program_place(p, step_pc(s));

	*out = (struct trace_line){ at.source ? at.source->name : "?", at.line, at.column,
		tape_source_text(p, s), SLICE_NULL };
	switch (step_kind(s)) {
	case TAPE_CALL:   return call(p, tape, step, level, arena, out);
	case TAPE_BRANCH: return branch(p, s, last_call, out);
	case TAPE_ROUTE:  return level > TRACE_DECISIONS;
	case TAPE_WAIT:   out->value = SLICE("waits"); return level > TRACE_DECISIONS;
	case TAPE_LATE:   out->value = SLICE("too late: else"); return true;
	case TAPE_END:    out->text = end_text(step_detail(s)); return true;
	case TAPE_REPLY:
		out->text = SLICE("reply");
		out->value = answer_text(arena, (uint16_t)s->value, tape_text(arena, tape, step));
		return true;
	case TAPE_RELAY:
		out->text = SLICE("relay");
		out->value = hop_text(arena, s);
		return true;
	case TAPE_TEXT:   return false;		/* told with the step before it */
	}
	return false;
}
