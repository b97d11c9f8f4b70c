/*
 * utils/spare.h - blocks that a thread keeps for its next use, for what comes and goes with
 * every message.
 *
 * malloc() keeps seven blocks of a size per thread and sorts what is beyond into bins; a
 * worker that answers thirty datagrams in a turn is beyond. Sizes are rounded up to powers
 * of two from 256 to 4096 bytes; larger blocks are malloc's. A block may be given back by
 * any thread.
 */
#ifndef UTILS_SPARE_H
#define UTILS_SPARE_H

#include <stddef.h>

/* The address sanitizer shall see every block come and go: nothing is kept then. */
#if defined(__SANITIZE_ADDRESS__)
#define SPARE_BYPASSED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPARE_BYPASSED 1
#endif
#endif
#ifndef SPARE_BYPASSED
#define SPARE_BYPASSED 0
#endif

/** From now on this thread keeps what is given back; others pass it on to free(). */
void  spare_begin(void);
/** Free all that this thread keeps, and keep nothing any more. */
void  spare_end(void);

/** Not cleared; NULL if memory is short. */
void *spare_get(size_t size_bytes);
/** With the size it was got with. NULL is fine. */
void  spare_put(void *block, size_t size_bytes);

#endif
