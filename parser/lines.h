/*
 * parser/lines.h - walking the lines of a message head; shared by index, framer and builder.
 */
#ifndef PARSER_LINES_H
#define PARSER_LINES_H

#include "parser/token.h"

/** Behind the LF of the line at p, NULL if it has none. */
static inline const char *line_next(const char *p, const char *end)
{
	const char *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return lf ? lf + 1 : NULL;
}

/** Is the line from p to next (behind its LF) empty? */
static inline bool line_is_empty(const char *p, const char *next)
{
	return *p == '\n' || (*p == '\r' && next - p == 2);
}

static inline bool line_is_fold(const char *p, const char *end)
{
	return p < end && (*p == ' ' || *p == '\t');
}

/**
 * Split one whole header line (from p to behind its last LF, folds inside)
 * into name and trimmed value.
 * @return false if it does not begin with a name and a colon (RFC 3261 25.1 HCOLON)
 */
static inline bool line_split(const char *p, const char *next, struct slice *name,
    struct slice *value)
{
	const char *at = p;

	/* The LF at the end stops these loops. */
	while (token_is(at[0], TOKEN_CHAR) && token_is(at[1], TOKEN_CHAR) &&
	    token_is(at[2], TOKEN_CHAR) && token_is(at[3], TOKEN_CHAR))
		at += 4;
	while (token_is(*at, TOKEN_CHAR))
		at++;
	*name = slice_between(p, at);
	while (*at == ' ' || *at == '\t')
		at++;
	if (*at != ':' || name->len == 0)
		return false;
	at++;
	while (at < next && token_is(*at, TOKEN_LWS))
		at++;
	next--;
	while (next > at && token_is(next[-1], TOKEN_LWS))
		next--;
	if (next < at)
		next = at;
	*value = slice_between(at, next);
	return true;
}

/* A walk over the header lines of bytes that are known to be a SIP head. */
struct line_walk { const char *at, *end; };

/** First line (start line) apart; the walk goes on with the headers. false if there is none. */
static inline bool line_walk_begin(struct line_walk *w, struct slice bytes, struct slice *first)
{
	const char *next;

	*w = (struct line_walk){ bytes.p, slice_end(bytes) };
	next = line_next(w->at, w->end);
	if (!next)
		return false;
	*first = slice_between(w->at, next);
	w->at = next;
	return true;
}

/** Next header line, folds included; false at the empty line or the end. */
static inline bool line_walk_next(struct line_walk *w, struct slice *line)
{
	const char *next = line_next(w->at, w->end);

	if (!next || line_is_empty(w->at, next))
		return false;
	while (line_is_fold(next, w->end)) {
		const char *more = line_next(next, w->end);

		if (!more)
			break;
		next = more;
	}
	*line = slice_between(w->at, next);
	w->at = next;
	return true;
}

#endif
