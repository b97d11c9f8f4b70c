/*
 * utils/hex.h - bytes as hexadecimal digits and back.
 */
#ifndef UTILS_HEX_H
#define UTILS_HEX_H

#include "utils/slice.h"

/** Lower case; out has room for 2 * len (no NUL). */
void hex_encode(char *out, const void *in, size_t len);
/** Both cases; 0, or -EINVAL if s is not exactly 2 * len hex digits. */
int  hex_decode(void *out, size_t len, struct slice s);
/** Value of one digit, -1 if it is none. */
int  hex_digit(char c);

#endif
