/*
 * test/scene/entries.c - module test_entries: says what a directory would say of its entries, which is
 * what dirsync does where there is one.
 */
#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_db/directory_api.h"
#include "utils/json.h"

struct entries { const struct auth_db_api *db; struct auth_db *db_state; };

/* dn as ldap_dn_plain() would make it. */
static int rpc_put(struct lcs_rpc_call *call)
{
	const struct entries *t = lcs_shared(call->mod);
	struct slice none = SLICE("");
	struct auth_db_entry e = { .key = json_text(call->params, "key"), .enabled = true,
	    .aor = json_text(call->params, "user"), .dn = json_text(call->params, "dn"),
	    .gone = !json_text(call->params, "user").len, .account = none, .account_domain = none,
	    .display_name = none, .home = none, .nt_hash = none, .ha1 = { none, none } };
	int err = t->db->directory->apply(t->db_state, &e, 1);

	return err ? err : lcs_rpc_done(call, json_pack("{s:i}", "change", (int)e.change));
}

static const struct lcs_need needs[] = { NEED(struct entries, db, auth_db, 1), { 0 } };

static const struct lcs_rpc_arg args[] = {
	{ "key", VALUE_STRING, true, "of the entry" },
	{ "user", VALUE_STRING, false, "its address; empty: it is gone" },
	{ "dn", VALUE_STRING, false, "its name" },
	{ 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "entries.put", RIGHT_ADMIN, args, rpc_put, "an entry of the directory is as this says" },
	{ 0 }
};

LCS_MODULE(test_entries,
	.summary = "entries of a directory that is not there",
	.shared_size = sizeof(struct entries),
	.needs = needs,
	.rpcs = rpcs,
	.flags = MODULE_AT_START,
);
