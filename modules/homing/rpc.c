/*
 * modules/homing/rpc.c - lcsctl homes: set, forget, show, list.
 */
#include "modules/homing/homing.h"

#include <errno.h>

/* ".p NULL": it names no user. */
static struct slice aor_param(struct lcs_rpc_call *call)
{
	struct slice text = json_text(call->params, "user");
	struct slice uri_text = slice_starts_nocase(text, SLICE("sip:")) ? text :
	    arena_printf(call->arena, "sip:%.*s", SLICE_ARG(text));
	struct sip_uri uri;

	if (!uri_text.p || sip_uri_parse(uri_text, &uri, NULL) != 0 || !uri.user.len)
		return SLICE_NULL;
	return sip_uri_aor(call->arena, &uri);
}

static int refuse(struct lcs_rpc_call *call, int err)
{
	call->error = err == -ENODEV ? SLICE("no store is configured (setting \"store\")") :
	    arena_printf(call->arena, "the store refused: %s", err_text(err));
	return err;
}

static json_t *describe(struct slice aor, struct slice server)
{
	return json_pack("{s:s%, s:s%}", "user", aor.p, aor.len, "home", server.p, server.len);
}

static int rpc_set(struct lcs_rpc_call *call)
{
	struct slice aor = aor_param(call), home = json_text(call->params, "home");
	int err;

	if (!aor.p)
		return lcs_rpc_fail(call, -EINVAL, "that is no user: write name@domain");
	if (!homes_is_server(home))
		return lcs_rpc_fail(call, -EINVAL, "a home is the name of a server, without port");
	err = homes_set(&homing_of(call->mod)->homes, aor, home);
	if (err)
		return refuse(call, err);
	log_notice("audit", "home set by=administrator user=%.*s home=%.*s", SLICE_ARG(aor),
	    SLICE_ARG(home));
	call->result = describe(aor, home);
	return 0;
}

static int rpc_forget(struct lcs_rpc_call *call)
{
	struct slice aor = aor_param(call);
	int err = aor.p ? homes_set(&homing_of(call->mod)->homes, aor, SLICE_NULL) : -ENOENT;

	if (err == -ENOENT)
		return lcs_rpc_fail(call, err, "nobody said where that user lives");
	if (err)
		return refuse(call, err);
	log_notice("audit", "home forgotten by=administrator user=%.*s", SLICE_ARG(aor));
	call->result = json_pack("{s:s%}", "user", aor.p, aor.len);
	return 0;
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct slice aor = aor_param(call);
	const struct home *home = aor.p ? homes_find(&homing_of(call->mod)->homes, aor) : NULL;

	if (!home)
		return lcs_rpc_fail(call, -ENOENT, "nobody said where that user lives");
	call->result = describe(home->aor, home->server);
	return 0;
}

static void list_one(const struct home *home, void *arg)
{
	json_array_append_new(arg, describe(home->aor, home->server));
}

static int rpc_list(struct lcs_rpc_call *call)
{
	call->result = json_array();
	homes_each(&homing_of(call->mod)->homes, list_one, call->result);
	return 0;
}

static const struct lcs_rpc_arg user_and_home[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "home", VALUE_STRING, true, "the name of the server, as in its certificate" },
	{ 0 }
};
static const struct lcs_rpc_arg one_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc homing_rpcs[] = {
	{ "homes.set", RIGHT_ADMIN, user_and_home, rpc_set, "say on which server a user lives" },
	{ "homes.forget", RIGHT_ADMIN, one_user, rpc_forget,
	  "a user lives here, if he is one of this server's" },
	{ "homes.show", RIGHT_READ, one_user, rpc_show, "where a user lives" },
	{ "homes.list", RIGHT_READ, no_args, rpc_list, "users of whom somebody said where they live" },
	{ "homes.mesh", RIGHT_READ, no_args, homing_rpc_mesh,
	  "the other home servers: who answers, and what there is between them and this one" },
	{ 0 }
};
