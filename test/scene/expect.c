/*
 * test/scene/expect.c - was it what the scene expects, when it expects it, and nothing else?
 */
#include "test/scene/scene.h"

#include "core/lab/run.h"

#include <stdlib.h>

/* A timer fires up to one tick of the wheel late. */
#define TOLERANCE_MS (2 * WHEEL_TICK_MS)

/* ---- telling what came ---- */

static char *name_of(const struct got *g)
{
	struct slice line = slice_first(g->bytes, slice_find(g->bytes, '\r'));

	return text_of("%.*s", SLICE_ARG(line));
}

static void list_unseen(void)
{
	if (short_has_failed())
		return;
	for (const struct agent *a = agents; a; a = a->next)
		for (const struct got *g = a->got; g; g = g->next)
			if (!g->seen)
				printf("#   at %lld ms: %.*s <- %s\n", (long long)g->at,
				    SLICE_ARG(a->name), name_of(g));
}

static void print_message(const struct got *g)
{
	struct slice rest = short_has_failed() ? SLICE_NULL : g->bytes;

	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');

		printf("#   > %.*s\n", SLICE_ARG(slice_trim(line)));
	}
}

/* ---- finding ---- */

/* "INVITE", "180", "200 OK", "4*", with "via tcp" behind. */
struct wanted { struct slice first, reason, via; };

static struct wanted wanted_of(struct slice what, unsigned line)
{
	struct wanted w = { .first = take_word(&what) };
	size_t via = slice_search(what, SLICE("via "));

	w.reason = slice_trim(slice_first(what, via));
	if (via < what.len)
		w.via = slice_trim(slice_skip(what, via + 4));
	if (w.first.len == 0)
		scene_fail(line, "what is expected?");
	return w;
}

static bool is_kind(const struct got *g, struct slice kind)
{
	if (!g->msg)
		return false;
	if (g->msg->is_request)
		return glob(kind, g->msg->method_text);
	return glob(kind, slice_str(text_of("%u", g->msg->status)));
}

static bool meets(const struct got *g, const struct wanted *w)
{
	return !g->seen && is_kind(g, w->first) &&
	    (w->via.len == 0 || slice_eq(w->via, transport_uri_name(g->hop.transport)));
}

static struct got *find(struct agent *a, const struct wanted *w)
{
	for (struct got *g = a->got; g; g = g->next)
		if (meets(g, w))
			return g;
	return NULL;
}

static struct got *await(struct agent *a, const struct wanted *w, msec_t due)
{
	struct got *g;

	short_count(true);
	if (fake_now() < due)
		fake_advance_to(due);
	g = find(a, w);
	while (!g && fake_now() < due + TOLERANCE_MS) {
		fake_advance_to(fake_now() + 1);
		g = find(a, w);
	}
	short_count(false);
	return g;
}

/* ---- looking closer ---- */

static struct slice nth_value(const struct got *g, struct slice name, unsigned nth)
{
	enum hdr_id id = hdr_by_name(name);

	for (unsigned i = 0; i < g->msg->hdr_count; i++) {
		const struct hdr *h = &g->msg->hdrs[i];

		if (id ? h->id == id : slice_eq_nocase(h->name, name))
			if (nth-- == 0)
				return h->value.p ? h->value : SLICE("");
	}
	return SLICE_NULL;
}

static unsigned count_of(const struct got *g, struct slice name)
{
	unsigned n = 0;

	while (nth_value(g, name, n).p)
		n++;
	return n;
}

/* ---- "@{name}": whatever stands there, and the same wherever the name is used again ---- */

struct kept { struct kept *next; struct slice name, value; };
static struct kept *kept;

static struct kept *find_kept(struct slice name)
{
	for (struct kept *k = kept; k; k = k->next)
		if (slice_eq(k->name, name))
			return k;
	return NULL;
}

static void keep(struct slice name, struct slice value)
{
	struct kept *k = scene_alloc(sizeof(*k));

	*k = (struct kept){ kept, copy_of(name), copy_of(value) };
	kept = k;
}

struct slice expect_fill(struct slice text)
{
	size_t from = slice_search(text, SLICE("@{"));
	struct slice rest = slice_skip(text, from + 2), name;
	const struct kept *k;

	if (from == text.len)
		return text;
	name = slice_split(&rest, '}');
	k = find_kept(name);
	if (!k)
		return text;
	return expect_fill(slice_str(text_of("%.*s%.*s%.*s", SLICE_ARG(slice_first(text, from)),
	    SLICE_ARG(k->value), SLICE_ARG(rest))));
}

/* What stands before the next star or name. */
static struct slice literal_of(struct slice pattern)
{
	size_t star = slice_find(pattern, '*'), name = slice_search(pattern, SLICE("@{"));

	return slice_first(pattern, star < name ? star : name);
}

