/*
 * provisioning - what users may do: told to their clients, and asked for by the script.
 *
 * Clients of LCS ask for it once at sign-in (vnd-microsoft-provisioning). A client may ignore
 * what it is told; policy_allows() is how the server holds everybody to it.
 */
#include "modules/auth_db/auth_db_api.h"
#include "modules/presence/presence_api.h"
#include "utils/buf.h"
#include "utils/json.h"
#include "utils/xml_write.h"

#include <errno.h>

struct prov_conf { struct lcs_strings rule; bool tell; };

struct prov_local { uint64_t documents, allowed, denied; };

struct prov {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *presence_state;
	const struct auth_db_api  *users;	/* NULL: nobody can say who is one */
	struct auth_db            *users_state;
	struct presence_package    package;
};

/* What can be allowed or not; the name clients of LCS know the policy by, if they know one. */
static const struct { const char *feature, *policy; } features[] = {
	{ "im", "DisableIM" }, { "file-transfer", "DisableFileTransfer" },
	{ "audio", "DisablePC2PCAudio" }, { "video", "DisableVideo" },
	{ "application-sharing", "DisableApplicationSharing" }, { "whiteboard", "DisableWhiteboard" },
	{ "remote-assistance", "DisableRemoteAssistance" }, { "multiparty", "DisableMultiparty" },
};
#define FEATURES (sizeof(features) / sizeof(features[0]))

/* ---- rules: "WHO allow|deny FEATURE[,FEATURE...]" ---- */

static struct slice next_word(struct slice *rest)
{
	slice_skip_lws(rest);
	return slice_split(rest, ' ');
}

static bool is_feature(struct slice word)
{
	for (size_t i = 0; i < FEATURES; i++)
		if (slice_eq(word, slice_str(features[i].feature)))
			return true;
	return slice_eq(word, SLICE("all"));
}

static bool names(struct slice list, struct slice feature)
{
	while (list.len) {
		struct slice word = slice_trim(slice_split(&list, ','));

		if (slice_eq(word, feature) || slice_eq(word, SLICE("all")))
			return true;
	}
	return false;
}

static bool is_good_rule(struct slice rule)
{
	struct slice who = next_word(&rule), verdict = next_word(&rule), list = slice_trim(rule);

	if (!who.len || !list.len ||
	    (!slice_eq(verdict, SLICE("allow")) && !slice_eq(verdict, SLICE("deny"))))
		return false;
	while (list.len)
		if (!is_feature(slice_trim(slice_split(&list, ','))))
			return false;
	return true;
}

/* How special; 0: the user is not meant. */
static size_t fits(struct slice who, struct slice aor)
{
	struct slice domain = slice_skip(aor, slice_find(aor, '@') + 1);

	if (slice_eq_nocase(who, aor))
		return SIZE_MAX;
	if (slice_find(who, '@') == who.len && uri_host_is_below(domain, who))
		return 1 + who.len;
	return slice_eq(who, SLICE("all"));
}

/* The most special rule that names the feature; of equal ones the last. by, unless NULL: that
 * rule; empty: there is none, and all is allowed. */
static bool allows(const struct prov_conf *conf, struct slice aor, struct slice feature,
    struct slice *by)
{
	bool allowed = true;
	size_t best = 1;

	for (size_t i = 0; i < conf->rule.count; i++) {
		struct slice rest = conf->rule.items[i], who = next_word(&rest);
		struct slice verdict = next_word(&rest);
		size_t fit = fits(who, aor);

		if (fit < best || !names(rest, feature))
			continue;
		best = fit;
		allowed = slice_eq(verdict, SLICE("allow"));
		if (by)
			*by = conf->rule.items[i];
	}
	return allowed;
}

/* ---- the document ---- */

#define TYPE "application/vnd-microsoft-roaming-provisioning+xml"

static void put_policies(struct xml_writer *w, const struct prov_conf *conf, struct slice aor)
{
	for (size_t i = 0; conf->tell && i < FEATURES; i++) {
		if (allows(conf, aor, slice_str(features[i].feature), NULL))
			continue;
		xml_begin(w, "policy");
		xml_put_attr(w, "name", slice_str(features[i].policy));
		xml_put_attr(w, "value", SLICE("1"));
		xml_end(w);
	}
}

static void put_document(struct buf *b, const struct prov_conf *conf, struct slice aor)
{
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "provision");
	xml_begin(&w, "user");
	xml_put_attr_pair(&w, "uri", SLICE("sip:"), aor);
	xml_end(&w);
	put_policies(&w, conf, aor);
	xml_end(&w);
}

static int build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct prov *p = arg;
	struct buf *b = buf_new(256);

	(void)view;
	(void)one;
	*out = NULL;
	if (b)
		put_document(b, lcs_conf(p->mod, gen_peek()), p->presence->user_aor(u));
	if (b && !b->failed)
		*out = presence_body_new(SLICE(TYPE), SLICE_NULL, buf_slice(b));
	buf_unref(&b);
	lcs_count(&((struct prov_local *)lcs_local(p->mod))->documents);
	return *out ? 0 : -ENOMEM;
}

static const struct presence_format formats[] = {
	{ { TYPE, sizeof(TYPE) - 1 }, build },
	{ { NULL, 0 }, NULL }
};

/* ---- the script ---- */

