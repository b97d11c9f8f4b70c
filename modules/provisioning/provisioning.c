/*
 * provisioning - what users may do: told to their clients, and asked for by the script.
 *
 * Clients of LCS ask for it once at sign-in (vnd-microsoft-provisioning). A client may ignore
 * what it is told; policy_allows() is how the server holds everybody to it.
 */
#include "modules/auth_db/auth_db_api.h"
#include "modules/presence/presence_api.h"
#include "modules/provisioning/rules.h"
#include "utils/buf.h"
#include "utils/json.h"
#include "utils/list.h"
#include "utils/xml_write.h"

#include <errno.h>

struct prov_conf {
	struct lcs_strings rule;
	bool               tell;
	struct rules      *rules;	/* by prepare */
};

struct prov_local {
	uint64_t     documents, allowed, denied, moved;
	struct list  told;		/* of struct told: whose document may have to be another */
	struct timer renew;		/* when the rules are others */
	uint64_t     awaited;		/* number of their generation */
	struct prov *p;
};

struct told {				/* part of a user for whom a document was made */
	struct list           node;	/* .next NULL: not yet */
	struct presence_user *user;
};

struct prov {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *presence_state;
	const struct auth_db_api  *users;	/* NULL: nobody can say who is one */
	struct auth_db            *users_state;
	struct presence_package    package;
	int                        part;	/* of struct told */
};

/* Borrowed until the thread's next quiet point. The table of users is asked only if a rule wants to
 * know. */
static struct rule_user user_of(const struct prov *p, const struct prov_conf *conf, struct slice aor)
{
	return (struct rule_user){ .aor = aor, .dn = conf->rules->has_units && p->users && aor.len ?
	    p->users->dn(p->users_state, aor) : SLICE("") };
}

/* ---- the document ---- */

#define TYPE "application/vnd-microsoft-roaming-provisioning+xml"

static void put_policies(struct xml_writer *w, const struct prov_conf *conf,
    const struct rule_user *user)
{
	for (unsigned i = 0; conf->tell && i < RULE_FEATURES; i++) {
		if (rules_allow(conf->rules, user, 1u << i))
			continue;
		xml_begin(w, "policy");
		xml_put_attr(w, "name", slice_str(rule_features[i].policy));
		xml_put_attr(w, "value", SLICE("1"));
		xml_end(w);
	}
}

static void put_document(struct buf *b, const struct prov_conf *conf, const struct rule_user *user)
{
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_begin(&w, "provision");
	xml_begin(&w, "user");
	xml_put_attr_pair(&w, "uri", SLICE("sip:"), user->aor);
	xml_end(&w);
	put_policies(&w, conf, user);
	xml_end(&w);
}

/* The engine keeps the body until it is told that it is another. */
static void note_told(struct prov *p, struct presence_user *u)
{
	struct prov_local *local = lcs_local(p->mod);
	struct told *t = p->presence->part(u, p->part);

	if (t->node.next)
		return;
	t->user = u;
	list_push_back(&local->told, &t->node);
}

static void forget_told(void *part, struct presence_user *u)
{
	struct told *t = part;

	(void)u;
	if (t->node.next)
		list_remove(&t->node);
}

static int build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct prov *p = arg;
	const struct prov_conf *conf = lcs_conf(p->mod, gen_peek());
	struct rule_user user = user_of(p, conf, p->presence->user_aor(u));
	struct buf *b = buf_new(256);

	(void)view;
	(void)one;
	*out = NULL;
	note_told(p, u);
	if (b)
		put_document(b, conf, &user);
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

static const struct presence_part told_part = { "provisioning", sizeof(struct told), forget_told };

/* ---- the script ---- */

static enum fn_status policy_allows(struct lcs_call *call)
{
	const struct prov_conf *conf = call->conf;
	struct prov_local *stats = call->local;
	struct slice aor = call->argv[1].s.len ? sip_text_aor(lcs_arena(call->ctx),
	    call->argv[1].s) : lcs_sender(call->ctx);
	struct rule_user user = user_of(call->shared, conf, aor);
	bool allowed = aor.len && rules_allow(conf->rules, &user, rule_feature_bit(call->argv[0].s));

	lcs_count(allowed ? &stats->allowed : &stats->denied);
	return fn_bool(call, allowed);
}

/* ---- lcsctl policy ---- */

static json_t *show_feature(const struct rules *rules, const struct rule_user *user, unsigned i)
{
	const struct rule *rule = rules_find(rules, user, 1u << i);

	return json_pack("{s:s, s:b, s:s, s:o}", "feature", rule_features[i].name, "allowed",
	    (int)(!rule || rule->allows), "level", rule ? rule_level_word(rule->level) : "none",
	    "because", json_slice(rule ? rule->text : SLICE("no rule")));
}

