/*
 * parser/tidy.h - received lines on their way out: every line end becomes CRLF.
 */
#ifndef PARSER_TIDY_H
#define PARSER_TIDY_H

#include "utils/buf.h"

/** LF and CRLF become CRLF; anything else goes out as it is. */
void tidy_put_always(struct buf *out, struct slice s);

/** As it is, or with the bare LFs of an untidy message repaired. */
static inline void tidy_put(struct buf *out, struct slice s, bool is_untidy)
{
	if (is_untidy)
		tidy_put_always(out, s);
	else
		buf_put(out, s);
}

#endif
