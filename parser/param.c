/*
 * parser/param.c - parameters of headers and quoted strings (RFC 3261 7.3.1, 25.1).
 */
#include "parser/quick.h"
#include "parser/scan.h"

#include <errno.h>

static bool take_value(struct slice *rest, struct slice *value)
{
	size_t n = rest->len > 0 && *rest->p == '"' ? token_quoted_span(*rest) :
	    token_span(*rest, TOKEN_VALUE);
	bool closed = n > 0 || rest->len == 0 || *rest->p != '"';

	if (!closed)
		n = rest->len;
	*value = slice_first(*rest, n);
	*rest = slice_skip(*rest, n);
	return closed;
}

const char *param_quick(const char *p, const char *end, struct slice *name, struct slice *value)
{
	const char *at = token_end(p, end, TOKEN_CHAR);

	if (at == p)
		return NULL;
	*name = slice_between(p, at);
	*value = SLICE_NULL;
	if (at == end || *at != '=')
		return at;
	p = at + 1;
	at = p < end && *p == '"' ? p + scan_quoted_span(slice_between(p, end)) :
	    scan_value_end(p, end);
	*value = slice_between(p, at);
	return at == p ? NULL : at;
}

/* Up to the next without blanks around, as nearly all are written; false if it is another, and
 * then nothing is taken. */
static bool take_simple(struct slice *rest, struct slice *name, struct slice *value)
{
	const char *end = slice_end(*rest), *at = param_quick(rest->p, end, name, value);

	if (!at || (at < end && (*at++ != ';' || at == end || token_is(*at, TOKEN_LWS))))
		return false;
	*rest = slice_between(at, end);
	return true;
}

int param_read(struct slice *rest, struct slice *name, struct slice *value)
{
	bool good;

	if (rest->len == 0)
		return 0;
	token_skip_lws(rest);
	*name = token_take(rest, TOKEN_CHAR);
	*value = SLICE_NULL;
	good = name->len > 0;
	if (token_take_sep(rest, '='))
		good &= take_value(rest, value);
	if (token_take_sep(rest, ';'))
		return good && rest->len > 0 ? 1 : -EBADMSG;
	if (rest->len == 0)
		return good ? 1 : -EBADMSG;
	*rest = slice_skip(*rest, slice_find(*rest, ';') + 1);
	return -EBADMSG;
}

int hdr_take_param(struct slice *rest, struct slice *name, struct slice *value)
{
	if (rest->len == 0)
		return 0;
	return take_simple(rest, name, value) ? 1 : param_read(rest, name, value);
}

bool hdr_next_param(struct slice *rest, struct slice *name, struct slice *value)
{
	while (hdr_take_param(rest, name, value) != 0)
		if (name->len > 0)
			return true;
	return false;
}

bool hdr_param(struct slice params, struct slice name, struct slice *value)
{
	struct slice each;

	while (hdr_next_param(&params, &each, value))
		if (token_is_word(each, name))
			return true;
	*value = SLICE_NULL;
	return false;
}

struct slice hdr_unquote(struct arena *arena, struct slice s)
{
	char *out;
	size_t n = 0;

	if (s.len < 2 || *s.p != '"' || s.p[s.len - 1] != '"')
		return s;
	s = slice_of(s.p + 1, s.len - 2);
	if (scan_find(s, '\\') == s.len)
		return s;
	out = arena_bytes(arena, s.len);
	if (!out)
		return SLICE_NULL;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		out[n++] = s.p[i];
	}
	return slice_of(out, n);
}
