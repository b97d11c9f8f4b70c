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

/** Has an edge (EPOLLIN | EPOLLET) when the armed reader has something to do; nobody reads it. */
int  inbox_fd(const struct inbox *in);

/** Any thread. 0, or -EAGAIN if full (then the item stays the caller's). */
int  inbox_post(struct inbox *in, struct inbox_item *item, enum inbox_mode mode);

/*
 * What one writer has for one inbox, posted together: one compare-and-swap and at most one
 * wake-up. Begins as { 0 }.
 */
struct inbox_batch { struct inbox_item *newest, *oldest; size_t count; };
/** As inbox_post(), but not before inbox_post_batch(). The limit does not see what other
 *  writers have collected and not posted yet. */
int  inbox_collect(const struct inbox *in, struct inbox_batch *batch, struct inbox_item *item,
    enum inbox_mode mode);
/** Post all, in the order they were collected in; the batch is empty then. */
void inbox_post_batch(struct inbox *in, struct inbox_batch *batch);

/** Reader: run what is there, at most max items; true if more is waiting. */
bool inbox_drain(struct inbox *in, size_t max);

/** Reader, before it sleeps: from now on a post writes the eventfd. false if
 *  something came in meanwhile (do not sleep then). */
bool inbox_arm(struct inbox *in);
/** Reader, after every wake-up, whatever woke it. No system call. */
void inbox_disarm(struct inbox *in);

size_t inbox_depth(const struct inbox *in);	/* roughly, any thread */

#endif
