/*
 * core/mod/text_file.c - see text_file.h.
 */
#include "core/mod/text_file.h"

#include "cfg/source.h"
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>

/* Reading ends here when memory is short (cfg/mem.h). */
static int read_guarded(struct arena *arena, const char *path, struct slice *out)
{
	struct mem *mem = arena_zalloc(arena, sizeof(*mem));
	struct cfg_source *source;
	int err;

	if (!mem)
		return -ENOMEM;
	mem->arena = arena;
	if (setjmp(mem->begin) != 0)
		return -ENOMEM;
	err = source_read(mem, path, path, &source);
	if (!err)
		*out = source->text;
	return err;
}

int text_file_read(struct arena *arena, const char *path, struct slice *out)
{
	int err = read_guarded(arena, path, out);

	if (err)
		fprintf(stderr, "lcs: %s: %s\n", path, err == -EINVAL ? "not a regular file" :
		    err_text(err));
	return err;
}
