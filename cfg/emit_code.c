/*
 * cfg/emit_code.c - instructions, labels and what instructions refer to.
 */
#include "cfg/emit.h"

#include "utils/err.h"

#define PUSH(e, list, type) \
	((type *)mem_push(&(e)->ld->mem, &(e)->list##s, &(e)->list##_count, \
	    &(e)->list##_room, sizeof(type)))

static bool same_place(struct cfg_span a, struct cfg_span b)
{
	return a.source == b.source && a.line == b.line && a.column == b.column &&
	    a.end_line == b.end_line && a.end_column == b.end_column;
}

static void note_line(struct emit *e)
{
	struct prog_line *l = e->line_count ? &e->lines[e->line_count - 1] : NULL;

	if (l && same_place(l->at, e->at))
		return;
	l = PUSH(e, line, struct prog_line);
	l->pc = e->code_count;
	l->at = e->at;
}

static void word(struct emit *e, uint32_t w)
{
	*(uint32_t *)mem_push(&e->ld->mem, &e->code, &e->code_count, &e->code_room,
	    sizeof(w)) = w;
}

static int effect(struct emit *e, enum op op, uint32_t a, uint32_t b)
{
	const struct op_info *info = &op_table[op];
	int pops = info->pops;

	if (pops == OP_COUNT_A)
		pops = (int)a;
	else if (pops == OP_COUNT_B)
		pops = (int)b;
	else if (pops == OP_BY_VAR)
		pops = e->refs[a].has_key + e->refs[a].has_index + (op != OPC_GET);
	return info->pushes - pops;
}

static void count_depth(struct emit *e, int change)
{
	lcs_assert((int)e->depth + change >= 0);
	e->depth = (unsigned)((int)e->depth + change);
	if (e->depth > e->max_depth)
		e->max_depth = e->depth;
}

void emit_op2(struct emit *e, enum op op, uint32_t a, uint32_t b)
{
	/* 16 million of anything in one configuration: that is not a configuration. */
	lcs_assert(a <= OP_A_MAX);
	note_line(e);
	word(e, op_word(op, a));
	if (op_table[op].words == 2)
		word(e, b);
	count_depth(e, effect(e, op, a, b));
}

void emit_op(struct emit *e, enum op op, uint32_t a)
{
	emit_op2(e, op, a, 0);
}

/* ---- labels ---- */

static void fix(struct emit *e, uint32_t at, uint32_t pc)
{
	uint32_t *w = &e->code[at / 2];

	lcs_assert(pc <= OP_A_MAX);
	*w = at % 2 ? pc : op_word(op_of(*w), pc);
}

static void refer(struct emit *e, struct label *l, uint32_t at)
{
	if (l->is_set) {
		fix(e, at, l->pc);
		return;
	}
	*(uint32_t *)mem_push(&e->ld->mem, &l->fixes, &l->count, &l->room, sizeof(at)) = at;
}

void emit_jump(struct emit *e, enum op op, struct label *to)
{
	uint32_t at = e->code_count * 2;

	emit_op(e, op, 0);
	refer(e, to, at);
}

void emit_op_jump(struct emit *e, enum op op, uint32_t a, struct label *to)
{
	emit_op2(e, op, a, 0);
	refer(e, to, (e->code_count - 1) * 2 + 1);
}

void emit_label(struct emit *e, struct label *l)
{
	l->is_set = true;
	l->pc = e->code_count;
	for (unsigned i = 0; i < l->count; i++)
		fix(e, l->fixes[i], l->pc);
}

/* ---- what is referred to ---- */

static bool may_share(struct value v)
{
	return v.type == VALUE_STRING || v.type == VALUE_INT || v.type == VALUE_DURATION ||
	    v.type == VALUE_MAP || v.type == VALUE_ACL;
}

uint32_t emit_const(struct emit *e, struct value v)
{
	for (unsigned i = 0; may_share(v) && i < e->const_count; i++)
		if (!e->secrets[i] && value_eq(e->consts[i], v))
			return i;
	*PUSH(e, const, struct value) = v;
	*PUSH(e, secret, bool) = false;
	return e->const_count - 1;
}

uint32_t emit_secret(struct emit *e, struct value v)
{
	*PUSH(e, const, struct value) = v;
	*PUSH(e, secret, bool) = true;
	return e->const_count - 1;
}

uint32_t emit_func(struct emit *e, const struct sym_func *f)
{
	for (unsigned i = 0; i < e->func_count; i++)
		if (e->funcs[i] == f)
			return i;
	*PUSH(e, func, const struct sym_func *) = f;
	return e->func_count - 1;
}

uint32_t emit_builtin(struct emit *e, const struct builtin *b)
{
	struct prog_builtin *p;

	for (unsigned i = 0; i < e->builtin_count; i++)
		if (e->builtins[i].def == b)
			return i;
	p = PUSH(e, builtin, struct prog_builtin);
	p->def = b;
	return e->builtin_count - 1;
}

uint32_t emit_regex(struct emit *e, struct slice pattern)
{
	struct regex_error why;
	struct regex *re;

	for (unsigned i = 0; i < e->pattern_count; i++)
		if (slice_eq(e->patterns[i], pattern))
			return i;
	/* It compiled when it was checked; only memory can be missing now. */
	if (regex_compile(pattern, false, &re, &why) != 0)
		mem_short(&e->ld->mem);
	mem_hold(&e->ld->mem, re, regex_drop);
	*(const struct regex **)mem_push(&e->ld->mem, &e->regexes, &e->regex_count,
	    &e->regex_room, sizeof(re)) = re;
	*PUSH(e, pattern, struct slice) = pattern;
	return e->regex_count - 1;
}

uint32_t emit_ref(struct emit *e, const struct pv *pv)
{
	struct prog_ref want = { pv->sym, pv->arg != NULL, pv->index_kind == PV_INDEX_ONE,
		pv->index_kind == PV_INDEX_ALL }, *r;

	for (unsigned i = 0; i < e->ref_count; i++) {
		r = &e->refs[i];
		if (r->sym == want.sym && r->has_key == want.has_key &&
		    r->has_index == want.has_index && r->all == want.all)
			return i;
	}
	*PUSH(e, ref, struct prog_ref) = want;
	return e->ref_count - 1;
}
