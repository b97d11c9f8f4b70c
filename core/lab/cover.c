/*
 * core/lab/cover.c - see cover.h.
 */
#include "core/lab/cover.h"

#include "cfg/cover.h"
#include "cfg/program.h"
#include "cfg/source.h"
#include "cfg/tape.h"
#include "core/lab/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct cover_sum {
	const struct cover_line *lines;	/* the parent's, ordered; count is not used */
	unsigned                 count;
	uint64_t                 hits[];	/* shared */
};

struct cover_sum *cover_new(void)
{
	const struct program *p = lab.cfg->program;
	uint64_t *none = arena_zalloc(lab.arena, tape_counters(p->code_count, p->route_count) *
	    sizeof(*none));
	struct cover_line *lines;
	struct cover_sum *sum;
	unsigned n = none ? cover_lines(p, none, lab.arena, &lines) : 0;

	sum = mmap(NULL, sizeof(*sum) + (n + 1) * sizeof(sum->hits[0]), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sum == MAP_FAILED)
		return NULL;
	sum->lines = n ? lines : NULL;
	sum->count = n;
	return sum;
}

static int by_place(const void *a, const void *b)
{
	const struct cover_line *x = a, *y = b;

	if (x->source->seq != y->source->seq)
		return x->source->seq < y->source->seq ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* With consts of its own a test may have run another program; places are the same. */
void cover_add(struct cover_sum *sum)
{
	const uint64_t *counts = steps_counts(lab.arena);
	struct cover_line *lines;
	unsigned n = counts && sum->count ? cover_lines(lab.cfg->program, counts, lab.arena,
	    &lines) : 0;

	for (unsigned i = 0; i < n; i++) {
		const struct cover_line *mine = bsearch(&lines[i], sum->lines, sum->count,
		    sizeof(*lines), by_place);

		if (mine)
			sum->hits[mine - sum->lines] += lines[i].count;
	}
}

/* ---- in words ---- */

/* "61-63": lines that follow one another in the list, whatever stands between them. */
static const char *uncovered(const struct cover_sum *sum)
{
	const struct cfg_source *shown = NULL;
	const char *text = "";

	for (unsigned i = 0; i < sum->count; i++) {
		unsigned last = i;

		if (sum->hits[i])
			continue;
		while (last + 1 < sum->count && !sum->hits[last + 1] &&
		    sum->lines[last + 1].source == sum->lines[i].source)
			last++;
		text = lab_text("%s%s%s%s%u", text, *text ? ", " : "",
		    sum->lines[i].source != shown ? sum->lines[i].source->name : "",
		    sum->lines[i].source != shown ? ":" : "", sum->lines[i].line);
		if (last > i)
			text = lab_text("%s-%u", text, sum->lines[last].line);
		shown = sum->lines[i].source;
		i = last;
	}
	return text;
}

const char *cover_text(const struct cover_sum *sum)
{
	const char *missing = uncovered(sum);
	unsigned hit = 0;

	for (unsigned i = 0; i < sum->count; i++)
		hit += sum->hits[i] > 0;
	return lab_text("lines covered %u of %u (%u%%)%s%s", hit, sum->count,
	    sum->count ? hit * 100 / sum->count : 100, *missing ? "; uncovered: " : "", missing);
}

/* ---- lcov ---- */

static void end_of_file(FILE *f, unsigned found, unsigned hit)
{
	fprintf(f, "LF:%u\nLH:%u\nend_of_record\n", found, hit);
}

int cover_write_lcov(const struct cover_sum *sum, const char *path)
{
	const struct cfg_source *source = NULL;
	unsigned found = 0, hit = 0;
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	for (unsigned i = 0; i < sum->count; i++) {
		if (sum->lines[i].source != source) {
			if (source)
				end_of_file(f, found, hit);
			source = sum->lines[i].source;
			found = hit = 0;
			fprintf(f, "TN:\nSF:%s\n", source->name);
		}
		fprintf(f, "DA:%u,%llu\n", sum->lines[i].line, (unsigned long long)sum->hits[i]);
		found++;
		hit += sum->hits[i] > 0;
	}
	if (source)
		end_of_file(f, found, hit);
	return fclose(f) == 0 ? 0 : -errno;
}
