/*
 * test/scene/notes.c - what the "|" lines below a message do to it.
 */
#include "test/scene/agent.h"

void draft_notes(struct draft *d, const struct note *note)
{
	char *body = text_of("%s", "");

	for (; note && note->text.len; note = note->next)
		draft_change(d, expect_fill(note->text));
	for (note = note ? note->next : NULL; note; note = note->next)
		body = text_of("%s%.*s\r\n", body, SLICE_ARG(note->text));
	d->body = slice_str(body);
}

/* Kept until the process ends, like everything of a scene. */
struct slice draft_text(const struct draft *d)
{
	static struct arena *arena;

	if (!arena)
		arena = arena_new(0);
	return draft_bytes(d, arena);
}
