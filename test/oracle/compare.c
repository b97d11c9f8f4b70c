/*
 * test/oracle/compare.c - the machine and the tree beside each other.
 */
#include "test/oracle/oracle.h"

#include "cfg/check.h"
#include "cfg/diag_item.h"
#include "cfg/emit.h"
#include "cfg/fiber.h"
#include "test/fake/script.h"

#include <stdio.h>
#include <stdlib.h>

#define TRACE_BYTES 60000u
#define WAITS_MAX   2000u

unsigned compare_skew;

struct seen {				/* what one engine did */
	enum vm_status status;
	const char    *why;
	struct slice   trace;		/* calls, then variables */
	bool           gave_up;
};

static struct value result_of_waiting(void *arg, const struct sym_func *f)
{
	return fake_result(arg, f);
}

static void begin(struct fake_script *fake, unsigned seed, struct arena *arena)
{
	fake_script_begin(fake, arena);
	fake->seed = seed;
	fake->deadlines = 0;
}

static struct slice trace_of(struct fake_script *fake, struct value result, struct arena *arena)
{
	char *text = arena_bytes(arena, TRACE_BYTES);
	size_t n = 0;

	for (unsigned i = 0; i < fake->call_count && i < FAKE_CALLS_MAX && n < TRACE_BYTES - 400; i++)
		n += (size_t)snprintf(text + n, TRACE_BYTES - n, "%s\n", fake->calls[i].text);
	for (unsigned i = 0; i < fake->var_count && n < TRACE_BYTES - 4000; i++) {
		struct slice v = value_text(arena, fake->vars[i].value);

		n += (size_t)snprintf(text + n, TRACE_BYTES - n, "%s = %d %.*s\n",
		    fake->vars[i].name, (int)fake->vars[i].value.type, (int)(v.len < 3000 ? v.len :
		    3000), v.p ? v.p : "");
	}
	n += (size_t)snprintf(text + n, TRACE_BYTES - n, "deadlines %d, seed %u\n",
	    fake->deadlines, fake->seed);
	if (n < TRACE_BYTES - 4000) {
		struct slice v = value_text(arena, result);

		n += (size_t)snprintf(text + n, TRACE_BYTES - n, "result %d %.*s\n",
		    (int)result.type, (int)(v.len < 3000 ? v.len : 3000), v.p ? v.p : "");
	}
	return slice_of(text, n);
}

static bool is_limit(const char *why)
{
	return why && (strstr(why, "out of steps") || strstr(why, "out of memory") ||
	    strstr(why, "too long"));
}

static void run_machine(const struct program *p, unsigned id, struct fake_script *fake,
    struct arena *arena, struct seen *out)
{
	struct fiber *f = vm_start(p, id, NULL, 0, arena, NULL);
	unsigned waits = 0;

	vm_set_method(f, FAKE_METHOD);
	out->status = vm_run(f, &fake->vm, fake);
	while (out->status == VM_SUSPENDED && waits++ < WAITS_MAX) {
		vm_resume(f, fake_result(fake, f->waits_for));
		out->status = vm_run(f, &fake->vm, fake);
	}
	out->why = vm_error(f)->what;
	out->gave_up = out->status == VM_SUSPENDED || is_limit(out->why);
	out->trace = trace_of(fake, out->status == VM_DONE ? vm_result(f) : value_null(), arena);
}

static void run_tree(const struct route_decl *r, struct load *ld, struct fake_script *fake,
    struct arena *arena, struct seen *out)
{
	struct oracle_run run;

	oracle_run(r, ld->names->slot_count, &fake->vm, fake, result_of_waiting, ld, arena, &run);
	out->status = run.status;
	out->why = run.why;
	out->gave_up = run.gave_up || is_limit(run.why);
	out->trace = trace_of(fake, run.status == VM_DONE ? run.result : value_null(), arena);
}

static const char *status_text(enum vm_status s)
{
	static const char *const texts[] = { "done", "exit", "drop", "suspended", "failed" };

	return texts[s];
}

static enum compared compare_route(const struct route_decl *r, struct load *ld,
    const struct program *p, struct fake_script *fake, unsigned seed, struct arena *arena,
    struct slice *why)
{
	struct seen machine, tree;

