/*
 * test/unit/cfg/tape_test.c - what a run leaves on its tape, and how often each line ran.
 */
#include "test/unit/cfg/run.h"

#include "cfg/cover.h"
#include "cfg/fiber.h"
#include "cfg/tape.h"

#define STEPS 64u

struct recorded { struct tape tape; struct tape_step steps[STEPS]; uint32_t *counts; };

static void record(struct scene *s, struct recorded *r, const char *body)
{
	const struct program *p;

	if (scene_load_body(s, body) != 0)
		fail_msg("%s", scene_messages(s));
	p = s->cfg->program;
	r->tape = (struct tape){ r->steps, STEPS - 1, 0 };
	r->counts = arena_zalloc(s->arena, tape_counters(p->code_count, p->route_count) *
	    sizeof(*r->counts));
	scene_begin(s, NULL);
	tape_begin(&r->tape, s->fiber, 7, r->counts);
	while (scene_go(s) == VM_SUSPENDED)
		vm_resume(s->fiber, fake_result(&s->fake, s->fiber->waits_for));
}

/* ---- lines ---- */

/* "1 0 2": a number for each line of the body that has code. */
static void counts_of(struct scene *s, const struct recorded *r, char *text, size_t room)
{
	const struct program *p = s->cfg->program;
	size_t n = tape_counters(p->code_count, p->route_count), len = 0;
	uint64_t *sum = arena_zalloc(s->arena, n * sizeof(*sum));
	struct cover_line *lines;
	unsigned count;

	for (size_t i = 0; i < n; i++)
		sum[i] = r->counts[i];
	count = cover_lines(p, sum, s->arena, &lines);
	for (unsigned i = 0; i + 1 < count; i++)	/* the last is "drop" behind each body */
		len += (size_t)snprintf(text + len, room - len, "%s%llu", i ? " " : "",
		    (unsigned long long)lines[i].count);
	if (count < 2)
		text[0] = '\0';
}

static void lines(void **state)
{
	static const struct { const char *body, *counts; } rows[] = {
		{ "setflag(1);\nsetflag(2);", "1 1" },
		{ "if ($ml == 1)\nsetflag(1);\nelse\nsetflag(2);\nsetflag(3);", "1 1 0 1" },
		{ "if ($ml == 2)\nsetflag(1);\nelse\nsetflag(2);\nsetflag(3);", "1 0 1 1" },
		{ "if ($ml == 2 ||\n$ml == 3 ||\n$ml == 1)\nsetflag(1);", "1 1 1 1" },
		{ "if ($ml == 1 ||\n$ml == 3)\nsetflag(1);", "1 0 1" },
		{ "if ($ml == 2 &&\n$ml == 1)\nsetflag(1);", "1 0 0" },
		{ "if (has_totag())\nexit;\nsetflag(1);", "1 1 0" },
		{ "if (!has_totag())\nexit;\nsetflag(1);", "1 0 1" },
		{ "foreach (i in [1, 2, 3])\nsetflag(i);\nsetflag(4);", "4 3 1" },
		{ "foreach (i in range(0, 3)) {\nif (i == 1)\nsetflag(i);\nsetflag(i);\n}", "4 3 1 3" },
		{ "foreach (i in range(0, 3)) {\nforeach (k in range(0, 2)) {\nsetflag(k);\n}\n}",
		  "4 9 6" },
		{ "switch ($ml) {\ncase 1:\nsetflag(1);\nbreak;\ndefault:\nsetflag(2);\n}", "1 1 1 1 0 0" },
		{ "var x = $rU ??\n\"nobody\";\nsetflag(x);", "1 1 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s = scene_new();
		struct recorded r;
		char text[200];

		record(s, &r, rows[i].body);
		counts_of(s, &r, text, sizeof(text));
		if (strcmp(text, rows[i].counts) != 0)
			fail_msg("%s\nran: %s\nwanted: %s", rows[i].body, text, rows[i].counts);
		scene_free(s);
	}
}

/* ---- texts ---- */

static void texts(void **state)
{
	static const struct { const char *text, *wanted; } rows[] = {
		{ "", "" }, { "No", "No" }, { "8 bytes.", "8 bytes." },
		{ "forty bytes of text are just what it has", "forty bytes of text are just what it has" },
		{ "forty bytes of text are just what it hasn't", "forty bytes of text are just what it ..." },
	};
	struct tape_step steps[16] = { { 0 } };
	struct tape tape = { .steps = steps, .mask = 15, .at = 13 };	/* across the ring's end */
	struct fiber f = { .tape = &tape, .run_number = 7 };
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t at = tape.at;

		tape_note(&f, TAPE_REPLY, 0, 404);
		tape_note_text(&f, slice_str(rows[i].text));
		assert_true(slice_eq(tape_text(arena, &tape, at), slice_str(rows[i].wanted)));
	}
	f.tape = NULL;
	tape_note_text(&f, SLICE("nobody listens"));
	arena_free(&arena);
}

/* ---- steps ---- */

static const char *line_of(struct scene *s, const struct tape_step *step, char *text, size_t room)
{
	const struct program *p = s->cfg->program;
	struct slice what = tape_source_text(p, step), value = SLICE_NULL;

	if (step_kind(step) == TAPE_CALL)
		value = tape_value_text(s->arena, step);
	if (step_kind(step) == TAPE_BRANCH)
		value = tape_condition(p, step) ? SLICE("yes") : SLICE("no");
	snprintf(text, room, "%d %.*s %.*s", (int)step_kind(step), SLICE_ARG(what),
	    SLICE_ARG(value));
	return text;
}

static void steps(void **state)
{
	static const char *const wanted[] = {
		"1 has_totag() true", "2 ($ml + 1) == (9) no", "1 contacts() list",
	};
	struct scene *s = scene_new();
	struct recorded r;
	char text[200];

	(void)state;
	record(s, &r, "if (has_totag()) {\nif (($ml + 1) == (9)) exit;\n$var(x) = contacts();\n}");
	assert_int_equal(r.tape.at, 4);
	for (unsigned i = 0; i < 3; i++)
		assert_string_equal(line_of(s, &r.steps[i], text, sizeof(text)), wanted[i]);
	assert_int_equal(step_kind(&r.steps[3]), TAPE_END);
	assert_int_equal(step_detail(&r.steps[3]), VM_DROP);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(r.steps[i].run, 7);
	assert_true(tape_is_echo(s->cfg->program, NULL, &r.steps[1]) == false);
	scene_free(s);
}

static void ring_goes_round(void **state)
{
	struct scene *s = scene_new();
	struct recorded r;

	(void)state;
	record(s, &r, "foreach (i in range(0, 500)) setflag(i);");
	assert_true(r.tape.at > 4 * STEPS);
	assert_int_equal(step_kind(&r.steps[(r.tape.at - 1) & r.tape.mask]), TAPE_END);
	scene_free(s);
}

UNIT_MAIN(
	cmocka_unit_test(lines),
	cmocka_unit_test(steps), cmocka_unit_test(texts),
	cmocka_unit_test(ring_goes_round)
)
