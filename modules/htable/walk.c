/*
 * modules/htable/walk.c - what looks at all items of a table: patterns and iterators.
 *
 * A copy is made first, so that no lock is held while a pattern is tried or a script runs.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "modules/htable/htable.h"

#include <pcre2.h>
#include <stdlib.h>

#define MATCH_STEPS 100000u		/* a value must not make a pattern run for seconds */

/* ---- patterns ---- */

struct pattern {
	struct slice      text;
	char              op[3];	/* eq, ne, sw, ew, in, re */
	pcre2_code       *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static void pattern_done(struct pattern *p)
{
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
}

static bool pattern_compile(struct pattern *p)
{
	PCRE2_SIZE where;
	int code;

	p->code = pcre2_compile((PCRE2_SPTR)(p->text.p ? p->text.p : ""), p->text.len, 0, &code,
	    &where, NULL);
	if (!p->code) {
		log_error("htable", "regular expression is wrong pattern=\"%.*s\"",
		    SLICE_ARG(p->text));
		return false;
	}
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->match || !p->limits)
		return false;
	pcre2_set_match_limit(p->limits, MATCH_STEPS);
	return true;
}

/* false: the operator or the pattern is wrong; pattern_done() in any case. */
static bool pattern_read(struct pattern *p, struct slice op, struct slice text)
{
	static const char *const ops[] = { "eq", "ne", "sw", "ew", "in", "re" };

	*p = (struct pattern){ .text = text };
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (slice_eq(op, slice_str(ops[i])))
			memcpy(p->op, ops[i], 3);
	if (!p->op[0]) {
		log_error("htable", "an operator is eq, ne, sw, ew, in or re, not \"%.*s\"",
		    SLICE_ARG(op));
		return false;
	}
	return p->op[0] != 'r' || pattern_compile(p);
}

static bool fits(const struct pattern *p, struct slice s)
{
	switch (p->op[0] << 8 | p->op[1]) {
	case 'e' << 8 | 'q': return slice_eq(s, p->text);
	case 'n' << 8 | 'e': return !slice_eq(s, p->text);
	case 's' << 8 | 'w': return slice_starts(s, p->text);
	case 'e' << 8 | 'w': return slice_ends(s, p->text);
	case 'i' << 8 | 'n': return p->text.len == 0 || slice_search(s, p->text) < s.len;
	default:
		return pcre2_match(p->code, (PCRE2_SPTR)(s.p ? s.p : ""), s.len, 0, 0, p->match,
		    p->limits) >= 0;
	}
}

/* ---- looking for what fits ---- */

enum part { PART_KEY, PART_VALUE };
enum deed { DEED_COUNT, DEED_REMOVE };

static struct slice part_of(struct arena *arena, const struct table_item *item, enum part part)
{
	return part == PART_KEY ? item->key : value_text(arena, item->value);
}

/* -1: no memory, or no such pattern. */
static int64_t search(struct lcs_call *call, struct table *t, struct slice op,
    struct slice text, enum part part, enum deed deed)
{
	struct arena *arena = arena_new(0);
	struct table_items all;
	struct pattern p;
	int64_t n = 0;

	(void)call;
	if (!pattern_read(&p, op, text) || !arena ||
	    table_copy(t, loop_now(worker_loop()), arena, &all) != 0) {
		n = -1;
		all.count = 0;
	}
	for (size_t i = 0; i < all.count; i++) {
		if (!fits(&p, part_of(arena, &all.items[i], part)))
			continue;
		n += deed == DEED_COUNT || table_remove(t, all.items[i].key);
	}
	pattern_done(&p);
	arena_free(&arena);
	return n;
}

static enum fn_status with_op(struct lcs_call *call, enum part part, enum deed deed)
{
	struct table *t = htable_find(call->shared, call->argv[0].s);
	int64_t n = t ? search(call, t, call->argv[1].s, call->argv[2].s, part, deed) : 0;

	if (deed == DEED_REMOVE)
		call->ret = value_int(n < 0 ? 0 : n);
	else
		call->ret = value_bool(n > 0);
	return FN_DONE;
}

enum fn_status sht_rm_name(struct lcs_call *call) { return with_op(call, PART_KEY, DEED_REMOVE); }
enum fn_status sht_rm_value(struct lcs_call *call) { return with_op(call, PART_VALUE, DEED_REMOVE); }
enum fn_status sht_has_name(struct lcs_call *call) { return with_op(call, PART_KEY, DEED_COUNT); }
enum fn_status sht_has_value(struct lcs_call *call) { return with_op(call, PART_VALUE, DEED_COUNT); }
enum fn_status sht_match_name(struct lcs_call *call) { return sht_has_name(call); }

/* "table=>expression" */
static enum fn_status by_regex(struct lcs_call *call, enum part part, enum deed deed)
{
	struct slice text = call->argv[0].s;
	size_t at = slice_search(text, SLICE("=>"));
	struct table *t = htable_find(call->shared, slice_trim(slice_first(text, at)));
	int64_t n = t ? search(call, t, SLICE("re"), slice_skip(text, at + 2), part, deed) : 0;

	call->ret = value_int(n < 0 ? 0 : n);
	return FN_DONE;
}

enum fn_status sht_rm_name_re(struct lcs_call *call)
{
	return by_regex(call, PART_KEY, DEED_REMOVE);
}

