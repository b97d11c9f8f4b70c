/*
 * parser/token.c - the character class table and the scanning steps too long for a header.
 */
#include "parser/token.h"

#include <errno.h>

#define IS_UPPER(c)  ((c) >= 'A' && (c) <= 'Z')
#define IS_LOWER(c)  ((c) >= 'a' && (c) <= 'z')
#define IS_DIGIT(c)  ((c) >= '0' && (c) <= '9')
#define IS_ALNUM(c)  (IS_UPPER(c) || IS_LOWER(c) || IS_DIGIT(c))
#define IS_HEX(c)    (IS_DIGIT(c) || ((c) >= 'A' && (c) <= 'F') || ((c) >= 'a' && (c) <= 'f'))
#define IS_GRAPH(c)  ((c) > 0x20 && (c) != 0x7f)
/* mark and user-unreserved of RFC 3261 25.1 */
#define IS_MARK(c)                                                         \
	((c) == '-' || (c) == '_' || (c) == '.' || (c) == '!' || (c) == '~' || \
	 (c) == '*' || (c) == '\'' || (c) == '(' || (c) == ')')
#define IS_USER(c)                                                         \
	((c) == '&' || (c) == '=' || (c) == '+' || (c) == '$' || (c) == ',' || \
	 (c) == ';' || (c) == '?' || (c) == '/')
#define IS_TOKEN(c)                                                        \
	(IS_ALNUM(c) || (c) == '-' || (c) == '.' || (c) == '!' || (c) == '%' || \
	 (c) == '*' || (c) == '_' || (c) == '+' || (c) == '`' || (c) == '\'' || (c) == '~')
#define IS_URI(c)    (IS_GRAPH(c) && (c) != '<' && (c) != '>' && (c) != '"')

#define CLASSES(c)                                                         \
	((IS_TOKEN(c) ? TOKEN_CHAR : 0) |                                  \
	 (IS_ALNUM(c) || (c) == '-' || (c) == '.' || (c) == '_' ? TOKEN_HOST : 0) | \
	 (IS_HEX(c) || (c) == ':' || (c) == '.' ? TOKEN_IPV6 : 0) |        \
	 (IS_URI(c) ? TOKEN_URI : 0) |                                     \
	 (IS_URI(c) && (c) != '%' ? TOKEN_PLAIN : 0) |                     \
	 (IS_URI(c) && (c) != '%' && (c) != '@' && (c) != ':' && (c) != ';' && (c) != '?' ? \
	     TOKEN_USER : 0) |                                             \
	 (IS_URI(c) && (c) != '%' && (c) != '@' && (c) != '?' ? TOKEN_PARAMS : 0) | \
	 (IS_URI(c) && (c) != ';' && (c) != ',' ? TOKEN_VALUE : 0) |       \
	 (IS_ALNUM(c) || IS_MARK(c) || IS_USER(c) ? TOKEN_UNESCAPED : 0) | \
	 (IS_USER(c) || (c) == ':' || (c) == '@' ? TOKEN_RESERVED : 0) |   \
	 ((c) == ' ' || (c) == '\t' || (c) == '\r' || (c) == '\n' ? TOKEN_LWS : 0))

#define FOUR(c)    CLASSES(c), CLASSES((c) + 1), CLASSES((c) + 2), CLASSES((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define SIXTY_FOUR(c) SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint16_t token_classes[256] = {
	SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)
};

/* Is the quote at the end of s one that counts? A backslash takes the byte behind it along. */
static bool ends_string(const char *at, const char *quote)
{
	const char *backslash;

	while ((backslash = memchr(at, '\\', (size_t)(quote - at)))) {
		if (backslash + 1 == quote)
			return false;
		at = backslash + 2;
	}
	return true;
}

size_t token_quoted_span(struct slice s)
{
	const char *at = s.p, *quote, *end = slice_end(s);

	if (s.len == 0 || *s.p != '"')
		return 0;
	for (at++; (quote = memchr(at, '"', (size_t)(end - at))); at = quote + 1)
		if (ends_string(at, quote))
			return (size_t)(quote + 1 - s.p);
	return 0;
}

bool token_nul_is_quoted(struct slice s, bool comments)
{
	bool is_string = false, has_nul = false;
	unsigned depth = 0;		/* of comments */

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\0')
			return false;
		if (s.p[i] == '\\' && (is_string || depth > 0)) {
			i++;
			has_nul |= i < s.len && s.p[i] == '\0';
		} else if (s.p[i] == '"' && depth == 0) {
			is_string = !is_string;
		} else if (comments && !is_string) {
			depth += s.p[i] == '(';
			depth -= s.p[i] == ')' && depth > 0;
		}
	}
	/* What is never closed was no string. */
	return !has_nul || (!is_string && depth == 0);
}

int token_to_q(struct slice s, uint16_t *thousandths)
{
	struct slice whole = slice_split(&s, '.');
	unsigned q = 0, unit = 1000;

	if (whole.len > 1 || (whole.len == 0 && s.len == 0))
		return -EINVAL;
	if (whole.len == 1 && *whole.p != '0' && *whole.p != '1')
		return -EINVAL;
	if (whole.len == 1)
		q = (unsigned)(*whole.p - '0') * unit;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return -EINVAL;
		unit /= 10;
		q += (unsigned)(s.p[i] - '0') * unit;
		if (q > 1000)
			return -EINVAL;
	}
	*thousandths = (uint16_t)q;
	return 0;
}
