/*
 * cfg/dump.c - the listing of a program, with the lines it was made of.
 */
#include "cfg/emit.h"

#include <inttypes.h>
#include <stdio.h>

struct listing {
	FILE                 *file;
	const struct program *p;
	struct cfg_span       shown;	/* the line printed last */
};

static void show_value(struct listing *l, struct value v)
{
	struct arena *arena = arena_new(0);
	struct slice s = arena ? value_text(arena, v) : SLICE_NULL;

	fprintf(l->file, v.type == VALUE_STRING ? "\"%.*s\"" : "%.*s", SLICE_ARG(s));
	arena_free(&arena);
}

static void show_arg(struct listing *l, enum op_arg kind, uint32_t n)
{
	const struct program *p = l->p;

	switch (kind) {
	case ARG_NONE:     return;
	case ARG_CONST:
		if (p->secrets[n])
			fprintf(l->file, "(secret)");
		else
			show_value(l, p->consts[n]);
		return;
	case ARG_LOCAL:    fprintf(l->file, "[%" PRIu32 "]", n); return;
	case ARG_VAR:      fprintf(l->file, "$var(%.*s)", SLICE_ARG(p->var_names[n])); return;
	case ARG_REF:
		fprintf(l->file, "$%s%s%s", p->refs[n].sym->name, p->refs[n].has_key ? "()" : "",
		    p->refs[n].has_index ? "[]" : p->refs[n].all ? "[*]" : "");
		return;
	case ARG_FUNC:     fprintf(l->file, "%s", p->funcs[n]->name); return;
	case ARG_BUILTIN:
		fprintf(l->file, "%.*s", (int)strcspn(p->builtins[n].def->sig, "("),
		    p->builtins[n].def->sig);
		return;
	case ARG_ROUTE:    fprintf(l->file, "%.*s", SLICE_ARG(p->routes[n].name)); return;
	case ARG_JUMP:     fprintf(l->file, "-> %" PRIu32, n); return;
	case ARG_REGEX:    fprintf(l->file, "pattern %" PRIu32, n); return;
	case ARG_TYPE:     fprintf(l->file, "%s", value_type_name((enum value_type)n)); return;
	case ARG_OPERATOR: fprintf(l->file, "%s", expr_op_text((enum expr_op)n)); return;
	case ARG_INT:
	case ARG_COUNT:    fprintf(l->file, "%" PRIu32, n); return;
	}
}

static void show_line(struct listing *l, uint32_t pc)
{
	struct cfg_span at = program_place(l->p, pc);

	if (at.source == l->shown.source && at.line == l->shown.line)
		return;
	l->shown = at;
	/* The line of a secret names its file, not what is in it. */
	if (at.source)
		fprintf(l->file, "%s:%" PRIu32 ": %.*s\n", at.source->name, at.line,
		    SLICE_ARG(slice_trim(source_line(at.source, at.line))));
}

static uint32_t show_op(struct listing *l, uint32_t pc)
{
	uint32_t word = l->p->code[pc];
	const struct op_info *info = &op_table[op_of(word)];

	show_line(l, pc);
	fprintf(l->file, "%6" PRIu32 "  %-9s", pc, info->name);
	show_arg(l, info->a, op_a(word));
	if (info->words == 2) {
		fprintf(l->file, " ");
		show_arg(l, info->b, l->p->code[pc + 1]);
	}
	fprintf(l->file, "\n");
	return pc + (uint32_t)info->words;
}

void cfg_dump_code(const struct cfg *cfg, void *file)
{
	struct listing l = { .file = file, .p = cfg->program };

	for (unsigned i = 0; i < l.p->route_count; i++) {
		const struct prog_route *r = &l.p->routes[i];

		fprintf(l.file, "%s%.*s: %u places, %u values above them; with all it calls %u "
		    "values, %u frames\n", i ? "\n" : "", SLICE_ARG(r->name), r->slots, r->stack,
		    r->total_values, r->total_frames);
		l.shown = (struct cfg_span){ 0 };
		for (uint32_t pc = r->entry; pc < r->end; )
			pc = show_op(&l, pc);
	}
}
