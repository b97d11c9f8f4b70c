/*
 * cfg/prep_import.c - which files an import means, and reading them.
 */
#include "cfg/prep.h"
#include "utils/err.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define IMPORTS_MAX 1000u

struct found { const char **paths; unsigned count, room; };

static struct slice directory_of(struct slice path)
{
	size_t n = path.len;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return slice_first(path, n);
}

static const char *beside(struct load *ld, const struct cfg_source *from, struct slice name)
{
	struct slice dir = directory_of(slice_str(from->name));

	if (slice_starts(name, SLICE("/")))
		dir = SLICE_NULL;
	return mem_printf(&ld->mem, "%.*s%.*s", SLICE_ARG(dir), SLICE_ARG(name)).p;
}

static const char *resolve(struct load *ld, const struct cfg_source *from, struct slice name)
{
	const char *near = beside(ld, from, name), *installed;
	bool is_dir;

	if (source_find(ld->host, near, &is_dir) == 0 || slice_starts(name, SLICE("/")) || !ld->host->include_dir)
		return near;
	installed = mem_printf(&ld->mem, "%s/%.*s", ld->host->include_dir, SLICE_ARG(name)).p;
	return source_find(ld->host, installed, &is_dir) == 0 ? installed : near;
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(slice_str(*(const char *const *)a), slice_str(*(const char *const *)b));
}

/* The texts of an earlier reading that lie directly in that directory. */
static int list_texts(struct load *ld, const char *path, struct found *out)
{
	const struct cfg_host *host = ld->host;

	for (unsigned i = 0; i < host->text_count; i++) {
		struct slice dir = directory_of(slice_str(host->texts[i].path));

		if (dir.len && slice_eq(slice_first(dir, dir.len - 1), slice_str(path)))
			*(const char **)mem_push(&ld->mem, &out->paths, &out->count, &out->room,
			    sizeof(char *)) = host->texts[i].path;
	}
	return 0;
}

/* Names are collected with the directory open, so memory that is short may not jump. */
static int list_open(struct arena *arena, DIR *dir, struct slice **names, unsigned *count)
{
	const struct dirent *e;

	*names = arena_alloc(arena, IMPORTS_MAX * sizeof(**names));
	if (!*names)
		return -ENOMEM;
	while ((e = readdir(dir))) {
		struct slice name = slice_str(e->d_name);

		if (!slice_ends(name, SLICE(".cfg")) || e->d_name[0] == '.')
			continue;
		if (*count == IMPORTS_MAX)
			return -E2BIG;
		(*names)[*count] = arena_dup(arena, name);
		if (!(*names)[(*count)++].p)
			return -ENOMEM;
	}
	return 0;
}

static int list_disk(struct load *ld, const char *path, struct found *out)
{
	DIR *dir = opendir(path);
	struct slice *names = NULL;
	unsigned count = 0;
	int err;

	if (!dir)
		return -errno;
	err = list_open(ld->mem.arena, dir, &names, &count);
	closedir(dir);
	if (err == -ENOMEM)
		mem_short(&ld->mem);
	for (unsigned i = 0; !err && i < count; i++)
		*(const char **)mem_push(&ld->mem, &out->paths, &out->count, &out->room,
		    sizeof(char *)) = mem_printf(&ld->mem, "%s/%.*s", path,
		    SLICE_ARG(names[i])).p;
	return err;
}

static int list_directory(struct load *ld, const char *path, struct found *out)
{
	int err = ld->host->texts ? list_texts(ld, path, out) : list_disk(ld, path, out);

	if (!err && out->count)
		qsort(out->paths, out->count, sizeof(char *), by_name);
	return err;
}

/* The files between the one that imports and the one that is imported again. */
static void say_circle(struct load *ld, const struct cfg_source *source,
    const struct cfg_source *from, struct cfg_span at)
{
	struct diag_item *item = syntax_error(ld, 108, at, "import of \"%s\" goes in a circle",
	    source->name);
	struct slice chain = mem_printf(&ld->mem, "%s", source->name);
	const struct cfg_source *s = from;
	struct slice back = SLICE_NULL;

	for (; s && !(s->device == source->device && s->inode == source->inode); s = s->importer)
		back = mem_printf(&ld->mem, " -> %s%.*s", s->name, SLICE_ARG(back));
	diag_beside(item, "%.*s%.*s -> %s", SLICE_ARG(chain), SLICE_ARG(back), source->name);
}

static bool is_circle(const struct cfg_source *source, const struct cfg_source *from)
{
	for (; from; from = from->importer)
		if (from->inode && from->device == source->device && from->inode == source->inode)
			return true;
	return false;
}

static void say_unreadable(struct load *ld, const char *path, int err, struct cfg_span at)
{
	struct diag_item *item = syntax_error(ld, 107, at, "cannot read \"%s\"", path);

	diag_beside(item, "%s", err == -EINVAL ? "not a regular file" : err_text(err));
}

static struct cfg_source *read_one(struct load *ld, const char *path,
    const struct cfg_source *from, struct cfg_span at)
{
	struct cfg_source *s;
	int err = source_fetch(&ld->mem, ld->host, path, &s);

	if (err) {
		say_unreadable(ld, path, err, at);
		return NULL;
	}
	if (is_circle(s, from)) {
		say_circle(ld, s, from, at);
		return NULL;
	}
	if (ld->sources >= IMPORTS_MAX) {
		syntax_error(ld, 107, at, "more than %u files", IMPORTS_MAX);
		return NULL;
	}
	s->seq = ld->sources++;
	s->importer = from;
	s->import_line = at.line;
	return s;
}

unsigned prep_import(struct load *ld, const struct token *path, const struct cfg_source *from,
    bool is_optional, const struct cfg_source ***out)
{
	const char *name = resolve(ld, from, path->text);
	struct found found = { 0 };
	bool is_dir = false;
	unsigned n = 0;
	int err = source_find(ld->host, name, &is_dir);

	if (err == -ENOENT && is_optional)
		return 0;
	if (!err && is_dir) {
		err = list_directory(ld, name, &found);
	} else {
		found.paths = MEM_NEW(&ld->mem, const char *);
		found.paths[found.count++] = name;
	}
	if (err) {
		say_unreadable(ld, name, err, path->at);
		return 0;
	}
	*out = MEM_ARRAY(&ld->mem, const struct cfg_source *, found.count + 1);
	for (unsigned i = 0; i < found.count; i++)
		if (((*out)[n] = read_one(ld, found.paths[i], from, path->at)))
			n++;
	return n;
}
