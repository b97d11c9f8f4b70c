/*
 * test/fuzz/frame_fuzz.c - a stream in one piece and in many must give the same messages.
 */
#include "parser/frame.h"
#include "test/fuzz/random.h"
#include "utils/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_EVENTS 4096

/* What happened, without pongs: the first half of a ping may be told as one. */
struct story {
	struct { enum frame_result what; size_t at, len; } events[MAX_EVENTS];
	size_t count;
	size_t left;
	bool   over;
};

static void check_out(enum frame_result r, struct slice bytes, const struct frame_out *out)
{
	lcs_assert(out->consumed <= bytes.len);
	lcs_assert(slice_lies_in(out->message, bytes));
	if (r == FRAME_MESSAGE)
		lcs_assert(out->message.len == out->consumed && out->message.len > 0);
	if (r == FRAME_MORE)
		lcs_assert(out->consumed == 0);
}

static void note(struct story *s, enum frame_result r, size_t at, const struct frame_out *out)
{
	s->over = r == FRAME_BAD_LENGTH || r == FRAME_TOO_LONG || s->count == MAX_EVENTS - 1;
	if (r == FRAME_PONG)
		return;
	s->events[s->count].what = r;
	s->events[s->count].at = r == FRAME_MESSAGE ? at : 0;
	s->events[s->count++].len = r == FRAME_MESSAGE ? out->message.len : 0;
}

/* Pieces of at most max bytes; 0: all at once. */
static void play(struct slice input, unsigned max, struct choice c, struct story *s)
{
	struct frame f;
	size_t at = 0, have = max ? 0 : input.len;

	s->count = 0;
	s->over = false;
	frame_init(&f, 1500, 4000);
	while (!s->over) {
		struct slice bytes = slice_of(input.p + at, have - at);
		struct frame_out out;
		enum frame_result r = frame_next(&f, bytes, &out);

		check_out(r, bytes, &out);
		if (r != FRAME_MORE)
			note(s, r, at, &out);
		else if (have == input.len)
			break;
		else
			have += 1 + choose(&c, max) % (unsigned)(input.len - have);
		at += out.consumed;
	}
	s->left = input.len - at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of((const char *)data, size);
	static struct story whole, cut;

	play(input, 0, choice_from(input), &whole);
	for (unsigned max = 1; max <= 64; max *= 4) {
		play(input, max, choice_from(input), &cut);
		lcs_assert(cut.count == whole.count && cut.over == whole.over);
		for (size_t i = 0; i < whole.count; i++)
			lcs_assert(cut.events[i].what == whole.events[i].what &&
			    cut.events[i].at == whole.events[i].at &&
			    cut.events[i].len == whole.events[i].len);
		/* A pong at the very end may or may not be taken yet. */
		lcs_assert(whole.over || cut.left == whole.left || whole.left <= 3);
	}
	return 0;
}
