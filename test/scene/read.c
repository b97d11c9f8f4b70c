/*
 * test/scene/read.c - from a scene file to steps.
 */
#include "test/scene/scene.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

struct scene scene = { .workers = 1 };

/* ---- small tools ---- */

/* A scene ends with its process; until then nothing is given back, but all of it can be
 * reached, so that leak checkers speak of the server alone. */
struct memory { struct memory *next; _Alignas(max_align_t) char bytes[]; };
static struct memory *memories;

void *scene_alloc(size_t size_bytes)
{
	struct memory *m = short_never(sizeof(*m) + size_bytes);

	if (!m)
		abort();
	m->next = memories;
	memories = m;
	return m->bytes;
}

char *text_of(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = scene_alloc((size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

struct slice copy_of(struct slice s)
{
	char *bytes = scene_alloc(s.len + 1);

	if (s.len)
		memcpy(bytes, s.p, s.len);
	return slice_of(bytes, s.len);
}

_Noreturn void scene_fail(unsigned line, const char *fmt, ...)
{
	va_list ap;

	/* Without memory an expectation need not be met; that nothing breaks is what counts. */
	if (short_has_failed()) {
		server_end();
		exit(0);
	}
	fflush(stdout);
	printf("# %s:%u: ", scene.path, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_Exit(1);
}

struct slice take_word(struct slice *s)
{
	struct slice word;

	slice_skip_lws(s);
	word = slice_first(*s, 0);
	while (word.len < s->len && !is_lws(s->p[word.len]))
		word.len++;
	*s = slice_skip(*s, word.len);
	slice_skip_lws(s);
	return word;
}

bool read_time(struct slice s, msec_t *out)
{
	static const struct { const char *unit; msec_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	struct slice digits = slice_take_while(&s, is_digit);
	uint32_t n;

	if (slice_to_u32(digits, &n) != 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq(s, slice_str(units[i].unit))) {
			*out = (msec_t)n * units[i].ms;
			return true;
		}
	return false;
}

bool glob(struct slice pattern, struct slice s)
{
	size_t star = slice_find(pattern, '*');
	struct slice rest;

	if (star == pattern.len)
		return slice_eq(pattern, s);
	if (!slice_starts(s, slice_first(pattern, star)))
		return false;
	rest = slice_skip(pattern, star + 1);
	for (size_t i = star; i <= s.len; i++)
		if (glob(rest, slice_skip(s, i)))
			return true;
	return false;
}

/* ---- lines ---- */

static struct slice read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	static char text[1 << 20];
	size_t len;

	if (!f)
		scene_fail(0, "cannot be read: %s", strerror(errno));
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	return slice_of(text, len);
}

/* "500ms bob <- INVITE", or without a time: at once. */
static void read_expectation(struct step *step, struct slice line)
{
	struct slice rest = line, word = take_word(&rest);

	step->kind = STEP_EXPECT;
	if (read_time(word, &step->at))
		word = take_word(&rest);
	step->agent = word;
	if (!slice_eq(take_word(&rest), SLICE("<-")))
		scene_fail(step->line, "an expectation reads: 500ms bob <- INVITE");
	step->what = rest;
}

static void read_action(struct step *step, struct slice line)
{
	struct slice rest = line, word = take_word(&rest), arrow = rest;

	step->kind = STEP_WORD;
	step->what = line;
	if (!slice_eq(take_word(&arrow), SLICE("->")))
		return;
	step->kind = STEP_SEND;
	step->agent = word;
	step->what = arrow;
}

/* Behind " #", which no SIP header has. */
static struct slice without_comment(struct slice line)
{
	size_t at = slice_search(line, SLICE(" #"));

	if (line.len && line.p[0] == '#')
		return slice_first(line, 0);
	return slice_first(line, at);
}

struct reader { struct slice rest; unsigned line; struct step **end; struct step *last; };

static struct slice next_line(struct reader *r)
{
	struct slice line = slice_split(&r->rest, '\n');

	r->line++;
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void add_note(struct reader *r, struct slice line)
{
	struct note **at, *note = scene_alloc(sizeof(*note));
	struct slice text = slice_skip(slice_trim(line), 1);

	if (!r->last)
		scene_fail(r->line, "\"|\" belongs to a line above it");
	if (text.len && text.p[0] == ' ')
		text = slice_skip(text, 1);
	*note = (struct note){ .line = r->line, .text = text };
	for (at = &r->last->notes; *at; at = &(*at)->next)
		;
	*at = note;
}

/* Everything up to "end", lines kept so that errors of the script name the scene's line. */
static void read_script(struct reader *r)
{
	const char *from = r->rest.p;
	struct slice line;

	do {
		if (r->rest.len == 0)
			scene_fail(r->line, "the script has no \"end\"");
		line = next_line(r);
	} while (!slice_eq(slice_trim(line), SLICE("end")));
	scene.script = slice_between(from, line.p);
}

/* What must be known before the server starts. */
static bool read_setting(struct reader *r, struct slice line)
{
	struct slice rest = line, word = take_word(&rest);
	uint32_t n;

	if (slice_eq(word, SLICE("script")) && rest.len == 0) {
		read_script(r);
	} else if (slice_eq(word, SLICE("script"))) {
		scene.script_file = copy_of(rest).p;
	} else if (slice_eq(word, SLICE("workers"))) {
		if (slice_to_u32(rest, &n) != 0 || n < 1 || n > WORKERS_MAX)
			scene_fail(r->line, "workers takes a number");
		scene.workers = n;
	} else {
		return false;
	}
	return true;
}

static void add_step(struct reader *r, struct slice line, bool indented)
{
	struct step *step = scene_alloc(sizeof(*step));

	step->line = r->line;
	step->text = slice_trim(line);
	if (indented)
		read_expectation(step, step->text);
	else
		read_action(step, step->text);
	*r->end = step;
	r->end = &step->next;
	r->last = step;
}

static void read_line(struct reader *r)
{
	struct slice raw = next_line(r), line, trimmed = slice_trim(raw);

	if (trimmed.len && trimmed.p[0] == '|') {
		add_note(r, raw);
		return;
	}
	line = without_comment(raw);
	if (slice_trim(line).len == 0)
		return;
	if (!is_lws(line.p[0]) && read_setting(r, slice_trim(line)))
		return;
	add_step(r, line, is_lws(line.p[0]));
}

void scene_read(const char *path)
{
	struct reader r = { .end = &scene.steps };

	scene.path = path;
	scene.text = r.rest = read_file(path);
	while (r.rest.len)
		read_line(&r);
}
