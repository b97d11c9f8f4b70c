/*
 * parser/auth.c - Authorization and its like (RFC 3261 20.7, 25.1; RFC 7616 3.4).
 */
#include "parser/auth.h"

#include "parser/quick.h"
#include "parser/token.h"
#include "utils/hex.h"

#include <errno.h>

static const struct { struct slice name; size_t offset; } fields[] = {
#define FIELD(f) { { #f, sizeof(#f) - 1 }, offsetof(struct auth_credentials, f) }
	FIELD(username), FIELD(realm), FIELD(nonce), FIELD(uri), FIELD(response),
	FIELD(algorithm), FIELD(cnonce), FIELD(opaque), FIELD(qop), FIELD(nc),
#undef FIELD
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* One blank at most behind the comma and none elsewhere, as nearly all are written; false if it is
 * another, and then nothing is taken. */
static bool take_simple(struct slice *rest, struct slice *name, struct slice *value)
{
	const char *p = rest->p, *end = slice_end(*rest);

	if (p < end && *p == ',' && ++p < end && *p == ' ')
		p++;
	p = param_quick(p, end, name, value);
	if (!p || !value->p || (p < end && *p != ','))
		return false;
	*rest = slice_between(p, end);
	return true;
}

int auth_param_read(struct slice *rest, struct slice *name, struct slice *value)
{
	size_t n;

	while (token_take_sep(rest, ','))
		;
	if (rest->len == 0)
		return 0;
	*name = token_take(rest, TOKEN_CHAR);
	if (name->len == 0 || !token_take_sep(rest, '='))
		return -EBADMSG;
	n = rest->len > 0 && *rest->p == '"' ? token_quoted_span(*rest) : token_span(*rest, TOKEN_VALUE);
	if (n == 0)
		return -EBADMSG;
	*value = slice_first(*rest, n);
	*rest = slice_skip(*rest, n);
	slice_skip_lws(rest);
	return rest->len == 0 || *rest->p == ',' ? 1 : -EBADMSG;
}

int auth_next_param(struct slice *rest, struct slice *name, struct slice *value)
{
	return take_simple(rest, name, value) ? 1 : auth_param_read(rest, name, value);
}

bool auth_param(struct arena *a, struct slice params, struct slice name, struct slice *value)
{
	struct slice each;

	while (auth_next_param(&params, &each, value) > 0)
		if (slice_eq_nocase(each, name)) {
			*value = hdr_unquote(a, *value);
			return value->p != NULL;
		}
	*value = SLICE_NULL;
	return false;
}

/* Clients write them nearly in our order: the search begins at *at, behind the last. */
static struct slice *field_of(struct auth_credentials *c, struct slice name, size_t *at)
{
	for (size_t n = 0; n < FIELDS; n++) {
		size_t i = *at;

		*at = i + 1 < FIELDS ? i + 1 : 0;
		if (token_is_word(name, fields[i].name))
			return (struct slice *)(void *)((char *)c + fields[i].offset);
	}
	return NULL;
}

/* A field's p is set once its name was there, even if the value is empty. */
static int take_fields(struct arena *a, struct auth_credentials *c, struct sip_defect *why)
{
	struct slice rest = c->params, name, value;
	size_t at = 0;
	int got;

	while ((got = auth_next_param(&rest, &name, &value)) > 0) {
		struct slice *field = field_of(c, name, &at);

		if (!field)
			continue;
		if (field->p)
			return sip_defect(why, name, "Credentials with a parameter twice");
		*field = hdr_unquote(a, value);
		if (!field->p)
			return -ENOMEM;
	}
	return got == 0 ? 0 : sip_defect(why, rest, "Credentials malformed");
}

/* The defect's place is in the message, where nc itself may no longer be. */
static int check_nc(const struct auth_credentials *c, struct sip_defect *why)
{
	bool good = c->nc.len == 8;

	if (!c->nc.p)
		return 0;
	for (size_t i = 0; i < c->nc.len; i++)
		good &= hex_digit(c->nc.p[i]) >= 0;
	return good ? 0 : sip_defect(why, c->params, "Credentials with a bad nonce count");
}

int auth_credentials_parse(struct arena *a, struct slice value,
    struct auth_credentials *out, struct sip_defect *why)
{
	struct auth_credentials c = { 0 };
	int err;

	value = slice_trim(value);
	c.scheme = token_take(&value, TOKEN_CHAR);
	if (c.scheme.len == 0 || value.len == 0 || !token_is(*value.p, TOKEN_LWS))
		return sip_defect(why, value, "Credentials without a scheme or parameters");
	c.params = slice_trim(value);
	err = take_fields(a, &c, why);
	if (!err)
		err = check_nc(&c, why);
	if (err == -ENOMEM || (err && slice_eq_nocase(c.scheme, SLICE("Digest"))))
		return err;
	*out = c;
	return 0;
}
