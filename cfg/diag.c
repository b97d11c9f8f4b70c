/*
 * cfg/diag.c - collecting messages about a configuration.
 */
#include "cfg/cfg.h"
#include "cfg/diag_item.h"
#include "cfg/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Longest line that is kept for the excerpt; the marks stay inside it. */
#define EXCERPT_MAX_BYTES 400u

struct diag *diag_new(void)
{
	struct arena *arena = arena_new(0);
	struct diag *d = arena ? arena_zalloc(arena, sizeof(*d)) : NULL;

	if (!d) {
		arena_free(&arena);
		return NULL;
	}
	d->arena = arena;
	d->last = &d->first;
	d->spare.owner = d;
	return d;
}

void diag_free(struct diag **d)
{
	struct arena *arena;

	if (!*d)
		return;
	arena = (*d)->arena;
	*d = NULL;
	arena_free(&arena);
}

static struct slice keep(struct diag *d, struct slice s)
{
	struct slice copy = arena_dup(d->arena, s);

	if (!copy.p && s.len) {
		d->is_short = true;
		return SLICE_NULL;
	}
	return copy;
}

static struct slice format(struct diag *d, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
static struct slice format(struct diag *d, const char *fmt, va_list ap)
{
	struct slice s = arena_vprintf(d->arena, fmt, ap);

	if (!s.p)
		d->is_short = true;
	return s;
}

static void note_add(struct diag *d, struct diag_note **list, struct slice text)
{
	struct diag_note *n = arena_zalloc(d->arena, sizeof(*n));

	if (!n) {
		d->is_short = true;
		return;
	}
	n->text = text;
	while (*list)
		list = &(*list)->next;
	*list = n;
}

static void note_imports(struct diag_item *item, const struct cfg_source *s)
{
	struct diag *d = item->owner;

	for (; s->importer; s = s->importer) {
		struct slice text = arena_printf(d->arena, "%s:%u", s->importer->name,
		    s->import_line);

		note_add(d, &item->imports, text);
	}
}

static void place_of(struct diag *d, struct cfg_span at, struct diag_place *out)
{
	if (at.source)
		out->file = keep(d, slice_str(at.source->name));
	out->line = at.line;
	out->column = at.column;
	out->end_line = at.end_line;
	out->end_column = at.end_column;
}

static void place_item(struct diag_item *item, struct cfg_span at)
{
	struct diag *d = item->owner;

	place_of(d, at, &item->at);
	if (!at.source)
		return;
	item->order = at.source->seq;
	item->line = keep(d, slice_first(source_line(at.source, at.line), EXCERPT_MAX_BYTES));
	note_imports(item, at.source);
}

static struct diag_item **bucket_of(struct diag *d, const struct diag_item *item)
{
	return &d->places[(item->at.line * 31 + item->at.column) % DIAG_BUCKETS];
}

/* The same said twice at one place is one mistake. */
static bool is_known(struct diag *d, const struct diag_item *item)
{
	for (const struct diag_item *i = *bucket_of(d, item); i; i = i->near)
		if (i->code == item->code && i->level == item->level &&
		    i->at.line == item->at.line && i->at.column == item->at.column &&
		    slice_eq(i->at.file, item->at.file) && slice_eq(i->text, item->text))
			return true;
	return false;
}

static void count(struct diag *d, enum diag_level level)
{
	d->count++;
	d->errors += level == DIAG_ERROR;
	d->warnings += level == DIAG_WARNING;
}

static struct diag_item *add(struct diag *d, enum diag_level level, unsigned code,
    struct cfg_span at, struct slice text)
{
	struct diag_item *item = arena_zalloc(d->arena, sizeof(*item));

	if (!item) {
		d->is_short = true;
		count(d, level);
		return &d->spare;
	}
	item->owner = d;
	item->level = level;
	item->code = code;
	item->text = text;
	place_item(item, at);
	if (is_known(d, item))
		return item;
	item->near = *bucket_of(d, item);
	*bucket_of(d, item) = item;
	*d->last = item;
	d->last = &item->next;
	count(d, level);
	return item;
}

struct diag_item *diag_add(struct diag *d, enum diag_level level, unsigned code,
    struct cfg_span at, const char *fmt, ...)
{
	struct slice text;
	va_list ap;

	va_start(ap, fmt);
	text = format(d, fmt, ap);
	va_end(ap);
	return add(d, level, code, at, text);
}

void diag_beside(struct diag_item *item, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	item->beside = format(item->owner, fmt, ap);
	va_end(ap);
}

void diag_help(struct diag_item *item, const char *fmt, ...)
{
	struct slice text;
	va_list ap;

	va_start(ap, fmt);
	text = format(item->owner, fmt, ap);
	va_end(ap);
	note_add(item->owner, &item->helps, text);
}

static struct diag_place *place_add(struct diag_item *item, struct diag_place **list,
    struct cfg_span at)
{
	struct diag_place *p = arena_zalloc(item->owner->arena, sizeof(*p));

	if (!p) {
		item->owner->is_short = true;
		return NULL;
	}
	place_of(item->owner, at, p);
	while (*list)
		list = &(*list)->next;
	*list = p;
	return p;
}

void diag_see(struct diag_item *item, struct cfg_span also)
{
	if (also.source)
		place_add(item, &item->sees, also);
}

void diag_fix(struct diag_item *item, struct cfg_span range, const char *text)
{
	struct diag_place *p = place_add(item, &item->fixes, range);

	if (p)
		p->text = keep(item->owner, slice_str(text));
}

unsigned diag_errors(const struct diag *d) { return d->errors; }
unsigned diag_warnings(const struct diag *d) { return d->warnings; }
bool diag_is_short(const struct diag *d) { return d->is_short; }

/* ---- for a module's check() ---- */

void diag_set_module(struct diag *d, const struct cfg_module *m) { d->module = m; }

static struct cfg_span param_place(const struct diag *d, const char *param)
{
	const struct cfg_module *m = d->module;

	if (!m)
		return (struct cfg_span){ 0 };
	for (unsigned i = 0; i < m->param_count; i++)
		if (strcmp(m->params[i].decl->name, param) == 0 && m->params[i].at.source)
			return m->params[i].at;
	return m->at;
}

static void add_for_param(struct diag *d, enum diag_level level, unsigned code, const char *param,
    struct slice text)
{
	struct slice whole = arena_printf(d->arena, "parameter \"%s\"%s%s%s %.*s", param,
	    d->module ? " of module \"" : "", d->module ? d->module->sym->name : "",
	    d->module ? "\"" : "", SLICE_ARG(text));

	add(d, level, code, param_place(d, param), whole);
}

int diag_error(struct diag *d, const char *param, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_for_param(d, DIAG_ERROR, 409, param, format(d, fmt, ap));
	va_end(ap);
	return -EINVAL;
}

void diag_warning(struct diag *d, const char *param, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_for_param(d, DIAG_WARNING, 409, param, format(d, fmt, ap));
	va_end(ap);
}

int diag_file_error(struct diag *d, const char *param, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_for_param(d, DIAG_ERROR, 701, param, format(d, fmt, ap));
	va_end(ap);
	return -EINVAL;
}

void diag_file_warning(struct diag *d, const char *param, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_for_param(d, DIAG_WARNING, 701, param, format(d, fmt, ap));
	va_end(ap);
}

/* ---- the nearest name ---- */

#define NEAREST_MAX_BYTES 48u

/* Optimal string alignment: insertions, deletions, changes and swaps cost one each;
 * case counts nothing, since SIP people write names in many ways. */
static unsigned distance(struct slice a, struct slice b)
{
	unsigned row[3][NEAREST_MAX_BYTES + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2];

	for (unsigned j = 0; j <= b.len; j++)
		last[j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *oldest = before;
		char c = ascii_lower(a.p[i - 1]);

		now[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			char e = ascii_lower(b.p[j - 1]);
			unsigned best = last[j - 1] + (c != e);

			best = last[j] + 1 < best ? last[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && c == ascii_lower(b.p[j - 2]) &&
			    e == ascii_lower(a.p[i - 2]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[b.len];
}

static const char *nearest(struct slice word, const char *const *names, size_t n, unsigned best)
{
	const char *found = NULL;

	if (word.len < 2 || word.len > NEAREST_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct slice name = slice_str(names[i]);
		unsigned d;

		if (name.len > NEAREST_MAX_BYTES)
			continue;
		d = distance(word, name);
		if (d < best || (d == best && !found)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

const char *diag_nearest(struct slice word, const char *const *names, size_t n)
{
	/* The longer the word the more of it may be wrong. */
	return nearest(word, names, n, word.len <= 4 ? 1 : word.len <= 8 ? 2 : 3);
}

const char *diag_misspelt(struct slice word, const char *const *names, size_t n)
{
	return nearest(word, names, n, 1);
}

/* ---- in order, for printing ---- */

static int by_place(const void *a, const void *b)
{
	const struct diag_item *x = *(const struct diag_item *const *)a;
	const struct diag_item *y = *(const struct diag_item *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return (int)x->level - (int)y->level;
}

const struct diag_item **diag_sorted(const struct diag *d, struct arena *arena)
{
	const struct diag_item **list = arena_alloc(arena, (d->count + 1) * sizeof(*list));
	size_t n = 0;

	if (!list)
		return NULL;
	for (const struct diag_item *i = d->first; i; i = i->next)
		list[n++] = i;
	qsort(list, n, sizeof(*list), by_place);
	list[n] = NULL;
	return list;
}

void diag_code_text(const struct diag_item *item, char out[8])
{
	static const char letter[] = { 'E', 'W', 'N' };

	snprintf(out, 8, "%c%04u", letter[item->level], item->code % 10000);
}

const char *diag_level_text(enum diag_level level)
{
	static const char *const words[] = { "error", "warning", "note" };

	return words[level];
}
