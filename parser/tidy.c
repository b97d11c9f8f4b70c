/*
 * parser/tidy.c - CRLF for bare LF (RFC 3261 7: each line ends with CRLF).
 */
#include "parser/tidy.h"

void tidy_put_always(struct buf *out, struct slice s)
{
	while (s.len > 0) {
		size_t lf = slice_find(s, '\n');
		struct slice part = slice_first(s, lf);

		if (lf == s.len) {
			buf_put(out, part);
			return;
		}
		if (part.len > 0 && part.p[part.len - 1] == '\r')
			part.len--;
		buf_put(out, part);
		buf_put(out, SLICE("\r\n"));
		s = slice_skip(s, lf + 1);
	}
}
