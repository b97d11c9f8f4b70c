/*
 * parser/tidy.h - received lines on their way out: every line end becomes CRLF.
 */
#ifndef PARSER_TIDY_H
#define PARSER_TIDY_H

#include "utils/buf.h"

void put_tidied(struct buf *out, struct slice s);

/** As it is, or with the bare LFs of an untidy message repaired. */
static inline void put_tidy(struct buf *out, struct slice s, bool is_untidy)
{
	if (is_untidy)
		put_tidied(out, s);
	else
		buf_put(out, s);
}

#endif
