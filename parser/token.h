/*
 * parser/token.h - character classes and the few scanning steps that all parsers share
 * (RFC 3261 25.1).
 *
 * LWS here is SP, HTAB, CR and LF: within a header value line ends occur only as folds.
 */
#ifndef PARSER_TOKEN_H
#define PARSER_TOKEN_H

#include "utils/slice.h"

enum token_class {
	TOKEN_CHAR = 1,			/* token of RFC 3261 25.1 */
	TOKEN_HOST = 2,			/* host name or IPv4, and '_', which real names contain */
	TOKEN_IPV6 = 4,			/* inside the brackets of an IPv6 reference */
	TOKEN_URI = 8,			/* what we let pass in a URI: all but space, controls, <>" */
	TOKEN_VALUE = 16,		/* unquoted parameter value: all but space, controls, ;,<>" */
	TOKEN_UNESCAPED = 32,		/* user part characters that need no %HH */
	TOKEN_RESERVED = 64,		/* reserved of RFC 3261 25.1: %HH of it means something else */
	TOKEN_LWS = 128,
	TOKEN_PLAIN = 256,		/* TOKEN_URI without '%' */
	TOKEN_USER = 512,		/* TOKEN_PLAIN without what ends a user part: @ : ; ? */
	TOKEN_PARAMS = 1024		/* TOKEN_PLAIN without '@' and '?' */
};

extern const uint16_t token_classes[256];

static inline bool token_is(char c, enum token_class class)
{
	return (token_classes[(unsigned char)c] & class) != 0;
}

/** The first byte from p on that is not of the class, or end. */
static inline const char *token_end(const char *p, const char *end, enum token_class class)
{
	while (end - p >= 4) {
		if (!token_is(p[0], class))
			return p;
		if (!token_is(p[1], class))
			return p + 1;
		if (!token_is(p[2], class))
			return p + 2;
		if (!token_is(p[3], class))
			return p + 3;
		p += 4;
	}
	while (p < end && token_is(*p, class))
		p++;
	return p;
}

/** Number of bytes at the front that are all of the class. */
static inline size_t token_span(struct slice s, enum token_class class)
{
	return (size_t)(token_end(s.p, slice_end(s), class) - s.p);
}

static inline bool token_all(struct slice s, enum token_class class)
{
	return token_span(s, class) == s.len;
}

/** Take what is of the class from the front of *s; may be empty. */
static inline struct slice token_take(struct slice *s, enum token_class class)
{
	size_t n = token_span(*s, class);
	struct slice taken = { s->p, n };

	if (n)
		*s = slice_of(s->p + n, s->len - n);
	return taken;
}

/* The two below are slice_skip_lws() and slice_trim() for places where a call shows. */
static inline void token_skip_lws(struct slice *s)
{
	while (s->len > 0 && token_is(*s->p, TOKEN_LWS)) {
		s->p++;
		s->len--;
	}
}

static inline struct slice token_trim(struct slice s)
{
	token_skip_lws(&s);
	while (s.len > 0 && token_is(s.p[s.len - 1], TOKEN_LWS))
		s.len--;
	return s;
}

/** Is it this word, case-blind? Most are not, and the length says so; nearly all that are
 *  are in lower case, and a comparison with a literal needs no call. */
static inline bool token_is_word(struct slice s, struct slice word)
{
	return s.len == word.len &&
	    (memcmp(s.p, word.p, word.len) == 0 || slice_eq_nocase(s, word));
}

/** Skip LWS, the character and LWS again; false (only LWS skipped) if it is another. */
static inline bool token_take_sep(struct slice *s, char sep)
{
	token_skip_lws(s);
	if (s->len == 0 || *s->p != sep)
		return false;
	s->p++;
	s->len--;
	token_skip_lws(s);
	return true;
}

/**
 * Length of the quoted string at the front, quotes included.
 * @return 0 if s does not begin with a quote or the string is not closed
 */
size_t token_quoted_span(struct slice s);

/**
 * Does every NUL stand behind a backslash in a quoted string (or in a comment, if the header
 * has such)? Nowhere else RFC 3261 25.1 has one.
 */
bool token_nul_is_quoted(struct slice s, bool comments);

/** Up to three decimals of a number from 0 to 1 as thousandths (qvalue); -EINVAL if it is none. */
int token_to_q(struct slice s, uint16_t *thousandths);

#endif
