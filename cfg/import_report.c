/*
 * cfg/import_report.c - what an import tells of itself.
 */
#include "cfg/import_int.h"

static void report_add(struct import *im, struct import_line **list, unsigned *count,
    const struct diag_item *i)
{
	struct import_line *l = MEM_NEW(&im->ld->mem, struct import_line);

	while (*list)
		list = &(*list)->next;
	l->line = i->at.line;
	l->text = mem_dup(&im->ld->mem, i->text);
	l->nearest = mem_dup(&im->ld->mem, i->beside);
	*list = l;
	(*count)++;
}

static void make_report(struct import *im)
{
	struct import_report *r = im->report;
	const struct diag_item **list = diag_sorted(im->ld->diag, im->ld->mem.arena);

	for (; list && *list; list++) {
		switch ((*list)->code) {
		case 205: case 301: case 305: case 403:
			report_add(im, &r->calls, &r->call_count, *list);
			break;
		case 408:	/* an old name, a module twice: only written in another way; a value twice */
			if ((*list)->level == DIAG_WARNING)
				report_add(im, &r->notes, &r->note_count, *list);
			break;
		case 401: case 402: case 404: case 405: case 406: case 407: case 409:
			report_add(im, &r->params, &r->param_count, *list);
			break;
		default:
			if ((*list)->level != DIAG_WARNING)
				report_add(im, &r->notes, &r->note_count, *list);
			break;
		}
	}
}

static void count_changes(struct import *im, struct slice out)
{
	struct slice old = im->source->text;

	im->report->lines = im->source->line_count;
	while (old.len > 0 || out.len > 0) {
		struct slice a = slice_split(&old, '\n'), b = slice_split(&out, '\n');

		im->report->changed += !slice_eq(a, b);
	}
}

void import_tell(struct import *im, struct slice out)
{
	make_report(im);
	count_changes(im, out);
}
