/*
 * utils/rate.h - how often things happen, by key, in fixed memory that all threads share.
 *
 * For keys that a peer can choose without end: nothing is allocated after the
 * start and no lock is taken. When a table is full, a new key takes the place of
 * one of the quietest near it, so a flood of keys cannot push out a busy one.
 * What is counted is an estimate: the current window, and of the one before it
 * the part that a window reaching back from now still covers.
 */
#ifndef UTILS_RATE_H
#define UTILS_RATE_H

#include "utils/slice.h"
#include "utils/wheel.h"

#define RATE_LABEL_BYTES 48		/* of a key, for people; longer ones are shown cut */
#define RATE_MAX ((1u << 20) - 1)	/* counts stay there */

struct rate_table;

struct rate_seen {			/* one key, as of the moment it was looked at */
	char     label[RATE_LABEL_BYTES];
	size_t   label_len;
	uint32_t count;			/* in the window that ends now */
};

/** NULL if memory is short. slots: how many keys are kept at least. */
struct rate_table *rate_new(size_t slots);
/** No thread uses it any more. NULL is fine. */
void rate_free(struct rate_table **t);

/**
 * One more event of a key. Any thread.
 *
 * @param now     ms; the same clock for all threads, some ms apart at most
 * @param window  ms, > 0; to be the same in each call for a key
 * @return events in the window that ends now, this one included
 */
uint32_t rate_add(struct rate_table *t, struct slice key, msec_t now, msec_t window);
/** The same, unless that would make more than limit: then nothing is counted, and false. */
bool rate_try(struct rate_table *t, struct slice key, msec_t now, msec_t window,
    uint32_t limit);
/** How many there were in the window that ends now; nothing is counted. Any thread. */
uint32_t rate_look(const struct rate_table *t, struct slice key, msec_t now, msec_t window);
/** Begin to count anew; false if the key is not there. Any thread. */
bool rate_forget(struct rate_table *t, struct slice key);

/** Every key that has been seen within two windows. Any thread; keys that come or go
 *  meanwhile may be missed. */
void rate_each(const struct rate_table *t, msec_t now, msec_t window,
    void (*fn)(const struct rate_seen *seen, void *arg), void *arg);
/** Keys that had to make room for others although they were in use. */
uint64_t rate_evicted(const struct rate_table *t);

#endif
