/*
 * cfg/import_text.c - changes of a text by place, and the text that comes of them.
 */
#include "cfg/import_int.h"

#include "utils/buf.h"

#include <stdlib.h>

void import_add(struct import *im, size_t from, size_t to, struct slice text,
    enum rank rank, unsigned order)
{
	struct change *c = mem_push(&im->ld->mem, &im->list, &im->count, &im->room, sizeof(*c));

	*c = (struct change){ from, to, text, rank, order, false };
}

void import_put_away(struct import *im, size_t from, size_t to, struct slice text)
{
	import_add(im, from, to, text, RANK_AWAY, 0);
	im->list[im->count - 1].is_drop = true;
}

static int by_place(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

struct slice import_apply(struct import *im)
{
	struct slice text = im->source->text;
	struct slice out = SLICE("");
	struct buf *b = buf_new(text.len + 1000);
	size_t at = 0;

	if (!b)
		mem_short(&im->ld->mem);
	if (im->count)
		qsort(im->list, im->count, sizeof(*im->list), by_place);
	for (unsigned i = 0; i < im->count; i++) {
		const struct change *c = &im->list[i];

		/* Inside of what was put away, or of what was replaced as a whole. */
		if (c->from < at)
			continue;
		buf_put(b, slice_of(text.p + at, c->from - at));
		buf_put(b, c->text);
		im->report->dropped += c->is_drop;
		at = c->to;
	}
	buf_put(b, slice_skip(text, at));
	if (!b->failed)
		out = arena_dup(im->ld->mem.arena, buf_slice(b));
	buf_unref(&b);
	if (!out.p)
		mem_short(&im->ld->mem);
	return out;
}
