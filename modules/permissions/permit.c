/*
 * modules/permissions/permit.c - see permit.h.
 */
#include "modules/permissions/permit.h"

#include "utils/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX ((size_t)64 << 20)

/* One kind of entries while its lines come in. */
struct gathering {
	struct arena        *arena;
	struct permit_error *error;
	const char          *param, *file_param;
	size_t               entry_bytes, count, room;
	char                *entries;
	const char        *(*parse)(struct arena *arena, struct slice line, void *entry);
};

static const char *parse_address(struct arena *arena, struct slice line, void *entry)
{
	(void)arena;
	return address_parse(line, entry);
}

static const char *parse_trusted(struct arena *arena, struct slice line, void *entry)
{
	return trusted_parse(arena, line, entry);
}

__attribute__((format(printf, 3, 4)))
static bool fail(struct gathering *g, const char *param, const char *fmt, ...)
{
	va_list ap;

	g->error->param = param;
	va_start(ap, fmt);
	vsnprintf(g->error->text, sizeof(g->error->text), fmt, ap);
	va_end(ap);
	return false;
}

/* Room for one more; the array is copied as it doubles, the arena forgets nothing. */
static void *next_entry(struct gathering *g)
{
	size_t room = g->room ? g->room * 2 : 16;
	char *grown;

	if (g->count == g->room) {
		grown = arena_alloc(g->arena, room * g->entry_bytes);
		if (!grown)
			return NULL;
		if (g->count)
			memcpy(grown, g->entries, g->count * g->entry_bytes);
		g->entries = grown;
		g->room = room;
	}
	return g->entries + g->count * g->entry_bytes;
}

/* ---- the configuration's own lines ---- */

static bool add_items(struct gathering *g, const struct permit_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		void *entry = next_entry(g);
		const char *wrong = entry ? g->parse(g->arena, lines->items[i], entry) : "no memory";

		if (wrong)
			return fail(g, g->param, "\"%.*s\": %s", SLICE_ARG(lines->items[i]), wrong);
		g->count++;
	}
	return true;
}

/* ---- files ---- */

static bool read_all(struct gathering *g, FILE *f, const char *path, struct slice *out)
{
	struct stat st;
	char *text;
	size_t len;

	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
		return fail(g, g->file_param, "%s is not a file", path);
	if ((size_t)st.st_size > FILE_BYTES_MAX)
		return fail(g, g->file_param, "%s has more than %zu bytes", path, FILE_BYTES_MAX);
	text = arena_bytes(g->arena, (size_t)st.st_size + 1);
	if (!text)
		return fail(g, g->file_param, "no memory for %s", path);
	len = fread(text, 1, (size_t)st.st_size + 1, f);
	if (ferror(f) || len > (size_t)st.st_size)
		return fail(g, g->file_param, "%s cannot be read, or changes meanwhile", path);
	*out = slice_of(text, len);
	return true;
}

static bool add_line(struct gathering *g, const char *path, unsigned number, struct slice line)
{
	struct slice text = slice_trim(slice_first(line, slice_find(line, '#')));
	const char *wrong;
	void *entry;

	if (!text.len)
		return true;
	entry = next_entry(g);
	wrong = entry ? g->parse(g->arena, text, entry) : "no memory";
	if (wrong)
		return fail(g, g->file_param, "%s:%u: %s", path, number, wrong);
	g->count++;
	return true;
}

static bool add_text(struct gathering *g, const char *path, struct slice text)
{
	for (unsigned number = 1; text.len; number++)
		if (!add_line(g, path, number, slice_split(&text, '\n')))
			return false;
	return true;
}

static bool add_file(struct gathering *g, struct slice name)
{
	const char *path = arena_dup_cstr(g->arena, name);
	struct slice text = SLICE_NULL;
	FILE *f;
	bool ok;

	if (!name.len)
		return true;
	f = path ? fopen(path, "re") : NULL;
	if (!f)
		return fail(g, g->file_param, "cannot open \"%.*s\": %s", SLICE_ARG(name),
		    err_text(-errno));
	ok = read_all(g, f, path, &text);
	fclose(f);
	return ok && add_text(g, path, text);
}

/* ---- both kinds ---- */

static bool gather(struct gathering *g, const struct permit_lines *lines, struct slice file)
{
	return add_items(g, lines) && add_file(g, file);
}

static bool fill(struct permit *p, const struct permit_source *s, struct permit_error *error)
{
	struct gathering a = { .arena = p->arena, .error = error, .param = "address",
	    .file_param = "address_file", .entry_bytes = sizeof(struct address_entry),
	    .parse = parse_address };
	struct gathering t = { .arena = p->arena, .error = error, .param = "trusted",
	    .file_param = "trusted_file", .entry_bytes = sizeof(struct trusted_entry),
	    .parse = parse_trusted };

	if (!gather(&a, &s->address, s->address_file) || !gather(&t, &s->trusted, s->trusted_file))
		return false;
	p->trusted = (struct trusted_list){ (void *)t.entries, t.count };
	if (address_table_make(p->arena, (void *)a.entries, a.count, &p->addresses) != 0)
		return fail(&a, "address", "no memory");
	return true;
}

struct permit *permit_new(const struct permit_source *source, struct permit_error *error)
{
	struct arena *arena = arena_new(0);
	struct permit *p = arena ? arena_zalloc(arena, sizeof(*p)) : NULL;

	*error = (struct permit_error){ .param = "address", .text = "no memory" };
	if (!p) {
		arena_free(&arena);
		return NULL;
	}
	p->arena = arena;
	if (!fill(p, source, error))
		permit_free(&p);
	return p;
}

void permit_free(struct permit **p)
{
	struct arena *arena = *p ? (*p)->arena : NULL;

	*p = NULL;
	arena_free(&arena);
}
