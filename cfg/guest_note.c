/*
 * cfg/guest_note.c - what the native text would be, noted place by place.
 */
#include "cfg/guest_note.h"

static void edit(struct load *ld, enum guest_how how, struct cfg_span at, const char *text)
{
	struct guest_edit *e;

	if (!at.source)
		return;
	e = MEM_NEW(&ld->mem, struct guest_edit);
	e->next = ld->edits;
	e->how = how;
	e->at = at;
	e->text = mem_dup(&ld->mem, slice_str(text));
	e->order = ld->edits ? ld->edits->order + 1 : 0;
	ld->edits = e;
}

void guest_fix(struct load *ld, struct cfg_span at, const char *text)
{
	edit(ld, GUEST_REPLACE, at, text);
}

void guest_fix_whole(struct load *ld, struct cfg_span at, const char *text)
{
	edit(ld, GUEST_WHOLE, at, text);
}

void guest_fix_before(struct load *ld, struct cfg_span at, const char *text)
{
	edit(ld, GUEST_BEFORE, at, text);
}

void guest_fix_behind(struct load *ld, struct cfg_span at, const char *text)
{
	edit(ld, GUEST_BEHIND, at, text);
}

void guest_fix_around(struct load *ld, struct cfg_span at, const char *before, const char *behind)
{
	guest_fix_before(ld, at, before);
	guest_fix_behind(ld, at, behind);
}

void guest_fix_drop(struct load *ld, struct cfg_span at)
{
	edit(ld, GUEST_DROP, at, "");
}

struct slice guest_text_at(struct cfg_span at)
{
	size_t from, to;

	if (!at.source || at.line == 0)
		return SLICE_NULL;
	from = at.source->line_at[at.line - 1] + at.column - 1;
	to = at.source->line_at[at.end_line - 1] + at.end_column - 1;
	return slice_first(slice_skip(at.source->text, from), to - from);
}

bool guest_is_written(struct cfg_span at, struct slice text)
{
	struct slice line;

	if (!at.source || at.line == 0)
		return false;
	line = source_line(at.source, at.line);
	return at.column <= line.len && slice_starts(slice_skip(line, at.column - 1), text);
}

bool guest_first(struct load *ld, char what, struct slice name)
{
	struct slice key = mem_printf(&ld->mem, "%c:%.*s", what, SLICE_ARG(name));

	if (dict_get(&ld->guest_said, key))
		return false;
	dict_put(&ld->guest_said, key, ld);
	return true;
}
