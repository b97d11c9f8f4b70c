/*
 * utils/base64.h - RFC 4648 section 4, with padding.
 */
#ifndef UTILS_BASE64_H
#define UTILS_BASE64_H

#include "utils/slice.h"

#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/** out has room for BASE64_LEN(len); returns the bytes written (no NUL). */
size_t base64_encode(char *out, const void *in, size_t len);
/** 0 and *out_len, or -EINVAL; out has room for s.len / 4 * 3. */
int base64_decode(void *out, size_t *out_len, struct slice s);

#endif
