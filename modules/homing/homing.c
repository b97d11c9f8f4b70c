/*
 * homing - users of one domain on several servers: where each of them lives.
 *
 * Who is not named here lives on this server, if he is one of its users.
 */
#include "modules/auth_db/auth_db_api.h"
#include "modules/homing/homes.h"
#include "modules/homing/homing_api.h"
#include "modules/homing/mesh.h"

#include <errno.h>

struct homing {
	struct lcs_mod           *mod;
	struct homes              homes;
	struct mesh               mesh;
	const struct auth_db_api *auth_db;	/* NULL: not loaded */
	struct auth_db           *db;
};

struct homes *homing_homes(struct lcs_mod *mod)
{
	return &((struct homing *)lcs_shared(mod))->homes;
}

struct mesh *homing_mesh(struct lcs_mod *mod)
{
	return &((struct homing *)lcs_shared(mod))->mesh;
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

/* ---- one decision: the first of these that says something ---- */

static const char *rule_of(struct lcs_call *call, struct slice aor, struct slice *server)
{
	struct homing *h = call->shared;
	const struct gen *gen = lcs_ctx_gen(call->ctx);
	const struct home *said = homes_find(&h->homes, aor);

	*server = elsewhere(h, aor, gen);
	if (server->len)
		return said ? "homes" : "directory";
	if (said || (h->auth_db && h->auth_db->state(h->db, aor) != AUTH_DB_UNKNOWN))
		return "here";
	return NULL;
}

static struct slice uri_of(struct lcs_call *call, struct slice server)
{
	int port = (int)((const struct homing_conf *)call->conf)->port;

	return arena_printf(lcs_arena(call->ctx), port ? "sip:%.*s:%d;transport=tls" :
	    "sip:%.*s;transport=tls", SLICE_ARG(server), port);
}

static enum fn_status go_to(struct lcs_call *call, struct slice uri_text, const char *rule)
{
	struct lcs_target *target = lcs_main_target(call->ctx);
	struct slice copy = arena_dup(lcs_arena(call->ctx), uri_text);
	struct sip_uri uri;

	if (!copy.p || sip_uri_parse(copy, &uri, NULL) != 0)
		return FN_FAILED;
	target->next_uri = copy;
	target->has_hop = false;
	call->ret = value_string(slice_str(rule));
	return FN_DONE;
}

static bool is_given(const struct value *v) { return v->type == VALUE_STRING && v->s.len; }

static enum fn_status fn_next_home(struct lcs_call *call)
{
	struct slice aor = asked_aor(call), server = SLICE("");
	const char *rule = aor.len ? rule_of(call, aor, &server) : NULL;

	if (server.len) {
		lcs_count(&((struct homing_local *)call->local)->elsewhere);
		return go_to(call, uri_of(call, server), rule);
	}
	if (!rule && is_given(&call->argv[1]))
		return go_to(call, call->argv[1].s, "static");
	if (!rule && is_given(&call->argv[2]))
		return go_to(call, call->argv[2].s, "default");
	call->ret = value_string(slice_str(rule ? rule : "none"));
	return FN_DONE;
}

static enum fn_status fn_from_home_of(struct lcs_call *call)
{
	struct homing_local *stats = call->local;
	struct slice home = asked_home(call), peer = lcs_peer(call->ctx);

	call->ret = value_bool(home.len && slice_eq_nocase(home, peer));
	(*(call->ret.b ? &stats->spoken_for : &stats->not_spoken_for))++;
	return FN_DONE;
}

/* ---- all of them ---- */

struct visit { struct homing *homing; homing_user_fn *fn; void *arg; };

static void visit_said(const struct home *home, void *arg)
{
	const struct visit *v = arg;

	if (homes_is_server(home->server))
		v->fn(home->aor, home->server, v->arg);
}

static void visit_directory(struct slice aor, struct slice home, void *arg)
{
	const struct visit *v = arg;

	if (homes_is_server(home) && !homes_find(&v->homing->homes, aor))
		v->fn(aor, home, v->arg);
}

void homing_each_user(struct lcs_mod *mod, homing_user_fn *fn, void *arg)
{
	struct homing *h = lcs_shared(mod);
	struct visit v = { h, fn, arg };

	homes_each(&h->homes, visit_said, &v);
	if (h->auth_db)
		h->auth_db->each_home(h->db, visit_directory, &v);
}

/* ---- users who get another name, or go ---- */

static void forget_deleted(void *arg, struct slice aor, bool deleted)
{
	struct homing *h = arg;
	int err = deleted ? homes_set(&h->homes, aor, SLICE_NULL) : -ENOENT;

	if (!err)
		log_notice("homing", "home forgotten with its user user=%.*s", SLICE_ARG(aor));
	else if (err != -ENOENT)
		log_error("homing", "the home of a deleted user is still in the store user=%.*s "
		    "error=\"%s\"", SLICE_ARG(aor), err_text(err));
}

/* The old name is deleted next. */
static int follow_renamed(void *arg, struct slice from, struct slice to)
{
	struct homing *h = arg;
	const struct home *home = homes_find(&h->homes, from);

	return home ? homes_set(&h->homes, to, home->server) : 0;
}

static const struct auth_db_watch watch = {
	.locked_out = forget_deleted, .renamed = follow_renamed
};

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
	mesh_init(&h->mesh, mod);
	if (h->auth_db && h->auth_db->watch(h->db, &watch, h) != 0)
		return -ENOSPC;
	return homes_init(&h->homes);
}

