/*
 * cfg/vm_run.h - what the machine has at hand during one vm_run(), and how it writes its tape.
 *
 * For vm_step.h alone.
 */
#ifndef CFG_VM_RUN_H
#define CFG_VM_RUN_H

#include "cfg/fiber.h"

struct run {				/* of one vm_run(): what changes most */
	const uint32_t       *code, *pc;
	struct value         *sp, *base;	/* next free value; frame */
	uint32_t              steps;
	struct fiber         *f;
	struct tape          *tape;	/* NULL: nobody records */
	uint32_t             *counts;
	uint32_t              run_number;
	const struct vm_host *host;
	void                 *arg;
};

/* ---- the tape ---- */

/* An instruction of so many words has just run and turned out this way. */
static inline void note(struct run *r, uint32_t words, enum tape_kind kind, unsigned detail,
    unsigned outcome, uint64_t value)
{
	struct tape *t = r->tape;
	struct tape_step *s;
	uint32_t pc;

	if (!t)
		return;
	pc = (uint32_t)(r->pc - r->code) - words;
	s = &t->steps[t->at++ & t->mask];
	*s = (struct tape_step){ r->run_number, pc << 8 | (uint32_t)kind << 4 | detail, value };
	r->counts[2 * (size_t)pc + outcome]++;
}

static inline void note_branch(struct run *r, uint32_t words, bool jumps)
{
	note(r, words, TAPE_BRANCH, jumps, jumps, 0);
}

static inline uint64_t first_bytes(struct slice s)
{
	uint64_t n = 0;

	memcpy(&n, s.p, s.len < sizeof(n) ? s.len : sizeof(n));
	return n;
}

static inline void note_call(struct run *r, const struct value *v)
{
	uint64_t value;

	if (!r->tape)
		return;
	value = v->type == VALUE_BOOL ? v->b : v->type == VALUE_STRING && v->s.len ?
	    first_bytes(v->s) : v->type == VALUE_INT || v->type == VALUE_DURATION ?
	    (uint64_t)v->i : 0;
	note(r, 2, TAPE_CALL, v->type, value != 0, value);
	if (__builtin_expect(r->f->is_err_new, 0)) {
		tape_note_text(r->f, slice_str(r->f->err));
		r->f->is_err_new = false;
	}
}

#endif
