/*
 * homing - users of one domain on several servers: where each of them lives.
 *
 * Who is not named here lives on this server, if he is one of its users.
 */
#include "modules/auth_db/auth_db_api.h"
#include "modules/homing/homes.h"
#include "modules/homing/homing_api.h"

#include <errno.h>

struct homing {
	struct lcs_mod           *mod;
	struct homes              homes;
	const struct auth_db_api *auth_db;	/* NULL: not loaded */
	struct auth_db           *db;
};

struct homing_local { uint64_t elsewhere, spoken_for, not_spoken_for; };

struct homes *homing_homes(struct lcs_mod *mod)
{
	return &((struct homing *)lcs_shared(mod))->homes;
}

/* ---- asking ---- */

/* What was said here counts more than what the directory says. */
static struct slice server_of(struct homing *h, struct slice aor)
{
	const struct home *home = homes_find(&h->homes, aor);

	if (home || !h->auth_db)
		return home ? home->server : SLICE("");
	return h->auth_db->home(h->db, aor);
}

static struct slice elsewhere(struct homing *h, struct slice aor, const struct gen *gen)
{
	struct slice server = server_of(h, aor);

	return homes_is_server(server) && !lcs_is_own_host(gen, server, 0) ? server : SLICE("");
}

static struct slice asked_aor(struct lcs_call *call)
{
	struct sip_uri uri;

	if (sip_uri_parse(call->argv[0].s, &uri, NULL) != 0 || !uri.user.len)
		return SLICE_NULL;
	return sip_uri_aor(lcs_arena(call->ctx), &uri);
}

static struct slice asked_home(struct lcs_call *call)
{
	struct slice aor = asked_aor(call);

	return aor.len ? elsewhere(call->shared, aor, lcs_ctx_gen(call->ctx)) : SLICE("");
}

static enum fn_status fn_home_of(struct lcs_call *call)
{
	struct slice home = asked_home(call);

	call->ret = value_null();
	if (!home.len)
		return FN_DONE;
	((struct homing_local *)call->local)->elsewhere++;
	/* The record may go at our next quiet point. */
	call->ret = value_string(arena_dup(lcs_arena(call->ctx), home));
	return call->ret.s.p ? FN_DONE : FN_FAILED;
}

static enum fn_status fn_from_home_of(struct lcs_call *call)
{
	struct homing_local *stats = call->local;
	struct slice home = asked_home(call), peer = lcs_peer(call->ctx);

	call->ret = value_bool(home.len && slice_eq_nocase(home, peer));
	(*(call->ret.b ? &stats->spoken_for : &stats->not_spoken_for))++;
	return FN_DONE;
}

/* ---- for other modules ---- */

static struct slice api_elsewhere(struct homing *h, struct slice aor)
{
	return elsewhere(h, aor, gen_peek());
}

static const struct homing_api api = { api_elsewhere };
static const struct lcs_iface ifaces[] = { { "homing", 1, &api }, { 0 } };

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct homing *h = lcs_shared(mod);
	void *db = NULL;

	h->mod = mod;
	h->auth_db = lcs_import(mod, "auth_db", &db);
	h->db = db;
	return homes_init(&h->homes);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	int n = homes_load(homing_homes(mod));

	(void)next;
	(void)conf;
	if (n == -ENODEV)
		log_error(lcs_mod_name(mod), "no store is configured, so where users live cannot be kept: set "
		    "store = \"sqlite:/path/file.db\"");
	return n < 0 ? n : 0;
}

static void unload(struct lcs_mod *mod) { homes_fini(homing_homes(mod)); }

static const struct lcs_need needs[] = { { "auth_db", 1, true }, { 0 } };

static const struct lcs_func funcs[] = {
	{ "home_of(uri: str) -> str?", fn_home_of, IN_REQUEST | IN_FAILURE, 0,
	  "the server that this user lives on, if it is not this one; null: here, or nobody said" },
	{ "from_home_of(uri: str) -> bool", fn_from_home_of, IN_REQUEST, FUNC_MUST_CHECK,
	  "does the request come from the server that this user lives on, by its certificate? That "
	  "server has asked him for his password, and no other one may speak for him" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct homing_local, elsewhere, STAT_COUNTER,
	    "times that home_of() named another server"),
	LCS_STAT(struct homing_local, spoken_for, STAT_COUNTER,
	    "requests that came from the sender's own server"),
	LCS_STAT(struct homing_local, not_spoken_for, STAT_COUNTER,
	    "requests for which from_home_of() was false"),
	{ 0 }
};

LCS_MODULE(homing,
	.summary = "users of one domain on several servers",
	.local_size = sizeof(struct homing_local),
	.shared_size = sizeof(struct homing),
	.funcs = funcs,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = homing_rpcs,
	.schema = &homes_schema,
	.load = load,
	.prepare = prepare,
	.unload = unload,
	.manual =
	    "Each user lives on one server, his home: he signs in there, and what he publishes, who\n"
	    "watches him and what waits for him is kept there and nowhere else. Every home has to know\n"
	    "where the users of the others live:\n\n"
	    "```\n"
	    "lcsctl homes set bob@example.com hs2.example.com\n"
	    "```\n\n"
	    "Users who are not named live here, if they are users at all; naming this server itself is\n"
	    "the same. The names are kept in the store and read into memory, so that asking costs\n"
	    "nothing. For users of whom nobody said it here the home that a directory has for them\n"
	    "counts (module dirsync), if that is a server's name: an attribute such as\n"
	    "`msRTCSIP-HomeServerString`, not the distinguished name of an object.\n\n"
	    "Names are those of the servers' certificates, since from_home_of() compares the two.\n",
);