static int rpc_show(struct lcs_rpc_call *call)
{
	const struct prov_conf *conf = lcs_conf(call->mod, gen_peek());
	const struct prov *p = lcs_shared(call->mod);
	struct slice aor = SLICE_NULL;
	struct rule_user user;
	int err = lcs_rpc_user(call, "user", &aor);

	if (err)
		return err;
	/* What holds for all would be shown for a slip of the pen as well. */
	if (p->users && p->users->state(p->users_state, aor) == AUTH_DB_UNKNOWN)
		return lcs_rpc_fail(call, -ENOENT, "there is no user \"%.*s\" here", SLICE_ARG(aor));
	user = user_of(p, conf, aor);
	call->result = json_array();
	for (unsigned i = 0; i < RULE_FEATURES; i++)
		json_array_append_new(call->result, show_feature(conf->rules, &user, i));
	return call->result ? 0 : -ENOMEM;
}

/* ---- how many a rule is for: none, and it names who is not there ---- */

struct tally { const struct rules *rules; uint64_t *users; };

static void tally_one(void *arg, struct slice aor, struct slice dn)
{
	const struct tally *t = arg;
	const struct rule_user user = { aor, dn };

	for (size_t i = 0; i < t->rules->count; i++)
		t->users[i] += rule_fits(&t->rules->list[i], &user);
}

static json_t *show_rule(const struct rule *rule, const uint64_t *users)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "level", rule_level_word(rule->level),
	    "who", json_slice(rule->who), "verdict", rule->allows ? "allow" : "deny",
	    "features", json_slice(rule->features),
	    "users", users ? json_integer((json_int_t)*users) : json_null());
}

static int rpc_list(struct lcs_rpc_call *call)
{
	const struct prov_conf *conf = lcs_conf(call->mod, gen_peek());
	const struct prov *p = lcs_shared(call->mod);
	const struct rules *rules = conf->rules;
	struct tally tally = { rules, arena_zalloc(call->arena, (rules->count + 1) * sizeof(uint64_t)) };

	call->result = json_array();
	if (!tally.users || !call->result)
		return -ENOMEM;
	if (p->users)
		p->users->each(p->users_state, tally_one, &tally);
	for (size_t i = 0; i < rules->count; i++)
		json_array_append_new(call->result, show_rule(&rules->list[i],
		    p->users ? &tally.users[i] : NULL));
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg show_args[] = {
	{ "user", VALUE_STRING, true, "name@domain" }, { 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "policy.show", RIGHT_READ, show_args, rpc_show,
	  "what a user may do, and which rule of the configuration says so" },
	{ "policy.list", RIGHT_READ, no_args, rpc_list,
	  "the rules of the configuration, and how many of the users here each is for" },
	{ 0 }
};

/* ---- who is in another unit, or all when the rules are others ---- */

struct moved { struct prov *p; size_t len; char aor[]; };

static void moved_on_owner(void *arg)
{
	struct moved *m = arg;
	struct prov *p = m->p;
	struct presence_user *u = p->presence->user(p->presence_state, slice_of(m->aor, m->len), false);

	lcs_count(&((struct prov_local *)lcs_local(p->mod))->moved);
	if (u)
		p->presence->changed(u, &p->package);
	free(m);
}

/* Control thread. What the script asks is answered by the new unit already. */
static void dn_changed(void *arg, struct slice aor)
{
	struct prov *p = arg;
	const struct prov_conf *conf = lcs_conf(p->mod, gen_peek());
	struct moved *m = conf && conf->rules->has_units ? malloc(sizeof(*m) + aor.len) : NULL;

	if (!m)
		return;
	*m = (struct moved){ p, aor.len };
	memcpy(m->aor, aor.p, aor.len);
	if (lcs_post(lcs_user_key(aor), moved_on_owner, m) != 0)
		free(m);
}

static const struct auth_db_watch watch = { .dn_changed = dn_changed };

#define RENEW_MS 100

static void renew(struct timer *t)
{
	struct prov_local *local = container_of(t, struct prov_local, renew);

	if (gen_peek()->number < local->awaited) {
		timer_start(t, RENEW_MS);
		return;
	}
	list_for_each(it, &local->told) {
		struct told *told = container_of(it, struct told, node);

		local->p->presence->changed(told->user, &local->p->package);
	}
}

struct renewal { struct prov *p; uint64_t number; };

static void renew_later(unsigned index, void *arg)
{
	const struct renewal *r = arg;
	struct prov_local *local = lcs_local(r->p->mod);

	(void)index;
	local->awaited = r->number;
	timer_start(&local->renew, RENEW_MS);
}

static void commit(struct lcs_mod *mod, struct gen *next)
{
	const struct prov_conf *now = gen_peek() ? lcs_conf(mod, gen_peek()) : NULL;
	const struct prov_conf *then = lcs_conf(mod, next);
	struct renewal r = { lcs_shared(mod), next->number };

	/* The generation is the current one after this. At the start nobody was told anything. */
	if (r.p->presence && now && (now->tell != then->tell || !rules_are_alike(now->rules, then->rules)))
		worker_on_each(renew_later, &r);
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	struct prov_local *l = local;

	l->p = lcs_shared(mod);
	list_init(&l->told);
	timer_init(&l->renew, renew);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)mod;
	timer_stop(&((struct prov_local *)local)->renew);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct prov *p = lcs_shared(mod);
	int err;

	p->mod = mod;
	if (!p->presence)
		return 0;
	p->package = (struct presence_package){
		.name = SLICE("vnd-microsoft-provisioning"), .formats = formats,
		.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED | PRESENCE_NO_POLICY,
		.default_expires = 28800, .min_expires = 60, .max_expires = 86400,
	};
	p->part = p->presence->add_part(p->presence_state, &told_part);
	err = p->part < 0 ? p->part : p->presence->add_package(p->presence_state, &p->package, p);
	return !err && p->users ? p->users->watch(p->users_state, &watch, p) : err;
}

