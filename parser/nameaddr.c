/*
 * parser/nameaddr.c - name-addr and addr-spec with parameters (RFC 3261 20.10, 25.1).
 */
#include "parser/quick.h"
#include "parser/scan.h"
#include "parser/token.h"

/* Unquoted display names may hold more than tokens, as in the wild, but nothing
 * that would split the value elsewhere for another reader. */
static bool is_display(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!token_is(s.p[i], TOKEN_VALUE | TOKEN_LWS) || s.p[i] == '\\')
			return false;
	return true;
}

/* Takes the display name and leaves *s at the '<'; addr-spec has neither. */
static int take_display(struct slice *s, struct name_addr *n, struct sip_defect *why)
{
	size_t len;

	if (s->len > 0 && *s->p == '"') {
		len = token_quoted_span(*s);
		if (len == 0)
			return sip_defect(why, *s, "Quoted display name not closed");
		n->display = slice_first(*s, len);
		*s = slice_skip(*s, len);
		token_skip_lws(s);
		if (s->len == 0 || *s->p != '<')
			return sip_defect(why, *s, "Display name without an address in brackets");
		return 0;
	}
	len = slice_find(*s, '<');
	/* A bracket behind a ';' is inside a parameter of an addr-spec. */
	if (len == s->len || slice_find(slice_first(*s, len), ';') < len)
		return 0;
	n->display = token_trim(slice_first(*s, len));
	if (!is_display(n->display))
		return sip_defect(why, n->display, "Display name needs quotes");
	*s = slice_skip(*s, len);
	return 0;
}

static int take_address(struct slice *s, struct name_addr *n, struct sip_defect *why)
{
	struct slice uri;
	size_t len;

	n->brackets = s->len > 0 && *s->p == '<';
	if (n->brackets) {
		*s = slice_skip(*s, 1);
		len = slice_find(*s, '>');
		if (len == s->len)
			return sip_defect(why, *s, "Angle bracket not closed");
		uri = slice_first(*s, len);
		*s = slice_skip(*s, len + 1);
		return sip_uri_parse(uri, &n->uri, why);
	}
	for (len = 0; len < s->len && s->p[len] != ';' && !token_is(s->p[len], TOKEN_LWS); len++)
		if (s->p[len] == '?' || s->p[len] == ',')
			return sip_defect(why, *s, "URI with ',' or '?' needs angle brackets");
	uri = slice_first(*s, len);
	*s = slice_skip(*s, len);
	return sip_uri_parse(uri, &n->uri, why);
}

static int take_params(struct slice s, struct name_addr *n, struct sip_defect *why)
{
	struct slice rest, name, value;
	int got;

	if (!token_take_sep(&s, ';'))
		return s.len == 0 ? 0 : sip_defect(why, s, "Address followed by something else");
	n->params = rest = s;
	if (rest.len == 0)
		return sip_defect(why, n->text, "Empty parameter behind an address");
	while ((got = hdr_take_param(&rest, &name, &value)) > 0)
		if (n->tag.len == 0 && token_is_word(name, SLICE("tag")))
			n->tag = value;
	return got == 0 ? 0 : sip_defect(why, n->params, "Malformed parameter behind an address");
}

int name_addr_read_long(struct slice s, struct name_addr *out, struct sip_defect *why)
{
	int err;

	s = token_trim(s);
	*out = (struct name_addr){ .text = s };
	err = take_display(&s, out, why);
	if (!err)
		err = take_address(&s, out, why);
	return err ? err : take_params(s, out, why);
}

/* A quoted name and the address in brackets, or that alone, as nearly all are written.
 * Behind it, or NULL if it is not so simple. */
static const char *quick_address(struct slice s, struct name_addr *out)
{
	const char *p = s.p, *end = slice_end(s);

	if (s.len > 0 && *p == '"') {
		p = scan_string_end(p, end);
		if (!p)
			return NULL;
		out->display = slice_between(s.p, p);
		p += p < end && *p == ' ';
	} else {
		out->display = slice_of(p, 0);
	}
	if (p == end || *p != '<')
		return NULL;
	p = uri_quick(p + 1, end, &out->uri);
	return p && p < end && *p == '>' ? p + 1 : NULL;
}

/* ";tag=value;name=value" without blanks, as nearly all are written. */
static bool quick_params(struct slice s, struct name_addr *out, name_addr_param_fn *see, void *arg)
{
	const char *p = s.p, *end = slice_end(s);
	struct slice name, value;

	while (p < end) {
		if (*p != ';' || !(p = param_quick(p + 1, end, &name, &value)))
			return false;
		if (see && see(arg, name, value, NULL) != 0)
			return false;
		if (out->tag.len == 0 && token_is_word(name, SLICE("tag")))
			out->tag = value;
	}
	out->params = slice_skip(s, 1);
	return true;
}

static bool read_quick(struct slice s, struct name_addr *out, name_addr_param_fn *see, void *arg)
{
	const char *p;

	out->text = s;
	out->brackets = true;
	out->params = SLICE_NULL;
	out->tag = SLICE_NULL;
	p = quick_address(s, out);
	return p && (p == slice_end(s) || quick_params(slice_between(p, slice_end(s)), out, see, arg));
}

int name_addr_read_with(struct slice s, struct name_addr *out, name_addr_param_fn *see, void *arg,
    struct sip_defect *why)
{
	struct slice rest, name, value;
	int err;

	s = token_trim(s);
	if (read_quick(s, out, see, arg))
		return 0;
	err = name_addr_read_long(s, out, why);
	rest = out->params;
	while (see && !err && hdr_next_param(&rest, &name, &value))
		err = see(arg, name, value, why);
	return err;
}

int name_addr_read(struct slice s, struct name_addr *out, struct sip_defect *why)
{
	return name_addr_read_with(s, out, NULL, NULL, why);
}

int name_addr_parse(struct slice s, struct name_addr *out, struct sip_defect *why)
{
	struct name_addr n;
	int err = name_addr_read(s, &n, why);

	if (!err)
		*out = n;
	return err;
}