	begin(fake, seed, arena);
	run_machine(p, r->id, fake, arena, &machine);
	begin(fake, seed + compare_skew, arena);
	run_tree(r, ld, fake, arena, &tree);
	if (machine.gave_up || tree.gave_up || (machine.status == tree.status &&
	    slice_eq(machine.trace, tree.trace)))
		return COMPARED_SAME;
	*why = arena_printf(arena, "%.*s, seed %u\nmachine: %s %s\n%.*stree: %s %s\n%.*s",
	    SLICE_ARG(route_text(ld, r)), seed, status_text(machine.status),
	    machine.why ? machine.why : "", SLICE_ARG(machine.trace), status_text(tree.status),
	    tree.why ? tree.why : "", SLICE_ARG(tree.trace));
	return COMPARED_DIFFERENT;
}

static enum compared compare_routes(struct load *ld, const struct program *p,
    struct fake_script *fake, unsigned seed, struct arena *arena, struct slice *why)
{
	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		if (!r->param_count && compare_route(r, ld, p, fake, seed, arena, why) !=
		    COMPARED_SAME)
			return COMPARED_DIFFERENT;
	return COMPARED_SAME;
}

static bool read_text(struct load *ld, struct slice text)
{
	struct cfg_source *s = source_of_text(&ld->mem, "t.cfg", mem_dup(&ld->mem, text));

	ld->ast = MEM_NEW(&ld->mem, struct ast);
	ld->ast->start = source_span(s, 0, 0);
	dict_init(&ld->macros, &ld->mem);
	if (ast_parse(ld, s) == 0) {
		names_init(ld);
		check_all(ld);
	}
	return diag_errors(ld->diag) == 0;
}

static struct slice first_error(struct load *ld)
{
	const struct diag_item **list = diag_sorted(ld->diag, ld->mem.arena);

	while (list && *list && (*list)->level != DIAG_ERROR)
		list++;
	return list && *list ? (*list)->text : SLICE("");
}

enum compared compare_text(struct fake_script *fake, struct slice text, unsigned seed,
    struct arena *arena, struct slice *why)
{
	struct load *ld = arena_zalloc(arena, sizeof(*ld));
	enum compared result = COMPARED_UNREAD;

	ld->mem.arena = arena;
	ld->host = &fake->host;
	ld->diag = diag_new();
	ld->cfg = arena_zalloc(arena, sizeof(*ld->cfg));
	fake->seed = 0;
	if (setjmp(ld->mem.begin) == 0) {
		if (read_text(ld, text))
			result = compare_routes(ld, emit_program(ld), fake, seed, arena, why);
		else
			*why = first_error(ld);
	}
	diag_free(&ld->diag);
	return result;
}

/* ---- the smallest text ---- */

struct lines { struct slice *list; size_t count; };

static struct lines split(struct slice text, struct arena *arena)
{
	struct lines l = { arena_alloc(arena, (text.len + 1) * sizeof(struct slice)), 0 };

	while (text.len > 0)
		l.list[l.count++] = slice_split(&text, '\n');
	return l;
}

static struct slice without(const struct lines *l, size_t from, size_t n, struct arena *arena)
{
	char *p = NULL;
	size_t len = 0;

	for (size_t i = 0; i < l->count; i++)
		len += l->list[i].len + 1;
	p = arena_bytes(arena, len + 1);
	len = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (i >= from && i < from + n)
			continue;
		memcpy(p + len, l->list[i].p, l->list[i].len);
		len += l->list[i].len;
		p[len++] = '\n';
	}
	return slice_of(p, len);
}

static bool still_differs(struct fake_script *fake, struct slice text, unsigned seed)
{
	struct arena *a = arena_new(0);
	struct slice why;
	bool differs = compare_text(fake, text, seed, a, &why) == COMPARED_DIFFERENT;

	arena_free(&a);
	return differs;
}

struct slice compare_shrink(struct fake_script *fake, struct slice text, unsigned seed,
    struct arena *arena)
{
	struct lines l = split(text, arena);

	for (size_t n = l.count / 2; n > 0; n = n > 1 ? n / 2 : 0) {
		bool again = true;

		while (again) {
			again = false;
			for (size_t at = 0; at + n <= l.count; at++) {
				struct slice less = without(&l, at, n, arena);

				if (!still_differs(fake, less, seed))
					continue;
				text = less;
				l = split(text, arena);
				again = true;
				break;
			}
		}
	}
	return text;
}
