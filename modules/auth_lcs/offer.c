/*
 * modules/auth_lcs/offer.c - which schemes there are, which of them are offered by what name, and
 * which one a message is signed in by.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include <errno.h>

/* ---- schemes ---- */

const struct scheme *auth_lcs_scheme(const struct auth_lcs *lcs, struct slice name)
{
	for (unsigned i = 0; i < lcs->scheme_count; i++)
		if (slice_eq_nocase(lcs->schemes[i].ops->name, name))
			return &lcs->schemes[i];
	return NULL;
}

int auth_lcs_provide(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme, void *state)
{
	if (lcs->scheme_count == SCHEMES_MAX)
		return -ENOSPC;
	lcs->schemes[lcs->scheme_count++] = (struct scheme){ scheme, state };
	return 0;
}

/* ---- what is offered ---- */

struct slice auth_lcs_own_name(const struct auth_lcs *lcs, struct lcs_ctx *ctx)
{
	struct slice name = auth_lcs_conf_of(lcs, ctx)->targetname;
	const struct value *v = lcs_setting(lcs_ctx_gen(ctx), "server_name");

	return !name.len && v && v->type == VALUE_STRING ? v->s : name;
}

struct slice auth_lcs_target(const struct auth_lcs *lcs, struct lcs_ctx *ctx,
    const struct scheme *scheme)
{
	const struct slice pieces[] = { scheme->ops->target_prefix, auth_lcs_own_name(lcs, ctx) };

	return arena_join(lcs_arena(ctx), pieces, 2);
}

struct slice auth_lcs_offered(const struct lcs_call *call)
{
	const struct auth_lcs_conf *conf = call->conf;

	return call->argv[0].s.len ? call->argv[0].s : conf->schemes;
}

/* "Kerberos, NTLM": the next one that we have. */
const struct scheme *auth_lcs_next_scheme(const struct auth_lcs *lcs, struct slice *list)
{
	while (list->len) {
		const struct scheme *s = auth_lcs_scheme(lcs, slice_trim(slice_split(list, ',')));

		if (s)
			return s;
	}
	return NULL;
}

bool auth_lcs_is_offered(const struct auth_lcs *lcs, struct slice list, const struct scheme *asked)
{
	const struct scheme *s;

	while ((s = auth_lcs_next_scheme(lcs, &list)))
		if (s == asked)
			return true;
	return false;
}

/* ---- in a message ---- */

static bool read_creds(const struct auth_lcs *lcs, const struct hdr *h, struct lcs_creds *out)
{
	return lcs_creds_parse(h->value, out) == 0 && auth_lcs_scheme(lcs, out->scheme);
}

bool auth_lcs_creds(const struct auth_lcs *lcs, struct lcs_ctx *ctx, struct lcs_creds *out)
{
	static const enum hdr_id ids[] = { HDR_AUTHORIZATION, HDR_PROXY_AUTHORIZATION };
	const struct sip_msg *msg = lcs_msg(ctx);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (const struct hdr *h = msg_hdr(msg, ids[i]); h; h = msg_hdr_next(msg, h))
			if (read_creds(lcs, h, out))
				return true;
	return false;
}