enum fn_status sht_rm_value_re(struct lcs_call *call)
{
	return by_regex(call, PART_VALUE, DEED_REMOVE);
}

enum fn_status get_count_names(struct lcs_call *call)
{
	return by_regex(call, PART_KEY, DEED_COUNT);
}

enum fn_status sht_keys(struct lcs_call *call)
{
	struct table *t = htable_find(call->shared, call->argv[0].s);
	struct arena *arena = lcs_arena(call->ctx);
	struct value_list *list = arena_zalloc(arena, sizeof(*list));
	struct table_items all = { 0, NULL };
	struct value *items;

	if (!list || (t && table_copy(t, loop_now(worker_loop()), arena, &all) != 0))
		return FN_FAILED;
	items = arena_alloc(arena, (all.count + 1) * sizeof(*items));
	if (!items)
		return FN_FAILED;
	for (size_t i = 0; i < all.count; i++)
		items[i] = value_string(all.items[i].key);
	*list = (struct value_list){ all.count, items };
	call->ret = (struct value){ .type = VALUE_LIST, .list = list };
	return FN_DONE;
}

/* ---- iterators ---- */

/* They belong to a message, whose arena says when it is gone; that may be on another
 * thread, so there only a mark is left, and the worker tidies up when it looks. */
struct iterator {
	struct iterator   *next;
	struct lcs_ctx    *ctx;
	_Atomic bool       gone;
	struct table      *table;
	struct arena      *arena;	/* holds all that follows */
	struct slice       name;
	struct table_items items;
	size_t             at;		/* 0: before the first */
};

static void iterator_free(struct iterator *it)
{
	struct arena *arena = it->arena;

	arena_free(&arena);
	free(it);
}

void iterators_free(struct htable_local *local)
{
	while (local->iterators) {
		struct iterator *it = local->iterators;

		local->iterators = it->next;
		if (it->gone)
			iterator_free(it);
		/* Otherwise the message will still want to mark it: it is freed there. */
		else
			it->ctx = NULL;
	}
}

static void tidy(struct htable_local *local)
{
	for (struct iterator **at = &local->iterators; *at; ) {
		struct iterator *it = *at;

		if (!it->gone) {
			at = &it->next;
			continue;
		}
		*at = it->next;
		iterator_free(it);
	}
}

static void mark_gone(void *obj)
{
	struct iterator *it = obj;

	if (!it->ctx) {
		iterator_free(it);	/* its worker has ended */
		return;
	}
	it->gone = true;
}

static struct iterator *find(struct lcs_call *call)
{
	struct htable_local *local = call->local;

	for (struct iterator *it = local->iterators; it; it = it->next)
		if (!it->gone && it->ctx == call->ctx && slice_eq(it->name, call->argv[0].s))
			return it;
	return NULL;
}

static struct iterator *iterator_new(struct lcs_call *call, struct table *t)
{
	struct htable_local *local = call->local;
	struct iterator *it = calloc(1, sizeof(*it));

	if (!it)
		return NULL;
	it->arena = arena_new(0);
	if (it->arena)
		it->name = arena_dup(it->arena, call->argv[0].s);
	if (!it->arena || !it->name.p ||
	    table_copy(t, loop_now(worker_loop()), it->arena, &it->items) != 0) {
		iterator_free(it);
		return NULL;
	}
	it->table = t;
	it->ctx = call->ctx;
	it->next = local->iterators;
	local->iterators = it;
	return it;
}

enum fn_status sht_iterator_start(struct lcs_call *call)
{
	struct table *t = htable_find(call->shared, call->argv[1].s);
	struct iterator *old = find(call), *it;

	tidy(call->local);
	if (old)
		old->name = SLICE("");		/* a new one takes its name */
	call->ret = value_bool(false);
	if (!t)
		return FN_DONE;
	it = iterator_new(call, t);
	if (!it)
		return FN_FAILED;
	/* Short of memory this marks it at once. */
	if (arena_hold(lcs_arena(call->ctx), it, mark_gone) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

enum fn_status sht_iterator_next(struct lcs_call *call)
{
	struct iterator *it = find(call);

	if (it && it->at <= it->items.count)
		it->at++;
	return fn_bool(call, it && it->at <= it->items.count);
}

static const struct table_item *item_at(struct lcs_call *call)
{
	const struct iterator *it = find(call);

	return it && it->at >= 1 && it->at <= it->items.count ? &it->items.items[it->at - 1] : NULL;
}

enum fn_status sht_iterator_rm(struct lcs_call *call)
{
	const struct table_item *item = item_at(call);

	return fn_bool(call, item && table_remove(find(call)->table, item->key));
}

enum fn_status sht_iterator_end(struct lcs_call *call)
{
	struct iterator *it = find(call);

	if (it)
		it->name = SLICE("");
	return fn_bool(call, it != NULL);
}

enum fn_status get_iterator_key(struct lcs_call *call)
{
	const struct table_item *item = item_at(call);
	struct slice key;

	if (!item)
		return FN_DONE;
	key = arena_dup(lcs_arena(call->ctx), item->key);
	call->ret = value_string(key);
	return key.p ? FN_DONE : FN_FAILED;
}

enum fn_status get_iterator_value(struct lcs_call *call)
{
	const struct table_item *item = item_at(call);

	if (item)
		call->ret = value_copy(lcs_arena(call->ctx), item->value);
	return FN_DONE;
}
