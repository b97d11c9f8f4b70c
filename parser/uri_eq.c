/*
 * parser/uri_eq.c - when two URIs are the same (RFC 3261 19.1.4; RFC 3966 4).
 */
#include "parser/uri.h"

#include "parser/token.h"
#include "utils/hex.h"

/* Every parameter is looked up in the other URI. To keep hostile URIs from
 * costing n * n, one with more parameters than this equals only itself. */
#define PARAMS_MAX 64

/*
 * The next character for comparison: %HH is what it stands for unless that is
 * reserved, and then it differs from the plain character (19.1.4).
 */
static int next_char(struct slice *s, bool nocase)
{
	int c = (unsigned char)*s->p, hi, lo;

	if (c == '%' && s->len >= 3) {
		hi = hex_digit(s->p[1]);
		lo = hex_digit(s->p[2]);
		if (hi >= 0 && lo >= 0) {
			*s = slice_skip(*s, 3);
			c = hi << 4 | lo;
			if (token_is((char)c, TOKEN_RESERVED))
				return 256 + c;
			return nocase ? (unsigned char)ascii_lower((char)c) : c;
		}
	}
	*s = slice_skip(*s, 1);
	return nocase ? (unsigned char)ascii_lower((char)c) : c;
}

static bool text_eq(struct slice a, struct slice b, bool nocase)
{
	if (slice_eq(a, b))
		return true;
	while (a.len > 0 && b.len > 0)
		if (next_char(&a, nocase) != next_char(&b, nocase))
			return false;
	return a.len == 0 && b.len == 0;
}

static size_t count(struct slice params, char sep)
{
	struct slice name, value;
	size_t n = 0;

	while (n <= PARAMS_MAX && uri_next_param(&params, sep, &name, &value))
		n++;
	return n;
}

/* Parameters whose presence in only one URI makes a difference. */
static bool is_telling(struct slice name)
{
	return slice_eq_nocase(name, SLICE("transport")) ||
	    slice_eq_nocase(name, SLICE("user")) ||
	    slice_eq_nocase(name, SLICE("method")) ||
	    slice_eq_nocase(name, SLICE("maddr")) ||
	    slice_eq_nocase(name, SLICE("ttl"));
}

static bool find(struct slice params, char sep, struct slice name, struct slice *value)
{
	struct slice each;

	while (uri_next_param(&params, sep, &each, value))
		if (text_eq(each, name, true))
			return true;
	return false;
}

typedef bool matters_fn(struct slice name);

static bool always(struct slice name)
{
	(void)name;
	return true;
}

/* Are all of a in b with the same value? Those that do not matter may be absent. */
static bool covered(struct slice a, struct slice b, char sep, matters_fn *matters)
{
	struct slice name, value, other;

	while (uri_next_param(&a, sep, &name, &value)) {
		bool there = find(b, sep, name, &other);

		if (there ? !text_eq(value, other, true) : matters(name))
			return false;
	}
	return true;
}

static bool same_params(struct slice a, struct slice b, char sep, matters_fn *matters)
{
	if (slice_eq(a, b))
		return true;
	if (count(a, sep) > PARAMS_MAX || count(b, sep) > PARAMS_MAX)
		return false;
	return covered(a, b, sep, matters) && covered(b, a, sep, matters);
}

static void skip_visual(struct slice *s)
{
	while (s->len > 0 && uri_is_visual(*s->p))
		*s = slice_skip(*s, 1);
}

static bool same_number(struct slice a, struct slice b)
{
	for (;;) {
		skip_visual(&a);
		skip_visual(&b);
		if (a.len == 0 || b.len == 0)
			return a.len == b.len;
		if (ascii_lower(*a.p) != ascii_lower(*b.p))
			return false;
		a = slice_skip(a, 1);
		b = slice_skip(b, 1);
	}
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	switch (a->scheme) {
	case URI_OTHER:
		return slice_eq_nocase(a->scheme_text, b->scheme_text) &&
		    slice_eq(slice_skip(a->text, a->scheme_text.len),
			slice_skip(b->text, b->scheme_text.len));
	case URI_TEL:
		return same_number(a->user, b->user) &&
		    same_params(a->params, b->params, ';', always);
	default:
		return a->port == b->port && slice_eq_nocase(a->host, b->host) &&
		    text_eq(a->user, b->user, false) &&
		    text_eq(a->password, b->password, false) &&
		    same_params(a->params, b->params, ';', is_telling) &&
		    same_params(a->headers, b->headers, '&', always);
	}
}