static int check(const void *conf, struct diag *diag)
{
	const struct prov_conf *c = conf;
	struct slice bad;
	const char *why;
	struct rules *rules = rules_read(&c->rule, &bad, &why);

	if (!rules)
		return diag_error(diag, "rule", "\"%.*s\" %s", SLICE_ARG(bad), why);
	rules_free(&rules);
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct prov_conf *c = conf;
	struct slice bad;
	const char *why;

	(void)mod;
	(void)next;
	c->rules = rules_read(&c->rule, &bad, &why);
	return c->rules ? 0 : -ENOMEM;
}

static void retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)mod;
	(void)old;
	rules_free(&((struct prov_conf *)conf)->rules);
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED_OPTIONAL(struct prov, presence, presence, 1),
	NEED_OPTIONAL(struct prov, users, auth_db, 1), { 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct prov_conf, rule,
	    "\"WHO allow|deny FEATURE,...\": who is name@domain, a unit of the directory by its name "
	    "(\"OU=Sales,DC=example,DC=com\"), a domain (and those below it) or all. Of the rules that name "
	    "a feature one for the user decides, else the one for the nearest unit, else for the nearest "
	    "domain, else for all; of equal ones the last"),
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
	LCS_STAT(struct prov_local, moved, STAT_COUNTER,
	    "users whose name in the directory changed, while there are rules for units"),
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
	.prepare = prepare,
	.commit = commit,
	.retire = retire,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
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
	    "A rule may be for a unit (OU) of the directory that users come from (module dirsync), as LCS had\n"
	    "it by group policy:\n"
	    "\n"
	    "```\n"
	    "modparam(\"provisioning\", \"rule\", \"OU=Sales,DC=example,DC=com deny file-transfer,video\")\n"
	    "modparam(\"provisioning\", \"rule\", \"OU=North,OU=Sales,DC=example,DC=com allow video\")\n"
	    "```\n"
	    "\n"
	    "It is for everybody whose entry is in it, however deep; `users show` says what an entry's name\n"
	    "(`dn`) is. Write units as the directory does: case and blanks beside commas do not count; a comma\n"
	    "within a name is `\\2C`, in a string of the script `\"OU=Sales\\\\2C Inc,DC=...\"`.\n"
	    "\n"
	    "For each feature the rules that name it are asked in this order, and the first that is for the\n"
	    "user decides: his own, the unit's that he is in (the nearest one, then those it is in), the\n"
	    "domain's (the longest name first), all. Groups, and the objects in which Active Directory keeps\n"
	    "its group policies, are not read: a unit is what those hang on, and what is denied there is said\n"
	    "here. Who was made by `lcsctl users add` is in no unit.\n"
	    "\n"
	    "Whoever is moved to another unit has its policy as soon as dirsync hears of it; so has who is in a\n"
	    "unit that is renamed or moved. (If that is no `organizationalUnit` or `container`, or goes out of\n"
	    "dirsync's `base`, it is seen by the next comparison of all users, `compare_every`, or `lcsctl\n"
	    "dirsync resync`.) Clients that subscribe for longer are told so at once, as all are when a new\n"
	    "configuration has other rules. Those of LCS ask once, at sign-in, and hear of it at the next\n"
	    "one; what the script asks is answered by the new rules all the same.\n"
	    "\n"
	    "`lcsctl policy show bob@example.com` says what the rules make of a user and which one decides;\n"
	    "`lcsctl policy list` how many of the users each is for: none, and it names a unit that is not\n"
	    "there, or one of another directory.\n"
	    "\n"
	    "Clients get `<provision><user uri=\"...\"/></provision>` with a `policy` element for each\n"
	    "denied feature. What LCS itself wrote there beyond `user` is not public; clients leave\n"
	    "alone what they do not know.\n",
);
