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
