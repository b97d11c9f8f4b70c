/*
 * cfg/source.c - files as they were read, and places in them.
 */
#include "cfg/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_MAX_BYTES (16u << 20)

static unsigned count_lines(struct slice text)
{
	unsigned n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	return n;
}

static void index_lines(struct mem *m, struct cfg_source *s)
{
	unsigned n = count_lines(s->text), line = 0;
	uint32_t *at = MEM_ARRAY(m, uint32_t, n);

	for (size_t i = 0; i < s->text.len; i++)
		if (s->text.p[i] == '\n')
			at[++line] = (uint32_t)(i + 1);
	s->line_at = at;
	s->line_count = n;
}

struct cfg_source *source_of_text(struct mem *m, const char *name, struct slice text)
{
	struct cfg_source *s = MEM_NEW(m, struct cfg_source);

	s->name = mem_cstr(m, slice_str(name));
	s->text = text;
	index_lines(m, s);
	return s;
}

static int read_all(int fd, char *p, size_t size, size_t *got)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, p + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return 0;
}

static int read_open(struct mem *m, int fd, struct stat *st, struct slice *text)
{
	char *p;
	size_t got = 0;
	int err;

	if (fstat(fd, st) != 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	if (st->st_size > (off_t)SOURCE_MAX_BYTES)
		return -EFBIG;
	p = arena_bytes(m->arena, (size_t)st->st_size + 1);
	if (!p)
		return -ENOMEM;
	err = read_all(fd, p, (size_t)st->st_size, &got);
	*text = slice_of(p, got);
	return err;
}

int source_read(struct mem *m, const char *path, const char *name, struct cfg_source **out)
{
	/* A FIFO or a terminal must not hold up the check. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;
	struct slice text = SLICE_NULL;
	struct stat st;

	if (fd < 0)
		return -errno;
	err = read_open(m, fd, &st, &text);
	close(fd);
	if (err == -ENOMEM)
		mem_short(m);
	if (err)
		return err;
	*out = source_of_text(m, name, text);
	(*out)->device = (uint64_t)st.st_dev;
	(*out)->inode = (uint64_t)st.st_ino;
	return 0;
}

/* ---- files of the configuration ---- */

static const struct cfg_text *text_of(const struct cfg_host *host, const char *path)
{
	for (unsigned i = 0; i < host->text_count; i++)
		if (slice_eq(slice_str(host->texts[i].path), slice_str(path)))
			return &host->texts[i];
	return NULL;
}

/* A circle of imports is known by device and inode, which a text does not have. */
static int fetch_text(struct mem *m, const struct cfg_host *host, const char *path,
    struct cfg_source **out)
{
	const struct cfg_text *t = text_of(host, path);

	if (!t)
		return -ENOENT;
	*out = source_of_text(m, path, mem_dup(m, t->text));
	(*out)->device = UINT64_MAX;
	(*out)->inode = (uint64_t)(t - host->texts) + 1;
	return 0;
}

int source_fetch(struct mem *m, const struct cfg_host *host, const char *path,
    struct cfg_source **out)
{
	int err = host->texts ? fetch_text(m, host, path, out) : source_read(m, path, path, out);

	if (!err && host->on_read)
		host->on_read(host->on_read_arg, path, (*out)->text);
	return err;
}

static int find_text(const struct cfg_host *host, struct slice path, bool *is_directory)
{
	int err = -ENOENT;

	for (unsigned i = 0; i < host->text_count; i++) {
		struct slice have = slice_str(host->texts[i].path);

		if (!slice_starts(have, path))
			continue;
		if (have.len == path.len) {
			*is_directory = false;
			return 0;
		}
		if (have.p[path.len] == '/' || slice_ends(path, SLICE("/")))
			err = 0;
	}
	*is_directory = err == 0;
	return err;
}

int source_find(const struct cfg_host *host, const char *path, bool *is_directory)
{
	struct stat st;

	if (host->texts)
		return find_text(host, slice_str(path), is_directory);
	if (stat(path, &st) != 0)
		return -errno;
	*is_directory = S_ISDIR(st.st_mode);
	return 0;
}

static void place(const struct cfg_source *s, size_t offset, uint32_t *line, uint32_t *column)
{
	unsigned lo = 0, hi = s->line_count;

	while (hi - lo > 1) {
		unsigned mid = lo + (hi - lo) / 2;

		if (s->line_at[mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	*line = lo + 1;
	*column = (uint32_t)(offset - s->line_at[lo]) + 1;
}

struct cfg_span source_span(const struct cfg_source *s, size_t from, size_t to)
{
	struct cfg_span at = { .source = s };

	place(s, from, &at.line, &at.column);
	place(s, to, &at.end_line, &at.end_column);
	return at;
}

struct slice source_line(const struct cfg_source *s, uint32_t line)
{
	struct slice rest;

	if (line == 0 || line > s->line_count)
		return SLICE_NULL;
	rest = slice_skip(s->text, s->line_at[line - 1]);
	rest = slice_first(rest, slice_find(rest, '\n'));
	if (slice_ends(rest, SLICE("\r")))
		rest.len--;
	return rest;
}

struct cfg_span span_join(struct cfg_span a, struct cfg_span b)
{
	if (!a.source)
		return b;
	if (a.source != b.source || b.end_line < a.line)
		return a;
	if (b.end_line > a.end_line ||
	    (b.end_line == a.end_line && b.end_column > a.end_column)) {
		a.end_line = b.end_line;
		a.end_column = b.end_column;
	}
	return a;
}
