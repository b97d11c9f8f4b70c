/*
 * utils/utf8.h - is it UTF-8, and what to show where it is not (RFC 3629).
 */
#ifndef UTILS_UTF8_H
#define UTILS_UTF8_H

#include "utils/slice.h"

/** Bytes of the character at the beginning of s, which is not empty; 0: there is none. */
size_t utf8_len(struct slice s);
/** Put a question mark where a byte belongs to no character. */
void utf8_scrub(char *text, size_t len);

#endif
