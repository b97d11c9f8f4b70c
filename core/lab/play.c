/*
 * core/lab/play.c - one test from its first step to its last.
 */
#include "core/lab/lab.h"
#include "core/lab/run.h"
#include "core/lab/tell.h"

#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A test says what comes and then what functions answer; so what comes waits until then. */
struct waiting { const struct cfg_test_step *given; const char *file; };

static void let_come(struct waiting *w)
{
	const struct cfg_test_step *s = w->given;

	w->given = NULL;
	if (s)
		lab_give(&s->given, s->at, w->file);
}

static void step(struct waiting *w, const struct cfg_test_step *s)
{
	switch (s->kind) {
	case TEST_GIVEN:
		let_come(w);
		w->given = s;
		break;
	case TEST_MOCK:
		lab_mock(&s->mock, s->at);
		break;
	case TEST_ADVANCE:
		let_come(w);
		fake_advance_to(fake_now() + s->advance / 1000);
		break;
	case TEST_CALL:
		lab_ask(s->call, NULL);
		if (lab.failed && !lab.failed_at.source)
			lab.failed_at = s->at;
		break;
	case TEST_EXPECT:
		let_come(w);
		if (!lab.failed)
			lab_expect(&s->expect, s->at);
		break;
	case TEST_CONST:
		break;
	}
}

static void report(struct lab_result *r)
{
	r->has_failed = lab.failed != NULL;
	if (lab.failed)
		snprintf(r->text, sizeof(r->text), "%s: %s", tell_place(lab.failed_at), lab.failed);
	if (lab.better) {
		snprintf(r->better, sizeof(r->better), "%s", lab.better);
		r->line = lab.failed_at.line;
		r->column = lab.failed_at.column;
		r->end_line = lab.failed_at.end_line;
		r->end_column = lab.failed_at.end_column;
	}
	r->is_done = true;
}

void lab_play(const struct cfg_test *test, const char *file, struct lab_result *result)
{
	struct waiting w = { NULL, file };
	double begin = now_ms();

	if (lab_start()) {
		for (unsigned i = 0; i < test->step_count && !lab.failed; i++)
			step(&w, &test->steps[i]);
		if (!lab.failed)
			let_come(&w);
	}
	result->ms = now_ms() - begin;
	report(result);
}
