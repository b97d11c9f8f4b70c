/*
 * core/lab/update.c - see update.h.
 */
#include "core/lab/update.h"

#include "cfg/source.h"
#include "core/lab/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct change { struct change *next; const struct cfg_source *source; size_t from, to; const char *text; };

/* Byte offset of a place in its file. */
static size_t offset(const struct cfg_source *s, uint32_t line, uint32_t column)
{
	return s->line_at[line - 1] + column - 1;
}

static bool agreed(const struct test_case *c, bool yes)
{
	char answer[16];

	fprintf(stderr, "%s: \"%s\"\n  %.*s\nbecomes\n  %s\n", tell_place(c->better_at), c->name,
	    SLICE_ARG(tell_source(c->better_at)), c->better);
	if (yes)
		return true;
	fputs("change it? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* From the end of the file on, so that places stay true. */
static void add(struct change **list, const struct test_case *c)
{
	struct change *n = arena_zalloc(lab.arena, sizeof(*n));
	const struct cfg_span *at = &c->better_at;

	if (!n)
		abort();
	*n = (struct change){ NULL, at->source, offset(at->source, at->line, at->column),
		offset(at->source, at->end_line, at->end_column), c->better };
	while (*list && ((*list)->source != n->source || (*list)->from > n->from))
		list = &(*list)->next;
	n->next = *list;
	*list = n;
}

static struct slice changed(struct slice text, const struct change *c)
{
	return slice_str(lab_text("%.*s%s%.*s", (int)c->from, text.p, c->text,
	    SLICE_ARG(slice_skip(text, c->to))));
}

/* A whole file takes the place of the old one, or none does. */
static int replace(const char *path, struct slice text)
{
	const char *aside = lab_text("%s.new", path);
	FILE *f = fopen(aside, "w");
	bool fine;

	if (!f)
		return -errno;
	fine = fwrite(text.p, 1, text.len, f) == text.len;
	fine &= fclose(f) == 0;
	if (fine && rename(aside, path) == 0)
		return 0;
	unlink(aside);
	return -EIO;
}

static int rewrite_file(struct change *first)
{
	struct slice text = first->source->text;
	const struct cfg_source *source = first->source;

	for (struct change *c = first; c; c = c->next) {
		if (c->source != source)
			continue;
		text = changed(text, c);
		c->source = c == first ? source : NULL;	/* done */
	}
	return replace(source->name, text);
}

int update_files(const struct case_list *list, bool yes)
{
	struct change *changes = NULL;
	int err = 0;

	for (const struct test_case *c = list->first; c; c = c->next)
		if (c->better && agreed(c, yes))
			add(&changes, c);
	for (struct change *c = changes; c && !err; c = c->next)
		if (c->source)
			err = rewrite_file(c);
	return err;
}
