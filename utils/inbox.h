/*
 * utils/inbox.h - the door of a room: many writers, one reader, wake by eventfd.
 *
 * Lock-free for writers. Items come out in the order in which each writer put
 * them in. Bounded: a plain post is refused when the inbox is full; a post with
 * INBOX_MUST (responses, ACK, CANCEL, in-dialog requests, results) always passes.
 */
#ifndef UTILS_INBOX_H
#define UTILS_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inbox_item {			/* embedded in what is sent */
	struct inbox_item *_Atomic next;
	void (*run)(struct inbox_item *item);	/* on the reader; owns the item then */
};

enum inbox_mode { INBOX_MAY_REFUSE, INBOX_MUST };

struct inbox;

/**
 * @param limit  items waiting beyond which plain posts are refused; > 0
 * @return NULL if memory or file descriptors are short (errno says which)
 */
struct inbox *inbox_new(size_t limit);
/** Items still in it are run first, by the caller. No writer may be left. NULL is fine. */
void inbox_free(struct inbox **in);

/** Readable when there is something to do; for epoll. */
int  inbox_fd(const struct inbox *in);

/** Any thread. 0, or -EAGAIN if full (then the item stays the caller's). */
int  inbox_post(struct inbox *in, struct inbox_item *item, enum inbox_mode mode);

/** Reader: run what is there, at most max items; true if more is waiting. */
bool inbox_drain(struct inbox *in, size_t max);

/** Reader, before it sleeps: from now on a post writes the eventfd. false if
 *  something came in meanwhile (do not sleep then). */
bool inbox_arm(struct inbox *in);
/** Reader, after every wake-up, whatever woke it: clear the eventfd. No system call
 *  if nobody wrote it. */
void inbox_disarm(struct inbox *in);

size_t inbox_depth(const struct inbox *in);	/* roughly, any thread */

#endif