static int check(const void *conf, struct diag *diag) { return mesh_check(conf, diag); }

static int worker_start(struct lcs_mod *mod, void *local)
{
	(void)local;
	if (worker_self() == 0)
		mesh_start(homing_mesh(mod));
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)local;
	if (worker_self() == 0)
		mesh_stop(homing_mesh(mod));
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

static const struct lcs_need needs[] = { { "auth_db", 1, true }, { "tm", 1, true }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct homing_conf, server,
	    "the name of another home server, as in its certificate; several with commas between, or one "
	    "each time. Each is asked by OPTIONS now and then whether it is there; this server itself may "
	    "be among them. Needs module tm"),
	PARAM_INT(struct homing_conf, port, "0", 0, 65535,
	    "where they are asked, by TLS; 0: where DNS says (SRV), else 5061"),
	PARAM_DURATION(struct homing_conf, probe_every, "30s", 1000, 86400000, "s",
	    "time between an answer, or a failure, and the next question"),
	PARAM_DURATION(struct homing_conf, probe_timeout, "5s", 1000, 32000, "s",
	    "how long an answer is waited for"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "home_of(uri: str) -> str?", fn_home_of, IN_REQUEST | IN_FAILURE, 0,
	  "the server that this user lives on, if it is not this one; null: here, or nobody said" },
	{ "next_home(uri: str, fixed: str? = null, otherwise: str? = null) -> str", fn_next_home,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "where the server of this user is: sets $du to it and says which rule did, the first of: "
	  "`here` (he lives on this server; $du stays), `homes` (lcsctl homes), `directory` (module "
	  "dirsync), `static` ($du is now fixed, mostly from a map), `default` ($du is now otherwise), "
	  "`none` ($du stays). lcsctl trace shows it" },
	{ "from_home_of(uri: str) -> bool", fn_from_home_of, IN_REQUEST, FUNC_MUST_CHECK,
	  "does the request come from the server that this user lives on, by its certificate? That "
	  "server has asked him for his password, and no other one may speak for him" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct homing_local, elsewhere, STAT_COUNTER,
	    "times that home_of() or next_home() named another server"),
	LCS_STAT(struct homing_local, spoken_for, STAT_COUNTER,
	    "requests that came from the sender's own server"),
	LCS_STAT(struct homing_local, not_spoken_for, STAT_COUNTER,
	    "requests for which from_home_of() was false"),
	LCS_STAT(struct homing_local, homes, STAT_GAUGE, "other home servers (parameter server)"),
	LCS_STAT(struct homing_local, homes_up, STAT_GAUGE, "of these, how many answer"),
	LCS_STAT(struct homing_local, slowest, STAT_GAUGE,
	    "the longest of their last round trips, in microseconds"),
	LCS_STAT(struct homing_local, probes, STAT_COUNTER, "questions to other home servers"),
	LCS_STAT(struct homing_local, probes_failed, STAT_COUNTER, "of these, without an answer"),
	{ 0 }
};

LCS_MODULE(homing,
	.summary = "users of one domain on several servers",
	.conf_size = sizeof(struct homing_conf),
	.local_size = sizeof(struct homing_local),
	.shared_size = sizeof(struct homing),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = homing_rpcs,
	.schema = &homes_schema,
	.load = load,
	.check = check,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
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
	    "counts (module dirsync), if that is a server's name. Where the directory names an object,\n"
	    "as Active Directory does, dirsync has put the name of its host in its place.\n\n"
	    "Names are those of the servers' certificates, since from_home_of() compares the two. With\n"
	    "`lcsctl users rename` what was said of a user goes over to his new name, and with\n"
	    "`lcsctl users delete` it goes, as it does when a directory has the user no more: who moves to\n"
	    "another server is deleted here first.\n\n"
	    "Where a request goes is one decision, next_home(): who lives here stays here, whatever else is\n"
	    "said; then `lcsctl homes` counts, then the directory, then what the script gives as fixed,\n"
	    "then its default. With the user of From it routes by the sender:\n\n"
	    "```\n"
	    "map fixed = { \"*@branch.example.com\": \"sip:hs8.example.com;transport=tls\" }\n"
	    "var rule = next_home($fu, match_first(fixed, $fu));\n"
	    "```\n\n"
	    "`lcsctl trace show --level values` has the rule that it was (eight characters of it).\n\n"
	    "There is no server in the middle: each talks to each of the others. `lcsctl homes mesh` shows\n"
	    "them (parameter `server`, and those that users are said to live on): whether the server\n"
	    "answers and since when, the connections to it (`out`) and from it (`in`) and since when,\n"
	    "how many microseconds the last question and its answer took, until when its certificate is\n"
	    "good, how many users live there by what is known here, and how it failed last. The log says\n"
	    "when one ceases to answer, and when it answers again.\n",
);
