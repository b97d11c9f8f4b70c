/*
 * modules/auth_ntlm/rpc.c - lcsctl ntlm: list, login.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include <errno.h>

static struct slice text_param(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);
	struct slice text = v ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;

	return sip_text_bare(text);
}

static int rpc_login(struct lcs_rpc_call *call)
{
	struct auth_ntlm *ntlm = lcs_shared(call->mod);
	struct slice aor = text_param(call->params, "user"), login = text_param(call->params,
	    "login");
	int err = accounts_set_login(&ntlm->accounts, aor, login);

	if (err == -ENOENT)
		call->error = arena_printf(call->arena, "there is no account of %.*s: set a "
		    "password with "
		    "\"users passwd\"", SLICE_ARG(aor));
	else if (err == -EEXIST)
		call->error = arena_printf(call->arena, "%.*s is the account of somebody else",
		    SLICE_ARG(login));
	else if (err)
		call->error = arena_printf(call->arena, "the store refused: %s", err_text(err));
	if (err)
		return err;
	log_notice("audit", "account named by=administrator user=%.*s login=%.*s", SLICE_ARG(aor),
	    SLICE_ARG(login));
	call->result = json_pack("{s:s%, s:s%}", "user", aor.p, aor.len, "login",
	    login.p ? login.p : "",
	    login.len);
	return 0;
}

static void list_one(const struct account *account, void *arg)
{
	json_array_append_new(arg, json_pack("{s:s%, s:s%, s:I}", "user", account->aor.p,
	    account->aor.len, "login", account->login.p, account->login.len,
	    "changed", (json_int_t)account->changed));
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct auth_ntlm *ntlm = lcs_shared(call->mod);

	call->result = json_array();
	accounts_each(&ntlm->accounts, list_one, call->result);
	return 0;
}

static const struct lcs_rpc_arg user_and_login[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "login", VALUE_STRING, false, "DOMAIN\\name; left out: that of the user" },
	{ 0 }
};
static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc auth_ntlm_rpcs[] = {
	{ "ntlm.list", RIGHT_READ, no_args, rpc_list, "accounts whose hashes are in the store" },
	{ "ntlm.login", RIGHT_ADMIN, user_and_login, rpc_login,
	  "the name under which a user signs in, where it is not that of the SIP address" },
	{ 0 }
};
