/*
 * modules/auth_lcs/creds.c - see creds.h.
 */
#include "modules/auth_lcs/creds.h"

#include "parser/auth.h"

#include <errno.h>

static struct slice without_quotes(struct slice s)
{
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return slice_of(s.p + 1, s.len - 2);
	return s;
}

static void take(struct slice *to, struct slice value)
{
	if (!to->p)
		*to = value;
}

static int take_version(struct lcs_creds *c, struct slice value)
{
	uint32_t n;

	if (slice_to_u32(value, &n) != 0 || n > 255)
		return -EBADMSG;
	c->version = n;
	return 0;
}

static int take_param(struct lcs_creds *c, struct slice name, struct slice value)
{
	const struct { struct slice name; struct slice *to; } fields[] = {
		{ SLICE("realm"), &c->realm }, { SLICE("targetname"), &c->targetname },
		{ SLICE("opaque"), &c->opaque }, { SLICE("qop"), &c->qop },
		{ SLICE("gssapi-data"), &c->gssapi_data }, { SLICE("crand"), &c->crand },
		{ SLICE("cnum"), &c->cnum }, { SLICE("response"), &c->response },
	};

	if (slice_eq_nocase(name, SLICE("version")))
		return take_version(c, value);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (slice_eq_nocase(name, fields[i].name))
			take(fields[i].to, value);
	return 0;
}

int lcs_creds_parse(struct slice value, struct lcs_creds *out)
{
	struct slice rest = slice_trim(value), name, v;
	int more;

	*out = (struct lcs_creds){ .version = 2 };
	out->scheme = slice_split(&rest, ' ');
	if (!out->scheme.len)
		return -EBADMSG;
	while ((more = auth_next_param(&rest, &name, &v)) > 0)
		if (take_param(out, name, without_quotes(v)) != 0)
			return -EBADMSG;
	out->has_token = out->gssapi_data.p != NULL;
	return more;
}
