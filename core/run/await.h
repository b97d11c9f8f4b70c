/*
 * core/run/await.h - the control thread waits for what workers will have finished: a change that is
 * on disk before an administrator reads that it is done.
 *
 * Who waits may give up, so what both sides write to is counted and in memory of its own.
 */
#ifndef CORE_RUN_AWAIT_H
#define CORE_RUN_AWAIT_H

#include "core/run/worker.h"

/* What an answer may wait for; less than lcsctl waits for the answer. */
#define AWAIT_MOST 20000

struct await;

/**
 * Nothing is waited for yet.
 * @param bytes  room for what is found out, zeroed; lives as long as the whole
 * @return the caller's; NULL if memory is short
 */
struct await *await_new(size_t bytes);
void await_unref(struct await **a);
/** Aligned for every type. Who writes there from several workers sees to that himself; what was
 *  written before await_end() is seen after await_all(). */
void *await_room(struct await *a);

/** Before await_all(): one more is waited for, and holds it until await_end(). */
void await_begin(struct await *a);
/** Any thread, once for each await_begin(). */
void await_end(struct await *a);

/**
 * Control thread: all that is waited for until await_apart() is part of one answer, and takes no
 * longer than this together. Nests: the outermost counts.
 * @param most  milliseconds
 */
void await_together(msec_t most);
void await_apart(void);

/**
 * Control thread only, once, blocks until all have ended. Where threads are played: until nothing
 * goes on any more.
 * @param most  milliseconds; > 0. Between await_together() and await_apart() no more than is left
 *              there; when nothing is left only what has ended already is no -ETIMEDOUT
 * @return 0 or -ETIMEDOUT: what is not done yet may still be done
 */
int await_all(struct await *a, msec_t most);

#endif