static bool matches(struct slice pattern, struct slice s);

/* s begins with the name's value, which ends where the rest of the pattern begins. */
static bool matches_new(struct slice name, struct slice rest, struct slice s)
{
	struct slice next = literal_of(rest);
	size_t end = next.len == rest.len ? s.len - rest.len : slice_search(s, next);
	struct kept *before = kept;

	if (s.len < rest.len && next.len == rest.len)
		return false;
	keep(name, slice_first(s, end));
	if (matches(rest, slice_skip(s, end)))
		return true;
	kept = before;
	return false;
}

static bool matches(struct slice pattern, struct slice s)
{
	size_t from = slice_search(pattern, SLICE("@{"));
	struct slice rest = slice_skip(pattern, from + 2), head = slice_first(pattern, from), name;
	const struct kept *k;

	if (from == pattern.len)
		return glob(pattern, s);
	name = slice_split(&rest, '}');
	k = find_kept(name);
	if (k)
		return matches(slice_str(text_of("%.*s%.*s%.*s", SLICE_ARG(head), SLICE_ARG(k->value),
		    SLICE_ARG(rest))), s);
	return slice_starts(s, head) && matches_new(name, rest, slice_skip(s, head.len));
}

static bool any_value(const struct got *g, struct slice name, struct slice pattern)
{
	for (unsigned n = 0; nth_value(g, name, n).p; n++)
		if (matches(pattern, nth_value(g, name, n)))
			return true;
	return false;
}

/* What stands before ":" in a note, if it is not the name of a header. */
static struct slice part(const struct got *g, struct slice name, bool *known)
{
	*known = true;
	if (slice_eq(name, SLICE("uri")))
		return g->msg->request_uri;
	if (slice_eq(name, SLICE("reason")))
		return g->msg->reason;
	if (slice_eq(name, SLICE("body")))
		return slice_trim(g->msg->body);
	*known = false;
	return SLICE_NULL;
}

/* "no Name", "has Name", "2 Name", "Name: pattern", "uri: pattern", "body: pattern" */
static bool note_holds(const struct got *g, struct slice text)
{
	struct slice rest = text, word = take_word(&rest), name;
	uint32_t n;
	bool known;

	if (slice_eq(word, SLICE("no")))
		return count_of(g, rest) == 0;
	if (slice_eq(word, SLICE("has")))
		return count_of(g, rest) > 0;
	if (slice_to_u32(word, &n) == 0)
		return count_of(g, rest) == n;
	rest = text;
	name = slice_trim(slice_split(&rest, ':'));
	rest = slice_trim(rest);
	text = part(g, name, &known);
	return known ? matches(rest, text) : any_value(g, name, rest);
}

static void check_notes(const struct step *step, const struct got *g)
{
	for (const struct note *n = step->notes; n; n = n->next) {
		if (note_holds(g, slice_trim(n->text)))
			continue;
		print_message(g);
		scene_fail(n->line, "\"%.*s\" does not hold", SLICE_ARG(n->text));
	}
}

void expect_message(const struct step *step, msec_t base)
{
	struct wanted w = wanted_of(step->what, step->line);
	struct agent *a = agent_named(step->agent);
	msec_t due = base + step->at;
	struct got *g = await(a, &w, due);

	if (!g) {
		list_unseen();
		scene_fail(step->line, "%.*s did not get %.*s at %lld ms (now %lld ms)",
		    SLICE_ARG(a->name), SLICE_ARG(step->what), (long long)due, (long long)fake_now());
	}
	if (g->at < due || g->at > due + TOLERANCE_MS)
		scene_fail(step->line, "%.*s got %s at %lld ms, not at %lld ms", SLICE_ARG(a->name),
		    name_of(g), (long long)g->at, (long long)due);
	if (w.reason.len && !glob(w.reason, g->msg->reason))
		scene_fail(step->line, "the reason is \"%.*s\"", SLICE_ARG(g->msg->reason));
	g->seen = true;
	check_notes(step, g);
}

/* ---- and nothing else ---- */

static struct slice ignored[16];
static unsigned ignored_count;

void expect_ignore(struct slice what)
{
	if (ignored_count < sizeof(ignored) / sizeof(ignored[0]))
		ignored[ignored_count++] = what;
}

static bool is_ignored(const struct got *g)
{
	for (unsigned i = 0; i < ignored_count; i++)
		if (is_kind(g, ignored[i]))
			return true;
	return false;
}

void expect_nothing_else(unsigned line)
{
	bool any = false;

	for (const struct agent *a = agents; a; a = a->next)
		for (struct got *g = a->got; g; g = g->next) {
			g->seen |= is_ignored(g);
			any |= !g->seen;
		}
	if (!any)
		return;
	list_unseen();
	scene_fail(line, "something came that nobody expected");
}
