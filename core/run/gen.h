/*
 * core/run/gen.h - configuration generations: who began under one finishes under it.
 *
 * What a generation contains is the owner's; here it is a counted object with
 * one current pointer, swapped by the control thread.
 */
#ifndef CORE_RUN_GEN_H
#define CORE_RUN_GEN_H

#include "utils/epoch.h"
#include "utils/list.h"
#include "utils/ref.h"

struct gen {
	struct ref   refs;		/* messages, transactions, the current pointer */
	uint64_t     number;
	void       (*retire)(struct gen *gen);	/* control thread, when nobody holds it */
	/* private */
	struct epoch_item grace;
	struct gen       *next;
	struct list       node;
};

/** A worker at the beginning of a message: the current one, counted. */
struct gen *gen_take(void);
/** The current one, not counted: only until the next quiet point. */
struct gen *gen_peek(void);
struct gen *gen_ref(struct gen *gen);
/** Any thread; retiring is left to the control thread. */
void gen_unref(struct gen **gen);
/** A worker that is about to sleep or to end: the counts it has in hand go back. While it is at
 *  work refs may tell of a hundred more than there are messages. */
void gen_hand_back(void);
/** Control thread: make gen (NULL: none) the current one; takes over the caller's count.
 *  The old one's count is given back after a grace period (utils/epoch.h). */
void gen_commit(struct gen *gen);
/** Control thread, now and then: retire what is due. */
void gen_collect(void);
/** Control thread: visit those that were committed and not retired, oldest first. */
void gen_each(void (*fn)(const struct gen *gen, bool is_current, void *arg), void *arg);

#endif
