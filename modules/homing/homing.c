/*
 * homing - users of one domain on several servers: where each of them lives.
 *
 * Here is its life; where.c knows who lives where, script.c asks it.
 */
#include "modules/homing/homing.h"

#include <errno.h>

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
	return homing_elsewhere(h, aor, gen_peek());
}

static const struct homing_api api = { api_elsewhere };
static const struct lcs_iface ifaces[] = { { "homing", 1, &api }, { 0 } };

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct homing *h = homing_of(mod);

	h->mod = mod;
	mesh_init(&h->mesh, mod);
	if (h->auth_db && h->auth_db->watch(h->auth_db_state, &watch, h) != 0)
		return -ENOSPC;
	return homes_init(&h->homes);
}

static int check(const void *conf, struct diag *diag) { return mesh_check(conf, diag); }

static int worker_start(struct lcs_mod *mod, void *local)
{
	(void)local;
	if (worker_self() == 0)
		mesh_start(&homing_of(mod)->mesh);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)local;
	if (worker_self() == 0)
		mesh_stop(&homing_of(mod)->mesh);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	int n = homes_load(&homing_of(mod)->homes);

	(void)next;
	(void)conf;
	if (n == -ENODEV)
		log_error(lcs_mod_name(mod), "no store is configured, so where users live cannot be kept: set "
		    "store = \"sqlite:/path/file.db\"");
	return n < 0 ? n : 0;
}

static void unload(struct lcs_mod *mod) { homes_fini(&homing_of(mod)->homes); }

static const struct lcs_need needs[] = {
	NEED_OPTIONAL(struct homing, auth_db, auth_db, 1),
	NEED_OPTIONAL(struct homing, mesh.tm, tm, 1),
	{ 0 }
};

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
	.funcs = homing_funcs,
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
	    "counts (module dirsync), if that is a server's name. Whom the directory got a moment ago is\n"
	    "known after directory_lookup() of dirsync, and so is his home. Where the directory names an object,\n"
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