static enum fn_status policy_allows(struct lcs_call *call)
{
	struct prov_local *stats = call->local;
	struct slice aor = call->argv[1].s.len ? sip_text_aor(lcs_arena(call->ctx),
	    call->argv[1].s) : lcs_sender(call->ctx);
	bool allowed = aor.len && allows(call->conf, aor, call->argv[0].s, NULL);

	lcs_count(allowed ? &stats->allowed : &stats->denied);
	return fn_bool(call, allowed);
}

/* ---- lcsctl policy ---- */

static int rpc_show(struct lcs_rpc_call *call)
{
	const struct prov_conf *conf = lcs_conf(call->mod, gen_peek());
	const struct prov *p = lcs_shared(call->mod);
	struct slice aor = SLICE_NULL;
	int err = lcs_rpc_user(call, "user", &aor);

	if (err)
		return err;
	/* What holds for all would be shown for a slip of the pen as well. */
	if (p->users && p->users->state(p->users_state, aor) == AUTH_DB_UNKNOWN)
		return lcs_rpc_fail(call, -ENOENT, "there is no user \"%.*s\" here", SLICE_ARG(aor));
	call->result = json_array();
	for (size_t i = 0; i < FEATURES; i++) {
		struct slice feature = slice_str(features[i].feature), by = SLICE("no rule");
		bool allowed = allows(conf, aor, feature, &by);

		json_array_append_new(call->result, json_pack("{s:o, s:b, s:o}", "feature",
		    json_slice(feature), "allowed", (int)allowed, "because", json_slice(by)));
	}
	return call->result ? 0 : -ENOMEM;
}

static const struct lcs_rpc_arg show_args[] = {
	{ "user", VALUE_STRING, true, "name@domain" }, { 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "policy.show", RIGHT_READ, show_args, rpc_show,
	  "what a user may do, and which rule of the configuration says so" },
	{ 0 }
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct prov *p = lcs_shared(mod);
	void *shared;

	p->mod = mod;
	p->users = lcs_import(mod, "auth_db", &shared);
	p->users_state = shared;
	p->presence = lcs_import(mod, "presence", &shared);
	if (!p->presence)
		return 0;
	p->presence_state = shared;
	p->package = (struct presence_package){
		.name = SLICE("vnd-microsoft-provisioning"), .formats = formats,
		.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED | PRESENCE_NO_POLICY,
		.default_expires = 28800, .min_expires = 60, .max_expires = 86400,
	};
	return p->presence->add_package(p->presence_state, &p->package, p);
}

static int check(const void *conf, struct diag *diag)
{
	const struct prov_conf *c = conf;

	for (size_t i = 0; i < c->rule.count; i++)
		if (!is_good_rule(c->rule.items[i]))
			return diag_error(diag, "rule", "\"%.*s\" is not of the form WHO allow|deny "
			    "FEATURE,FEATURE: who is name@domain, a domain or all; features are im, "
			    "file-transfer, audio, video, application-sharing, whiteboard, "
			    "remote-assistance, multiparty, all", SLICE_ARG(c->rule.items[i]));
	return 0;
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	{ .name = "presence", .version = 1, .optional = true },
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct prov_conf, rule,
	    "\"WHO allow|deny FEATURE,...\": who is name@domain, a domain (and those below it) or all; "
	    "the most special rule that names a feature decides, of equal ones the last"),
	PARAM_BOOL(struct prov_conf, tell, "yes",
	    "the document for clients lists what is denied; else only who they are"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "policy_allows(feature: str, user: str = \"\") -> bool", policy_allows,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "do the rules let this user (else who has proved to be the sender, else From) do it" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct prov_local, documents, STAT_COUNTER, "documents made for clients"),
	LCS_STAT(struct prov_local, allowed, STAT_COUNTER, "times policy_allows() said yes"),
	LCS_STAT(struct prov_local, denied, STAT_COUNTER, "times policy_allows() said no"),
	{ 0 }
};

LCS_MODULE(provisioning,
	.summary = "what users may do, told to clients and enforced (LCS provisioning)",
	.conf_size = sizeof(struct prov_conf),
	.local_size = sizeof(struct prov_local),
	.shared_size = sizeof(struct prov),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.stats = stats,
	.rpcs = rpcs,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.manual =
	    "```\n"
	    "modparam(\"provisioning\", \"rule\", \"example.com deny file-transfer\")\n"
	    "modparam(\"provisioning\", \"rule\", \"helpdesk@example.com allow file-transfer\")\n"
	    "```\n"
	    "\n"
	    "With the module im, which says what a request begins, the script enforces the rules for\n"
	    "both sides, in conversations too (invitations to files are MESSAGEs inside of them, and\n"
	    "their Request-URI is an endpoint's: there To says who it is):\n"
	    "\n"
	    "```\n"
	    "if (is_method(\"MESSAGE|INVITE\")) {\n"
	    "    var what = im_feature();\n"
	    "    if (what != \"\" && (!policy_allows(what) || !policy_allows(what, $tu))) {\n"
	    "        append_to_reply(\"Warning: 309 lcs \\\"not allowed by policy\\\"\\r\\n\");\n"
	    "        sl_send_reply(606, \"Not Acceptable\");\n"
	    "        exit;\n"
	    "    }\n"
	    "}\n"
	    "```\n"
	    "\n"
	    "`lcsctl policy show bob@example.com` says what the rules make of a user.\n"
	    "\n"
	    "Clients get `<provision><user uri=\"...\"/></provision>` with a `policy` element for each\n"
	    "denied feature. What LCS itself wrote there beyond `user` is not public; clients leave\n"
	    "alone what they do not know.\n",
);
